//! `/_gantry/why`: the post-mortem of a task, a deployment or a service (`of`, in `cluster` if that is said), from the
//! records, and from the store's history for what is forgotten.
//!
//! Words: the *verdict* is the one sentence that somebody in a hurry reads; the *last good* is what was there before and
//! worked; the *timeline* is what became of a record, change by change.

mod deployment;
mod diff;
mod subject;
mod task;
#[cfg(test)]
mod tests;

use super::Query;
use super::invalid;
use crate::common::{Ctx, World};
use base::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use store::{Key, Record, Snapshot, Version};
pub use subject::Subject;
use wire::{Fault, Shape};

pub async fn answer(ctx: Ctx, query: &Query) -> Result<Vec<u8>, Fault> {
    let of = query
        .text("of")
        .ok_or_else(|| invalid("Say of what: of=TASK, DEPLOYMENT or SERVICE."))?;
    let (of, cluster) = (of.to_string(), query.text("cluster").map(str::to_string));
    // Forgotten things are read from the disk.
    let look = tokio::task::spawn_blocking(move || why(&ctx.world, &of, cluster.as_deref())).await;
    let found = look.map_err(|_| Fault::common("ServerException", 500, "It could not be looked up."))??;
    Ok(found.to_string().into_bytes())
}

fn why(world: &World, of: &str, cluster: Option<&str>) -> Result<Value, Fault> {
    let past = Past {
        world,
        view: world.store.snapshot(),
    };
    Ok(match subject::find(&past, of, cluster)? {
        Subject::Task(task, forgotten) => task::why(&past, &task, forgotten),
        Subject::Deployment(deployment, forgotten) => deployment::why(&past, &deployment, forgotten),
        Subject::Service(service) => deployment::service(&past, &service),
    })
}

/// Which task, deployment or service is meant.
pub fn subject_of(world: &World, of: &str, cluster: Option<&str>) -> Result<Subject, Fault> {
    let past = Past {
        world,
        view: world.store.snapshot(),
    };
    subject::find(&past, of, cluster)
}

/// All that is known, now and before.
struct Past<'a> {
    world: &'a World,
    view: Snapshot,
}

impl Past<'_> {
    /// The record as it is, or as it last was; whether it is forgotten.
    fn last<R: Record>(&self, key: &Key) -> Option<(Arc<R>, bool)> {
        if let Some(record) = self.view.get::<R>(key) {
            return Some((record, false));
        }
        let record = self.versions::<R>(key).into_iter().find_map(|version| version.record)?;
        Some((record, true))
    }

    /// Its versions as far as history goes, newest first.
    fn versions<R: Record>(&self, key: &Key) -> Vec<Version<R>> {
        self.world.store.history::<R>(key).unwrap_or_else(|error| {
            tracing::warn!(%error, "the history of a record could not be read");
            Vec::new()
        })
    }

    /// What became of it: when, and a line made of each change.
    fn timeline<R: Record>(&self, key: &Key, line: impl Fn(Option<&R>, &R) -> Option<String>) -> Value {
        let versions = self.versions::<R>(key);
        let mut steps = Vec::new();
        for (n, version) in versions.iter().enumerate() {
            let Some(after) = version.record.as_deref() else {
                continue;
            };
            let before = versions.get(n + 1).and_then(|before| before.record.as_deref());
            steps.extend(line(before, after).map(|line| serde_json::json!({"at": version.at.iso8601(), "line": line})));
        }
        steps.truncate(MOST_STEPS);
        steps.reverse();
        Value::Array(steps)
    }
}

/// Of a timeline the newest steps.
const MOST_STEPS: usize = 100;

/// A shape of the API's as JSON, with its times as text.
fn json(shape: &dyn Shape) -> Value {
    let mut bytes = Vec::new();
    wire::codec::json::write_event(shape, &mut bytes);
    serde_json::from_slice(&bytes).expect("the writer writes JSON")
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.iso8601().into())
}
