//! What can go wrong with groups.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub enum CgroupError {
    /// No cgroup file system that could be used is mounted.
    NotMounted,
    /// Not a path of plain names.
    BadName(String),
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The kernel refused a limit.
    Limit {
        file: PathBuf,
        value: String,
        source: io::Error,
    },
    /// Something in it does not die, or holds it.
    Busy(PathBuf),
    /// The device filter could not be put on the group.
    DeviceFilter(io::Error),
}

impl CgroupError {
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CgroupError {
        let path = path.to_owned();
        move |source| CgroupError::Io { what, path, source }
    }

    /// The group was taken away under our hands.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            CgroupError::Io { source, .. } | CgroupError::Limit { source, .. } => gone(source),
            _ => false,
        }
    }
}

/// No such file, or (reading one that was open) no such device.
pub(super) fn gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV)
}

impl fmt::Display for CgroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CgroupError::NotMounted => write!(f, "no cgroup file system is mounted at /sys/fs/cgroup"),
            CgroupError::BadName(name) => write!(f, "{name:?} cannot name a cgroup"),
            CgroupError::Io { what, path, .. } => write!(f, "{what} {}", path.display()),
            CgroupError::Limit { file, value, .. } => write!(f, "the kernel refuses {value:?} in {}", file.display()),
            CgroupError::Busy(path) => write!(f, "cgroup {} does not become empty", path.display()),
            CgroupError::DeviceFilter(_) => write!(f, "the device filter cannot be attached"),
        }
    }
}

impl std::error::Error for CgroupError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CgroupError::Io { source, .. } | CgroupError::Limit { source, .. } | CgroupError::DeviceFilter(source) => {
                Some(source)
            }
            CgroupError::NotMounted | CgroupError::BadName(_) | CgroupError::Busy(_) => None,
        }
    }
}

/// A limit that was asked for and is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CgroupWarning {
    /// This machine has no such controller, or has not handed it down to us.
    NoController {
        controller: &'static str,
        file: &'static str,
    },
    /// The controller is there, this setting of it is not (swap accounting that is switched off, say).
    NoSetting { file: &'static str },
}

impl fmt::Display for CgroupWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CgroupWarning::NoController { controller, file } => {
                write!(
                    f,
                    "{file} is not limited: the cgroup controller {controller} is not available"
                )
            }
            CgroupWarning::NoSetting { file } => write!(f, "{file} is not limited: this kernel does not offer it"),
        }
    }
}
