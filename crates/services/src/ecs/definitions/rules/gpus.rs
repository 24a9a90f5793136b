//! GPUs and Neuron devices: how many, whose, and how they are shared.

use super::{Look, Rule, list, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[forms, one_way_to_share, one_neuron_container];

fn all<'a>(look: &Look<'a>) -> impl Iterator<Item = &'a ecs::ResourceRequirement> {
    look.containers().iter().flat_map(|c| list(&c.resource_requirements))
}

/// Whether any container asks for this type of device.
pub fn asked(look: &Look<'_>, kind: &str) -> bool {
    all(look).any(|r| text(&r.r#type) == kind)
}

/// Whether any container shares a GPU.
pub fn shared(look: &Look<'_>) -> bool {
    all(look).any(|r| r.sharing_strategy.is_some())
}

fn forms(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let mut kinds: Vec<&str> = Vec::new();
        for requirement in list(&container.resource_requirements) {
            let (kind, value) = (text(&requirement.r#type), text(&requirement.value));
            let invalid = |why: &str| {
                format!(
                    "Invalid 'resourceRequirements' setting for container '{}'. {why}",
                    text(&container.name)
                )
            };
            refuse_if(kinds.contains(&kind), || {
                invalid(&format!("The type {kind} is specified more than once."))
            })?;
            kinds.push(kind);
            refuse_if(kind == "InferenceAccelerator", || {
                "Unsupported resource type 'InferenceAccelerator'.".into()
            })?;
            refuse_if(kind == "NeuronDevice" && value != "ALL", || {
                invalid("The value for NeuronDevice must be ALL.")
            })?;
            let shared = requirement.sharing_strategy.is_some();
            refuse_if(shared && kind != "GPU", || {
                invalid("A sharingStrategy can only be specified for GPU.")
            })?;
            refuse_if(shared && requirement.value.is_some(), || {
                invalid("Specify either value or sharingStrategy, but not both.")
            })?;
            let strategy_is_empty = requirement
                .sharing_strategy
                .as_ref()
                .is_some_and(|s| s.nvidia_mps.is_none());
            refuse_if(strategy_is_empty, || invalid("Specify exactly one sharing strategy."))?;
            let counted = value == "ALL" || gpus(value).is_some();
            refuse_if(kind == "GPU" && !shared && !counted, || {
                invalid("The value for GPU must be a positive number or ALL.")
            })?;
        }
        Ok(())
    })
}

/// A number of whole GPUs.
pub fn gpus(value: &str) -> Option<u32> {
    let digits = value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit());
    value.parse().ok().filter(|count| digits && *count > 0)
}

fn one_way_to_share(look: &Look<'_>) -> Result<(), Fault> {
    let whole = all(look).any(|r| text(&r.r#type) == "GPU" && r.sharing_strategy.is_none());
    refuse_if(whole && shared(look), || {
        "The containers in a task that request GPUs must all use the same option: value or sharingStrategy.".into()
    })
}

fn one_neuron_container(look: &Look<'_>) -> Result<(), Fault> {
    let count = all(look).filter(|r| text(&r.r#type) == "NeuronDevice").count();
    refuse_if(count > 1, || {
        "Only one container in a task can specify NeuronDevice resources.".into()
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn requirement(kind: &str, value: Option<&str>) -> ecs::ResourceRequirement {
        ecs::ResourceRequirement {
            r#type: text(kind),
            value: value.map(str::to_string),
            sharing_strategy: None,
        }
    }

    fn shared() -> ecs::ResourceRequirement {
        let mps = ecs::NvidiaMpsAllocation {
            memory: Some(1024),
            max_compute_percent: None,
        };
        let strategy = ecs::SharingStrategy { nvidia_mps: Some(mps) };
        ecs::ResourceRequirement {
            sharing_strategy: Some(strategy),
            ..requirement("GPU", None)
        }
    }

    fn asking(requirement: ecs::ResourceRequirement) -> ecs::RegisterTaskDefinitionRequest {
        with(web(), |c| c.resource_requirements = Some(vec![requirement]))
    }

    #[test]
    fn gpus_are_counted_or_all() {
        accepted(&asking(requirement("GPU", Some("2"))));
        accepted(&asking(requirement("GPU", Some("ALL"))));
        for bad in [None, Some("0"), Some("-1"), Some("some"), Some("99999")] {
            assert!(
                refusal(&asking(requirement("GPU", bad)))
                    .ends_with("The value for GPU must be a positive number or ALL.")
            );
        }
    }

    #[test]
    fn a_gpu_is_whole_or_shared() {
        assert_eq!(accepted(&asking(shared())), ["EC2"]);
        let both = ecs::ResourceRequirement {
            value: text("1"),
            ..shared()
        };
        assert!(refusal(&asking(both)).ends_with("Specify either value or sharingStrategy, but not both."));
        let mut whole = container("b");
        whole.resource_requirements = Some(vec![requirement("GPU", Some("1"))]);
        assert!(refusal(&and(asking(shared()), whole)).contains("must all use the same option"));
        let empty = ecs::ResourceRequirement {
            sharing_strategy: Some(Default::default()),
            ..shared()
        };
        assert!(refusal(&asking(empty)).ends_with("Specify exactly one sharing strategy."));
    }

    #[test]
    fn neuron_devices_go_to_one_container_of_managed_instances() {
        let neuron = || requirement("NeuronDevice", Some("ALL"));
        let managed = ecs::RegisterTaskDefinitionRequest {
            network_mode: text("awsvpc"),
            ..asking(neuron())
        };
        assert_eq!(accepted(&managed), ["MANAGED_INSTANCES"]);
        let mut second = container("b");
        second.resource_requirements = Some(vec![neuron()]);
        assert_eq!(
            refusal(&and(managed, second)),
            "Only one container in a task can specify NeuronDevice resources."
        );
        assert!(refusal(&asking(requirement("NeuronDevice", Some("1")))).ends_with("must be ALL."));
    }

    #[test]
    fn what_aws_took_away_is_refused() {
        let gone = asking(requirement("InferenceAccelerator", Some("device")));
        assert_eq!(refusal(&gone), "Unsupported resource type 'InferenceAccelerator'.");
    }
}
