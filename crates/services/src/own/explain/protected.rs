//! Tasks of a service that were to go, and stay because they are protected: what a rollout, a drained node or a smaller
//! service waits for.

use base::Timestamp;
use model::{
    Node, NodeLedger, NodeStatus, RolloutState, Service, ServiceDeployment, ServiceRevision, Task, TaskStatus,
};
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Key, Snapshot};

/// Tasks that are told of one by one.
const MOST_TASKS: usize = 100;

/// What a protected task holds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// It is of a revision that another takes the place of.
    Rollout,
    /// Its node is being drained.
    Drain,
    /// There are more tasks than are desired.
    ScaleIn,
}

impl Holds {
    fn as_str(self) -> &'static str {
        match self {
            Holds::Rollout => "ROLLOUT",
            Holds::Drain => "DRAIN",
            Holds::ScaleIn => "SCALE_IN",
        }
    }
}

/// All of them counted, and the first told of, with what each holds up and until when.
pub fn of_service(view: &Snapshot, service: &Service, target: &ServiceRevision, now: Timestamp) -> Value {
    let held = held_up(view, service, target, now);
    let tasks = held.iter().take(MOST_TASKS).map(|(task, holds)| {
        json!({
            "task": task.id,
            "holds": holds.as_str(),
            "until": task.protected_until.map(Timestamp::iso8601),
        })
    });
    json!({"count": held.len(), "tasks": tasks.collect::<Vec<_>>()})
}

fn held_up(view: &Snapshot, service: &Service, target: &ServiceRevision, now: Timestamp) -> Vec<(Arc<Task>, Holds)> {
    let deployment = service.deployment.as_ref().and_then(|id| {
        let key = ServiceDeployment::key_of(&service.cluster, &service.name, id);
        view.get::<ServiceDeployment>(&key)
    });
    let under_way = deployment.filter(|d| !d.status.is_over());
    let beside = under_way.as_ref().is_some_and(|d| d.keeps_sources());
    // After a failure all that runs counts, of whichever revision.
    let failed = under_way.is_none() && target.rollout == RolloutState::Failed;
    let of = Key::of([service.cluster.as_str(), service.name.as_str()]);
    let wanted = view
        .by::<Task>(Task::BY_SERVICE, &of)
        .filter(|task| task.desired == TaskStatus::Running);
    let (mut held, mut stays) = (Vec::new(), Vec::new());
    for task in wanted {
        let is_target = task.member.as_ref().is_some_and(|member| member.revision == target.id);
        let holds = match (is_displaced(view, &task), is_target || failed) {
            (true, _) => Holds::Drain,
            (false, false) if beside => continue,
            (false, false) => Holds::Rollout,
            (false, true) => {
                stays.push(task);
                continue;
            }
        };
        if task.is_protected(now) {
            held.push((task, holds));
        }
    }
    stays.retain(|task| task.is_protected(now));
    // As long as there are others to go in their stead, they hold up nothing.
    if stays.len() > service.desired as usize {
        held.extend(stays.into_iter().map(|task| (task, Holds::ScaleIn)));
    }
    held
}

fn is_displaced(view: &Snapshot, task: &Task) -> bool {
    let node = task.node.as_deref().and_then(|id| {
        let ledger = view.get::<NodeLedger>(&NodeLedger::key_of(id))?;
        view.get::<Node>(&Node::key_of(&ledger.cluster, id))
    });
    node.is_some_and(|node| matches!(node.status, NodeStatus::Draining | NodeStatus::Deregistering))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::Ctx;
    use crate::common::testing::{START, a_node, a_task, world};
    use model::testing::{service, service_deployment, service_revision};
    use model::{DeploymentStatus, Membership, Stage, Strategy};

    fn task(id: &str, revision: &str, protected: bool) -> Task {
        Task {
            member: Some(Box::new(Membership {
                service: "web".to_string(),
                revision: revision.to_string(),
            })),
            protected_until: protected.then(|| START.plus_millis(60_000)),
            ..a_task("default", id, TaskStatus::Running)
        }
    }

    fn rollout(ctx: &Ctx, status: DeploymentStatus, strategy: Strategy, rollout: RolloutState) {
        let mut deployment = service_deployment("web", "d2", "2");
        (deployment.status, deployment.rules.strategy) = (status, strategy);
        deployment.stage = Some(Stage::BakeTime);
        ctx.put(deployment);
        ctx.put(ServiceRevision {
            rollout,
            ..service_revision("web", "2")
        });
        ctx.put(Service {
            desired: 1,
            target: Some("2".to_string()),
            deployment: Some("d2".to_string()),
            ..service("web")
        });
    }

    fn held(ctx: &Ctx) -> Vec<(String, Holds)> {
        let view = ctx.world.store.snapshot();
        let service = view
            .get::<Service>(&Service::key_of("default", "web"))
            .expect("it is there");
        let key = ServiceRevision::key_of("default", "web", "2");
        let target = view.get::<ServiceRevision>(&key).expect("it is there");
        let held = held_up(&view, &service, &target, START);
        held.into_iter().map(|(task, holds)| (task.id.clone(), holds)).collect()
    }

    #[test]
    fn a_rollout_waits_for_protected_old_ones_once_they_are_to_go() {
        let ctx = world();
        ctx.put(task("aaa", "1", true));
        ctx.put(task("bbb", "1", false));
        ctx.put(task("ccc", "2", true));
        let waits_for = [("aaa".to_string(), Holds::Rollout)];
        for (status, strategy, waits) in [
            (DeploymentStatus::InProgress, Strategy::Rolling, true),
            (DeploymentStatus::InProgress, Strategy::BlueGreen, false),
            (DeploymentStatus::RollbackInProgress, Strategy::BlueGreen, true),
        ] {
            rollout(&ctx, status, strategy, RolloutState::InProgress);
            assert_eq!(held(&ctx) == waits_for, waits, "{status} {strategy:?}");
        }
    }

    #[test]
    fn what_is_too_many_is_held_up_where_nothing_else_can_go() {
        let ctx = world();
        rollout(
            &ctx,
            DeploymentStatus::Successful,
            Strategy::Rolling,
            RolloutState::Completed,
        );
        ctx.put(task("aaa", "2", true));
        ctx.put(task("bbb", "2", false));
        assert_eq!(held(&ctx), [], "the other one goes");
        ctx.put(task("ccc", "2", true));
        let both = ["aaa", "ccc"].map(|id| (id.to_string(), Holds::ScaleIn));
        assert_eq!(held(&ctx), both);
        ctx.put(task("aaa", "1", true));
        assert_eq!(
            held(&ctx),
            [("aaa".to_string(), Holds::Rollout)],
            "an old one still goes"
        );
        rollout(&ctx, DeploymentStatus::Stopped, Strategy::Rolling, RolloutState::Failed);
        assert_eq!(held(&ctx), both, "after a failure all that runs counts");
    }

    #[test]
    fn a_drained_node_waits_for_protected_tasks() {
        let ctx = world();
        rollout(
            &ctx,
            DeploymentStatus::Successful,
            Strategy::Rolling,
            RolloutState::Completed,
        );
        ctx.put(Node {
            status: NodeStatus::Draining,
            ..a_node("default", "n1")
        });
        ctx.put(NodeLedger::empty("default", "n1"));
        ctx.put(Task {
            node: Some("n1".to_string()),
            ..task("aaa", "2", true)
        });
        assert_eq!(held(&ctx), [("aaa".to_string(), Holds::Drain)]);
    }
}
