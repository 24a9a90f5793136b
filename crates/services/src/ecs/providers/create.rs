//! CreateCapacityProvider.

use super::{ELSEWHERE, MOST_PER_CLUSTER, WITH_CLUSTER_SCOPE, active, born_in, group, managed, render, settled};
use crate::common::{Ctx, given};
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names};
use api::ecs;
use model::{CapacityProvider, Given, Tag};
use store::{Key, Tx, View};
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::CreateCapacityProviderRequest,
) -> Result<ecs::CreateCapacityProviderResponse, Fault> {
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    let tags = shape::read(input.tags.as_deref())?;
    let plan = match (input.auto_scaling_group_provider, input.managed_instances_provider) {
        (Some(group), None) => {
            if input.cluster.is_some() {
                return Err(fault::invalid(
                    "Capacity provider is not Amazon ECS Managed Instances capacity provider.",
                ));
            }
            let provider = group::complete(group)?;
            Plan {
                group: provider.auto_scaling_group_arn.clone(),
                cluster: None,
                name,
                tags,
                given: keep(Some(provider), None),
            }
        }
        (None, Some(config)) => {
            let cluster = input.cluster.filter(|cluster| !cluster.is_empty()).ok_or_else(|| {
                fault::invalid("Amazon ECS Managed Instances Provider is not supported without a Cluster Name.")
            })?;
            let cluster = names::cluster_name(ctx.scope(), Some(&cluster))?;
            if tags.len() > managed::MOST_TAGS {
                let message = "Amazon ECS Managed Instances capacity provider cannot have number of tags exceeding maximum allowed value (45).";
                return Err(fault::invalid(message));
            }
            let provider = managed::complete(config)?;
            Plan {
                group: None,
                cluster: Some(cluster),
                name,
                tags,
                given: keep(None, Some(provider)),
            }
        }
        (Some(_), Some(_)) => {
            return Err(fault::invalid(
                "Specify either an Auto Scaling group provider or a Managed Instances provider, not both.",
            ));
        }
        (None, None) => {
            let message = "The Auto Scaling group provider details are required when creating a capacity provider. Specify valid Auto \
                           Scaling group provider details and try again.";
            return Err(fault::invalid(message));
        }
    };
    let made = ctx.write(move |tx| make(tx, &plan)).await?;
    let capacity_provider = Some(render::made(ctx.scope(), &made, true));
    Ok(ecs::CreateCapacityProviderResponse { capacity_provider })
}

/// What the request comes to.
struct Plan {
    name: String,
    /// The Auto Scaling group, which only one provider may stand on.
    group: Option<String>,
    /// Where a managed provider is born.
    cluster: Option<String>,
    tags: Vec<Tag>,
    given: Given,
}

/// What only the user reads, as [`render`] finds it again.
pub(super) fn keep(
    group: Option<ecs::AutoScalingGroupProvider>,
    managed: Option<ecs::ManagedInstancesProvider>,
) -> Given {
    given::keep(&ecs::CapacityProvider {
        auto_scaling_group_provider: group,
        managed_instances_provider: managed,
        ..Default::default()
    })
}

fn make(tx: &mut Tx, plan: &Plan) -> Result<CapacityProvider, Fault> {
    if let Some(there) = active(tx, &plan.name) {
        return Err(fault::client(match (&there.cluster, &plan.cluster) {
            (Some(_), None) => WITH_CLUSTER_SCOPE,
            (born, Some(asked)) if born.as_ref() != Some(asked) => ELSEWHERE,
            _ => {
                "The specified capacity provider already exists. To change the configuration of an existing capacity provider, \
                 update the capacity provider."
            }
        }));
    }
    if let Some(cluster) = &plan.cluster {
        let cluster = names::active_cluster(tx, cluster)?;
        let listed = cluster.capacity_providers.len();
        if listed + born_in(tx, &cluster.name).count() >= MOST_PER_CLUSTER {
            return Err(fault::limit(format!(
                "A cluster can have at most {MOST_PER_CLUSTER} capacity providers."
            )));
        }
    }
    if let Some(group) = &plan.group
        && is_used(tx, group)
    {
        let message = "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto \
                       Scaling group ARN and try again.";
        return Err(fault::client(message));
    }
    // Only managed providers are said to be complete: making one takes AWS a while.
    let update_status = if plan.cluster.is_some() { "CREATE_COMPLETE" } else { "" };
    let provider = settled(CapacityProvider {
        name: plan.name.clone(),
        active: true,
        cluster: plan.cluster.clone(),
        given: plan.given.clone(),
        tags: plan.tags.clone(),
        created_at: tx.now(),
        update_status: update_status.to_string(),
        update_status_reason: None,
        scales: false,
        drains: false,
    });
    tx.put(provider.clone());
    Ok(provider)
}

fn is_used(view: &View, group: &str) -> bool {
    let stands_on = |provider: &CapacityProvider| {
        let kept: ecs::CapacityProvider = given::recall(&provider.given);
        kept.auto_scaling_group_provider
            .and_then(|g| g.auto_scaling_group_arn)
            .as_deref()
            == Some(group)
    };
    view.scan::<CapacityProvider>(&Key::all())
        .any(|p| p.active && p.cluster.is_none() && stands_on(&p))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.trim().is_empty() {
        return Err(fault::invalid("CapacityProvider name must not be blank."));
    }
    let begins = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    if !names::is_name(name) || ["aws", "ecs", "fargate"].into_iter().any(begins) {
        let message = "The specified capacity provider name is invalid. Up to 255 characters are allowed. They include letters (both upper \
                       and lowercase letters), numbers, underscores (_), and hyphens (-). The name can't be prefixed with \"aws\", \"ecs\", \
                       or \"fargate\".";
        return Err(fault::invalid(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn some_names_are_reserved() {
        for good in ["web", "my-aws-group", "A_1"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "aws-web",
            "ECSgroup",
            "FARGATE",
            "fargate-spot",
            "a b",
            &"x".repeat(256),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
