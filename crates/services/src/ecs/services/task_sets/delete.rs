//! DeleteTaskSet: its tasks stop, and then it is gone.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::fault;
use crate::ecs::services::render::tally;
use api::ecs;
use model::TaskSet;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DeleteTaskSetRequest) -> Result<ecs::DeleteTaskSetResponse, Fault> {
    let scope = ctx.scope().clone();
    let named = find::named(&scope, input.cluster.as_deref(), input.service.as_deref())?;
    let force = input.force.unwrap_or_default();
    let task_set = ctx
        .write(move |tx| {
            let service = find::service(tx, &named)?;
            let id = find::id(&scope, &service, input.task_set.as_deref().unwrap_or_default())?;
            let set = find::set(tx, &service, &id).ok_or_else(find::not_found)?;
            // Tasks that the set is to have are stopped only for who asks for that.
            if set.share(service.desired) > 0 && !force && !set.draining {
                return Err(fault::invalid(
                    "The task set cannot be deleted while it is scaled above 0.",
                ));
            }
            let set = TaskSet {
                draining: true,
                updated_at: tx.now(),
                ..(*set).clone()
            };
            tx.put(set.clone());
            let tally = tally(tx, &service);
            Ok(render::show(tx, &scope, &service, &set, &tally, true))
        })
        .await?;
    Ok(ecs::DeleteTaskSetResponse { task_set })
}
