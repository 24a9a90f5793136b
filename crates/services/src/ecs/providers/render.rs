//! A capacity provider as the API shows it.

use super::built_in;
use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::CapacityProvider;

/// Without `tags` their list is empty, as AWS answers.
pub fn made(scope: &Scope, provider: &CapacityProvider, tags: bool) -> ecs::CapacityProvider {
    let kept: ecs::CapacityProvider = given::recall(&provider.given);
    let kind = if provider.cluster.is_some() {
        "MANAGED_INSTANCES"
    } else {
        "EC2_AUTOSCALING"
    };
    ecs::CapacityProvider {
        capacity_provider_arn: Some(names::provider_arn(scope, &provider.name)),
        name: Some(provider.name.clone()),
        cluster: provider.cluster.clone(),
        status: Some(if provider.active { "ACTIVE" } else { "INACTIVE" }.to_string()),
        update_status: Some(provider.update_status.clone()).filter(|status| !status.is_empty()),
        update_status_reason: provider.update_status_reason.clone(),
        tags: Some(if tags { shape::show(&provider.tags) } else { Vec::new() }),
        r#type: Some(kind.to_string()),
        auto_scaling_group_provider: kept.auto_scaling_group_provider,
        managed_instances_provider: kept.managed_instances_provider,
    }
}

/// One of [`built_in::NAMES`].
pub fn built_in(scope: &Scope, name: &str) -> ecs::CapacityProvider {
    debug_assert!(built_in::is(name));
    ecs::CapacityProvider {
        capacity_provider_arn: Some(names::provider_arn(scope, name)),
        name: Some(name.to_string()),
        status: Some("ACTIVE".to_string()),
        tags: Some(Vec::new()),
        r#type: Some(name.to_string()),
        ..Default::default()
    }
}
