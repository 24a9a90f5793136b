//! What one run changes of a definition: checked against it, and laid over it.

use crate::ecs::definitions::{self, work};
use crate::ecs::fault;
use api::ecs;
use model::{LaunchType, Plan};
use scheduler::demand::{ContainerOverride, Gpus, Overrides};
use wire::Fault;

/// Characters of the overrides as JSON, all of its signs included.
const MOST_CHARS: usize = 8192;

/// Overrides laid over a definition.
#[derive(Debug)]
pub struct Overridden {
    /// What placement counts of them.
    pub sizes: Overrides,
    /// As tasks show them: an entry for every container.
    pub shown: ecs::TaskOverride,
    /// The task's own size, when it has one.
    pub cpu_units: Option<u32>,
    pub memory_mib: Option<u32>,
}

pub fn check_length(overrides: &ecs::TaskOverride) -> Result<(), Fault> {
    if *overrides == ecs::TaskOverride::default() {
        return Ok(());
    }
    let mut json = Vec::new();
    wire::codec::json::write(overrides, &mut json);
    let chars = String::from_utf8_lossy(&json).chars().count();
    if chars > MOST_CHARS {
        return Err(fault::invalid(format!(
            "Container Overrides length must be at most {MOST_CHARS}"
        )));
    }
    Ok(())
}

pub fn lay(
    document: &ecs::TaskDefinition,
    plan: &Plan,
    given: &ecs::TaskOverride,
    launch_type: LaunchType,
) -> Result<Overridden, Fault> {
    let containers = given.container_overrides.as_deref().unwrap_or_default();
    check_names(plan, containers)?;
    if !given
        .inference_accelerator_overrides
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Err(fault::invalid("Unsupported field 'inferenceAcceleratorOverrides'."));
    }
    let mut sizes = Overrides {
        containers: Vec::new(),
        cpu_units: plan.cpu_units,
        memory_mib: plan.memory_mib,
    };
    if resizes(given) {
        (sizes.cpu_units, sizes.memory_mib) = resized(document, given, launch_type)?;
        sizes.containers = containers.iter().map(container).collect::<Result<_, Fault>>()?;
    }
    if given.ephemeral_storage.is_some() && launch_type != LaunchType::Fargate {
        return Err(fault::invalid(
            "Tasks using the EC2 launch type do not support EphemeralStorage.",
        ));
    }
    for role in [&given.task_role_arn, &given.execution_role_arn].into_iter().flatten() {
        if role.is_empty() || role.chars().any(char::is_whitespace) {
            return Err(fault::client("Role is not valid"));
        }
    }
    Ok(Overridden {
        cpu_units: sizes.cpu_units,
        memory_mib: sizes.memory_mib,
        sizes,
        shown: shown(plan, given),
    })
}

fn name_of(container: &ecs::ContainerOverride) -> &str {
    container.name.as_deref().unwrap_or_default()
}

fn check_names(plan: &Plan, containers: &[ecs::ContainerOverride]) -> Result<(), Fault> {
    for (i, container) in containers.iter().enumerate() {
        let name = name_of(container);
        if name.is_empty() {
            if *container == ecs::ContainerOverride::default() {
                continue; // an empty override may be sent
            }
            return Err(fault::invalid("Container override must have a container name."));
        }
        if !plan.containers.iter().any(|c| c.name == name) {
            let message = format!("Override for container named {name} is not a container in the TaskDefinition.");
            return Err(fault::invalid(message));
        }
        if containers[..i].iter().any(|earlier| name_of(earlier) == name) {
            return Err(fault::invalid(format!(
                "Container {name} is overridden more than once."
            )));
        }
        for variable in container.environment.as_deref().unwrap_or_default() {
            if variable.name.as_deref().is_none_or(str::is_empty) {
                return Err(fault::invalid(format!(
                    "An environment variable of container {name} has no name."
                )));
            }
        }
    }
    Ok(())
}

/// Whether the overrides change what the definition's rules have counted.
fn resizes(given: &ecs::TaskOverride) -> bool {
    let of_container = |c: &ecs::ContainerOverride| {
        c.cpu.is_some()
            || c.memory.is_some()
            || c.memory_reservation.is_some()
            || c.resource_requirements.is_some()
            || c.environment_files.is_some()
    };
    let containers = given.container_overrides.as_deref().unwrap_or_default();
    given.cpu.is_some()
        || given.memory.is_some()
        || given.ephemeral_storage.is_some()
        || containers.iter().any(of_container)
}

/// The definition with the overrides in it must still be one that could be registered; that gives the task's size.
fn resized(
    document: &ecs::TaskDefinition,
    given: &ecs::TaskOverride,
    launch_type: LaunchType,
) -> Result<(Option<u32>, Option<u32>), Fault> {
    let mut changed = document.clone();
    let lay = |place: &mut Option<String>, over: &Option<String>| {
        if over.is_some() {
            place.clone_from(over);
        }
    };
    lay(&mut changed.cpu, &given.cpu);
    lay(&mut changed.memory, &given.memory);
    if given.ephemeral_storage.is_some() {
        changed.ephemeral_storage.clone_from(&given.ephemeral_storage);
    }
    for container in changed.container_definitions.iter_mut().flatten() {
        let overrides = given.container_overrides.as_deref().unwrap_or_default();
        let Some(over) = overrides.iter().find(|o| o.name.is_some() && o.name == container.name) else {
            continue;
        };
        container.cpu = over.cpu.or(container.cpu);
        container.memory = over.memory.or(container.memory);
        container.memory_reservation = over.memory_reservation.or(container.memory_reservation);
        if over.resource_requirements.is_some() {
            container.resource_requirements.clone_from(&over.resource_requirements);
        }
        if over.environment_files.is_some() {
            container.environment_files.clone_from(&over.environment_files);
        }
    }
    definitions::sizes_on(&changed, launch_type.as_str()).map_err(|fault| fault::invalid(fault.message))
}

fn container(given: &ecs::ContainerOverride) -> Result<ContainerOverride, Fault> {
    let name = name_of(given);
    let number = |what: &str, value: Option<i32>| match value.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(fault::invalid(format!(
            "The '{what}' override of container {name} can't be negative."
        ))),
    };
    let requirements = given.resource_requirements.as_deref().unwrap_or_default();
    let gpu = requirements.iter().find(|r| r.r#type.as_deref() == Some("GPU"));
    let gpus = match gpu.map(|gpu| gpu.value.as_deref().unwrap_or_default()) {
        None => None,
        Some("ALL") => Some(Gpus::All),
        Some(count) => Some(Gpus::Count(count.parse().unwrap_or_default())),
    };
    Ok(ContainerOverride {
        name: name.to_string(),
        cpu_units: number("cpu", given.cpu)?,
        memory_mib: number("memory", given.memory)?,
        memory_reservation_mib: number("memoryReservation", given.memory_reservation)?,
        gpus,
    })
}

/// What the node that runs it has to change. What changes nothing is left out.
pub fn for_node(given: &ecs::TaskOverride) -> link::Overrides {
    let size = |text: &Option<String>, read: fn(&str) -> Option<u32>| text.as_deref().and_then(read);
    let containers = given.container_overrides.iter().flatten().map(container_for_node);
    link::Overrides {
        cpu_units: size(&given.cpu, definitions::cpu_units),
        memory_mib: size(&given.memory, definitions::memory_mib),
        ephemeral_storage_gib: given.ephemeral_storage.as_ref().and_then(|s| positive(s.size_in_gi_b)),
        task_role: given.task_role_arn.clone(),
        execution_role: given.execution_role_arn.clone(),
        containers: containers.filter(changes).collect(),
    }
}

fn changes(over: &link::ContainerOverride) -> bool {
    let nothing = link::ContainerOverride {
        name: over.name.clone(),
        ..Default::default()
    };
    *over != nothing
}

fn container_for_node(given: &ecs::ContainerOverride) -> link::ContainerOverride {
    let requirements = given.resource_requirements.as_deref().unwrap_or_default();
    let gpu = requirements.iter().find(|r| r.r#type.as_deref() == Some("GPU"));
    link::ContainerOverride {
        name: name_of(given).to_string(),
        command: given.command.clone(),
        environment: work::variables(&given.environment),
        environment_files: work::environment_files(&given.environment_files),
        cpu_units: positive(given.cpu),
        memory_mib: positive(given.memory),
        memory_reservation_mib: positive(given.memory_reservation),
        gpus: gpu.and_then(|gpu| gpu.value.as_deref()?.parse().ok()),
        image: None,
    }
}

fn positive(given: Option<i32>) -> Option<u32> {
    given.and_then(|n| u32::try_from(n).ok())
}

/// Every container has an entry, also those that nothing is changed of.
fn shown(plan: &Plan, given: &ecs::TaskOverride) -> ecs::TaskOverride {
    let overrides = given.container_overrides.as_deref().unwrap_or_default();
    let entry = |name: &String| {
        let over = overrides.iter().find(|o| o.name.as_ref() == Some(name)).cloned();
        over.unwrap_or_else(|| ecs::ContainerOverride {
            name: Some(name.clone()),
            ..Default::default()
        })
    };
    ecs::TaskOverride {
        container_overrides: Some(plan.containers.iter().map(|c| entry(&c.name)).collect()),
        inference_accelerator_overrides: Some(Vec::new()),
        ..given.clone()
    }
}
