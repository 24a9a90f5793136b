//! What managed daemons must have come to when the calm is over. (That a daemon has one task at most on a node, and the
//! like, are laws of `model::invariants`.)

use super::Breach;
use crate::storm::rest;
use model::{Daemon, DaemonDeployment, DaemonRevision, DaemonSeat, DaemonStatus, Node, NodeStatus, Standing, Task};
use scheduler::launch::Ready;
use std::sync::Arc;
use store::{Key, Record, Snapshot};

/// Who broke which law, of all daemons, when the calm is over.
pub fn after_the_calm(snapshot: &Snapshot) -> Vec<Breach> {
    let mut broken = Vec::new();
    for daemon in snapshot.scan::<Daemon>(&Key::all()) {
        let look = Look {
            snapshot,
            daemon: &daemon,
        };
        let mut law = |law: &str, at: String| broken.push(Breach::new(law, format!("{}: {at}", daemon.key())));
        let Some((revision, deployment)) = look.records() else {
            law("a daemon has its target and its deployment", String::new());
            continue;
        };
        if daemon.status == DaemonStatus::DeleteInProgress {
            law("a daemon that is deleted comes to its end", format!("{deployment:?}"));
            continue;
        }
        let nodes: Vec<Arc<Node>> = look.nodes().collect();
        let lacking = nodes.iter().filter(|node| look.lacks_room(&revision, node)).count();
        let lives = rest::lives(&revision.template);
        if !deployment.status.is_over() && lives && (lacking == 0 || !revision.critical) {
            law(
                "a daemon's deployment comes to its end in the calm",
                format!("{deployment:?}"),
            );
        }
        // What has failed for good is started only where it was before.
        let failed = deployment.status.is_over() && !look.is_proven();
        for node in nodes.iter().filter(|_| lives && !failed) {
            if !look.runs_on(&revision, node) && !look.lacks_room(&revision, node) {
                let at = format!(
                    "{} has {:?}, and should have {}",
                    node.id,
                    look.task_on(node),
                    revision.id
                );
                law("after the calm every node of its capacity runs a daemon", at);
            }
        }
        for task in look.tasks() {
            let its = |node: &Arc<Node>| task.node.as_ref() == Some(&node.id);
            let stays = look.drains(&task) || nodes.iter().any(its);
            if !stays {
                let at = format!("{} is on {:?}", task.id, task.node);
                law("after the calm no daemon runs outside its capacity", at);
            }
        }
    }
    broken
}

struct Look<'a> {
    snapshot: &'a Snapshot,
    daemon: &'a Daemon,
}

impl Look<'_> {
    fn records(&self) -> Option<(Arc<DaemonRevision>, Arc<DaemonDeployment>)> {
        let d = self.daemon;
        let revision = DaemonRevision::key_of(&d.cluster, &d.name, &d.target);
        let deployment = DaemonDeployment::key_of(&d.cluster, &d.name, &d.deployment);
        Some((self.snapshot.get(&revision)?, self.snapshot.get(&deployment)?))
    }

    fn is_proven(&self) -> bool {
        let proven = self.daemon.proven.as_ref();
        proven.is_some_and(|proven| proven.revision == self.daemon.target)
    }

    /// Those that should have one.
    fn nodes(&self) -> impl Iterator<Item = Arc<Node>> {
        let of = Key::of([self.daemon.cluster.as_str()]);
        let takes = |node: &Node| node.status == NodeStatus::Active && node.connected && self.daemon.covers(node);
        self.snapshot.scan::<Node>(&of).filter(move |node| takes(node))
    }

    fn tasks(&self) -> Vec<Arc<Task>> {
        let owner = Daemon::owner(&self.daemon.name);
        let of = Key::of([self.daemon.cluster.as_str(), owner.as_str()]);
        self.snapshot.by::<Task>(Task::BY_SERVICE, &of).collect()
    }

    fn task_on(&self, node: &Node) -> Option<Arc<Task>> {
        let d = self.daemon;
        let seat = self
            .snapshot
            .get::<DaemonSeat>(&DaemonSeat::key_of(&d.cluster, &d.name, &node.id))?;
        self.snapshot.get(&Task::key_of(&d.cluster, seat.task.as_deref()?))
    }

    fn runs_on(&self, revision: &DaemonRevision, node: &Node) -> bool {
        let is_target = |task: &Task| task.member.as_ref().is_some_and(|m| m.revision == revision.id);
        self.task_on(node)
            .is_some_and(|task| Standing::of(&task) == Standing::Running && is_target(&task))
    }

    fn lacks_room(&self, revision: &DaemonRevision, node: &Arc<Node>) -> bool {
        let none = self.task_on(node).is_none_or(|task| task.is_stopped());
        let ready = Ready::new(self.snapshot, &revision.template);
        none && ready.place_on(self.snapshot, node, false).is_err()
    }

    /// A daemon leaves a node that drains as the last one.
    fn drains(&self, task: &Task) -> bool {
        let node = task.node.as_ref().map(|id| Node::key_of(&self.daemon.cluster, id));
        let node = node.and_then(|key| self.snapshot.get::<Node>(&key));
        node.is_some_and(|node| node.status == NodeStatus::Draining && self.daemon.covers(&node))
    }
}
