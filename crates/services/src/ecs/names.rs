//! From what the user wrote (a name, an ARN, nothing) to the record that is meant.

use super::fault;
use base::{Arn, Scope};
use model::{Cluster, Daemon};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// The name of the cluster that is meant; `default` when the user did not say. Whether it is there is another question.
pub fn cluster_name(scope: &Scope, given: Option<&str>) -> Result<String, Fault> {
    let Some(given) = given.filter(|g| !g.is_empty()) else {
        return Ok("default".to_string());
    };
    let name = if given.starts_with("arn:") {
        in_scope(scope, given, "cluster")?
    } else {
        given
    };
    if !is_name(name) {
        return Err(not_a_cluster_name(name));
    }
    Ok(name.to_string())
}

pub fn not_a_cluster_name(name: &str) -> Fault {
    fault::invalid(format!("Cluster must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {name}"))
}

/// The id of a task or container instance, from its id or ARN. Both ARN forms are read: `task/ID`, `task/CLUSTER/ID`.
pub fn member_id(scope: &Scope, kind: &str, cluster: &str, given: &str) -> Result<String, Fault> {
    let path = if given.starts_with("arn:") {
        in_scope(scope, given, kind)?
    } else {
        given
    };
    let id = match path.split_once('/') {
        None => path,
        Some((named, id)) if named == cluster => id,
        Some((named, _)) => {
            return Err(fault::invalid(format!(
                "Invalid identifier: Identifier is for cluster {named}. Your cluster is {cluster}"
            )));
        }
    };
    let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain {
        Ok(id.to_string())
    } else {
        Err(fault::invalid(format!("Invalid identifier: {given}")))
    }
}

/// The name of a service, from its name or ARN. Both ARN forms are read: `service/NAME`, `service/CLUSTER/NAME`.
pub fn service_name(scope: &Scope, cluster: &str, given: &str) -> Result<String, Fault> {
    let path = if given.starts_with("arn:") {
        in_scope(scope, given, "service")?
    } else {
        given
    };
    let name = match path.split_once('/') {
        None => path,
        Some((named, name)) if named == cluster => name,
        Some((named, _)) => {
            return Err(fault::invalid(format!(
                "Invalid identifier: Identifier is for cluster {named}. Your cluster is {cluster}"
            )));
        }
    };
    match is_name(name) {
        true => Ok(name.to_string()),
        false => Err(fault::invalid(format!("Invalid identifier: {given}"))),
    }
}

/// Cluster, service and id of a service deployment or revision, from its ARN.
pub fn of_service(scope: &Scope, kind: &str, given: &str) -> Result<(String, String, String), Fault> {
    let bad = || fault::invalid(format!("Invalid identifier: {given}"));
    let mut parts = in_scope(scope, given, kind)?.splitn(3, '/');
    let mut part = || {
        parts
            .next()
            .filter(|part| !part.is_empty())
            .map(str::to_string)
            .ok_or_else(bad)
    };
    Ok((part()?, part()?, part()?))
}

/// A task definition as users name it: `family`, `family:revision`, or the ARN of either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionRef {
    pub family: String,
    /// `None` means the newest ACTIVE one.
    pub revision: Option<u32>,
}

pub fn definition(scope: &Scope, given: &str) -> Result<DefinitionRef, Fault> {
    let name = if given.starts_with("arn:") {
        in_scope(scope, given, "task-definition")?
    } else {
        given
    };
    let (family, revision) = match name.split_once(':') {
        None => (name, None),
        Some((family, revision)) => {
            let number = revision.parse::<u32>().ok().filter(|n| *n > 0);
            let number = number.ok_or_else(|| fault::client(format!("Invalid revision number. Number: {revision}")))?;
            (family, Some(number))
        }
    };
    if !is_name(family) {
        return Err(fault::client(
            "Invalid task definition: the family is not a valid name.",
        ));
    }
    Ok(DefinitionRef {
        family: family.to_string(),
        revision,
    })
}

/// Up to 255 letters, digits, hyphens and underscores: clusters, families, capacity providers and services.
pub fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The resource part behind `kind/` of an ARN of this account and region.
pub fn in_scope<'a>(scope: &Scope, given: &'a str, kind: &str) -> Result<&'a str, Fault> {
    let arn = Arn::parse(given).filter(|arn| arn.service == "ecs");
    let path = arn
        .and_then(|arn| arn.of_kind(kind))
        .ok_or_else(|| fault::invalid(format!("Invalid identifier: {given}")))?;
    let arn = arn.expect("it was there on the line above");
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
    Ok(path)
}

pub fn cluster_arn(scope: &Scope, name: &str) -> String {
    scope.arn("ecs", &format!("cluster/{name}"))
}

pub fn task_arn(scope: &Scope, cluster: &str, id: &str) -> String {
    scope.arn("ecs", &format!("task/{cluster}/{id}"))
}

pub fn container_arn(scope: &Scope, cluster: &str, task: &str, id: &str) -> String {
    scope.arn("ecs", &format!("container/{cluster}/{task}/{id}"))
}

pub fn node_arn(scope: &Scope, cluster: &str, id: &str) -> String {
    scope.arn("ecs", &format!("container-instance/{cluster}/{id}"))
}

pub fn definition_arn(scope: &Scope, family: &str, revision: u32) -> String {
    if let Some(family) = Daemon::of_family(family) {
        return scope.arn("ecs", &format!("daemon-task-definition/{family}:{revision}"));
    }
    scope.arn("ecs", &format!("task-definition/{family}:{revision}"))
}

pub fn service_arn(scope: &Scope, cluster: &str, name: &str) -> String {
    scope.arn("ecs", &format!("service/{cluster}/{name}"))
}

pub fn deployment_arn(scope: &Scope, cluster: &str, service: &str, id: &str) -> String {
    scope.arn("ecs", &format!("service-deployment/{cluster}/{service}/{id}"))
}

pub fn revision_arn(scope: &Scope, cluster: &str, service: &str, id: &str) -> String {
    scope.arn("ecs", &format!("service-revision/{cluster}/{service}/{id}"))
}

/// `id` begins with `ecs-svc/`.
pub fn task_set_arn(scope: &Scope, cluster: &str, service: &str, id: &str) -> String {
    scope.arn("ecs", &format!("task-set/{cluster}/{service}/{id}"))
}

pub fn provider_arn(scope: &Scope, name: &str) -> String {
    scope.arn("ecs", &format!("capacity-provider/{name}"))
}

/// The ACTIVE cluster of that name, seen by a transaction or a snapshot; `ClusterNotFoundException` when there is none.
pub fn active_cluster(view: &View, name: &str) -> Result<Arc<Cluster>, Fault> {
    view.get::<Cluster>(&Cluster::key_of(name))
        .filter(|c| c.active)
        .ok_or_else(fault::cluster_not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::new("us-east-1", "000000000000")
    }

    #[test]
    fn clusters_are_named_in_three_ways() {
        assert_eq!(cluster_name(&scope(), None).as_deref(), Ok("default"));
        assert_eq!(cluster_name(&scope(), Some("web")).as_deref(), Ok("web"));
        assert_eq!(
            cluster_name(&scope(), Some(&cluster_arn(&scope(), "web"))).as_deref(),
            Ok("web")
        );
        assert!(cluster_name(&scope(), Some("a b")).is_err());
        let other = cluster_name(&scope(), Some("arn:aws:ecs:us-east-1:111111111111:cluster/web"));
        assert_eq!(
            other.map_err(|f| f.code.into_owned()),
            Err("AccessDeniedException".to_string())
        );
    }

    #[test]
    fn definitions_are_named_with_and_without_revision() {
        let r = |text: &str| {
            definition(&scope(), text)
                .map(|d| (d.family, d.revision))
                .map_err(|f| f.code.into_owned())
        };
        assert_eq!(r("web"), Ok(("web".to_string(), None)));
        assert_eq!(r("web:3"), Ok(("web".to_string(), Some(3))));
        assert_eq!(r(&definition_arn(&scope(), "web", 7)), Ok(("web".to_string(), Some(7))));
        assert!(r("web:0").is_err());
        assert!(r("web:x").is_err());
        assert!(r("").is_err());
    }

    #[test]
    fn members_say_which_cluster_they_are_of() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(member_id(&scope(), "task", "web", id).as_deref(), Ok(id));
        assert_eq!(
            member_id(&scope(), "task", "web", &task_arn(&scope(), "web", id)).as_deref(),
            Ok(id)
        );
        let wrong = member_id(&scope(), "task", "web", &task_arn(&scope(), "other", id)).expect_err("another cluster");
        assert!(
            wrong
                .message
                .contains("Identifier is for cluster other. Your cluster is web")
        );
        assert!(member_id(&scope(), "task", "web", "../x").is_err());
    }
}
