//! Stopped tasks are kept for a while, and then forgotten. (The store's history still has them.)

use control::{Controller, Next};
use model::Task;
use store::{Change, Key, Record, Tx, View};

/// AWS keeps stopped tasks for an hour; here they stay longer, because users ask why a task stopped the day after.
#[derive(Clone, Copy, Debug)]
pub struct ForgetTasks {
    pub after_ms: i64,
}

impl Default for ForgetTasks {
    fn default() -> Self {
        ForgetTasks {
            after_ms: 7 * 24 * 3600 * 1000,
        }
    }
}

impl Controller for ForgetTasks {
    fn name(&self) -> &'static str {
        "forget-tasks"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Task>(&Key::all())
            .filter(|task| task.is_stopped())
            .map(|task| task.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(task))) = change.of::<Task>()
            && task.is_stopped()
        {
            dirty(task.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(stopped_at) = tx.get::<Task>(key).and_then(|task| task.stopped_at) else {
            return Next::Rest;
        };
        let due = stopped_at.plus_millis(self.after_ms);
        if tx.now() < due {
            return Next::At(due);
        }
        tx.delete::<Task>(key);
        Next::Rest
    }
}
