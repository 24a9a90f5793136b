//! The decision: what was asked, and what is known of machine and image, become what is to be done.
//!
//! Pure. Who gathers the [`Facts`] looks at the machine; nothing here does.

use super::capabilities::{Caps, UnknownCapability};
use super::container::ContainerSpec;
use super::devices::{DeviceNode, DeviceRule, rules};
use super::mounts::{MASKED_PATHS, PlannedMount, READONLY_PATHS, mounts};
use super::sysctls::{self, SysctlError};
use super::ulimits::{self, RESOURCES, Resource, Rlimit};
use super::user::User;
use crate::cgroup::Mounted;
use std::fmt;

/// What this process may give away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub capabilities: Caps,
    pub oom_score_adj: i32,
    /// Own hard limits, in the order of [`RESOURCES`].
    pub hard_limits: [u64; RESOURCES.len()],
}

/// What is known of machine and image.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub machine: &'a Machine,
    pub user: User,
    /// What [`super::look_up_devices`] found for the asked devices.
    pub devices: Vec<DeviceNode>,
    /// What stands at `/sys/fs/cgroup` in the container; nothing leaves it out.
    pub cgroups: Vec<Mounted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub user: User,
    pub env: Vec<String>,
    pub cwd: String,
    /// What the program and its children can ever have.
    pub bounding: Caps,
    /// What it has at once: nothing, unless it is root.
    pub effective: Caps,
    pub mounts: Vec<PlannedMount>,
    pub masked_paths: Vec<String>,
    pub readonly_paths: Vec<String>,
    pub rlimits: Vec<Rlimit>,
    pub devices: Vec<DeviceNode>,
    pub device_rules: Vec<DeviceRule>,
    pub oom_score_adj: Option<i32>,
    pub warnings: Vec<Warning>,
}

/// Where less is given than was asked, because this process has no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    Capabilities(Caps),
    Rlimit { resource: Resource, asked: u64, given: u64 },
    OomScoreAdj { asked: i32, given: i32 },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Capabilities(missing) => write!(
                f,
                "capabilities not given, because the runtime has not got them: {missing:?}"
            ),
            Warning::Rlimit { resource, asked, given } => {
                write!(
                    f,
                    "ulimit {} is {given} instead of {asked}: the runtime cannot raise its own",
                    resource.name
                )
            }
            Warning::OomScoreAdj { asked, given } => write!(f, "oom_score_adj is {given} instead of {asked}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpecError {
    NoArguments,
    Capability(UnknownCapability),
    Ulimit(String),
    Sysctl(SysctlError),
    /// A zero byte, or a path that is not absolute where it must be.
    BadText {
        field: &'static str,
        text: String,
    },
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpecError::NoArguments => write!(f, "no command specified"),
            SpecError::Capability(_) => write!(f, "a capability cannot be given"),
            SpecError::Ulimit(name) => write!(f, "there is no ulimit named {name:?}"),
            SpecError::Sysctl(_) => write!(f, "a sysctl cannot be set"),
            SpecError::BadText { field, text } => write!(f, "{field} cannot be {text:?}"),
        }
    }
}

impl std::error::Error for SpecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SpecError::Capability(error) => Some(error),
            SpecError::Sysctl(error) => Some(error),
            SpecError::NoArguments | SpecError::Ulimit(_) | SpecError::BadText { .. } => None,
        }
    }
}

pub fn plan(spec: &ContainerSpec, facts: Facts<'_>) -> Result<Plan, SpecError> {
    check(spec)?;
    let mut warnings = Vec::new();
    let own = facts.machine;

    let wanted = Caps::wanted(&spec.capabilities_add, &spec.capabilities_drop, spec.privileged)
        .map_err(SpecError::Capability)?;
    let bounding = wanted.and(own.capabilities);
    // ALL means all there are here: only what was named and is missing is worth a word.
    let named = Caps::wanted(&without_all(&spec.capabilities_add), &spec.capabilities_drop, false)
        .map_err(SpecError::Capability)?;
    let missing = named.without(own.capabilities);
    if missing != Caps::NONE {
        warnings.push(Warning::Capabilities(missing));
    }

    let may_raise = own
        .capabilities
        .contains(Caps::parse("SYS_RESOURCE").expect("a name of the list"));
    let mut rlimits: Vec<Rlimit> = Vec::new();
    for asked in &spec.ulimits {
        let resource = ulimits::resource(&asked.name).ok_or_else(|| SpecError::Ulimit(asked.name.clone()))?;
        let place = RESOURCES
            .iter()
            .position(|one| *one == resource)
            .expect("resource() takes from this list");
        let given = ulimits::clamp(resource, asked, own.hard_limits[place], may_raise);
        if given.hard < asked.hard {
            warnings.push(Warning::Rlimit {
                resource,
                asked: asked.hard,
                given: given.hard,
            });
        }
        rlimits.retain(|one| one.resource != resource);
        rlimits.push(given);
    }

    let oom_score_adj = spec.oom_score_adj.map(|asked| {
        let asked = asked.clamp(-1000, 1000);
        let given = if may_raise { asked } else { asked.max(own.oom_score_adj) };
        if given != asked {
            warnings.push(Warning::OomScoreAdj { asked, given });
        }
        given
    });

    let paths = |asked: &Option<Vec<String>>, default: &[&str]| match asked {
        _ if spec.privileged => Vec::new(),
        Some(asked) => asked.clone(),
        None => default.iter().map(|&path| path.to_owned()).collect(),
    };
    Ok(Plan {
        env: environment(spec, &facts.user),
        cwd: if spec.cwd.is_empty() {
            "/".to_owned()
        } else {
            spec.cwd.clone()
        },
        effective: if facts.user.uid == 0 { bounding } else { Caps::NONE },
        bounding,
        mounts: mounts(spec, &facts.cgroups),
        masked_paths: paths(&spec.masked_paths, &MASKED_PATHS),
        readonly_paths: {
            let mut all = paths(&spec.readonly_paths, &READONLY_PATHS);
            // The floor on which v1's controllers stand could not be read-only before they stood on it.
            let floor = facts.cgroups.iter().any(|one| matches!(one, Mounted::V1 { .. }));
            all.extend((floor && !spec.privileged).then(|| "/sys/fs/cgroup".to_owned()));
            all
        },
        rlimits,
        device_rules: rules(&facts.devices, spec.privileged),
        devices: facts.devices,
        oom_score_adj,
        user: facts.user,
        warnings,
    })
}

fn check(spec: &ContainerSpec) -> Result<(), SpecError> {
    if spec.args.first().is_none_or(String::is_empty) {
        return Err(SpecError::NoArguments);
    }
    let whole = |field, text: &str| match text.contains('\0') {
        true => Err(SpecError::BadText {
            field,
            text: text.to_owned(),
        }),
        false => Ok(()),
    };
    let absolute = |field, text: &str| match text.starts_with('/') && !text.split('/').any(|part| part == "..") {
        true => whole(field, text),
        false => Err(SpecError::BadText {
            field,
            text: text.to_owned(),
        }),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if spec.id.is_empty() || spec.id.starts_with('.') || spec.id.len() > 128 || !spec.id.bytes().all(plain) {
        return Err(SpecError::BadText {
            field: "id",
            text: spec.id.clone(),
        });
    }
    spec.args.iter().try_for_each(|text| whole("args", text))?;
    for text in &spec.env.0 {
        // Only the name is said: the value may be a secret.
        let name = text.split('=').next().unwrap_or_default();
        if name.is_empty() || text.contains('\0') {
            return Err(SpecError::BadText {
                field: "env",
                text: name.to_owned(),
            });
        }
    }
    if !spec.cwd.is_empty() {
        absolute("cwd", &spec.cwd)?;
    }
    spec.mounts
        .iter()
        .try_for_each(|mount| absolute("mount destination", &mount.destination))?;
    let lists = [
        ("masked path", &spec.masked_paths),
        ("read-only path", &spec.readonly_paths),
    ];
    for (field, list) in lists {
        list.iter().flatten().try_for_each(|path| absolute(field, path))?;
    }
    for (name, value) in &spec.sysctls {
        sysctls::check(name, spec).map_err(SpecError::Sysctl)?;
        whole("sysctl", value)?;
    }
    Ok(())
}

/// What was asked, and what every program expects when it was not: PATH, HOME, HOSTNAME, TERM. Of a name that stands
/// twice the last counts.
fn environment(spec: &ContainerSpec, user: &User) -> Vec<String> {
    const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let mut defaults = vec![PATH.to_owned()];
    defaults.extend(spec.hostname.as_ref().map(|name| format!("HOSTNAME={name}")));
    if spec.terminal.is_some() {
        defaults.push("TERM=xterm".to_owned());
    }
    let home = if user.home.is_empty() { "/" } else { &user.home };
    defaults.push(format!("HOME={home}"));
    let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
    let mut places = std::collections::HashMap::new();
    let mut env: Vec<String> = Vec::new();
    for text in defaults.into_iter().chain(spec.env.0.iter().cloned()) {
        match places.entry(name(&text)) {
            std::collections::hash_map::Entry::Occupied(place) => env[*place.get()] = text,
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(env.len());
                env.push(text);
            }
        }
    }
    env
}

fn without_all(names: &[String]) -> Vec<String> {
    names
        .iter()
        .filter(|name| !name.eq_ignore_ascii_case("ALL"))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::container::{Env, Terminal, Ulimit};
    use super::*;

    fn machine() -> Machine {
        Machine {
            capabilities: Caps::ALL,
            oom_score_adj: 0,
            hard_limits: [u64::MAX; RESOURCES.len()],
        }
    }

    fn planned(spec: &ContainerSpec, machine: &Machine, user: User) -> Result<Plan, SpecError> {
        plan(
            spec,
            Facts {
                machine,
                user,
                devices: vec![],
                cgroups: vec![],
            },
        )
    }

    fn spec() -> ContainerSpec {
        ContainerSpec {
            id: "a".into(),
            args: vec!["/bin/true".into()],
            ..Default::default()
        }
    }

    #[test]
    fn what_cannot_be_given_is_said() {
        let small = Machine {
            capabilities: Caps::docker_default(),
            oom_score_adj: 100,
            hard_limits: [1000; RESOURCES.len()],
        };
        let asked = ContainerSpec {
            capabilities_add: vec!["NET_ADMIN".into()],
            ulimits: vec![Ulimit {
                name: "nofile".into(),
                soft: 5000,
                hard: 5000,
            }],
            oom_score_adj: Some(-5),
            ..spec()
        };
        let plan = planned(&asked, &small, User::default()).unwrap();
        assert_eq!(plan.bounding, Caps::docker_default());
        assert_eq!(
            (plan.rlimits[0].soft, plan.rlimits[0].hard, plan.oom_score_adj),
            (1000, 1000, Some(100))
        );
        assert_eq!(plan.warnings.len(), 3, "{:?}", plan.warnings);
        assert!(
            planned(&asked, &machine(), User::default())
                .unwrap()
                .warnings
                .is_empty()
        );
    }

    #[test]
    fn all_is_what_there_is() {
        let small = Machine {
            capabilities: Caps::docker_default(),
            ..machine()
        };
        for asked in [
            ContainerSpec {
                capabilities_add: vec!["ALL".into()],
                ..spec()
            },
            ContainerSpec {
                privileged: true,
                ..spec()
            },
        ] {
            let plan = planned(&asked, &small, User::default()).unwrap();
            assert_eq!((plan.bounding, plan.warnings), (Caps::docker_default(), vec![]));
        }
    }

    #[test]
    fn only_root_begins_with_powers() {
        let plan = planned(
            &spec(),
            &machine(),
            User {
                uid: 7,
                ..User::default()
            },
        )
        .unwrap();
        assert_eq!((plan.bounding, plan.effective), (Caps::docker_default(), Caps::NONE));
    }

    #[test]
    fn the_environment_has_its_defaults_and_the_last_word_counts() {
        let asked = ContainerSpec {
            env: Env(vec!["A=1".into(), "PATH=/x".into(), "A=2".into()]),
            hostname: Some("h".into()),
            terminal: Some(Terminal { rows: 24, columns: 80 }),
            ..spec()
        };
        let env = planned(
            &asked,
            &machine(),
            User {
                home: "/root".into(),
                ..User::default()
            },
        )
        .unwrap()
        .env;
        assert_eq!(env, ["PATH=/x", "HOSTNAME=h", "TERM=xterm", "HOME=/root", "A=2"]);
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = |spec: &ContainerSpec| planned(spec, &machine(), User::default()).unwrap_err();
        assert_eq!(
            refused(&ContainerSpec { args: vec![], ..spec() }),
            SpecError::NoArguments
        );
        for id in ["", "../x", "a/b", ".a", "a b"] {
            assert!(
                matches!(
                    refused(&ContainerSpec {
                        id: id.into(),
                        ..spec()
                    }),
                    SpecError::BadText { field: "id", .. }
                ),
                "{id}"
            );
        }
        assert!(matches!(
            refused(&ContainerSpec {
                cwd: "/a/../b".into(),
                ..spec()
            }),
            SpecError::BadText { field: "cwd", .. }
        ));
        let secret = refused(&ContainerSpec {
            env: Env(vec!["KEY=se\0cret".into()]),
            ..spec()
        });
        assert_eq!(
            secret,
            SpecError::BadText {
                field: "env",
                text: "KEY".into()
            }
        );
    }
}
