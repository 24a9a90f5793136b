//! The default profile's filter on real processes of this kernel.

#![allow(clippy::unwrap_used)] // all of this file is test
#![allow(unsafe_code)] // loads filters and makes calls as a program would

use runtime::seccomp::Filters;
use runtime::spec::{Caps, ContainerSpec};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Makes one call in a child under the filter: its error number, or 0.
fn call(caps: Caps, number: libc::c_long, arguments: [u64; 3]) -> i32 {
    let filter = Filters::default().of(&ContainerSpec::default(), caps).unwrap().unwrap();
    let mut command = Command::new("/bin/true");
    let under_filter = move || {
        let program = libc::sock_fprog {
            len: filter.instructions() as u16,
            filter: filter.as_bytes().as_ptr() as *mut libc::sock_filter,
        };
        // SAFETY: plain system calls; `program` points to as many whole instructions as it says, which the kernel copies.
        unsafe {
            if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) != 0
            {
                return Err(io::Error::from_raw_os_error(9999));
            }
            let [one, two, three] = arguments;
            if libc::syscall(number, one, two, three, 0, 0, 0) < 0 {
                Err(io::Error::last_os_error())
            } else {
                Ok(())
            }
        }
    };
    // SAFETY: what runs between fork and exec makes system calls and nothing else.
    unsafe { command.pre_exec(under_filter) };
    match command.spawn() {
        Ok(mut child) => {
            assert!(
                child.wait().unwrap().success(),
                "an ordinary program runs under the filter"
            );
            0
        }
        Err(error) => error.raw_os_error().unwrap(),
    }
}

#[test]
fn an_ordinary_container_is_refused_what_it_must_not_do() {
    let ordinary = |number, first: u64| call(Caps::docker_default(), number, [first, 0, 0]);
    assert_eq!(ordinary(libc::SYS_getpid, 0), 0);
    assert_eq!(ordinary(libc::SYS_unshare, libc::CLONE_FILES as u64), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_mount, 0), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_bpf, 0), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_keyctl, 0), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_io_uring_setup, 1), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_clone, libc::CLONE_NEWUSER as u64), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_clone3, 0), libc::ENOSYS);
    assert_eq!(ordinary(libc::SYS_socket, libc::AF_VSOCK as u64), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_personality, 0x4_0000), libc::EPERM);
    assert_eq!(ordinary(libc::SYS_personality, 0xffff_ffff), 0);
    // Not there yet, or one of x32's.
    assert_eq!(ordinary(4000, 0), libc::ENOSYS);
    assert_eq!(ordinary(0x4000_0000 | libc::SYS_getpid, 0), libc::ENOSYS);
}

#[test]
fn with_the_capability_the_kernel_itself_decides() {
    let admin = Caps::wanted(&["SYS_ADMIN".to_owned()], &[], false).unwrap();
    assert_eq!(call(admin, libc::SYS_unshare, [libc::CLONE_FILES as u64, 0, 0]), 0);
    assert_ne!(call(admin, libc::SYS_clone3, [0, 0, 0]), libc::ENOSYS);
    assert_eq!(call(admin, libc::SYS_keyctl, [0, 0, 0]), libc::EPERM, "for nobody");
}

/// The gate of the 32-bit elder: `int 0x80` is refused, whatever its number would mean.
#[test]
#[cfg(target_arch = "x86_64")]
fn the_32_bit_gate_is_shut() {
    let filter = Filters::default()
        .of(&ContainerSpec::default(), Caps::docker_default())
        .unwrap()
        .unwrap();
    let mut command = Command::new("/bin/true");
    let through_gate = move || {
        let program = libc::sock_fprog {
            len: filter.instructions() as u16,
            filter: filter.as_bytes().as_ptr() as *mut libc::sock_filter,
        };
        let mut result: i64 = 20; // getpid of i386
        // SAFETY: as above; the gate takes its number in rax, answers there, and may spoil r8 to r11.
        unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program);
            std::arch::asm!("int 0x80", inout("rax") result, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        Err(io::Error::from_raw_os_error(if result < 0 {
            -result as i32
        } else {
            9999
        }))
    };
    // SAFETY: what runs between fork and exec makes system calls and nothing else.
    unsafe { command.pre_exec(through_gate) };
    let error = command.spawn().unwrap_err().raw_os_error().unwrap();
    // A kernel built without the gate kills who calls it, which this one says by ENOSYS.
    assert!([libc::EPERM, libc::ENOSYS].contains(&error), "{error}");
}
