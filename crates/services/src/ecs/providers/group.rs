//! Auto Scaling group providers: what AWS fills in, and what it refuses.

use crate::ecs::fault;
use api::ecs;
use base::Arn;
use wire::Fault;

const ENABLED: &str = "ENABLED";
const DISABLED: &str = "DISABLED";

/// What is kept of a new provider.
pub fn complete(given: ecs::AutoScalingGroupProvider) -> Result<ecs::AutoScalingGroupProvider, Fault> {
    check_group(given.auto_scaling_group_arn.as_deref().unwrap_or_default())?;
    let switched = |choice: Option<String>, default: &str| Some(choice.unwrap_or_else(|| default.to_string()));
    let complete = ecs::AutoScalingGroupProvider {
        managed_scaling: Some(scaling(given.managed_scaling)?),
        managed_termination_protection: switched(given.managed_termination_protection, DISABLED),
        managed_draining: switched(given.managed_draining, ENABLED),
        auto_scaling_group_arn: given.auto_scaling_group_arn,
    };
    check_protection(&complete)?;
    Ok(complete)
}

/// `kept`, with what the update names put over it.
pub fn updated(
    kept: ecs::AutoScalingGroupProvider,
    update: ecs::AutoScalingGroupProviderUpdate,
) -> Result<ecs::AutoScalingGroupProvider, Fault> {
    let managed_scaling = match (kept.managed_scaling, update.managed_scaling) {
        (old, None) => old,
        (old, Some(new)) => {
            let old = old.unwrap_or_default();
            Some(ecs::ManagedScaling {
                status: new.status.or(old.status),
                target_capacity: new.target_capacity.or(old.target_capacity),
                minimum_scaling_step_size: new.minimum_scaling_step_size.or(old.minimum_scaling_step_size),
                maximum_scaling_step_size: new.maximum_scaling_step_size.or(old.maximum_scaling_step_size),
                instance_warmup_period: new.instance_warmup_period.or(old.instance_warmup_period),
            })
        }
    };
    let updated = ecs::AutoScalingGroupProvider {
        auto_scaling_group_arn: kept.auto_scaling_group_arn,
        managed_scaling: Some(scaling(managed_scaling)?),
        managed_termination_protection: update
            .managed_termination_protection
            .or(kept.managed_termination_protection),
        managed_draining: update.managed_draining.or(kept.managed_draining),
    };
    check_protection(&updated)?;
    Ok(updated)
}

/// Managed scaling with AWS's defaults. Without a word of it, it is off; who sets some of it wants it on.
fn scaling(given: Option<ecs::ManagedScaling>) -> Result<ecs::ManagedScaling, Fault> {
    let status = if given.is_some() { ENABLED } else { DISABLED };
    let given = given.unwrap_or_default();
    let (smallest, largest) = (
        given.minimum_scaling_step_size.unwrap_or(1),
        given.maximum_scaling_step_size.unwrap_or(10_000),
    );
    if smallest > largest {
        return Err(fault::invalid(
            "The minimumScalingStepSize can't be larger than the maximumScalingStepSize.",
        ));
    }
    Ok(ecs::ManagedScaling {
        status: Some(given.status.unwrap_or_else(|| status.to_string())),
        target_capacity: Some(given.target_capacity.unwrap_or(100)),
        minimum_scaling_step_size: Some(smallest),
        maximum_scaling_step_size: Some(largest),
        instance_warmup_period: Some(given.instance_warmup_period.unwrap_or(300)),
    })
}

/// Termination protection works only with managed scaling.
fn check_protection(provider: &ecs::AutoScalingGroupProvider) -> Result<(), Fault> {
    let scaled = provider.managed_scaling.as_ref().and_then(|s| s.status.as_deref()) == Some(ENABLED);
    if provider.managed_termination_protection.as_deref() == Some(ENABLED) && !scaled {
        let message = "The managed termination protection setting for the capacity provider is invalid. To enable managed termination \
                       protection for a capacity provider, managed scaling must be enabled.";
        return Err(fault::client(message));
    }
    Ok(())
}

/// The group's ARN, or its name.
fn check_group(group: &str) -> Result<(), Fault> {
    let well_formed = match Arn::parse(group) {
        Some(arn) => arn.service == "autoscaling" && arn.resource.starts_with("autoScalingGroup:"),
        None => !group.starts_with("arn:"),
    };
    if group.is_empty() || group.len() > 1600 || !well_formed {
        return Err(fault::invalid(
            "The specified Auto Scaling group ARN is invalid. Specify a valid Auto Scaling group ARN and try again.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(group: &str) -> ecs::AutoScalingGroupProvider {
        ecs::AutoScalingGroupProvider {
            auto_scaling_group_arn: Some(group.to_string()),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
        let made = complete(of("web-group")).expect("a name will do");
        let scaling = made.managed_scaling.expect("always there");
        assert_eq!(scaling.status.as_deref(), Some("DISABLED"));
        assert_eq!(
            (scaling.target_capacity, scaling.instance_warmup_period),
            (Some(100), Some(300))
        );
        assert_eq!(
            (scaling.minimum_scaling_step_size, scaling.maximum_scaling_step_size),
            (Some(1), Some(10_000))
        );
        assert_eq!(made.managed_termination_protection.as_deref(), Some("DISABLED"));
        assert_eq!(made.managed_draining.as_deref(), Some("ENABLED"));
    }

    #[test]
    fn an_update_changes_only_what_it_names() {
        let kept = complete(of("g")).expect("a name will do");
        let scaling = ecs::ManagedScaling {
            target_capacity: Some(80),
            ..Default::default()
        };
        let update = ecs::AutoScalingGroupProviderUpdate {
            managed_scaling: Some(scaling),
            ..Default::default()
        };
        let made = updated(kept.clone(), update).expect("a good update");
        let scaling = made.managed_scaling.clone().expect("always there");
        assert_eq!(
            (scaling.target_capacity, scaling.status.as_deref()),
            (Some(80), Some("DISABLED"))
        );
        assert_eq!(made.managed_draining, kept.managed_draining);
    }

    #[test]
    fn protection_needs_scaling() {
        let protected = ecs::AutoScalingGroupProvider {
            managed_termination_protection: Some("ENABLED".to_string()),
            ..of("g")
        };
        assert!(complete(protected.clone()).is_err());
        let scaling = Some(ecs::ManagedScaling {
            status: Some("ENABLED".to_string()),
            ..Default::default()
        });
        assert!(
            complete(ecs::AutoScalingGroupProvider {
                managed_scaling: scaling,
                ..protected
            })
            .is_ok()
        );
    }

    #[test]
    fn a_group_is_an_arn_or_a_name() {
        assert!(
            complete(of(
                "arn:aws:autoscaling:us-east-1:0:autoScalingGroup:1-2:autoScalingGroupName/web"
            ))
            .is_ok()
        );
        assert!(complete(of("arn:aws:ecs:us-east-1:0:cluster/web")).is_err());
        assert!(complete(of("arn:nonsense")).is_err());
        assert!(complete(of("")).is_err());
    }
}
