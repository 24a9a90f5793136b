//! Filters, compiled once for each set of capabilities.

use super::compile::{Filter, compile};
use super::custom::{parse, parse_version};
use super::default::default_profile;
use super::profile::Profile;
use crate::spec::{Caps, ContainerSpec, Seccomp};
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Different sets of capabilities that are remembered; a node has a handful.
const MAX_REMEMBERED: usize = 64;
/// Docker's own profile has 12 kB.
const MAX_PROFILE_BYTES: u64 = 1 << 20;

#[derive(Debug, Default)]
pub struct Filters {
    of_default: Mutex<HashMap<Caps, Arc<Filter>>>,
}

#[derive(Debug)]
pub enum SeccompError {
    Read(PathBuf, io::Error),
    /// What is wrong with the profile.
    Profile(String),
}

impl fmt::Display for SeccompError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeccompError::Read(path, _) => write!(f, "cannot read seccomp profile {}", path.display()),
            SeccompError::Profile(wrong) => write!(f, "seccomp profile cannot be used: {wrong}"),
        }
    }
}

impl std::error::Error for SeccompError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SeccompError::Read(_, error) => Some(error),
            SeccompError::Profile(_) => None,
        }
    }
}

impl Filters {
    /// The filter of a container whose bounding set that is. None: it may call whatever it likes.
    pub fn of(&self, spec: &ContainerSpec, bounding: Caps) -> Result<Option<Arc<Filter>>, SeccompError> {
        let is_default = spec.seccomp == Seccomp::Default;
        let remembered = || self.of_default.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if is_default
            && !spec.privileged
            && let Some(filter) = remembered().get(&bounding)
        {
            return Ok(Some(filter.clone()));
        }
        let Some(profile) = profile(spec, bounding)? else {
            return Ok(None);
        };
        let filter = Arc::new(compile(&profile)?);
        if is_default {
            let mut all = remembered();
            if all.len() >= MAX_REMEMBERED {
                all.clear();
            }
            all.insert(bounding, filter.clone());
        }
        Ok(Some(filter))
    }
}

/// The profile of that container. None: unconfined, as every privileged container is.
pub fn profile(spec: &ContainerSpec, bounding: Caps) -> Result<Option<Profile>, SeccompError> {
    match &spec.seccomp {
        _ if spec.privileged => Ok(None),
        Seccomp::Unconfined => Ok(None),
        Seccomp::Default => Ok(Some(default_profile(bounding))),
        Seccomp::Custom(path) => {
            let unreadable = |error| SeccompError::Read(path.clone(), error);
            let mut json = Vec::new();
            File::open(path)
                .and_then(|file| file.take(MAX_PROFILE_BYTES).read_to_end(&mut json))
                .map_err(unreadable)?;
            parse(&json, bounding, kernel()?).map(Some)
        }
    }
}

fn kernel() -> Result<(u32, u32), SeccompError> {
    let path = Path::new("/proc/sys/kernel/osrelease");
    parse_version(&fs::read_to_string(path).map_err(|error| SeccompError::Read(path.to_owned(), error))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiled_once() {
        let filters = Filters::default();
        let of = |spec: &ContainerSpec| filters.of(spec, Caps::docker_default()).unwrap();
        let (one, two) = (
            of(&ContainerSpec::default()).unwrap(),
            of(&ContainerSpec::default()).unwrap(),
        );
        assert!(Arc::ptr_eq(&one, &two));
        assert!(
            of(&ContainerSpec {
                privileged: true,
                ..Default::default()
            })
            .is_none()
        );
        assert!(
            of(&ContainerSpec {
                seccomp: Seccomp::Unconfined,
                ..Default::default()
            })
            .is_none()
        );
        let missing = ContainerSpec {
            seccomp: Seccomp::Custom("/nowhere/profile.json".into()),
            ..Default::default()
        };
        assert!(matches!(filters.of(&missing, Caps::NONE), Err(SeccompError::Read(..))));
    }
}
