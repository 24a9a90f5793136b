//! What was deleted stays describable as INACTIVE for a while, as on AWS, and is then forgotten.

use control::{Controller, Next};
use model::{CapacityProvider, Cluster, Node, NodeStatus};
use std::marker::PhantomData;
use store::{Change, Key, Record, Tx, View};

/// A record that says of itself that it is only there to be looked at.
pub trait Inactive: Record {
    const NAME: &'static str;
    fn is_inactive(&self) -> bool;
}

impl Inactive for Cluster {
    const NAME: &'static str = "forget-clusters";
    fn is_inactive(&self) -> bool {
        !self.active
    }
}

impl Inactive for CapacityProvider {
    const NAME: &'static str = "forget-providers";
    fn is_inactive(&self) -> bool {
        !self.active
    }
}

impl Inactive for Node {
    const NAME: &'static str = "forget-nodes";
    fn is_inactive(&self) -> bool {
        self.status == NodeStatus::Inactive
    }
}

/// Forgets records that have not been touched for so long since they became inactive.
pub struct ForgetInactive<R> {
    after_ms: i64,
    records: PhantomData<fn() -> R>,
}

impl<R> ForgetInactive<R> {
    pub fn after(after_ms: i64) -> Self {
        ForgetInactive {
            after_ms,
            records: PhantomData,
        }
    }
}

impl<R: Inactive> Controller for ForgetInactive<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<R>(&Key::all())
            .filter(|r| r.is_inactive())
            .map(|r| r.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(record))) = change.of::<R>()
            && record.is_inactive()
        {
            dirty(record.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        if !tx.get::<R>(key).is_some_and(|record| record.is_inactive()) {
            return Next::Rest;
        }
        let Some(written) = tx.written_at::<R>(key) else {
            return Next::Rest;
        };
        let due = written.plus_millis(self.after_ms);
        if tx.now() < due {
            return Next::At(due);
        }
        tx.delete::<R>(key);
        Next::Rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::testing::{node, world, write};

    #[test]
    fn only_what_is_inactive_is_forgotten_and_not_at_once() {
        let store = world();
        let key = node("gone").key();
        write(&store, |tx| {
            tx.put(node("here"));
            tx.put(Node {
                status: NodeStatus::Inactive,
                ..node("gone")
            });
            Ok(())
        })
        .expect("kept");
        let all = ForgetInactive::<Node>::after(0).all(&store.snapshot());
        assert_eq!(all, std::slice::from_ref(&key));
        let (patient, at) = (ForgetInactive::<Node>::after(1000), key.clone());
        let next = write(&store, move |tx| Ok(patient.step(tx, &at))).expect("a step");
        assert!(matches!(next, Next::At(_)), "{next:?}");
        for key in [node("here").key(), key] {
            let hasty = ForgetInactive::<Node>::after(0);
            write(&store, move |tx| Ok(hasty.step(tx, &key))).expect("a step");
        }
        let left: Vec<String> = store
            .snapshot()
            .scan::<Node>(&Key::all())
            .map(|n| n.id.clone())
            .collect();
        assert_eq!(left, ["here"]);
    }
}
