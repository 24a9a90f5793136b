//! Groups come and go: made with their limits, entered, listed, removed.

use super::device_filter;
use super::error::{CgroupError, CgroupWarning, gone};
use super::layout::{Cgroups, Kind, check_path};
use super::limits::settings;
use super::{Mounted, kill};
use crate::spec::{CgroupSpec, DeviceRule, Limits};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How often a group is made anew when its parent is taken away meanwhile, by the end of the parent's last child.
const MAX_TRIES: usize = 16;
/// Deeper, and more, than we ever make: a container with its own groups may not keep us busy.
const MAX_DEPTH: usize = 16;
const MAX_LISTED: usize = 100_000;
/// A name that no container's id can be.
const KEEPERS: &str = ".keepers";
/// What v2 hands down to groups below, as far as it has it itself.
const HANDED_DOWN: [&str; 5] = ["cpu", "cpuset", "io", "memory", "pids"];

/// One group, by name: it may or may not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub(super) cgroups: Cgroups,
    /// Below the root.
    path: String,
}

impl Cgroups {
    /// The group by this path below the root.
    pub fn group(&self, path: &str) -> Result<Group, CgroupError> {
        check_path(path)?;
        Ok(Group {
            cgroups: self.clone(),
            path: path.to_owned(),
        })
    }

    /// The group of the container by this id.
    pub fn of_container(&self, spec: &CgroupSpec, id: &str) -> Result<Group, CgroupError> {
        if id.is_empty() {
            return Err(CgroupError::BadName(id.to_owned()));
        }
        let parent = spec.parent.trim_matches('/');
        self.group(
            if parent.is_empty() {
                id.to_owned()
            } else {
                format!("{parent}/{id}")
            }
            .as_str(),
        )
    }

    /// Makes the parent with its limits and in it the container's group with its own. Nothing is in it yet, so no
    /// process ever runs without them.
    pub fn create(
        &self,
        spec: &CgroupSpec,
        id: &str,
        devices: &[DeviceRule],
    ) -> Result<(Group, Vec<CgroupWarning>), CgroupError> {
        let group = self.of_container(spec, id)?;
        let parent = self.group(spec.parent.trim_matches('/'))?;
        let with_cpuset = spec.limits.cpuset.is_some() || spec.parent_limits.cpuset.is_some();
        let make = || {
            let mut warnings = Vec::new();
            if !parent.path.is_empty() {
                parent.make(with_cpuset, true)?;
                warnings.extend(parent.limit(&spec.parent_limits)?);
            }
            group.make(with_cpuset, false)?;
            warnings.extend(group.limit(&spec.limits)?);
            group.filter_devices(devices)?;
            Ok(warnings)
        };
        let mut tries = 1;
        loop {
            match make() {
                Ok(warnings) => return Ok((group, warnings)),
                Err(error) if CgroupError::is_gone(&error) && tries < MAX_TRIES => tries += 1,
                Err(error) => {
                    // Best effort: whoever sweeps up after a crash finds what is left.
                    let _ = group.remove();
                    return Err(error);
                }
            }
        }
    }

    /// The one group of all keepers: outside of the service that started them, so that stopping it stops none of them.
    pub fn keepers(&self) -> Result<Group, CgroupError> {
        let group = self.group_of_keepers()?;
        group.make(false, false)?;
        Ok(group)
    }

    /// The same, which may not exist yet.
    pub fn group_of_keepers(&self) -> Result<Group, CgroupError> {
        self.group(KEEPERS)
    }

    /// Every group of ours, deepest first, without that of the keepers.
    pub fn list(&self) -> Result<Vec<String>, CgroupError> {
        let mut all = std::collections::BTreeSet::new();
        for mount in self.mounts() {
            let top = mount.join(&self.root);
            for directory in below(&top)? {
                let path = directory
                    .strip_prefix(&top)
                    .expect("found below it")
                    .to_string_lossy()
                    .into_owned();
                if path != KEEPERS {
                    all.insert(path);
                }
            }
        }
        let mut all: Vec<String> = all.into_iter().collect();
        all.sort_by_key(|path| std::cmp::Reverse(path.matches('/').count()));
        Ok(all)
    }
}

impl Cgroups {
    /// Takes away every group of ours that is empty, the keepers' and the root too; whether nothing is left. With
    /// `kill` they are all empty then.
    pub fn leave(&self, kill: bool) -> Result<bool, CgroupError> {
        if kill {
            for path in self.list()? {
                self.group(&path)?.kill()?;
            }
            self.group_of_keepers()?.kill()?;
        }
        let mut all_gone = true;
        for mount in self.mounts() {
            let top = mount.join(&self.root);
            let mut all = below(&top)?;
            // Those above the root may be others' too; a group that is not empty stays by itself.
            all.extend(top.ancestors().take_while(|above| *above != mount).map(Path::to_owned));
            all.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
            for directory in all {
                if kill && directory.starts_with(&top) {
                    remove_directory(&directory)?;
                } else {
                    let _ = fs::remove_dir(&directory);
                }
            }
            all_gone &= !top.exists();
        }
        Ok(all_gone)
    }
}

impl Group {
    pub fn path(&self) -> &str {
        &self.path
    }

    /// From the top of each hierarchy, as OCI runtimes want it.
    pub fn oci_path(&self) -> String {
        format!("/{}", self.below_mount())
    }

    fn below_mount(&self) -> String {
        if self.path.is_empty() {
            self.cgroups.root.clone()
        } else {
            format!("{}/{}", self.cgroups.root, self.path)
        }
    }

    /// Its directory in the hierarchy of that controller.
    pub(super) fn directory(&self, controller: &str) -> Option<PathBuf> {
        self.cgroups
            .mount_of(controller)
            .map(|mount| mount.join(self.below_mount()))
    }

    /// Its directory in every hierarchy.
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        self.cgroups
            .mounts()
            .iter()
            .map(|mount| mount.join(self.below_mount()))
            .collect()
    }

    pub fn exists(&self) -> bool {
        self.directories().iter().any(|directory| directory.is_dir())
    }

    /// What the container shall see at `/sys/fs/cgroup`.
    pub fn mounted(&self) -> Vec<Mounted> {
        let Kind::V1(all) = &self.cgroups.kind else {
            return vec![Mounted::V2];
        };
        let one = |hierarchy: &super::layout::Hierarchy| {
            let directory = hierarchy.mount.join(self.below_mount());
            directory.is_dir().then(|| Mounted::V1 {
                name: hierarchy.controllers.join(","),
                directory,
            })
        };
        all.iter().filter_map(one).collect()
    }

    /// v2: the directory, open, for a process to be cloned right into it.
    pub fn open(&self) -> io::Result<Option<File>> {
        match &self.cgroups.kind {
            Kind::V1(_) => Ok(None),
            Kind::V2 { mount } => File::open(mount.join(self.below_mount())).map(Some),
        }
    }

    /// Moves the process in, with all its threads. 0 is the caller, which must have but one: for such the kernel need not
    /// stop all forks on the machine, which would take it a grace period of some ten milliseconds (v1; on v2 one is born
    /// in its group instead).
    pub fn enter(&self, pid: u32) -> Result<(), CgroupError> {
        for mount in self.cgroups.mounts() {
            let name = if pid == 0 && !self.cgroups.is_v2() {
                "tasks"
            } else {
                "cgroup.procs"
            };
            let file = mount.join(self.below_mount()).join(name);
            match write(&file, &pid.to_string()) {
                // Only who wished for certain processors has a group there.
                Err(error) if gone(&error) && self.cgroups.is_v1_cpuset(mount) => {}
                result => result.map_err(CgroupError::io("cannot enter", &file))?,
            }
        }
        Ok(())
    }

    /// Sets what is given, leaves what is not.
    pub fn limit(&self, limits: &Limits) -> Result<Vec<CgroupWarning>, CgroupError> {
        let mut warnings = Vec::new();
        let mut late = Vec::new();
        for setting in settings(limits, self.cgroups.is_v2()) {
            let Some(directory) = self.directory(setting.controller) else {
                warnings.push(CgroupWarning::NoController {
                    controller: setting.controller,
                    file: setting.file,
                });
                continue;
            };
            let file = directory.join(setting.file);
            match write(&file, &setting.value) {
                Ok(()) => {}
                Err(error) if gone(&error) && directory.is_dir() => warnings.push(match setting.optional {
                    true => CgroupWarning::NoSetting { file: setting.file },
                    false => CgroupWarning::NoController {
                        controller: setting.controller,
                        file: setting.file,
                    },
                }),
                // Going up, memory cannot pass the old sum with swap: the sum first, then once more.
                Err(error) if setting.file == "memory.limit_in_bytes" && error.raw_os_error() == Some(libc::EINVAL) => {
                    late.push(setting)
                }
                Err(source) => {
                    return Err(CgroupError::Limit {
                        file,
                        value: setting.value,
                        source,
                    });
                }
            }
        }
        for setting in late {
            let file = self
                .directory(setting.controller)
                .expect("it was there above")
                .join(setting.file);
            write(&file, &setting.value).map_err(|source| CgroupError::Limit {
                file,
                value: setting.value,
                source,
            })?;
        }
        Ok(warnings)
    }

    fn filter_devices(&self, rules: &[DeviceRule]) -> Result<(), CgroupError> {
        if let Kind::V2 { mount } = &self.cgroups.kind {
            let directory = mount.join(self.below_mount());
            let open = File::open(&directory).map_err(CgroupError::io("cannot open", &directory))?;
            return device_filter::attach(&open, rules).map_err(CgroupError::DeviceFilter);
        }
        let Some(directory) = self.directory("devices") else {
            return Ok(());
        };
        let put = |name: &str, value: &str| {
            let file = directory.join(name);
            write(&file, value).map_err(|source| CgroupError::Limit {
                file,
                value: value.to_owned(),
                source,
            })
        };
        put("devices.deny", "a")?;
        rules
            .iter()
            .try_for_each(|rule| put("devices.allow", &device_filter::v1_line(rule)))
    }

    /// Makes the directory in every hierarchy and all above it.
    fn make(&self, with_cpuset: bool, is_parent: bool) -> Result<(), CgroupError> {
        for mount in self.cgroups.mounts() {
            let is_cpuset = self.cgroups.is_v1_cpuset(mount);
            if is_cpuset && !with_cpuset {
                // Without a wish of its own the group shares that of the top: two writes and a move less at each start.
                continue;
            }
            let mut directory = mount.to_owned();
            let below_mount = self.below_mount();
            let mut names = below_mount.split('/').peekable();
            while let Some(name) = names.next() {
                if self.cgroups.is_v2() {
                    hand_down(&directory)?;
                }
                directory.push(name);
                match fs::create_dir(&directory) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    Err(error) => return Err(CgroupError::io("cannot make cgroup", &directory)(error)),
                }
                if is_cpuset {
                    inherit_cpuset(&directory)?;
                }
                if self.cgroups.is_v2() && names.peek().is_none() && is_parent {
                    hand_down(&directory)?;
                }
            }
        }
        Ok(())
    }

    /// Takes the group away with all below it, then each parent that has become empty. What is in it must have been
    /// killed; the last of it may still be dying.
    pub fn remove(&self) -> Result<(), CgroupError> {
        for directory in self.directories() {
            let mut all = below(&directory)?;
            all.push(directory.clone());
            all.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
            for one in all {
                remove_directory(&one)?;
            }
            let mut parent = self.path.as_str();
            let mount = directory
                .ancestors()
                .nth(self.below_mount().split('/').count())
                .expect("it was joined from these");
            while let Some((above, _)) = parent.rsplit_once('/') {
                // One that still has children, or is gone already, stays as it is.
                if fs::remove_dir(mount.join(&self.cgroups.root).join(above)).is_err() {
                    break;
                }
                parent = above;
            }
        }
        Ok(())
    }

    /// How often the kernel killed something in it for want of memory. The count stays as long as the group, so nobody
    /// needs to have watched.
    pub fn oom_kills(&self) -> u64 {
        let file = if self.cgroups.is_v2() {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        let text = self
            .directory("memory")
            .and_then(|directory| fs::read_to_string(directory.join(file)).ok());
        text.as_deref()
            .and_then(|text| super::stats::keyed(text, "oom_kill"))
            .unwrap_or(0)
    }

    /// The processes in it and below, as this process counts them.
    pub fn pids(&self) -> Result<Vec<u32>, CgroupError> {
        let Some(directory) = self.directory("freezer") else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        let mut directories = below(&directory)?;
        directories.push(directory);
        for one in directories {
            let file = one.join("cgroup.procs");
            match fs::read_to_string(&file) {
                Ok(text) => all.extend(
                    text.lines()
                        .filter_map(|line| line.parse::<u32>().ok())
                        .filter(|pid| *pid != 0),
                ),
                Err(error) if gone(&error) => {}
                Err(error) => return Err(CgroupError::io("cannot read", &file)(error)),
            }
        }
        Ok(all)
    }
}

/// rmdir, and while something is still dying in it, once more when that is dead.
fn remove_directory(directory: &Path) -> Result<(), CgroupError> {
    for _ in 0..MAX_TRIES {
        match fs::remove_dir(directory) {
            Ok(()) => return Ok(()),
            Err(error) if gone(&error) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::ResourceBusy => {
                if !kill::await_empty(directory) {
                    break;
                }
            }
            Err(error) => return Err(CgroupError::io("cannot remove cgroup", directory)(error)),
        }
    }
    Err(CgroupError::Busy(directory.to_owned()))
}

/// All directories below, parents first. None when there is no such directory.
fn below(top: &Path) -> Result<Vec<PathBuf>, CgroupError> {
    let mut found = Vec::new();
    let mut waiting = vec![(top.to_owned(), 0)];
    while let Some((directory, depth)) = waiting.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if gone(&error) => continue,
            Err(error) => return Err(CgroupError::io("cannot list", &directory)(error)),
        };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < MAX_DEPTH && found.len() < MAX_LISTED {
                found.push(entry.path());
                waiting.push((entry.path(), depth + 1));
            }
        }
    }
    Ok(found)
}

/// v2: lets the groups below have controllers of their own. What cannot be handed down shows later, as a limit that
/// has no file.
fn hand_down(directory: &Path) -> Result<(), CgroupError> {
    let read = |name: &str| {
        let file = directory.join(name);
        fs::read_to_string(&file).map_err(CgroupError::io("cannot read", &file))
    };
    let given = read("cgroup.subtree_control")?;
    if HANDED_DOWN
        .iter()
        .all(|name| given.split_whitespace().any(|own| own == *name))
    {
        return Ok(());
    }
    let own = read("cgroup.controllers")?;
    for name in HANDED_DOWN {
        let is_in = |text: &str| text.split_whitespace().any(|one| one == name);
        if is_in(&own) && !is_in(&given) {
            let file = directory.join("cgroup.subtree_control");
            match write(&file, &format!("+{name}")) {
                // Busy: processes of somebody else are in that very group, so it can have no children of that kind.
                Err(error) if error.kind() != ErrorKind::ResourceBusy && !gone(&error) => {
                    return Err(CgroupError::io("cannot hand down controllers in", &file)(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// v1: a new cpuset is empty, and nothing can enter an empty one.
fn inherit_cpuset(directory: &Path) -> Result<(), CgroupError> {
    let above = directory.parent().expect("it is below a mount");
    for name in ["cpuset.cpus", "cpuset.mems"] {
        let file = directory.join(name);
        let own = fs::read_to_string(&file).map_err(CgroupError::io("cannot read", &file))?;
        if own.trim().is_empty() {
            let source = above.join(name);
            let value = fs::read_to_string(&source).map_err(CgroupError::io("cannot read", &source))?;
            write(&file, value.trim()).map_err(CgroupError::io("cannot write", &file))?;
        }
    }
    Ok(())
}

/// Writes without ever making the file: one that is not there is a setting that this kernel does not have.
pub(super) fn write(file: &Path, value: &str) -> io::Result<()> {
    use std::io::Write;
    fs::OpenOptions::new()
        .write(true)
        .open(file)?
        .write_all(value.as_bytes())
}
