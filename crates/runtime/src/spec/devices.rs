//! Device nodes of a container, and which devices it may open.
//!
//! Words: a *node* is a file in the container's `/dev`; a *rule* says what the cgroup lets be done with a device.
//!
//! Must never know: how a node is made or a rule enforced.

use super::container::Device;
use std::fmt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A directory given as a device stands for the nodes in it, no more than these.
const MAX_IN_DIRECTORY: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    Char,
    Block,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceNode {
    pub path: PathBuf,
    pub kind: DeviceKind,
    pub major: u32,
    pub minor: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub access: Access,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Access {
    pub read: bool,
    pub write: bool,
    pub mknod: bool,
}

/// None is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceRule {
    pub kind: Option<DeviceKind>,
    pub major: Option<u32>,
    pub minor: Option<u32>,
    pub access: Access,
}

const ALL: Access = Access {
    read: true,
    write: true,
    mknod: true,
};

/// The nodes that every container has: path, major, minor.
pub const DEFAULT_NODES: [(&str, u32, u32); 6] = [
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
];

/// Allowed, everything else is not. Any node may be made (a node alone opens nothing), as Docker has it.
pub fn rules(nodes: &[DeviceNode], privileged: bool) -> Vec<DeviceRule> {
    if privileged {
        return vec![DeviceRule {
            kind: None,
            major: None,
            minor: None,
            access: ALL,
        }];
    }
    let make = Access {
        mknod: true,
        ..Access::default()
    };
    let mut all: Vec<DeviceRule> = [DeviceKind::Char, DeviceKind::Block]
        .map(|kind| DeviceRule {
            kind: Some(kind),
            major: None,
            minor: None,
            access: make,
        })
        .into();
    let one = |major, minor| DeviceRule {
        kind: Some(DeviceKind::Char),
        major: Some(major),
        minor,
        access: ALL,
    };
    all.extend(DEFAULT_NODES.map(|(_, major, minor)| one(major, Some(minor))));
    // The console, the terminal multiplexer, and the terminals it hands out.
    all.extend([one(5, Some(1)), one(5, Some(2)), one(136, None)]);
    all.extend(nodes.iter().map(|node| DeviceRule {
        kind: Some(node.kind),
        major: Some(node.major),
        minor: Some(node.minor),
        access: node.access,
    }));
    all
}

#[derive(Debug)]
pub enum DeviceError {
    Missing(PathBuf, std::io::Error),
    NotADevice(PathBuf),
    TooMany(PathBuf),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceError::Missing(path, _) => write!(
                f,
                "error gathering device information while adding custom device {path:?}"
            ),
            DeviceError::NotADevice(path) => write!(f, "{path:?} is not a device node"),
            DeviceError::TooMany(path) => write!(f, "{path:?} holds more than {MAX_IN_DIRECTORY} device nodes"),
        }
    }
}

impl std::error::Error for DeviceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            DeviceError::Missing(_, error) => Some(error),
            DeviceError::NotADevice(_) | DeviceError::TooMany(_) => None,
        }
    }
}

/// What stands behind the asked devices on this machine. Looks at the disk.
pub fn look_up(devices: &[Device]) -> Result<Vec<DeviceNode>, DeviceError> {
    let mut nodes = Vec::new();
    for device in devices {
        let missing = |error| DeviceError::Missing(device.host_path.clone(), error);
        if device.host_path.metadata().map_err(missing)?.is_dir() {
            let entries = device.host_path.read_dir().map_err(missing)?;
            let before = nodes.len();
            for entry in entries {
                let name = entry.map_err(missing)?.file_name();
                // Links and further directories in it are no devices: passed over.
                nodes.extend(
                    node(
                        &device.host_path.join(&name),
                        &device.container_path.join(&name),
                        device,
                    )
                    .ok(),
                );
                if nodes.len() - before > MAX_IN_DIRECTORY {
                    return Err(DeviceError::TooMany(device.host_path.clone()));
                }
            }
        } else {
            nodes.push(node(&device.host_path, &device.container_path, device)?);
        }
    }
    nodes.sort_by(|a, b| a.path.cmp(&b.path));
    nodes.dedup_by(|a, b| a.path == b.path);
    Ok(nodes)
}

fn node(host: &Path, inside: &Path, asked: &Device) -> Result<DeviceNode, DeviceError> {
    let found = host
        .metadata()
        .map_err(|error| DeviceError::Missing(host.to_owned(), error))?;
    let kind = match found.file_type() {
        kind if kind.is_char_device() => DeviceKind::Char,
        kind if kind.is_block_device() => DeviceKind::Block,
        _ => return Err(DeviceError::NotADevice(host.to_owned())),
    };
    Ok(DeviceNode {
        path: inside.to_owned(),
        kind,
        major: libc::major(found.rdev()),
        minor: libc::minor(found.rdev()),
        mode: found.mode() & 0o777,
        uid: found.uid(),
        gid: found.gid(),
        access: Access {
            read: asked.read,
            write: asked.write,
            mknod: asked.mknod,
        },
    })
}

impl Access {
    /// Letters as the kernel and config.json have them.
    pub fn letters(self) -> String {
        let held = [(self.read, 'r'), (self.write, 'w'), (self.mknod, 'm')];
        held.iter()
            .filter(|(held, _)| *held)
            .map(|(_, letter)| letter)
            .collect()
    }
}

impl DeviceKind {
    pub fn letter(self) -> char {
        match self {
            DeviceKind::Char => 'c',
            DeviceKind::Block => 'b',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str) -> Device {
        Device {
            host_path: host.into(),
            container_path: "/dev/x".into(),
            read: true,
            write: false,
            mknod: false,
        }
    }

    #[test]
    fn a_node_is_found_with_its_numbers() {
        let nodes = look_up(&[asked("/dev/null")]).unwrap();
        assert_eq!(
            (nodes[0].major, nodes[0].minor, nodes[0].kind),
            (1, 3, DeviceKind::Char)
        );
        assert_eq!(nodes[0].access.letters(), "r");
        assert_eq!(
            rules(&nodes, false).last().unwrap().access.letters(),
            "r",
            "no more than was asked"
        );
    }

    #[test]
    fn what_is_no_device_is_refused() {
        assert!(matches!(
            look_up(&[asked("/proc/self/exe")]),
            Err(DeviceError::NotADevice(_))
        ));
        assert!(matches!(
            look_up(&[asked("/dev/gantry-has-none")]),
            Err(DeviceError::Missing(..))
        ));
    }

    #[test]
    fn no_block_device_can_be_opened() {
        let open = |rule: &DeviceRule| rule.kind != Some(DeviceKind::Char) && (rule.access.read || rule.access.write);
        assert!(!rules(&[], false).iter().any(open));
        assert!(rules(&[], true).iter().any(open));
    }
}
