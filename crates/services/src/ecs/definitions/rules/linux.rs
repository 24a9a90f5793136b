//! What only the Linux kernel has: capabilities, devices, tmpfs, swap, ulimits.

use super::{Look, Rule, list, refuse_if, text, within};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[capabilities, devices, tmpfs, sizes, ulimits];

const CAPABILITIES: &[&str] = &[
    "ALL",
    "AUDIT_CONTROL",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "SYSLOG",
    "WAKE_ALARM",
];

const MOUNT_OPTIONS: &[&str] = &[
    "defaults",
    "ro",
    "rw",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "exec",
    "noexec",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
    "mode",
    "uid",
    "gid",
    "nr_inodes",
    "nr_blocks",
    "mpol",
];

/// Asks `rule` about the Linux parameters of every container that has some.
fn each(look: &Look<'_>, rule: impl Fn(&str, &ecs::LinuxParameters) -> Result<(), Fault>) -> Result<(), Fault> {
    look.each(|container| match &container.linux_parameters {
        Some(linux) => rule(text(&container.name), linux),
        None => Ok(()),
    })
}

fn capabilities(look: &Look<'_>) -> Result<(), Fault> {
    each(look, |name, linux| {
        let Some(capabilities) = &linux.capabilities else {
            return Ok(());
        };
        let mut named = list(&capabilities.add).iter().chain(list(&capabilities.drop));
        let Some(unknown) = named.find(|c| !CAPABILITIES.contains(&c.as_str())) else {
            return Ok(());
        };
        refuse_if(true, || {
            format!("Invalid 'capabilities' setting for container '{name}'. Unknown capability: '{unknown}'.")
        })
    })
}

fn devices(look: &Look<'_>) -> Result<(), Fault> {
    each(look, |name, linux| {
        let pathless = list(&linux.devices)
            .iter()
            .any(|device| text(&device.host_path).is_empty());
        refuse_if(pathless, || {
            format!("Invalid 'devices' setting for container '{name}'. hostPath should not be null or empty.")
        })
    })
}

fn tmpfs(look: &Look<'_>) -> Result<(), Fault> {
    each(look, |name, linux| {
        for mount in list(&linux.tmpfs) {
            refuse_if(!text(&mount.container_path).starts_with('/'), || {
                format!("Invalid 'tmpfs' setting for container '{name}'. containerPath must be an absolute path.")
            })?;
            refuse_if(mount.size.unwrap_or_default() < 1, || {
                format!("Invalid 'tmpfs' setting for container '{name}'. size must be at least 1 MiB.")
            })?;
            // Some take a value: `mode=1777`.
            let known = |option: &String| MOUNT_OPTIONS.contains(&option.split('=').next().unwrap_or_default());
            let Some(unknown) = list(&mount.mount_options).iter().find(|o| !known(o)) else {
                continue;
            };
            refuse_if(true, || {
                format!("Invalid 'tmpfs' setting for container '{name}'. Unknown mount option: '{unknown}'.")
            })?;
        }
        Ok(())
    })
}

fn sizes(look: &Look<'_>) -> Result<(), Fault> {
    each(look, |name, linux| {
        within("swappiness", name, linux.swappiness, 0, 100)?;
        within("maxSwap", name, linux.max_swap, 0, i32::MAX)?;
        within("sharedMemorySize", name, linux.shared_memory_size, 1, i32::MAX)
    })
}

fn ulimits(look: &Look<'_>) -> Result<(), Fault> {
    // -1 means no limit.
    let limit = |value: Option<i32>| value.filter(|v| *v != -1).map_or(i64::MAX, i64::from);
    look.each(|container| {
        for ulimit in list(&container.ulimits) {
            refuse_if(limit(ulimit.soft_limit) > limit(ulimit.hard_limit), || {
                format!("Soft limit exceeds hard limit for ulimit {}", text(&ulimit.name))
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn linux(linux: ecs::LinuxParameters) -> ecs::RegisterTaskDefinitionRequest {
        with(web(), |c| c.linux_parameters = Some(linux))
    }

    #[test]
    fn capabilities_are_those_of_linux() {
        let drop = |name: &str| {
            let capabilities = ecs::KernelCapabilities {
                add: text("SYS_PTRACE").map(|c| vec![c]),
                drop: Some(vec![name.to_string()]),
            };
            linux(ecs::LinuxParameters {
                capabilities: Some(capabilities),
                ..Default::default()
            })
        };
        accepted(&drop("ALL"));
        let sentence = "Invalid 'capabilities' setting for container 'web'. Unknown capability: 'CAP_KILL'.";
        assert_eq!(refusal(&drop("CAP_KILL")), sentence);
    }

    #[test]
    fn tmpfs_has_a_place_a_size_and_known_options() {
        let mount = |path: &str, size, option: &str| {
            let tmpfs = ecs::Tmpfs {
                container_path: text(path),
                size: Some(size),
                mount_options: Some(vec![option.to_string()]),
            };
            linux(ecs::LinuxParameters {
                tmpfs: Some(vec![tmpfs]),
                ..Default::default()
            })
        };
        accepted(&mount("/run", 64, "noexec"));
        accepted(&mount("/run", 64, "mode=1777"));
        assert!(refusal(&mount("run", 64, "ro")).ends_with("containerPath must be an absolute path."));
        assert!(refusal(&mount("/run", 0, "ro")).ends_with("size must be at least 1 MiB."));
        assert!(refusal(&mount("/run", 64, "fast")).ends_with("Unknown mount option: 'fast'."));
    }

    #[test]
    fn devices_have_a_path() {
        let device = |path: &str| {
            linux(ecs::LinuxParameters {
                devices: Some(vec![ecs::Device {
                    host_path: text(path),
                    ..Default::default()
                }]),
                ..Default::default()
            })
        };
        accepted(&device("/dev/fuse"));
        assert!(refusal(&device("")).ends_with("hostPath should not be null or empty."));
    }

    #[test]
    fn swap_and_shared_memory_have_bounds() {
        accepted(&linux(ecs::LinuxParameters {
            swappiness: Some(100),
            max_swap: Some(0),
            ..Default::default()
        }));
        let sentence = "The 'swappiness' setting for container 'web' must be between 0 and 100.";
        assert_eq!(
            refusal(&linux(ecs::LinuxParameters {
                swappiness: Some(101),
                ..Default::default()
            })),
            sentence
        );
        assert!(
            refusal(&linux(ecs::LinuxParameters {
                max_swap: Some(-1),
                ..Default::default()
            }))
            .starts_with("The 'maxSwap'")
        );
        let none = ecs::LinuxParameters {
            shared_memory_size: Some(0),
            ..Default::default()
        };
        assert!(refusal(&linux(none)).starts_with("The 'sharedMemorySize' setting"));
    }

    #[test]
    fn soft_limits_are_below_hard_ones() {
        let limits = |soft, hard| {
            let ulimit = ecs::Ulimit {
                name: text("nofile"),
                soft_limit: Some(soft),
                hard_limit: Some(hard),
            };
            with(web(), |c| c.ulimits = Some(vec![ulimit]))
        };
        accepted(&limits(10, 10));
        accepted(&limits(10, -1));
        assert_eq!(
            refusal(&limits(11, 10)),
            "Soft limit exceeds hard limit for ulimit nofile"
        );
        assert_eq!(
            refusal(&limits(-1, 10)),
            "Soft limit exceeds hard limit for ulimit nofile"
        );
    }
}
