//! Which kind of cgroups this machine has, and where they are mounted.

use super::error::CgroupError;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// All our groups on this machine. Can be written down and read by a process of ours that comes later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroups {
    pub(super) kind: Kind,
    /// Relative to the top of each hierarchy.
    pub(super) root: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Also when v2 is mounted beside it and has no controllers (hybrid).
    V1(Vec<Hierarchy>),
    V2 {
        mount: PathBuf,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hierarchy {
    pub mount: PathBuf,
    /// Several when they are mounted together (`cpu,cpuacct`).
    pub controllers: Vec<String>,
}

/// What v1 must have for a container to be held; the rest is used when it is there.
const NEEDED: [&str; 5] = ["cpu", "devices", "freezer", "memory", "pids"];
const USED: [&str; 8] = [
    "blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "memory", "pids",
];

impl Cgroups {
    /// Looks at what is mounted. `root` is the directory for all groups of this instance, say `gantry/<instance>`.
    pub fn detect(root: &str) -> Result<Cgroups, CgroupError> {
        let table = Path::new("/proc/self/mountinfo");
        let mounts = fs::read_to_string(table).map_err(CgroupError::io("cannot read", table))?;
        Cgroups::new(kind(&mounts).ok_or(CgroupError::NotMounted)?, root)
    }

    pub fn new(kind: Kind, root: &str) -> Result<Cgroups, CgroupError> {
        check_path(root)?;
        if root.is_empty() {
            return Err(CgroupError::BadName(root.to_owned()));
        }
        Ok(Cgroups {
            kind,
            root: root.to_owned(),
        })
    }

    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    pub fn is_v2(&self) -> bool {
        matches!(self.kind, Kind::V2 { .. })
    }

    /// The mounts of all hierarchies in use.
    pub(super) fn mounts(&self) -> Vec<&Path> {
        match &self.kind {
            Kind::V1(all) => all.iter().map(|one| one.mount.as_path()).collect(),
            Kind::V2 { mount } => vec![mount],
        }
    }

    pub(super) fn is_v1_cpuset(&self, mount: &Path) -> bool {
        !self.is_v2() && self.mount_of("cpuset") == Some(mount)
    }

    /// Where that controller's hierarchy is mounted.
    pub(super) fn mount_of(&self, controller: &str) -> Option<&Path> {
        match &self.kind {
            Kind::V1(all) => {
                let found = all
                    .iter()
                    .find(|one| one.controllers.iter().any(|name| name == controller));
                found.map(|one| one.mount.as_path())
            }
            Kind::V2 { mount } => Some(mount),
        }
    }
}

/// Plain names, one or more deep, or nothing.
pub(super) fn check_path(path: &str) -> Result<(), CgroupError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let good =
        |name: &str| !name.is_empty() && name != "." && name != ".." && name.len() < 256 && name.bytes().all(plain);
    if path.is_empty() || path.split('/').all(good) {
        Ok(())
    } else {
        Err(CgroupError::BadName(path.to_owned()))
    }
}

/// Reads the mount table. v1 wins when it has the controllers, because then v2 has not.
fn kind(mountinfo: &str) -> Option<Kind> {
    let mut v1: Vec<Hierarchy> = Vec::new();
    let mut v2 = None;
    for line in mountinfo.lines() {
        // ... root, mount point, options, optional fields, "-", type, source, options of the file system
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split(' ');
        let (file_system, options) = (after.next().unwrap_or_default(), after.nth(1).unwrap_or_default());
        let mount = PathBuf::from(unescaped(before.split(' ').nth(4).unwrap_or_default()));
        match file_system {
            "cgroup2" if v2.is_none() => v2 = Some(mount),
            "cgroup" => {
                let of_ours = options
                    .split(',')
                    .filter(|option| USED.contains(option))
                    .map(str::to_owned);
                let controllers: Vec<String> = of_ours.collect();
                let known = v1.iter().any(|one| one.controllers == controllers);
                if !controllers.is_empty() && !known {
                    v1.push(Hierarchy { mount, controllers });
                }
            }
            _ => {}
        }
    }
    let has = |name: &&str| v1.iter().any(|one| one.controllers.iter().any(|own| own == name));
    if NEEDED.iter().all(has) {
        Some(Kind::V1(v1))
    } else {
        v2.map(|mount| Kind::V2 { mount })
    }
}

/// The mount table writes blanks and backslashes as three octal digits.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        match after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[3..];
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    const V1: &str = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
        33 31 0:30 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory\n\
        34 31 0:31 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n\
        35 31 0:32 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n\
        36 31 0:33 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
        37 31 0:34 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n";

    #[test]
    fn the_kind_is_read_from_the_mount_table() {
        assert_eq!(
            kind(V2),
            Some(Kind::V2 {
                mount: "/sys/fs/cgroup".into()
            })
        );
        let hybrid = format!("{V1}{}", V2.replace("/sys/fs/cgroup ", "/sys/fs/cgroup/unified "));
        for table in [V1, &hybrid] {
            let Some(Kind::V1(all)) = kind(table) else {
                panic!("{table}")
            };
            assert_eq!(all.len(), 5, "systemd's own has no controller");
            assert_eq!(all[0].controllers, ["cpu", "cpuacct"]);
        }
        assert_eq!(kind("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"), None);
    }

    #[test]
    fn blanks_in_paths_are_read() {
        assert_eq!(unescaped(r"/a\040b\134c\0"), r"/a b\c\0");
    }

    #[test]
    fn no_name_leads_out_of_the_root() {
        for bad in ["/a", "a/", "a//b", "..", "a/../b", "a\nb", "a b"] {
            assert!(Cgroups::new(Kind::V1(vec![]), bad).is_err(), "{bad:?}");
        }
        assert!(Cgroups::new(Kind::V1(vec![]), "").is_err());
        assert!(Cgroups::new(Kind::V1(vec![]), "gantry/one").is_ok());
    }
}
