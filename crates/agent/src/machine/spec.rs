//! From the plan of one container to what the runtime is asked for. Pure: what was looked up is handed in.

use super::Paths;
use crate::work::Work;
use images::ImageConfig;
use link::ContainerPlan;
use link::plan::{self, NetworkMode, Share};
use runtime::spec::{
    CgroupSpec, ContainerSpec, CpuQuota, Device, Env, EtcFiles, IpcMode, Limits, LogMode, Mount, MountKind,
    NetworkMode as Network, PidMode, Propagation, Rootfs, Seccomp, StopSignal, Terminal, Ulimit, UtsMode,
};
use std::path::PathBuf;

/// What is known of a container beside its plan when it is about to start.
pub struct Surroundings<'a> {
    pub image: &'a ImageConfig,
    pub layers: Vec<PathBuf>,
    /// All variables, as they are to be.
    pub env: Vec<String>,
    /// The namespace of its network; `None` is the machine's own.
    pub netns: Option<PathBuf>,
    pub hostname: String,
    /// Of the holder of the namespaces that the task's containers share.
    pub pid_namespace: Option<PathBuf>,
    pub ipc_namespace: Option<PathBuf>,
    pub logs: LogMode,
    pub paths: &'a Paths,
}

/// Processes that a task may have when nobody says otherwise: a fork bomb ends there.
const MOST_PIDS: u64 = 4096;

/// One quota period of the processor.
const PERIOD_US: u64 = 100_000;

/// The kernel takes no fewer shares.
const FEWEST_SHARES: u64 = 2;

pub fn spec(work: &Work, part: usize, around: Surroundings<'_>) -> Result<ContainerSpec, String> {
    let plan = work.plan(part);
    let task = &work.assigned.plan;
    let host_network = task.network_mode == Some(NetworkMode::Host);
    let image = around.image;
    let paths = around.paths;
    Ok(ContainerSpec {
        id: work.parts[part].run_name(),
        rootfs: Rootfs {
            layers: around.layers,
            writable: paths.writable(work, part),
            read_only: plan.read_only_root,
            size_limit_mib: task.ephemeral_storage_gib.map(|gib| u64::from(gib) * 1024),
            size_limit_file: task.ephemeral_storage_gib.map(|_| paths.storage_file(work)),
            size_limit_templates: Some(paths.templates()),
        },
        args: args(plan, image)?,
        env: Env(around.env),
        cwd: plan
            .working_directory
            .clone()
            .unwrap_or_else(|| image.working_dir.clone()),
        user: plan.user.clone().unwrap_or_else(|| image.user.clone()),
        extra_groups: Vec::new(),
        hostname: (!host_network).then_some(around.hostname),
        domain_name: None,
        mounts: mounts(work, part, image, paths)?,
        etc: EtcFiles {
            resolv_conf: Some(paths.file(work, part, "resolv.conf")),
            hosts: Some(paths.file(work, part, "hosts")),
            hostname: Some(paths.file(work, part, "hostname")),
        },
        shm_bytes: plan.shm_mib.map(|mib| u64::from(mib) << 20),
        capabilities_add: plan.capabilities_add.clone(),
        capabilities_drop: plan.capabilities_drop.clone(),
        privileged: plan.privileged,
        seccomp: seccomp(plan),
        no_new_privileges: has_option(plan, "no-new-privileges"),
        masked_paths: None,
        readonly_paths: None,
        user_namespace: super::users::of(work),
        ulimits: plan.ulimits.iter().map(ulimit).collect(),
        sysctls: plan.sysctls.iter().map(|p| (p.name.clone(), p.value.clone())).collect(),
        devices: plan.devices.iter().map(device).collect(),
        oom_score_adj: None,
        cgroup: cgroup(work, part),
        pid: match task.pid_mode {
            Some(Share::Host) => PidMode::Host,
            Some(Share::Task) => around.pid_namespace.map_or(PidMode::Private, PidMode::Join),
            _ => PidMode::Private,
        },
        ipc: match task.ipc_mode {
            Some(Share::Host) => IpcMode::Host,
            Some(Share::Task) => around.ipc_namespace.map_or(IpcMode::Private, IpcMode::Join),
            Some(Share::None) => IpcMode::None,
            None => IpcMode::Private,
        },
        uts: if host_network { UtsMode::Host } else { UtsMode::Private },
        network: match around.netns {
            Some(path) => Network::Join(path),
            None if host_network => Network::Host,
            None => Network::Private,
        },
        init: plan.init,
        terminal: plan.terminal.then_some(Terminal { rows: 24, columns: 80 }),
        stdin: plan.interactive,
        stop_signal: StopSignal(stop_signal(work, part)),
        logs: around.logs,
        labels: labels(work, part),
    })
}

/// As Docker merges them: an entry point of the plan takes the image's command away with the image's entry point.
fn args(plan: &ContainerPlan, image: &ImageConfig) -> Result<Vec<String>, String> {
    let mut args = plan.entry_point.clone().unwrap_or_else(|| image.entrypoint.clone());
    match (&plan.command, &plan.entry_point) {
        (Some(command), _) => args.extend(command.iter().cloned()),
        (None, None) => args.extend(image.cmd.iter().cloned()),
        (None, Some(_)) => {}
    }
    if args.is_empty() {
        return Err("no command specified".to_string());
    }
    Ok(args)
}

/// The number of the signal that asks the container to stop.
pub fn stop_signal(work: &Work, part: usize) -> i32 {
    let named = work.parts[part]
        .image
        .as_ref()
        .and_then(|image| image.stop_signal.as_deref());
    named.and_then(StopSignal::parse).unwrap_or_default().0
}

fn has_option(plan: &ContainerPlan, name: &str) -> bool {
    plan.security_options.iter().any(|option| {
        let (option_name, value) = option.split_once([':', '=']).unwrap_or((option, "true"));
        option_name == name && value != "false"
    })
}

fn seccomp(plan: &ContainerPlan) -> Seccomp {
    let unconfined = |option: &String| matches!(option.split_once([':', '=']), Some(("seccomp", "unconfined")));
    if plan.security_options.iter().any(unconfined) {
        Seccomp::Unconfined
    } else {
        Seccomp::Default
    }
}

fn ulimit(limit: &plan::Ulimit) -> Ulimit {
    let value = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
    Ulimit {
        name: limit.name.clone(),
        soft: value(limit.soft),
        hard: value(limit.hard),
    }
}

fn device(device: &plan::Device) -> Device {
    let may = |what: &str| device.permissions.is_empty() || device.permissions.iter().any(|p| p == what);
    let host_path = PathBuf::from(&device.host_path);
    Device {
        container_path: device
            .container_path
            .as_ref()
            .map_or_else(|| host_path.clone(), PathBuf::from),
        read: may("read"),
        write: may("write"),
        mknod: may("mknod"),
        host_path,
    }
}

fn cgroup(work: &Work, part: usize) -> CgroupSpec {
    let (task, plan) = (&work.assigned.plan, work.plan(part));
    let quota = |units: u32| CpuQuota {
        quota_us: (u64::from(units) * PERIOD_US / 1024).max(1000),
        period_us: PERIOD_US,
    };
    let mib = |n: u32| u64::from(n) << 20;
    let memory = plan.memory_mib.map(mib);
    CgroupSpec {
        parent: work.assigned.id.clone(),
        parent_limits: Limits {
            cpu_shares: task.cpu_units.map(|units| u64::from(units).max(FEWEST_SHARES)),
            cpu_quota: task.cpu_units.map(quota),
            memory_bytes: task.memory_mib.map(mib),
            pids: Some(MOST_PIDS),
            ..Limits::default()
        },
        limits: Limits {
            cpu_shares: Some(u64::from(plan.cpu_units).max(FEWEST_SHARES)),
            memory_bytes: memory,
            memory_soft_bytes: plan.memory_reservation_mib.map(mib),
            swap_bytes: match plan.max_swap_mib {
                Some(swap) => memory.map(|_| mib(swap)),
                // As Docker does when it is told nothing: as much again.
                None if work.assigned.launch_type == "FARGATE" => memory.map(|_| 0),
                None => memory,
            },
            swappiness: plan.swappiness.and_then(|n| u8::try_from(n).ok()),
            ..Limits::default()
        },
    }
}

/// In the order in which one may lie in another: volumes by their paths, then tmpfs.
fn mounts(work: &Work, part: usize, image: &ImageConfig, paths: &Paths) -> Result<Vec<Mount>, String> {
    let mut all = Vec::new();
    let mut points = Vec::new();
    collect_points(work, part, false, &mut points, &mut Vec::new());
    for (point, read_only) in points {
        let task = &work.assigned.plan;
        let volume = task.volumes.iter().find(|v| v.name == point.volume);
        let volume = volume.ok_or_else(|| format!("the task has no volume named {}", point.volume))?;
        all.push(mount(work, volume, &point.path, read_only || point.read_only, paths)?);
    }
    // Volumes of the image that nothing is mounted at are the task's own, one for each container.
    for (i, path) in image.volumes.iter().enumerate() {
        if !all.iter().any(|m: &Mount| m.destination == *path) {
            all.push(Mount {
                kind: MountKind::Volume,
                source: paths.anonymous_volume(work, part, i),
                destination: path.clone(),
                read_only: false,
                options: Vec::new(),
                propagation: Propagation::Private,
            });
        }
    }
    all.sort_by(|a, b| a.destination.cmp(&b.destination));
    for tmpfs in &work.plan(part).tmpfs {
        let mut options = tmpfs.options.clone();
        options.push(format!("size={}m", tmpfs.size_mib));
        all.push(Mount {
            kind: MountKind::Tmpfs,
            source: PathBuf::new(),
            destination: tmpfs.path.clone(),
            read_only: false,
            options,
            propagation: Propagation::Private,
        });
    }
    Ok(all)
}

/// A container's own mount points and those of the containers it takes volumes from, each once.
fn collect_points<'w>(
    work: &'w Work,
    part: usize,
    read_only: bool,
    points: &mut Vec<(&'w plan::MountPoint, bool)>,
    seen: &mut Vec<usize>,
) {
    if seen.contains(&part) {
        return;
    }
    seen.push(part);
    let plan = work.plan(part);
    for point in &plan.mounts {
        if !points.iter().any(|(there, _)| there.path == point.path) {
            points.push((point, read_only));
        }
    }
    for from in &plan.volumes_from {
        if let Some(other) = work.place(&from.container) {
            collect_points(work, other, read_only || from.read_only, points, seen);
        }
    }
}

fn mount(work: &Work, volume: &plan::Volume, path: &str, read_only: bool, paths: &Paths) -> Result<Mount, String> {
    if let Some(kind) = &volume.unsupported {
        return Err(format!(
            "this node mounts no volumes of kind {kind} (volume {})",
            volume.name
        ));
    }
    if volume.driver.as_deref().is_some_and(|driver| driver != "local") {
        let driver = volume.driver.as_deref().unwrap_or_default();
        return Err(format!(
            "this node has no volume driver {driver} (volume {})",
            volume.name
        ));
    }
    let (kind, source) = match &volume.host_path {
        Some(host) => (MountKind::Bind, PathBuf::from(host)),
        None => (MountKind::Volume, paths.volume(work, volume)),
    };
    Ok(Mount {
        kind,
        source,
        destination: path.to_string(),
        read_only,
        options: Vec::new(),
        propagation: Propagation::Private,
    })
}

fn labels(work: &Work, part: usize) -> Vec<(String, String)> {
    let task = &work.assigned;
    let own = [
        ("com.amazonaws.ecs.cluster", task.cluster.clone()),
        ("com.amazonaws.ecs.container-name", work.plan(part).name.clone()),
        ("com.amazonaws.ecs.task-arn", task.arn.clone()),
        ("com.amazonaws.ecs.task-definition-family", task.family.clone()),
        ("com.amazonaws.ecs.task-definition-version", task.revision.to_string()),
    ];
    own.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
