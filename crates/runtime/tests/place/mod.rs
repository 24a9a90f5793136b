//! A place for real containers: a root made of busybox, directories and cgroups of this test's own, all gone at the end.
#![allow(dead_code, clippy::unwrap_used)] // each test file uses its part; all of it is test

use runtime::logs::{LogReader, Record, Stream};
use runtime::spec::{ContainerSpec, Env, Rootfs};
use runtime::{Exit, Kept, Runtime, Settings, State};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

static NEXT: AtomicU32 = AtomicU32::new(0);

pub struct Place {
    pub dir: PathBuf,
    pub name: String,
}

impl Place {
    pub fn new() -> Place {
        let name = format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = Path::new("/var/tmp").join(format!("gantry-{name}"));
        let root = dir.join("layer");
        for sub in ["bin", "etc", "proc", "sys", "dev", "tmp", "var/app"] {
            std::fs::create_dir_all(root.join(sub)).unwrap();
        }
        std::fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
        for tool in TOOLS {
            std::os::unix::fs::symlink("busybox", root.join("bin").join(tool)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        write(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/var/app:/bin/sh\n",
        );
        write("etc/group", "root:x:0:\napp:x:1000:\nextra:x:2000:app\n");
        Place { dir, name }
    }

    pub fn settings(&self) -> Settings {
        Settings {
            state_dir: self.dir.join("run"),
            keeper: env!("CARGO_BIN_EXE_gantry-keeper").into(),
            cgroup_root: format!("gantry/{}", self.name),
        }
    }

    pub fn native(&self) -> Kept {
        Kept::native(self.settings()).unwrap()
    }

    pub fn by_command(&self, command: &str) -> Kept {
        Kept::by_command(self.settings(), command.into()).unwrap()
    }

    pub fn spec(&self, id: &str, args: &[&str]) -> ContainerSpec {
        ContainerSpec {
            id: id.into(),
            rootfs: Rootfs {
                layers: vec![self.dir.join("layer")],
                writable: self.dir.join("writable").join(id),
                ..Rootfs::default()
            },
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            env: Env(vec!["PATH=/bin".into()]),
            ..ContainerSpec::default()
        }
    }
}

impl Place {
    /// Of all that this place's containers had: mounts, processes, cgroups, directories of the runtime.
    pub fn nothing_is_left(&self) {
        let here = self.dir.to_string_lossy().into_owned();
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&here), "a mount is left");
        assert_eq!(self.processes(), Vec::<String>::new());
        let cgroups = runtime::cgroup::Cgroups::detect(&format!("gantry/{}", self.name)).unwrap();
        assert_eq!(cgroups.list().unwrap(), Vec::<String>::new());
        let left = std::fs::read_dir(self.dir.join("run"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(left.filter(|name| name != ".oci").count(), 0);
        for device in std::fs::read_dir("/sys/block").unwrap() {
            let backing = device.unwrap().path().join("loop/backing_file");
            assert!(
                !std::fs::read_to_string(backing).is_ok_and(|file| file.contains(&here)),
                "a loop device is left"
            );
        }
    }

    /// Keepers and programs of this place, as command lines. Zombies have none.
    pub fn processes(&self) -> Vec<String> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            let groups = std::fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
            let keeper = command.contains("keeper\0") && command.contains(&*self.dir.to_string_lossy());
            let contained = groups.contains(&format!("gantry/{}/", self.name)) && !groups.contains("/.keepers");
            if keeper || contained {
                all.push(command.replace('\0', " "));
            }
        }
        all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whatever a failed test left: every keeper's container is killed, and all that was made is taken away.
        let settings = self.settings();
        let _ = std::thread::spawn(move || {
            let tokio = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            tokio.block_on(async {
                let Ok(kept) = Kept::native(settings) else { return };
                for one in kept.list().await.unwrap_or_default() {
                    let _ = kept.remove(&one.id).await;
                }
            });
        })
        .join();
        let cgroups = runtime::cgroup::Cgroups::detect(&format!("gantry/{}", self.name)).unwrap();
        for path in cgroups.list().unwrap_or_default() {
            let _ = cgroups.group(&path).unwrap().remove();
        }
        for mount in std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
            for root in [mount.path().join("gantry"), "/sys/fs/cgroup/gantry".into()] {
                let _ = std::fs::remove_dir(root.join(&self.name).join(".keepers"));
                let _ = std::fs::remove_dir(root.join(&self.name));
                let _ = std::fs::remove_dir(root);
            }
            let _ = std::fs::remove_dir(mount.path().join("gantry-keepers"));
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

const TOOLS: [&str; 40] = [
    "sh", "cat", "echo", "ls", "id", "sleep", "true", "false", "grep", "mount", "umount", "mknod", "head", "ps",
    "kill", "touch", "env", "pwd", "hostname", "stat", "dd", "test", "wc", "chroot", "tty", "stty", "ulimit", "mkdir",
    "rm", "ip", "printf", "yes", "cut", "sort", "df", "chown", "readlink", "nsenter", "unshare", "seq",
];

pub fn exited(state: State) -> Exit {
    match state {
        State::Exited(exit) => exit,
        other => panic!("{other:?}"),
    }
}

#[derive(Debug, Default)]
pub struct Said {
    pub out: Vec<String>,
    pub err: Vec<String>,
}

/// All lines so far; of a container that is over, all.
pub async fn lines(runtime: &dyn Runtime, id: &str) -> Said {
    let mut reader = LogReader::open_at(&runtime.log_dir(id), Default::default());
    let mut said = Said::default();
    loop {
        let records = reader.read().unwrap();
        if records.is_empty() {
            return said;
        }
        for record in records {
            if let Record::Line { stream, bytes, .. } = record {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                match stream {
                    Stream::Out => said.out.push(text),
                    Stream::Err => said.err.push(text),
                }
            }
        }
    }
}

/// Waits for a condition, with a bound.
pub async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    for _ in 0..1000 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
