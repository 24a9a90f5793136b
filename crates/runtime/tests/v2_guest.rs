//! The other kind of cgroups: this crate's tests once more, in a small guest whose kernel has v2 and nothing else.
//!
//! The guest is Debian's cloud kernel (downloaded and unpacked, never installed) with a memory disk of busybox, the test
//! programs and the libraries they ask for. What it prints on its serial line is read here. The test programs are those
//! that lie built beside this one: build all tests of the crate, not this one alone.

#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used)] // all of this file is test

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Boot takes some ten seconds.
const MAX_SECONDS: &str = "240";

/// Not in the guest: tests whose names contain these.
const LEFT_OUT: [&str; 5] = [
    // Another runtime does its own cgroups; that it is driven well is seen on the host.
    "runc",
    "crun",
    // Too much for a machine that is emulated.
    "a_line_without_end_needs_no_memory",
    "a_hundred_at_once_all_end_well",
    // The guest's disk is a tmpfs, whose owners a kernel before 6.3 cannot map.
    "a_users_own_namespace_makes_root_nobody_outside",
];

/// Tools of the host that tests call, when they are there.
const TOOLS: [&str; 4] = ["/usr/sbin/mkfs.ext4", "/etc/mke2fs.conf", "/usr/bin/true", "/bin/true"];

/// From the memory disk to a root that can be pivoted away from, then all tests, then off.
const INIT: &str = r#"#!/bin/busybox sh
bb=/bin/busybox
if [ "$1" != second ]; then
    $bb mkdir -p /new
    $bb mount -t tmpfs -o size=80%,mode=755 tmpfs /new
    for one in /*; do [ $one = /new ] || $bb cp -a $one /new; done
    exec $bb switch_root /new /init second
fi
export PATH=/bin:/usr/bin:/sbin:/usr/sbin RUST_BACKTRACE=0
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
$bb mkdir -p /dev/pts /dev/shm /dev/mqueue
$bb mount -t devpts devpts /dev/pts
$bb mount -t tmpfs tmpfs /dev/shm
$bb mount -t mqueue mqueue /dev/mqueue
$bb mount -t cgroup2 cgroup2 /sys/fs/cgroup
for module in /modules/*; do $bb insmod $module; done
$bb ip link set lo up
for test in /tests/*; do
    $test --include-ignored LEFT_OUT 2>&1
    echo "guest: ${test##*/} ended with $?"
done
echo "guest: done"
$bb poweroff -f
"#;

#[test]
#[ignore = "needs root"]
fn all_holds_on_v2() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v2-guest");
    fs::create_dir_all(&work).unwrap();
    let (kernel, modules) = kernel(&work);
    let tests = tests();
    assert!(!tests.is_empty(), "no test programs lie beside this one");

    let mut disk = Disk::default();
    for directory in ["proc", "sys", "dev", "tmp", "run", "var/tmp", "root", "etc"] {
        disk.directory(Path::new("/").join(directory).as_path());
    }
    let left_out: Vec<String> = LEFT_OUT.iter().map(|name| format!("--skip {name}")).collect();
    let init = INIT.replace("LEFT_OUT", &left_out.join(" "));
    disk.file(Path::new("/init"), init.as_bytes(), 0o755);
    disk.file(Path::new("/etc/passwd"), b"root:x:0:0:root:/root:/bin/sh\n", 0o644);
    disk.file(Path::new("/etc/group"), b"root:x:0:\n", 0o644);
    disk.copy(Path::new("/bin/busybox"), Path::new("/bin/busybox"));
    for module in &modules {
        disk.copy(module, &Path::new("/modules").join(module.file_name().unwrap()));
    }
    for tool in TOOLS.iter().map(Path::new).filter(|tool| tool.exists()) {
        disk.program(tool, tool);
    }
    let keeper = Path::new(env!("CARGO_BIN_EXE_gantry-keeper"));
    disk.program(keeper, keeper);
    for (name, program) in &tests {
        disk.program(program, &Path::new("/tests").join(name));
    }
    let image = work.join(format!("disk-{}.cpio", std::process::id()));
    fs::write(&image, disk.done()).unwrap();

    let output = Command::new("timeout")
        .args(["--kill-after=5", MAX_SECONDS, "qemu-system-x86_64"])
        // Without KVM: inside another guest it may be offered and then not run, and nothing here is worth the wait.
        .args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048"])
        .args(["-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"])
        .arg("-kernel")
        .arg(kernel)
        .arg("-initrd")
        .arg(&image)
        .args(["-append", "console=ttyS0 quiet loglevel=0 panic=-1 random.trust_cpu=on"])
        .output()
        .unwrap();
    fs::remove_file(&image).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        said.contains("guest: done"),
        "the guest did not come to its end: {output:?}"
    );
    for (name, _) in &tests {
        assert!(
            said.contains(&format!("guest: {name} ended with 0")),
            "{name} failed in the guest"
        );
    }
}

/// The other test programs of this crate, by name: of each the newest build.
fn tests() -> Vec<(String, PathBuf)> {
    let own = std::env::current_exe().unwrap();
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap();
    let mut found = Vec::new();
    for source in sources {
        let source = source.unwrap().path();
        let name = source.file_stem().unwrap().to_str().unwrap().to_owned();
        if source.extension().is_none_or(|extension| extension != "rs") || name == "v2_guest" {
            continue;
        }
        let builds = fs::read_dir(own.parent().unwrap()).unwrap().map(|entry| entry.unwrap());
        let of_it = builds.filter(|entry| {
            let file = entry.file_name();
            let hash = file
                .to_str()
                .and_then(|file| file.strip_prefix(&name)?.strip_prefix('-'));
            hash.is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
        });
        let newest = of_it.max_by_key(|entry| entry.metadata().unwrap().modified().unwrap());
        found.push((
            name.clone(),
            newest.unwrap_or_else(|| panic!("{name} is not built")).path(),
        ));
    }
    found.sort();
    found
}

/// The kernel, and the modules that containers need of it.
fn kernel(work: &Path) -> (PathBuf, Vec<PathBuf>) {
    let unpacked = work.join("kernel");
    let image = || find(&unpacked.join("boot"), "vmlinuz").pop();
    if image().is_none() {
        let package = newest_package();
        let fetched = work.join("fetched");
        let _ = fs::remove_dir_all(&fetched);
        fs::create_dir_all(&fetched).unwrap();
        // apt gives downloads to a user of its own where it can.
        run(Command::new("apt-get")
            .args(["download", "-o", "APT::Sandbox::User=root", &package])
            .current_dir(&fetched));
        let archive = find(&fetched, "linux-image").pop().unwrap();
        // In place only when it is whole.
        run(Command::new("dpkg-deb")
            .arg("-x")
            .arg(archive)
            .arg(fetched.join("unpacked")));
        fs::rename(fetched.join("unpacked"), &unpacked).unwrap();
        fs::remove_dir_all(&fetched).unwrap();
    }
    let mut modules = Vec::new();
    for name in ["overlay.ko", "loop.ko"] {
        modules.extend(find(&unpacked.join("lib/modules"), name));
    }
    assert_eq!(modules.len(), 2, "{modules:?}");
    (image().unwrap(), modules)
}

fn newest_package() -> String {
    let ask = || run(Command::new("apt-cache").args(["depends", "linux-image-cloud-amd64"]));
    let named = |text: String| {
        Some(
            text.lines()
                .find_map(|line| line.trim().strip_prefix("Depends: "))?
                .to_owned(),
        )
    };
    named(ask())
        .or_else(|| {
            run(Command::new("apt-get").arg("update"));
            named(ask())
        })
        .expect("Debian has a cloud kernel")
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Files below whose names begin so.
fn find(top: &Path, begin: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(top).into_iter().flatten() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(find(&entry.path(), begin));
        } else if entry.file_name().to_str().is_some_and(|name| name.starts_with(begin)) {
            found.push(entry.path());
        }
    }
    found
}

/// A memory disk in the form that kernels unpack (cpio, "newc").
#[derive(Default)]
struct Disk {
    bytes: Vec<u8>,
    there: BTreeSet<PathBuf>,
}

impl Disk {
    /// The program and every library it asks for, these at their own places.
    fn program(&mut self, from: &Path, to: &Path) {
        self.copy(from, to);
        // What has no libraries makes ldd fail, and adds none.
        let output = Command::new("ldd").arg(from).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for library in text.split_whitespace().filter(|word| word.starts_with('/')) {
            self.copy(Path::new(library), Path::new(library));
        }
    }

    fn copy(&mut self, from: &Path, to: &Path) {
        let mode = fs::metadata(from).unwrap().permissions().mode() & 0o777;
        self.file(to, &fs::read(from).unwrap(), mode);
    }

    fn file(&mut self, path: &Path, content: &[u8], mode: u32) {
        self.directory(path.parent().unwrap());
        self.entry(path, content, 0o100_000 | mode);
    }

    fn directory(&mut self, path: &Path) {
        let mut above: Vec<&Path> = path.ancestors().filter(|one| one.parent().is_some()).collect();
        above.reverse();
        for one in above {
            self.entry(one, b"", 0o040_755);
        }
    }

    fn entry(&mut self, path: &Path, content: &[u8], mode: u32) {
        if self.there.insert(path.to_owned()) {
            let name = path.to_str().unwrap().trim_start_matches('/');
            self.raw(name, content, mode);
        }
    }

    fn raw(&mut self, name: &str, content: &[u8], mode: u32) {
        let number = self.there.len() as u32;
        let fields = [
            number,
            mode,
            0,
            0,
            1,
            0,
            content.len() as u32,
            0,
            0,
            0,
            0,
            name.len() as u32 + 1,
            0,
        ];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        for part in [name.as_bytes(), b"\0"] {
            self.bytes.extend(part);
        }
        self.pad();
        self.bytes.extend(content);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    fn done(mut self) -> Vec<u8> {
        self.raw("TRAILER!!!", b"", 0);
        self.bytes
    }
}
