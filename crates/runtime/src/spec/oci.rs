//! The plan in the words of the OCI runtime specification: `config.json`, and the process part that an exec needs.
//!
//! Must never know: which runtime reads it.

use super::capabilities::Caps;
use super::container::{ContainerSpec, IpcMode, Limits, NetworkMode, PidMode, Rootfs, UtsMode};
use super::devices::DeviceRule;
use super::plan::Plan;
use crate::cgroup::memory_swap_bytes;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

const VERSION: &str = "1.0.2";

/// What the runtime decides beside the plan.
#[derive(Clone, Debug, Default)]
pub struct OciPlace {
    /// The mounted root, or where the runtime will find it.
    pub rootfs: PathBuf,
    /// The container's group as an OCI runtime takes it: absolute, from the top of each hierarchy.
    pub cgroup: String,
    /// Limits in OCI words, when the runtime is to set them; null leaves what stands.
    pub resources: Value,
    /// A seccomp profile in OCI words, when the runtime is to load it.
    pub seccomp: Option<Value>,
}

/// `config.json` of the container.
pub fn oci(spec: &ContainerSpec, plan: &Plan, place: &OciPlace) -> Value {
    let mut linux = Map::new();
    linux.insert("namespaces".into(), namespaces(spec));
    linux.insert("maskedPaths".into(), json!(plan.masked_paths));
    linux.insert("readonlyPaths".into(), json!(plan.readonly_paths));
    linux.insert("devices".into(), plan.devices.iter().map(device).collect());
    linux.insert("cgroupsPath".into(), json!(place.cgroup));
    linux.insert("rootfsPropagation".into(), json!(root_propagation(spec)));
    if !spec.sysctls.is_empty() {
        let all: Map<String, Value> = spec
            .sysctls
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        linux.insert("sysctl".into(), all.into());
    }
    if !place.resources.is_null() {
        linux.insert("resources".into(), place.resources.clone());
    }
    if let Some(profile) = &place.seccomp {
        linux.insert("seccomp".into(), profile.clone());
    }
    if let Some(user) = spec.user_namespace {
        let map = |host: u32| json!([{ "containerID": 0, "hostID": host, "size": user.count }]);
        linux.insert("uidMappings".into(), map(user.host_uid));
        linux.insert("gidMappings".into(), map(user.host_gid));
    }
    let mut config = json!({
        "ociVersion": VERSION,
        "process": process(spec, plan),
        "root": { "path": place.rootfs, "readonly": spec.rootfs.read_only },
        "mounts": plan.mounts.iter().map(|mount| json!({
            "destination": mount.destination, "type": mount.kind, "source": mount.source, "options": mount.options,
        })).collect::<Vec<_>>(),
        "linux": linux,
    });
    if spec.uts == UtsMode::Private {
        set(&mut config, "hostname", &spec.hostname);
        set(&mut config, "domainname", &spec.domain_name);
    }
    config
}

/// The `process` part alone. An exec uses it with other arguments.
pub fn process(spec: &ContainerSpec, plan: &Plan) -> Value {
    let mut process = json!({
        "terminal": spec.terminal.is_some(),
        "user": { "uid": plan.user.uid, "gid": plan.user.gid, "additionalGids": plan.user.groups },
        "args": spec.args,
        "env": plan.env,
        "cwd": plan.cwd,
        "capabilities": capabilities(plan.bounding, plan.effective),
        "noNewPrivileges": spec.no_new_privileges,
        "rlimits": plan.rlimits.iter().map(|limit| json!({
            "type": format!("RLIMIT_{}", limit.resource.name.to_ascii_uppercase()), "soft": limit.soft, "hard": limit.hard,
        })).collect::<Vec<_>>(),
    });
    if let Some(size) = spec.terminal {
        process["consoleSize"] = json!({ "height": size.rows, "width": size.columns });
    }
    if let Some(adjustment) = plan.oom_score_adj {
        process["oomScoreAdj"] = json!(adjustment);
    }
    process
}

fn capabilities(bounding: Caps, effective: Caps) -> Value {
    let (bounding, effective) = (bounding.names(), effective.names());
    json!({ "bounding": bounding, "permitted": effective, "effective": effective, "inheritable": [], "ambient": [] })
}

fn namespaces(spec: &ContainerSpec) -> Value {
    let mut all = vec![json!({ "type": "mount" }), json!({ "type": "cgroup" })];
    let mut add = |kind: &str, path: Option<&Path>| match path {
        Some(path) => all.push(json!({ "type": kind, "path": path })),
        None => all.push(json!({ "type": kind })),
    };
    match &spec.pid {
        PidMode::Private => add("pid", None),
        PidMode::Join(path) => add("pid", Some(path)),
        PidMode::Host => {}
    }
    match &spec.ipc {
        IpcMode::Private | IpcMode::None => add("ipc", None),
        IpcMode::Join(path) => add("ipc", Some(path)),
        IpcMode::Host => {}
    }
    match &spec.network {
        NetworkMode::Private => add("network", None),
        NetworkMode::Join(path) => add("network", Some(path)),
        NetworkMode::Host => {}
    }
    if spec.uts == UtsMode::Private {
        add("uts", None);
    }
    if spec.user_namespace.is_some() {
        add("user", None);
    }
    all.into()
}

/// A mount can pass on what happens to it only when the root below it does too.
fn root_propagation(spec: &ContainerSpec) -> &'static str {
    use super::container::Propagation::{Shared, Slave};
    let any = |wanted| spec.mounts.iter().any(|mount| mount.propagation == wanted);
    if any(Shared) {
        "shared"
    } else if any(Slave) {
        "slave"
    } else {
        "private"
    }
}

fn device(node: &super::devices::DeviceNode) -> Value {
    json!({
        "path": node.path, "type": node.kind.letter().to_string(), "major": node.major, "minor": node.minor,
        "fileMode": node.mode, "uid": node.uid, "gid": node.gid,
    })
}

/// Limits in OCI words, for a runtime that makes the container's group itself.
pub fn resources(limits: &Limits, rules: &[DeviceRule], v2: bool) -> Value {
    let (mut cpu, mut memory) = (json!({}), json!({}));
    set(&mut cpu, "shares", &limits.cpu_shares);
    set(&mut cpu, "quota", &limits.cpu_quota.map(|quota| quota.quota_us));
    set(&mut cpu, "period", &limits.cpu_quota.map(|quota| quota.period_us));
    set(&mut cpu, "cpus", &limits.cpuset);
    set(&mut memory, "limit", &limits.memory_bytes);
    set(&mut memory, "reservation", &limits.memory_soft_bytes);
    set(&mut memory, "swap", &memory_swap_bytes(limits));
    set(&mut memory, "swappiness", &limits.swappiness.filter(|_| !v2));
    let mut all = json!({ "devices": device_rules(rules), "cpu": cpu, "memory": memory });
    set(&mut all, "pids", &limits.pids.map(|most| json!({ "limit": most })));
    all
}

/// Device rules in OCI words: nothing, but for these.
fn device_rules(rules: &[DeviceRule]) -> Value {
    let mut all = vec![json!({ "allow": false, "access": "rwm" })];
    all.extend(rules.iter().map(|rule| {
        let mut one = json!({ "allow": true, "access": rule.access.letters() });
        one["type"] = json!(rule.kind.map_or('a', |kind| kind.letter()).to_string());
        set(&mut one, "major", &rule.major);
        set(&mut one, "minor", &rule.minor);
        one
    }));
    all.into()
}

fn set<T: serde::Serialize>(value: &mut Value, name: &str, field: &Option<T>) {
    if let Some(field) = field {
        value[name] = json!(field);
    }
}

impl Rootfs {
    /// Where the container's changes go, and overlayfs's own scratch beside it.
    pub fn upper_and_work(&self) -> (PathBuf, PathBuf) {
        (self.writable.join("upper"), self.writable.join("work"))
    }

    /// The sparse file that holds the writable directory when its size is limited.
    pub fn limit_file(&self) -> Option<PathBuf> {
        self.size_limit_mib?;
        let beside = || {
            let mut name = self.writable.clone().into_os_string();
            name.push(".img");
            PathBuf::from(name)
        };
        Some(self.size_limit_file.clone().unwrap_or_else(beside))
    }
}
