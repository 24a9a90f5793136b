//! UpdateServicePrimaryTaskSet: the set that serves.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::services::render::tally;
use api::ecs;
use model::Service;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::UpdateServicePrimaryTaskSetRequest,
) -> Result<ecs::UpdateServicePrimaryTaskSetResponse, Fault> {
    let scope = ctx.scope().clone();
    let named = find::named(&scope, input.cluster.as_deref(), input.service.as_deref())?;
    let task_set = ctx
        .write(move |tx| {
            let service = find::service(tx, &named)?;
            let id = find::id(&scope, &service, input.primary_task_set.as_deref().unwrap_or_default())?;
            let set = find::set(tx, &service, &id).filter(|set| !set.draining);
            let set = set.ok_or_else(find::not_found)?;
            let service = Service {
                primary_set: Some(id),
                ..(*service).clone()
            };
            tx.put(service.clone());
            let tally = tally(tx, &service);
            Ok(render::show(tx, &scope, &service, &set, &tally, true))
        })
        .await?;
    Ok(ecs::UpdateServicePrimaryTaskSetResponse { task_set })
}
