//! System calls without a safe wrapper elsewhere, each made safe here.
//!
//! For: the keeper and the starter. Both are processes with one thread; what a forked child may do here is argued on
//! that ground.
//!
//! Must never know: what a container is.

#![allow(unsafe_code)] // the kernel's edge: calls that no safe crate offers (clone3, mount_setattr, seccomp, capset...)

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ffi::{CStr, CString};
use std::io::{Error, Result};

fn check(ret: libc::c_long) -> Result<libc::c_long> {
    if ret < 0 { Err(Error::last_os_error()) } else { Ok(ret) }
}

/// Wider than the constant that libc has for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Which side of a fork this is.
pub enum Fork {
    Parent { child: i32, pidfd: OwnedFd },
    Child,
}

/// clone3 as a fork, into new namespaces (`flags`) and, on cgroup v2, straight into a cgroup.
///
/// Must be called with one thread in the process: the child goes on with everything, allocator included.
pub fn fork(flags: u64, cgroup: Option<BorrowedFd<'_>>) -> Result<Fork> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all zeroes is a valid clone_args: no flags, no pointers.
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = flags | libc::CLONE_PIDFD as u64;
    args.pidfd = &raw mut pidfd as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    if let Some(cgroup) = cgroup {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup.as_raw_fd() as u64;
    }
    // SAFETY: no CLONE_VM, so the child has its own copy of all memory and returns here as after fork; the process has
    // one thread (our callers' contract), so no lock is held by somebody who is not copied.
    let ret = check(unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<libc::clone_args>()) })?;
    if ret == 0 {
        return Ok(Fork::Child);
    }
    // SAFETY: the kernel has just put a new descriptor there, which nobody else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Fork::Parent {
        child: ret as i32,
        pidfd,
    })
}

/// Ends this process at once, without running anything that the parent meant for itself.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: _exit has no preconditions and does not return.
    unsafe { libc::_exit(code) }
}

/// Closes all descriptors from `first` on, so that a child that never executes anything holds nothing of its parent's.
pub fn close_from(first: u32) {
    // SAFETY: the callers own no descriptor value above `first` that they use or drop afterwards.
    unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
}

/// Marks all descriptors from `first` on to be closed by an execution.
pub fn close_on_exec_from(first: u32) {
    // SAFETY: nothing is closed now.
    unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// The attributes of a mount, as mount_setattr(2) has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct MountAttr {
    pub set: u64,
    pub clear: u64,
    pub propagation: u64,
    pub userns: Option<RawFd>,
}

pub fn mount_setattr(mount: impl AsFd, recursive: bool, attr: MountAttr) -> Result<()> {
    let raw = libc::mount_attr {
        attr_set: attr.set,
        attr_clr: attr.clear,
        propagation: attr.propagation,
        userns_fd: attr.userns.unwrap_or(0) as u64,
    };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string and `raw` lives over the call, with its true size beside it.
    let ret = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const raw,
            size_of::<libc::mount_attr>(),
        )
    };
    check(ret).map(drop)
}

/// One instruction of a filter, as the kernel takes it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Instruction {
    code: u16,
    jt: u8,
    jf: u8,
    k: u32,
}

/// Puts a seccomp filter, given as the kernel's 8-byte instructions, over this thread for good.
pub fn load_seccomp(filter: &[u8]) -> Result<()> {
    let program: Vec<Instruction> = filter
        .chunks_exact(8)
        .map(|one| Instruction {
            code: u16::from_ne_bytes([one[0], one[1]]),
            jt: one[2],
            jf: one[3],
            k: u32::from_ne_bytes([one[4], one[5], one[6], one[7]]),
        })
        .collect();
    let len = u16::try_from(program.len()).map_err(|_| Error::from_raw_os_error(libc::EINVAL))?;
    let raw = libc::sock_fprog {
        len,
        filter: program.as_ptr() as *mut libc::sock_filter,
    };
    // SAFETY: `raw` points to `len` instructions with the layout of sock_filter, alive over the call; the kernel copies
    // and verifies them.
    let ret = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const raw) };
    check(ret).map(drop)
}

/// The three sets a thread has for itself. Bit n is capability n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    pub effective: u64,
    pub permitted: u64,
    pub inheritable: u64,
}

pub fn set_capabilities(caps: Capabilities) -> Result<()> {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let half = |shift: u32| {
        [
            (caps.effective >> shift) as u32,
            (caps.permitted >> shift) as u32,
            (caps.inheritable >> shift) as u32,
        ]
    };
    let data = [half(0), half(32)];
    // SAFETY: version 3 takes a header and two triples of u32, which these are; both live over the call.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw const header, data.as_ptr()) }).map(drop)
}

/// Takes out of the bounding set all that is not in `keep`.
pub fn bound_capabilities(keep: u64) -> Result<()> {
    for cap in 0..64u64 {
        // SAFETY: these prctls take plain numbers.
        let has = unsafe { libc::prctl(libc::PR_CAPBSET_READ, cap, 0, 0, 0) };
        if has < 0 {
            break; // beyond the kernel's last
        }
        if has == 1 && keep & (1 << cap) == 0 {
            // SAFETY: as above.
            check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, cap, 0, 0, 0) }.into())?;
        }
    }
    Ok(())
}

fn prctl(option: i32, value: u64) -> Result<()> {
    // SAFETY: the options used below take one plain number.
    check(unsafe { libc::prctl(option, value, 0, 0, 0) }.into()).map(drop)
}

pub fn keep_capabilities() -> Result<()> {
    prctl(libc::PR_SET_KEEPCAPS, 1)
}

pub fn no_new_privileges() -> Result<()> {
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1)
}

/// Not to be looked into or traced by anyone without CAP_SYS_PTRACE over the whole machine.
pub fn undumpable() -> Result<()> {
    prctl(libc::PR_SET_DUMPABLE, 0)
}

/// Orphans below this process become its children.
pub fn subreaper() -> Result<()> {
    prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
}

/// Get SIGKILL when the parent goes.
pub fn die_with_parent() -> Result<()> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as u64)
}

/// All three user ids, all three group ids and the whole list of further groups.
pub fn set_ids(uid: u32, gid: u32, groups: &[u32]) -> Result<()> {
    // SAFETY: the list is as long as said; the others take plain numbers. Raw calls, because this process has one
    // thread and glibc's wrappers would look for others.
    unsafe {
        check(libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()))?;
        check(libc::syscall(libc::SYS_setresgid, gid, gid, gid))?;
        check(libc::syscall(libc::SYS_setresuid, uid, uid, uid))?;
    }
    Ok(())
}

pub fn set_rlimit(resource: u32, soft: u64, hard: u64) -> Result<()> {
    let new = libc::rlimit64 {
        rlim_cur: soft,
        rlim_max: hard,
    };
    // SAFETY: pid 0 is this process; `new` lives over the call; nothing is written back.
    let ret = unsafe {
        libc::syscall(
            libc::SYS_prlimit64,
            0,
            resource,
            &raw const new,
            std::ptr::null_mut::<u8>(),
        )
    };
    check(ret).map(drop)
}

/// Executes; comes back only with why not.
pub fn execve(program: &CStr, args: &[CString], env: &[CString]) -> Error {
    let pointers = |list: &[CString]| -> Vec<*const libc::c_char> {
        list.iter().map(|one| one.as_ptr()).chain([std::ptr::null()]).collect()
    };
    let (args, env) = (pointers(args), pointers(env));
    // SAFETY: both lists are terminated by null and point to C strings that live over the call.
    unsafe { libc::execve(program.as_ptr(), args.as_ptr(), env.as_ptr()) };
    Error::last_os_error()
}

/// All signals to their defaults and none blocked: what a program expects to be started with. (Rust's own start-up
/// ignores SIGPIPE, and ignoring is inherited.)
pub fn default_signals() {
    // SAFETY: the sets are initialised by sigemptyset; restoring defaults has no preconditions. Signals that cannot be
    // set (9, 19, and glibc's own) answer with an error that changes nothing.
    unsafe {
        for signal in 1..=64 {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Blocks all signals and gives the descriptor on which those in `wanted` are read instead.
pub fn signal_fd(wanted: &[i32]) -> Result<OwnedFd> {
    // SAFETY: the sets are initialised before use; the descriptor is new and ours.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()).into())?;
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in wanted {
            libc::sigaddset(&raw mut set, *signal);
        }
        let fd = check(libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK).into())?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// The numbers of the signals that wait on a signal descriptor.
pub fn read_signals(fd: impl AsFd) -> Vec<i32> {
    let mut buffer = [0u8; size_of::<libc::signalfd_siginfo>() * 16];
    let got = rustix::io::read(fd, &mut buffer).unwrap_or(0);
    buffer[..got]
        .chunks_exact(size_of::<libc::signalfd_siginfo>())
        .map(|one| i32::from_ne_bytes([one[0], one[1], one[2], one[3]]))
        .collect()
}

/// Moves the descriptor to one of the first numbers, without close-on-exec.
pub fn put_at(fd: impl AsFd, number: RawFd) -> Result<()> {
    // SAFETY: the callers give 0, 1 or 2, which no owned descriptor of theirs is.
    check(unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) }.into()).map(drop)
}

/// The descriptor that was handed to this process under this number.
///
/// Must be called at most once for a number, with one that the starter of this process promised.
pub fn inherited(number: RawFd) -> Result<OwnedFd> {
    // SAFETY: F_GETFD only looks; ownership is promised by our caller's contract.
    unsafe {
        check(libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC).into())?;
        Ok(OwnedFd::from_raw_fd(number))
    }
}

/// Any signal, also the real-time ones, to the very process.
pub fn pidfd_signal(pidfd: impl AsFd, signal: i32) -> Result<()> {
    // SAFETY: no siginfo is given (null), the others are plain numbers.
    let ret = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_fd().as_raw_fd(),
            signal,
            std::ptr::null::<u8>(),
            0,
        )
    };
    check(ret).map(drop)
}

/// Sends a signal by number to a process by number, or with a negative one to its group.
pub fn kill(pid: i32, signal: i32) -> Result<()> {
    // SAFETY: plain numbers.
    check(unsafe { libc::kill(pid, signal) }.into()).map(drop)
}

/// New namespaces for this thread, which is the only one.
pub fn unshare(flags: i32) -> Result<()> {
    // SAFETY: no namespace flag touches memory or descriptors (CLONE_FILES and CLONE_VM are not among them).
    check(unsafe { libc::unshare(flags) }.into()).map(drop)
}

/// Waits for one of the blocked signals. None: there are none to wait for (interrupted).
pub fn wait_signal() -> Option<i32> {
    // SAFETY: the set is initialised before use; no siginfo is asked for.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        let got = libc::sigwaitinfo(&raw const all, std::ptr::null_mut());
        (got > 0).then_some(got)
    }
}

/// The other side of a terminal, without a path to it.
pub fn terminal_peer(master: impl AsFd) -> Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes open flags as a plain number and gives a new descriptor, which is ours.
    unsafe {
        let fd = check(libc::ioctl(master.as_fd().as_raw_fd(), libc::TIOCGPTPEER, flags).into())?;
        Ok(OwnedFd::from_raw_fd(fd as RawFd))
    }
}

/// Blocks all signals, to be waited for.
pub fn block_signals() -> Result<()> {
    // SAFETY: the set is initialised before use.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut()).into()).map(drop)
    }
}

/// What this thread could have at most, by its own sets.
pub fn own_permitted() -> u64 {
    rustix::thread::capabilities(None).map_or(0, |sets| sets.permitted.bits())
}

const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;
const LO_FLAGS_AUTOCLEAR: u32 = 4;
const LO_FLAGS_DIRECT_IO: u32 = 16;

/// The number of a loop device that nobody uses.
pub fn free_loop(control: impl AsFd) -> Result<i32> {
    // SAFETY: the request takes no argument and answers with a number.
    check(unsafe { libc::ioctl(control.as_fd().as_raw_fd(), LOOP_CTL_GET_FREE) }.into()).map(|number| number as i32)
}

/// Puts the file behind the loop device, until nobody uses the device any more.
pub fn configure_loop(device: impl AsFd, file: impl AsFd, name: &std::path::Path) -> Result<()> {
    #[repr(C)]
    struct Info {
        device: u64,
        inode: u64,
        rdevice: u64,
        offset: u64,
        size_limit: u64,
        number: u32,
        encrypt_type: u32,
        encrypt_key_size: u32,
        flags: u32,
        file_name: [u8; 64],
        crypt_name: [u8; 64],
        encrypt_key: [u8; 32],
        init: [u64; 2],
    }
    #[repr(C)]
    struct Config {
        fd: u32,
        block_size: u32,
        info: Info,
        reserved: [u64; 8],
    }
    // SAFETY: all zeroes is valid for these plain numbers and arrays.
    let mut config: Config = unsafe { std::mem::zeroed() };
    config.fd = file.as_fd().as_raw_fd() as u32;
    config.info.flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(name.as_os_str());
    let len = bytes.len().min(63);
    config.info.file_name[..len].copy_from_slice(&bytes[..len]);
    for flags in [LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO, LO_FLAGS_AUTOCLEAR] {
        config.info.flags = flags;
        // SAFETY: the layout is the kernel's struct loop_config, alive over the call.
        let done = check(unsafe { libc::ioctl(device.as_fd().as_raw_fd(), LOOP_CONFIGURE, &raw const config) }.into());
        match done {
            // Not every file system under the file can do direct IO.
            Err(why) if why.raw_os_error() == Some(libc::EINVAL) && flags & LO_FLAGS_DIRECT_IO != 0 => {}
            other => return other.map(drop),
        }
    }
    Err(Error::from_raw_os_error(libc::EINVAL))
}
