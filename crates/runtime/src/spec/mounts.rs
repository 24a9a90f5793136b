//! What is mounted in a container, in order: the kernel's own file systems as Docker mounts them, then what was asked.
//!
//! Words: a *planned mount* is one mount as config.json says it.
//!
//! Must never know: how a mount is made.

use super::container::{ContainerSpec, IpcMode, Mount, MountKind, NetworkMode, Propagation};
use crate::cgroup::Mounted;
use std::path::PathBuf;

/// Docker's size of `/dev/shm`.
const SHM_BYTES: u64 = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMount {
    pub destination: String,
    /// `bind` for all that comes from the host's tree.
    pub kind: &'static str,
    pub source: PathBuf,
    /// As for mount(8).
    pub options: Vec<String>,
    /// An empty source is first filled with what the image has at the destination.
    pub fill_from_image: bool,
}

/// What may not be read, because it tells of the host.
pub const MASKED_PATHS: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// What may be read and not written, because it steers the host.
pub const READONLY_PATHS: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// All mounts of the container, parents before children where both are ours.
pub fn mounts(spec: &ContainerSpec, cgroups: &[Mounted]) -> Vec<PlannedMount> {
    let mut all = kernel_mounts(spec);
    all.extend(cgroup_mounts(cgroups, !spec.privileged));
    let etc = [
        ("/etc/resolv.conf", &spec.etc.resolv_conf),
        ("/etc/hosts", &spec.etc.hosts),
        ("/etc/hostname", &spec.etc.hostname),
    ];
    for (destination, source) in etc {
        if let Some(source) = source {
            all.push(bind(destination, source.clone(), &["rbind", "rprivate"]));
        }
    }
    // What was asked for stands where it was asked for: a default mount at the very place gives way.
    all.retain(|planned| {
        !spec
            .mounts
            .iter()
            .any(|mount| same_place(&mount.destination, &planned.destination))
    });
    all.extend(spec.mounts.iter().map(asked));
    all
}

fn kernel_mounts(spec: &ContainerSpec) -> Vec<PlannedMount> {
    let mut all = vec![
        new("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        new(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
    ];
    // A new sysfs shows the network namespace, so the kernel gives it only to who owns that: within a user namespace
    // the host's network is not ours. A namespace that is joined by its path is the host's to give, as the root that
    // mounts is: the container must see its own links in there and not the host's.
    let foreign_network = spec.user_namespace.is_some() && spec.network == NetworkMode::Host;
    all.push(match (foreign_network, spec.privileged) {
        (true, _) => bind(
            "/sys",
            "/sys".into(),
            &["rbind", "rslave", "nosuid", "noexec", "nodev", "ro"],
        ),
        (false, true) => new("/sys", "sysfs", &["nosuid", "noexec", "nodev"]),
        (false, false) => new("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
    });
    // It shows the queues of the IPC namespace, be it the host's, which need not have it mounted.
    all.push(new("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]));
    if spec.ipc == IpcMode::Host {
        all.push(bind(
            "/dev/shm",
            "/dev/shm".into(),
            &["rbind", "nosuid", "noexec", "nodev"],
        ));
        return all;
    }
    if spec.ipc != IpcMode::None {
        let size = format!("size={}", spec.shm_bytes.unwrap_or(SHM_BYTES));
        let mut shm = new("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", &size]);
        shm.source = "shm".into();
        all.push(shm);
    }
    all
}

/// The container sees its own group and can change nothing of it. On v1 every controller has a directory: each is bound
/// by itself, because a runtime's own idea of a read-only `cgroup` mount may come out writable there.
fn cgroup_mounts(cgroups: &[Mounted], read_only: bool) -> Vec<PlannedMount> {
    let access = if read_only { "ro" } else { "rw" };
    let mut all = Vec::new();
    for one in cgroups {
        all.push(match one {
            Mounted::V2 => new("/sys/fs/cgroup", "cgroup", &["nosuid", "noexec", "nodev", access]),
            Mounted::V1 { name, directory } => {
                let destination = format!("/sys/fs/cgroup/{name}");
                bind(
                    &destination,
                    directory.clone(),
                    &["bind", "rprivate", "nosuid", "noexec", "nodev", access],
                )
            }
        });
    }
    if cgroups.iter().any(|one| matches!(one, Mounted::V1 { .. })) {
        let mut floor = new(
            "/sys/fs/cgroup",
            "tmpfs",
            &["nosuid", "noexec", "nodev", "mode=755", "size=64k"],
        );
        floor.source = "tmpfs".into();
        all.insert(0, floor);
    }
    all
}

fn asked(mount: &Mount) -> PlannedMount {
    let mut options: Vec<String> = mount.options.clone();
    let kind = match mount.kind {
        MountKind::Tmpfs => {
            for (name, default) in [("nosuid", "suid"), ("nodev", "dev"), ("noexec", "exec")] {
                if !options.iter().any(|option| option == name || option == default) {
                    options.push(name.to_owned());
                }
            }
            "tmpfs"
        }
        MountKind::Bind | MountKind::Volume => {
            if !options.iter().any(|option| option == "bind" || option == "rbind") {
                options.insert(0, "rbind".to_owned());
            }
            options.push(match mount.propagation {
                Propagation::Private => "rprivate".to_owned(),
                Propagation::Slave => "rslave".to_owned(),
                Propagation::Shared => "rshared".to_owned(),
            });
            "bind"
        }
    };
    if mount.read_only && !options.iter().any(|option| option == "ro") {
        options.retain(|option| option != "rw");
        options.push("ro".to_owned());
    }
    PlannedMount {
        destination: mount.destination.clone(),
        kind,
        source: if kind == "tmpfs" {
            "tmpfs".into()
        } else {
            mount.source.clone()
        },
        options,
        fill_from_image: mount.kind == MountKind::Volume,
    }
}

fn new(destination: &str, kind: &'static str, options: &[&str]) -> PlannedMount {
    PlannedMount {
        destination: destination.to_owned(),
        kind,
        source: kind.into(),
        options: options.iter().map(|&option| option.to_owned()).collect(),
        fill_from_image: false,
    }
}

fn bind(destination: &str, source: PathBuf, options: &[&str]) -> PlannedMount {
    PlannedMount {
        source,
        ..new(destination, "bind", options)
    }
}

fn same_place(a: &str, b: &str) -> bool {
    let parts = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    parts(a) == parts(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tmpfs(destination: &str, options: &[&str]) -> Mount {
        Mount {
            kind: MountKind::Tmpfs,
            source: PathBuf::new(),
            destination: destination.into(),
            read_only: false,
            options: options.iter().map(|&option| option.to_owned()).collect(),
            propagation: Propagation::Private,
        }
    }

    fn at<'a>(all: &'a [PlannedMount], destination: &str) -> Vec<&'a PlannedMount> {
        all.iter().filter(|mount| mount.destination == destination).collect()
    }

    #[test]
    fn an_asked_mount_takes_the_place_of_a_default() {
        let spec = ContainerSpec {
            mounts: vec![tmpfs("/dev//shm/", &["size=1m"])],
            ..Default::default()
        };
        let all = mounts(&spec, &[Mounted::V2]);
        assert!(at(&all, "/dev/shm").is_empty());
        assert_eq!(all.last().unwrap().options, ["size=1m", "nosuid", "nodev", "noexec"]);
    }

    #[test]
    fn tmpfs_options_that_were_named_stand() {
        let mount = asked(&tmpfs("/x", &["exec", "mode=700"]));
        assert_eq!(mount.options, ["exec", "mode=700", "nosuid", "nodev"]);
    }

    #[test]
    fn only_the_privileged_write_to_cgroups() {
        let v1 = [
            Mounted::V1 {
                name: "memory".into(),
                directory: "/sys/fs/cgroup/memory/gantry/a".into(),
            },
            Mounted::V2,
        ];
        for privileged in [false, true] {
            let all = mounts(
                &ContainerSpec {
                    privileged,
                    ..Default::default()
                },
                &v1[..1],
            );
            let v2 = mounts(
                &ContainerSpec {
                    privileged,
                    ..Default::default()
                },
                &v1[1..],
            );
            for mount in [at(&all, "/sys/fs/cgroup/memory")[0], at(&v2, "/sys/fs/cgroup")[0]] {
                assert_eq!(mount.options.contains(&"ro".to_owned()), !privileged, "{mount:?}");
            }
        }
    }

    #[test]
    fn ipc_none_has_no_shared_memory() {
        assert!(
            at(
                &mounts(
                    &ContainerSpec {
                        ipc: IpcMode::None,
                        ..Default::default()
                    },
                    &[]
                ),
                "/dev/shm"
            )
            .is_empty()
        );
    }
}
