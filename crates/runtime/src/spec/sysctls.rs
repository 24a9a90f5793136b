//! Kernel settings that belong to a container's own namespaces. Any other would change the host.

use super::container::{ContainerSpec, IpcMode, NetworkMode, UtsMode};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SysctlError {
    /// No namespace holds it.
    OfTheHost(String),
    /// Its namespace is shared with the host.
    Shared(String),
    BadName(String),
}

impl fmt::Display for SysctlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SysctlError::OfTheHost(name) => write!(f, "sysctl {name:?} is not in a separate kernel namespace"),
            SysctlError::Shared(name) => write!(f, "sysctl {name:?} not allowed in the host's namespace"),
            SysctlError::BadName(name) => write!(f, "{name:?} is not the name of a sysctl"),
        }
    }
}

impl std::error::Error for SysctlError {}

const OF_IPC: [&str; 12] = [
    "kernel.auto_msgmni",
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.msg_next_id",
    "kernel.sem",
    "kernel.sem_next_id",
    "kernel.shm_next_id",
    "kernel.shm_rmid_forced",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
];

pub fn check(name: &str, spec: &ContainerSpec) -> Result<(), SysctlError> {
    // The name becomes a path below /proc/sys.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let parts_hold = name.split(['.', '/']).all(|part| !part.is_empty());
    if !name.bytes().all(plain) || !parts_hold {
        return Err(SysctlError::BadName(name.to_owned()));
    }
    let dotted = name.replace('/', ".");
    let shared = if dotted.starts_with("net.") {
        spec.network == NetworkMode::Host
    } else if OF_IPC.contains(&dotted.as_str()) || dotted.starts_with("fs.mqueue.") {
        spec.ipc == IpcMode::Host
    } else if dotted == "kernel.domainname" || dotted == "kernel.hostname" {
        spec.uts == UtsMode::Host
    } else {
        return Err(SysctlError::OfTheHost(name.to_owned()));
    };
    if shared {
        Err(SysctlError::Shared(name.to_owned()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_namespace_holds() {
        let own = ContainerSpec::default();
        let shared = ContainerSpec {
            network: NetworkMode::Host,
            ipc: IpcMode::Host,
            uts: UtsMode::Host,
            ..Default::default()
        };
        for name in [
            "net.core.somaxconn",
            "kernel.shmmax",
            "fs.mqueue.msg_max",
            "kernel.domainname",
            "net/ipv4/conf/eth0.1/forwarding",
        ] {
            assert_eq!(check(name, &own), Ok(()), "{name}");
            assert_eq!(check(name, &shared), Err(SysctlError::Shared(name.into())), "{name}");
        }
        for name in ["kernel.core_pattern", "vm.swappiness", "kernel", "network.x"] {
            assert_eq!(check(name, &own), Err(SysctlError::OfTheHost(name.into())), "{name}");
        }
        for name in ["net.../../kernel/core_pattern", "net.core\0x", "", "net."] {
            assert_eq!(check(name, &own), Err(SysctlError::BadName(name.into())), "{name:?}");
        }
    }
}
