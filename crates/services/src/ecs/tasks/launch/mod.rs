//! What RunTask, StartTask and services have in common: from the words of a request to a template of tasks.
//!
//! Words: an [`Ask`] is what the request says, checked as far as that goes without looking at anything else; laid over a
//! definition and a launch type it becomes a [`model::Template`].

mod ask;
pub mod capacity;
pub mod network;
mod overrides;
pub mod placement;
mod volumes;

pub use ask::Ask;

use crate::common::given;
use crate::ecs::{definitions, fault};
use api::ecs;
use model::{DefinitionStatus, LaunchType, TaskDefinition, Template};
use overrides::Overridden;
use std::sync::Arc;
use store::View;
use wire::Fault;

/// Lays the ask over the definition that it names, for nodes of a launch type.
pub fn prepare(view: &View, ask: &Ask, launch_type: LaunchType) -> Result<Template, Fault> {
    let definition = find_definition(view, ask)?;
    let fargate = launch_type == LaunchType::Fargate;
    if !definition.compatibilities.iter().any(|c| c == launch_type.as_str()) {
        return Err(fault::invalid(format!(
            "Task definition does not support launch_type {launch_type}."
        )));
    }
    network::check(&definition.plan.network_mode, ask.network.as_ref(), launch_type)?;
    let document: ecs::TaskDefinition = given::recall(&definition.given);
    let Overridden {
        sizes,
        shown,
        cpu_units,
        memory_mib,
    } = overrides::lay(&document, &definition.plan, &ask.overrides, launch_type)?;
    check_exec(ask, &document)?;
    volumes::check(&document, &ask.volumes)?;
    let for_node = ask.for_node();
    let wish = for_node.as_ref().and_then(|launch| launch.network.as_ref());
    let network = wish.map(|wish| network::settle(view, wish)).transpose()?;
    let rules = placement::constraints(&definition.plan.placement, &ask.constraints, launch_type)?;
    let order = placement::strategies(&ask.order, launch_type)?;
    let demand = scheduler::demand::of(&definition.plan, &sizes);
    let over = |name: &str| sizes.containers.iter().find(|o| o.name == name);
    let containers = &definition.plan.containers;
    let storage = shown.ephemeral_storage.clone().or(document.ephemeral_storage);
    let shown = ecs::Task {
        overrides: Some(shown),
        platform_version: ask.platform_version(&definition.plan, launch_type)?,
        platform_family: fargate.then(|| platform_family(definition.plan.os_family.as_deref())),
        fargate_ephemeral_storage: fargate.then(|| fargate_storage(storage.as_ref())),
        ephemeral_storage: fargate.then(|| storage.unwrap_or_else(least_storage)),
        ..Default::default()
    };
    Ok(Template {
        cluster: ask.cluster.clone(),
        family: definition.family.clone(),
        revision: definition.revision,
        launch_type,
        group: ask
            .group
            .clone()
            .unwrap_or_else(|| format!("family:{}", definition.family)),
        started_by: ask.started_by.clone(),
        all_gpus: scheduler::demand::takes_all_gpus(&definition.plan, &sizes),
        containers: containers
            .iter()
            .map(|c| scheduler::demand::with(c, over(&c.name)))
            .collect(),
        requires: definition.requires_attributes.clone(),
        cpu_architecture: definition.plan.cpu_architecture.clone(),
        os_family: definition.plan.os_family.clone(),
        rules,
        order,
        network,
        cpu: Some(cpu_units.unwrap_or(demand.cpu_units).to_string()),
        memory: Some(memory_mib.unwrap_or(demand.memory_mib).to_string()),
        tags: ask.tags_for(&definition)?,
        exec_enabled: ask.exec,
        given: given::keep(&shown),
        for_node: for_node.map(Box::new),
        demand,
    })
}

/// Lays over a template what of an ask needs no new tasks: constraints, strategies, tags, and whether commands may be
/// executed.
pub fn refresh(view: &View, template: &mut Template, ask: &Ask) -> Result<(), Fault> {
    let found = definitions::revision(view, &ask.definition);
    let definition = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    if ask.exec && !template.exec_enabled {
        check_exec(ask, &given::recall(&definition.given))?;
    }
    template.rules = placement::constraints(&definition.plan.placement, &ask.constraints, template.launch_type)?;
    template.order = placement::strategies(&ask.order, template.launch_type)?;
    template.tags = ask.tags_for(&definition)?;
    template.exec_enabled = ask.exec;
    Ok(())
}

fn find_definition(view: &View, ask: &Ask) -> Result<Arc<TaskDefinition>, Fault> {
    let found = definitions::revision(view, &ask.definition);
    let definition = found.ok_or_else(|| fault::client("TaskDefinition not found."))?;
    match definition.status {
        DefinitionStatus::Active => Ok(definition),
        DefinitionStatus::Inactive => Err(fault::client("TaskDefinition is inactive")),
        DefinitionStatus::DeleteInProgress => Err(fault::client("TaskDefinition is being deleted")),
    }
}

/// Commands can be executed only with a role that lets the helper reach us.
fn check_exec(ask: &Ask, document: &ecs::TaskDefinition) -> Result<(), Fault> {
    let has = |role: &Option<String>| role.as_deref().is_some_and(|role| !role.is_empty());
    if !ask.exec || has(&ask.overrides.task_role_arn) || has(&document.task_role_arn) {
        return Ok(());
    }
    let message = "The task couldn't be started because a valid taskRoleArn is not being used. Specify a valid task \
                   role in your task definition and try again.";
    Err(fault::invalid(message))
}

fn platform_family(os_family: Option<&str>) -> String {
    match os_family {
        None | Some("LINUX") => "Linux".to_string(),
        Some(windows) => windows.to_string(),
    }
}

/// What every FARGATE task has without asking.
const LEAST_STORAGE_GIB: i32 = 20;

fn least_storage() -> ecs::EphemeralStorage {
    ecs::EphemeralStorage {
        size_in_gi_b: Some(LEAST_STORAGE_GIB),
    }
}

fn fargate_storage(asked: Option<&ecs::EphemeralStorage>) -> ecs::TaskEphemeralStorage {
    let size = asked
        .and_then(|storage| storage.size_in_gi_b)
        .unwrap_or(LEAST_STORAGE_GIB);
    ecs::TaskEphemeralStorage {
        size_in_gi_b: Some(size),
        kms_key_id: None,
    }
}
