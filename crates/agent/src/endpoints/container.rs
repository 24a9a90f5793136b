//! A container, as it is told about itself and its neighbours.

use super::json::Object;
use super::path::Version;
use crate::work::{Part, Stage, Work};
use link::plan::NetworkMode;
use std::collections::BTreeMap;

/// What the agent calls the states of a container, and of a task, which is where its slowest container is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    None,
    Pulled,
    Created,
    Running,
    Stopped,
}

impl Known {
    pub fn of(part: &Part) -> Known {
        match part.stage {
            Stage::Waiting | Stage::Pulling => Known::None,
            Stage::Pulled => Known::Pulled,
            Stage::Starting if !part.has_run() => Known::Created,
            Stage::Starting | Stage::Running | Stage::Restarting => Known::Running,
            Stage::Over => Known::Stopped,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Known::None => "NONE",
            Known::Pulled => "PULLED",
            Known::Created => "CREATED",
            Known::Running => "RUNNING",
            Known::Stopped => "STOPPED",
        }
    }
}

/// Whether there is anything to tell of a container yet, or ever was.
pub fn is_there(part: &Part) -> bool {
    part.has_run() || matches!(part.stage, Stage::Pulled | Stage::Starting)
}

pub fn wants_to_stop(work: &Work) -> bool {
    work.ending.is_some() || work.asked_to_stop.is_some() || work.assigned.stop
}

pub fn fill(o: &mut Object<'_>, work: &Work, part: usize, version: Version) {
    let (plan, state) = (work.plan(part), &work.parts[part]);
    let known = Known::of(state);
    let image = state.image.as_ref();
    o.text("DockerId", docker_id(state));
    o.text("Name", &plan.name);
    o.text("DockerName", &docker_name(work, part));
    o.text("Image", &plan.image);
    o.text("ImageID", image.map_or("", |image| &image.id));
    ports(o, work, part, version);
    labels(o, work, part);
    let stops = wants_to_stop(work) || known == Known::Stopped;
    o.text("DesiredStatus", if stops { "STOPPED" } else { "RUNNING" });
    o.text("KnownStatus", known.as_str());
    let over = known == Known::Stopped;
    if let Some(code) = state.exit_code.filter(|_| over) {
        o.number("ExitCode", code);
    }
    o.object("Limits", |o| {
        o.number("CPU", plan.cpu_units);
        o.number("Memory", plan.memory_mib.unwrap_or(0));
    });
    o.some_time("CreatedAt", state.created_at.or(state.started_at));
    o.some_time("StartedAt", state.started_at);
    o.some_time("FinishedAt", state.finished_at.filter(|_| over));
    o.text("Type", "NORMAL");
    if version == Version::V3 {
        networks(o, work, part, version);
    }
    health(o, work, part);
    volumes(o, work, part);
    if version == Version::V3 {
        return;
    }
    if let Some(log) = &plan.log {
        o.text("LogDriver", &log.driver);
        let options = log.options.iter().map(|pair| (pair.name.as_str(), pair.value.as_str()));
        o.map("LogOptions", options.collect::<BTreeMap<_, _>>());
    }
    if let Some(arn) = work.assigned.container_arns.get(part) {
        o.text("ContainerARN", arn);
    }
    networks(o, work, part, version);
    if plan.restart.is_some() {
        o.number("RestartCount", state.restarts);
    }
}

pub fn docker_id(state: &Part) -> &str {
    match Known::of(state) {
        Known::None | Known::Pulled if !state.has_run() => "",
        _ => &state.id,
    }
}

/// `ecs-shop-7-web-0123456789abcdef0123`, of characters that Docker takes.
pub fn docker_name(work: &Work, part: usize) -> String {
    let (assigned, id) = (&work.assigned, &work.parts[part].id);
    let plain = |text: &str| -> String {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        text.chars().filter(fits).collect()
    };
    let tail: String = id.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    let (family, name) = (plain(&assigned.family), plain(&work.plan(part).name));
    format!("ecs-{family}-{}-{name}-{tail}", assigned.revision)
}

pub fn ports(o: &mut Object<'_>, work: &Work, part: usize, version: Version) {
    let bound = &work.parts[part].ports;
    let protocol = |udp: bool| if udp { "udp" } else { "tcp" };
    if !bound.is_empty() {
        o.objects("Ports", bound, |port, o| {
            o.number("ContainerPort", port.container_port);
            o.text("Protocol", protocol(port.udp));
            if port.host_port != 0 {
                o.number("HostPort", port.host_port);
            }
            if version == Version::V4 {
                o.some_text("HostIp", &port.host_ip);
            }
        });
        return;
    }
    let wished = &work.plan(part).ports;
    if wished.is_empty() {
        return;
    }
    let own = matches!(
        work.assigned.plan.network_mode,
        Some(NetworkMode::Awsvpc | NetworkMode::Host)
    );
    o.objects("Ports", wished, |port, o| {
        o.number("ContainerPort", port.container_port);
        o.text("Protocol", protocol(port.udp));
        let host_port = if own { port.container_port } else { port.host_port };
        if host_port != 0 {
            o.number("HostPort", host_port);
        }
    });
}

/// The user's, and those that ECS adds.
fn labels(o: &mut Object<'_>, work: &Work, part: usize) {
    let (assigned, plan) = (&work.assigned, work.plan(part));
    let revision = assigned.revision.to_string();
    let given = plan.labels.iter().map(|pair| (pair.name.as_str(), pair.value.as_str()));
    let mut labels: BTreeMap<&str, &str> = given.collect();
    labels.extend([
        ("com.amazonaws.ecs.cluster", assigned.cluster.as_str()),
        ("com.amazonaws.ecs.container-name", &plan.name),
        ("com.amazonaws.ecs.task-arn", &assigned.arn),
        ("com.amazonaws.ecs.task-definition-family", &assigned.family),
        ("com.amazonaws.ecs.task-definition-version", &revision),
    ]);
    o.map("Labels", labels);
}

fn health(o: &mut Object<'_>, work: &Work, part: usize) {
    if work.check(part).is_none() {
        return;
    }
    let health = &work.parts[part].health;
    o.object("Health", |o| {
        o.text("status", health.verdict().as_str());
        o.some_time("statusSince", health.since);
        if let Some(last) = health.transcript.back() {
            if last.exit_code != 0 {
                o.number("exitCode", last.exit_code);
            }
            o.some_text("output", &last.output);
        }
    });
}

pub fn volumes(o: &mut Object<'_>, work: &Work, part: usize) {
    let mounts = &work.plan(part).mounts;
    if mounts.is_empty() {
        return;
    }
    let volumes = &work.assigned.plan.volumes;
    o.objects("Volumes", mounts, |mount, o| {
        let volume = volumes.iter().find(|volume| volume.name == mount.volume);
        match volume.and_then(|volume| volume.host_path.as_ref()) {
            Some(path) => o.text("Source", path),
            None => o.text("DockerName", &mount.volume),
        }
        o.text("Destination", &mount.path);
    });
}

pub fn networks(o: &mut Object<'_>, work: &Work, part: usize, version: Version) {
    let mode = work.assigned.plan.network_mode.unwrap_or(NetworkMode::Bridge);
    let interface = work.assigned.interface.as_ref();
    let address = match mode {
        NetworkMode::Awsvpc => interface.map(|interface| interface.address.as_str()),
        NetworkMode::Bridge => work.parts[part].address.as_deref(),
        // As Docker tells it of containers without an address of their own.
        NetworkMode::Host | NetworkMode::None => Some(""),
    };
    let Some(address) = address else {
        return; // not known yet
    };
    o.objects("Networks", [address], |address, o| {
        o.text("NetworkMode", mode.as_str());
        o.texts("IPv4Addresses", [address]);
        if let Some(interface) = interface.filter(|_| mode == NetworkMode::Awsvpc && version == Version::V4) {
            o.number("AttachmentIndex", 0);
            o.some_text("MACAddress", &interface.mac);
            o.some_text("IPv4SubnetCIDRBlock", &interface.subnet_cidr);
            o.some_text(
                "PrivateDNSName",
                interface.private_dns_name.as_deref().unwrap_or_default(),
            );
            if let Some((_, prefix)) = interface.subnet_cidr.split_once('/') {
                o.text("SubnetGatewayIpv4Address", &format!("{}/{prefix}", interface.gateway));
            }
        }
    });
}
