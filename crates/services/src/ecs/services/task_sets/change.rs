//! UpdateTaskSet: another share of the desired count.

use super::{create, find, render};
use crate::common::Ctx;
use crate::ecs::services::render::tally;
use api::ecs;
use model::TaskSet;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::UpdateTaskSetRequest) -> Result<ecs::UpdateTaskSetResponse, Fault> {
    let scope = ctx.scope().clone();
    let named = find::named(&scope, input.cluster.as_deref(), input.service.as_deref())?;
    let scale = create::scale(input.scale.as_ref())?;
    let task_set = ctx
        .write(move |tx| {
            let service = find::service(tx, &named)?;
            let id = find::id(&scope, &service, input.task_set.as_deref().unwrap_or_default())?;
            let set = find::set(tx, &service, &id).filter(|set| !set.draining);
            let set = TaskSet {
                scale,
                updated_at: tx.now(),
                ..(*set.ok_or_else(find::not_found)?).clone()
            };
            tx.put(set.clone());
            let tally = tally(tx, &service);
            Ok(render::show(tx, &scope, &service, &set, &tally, true))
        })
        .await?;
    Ok(ecs::UpdateTaskSetResponse { task_set })
}
