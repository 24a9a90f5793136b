//! UpdateCapacityProvider.

use super::{active, built_in, check_scope, create, group, managed, missing, name_of, render, settled};
use crate::common::{Ctx, given};
use crate::ecs::{fault, names};
use api::ecs;
use model::{CapacityProvider, Given};
use store::Tx;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::UpdateCapacityProviderRequest,
) -> Result<ecs::UpdateCapacityProviderResponse, Fault> {
    let name = input.name.as_deref().filter(|name| !name.is_empty());
    let name = name_of(
        ctx.scope(),
        name.ok_or_else(|| fault::invalid("A name is required when updating a capacity provider."))?,
    )?;
    if built_in::is(&name) {
        return Err(fault::invalid(
            "The FARGATE and FARGATE_SPOT capacity providers are reserved and can't be updated.",
        ));
    }
    let cluster = input
        .cluster
        .as_deref()
        .map(|cluster| names::cluster_name(ctx.scope(), Some(cluster)))
        .transpose()?;
    let change = match (input.auto_scaling_group_provider, input.managed_instances_provider) {
        (Some(update), None) => Change::Group(update),
        (None, Some(update)) => Change::Managed(Box::new(update)),
        _ => {
            let message = "Specify either an Auto Scaling group provider or a Managed Instances provider to update.";
            return Err(fault::invalid(message));
        }
    };
    let updated = ctx
        .write(move |tx| apply(tx, &name, cluster.as_deref(), &change))
        .await?;
    let capacity_provider = Some(render::made(ctx.scope(), &updated, true));
    Ok(ecs::UpdateCapacityProviderResponse { capacity_provider })
}

enum Change {
    Group(ecs::AutoScalingGroupProviderUpdate),
    Managed(Box<ecs::UpdateManagedInstancesProviderConfiguration>),
}

fn apply(tx: &mut Tx, name: &str, cluster: Option<&str>, change: &Change) -> Result<CapacityProvider, Fault> {
    let provider = active(tx, name).ok_or_else(missing)?;
    check_scope(&provider, cluster)?;
    let updated = settled(CapacityProvider {
        given: changed(&provider, change)?,
        update_status: "UPDATE_COMPLETE".to_string(),
        update_status_reason: None,
        ..(*provider).clone()
    });
    tx.put(updated.clone());
    Ok(updated)
}

fn changed(provider: &CapacityProvider, change: &Change) -> Result<Given, Fault> {
    let kept: ecs::CapacityProvider = given::recall(&provider.given);
    match (
        change,
        kept.auto_scaling_group_provider,
        kept.managed_instances_provider,
    ) {
        (Change::Group(update), Some(kept), None) => {
            Ok(create::keep(Some(group::updated(kept, update.clone())?), None))
        }
        (Change::Managed(update), None, Some(kept)) => {
            Ok(create::keep(None, Some(managed::updated(kept, (**update).clone())?)))
        }
        (Change::Managed(_), ..) => Err(fault::invalid(
            "Capacity provider is not Amazon ECS Managed Instances capacity provider.",
        )),
        (Change::Group(_), ..) => Err(fault::invalid(
            "The capacity provider does not use an Auto Scaling group.",
        )),
    }
}
