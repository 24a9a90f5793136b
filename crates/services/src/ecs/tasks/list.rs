//! ListTasks: by where tasks should go, and whatever else the caller filters by.

use super::{cluster_with_past, is_of};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, nodes, pages, services};
use api::ecs;
use base::Scope;
use model::{Cluster, LaunchType, Service, Task, TaskStatus};
use store::{Key, Record, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListTasks",
    default: 100,
    max: 100,
};

pub async fn run(ctx: Ctx, input: ecs::ListTasksRequest) -> Result<ecs::ListTasksResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let filter = Filter::new(scope, &cluster, &input)?;
    let view = ctx.snapshot();
    let cluster = cluster_with_past(&view, &cluster)?;
    filter.check(&view, &cluster)?;
    let wanted = Key::of([cluster.name.as_str(), filter.desired.as_str()]);
    let tasks = view.by_after::<Task>(Task::BY_DESIRED, &wanted, after.as_ref());
    let passing = tasks.filter(|task| is_of(task, &cluster) && filter.passes(task));
    let page = PAGING.page(
        size,
        passing.map(|task| (task.key(), names::task_arn(scope, &task.cluster, &task.id))),
    );
    Ok(ecs::ListTasksResponse {
        task_arns: Some(page.items),
        next_token: page.next,
    })
}

#[derive(Debug)]
struct Filter {
    /// `PENDING` is a word that the API takes and no task ever has here.
    desired: TaskStatus,
    node: Option<String>,
    family: Option<String>,
    started_by: Option<String>,
    /// The groups that services and daemons put their tasks in.
    group: Option<String>,
    launch_type: Option<LaunchType>,
}

impl Filter {
    fn new(scope: &Scope, cluster: &str, input: &ecs::ListTasksRequest) -> Result<Filter, Fault> {
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let started_by = given(&input.started_by);
        let others = [
            &input.container_instance,
            &input.family,
            &input.service_name,
            &input.launch_type,
            &input.daemon_name,
        ];
        if started_by.is_some() && others.into_iter().any(|other| given(other).is_some()) {
            return Err(fault::invalid(
                "When you specify startedBy as the filter, it must be the only filter that you use.",
            ));
        }
        let (service, daemon) = (given(&input.service_name), given(&input.daemon_name));
        if service.is_some() && daemon.is_some() {
            return Err(fault::invalid(
                "A task belongs to a service or to a daemon, so only one of them can be a filter.",
            ));
        }
        let service = service
            .map(|name| names::service_name(scope, cluster, &name))
            .transpose()?;
        let service = service.map(|name| Service::group(&name));
        let daemon = daemon.map(|name| format!("daemon:{}", name.rsplit('/').next().unwrap_or_default()));
        Ok(Filter {
            desired: input
                .desired_status
                .as_deref()
                .and_then(TaskStatus::parse)
                .unwrap_or(TaskStatus::Running),
            node: given(&input.container_instance)
                .map(|node| nodes::id_of(scope, cluster, &node))
                .transpose()?,
            family: given(&input.family),
            started_by,
            group: service.or(daemon),
            launch_type: input.launch_type.as_deref().and_then(LaunchType::parse),
        })
    }

    /// What the filter names must be there; of a daemon that is not, nobody has a task.
    fn check(&self, view: &View, cluster: &Cluster) -> Result<(), Fault> {
        if let Some(id) = self
            .node
            .as_deref()
            .filter(|id| nodes::find(view, &cluster.name, id).is_none())
        {
            return Err(nodes::not_found(id));
        }
        match self.group.as_deref().and_then(|group| group.strip_prefix("service:")) {
            Some(name) if services::known(view, cluster, name).is_none() => Err(services::not_found()),
            _ => Ok(()),
        }
    }

    fn passes(&self, task: &Task) -> bool {
        let is = |wanted: &Option<String>, has: Option<&str>| wanted.is_none() || wanted.as_deref() == has;
        // FARGATE tasks don't show the node that they are on.
        let node = task
            .node
            .as_deref()
            .filter(|_| task.launch_type != Some(LaunchType::Fargate));
        is(&self.node, node)
            && is(&self.family, Some(&task.family))
            && is(&self.started_by, task.started_by.as_deref())
            && is(&self.group, Some(&task.group))
            && (self.launch_type.is_none() || self.launch_type == task.launch_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn started_by_stands_alone() {
        let scope = Scope::new("us-east-1", "000000000000");
        let by = ecs::ListTasksRequest {
            started_by: Some("me".to_string()),
            ..Default::default()
        };
        let running = ecs::ListTasksRequest {
            desired_status: Some("STOPPED".to_string()),
            ..by.clone()
        };
        assert!(Filter::new(&scope, "default", &running).is_ok());
        let family = ecs::ListTasksRequest {
            family: Some("web".to_string()),
            ..by
        };
        let refused = Filter::new(&scope, "default", &family).expect_err("two filters");
        assert!(refused.message.contains("only filter"));
    }
}
