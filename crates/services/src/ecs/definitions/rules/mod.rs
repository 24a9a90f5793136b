//! What a task definition must hold, as small rules: each looks at the whole definition and refuses it with AWS's
//! sentence, or lets it pass.
//!
//! Words: a *platform* is where a definition may run (AWS: compatibility). Some rules hold everywhere; every platform
//! adds its own. The platforms whose rules a definition passes are its `compatibilities`; those that the user requires
//! must be among them, and the first rule that says no words the refusal.
//!
//! Must never know: the store, the clock, or what else is registered.

mod containers;
mod depends;
pub mod environment;
mod external;
pub mod fargate;
pub mod firelens;
pub mod gpus;
pub mod health;
mod linux;
pub mod logs;
mod managed;
mod network;
pub mod ports;
mod resources;
mod task;
mod volumes;
mod windows;

use super::size;
use crate::ecs::fault;
use api::ecs;
use wire::Fault;

/// Where a definition may run, in the order in which AWS lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    External,
    Ec2,
    Fargate,
    ManagedInstances,
}

/// A rule: `Err` is the refusal.
type Rule = fn(&Look<'_>) -> Result<(), Fault>;

/// The definition under a rule's eye, with defaults filled in.
pub struct Look<'a> {
    pub definition: &'a ecs::TaskDefinition,
    /// The task's own size, where it is given and readable.
    pub cpu_units: Option<u32>,
    pub memory_mib: Option<u32>,
}

/// Where the definition may run; or why it cannot be registered.
pub fn check(definition: &ecs::TaskDefinition) -> Result<Vec<Platform>, Fault> {
    let look = Look::at(definition);
    for rule in GENERAL.iter().copied().flatten() {
        rule(&look)?;
    }
    let required = list(&definition.requires_compatibilities);
    for platform in Platform::ALL {
        if required.iter().any(|r| r == platform.as_str()) {
            platform.admits(&look)?;
        }
    }
    let fits: Vec<Platform> = Platform::ALL.into_iter().filter(|p| p.admits(&look).is_ok()).collect();
    if fits.is_empty() {
        Platform::Ec2.admits(&look)?; // without a word from the user, this is what it would have to fit
    }
    Ok(fits)
}

/// Whether a definition may run on the platform of that name.
pub fn check_on(definition: &ecs::TaskDefinition, platform: &str) -> Result<(), Fault> {
    let look = Look::at(definition);
    GENERAL.iter().copied().flatten().try_for_each(|rule| rule(&look))?;
    let named = Platform::ALL.into_iter().find(|p| p.as_str() == platform);
    named.map_or(Ok(()), |platform| platform.admits(&look))
}

/// Holds on every platform, in the order in which refusals should come.
const GENERAL: &[&[Rule]] = &[
    task::RULES,
    containers::RULES,
    resources::RULES,
    network::RULES,
    ports::RULES,
    volumes::RULES,
    depends::RULES,
    health::RULES,
    environment::RULES,
    logs::RULES,
    firelens::RULES,
    linux::RULES,
    gpus::RULES,
    windows::RULES,
];

impl Platform {
    pub const ALL: [Platform; 4] = [
        Platform::External,
        Platform::Ec2,
        Platform::Fargate,
        Platform::ManagedInstances,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Platform::External => "EXTERNAL",
            Platform::Ec2 => "EC2",
            Platform::Fargate => "FARGATE",
            Platform::ManagedInstances => "MANAGED_INSTANCES",
        }
    }

    fn admits(self, look: &Look<'_>) -> Result<(), Fault> {
        let rules = match self {
            Platform::External => external::RULES,
            Platform::Ec2 => managed::ONLY_THERE,
            Platform::Fargate => fargate::RULES,
            Platform::ManagedInstances => managed::RULES,
        };
        rules.iter().try_for_each(|rule| rule(look))
    }
}

impl<'a> Look<'a> {
    pub fn at(definition: &'a ecs::TaskDefinition) -> Self {
        Look {
            definition,
            cpu_units: definition.cpu.as_deref().and_then(size::cpu_units),
            memory_mib: definition.memory.as_deref().and_then(size::memory_mib),
        }
    }

    pub fn containers(&self) -> &'a [ecs::ContainerDefinition] {
        list(&self.definition.container_definitions)
    }

    pub fn container(&self, name: &str) -> Option<&'a ecs::ContainerDefinition> {
        self.containers().iter().find(|c| c.name.as_deref() == Some(name))
    }

    pub fn volumes(&self) -> &'a [ecs::Volume] {
        list(&self.definition.volumes)
    }

    /// The network mode in effect: without a word it is `bridge`.
    pub fn mode(&self) -> &'a str {
        self.definition.network_mode.as_deref().unwrap_or("bridge")
    }

    pub fn os_family(&self) -> &'a str {
        let platform = self.definition.runtime_platform.as_ref();
        platform
            .and_then(|p| p.operating_system_family.as_deref())
            .unwrap_or("LINUX")
    }

    pub fn is_windows(&self) -> bool {
        self.os_family().starts_with("WINDOWS")
    }

    pub fn requires(&self, platform: Platform) -> bool {
        list(&self.definition.requires_compatibilities)
            .iter()
            .any(|r| r == platform.as_str())
    }

    pub fn has_execution_role(&self) -> bool {
        !text(&self.definition.execution_role_arn).is_empty()
    }

    /// Asks `rule` about every container in turn.
    pub fn each(&self, rule: impl Fn(&'a ecs::ContainerDefinition) -> Result<(), Fault>) -> Result<(), Fault> {
        self.containers().iter().try_for_each(rule)
    }
}

/// The elements of a list that may not have been given.
pub fn list<T>(given: &Option<Vec<T>>) -> &[T] {
    given.as_deref().unwrap_or_default()
}

/// A text that may not have been given.
pub fn text(given: &Option<String>) -> &str {
    given.as_deref().unwrap_or_default()
}

/// Refuses with this sentence when `wrong`.
fn refuse_if(wrong: bool, sentence: impl FnOnce() -> String) -> Result<(), Fault> {
    if wrong { Err(fault::client(sentence())) } else { Ok(()) }
}

/// Refuses a setting of a container outside its bounds.
fn within(setting: &str, container: &str, value: Option<i32>, least: i32, most: i32) -> Result<(), Fault> {
    refuse_if(value.is_some_and(|v| !(least..=most).contains(&v)), || {
        format!("The '{setting}' setting for container '{container}' must be between {least} and {most}.")
    })
}
