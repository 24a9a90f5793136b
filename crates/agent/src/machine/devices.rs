//! The devices of this machine, all of which a privileged container gets.

use runtime::spec::Device;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Directories of `/dev` that every container has of its own, or that hold no devices.
const NOT_INTO: &[&str] = &["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];

/// More would be no machine's.
const MOST: usize = 4096;

pub fn all(dev: &Path) -> Vec<Device> {
    let mut found = Vec::new();
    collect(dev, &mut found);
    found.sort_by(|a, b| a.host_path.cmp(&b.host_path));
    found
}

fn collect(dir: &Path, found: &mut Vec<Device>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // What a link points to is found by itself. The console is the container's own.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !NOT_INTO.iter().any(|not| name == *not) {
            collect(&entry.path(), found);
        } else if (kind.is_char_device() || kind.is_block_device()) && name != "console" && found.len() < MOST {
            found.push(Device {
                container_path: entry.path(),
                host_path: entry.path(),
                read: true,
                write: true,
                mknod: true,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn devices_are_found_and_nothing_else() {
        let found = super::all(std::path::Path::new("/dev"));
        let has = |path: &str| found.iter().any(|device| device.host_path.as_os_str() == path);
        assert!(has("/dev/null"));
        assert!(!has("/dev/stdin") && !has("/dev/pts/ptmx") && !has("/dev/console"));
    }
}
