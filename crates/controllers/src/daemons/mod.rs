//! Daemons are kept true: one task on every node of their capacity, replaced in order, back where that fails.
//!
//! One look is at all daemons of a cluster. [`facts`] says what is so of one, [`decide`] what to do about it, [`apply`]
//! does it.

mod apply;
pub mod decide;
mod facts;
mod forget;
#[cfg(test)]
mod tests;

use control::{Controller, Next};
use model::{Daemon, DaemonDeployment, Node, Task};
use std::sync::Arc;
use store::{Change, Key, Tx, View};

#[derive(Clone, Copy, Debug)]
pub struct Daemons {
    /// How long deployments are kept that are over, with the revisions that only they name.
    pub keep_ms: i64,
    /// A task without health checks counts as ready this long after its start, as those of services do.
    pub settle_ms: i64,
    /// A deployment waits for a node that is silent no longer than this.
    pub lost_ms: i64,
}

impl Default for Daemons {
    fn default() -> Self {
        Daemons {
            keep_ms: 7 * 24 * 3600 * 1000,
            settle_ms: 5_000,
            lost_ms: 60_000,
        }
    }
}

impl Controller for Daemons {
    fn name(&self) -> &'static str {
        "daemons"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        let daemons = view.scan::<Daemon>(&Key::all()).map(|daemon| daemon.cluster.clone());
        let pasts = view.scan::<DaemonDeployment>(&Key::all()).map(|d| d.cluster.clone());
        let clusters: std::collections::BTreeSet<String> = daemons.chain(pasts).collect();
        clusters.iter().map(|cluster| Key::of([cluster.as_str()])).collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((before, after)) = change.of::<Daemon>()
            && let Some(daemon) = after.or(before)
        {
            dirty(Key::of([daemon.cluster.as_str()]));
        }
        if let Some((before, Some(node))) = change.of::<Node>()
            && before.is_none_or(|before| matters(&before, &node))
        {
            dirty(Key::of([node.cluster.as_str()]));
        }
        if let Some((_, Some(task))) = change.of::<Task>()
            && task
                .member
                .as_ref()
                .is_some_and(|m| Daemon::of_owner(&m.service).is_some())
        {
            dirty(Key::of([task.cluster.as_str()]));
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let daemons: Vec<Arc<Daemon>> = tx.scan::<Daemon>(key).collect();
        let mut next = Next::Rest;
        for daemon in daemons {
            next = sooner(next, look(tx, &daemon, self));
        }
        sooner(next, forget::old(tx, key, self.keep_ms))
    }
}

/// Whether a node has become another one for daemons.
fn matters(before: &Node, after: &Node) -> bool {
    (before.status, before.connected, before.external) != (after.status, after.connected, after.external)
        || before.capacity_provider != after.capacity_provider
        || before.resources != after.resources
        || before.awaits != after.awaits
}

fn look(tx: &mut Tx, daemon: &Daemon, times: &Daemons) -> Next {
    facts::notice(tx, daemon);
    let Some(facts) = facts::gather(tx, daemon, times, tx.now()) else {
        return Next::Rest;
    };
    let decision = decide::decide(&facts);
    apply::apply(tx, daemon, &facts, &decision.moves);
    decision.again_at.map_or(Next::Rest, Next::At)
}

fn sooner(a: Next, b: Next) -> Next {
    match (a, b) {
        (Next::At(a), Next::At(b)) => Next::At(a.min(b)),
        (Next::Rest, other) | (other, Next::Rest) => other,
    }
}
