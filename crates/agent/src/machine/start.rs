//! Starting a container: its network, its files, its variables, and then the runtime.

use super::spec::{Surroundings, spec};
use super::{Machine, Paths, at, devices, files, pull, users};
use crate::endpoints::{self, environment};
use crate::hands::{Came, NotUp};
use crate::work::Work;
use images::{Credentials, Image};
use link::PortBinding;
use link::plan::{NetworkMode, Pair, Share};
use network::{Attach, Attachment, Mac, Mode, PortWish, Protocol};
use runtime::spec::{LogMode, Mount, MountKind};
use runtime::{Error, HoldSpec, State};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry::driver::{Mode as LogsMode, Options};

/// What is kept of a container's output that nobody ships, and how much may wait to be shipped.
const KEPT_BYTES: u64 = 10 << 20;
const KEPT_FILES: u32 = 2;
const WAITING_BYTES: u64 = 10 << 20;
const LEAST_WAITING_BYTES: u64 = 128 << 10;

/// Makes what the task's containers share: one network, and the namespaces of their processes.
pub async fn share(machine: &Arc<Machine>, work: &Work) -> Result<(), String> {
    if let Some(wish) = shared_network(work)? {
        attach(machine, wish)
            .await
            .map_err(|error| format!("ResourceInitializationError: {}", told(&error)))?;
    }
    let task = &work.assigned.plan;
    let (pid, ipc) = (task.pid_mode == Some(Share::Task), task.ipc_mode == Some(Share::Task));
    if pid || ipc {
        holder(machine, work)
            .await
            .map_err(|error| format!("ResourceInitializationError: {error}"))?;
    }
    Ok(())
}

pub async fn start(machine: &Arc<Machine>, work: &Work, part: usize) -> Result<Came, NotUp> {
    let begun = begin(machine, work, part).await;
    if begun.is_err() {
        // Nothing of it is to stay: not the container, nor the address and ports that it was given.
        let run = work.parts[part].run_name();
        if let Err(error) = machine.runtime.remove(&run).await {
            tracing::warn!(%error, container = run, "what was made for a container that did not start is still there");
        }
        release(machine, work.parts[part].id.clone()).await;
    }
    begun
}

async fn begin(machine: &Arc<Machine>, work: &Work, part: usize) -> Result<Came, NotUp> {
    let not_up = |reason: String| NotUp {
        reason,
        exit_code: None,
    };
    let image = pull::image(machine, work, part).await.map_err(not_up)?;
    let attachment = match own_network(work, part)? {
        Some(wish) => Some(
            attach(machine, wish)
                .await
                .map_err(|error| not_up(network_reason(work, &error)))?,
        ),
        None => None,
    };
    let address = attachment
        .as_ref()
        .and_then(|a| a.link.as_ref())
        .map(|link| link.address.to_string());
    let prepared = prepare(machine, work, part, &image, attachment.as_ref(), address.as_deref());
    let mut spec = prepared.await.map_err(not_up)?;
    let started = match users::run(machine, &mut spec).await {
        // Of an attempt before a crash, which never came to executing anything: that was looked at.
        Err(Error::Exists(run)) => match machine.runtime.remove(&run).await {
            Ok(()) => users::run(machine, &mut spec).await,
            Err(error) => Err(error),
        },
        run => run,
    };
    let started = started.map_err(|error| refused(&error))?;
    for warning in &started.warnings {
        tracing::info!(container = spec.id, warning, "a container got less than it was to have");
    }
    Ok(Came {
        at: at(started.at),
        ports: ports(work, part, attachment.as_ref()),
        address,
    })
}

async fn prepare(
    machine: &Arc<Machine>,
    work: &Work,
    part: usize,
    image: &Image,
    attachment: Option<&Attachment>,
    address: Option<&str>,
) -> Result<runtime::spec::ContainerSpec, String> {
    let cannot = |error: String| format!("CannotCreateContainerError: {error}");
    let hostname = files::hostname(work, part);
    let shared = shared_network(work)?;
    let netns = match (attachment, &shared) {
        (Some(attachment), _) => attachment.netns.clone(),
        // It was made before any container of the task.
        (None, Some(wish)) => attach(machine, wish.clone()).await.map_err(|e| cannot(told(&e)))?.netns,
        (None, None) => None,
    };
    let own_address = address.or(work.assigned.interface.as_ref().map(|i| i.address.as_str()));
    write_files(machine, work, part, &hostname, own_address, netns.is_some()).map_err(|e| cannot(e.to_string()))?;
    let namespaces = match (work.assigned.plan.pid_mode, work.assigned.plan.ipc_mode) {
        (Some(Share::Task), _) | (_, Some(Share::Task)) => Some(holder(machine, work).await.map_err(cannot)?),
        _ => None,
    };
    let around = Surroundings {
        image: &image.config,
        layers: image.layers.clone(),
        env: variables(machine, work, part, image).await?,
        netns,
        hostname,
        pid_namespace: namespaces.as_ref().and_then(|n| n.pid_namespace.clone()),
        ipc_namespace: namespaces.and_then(|n| n.ipc_namespace),
        logs: logs(work, part).map_err(cannot)?,
        paths: &machine.paths,
    };
    let mut spec = spec(work, part, around).map_err(cannot)?;
    if spec.privileged {
        let there = devices::all(Path::new("/dev"));
        let more = there
            .into_iter()
            .filter(|d| spec.devices.iter().all(|own| own.container_path != d.container_path));
        let more: Vec<_> = more.collect();
        spec.devices.extend(more);
    }
    make_sources(work, &spec.mounts, &machine.paths).map_err(cannot)?;
    Ok(spec)
}

/// What is mounted from this machine is made when it is not there, as Docker does; but a shared volume only if its
/// definition says so.
fn make_sources(work: &Work, mounts: &[Mount], paths: &Paths) -> Result<(), String> {
    for mount in mounts.iter().filter(|mount| mount.kind != MountKind::Tmpfs) {
        if mount.source.exists() {
            continue;
        }
        let mut volumes = work.assigned.plan.volumes.iter();
        if let Some(volume) = volumes.find(|v| v.shared && !v.autoprovision && paths.volume(work, v) == mount.source) {
            return Err(format!("no such volume: {}", volume.name));
        }
        std::fs::create_dir_all(&mount.source).map_err(|error| format!("{}: {error}", mount.source.display()))?;
    }
    Ok(())
}

/// The network that all containers of the task are in, if it is one that is made.
pub fn shared_network(work: &Work) -> Result<Option<Attach>, String> {
    let mode = match work.assigned.plan.network_mode {
        Some(NetworkMode::Awsvpc) => {
            let interface = work.assigned.interface.as_ref();
            let interface = interface.ok_or("ResourceInitializationError: the task was given no network interface")?;
            let bad = |what: &str| format!("ResourceInitializationError: the {what} of {} is not one", interface.id);
            Mode::Vpc {
                subnet: interface.subnet_id.clone(),
                address: Some(interface.address.parse().map_err(|_| bad("address"))?),
                mac: Some(interface.mac.parse::<Mac>().map_err(|_| bad("MAC address"))?),
            }
        }
        Some(NetworkMode::None) => Mode::None,
        _ => return Ok(None),
    };
    Ok(Some(Attach {
        id: work.assigned.id.clone(),
        mode,
        ports: Vec::new(),
    }))
}

/// In `bridge` mode each container has a network of its own.
pub fn own_network(work: &Work, part: usize) -> Result<Option<Attach>, NotUp> {
    if !matches!(work.assigned.plan.network_mode, None | Some(NetworkMode::Bridge)) {
        return Ok(None);
    }
    let plan = work.plan(part);
    let mode = if plan.disable_networking {
        Mode::None
    } else {
        Mode::Bridge
    };
    let protocol = |udp| if udp { Protocol::Udp } else { Protocol::Tcp };
    let mut ports: Vec<PortWish> = Vec::new();
    for wish in &plan.ports {
        ports.push(PortWish {
            container_port: wish.container_port,
            host_port: wish.host_port,
            protocol: protocol(wish.udp),
            host_ip: None,
        });
    }
    for range in &plan.port_ranges {
        ports.extend((range.first..=range.last).map(|container_port| PortWish {
            container_port,
            host_port: 0,
            protocol: protocol(range.udp),
            host_ip: None,
        }));
    }
    Ok(Some(Attach {
        id: work.parts[part].id.clone(),
        mode,
        ports: if plan.disable_networking { Vec::new() } else { ports },
    }))
}

pub async fn attach(machine: &Arc<Machine>, wish: Attach) -> Result<Attachment, network::Error> {
    let network = Arc::clone(&machine.network);
    let attached = tokio::task::spawn_blocking(move || network.attach(&wish)).await;
    attached.expect("the network does not panic, and is not cancelled")
}

pub async fn release(machine: &Arc<Machine>, id: String) {
    let network = Arc::clone(&machine.network);
    let released = tokio::task::spawn_blocking(move || network.release(&id).map_err(|e| (id, e))).await;
    if let Err((id, error)) = released.expect("the network does not panic, and is not cancelled") {
        tracing::warn!(
            error = told(&error),
            attachment = id,
            "an address is not given back yet"
        );
    }
}

/// The holder of the namespaces that the task's containers share, made when it is not there.
async fn holder(machine: &Machine, work: &Work) -> Result<runtime::Held, String> {
    let task = &work.assigned.plan;
    let hold = HoldSpec {
        id: holder_name(work),
        cgroup_parent: work.assigned.id.clone(),
        hostname: None,
        pid: task.pid_mode == Some(Share::Task),
        ipc: task.ipc_mode == Some(Share::Task),
        labels: Vec::new(),
    };
    // One at a time, so that what is being made is not taken for what was left half made.
    let _turn = machine.holders.lock().await;
    match machine.runtime.hold(&hold).await {
        Err(Error::Exists(_)) => {}
        held => return held.map_err(|error| told(&error)),
    }
    match machine.runtime.state(&hold.id).await.map_err(|error| told(&error))? {
        State::Running { pid, .. } => Ok(runtime::Held {
            pid_namespace: hold.pid.then(|| PathBuf::from(format!("/proc/{pid}/ns/pid"))),
            ipc_namespace: hold.ipc.then(|| PathBuf::from(format!("/proc/{pid}/ns/ipc"))),
        }),
        // Its keeper was killed, or whoever was about to make it.
        _ => {
            machine.runtime.remove(&hold.id).await.map_err(|error| told(&error))?;
            machine.runtime.hold(&hold).await.map_err(|error| told(&error))
        }
    }
}

pub fn holder_name(work: &Work) -> String {
    format!("{}-shared", work.assigned.id)
}

fn write_files(
    machine: &Machine,
    work: &Work,
    part: usize,
    hostname: &str,
    address: Option<&str>,
    own_network: bool,
) -> std::io::Result<()> {
    let paths = &machine.paths;
    std::fs::create_dir_all(paths.part(work, part))?;
    let there = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    std::fs::write(
        paths.file(work, part, "hosts"),
        files::hosts(work, part, hostname, address),
    )?;
    std::fs::write(
        paths.file(work, part, "resolv.conf"),
        files::resolv_conf(work, part, &there, own_network),
    )?;
    std::fs::write(paths.file(work, part, "hostname"), format!("{hostname}\n"))
}

/// The image's variables, those of files, the plan's, its secrets, and ECS's own: each over those before it.
async fn variables(machine: &Machine, work: &Work, part: usize, image: &Image) -> Result<Vec<String>, String> {
    let plan = work.plan(part);
    let mut all: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: &str| match all.iter_mut().find(|(there, _)| there == name) {
        Some((_, there)) => *there = value.to_string(),
        None => all.push((name.to_string(), value.to_string())),
    };
    for pair in &image.config.env {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        set(name, value);
    }
    for file in &plan.environment_files {
        let path = file.strip_prefix("file://").ok_or_else(|| {
            format!("ResourceInitializationError: failed to download env files: {file}: this node reads file:// only")
        })?;
        let text = tokio::fs::read_to_string(path).await;
        let text = text.map_err(|e| format!("ResourceInitializationError: failed to read env file {path}: {e}"))?;
        for (name, value) in files::variables(&text) {
            set(&name, &value);
        }
    }
    for pair in &plan.environment {
        set(&pair.name, &pair.value);
    }
    for Pair { name, value } in &plan.secrets {
        set(name, &secret(machine, value).await?);
    }
    let region = machine
        .identity
        .welcome()
        .borrow()
        .as_ref()
        .map(|w| w.region.clone())
        .unwrap_or_default();
    let named: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
    let around = endpoints::Surroundings {
        region: &region,
        secret: &machine.secret,
        sets: &|name| named.iter().any(|n| n == name),
    };
    let mut own = environment(work, part, &around);
    all.retain(|(name, _)| !own.iter().any(|(n, _)| n == name));
    all.append(&mut own);
    if !all.iter().any(|(name, _)| name == "PATH") {
        all.push(("PATH".to_string(), PATH.to_string()));
    }
    Ok(all.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// As Docker sets it when nobody does.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The value of a secret, from the node's own directory of them: `<dir>/<name>`, where the name is the last part of the
/// ARN without Secrets Manager's random letters, or the parameter's name.
async fn secret(machine: &Machine, value_from: &str) -> Result<String, String> {
    let name = secret_name(value_from);
    let cannot = |why: &str| {
        format!("ResourceInitializationError: unable to pull secrets or registry auth: {value_from}: {why}")
    };
    if name.is_empty() || name.split('/').any(|part| part == "..") {
        return Err(cannot("it names no secret"));
    }
    let text = tokio::fs::read_to_string(machine.paths.secrets().join(name)).await;
    let text = text.map_err(|error| cannot(&format!("the node has no such secret ({error})")))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_string())
}

fn secret_name(value_from: &str) -> &str {
    if let Some((_, name)) = value_from.split_once(":parameter/") {
        return name;
    }
    let Some((_, name)) = value_from.split_once(":secret:") else {
        return value_from.trim_start_matches('/');
    };
    let name = name.split(':').next().unwrap_or(name);
    match name.rsplit_once('-') {
        Some((name, letters)) if letters.len() == 6 && letters.bytes().all(|b| b.is_ascii_alphanumeric()) => name,
        _ => name,
    }
}

/// `{"username": "..", "password": ".."}`, as Secrets Manager keeps them for registries.
pub async fn registry_credentials(machine: &Machine, named: &str) -> Result<Credentials, String> {
    let text = secret(machine, named).await?;
    let cannot = || {
        format!(
            "ResourceInitializationError: unable to pull secrets or registry auth: {named}: it is not JSON with username and password"
        )
    };
    let json: tinyjson::JsonValue = text.parse().map_err(|_| cannot())?;
    let member = |name: &str| {
        let object = json.get::<std::collections::HashMap<String, tinyjson::JsonValue>>()?;
        object.get(name)?.get::<String>().cloned()
    };
    Ok(Credentials {
        user: member("username").ok_or_else(cannot)?,
        password: base::Secret::new(member("password").ok_or_else(cannot)?),
    })
}

fn logs(work: &Work, part: usize) -> Result<LogMode, String> {
    let Some(log) = &work.plan(part).log else {
        return Ok(LogMode::Keep {
            max_bytes: KEPT_BYTES,
            max_files: KEPT_FILES,
        });
    };
    let option = |name: &str| log.options.iter().find(|p| p.name == name).map(|p| p.value.as_str());
    let bytes = |name: &str, or: u64| match option(name) {
        None => Ok(or),
        Some(text) => size(text).ok_or_else(|| format!("invalid value for {name}: {text}")),
    };
    match log.driver.as_str() {
        "awslogs" => {
            let options = log.options.iter().map(|p| (p.name.as_str(), p.value.as_str()));
            Ok(match Options::parse(options).map_err(|error| error.to_string())?.mode {
                LogsMode::Blocking => LogMode::Blocking {
                    max_bytes: WAITING_BYTES,
                },
                LogsMode::NonBlocking { buffer_bytes } => LogMode::NonBlocking {
                    max_bytes: buffer_bytes.max(LEAST_WAITING_BYTES),
                },
            })
        }
        "none" => Ok(LogMode::Keep {
            max_bytes: LEAST_WAITING_BYTES,
            max_files: 1,
        }),
        // Whatever else it is called, it is kept here.
        _ => Ok(LogMode::Keep {
            max_bytes: bytes("max-size", KEPT_BYTES)?,
            max_files: option("max-file").and_then(|n| n.parse().ok()).unwrap_or(KEPT_FILES),
        }),
    }
}

/// `10m`, `512k`, `1g` or bytes.
fn size(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match lower[digits.len()..].trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << unit)
}

pub fn ports(work: &Work, part: usize, attachment: Option<&Attachment>) -> Vec<PortBinding> {
    let bindings = attachment.map(|a| a.bindings.as_slice()).unwrap_or_default();
    let bound = bindings.iter().map(|b| PortBinding {
        host_ip: b.host_ip.to_string(),
        host_port: b.host_port,
        container_port: b.container_port,
        udp: b.protocol == Protocol::Udp,
    });
    // On the machine's own network a container's ports are the machine's.
    let host = work.assigned.plan.network_mode == Some(NetworkMode::Host);
    let own = work.plan(part).ports.iter().filter(|_| host).map(|p| PortBinding {
        host_ip: "0.0.0.0".to_string(),
        host_port: p.container_port,
        container_port: p.container_port,
        udp: p.udp,
    });
    bound.chain(own).collect()
}

fn refused(error: &Error) -> NotUp {
    let daemon = "Error response from daemon: failed to create task for container: ";
    match error {
        Error::Exec { code, text } => NotUp {
            reason: format!(
                "CannotStartContainerError: {daemon}OCI runtime create failed: unable to start container process: {text}"
            ),
            exit_code: Some(*code),
        },
        error => NotUp {
            reason: format!("CannotCreateContainerError: {daemon}{}", told(error)),
            exit_code: None,
        },
    }
}

fn network_reason(work: &Work, error: &network::Error) -> String {
    format!(
        "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on \
         endpoint ecs-{}-{}: {}",
        work.assigned.family,
        work.assigned.revision,
        told(error)
    )
}

/// An error with what is behind it.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
