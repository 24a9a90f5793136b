//! How long a group keeps what is said in it: set, unset, and seen to.
//!
//! What a group does not keep any more is never shown, from the moment on; the disk is given back when [`forget`] is
//! called, which floor 7 does from time to time.

use super::{bad, names};
use crate::common::table::Row;
use crate::common::{Ctx, World};
use api::logs::{self, op};
use model::LogGroup;
use store::Key;
use telemetry::AppendError;
use wire::Fault;
use wire::service::Empty;

/// What can be asked for.
const DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutRetentionPolicy, _>(put),
        Row::of::<op::DeleteRetentionPolicy, _>(delete),
    ]
}

async fn put(ctx: Ctx, input: logs::PutRetentionPolicyRequest) -> Result<Empty, Fault> {
    let days = input.retention_in_days.unwrap_or_default();
    let known = u32::try_from(days).ok().filter(|days| DAYS.contains(days));
    let known = known.ok_or_else(|| {
        let all: Vec<String> = DAYS.iter().map(u32::to_string).collect();
        bad(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must \
             satisfy enum value set: [{}]",
            all.join(", ")
        ))
    })?;
    set(ctx, input.log_group_name, Some(known)).await
}

async fn delete(ctx: Ctx, input: logs::DeleteRetentionPolicyRequest) -> Result<Empty, Fault> {
    set(ctx, input.log_group_name, None).await
}

async fn set(ctx: Ctx, name: Option<String>, days: Option<u32>) -> Result<Empty, Fault> {
    let name = name.unwrap_or_default();
    ctx.write(move |tx| {
        let mut group = names::group_in(tx, &name)?;
        group.retention_days = days;
        tx.put(group);
        Ok(Empty)
    })
    .await
}

/// Gives back the disk that events take which their groups do not keep any more.
pub fn forget(world: &World) {
    let now = world.clock.now();
    for group in world.store.snapshot().scan::<LogGroup>(&Key::all()) {
        let keeps_from = group.keeps_from(now);
        if keeps_from.millis() > 0 {
            world.logs.expire(&group.name, keeps_from);
        }
    }
}

/// Removes streams whose group is gone: what a crash in the middle of a deletion left. For the start, when nobody else
/// makes or removes groups.
pub async fn sweep(world: &World) -> Result<(), AppendError> {
    for group in world.logs.groups() {
        if world
            .store
            .snapshot()
            .get::<LogGroup>(&LogGroup::key_of(&group))
            .is_none()
        {
            world.logs.remove_group(&group).await?;
        }
    }
    Ok(())
}
