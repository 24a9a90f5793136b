//! A writable directory with a limit: a file system in a sparse file, mounted where only its containers see it.
//!
//! Making a file system writes and syncs a lot that is the same each time, so an empty one of each size is kept and copied,
//! data without holes: a quarter of a megabyte, whatever the size.
//!
//! The loop device is told to go with its last mount, so nothing is left when the containers are gone, however they
//! went; the file is the caller's.
//!
//! Must never know: what is written.

use super::{Step, Stop};
use crate::spec::Rootfs;
use crate::sys;
use rustix::fd::OwnedFd;
use rustix::fs::{FlockOperation, Mode, OFlags, SeekFrom, copy_file_range, fstat, open, seek};
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount as mount_now};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// As many loop devices are looked at as somebody could have.
const MAX_LOOPS: u32 = 4096;
const MAX_TRIES: usize = 32;

pub fn mount(rootfs: &Rootfs, limit_mib: u64) -> Result<(), Stop> {
    let file = rootfs.size_limit_file.clone().unwrap_or_else(|| {
        let mut name = rootfs.writable.clone().into_os_string();
        name.push(".img");
        PathBuf::from(name)
    });
    let image = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&file)
        .step("open the writable layer's file")?;
    // Whoever comes first makes the file system and the device; the others wait and find them.
    rustix::fs::flock(&image, FlockOperation::LockExclusive).step("lock the writable layer's file")?;
    if image.metadata().step("look at the writable layer's file")?.len() == 0 {
        make(&image, &file, rootfs, limit_mib).step("make the writable layer's file system")?;
    }
    let (device, _held) = attach(&image, &file).step("attach the writable layer's file")?;
    mount_now(&device, &rootfs.writable, "ext4", MountFlags::empty(), None)
        .step("mount the writable layer's file system")?;
    // Said, because the device shares our open file, and would keep the lock for as long as it lives.
    rustix::fs::flock(&image, FlockOperation::Unlock).step("unlock the writable layer's file")
}

fn make(image: &File, path: &Path, rootfs: &Rootfs, limit_mib: u64) -> io::Result<()> {
    let copied = match &rootfs.size_limit_templates {
        Some(templates) => template(templates, limit_mib).and_then(|template| copy(&template, image)),
        None => Err(ErrorKind::Unsupported.into()),
    };
    // For whatever reason there is no copy, there may still be a new one, or else its reason.
    copied.or_else(|_| format(image, path, limit_mib))
}

/// The empty file system of this size, made if nobody has yet.
fn template(templates: &Path, limit_mib: u64) -> io::Result<File> {
    // The options of `format` are part of what it is.
    let path = templates.join(format!("ext4-1-{limit_mib}"));
    if let Ok(template) = File::open(&path) {
        return Ok(template);
    }
    std::fs::create_dir_all(templates)?;
    let new = templates.join(format!("ext4-1-{limit_mib}.new"));
    let made = OpenOptions::new().write(true).create(true).truncate(false).open(&new)?;
    rustix::fs::flock(&made, FlockOperation::LockExclusive)?;
    if let Ok(template) = File::open(&path) {
        let _ = std::fs::remove_file(&new); // somebody was faster, and this may be another file than the one they made
        return Ok(template);
    }
    made.set_len(0)?; // of one who was killed at it
    format(&made, &new, limit_mib)?;
    std::fs::rename(&new, &path)?;
    File::open(&path)
}

fn copy(from: &File, to: &File) -> io::Result<()> {
    to.set_len(0)?;
    to.set_len(from.metadata()?.len())?;
    let mut at = 0;
    loop {
        let mut data = match seek(from, SeekFrom::Data(at)) {
            Err(Errno::NXIO) => return Ok(()), // only a hole is left
            data => data?,
        };
        let end = seek(from, SeekFrom::Hole(data))?;
        while data < end {
            let (mut read, mut write) = (data, data);
            let length = usize::try_from(end - data).unwrap_or(usize::MAX);
            match copy_file_range(from, Some(&mut read), to, Some(&mut write), length)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                copied => data += copied as u64,
            }
        }
        at = end;
    }
}

fn format(image: &File, path: &Path, limit_mib: u64) -> io::Result<()> {
    image.set_len(0)?;
    image.set_len(limit_mib << 20)?;
    // No journal: the layer dies with its task. No room to grow: it never does. No reserve for root, who is the
    // container. Tables are made when needed.
    let made = Command::new("mkfs.ext4")
        .args([
            "-q",
            "-F",
            "-m",
            "0",
            "-O",
            "^has_journal,^resize_inode",
            "-E",
            "lazy_itable_init=1,root_owner=0:0",
        ])
        .arg(path)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::null())
        .output();
    let made = match made {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(io::Error::other(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        )),
        Err(why) => Err(io::Error::other(format!("mkfs.ext4: {why}"))),
    };
    if made.is_err() {
        let _ = image.set_len(0); // the next one tries again
    }
    made
}

/// The loop device of the file, an old one or a new one, held open until it is mounted.
fn attach(image: &File, path: &Path) -> io::Result<(PathBuf, OwnedFd)> {
    let wanted = fstat(image)?;
    for number in 0..MAX_LOOPS {
        let backing = format!("/sys/block/loop{number}/loop/backing_file");
        if !Path::new(&format!("/sys/block/loop{number}")).exists() {
            break;
        }
        let Ok(name) = std::fs::read_to_string(backing) else {
            continue;
        };
        let same = std::fs::metadata(name.trim_end()).is_ok_and(|meta| {
            std::os::unix::fs::MetadataExt::ino(&meta) == wanted.st_ino
                && std::os::unix::fs::MetadataExt::dev(&meta) == wanted.st_dev
        });
        if same {
            let device = PathBuf::from(format!("/dev/loop{number}"));
            // Opened before it is looked at again: an open device does not go away.
            let held = open(&device, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
            if std::fs::read_to_string(format!("/sys/block/loop{number}/loop/backing_file")).is_ok() {
                return Ok((device, held));
            }
        }
    }
    let control = open("/dev/loop-control", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    for _ in 0..MAX_TRIES {
        let number = sys::free_loop(&control)?;
        let device = PathBuf::from(format!("/dev/loop{number}"));
        let held = open(&device, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        match sys::configure_loop(&held, image, path) {
            Ok(()) => return Ok((device, held)),
            Err(why) if why.raw_os_error() == Some(libc::EBUSY) => {} // somebody was faster
            Err(why) => return Err(why),
        }
    }
    Err(io::Error::other("no free loop device"))
}
