//! Deleted task definitions go for good once no task or service stands on them any more.

use control::{Controller, Next};
use model::{DaemonRevision, DefinitionStatus, RevisionStatus, ServiceRevision, Task, TaskDefinition};
use store::{Change, Key, Record, Tx, View};

/// A definition is shown as DELETE_IN_PROGRESS for a moment even when nothing stands on it, so that who deleted it can
/// see that it was.
#[derive(Clone, Copy, Debug)]
pub struct RetireDefinitions {
    pub after_ms: i64,
}

impl Default for RetireDefinitions {
    fn default() -> Self {
        RetireDefinitions { after_ms: 60 * 1000 }
    }
}

impl Controller for RetireDefinitions {
    fn name(&self) -> &'static str {
        "retire-definitions"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        let deleted = Key::of([DefinitionStatus::DeleteInProgress.as_str()]);
        view.by::<TaskDefinition>(TaskDefinition::BY_STATUS, &deleted)
            .map(|definition| definition.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(definition))) = change.of::<TaskDefinition>()
            && definition.status == DefinitionStatus::DeleteInProgress
        {
            dirty(definition.key());
        }
        // The last task that stood on it may have gone.
        if let Some((before, after)) = change.of::<Task>()
            && let Some(task) = before
            && !task.is_stopped()
            && after.is_none_or(|task| task.is_stopped())
        {
            dirty(TaskDefinition::key_of(&task.family, task.revision));
        }
        // So may the last service that would start one.
        if let Some((Some(before), after)) = change.of::<ServiceRevision>()
            && after.is_none_or(|after| after.status == RevisionStatus::Inactive)
        {
            let template = &before.template;
            dirty(TaskDefinition::key_of(&template.family, template.revision));
        }
        // And the last daemon.
        if let Some((Some(before), None)) = change.of::<DaemonRevision>() {
            let template = &before.template;
            dirty(TaskDefinition::key_of(&template.family, template.revision));
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(definition) = tx.get::<TaskDefinition>(key) else {
            return Next::Rest;
        };
        let Some(asked_at) = definition.delete_requested_at else {
            return Next::Rest;
        };
        if !definition.may_vanish(tx) {
            return Next::Rest;
        }
        let due = asked_at.plus_millis(self.after_ms);
        if tx.now() < due {
            return Next::At(due);
        }
        tx.delete::<TaskDefinition>(key);
        Next::Rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Timestamp;
    use model::testing::{task, world, write};
    use model::{Given, Plan, TaskStatus};
    use store::Store;

    const CONTROLLER: RetireDefinitions = RetireDefinitions { after_ms: 1000 };

    fn deleted(asked_at: Timestamp) -> TaskDefinition {
        TaskDefinition {
            family: "web".to_string(),
            revision: 1,
            status: DefinitionStatus::DeleteInProgress,
            registered_at: Timestamp(0),
            registered_by: String::new(),
            deregistered_at: Some(Timestamp(0)),
            delete_requested_at: Some(asked_at),
            tags: Vec::new(),
            given: Given::default(),
            plan: Plan::default(),
            compatibilities: Vec::new(),
            requires_attributes: Vec::new(),
            work: Default::default(),
        }
    }

    fn put<R: Record>(store: &Store, record: R) {
        write(store, move |tx| {
            tx.put(record.clone());
            Ok(())
        })
        .expect("nothing moves");
    }

    fn step(store: &Store) -> Next {
        let key = TaskDefinition::key_of("web", 1);
        write(store, move |tx| Ok(CONTROLLER.step(tx, &key))).expect("nothing moves")
    }

    fn is_there(store: &Store) -> bool {
        store
            .snapshot()
            .get::<TaskDefinition>(&TaskDefinition::key_of("web", 1))
            .is_some()
    }

    fn told(store: &Store, change: impl FnOnce(&Store)) -> Vec<Key> {
        let mut watch = store.watch(store.snapshot().revision());
        change(store);
        let mut keys = Vec::new();
        while let Ok(Some(commit)) = watch.try_next() {
            commit
                .changes
                .iter()
                .for_each(|change| CONTROLLER.concerns(change, &mut |key| keys.push(key)));
        }
        keys
    }

    #[test]
    fn it_goes_when_the_last_task_has_stopped() {
        let (store, keys) = (world(), [TaskDefinition::key_of("web", 1)]);
        put(&store, task("t1"));
        assert_eq!(told(&store, |store| put(store, deleted(Timestamp(0)))), keys);
        assert_eq!(CONTROLLER.all(&store.snapshot()), keys);
        assert_eq!(step(&store), Next::Rest);
        assert!(is_there(&store), "a task stands on it");
        let stopped = Task {
            status: TaskStatus::Stopped,
            ..task("t1")
        };
        assert_eq!(told(&store, |store| put(store, stopped)), keys);
        assert_eq!(step(&store), Next::Rest);
        assert!(!is_there(&store));
        assert_eq!(step(&store), Next::Rest, "asked twice, it is right twice");
    }

    #[test]
    fn it_stays_for_a_moment() {
        let store = world();
        let later = Timestamp(i64::MAX / 2);
        put(&store, deleted(later));
        assert_eq!(step(&store), Next::At(later.plus_millis(1000)));
        assert!(is_there(&store));
    }

    #[test]
    fn what_nobody_deleted_stays() {
        let store = world();
        let inactive = TaskDefinition {
            status: DefinitionStatus::Inactive,
            delete_requested_at: None,
            ..deleted(Timestamp(0))
        };
        assert_eq!(told(&store, |store| put(store, inactive)), []);
        assert_eq!(step(&store), Next::Rest);
        assert!(is_there(&store));
    }
}
