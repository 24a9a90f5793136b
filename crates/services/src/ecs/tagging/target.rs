//! The resource that an ARN means, and where its tags are.

use crate::ecs::fault;
use crate::ecs::services::{self, Tagged};
use api::ecs::fault as declared;
use base::{Arn, Scope};
use model::{CapacityProvider, Cluster, Daemon, Node, NodeStatus, Tag, Task, TaskDefinition};
use store::{Tx, View};
use wire::Fault;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Cluster(String),
    Task(String, String),
    Node(String, String),
    Definition(String, u32),
    Provider(String),
    Service(String, String),
    /// Of a service of a cluster: `ecs-svc/ID`.
    TaskSet(String, String, String),
    Daemon(String, String),
    /// Something that ECS tags and this Gantry has none of yet: it is never found.
    Absent(&'static str),
}

pub fn parse(scope: &Scope, given: &str) -> Result<Target, Fault> {
    let bad = || fault::invalid(format!("Invalid identifier: {given}"));
    let arn = Arn::parse(given).filter(|arn| arn.service == "ecs").ok_or_else(bad)?;
    if arn.account != &*scope.account {
        return Err(fault::access_denied(format!(
            "The resource {given} belongs to another account."
        )));
    }
    if !arn.is_in(scope) {
        return Err(fault::invalid(format!(
            "Invalid region or partition in the identifier: {given}"
        )));
    }
    let (kind, name) = arn
        .resource
        .split_once('/')
        .filter(|(_, name)| !name.is_empty())
        .ok_or_else(bad)?;
    let in_cluster = || {
        let long = name
            .split_once('/')
            .filter(|(cluster, id)| !cluster.is_empty() && !id.is_empty());
        let (cluster, id) =
            long.ok_or_else(|| fault::invalid("Long arn format must be used for tagging operations"))?;
        Ok::<_, Fault>((cluster.to_string(), id.to_string()))
    };
    match kind {
        "cluster" => Ok(Target::Cluster(name.to_string())),
        "capacity-provider" => Ok(Target::Provider(name.to_string())),
        "task" => in_cluster().map(|(cluster, id)| Target::Task(cluster, id)),
        "container-instance" => in_cluster().map(|(cluster, id)| Target::Node(cluster, id)),
        "service" => in_cluster().map(|(cluster, name)| Target::Service(cluster, name)),
        "task-set" => {
            let (cluster, rest) = in_cluster()?;
            let (service, id) = rest.split_once('/').ok_or_else(bad)?;
            Ok(Target::TaskSet(cluster, service.to_string(), id.to_string()))
        }
        "daemon" => in_cluster().map(|(cluster, name)| Target::Daemon(cluster, name)),
        "gateway" => Ok(Target::Absent("gateway")),
        "task-definition" | "daemon-task-definition" => {
            let (family, revision) = name.split_once(':').ok_or_else(bad)?;
            let family = match kind {
                "task-definition" => family.to_string(),
                _ => Daemon::family(family),
            };
            Ok(Target::Definition(family, revision.parse().map_err(|_| bad())?))
        }
        _ => Err(bad()),
    }
}

impl Target {
    /// The tags it has, or a fault when it is not there.
    pub fn tags(&self, view: &View) -> Result<Vec<Tag>, Fault> {
        match self {
            Target::Cluster(name) => match view.get::<Cluster>(&Cluster::key_of(name)) {
                Some(cluster) if cluster.active => Ok(cluster.tags.clone()),
                Some(_) => Err(fault::invalid(
                    "The specified cluster is inactive. Specify an active cluster and try again.",
                )),
                None => Err(fault::cluster_not_found()),
            },
            Target::Task(cluster, id) => {
                let task = view.get::<Task>(&Task::key_of(cluster, id));
                task.map(|t| t.tags.clone()).ok_or_else(|| missing("task"))
            }
            Target::Node(cluster, id) => {
                let node = view
                    .get::<Node>(&Node::key_of(cluster, id))
                    .filter(|n| n.status != NodeStatus::Inactive);
                node.map(|n| n.tags.clone())
                    .ok_or_else(|| missing("container instance"))
            }
            Target::Definition(family, revision) => {
                let definition = view.get::<TaskDefinition>(&TaskDefinition::key_of(family, *revision));
                definition
                    .map(|d| d.tags.clone())
                    .ok_or_else(|| missing("task definition"))
            }
            Target::Provider(name) if is_built_in(name) => Ok(Vec::new()),
            Target::Provider(name) => {
                let provider = view
                    .get::<CapacityProvider>(&CapacityProvider::key_of(name))
                    .filter(|p| p.active);
                provider
                    .map(|p| p.tags.clone())
                    .ok_or_else(|| missing("capacity provider"))
            }
            Target::Service(cluster, service) => {
                services::tags_of(view, of(cluster, service, None)).ok_or_else(|| missing("service"))
            }
            Target::TaskSet(cluster, service, id) => {
                services::tags_of(view, of(cluster, service, Some(id))).ok_or_else(|| missing("task set"))
            }
            Target::Daemon(cluster, name) => {
                let daemon = view.get::<Daemon>(&Daemon::key_of(cluster, name));
                daemon.map(|d| d.tags.clone()).ok_or_else(|| missing("daemon"))
            }
            Target::Absent(kind) => Err(missing(kind)),
        }
    }

    /// Gives it `tags` instead of those it had. [`Target::tags`] said before that it is there.
    pub fn set(&self, tx: &mut Tx, scope: &Scope, tags: Vec<Tag>) -> Result<(), Fault> {
        match self {
            Target::Cluster(name) => {
                if let Some(cluster) = tx.get::<Cluster>(&Cluster::key_of(name)) {
                    tx.put(Cluster {
                        tags,
                        ..(*cluster).clone()
                    });
                }
            }
            Target::Task(cluster, id) => {
                if let Some(task) = tx.get::<Task>(&Task::key_of(cluster, id)) {
                    tx.put(Task {
                        tags,
                        ..(*task).clone()
                    });
                }
            }
            Target::Node(cluster, id) => {
                if let Some(node) = tx.get::<Node>(&Node::key_of(cluster, id)) {
                    tx.put(Node {
                        tags,
                        ..(*node).clone()
                    });
                }
            }
            Target::Definition(family, revision) => {
                if let Some(definition) = tx.get::<TaskDefinition>(&TaskDefinition::key_of(family, *revision)) {
                    tx.put(TaskDefinition {
                        tags,
                        ..(*definition).clone()
                    });
                }
            }
            Target::Provider(name) if is_built_in(name) => {
                return Err(fault::invalid(
                    "The FARGATE and FARGATE_SPOT capacity providers are reserved and can't be tagged.",
                ));
            }
            Target::Provider(name) => {
                if let Some(provider) = tx.get::<CapacityProvider>(&CapacityProvider::key_of(name)) {
                    tx.put(CapacityProvider {
                        tags,
                        ..(*provider).clone()
                    });
                }
            }
            Target::Service(cluster, service) => services::retag(tx, scope, of(cluster, service, None), tags)?,
            Target::TaskSet(cluster, service, id) => {
                services::retag(tx, scope, of(cluster, service, Some(id)), tags)?;
            }
            Target::Daemon(cluster, name) => {
                if let Some(daemon) = tx.get::<Daemon>(&Daemon::key_of(cluster, name)) {
                    tx.put(Daemon {
                        tags,
                        ..(*daemon).clone()
                    });
                }
            }
            Target::Absent(kind) => return Err(missing(kind)),
        }
        Ok(())
    }
}

fn of<'a>(cluster: &'a str, service: &'a str, set: Option<&'a str>) -> Tagged<'a> {
    Tagged { cluster, service, set }
}

fn is_built_in(provider: &str) -> bool {
    super::super::providers::built_in::is(provider)
}

fn missing(kind: &str) -> Fault {
    let message = format!("The specified {kind} was not found. Specify a valid {kind} and try again.");
    Fault::new(&declared::ResourceNotFoundException, message)
}

/// ListTagsForResource does not declare `ResourceNotFoundException`: what is not there is a bad parameter.
pub fn as_list_tells(fault: Fault) -> Fault {
    match fault.code == declared::ResourceNotFoundException.code {
        true => fault::invalid(fault.message),
        false => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_means_one_resource() {
        let scope = Scope::new("us-east-1", "000000000000");
        let parse = |resource: &str| parse(&scope, &scope.arn("ecs", resource)).map_err(|f| f.message);
        assert_eq!(parse("cluster/web"), Ok(Target::Cluster("web".to_string())));
        assert_eq!(
            parse("task/web/1"),
            Ok(Target::Task("web".to_string(), "1".to_string()))
        );
        assert_eq!(
            parse("task-definition/web:3"),
            Ok(Target::Definition("web".to_string(), 3))
        );
        let text = str::to_string;
        assert_eq!(parse("service/web/api"), Ok(Target::Service(text("web"), text("api"))));
        let set = Target::TaskSet(text("web"), text("api"), text("ecs-svc/1"));
        assert_eq!(parse("task-set/web/api/ecs-svc/1"), Ok(set));
        let short = Err("Long arn format must be used for tagging operations".to_string());
        assert_eq!(parse("task/1"), short);
        assert_eq!(parse("service/api"), short);
        for bad in [
            "cluster/",
            "cluster",
            "task-definition/web",
            "task-definition/web:x",
            "thing/web",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(super::parse(&scope, "web").is_err());
        let other = super::parse(&scope, "arn:aws:ecs:us-east-1:111111111111:cluster/web");
        assert_eq!(
            other.map_err(|f| f.code.into_owned()),
            Err("AccessDeniedException".to_string())
        );
    }
}
