//! What this machine has, what it lacks, and what it says it can do.

use link::{NodeAttribute, Resources};
use std::fs;

/// Ports that are never given to tasks, as on a container instance of ECS.
const RESERVED_PORTS: &[u16] = &[22, 2375, 2376, 51678, 51679];

/// Memory that is kept from tasks, for the system and for Gantry itself.
const KEPT_MEMORY_MIB: u32 = 64;

/// What the machine gives to tasks.
pub fn resources(more_reserved: &[u16]) -> Resources {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let memory = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total_mib(&text));
    let mut reserved_ports = [RESERVED_PORTS, more_reserved].concat();
    reserved_ports.sort_unstable();
    reserved_ports.dedup();
    Resources {
        cpu_units: u32::try_from(cores).unwrap_or(u32::MAX).saturating_mul(1024),
        memory_mib: memory.unwrap_or(KEPT_MEMORY_MIB).saturating_sub(KEPT_MEMORY_MIB),
        reserved_ports,
        reserved_ports_udp: Vec::new(),
        gpus: Vec::new(),
    }
}

/// All the memory that the machine has.
pub fn memory_bytes() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    total_mib(&meminfo).map(|mib| u64::from(mib) << 20)
}

fn total_mib(meminfo: &str) -> Option<u32> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    u32::try_from(kib / 1024).ok()
}

/// What a definition may require of a node, and this one has.
pub fn attributes() -> Vec<NodeAttribute> {
    let architecture = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    let valued = [
        ("ecs.cpu-architecture", architecture),
        ("ecs.os-family", "LINUX"),
        ("ecs.os-type", "linux"),
        ("ecs.instance-type", "gantry"),
    ];
    let valued = valued.into_iter().map(|(name, value)| NodeAttribute {
        name: name.to_string(),
        value: Some(value.to_string()),
    });
    let plain = CAPABILITIES.iter().map(|name| NodeAttribute {
        name: (*name).to_string(),
        value: None,
    });
    let mut all: Vec<NodeAttribute> = valued.chain(plain).collect();
    all.sort();
    all
}

const CAPABILITIES: &[&str] = &[
    "com.amazonaws.ecs.capability.docker-remote-api.1.17",
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.19",
    "com.amazonaws.ecs.capability.docker-remote-api.1.20",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.docker-remote-api.1.22",
    "com.amazonaws.ecs.capability.docker-remote-api.1.23",
    "com.amazonaws.ecs.capability.docker-remote-api.1.24",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.26",
    "com.amazonaws.ecs.capability.docker-remote-api.1.27",
    "com.amazonaws.ecs.capability.docker-remote-api.1.28",
    "com.amazonaws.ecs.capability.docker-remote-api.1.29",
    "com.amazonaws.ecs.capability.docker-remote-api.1.30",
    "com.amazonaws.ecs.capability.docker-remote-api.1.31",
    "com.amazonaws.ecs.capability.docker-remote-api.1.32",
    "com.amazonaws.ecs.capability.docker-remote-api.1.33",
    "com.amazonaws.ecs.capability.docker-remote-api.1.34",
    "com.amazonaws.ecs.capability.docker-remote-api.1.35",
    "com.amazonaws.ecs.capability.docker-remote-api.1.44",
    "com.amazonaws.ecs.capability.ecr-auth",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.none",
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.task-iam-role-network-host",
    "ecs.capability.container-health-check",
    "ecs.capability.container-ordering",
    "ecs.capability.container-restart-policy",
    "ecs.capability.docker-plugin.local",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.execution-role-ecr-pull",
    "ecs.capability.extensible-ephemeral-storage",
    "ecs.capability.full-sync",
    "ecs.capability.increased-task-cpu-limit",
    "ecs.capability.network.container-port-range",
    "ecs.capability.pid-ipc-namespace-sharing",
    "ecs.capability.private-registry-authentication.secretsmanager",
    "ecs.capability.secrets.asm.environment-variables",
    "ecs.capability.secrets.ssm.environment-variables",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.task-eni",
];

/// What keeps this process from running containers, in one line with the cure; `None` when nothing does.
pub fn lacks() -> Option<String> {
    if !is_root() {
        return Some("This machine runs no tasks: containers need root; start Gantry with sudo.".to_string());
    }
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !filesystems
        .lines()
        .any(|line| line.trim_start_matches("nodev").trim() == "overlay")
        && !std::path::Path::new("/sys/module/overlay").exists()
    {
        return Some("This machine runs no tasks: its kernel has no overlayfs; run modprobe overlay.".to_string());
    }
    None
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uids.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_what_the_kernel_says() {
        assert_eq!(total_mib("MemTotal:       24576000 kB\nMemFree: 1 kB\n"), Some(24_000));
        assert_eq!(total_mib("nothing"), None);
    }

    #[test]
    fn names_of_attributes_are_each_said_once() {
        let all = attributes();
        assert!(all.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
