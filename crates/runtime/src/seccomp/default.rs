//! The profile of a container that asks for none: Docker's in effect.
//!
//! What is not here is refused: calls that change the whole machine (kernel modules, clocks, swap, keyrings, reboot), that
//! open new views of it (mounts, namespaces, file handles), or that have often been the way out of a container
//! (io_uring, userfaultfd, bpf, perf). Some come back with the capability that they need anyhow.

use super::profile::{Action, Condition, Operator, Profile, Rule};
use crate::spec::Caps;

const EPERM: u16 = libc::EPERM as u16;
const ENOSYS: u16 = libc::ENOSYS as u16;

/// Allowed to everyone, whatever the arguments.
const ALWAYS: &[&str] = &[
    // Files by name
    "access chdir chmod chown creat faccessat faccessat2 fchmodat fchmodat2 fchownat futimesat getcwd lchown link linkat lstat",
    "mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2 readlink readlinkat rename renameat renameat2",
    "rmdir stat statfs statx symlink symlinkat truncate umask unlink unlinkat utime utimensat utimes",
    "listmount statmount",
    // Attributes beside files
    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr",
    "lsetxattr removexattr removexattrat setxattr setxattrat file_getattr file_setattr",
    // Open files
    "cachestat close close_range copy_file_range dup dup2 dup3 fadvise64 fallocate fchdir fchmod fchown fcntl fdatasync flock",
    "fstat fstatfs fsync ftruncate getdents getdents64 ioctl lseek pread64 preadv preadv2 pwrite64 pwritev pwritev2 read",
    "readahead readv sendfile splice sync sync_file_range syncfs tee vmsplice write writev",
    // Waiting for them
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2",
    "fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents",
    "io_pgetevents io_setup io_submit poll ppoll pselect6 select signalfd signalfd4",
    // Sockets, but for making them
    "accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto",
    "setsockopt shutdown socketpair",
    // Memory
    "brk madvise map_shadow_stack memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mprotect mremap mseal msync",
    "munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages membarrier",
    // Between processes
    "futex futex_requeue futex_wait futex_waitv futex_wake get_robust_list set_robust_list mq_getsetattr mq_notify mq_open",
    "mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2 semctl semget semop semtimedop shmat shmctl",
    "shmdt shmget",
    // Processes and threads, but for cloning them
    "execve execveat exit exit_group fork vfork wait4 waitid getpgid getpgrp getpid getppid getpriority getsid gettid getcpu",
    "pidfd_open pidfd_send_signal prctl restart_syscall rseq seccomp set_thread_area get_thread_area set_tid_address setpgid",
    "setpriority setsid ioprio_get ioprio_set uprobe uretprobe",
    // Looking into other processes: the kernel asks for the same user and for being dumpable
    "process_vm_readv process_vm_writev ptrace",
    // Who one is
    "capget capset getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups setregid",
    "setresgid setresuid setreuid setuid landlock_add_rule landlock_create_ruleset landlock_restrict_self",
    // How one is scheduled, and within which limits
    "getrlimit getrusage prlimit64 sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam",
    "sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield",
    "setrlimit sysinfo times uname",
    // Signals
    "kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait",
    "rt_tgsigqueueinfo sigaltstack tgkill tkill",
    // Time. Setting it needs a capability that no container has by default; adjtimex also reads it.
    "adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time",
    "timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime",
    // The rest that any program may need
    "getrandom arch_prctl modify_ldt",
];

/// Allowed to who has the capability.
const WITH: &[(&str, &str)] = &[
    ("DAC_READ_SEARCH", "open_by_handle_at"),
    (
        "SYS_ADMIN",
        "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount \
         open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount2 unshare",
    ),
    ("SYS_BOOT", "reboot"),
    ("SYS_CHROOT", "chroot"),
    ("SYS_MODULE", "delete_module finit_module init_module"),
    ("SYS_PACCT", "acct"),
    ("SYS_PTRACE", "kcmp pidfd_getfd process_madvise"),
    ("SYS_RAWIO", "ioperm iopl"),
    ("SYS_TIME", "clock_settime settimeofday"),
    ("SYS_TTY_CONFIG", "vhangup"),
    ("SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
    ("SYSLOG", "syslog"),
    ("BPF", "bpf"),
    ("PERFMON", "perf_event_open"),
];

/// The flags with which clone makes namespaces.
const NAMESPACES: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// Personalities that change what uname says and no more, and the question for the present one.
const PERSONALITIES: [u64; 5] = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// For a container that can never have more than these capabilities.
pub fn default_profile(caps: Caps) -> Profile {
    let has = |name: &str| caps.contains(Caps::parse(name).expect("names in this file are capabilities"));
    let mut rules = vec![rule(ALWAYS.iter().copied(), Action::Allow, None)];
    for (name, calls) in WITH {
        if has(name) {
            rules.push(rule([*calls], Action::Allow, None));
        }
    }
    if !has("SYS_ADMIN") {
        rules.push(rule(
            ["clone"],
            Action::Allow,
            Some((Operator::MaskedEqual { mask: NAMESPACES }, 0)),
        ));
        // Its flags are in memory, out of a filter's sight; told that there is no such call, C libraries take clone.
        rules.push(rule(["clone3"], Action::Errno(ENOSYS), None));
    }
    for personality in PERSONALITIES {
        rules.push(rule(
            ["personality"],
            Action::Allow,
            Some((Operator::Equal, personality)),
        ));
    }
    // Straight to the hypervisor or to other guests: such sockets belong to no network namespace.
    rules.push(rule(
        ["socket"],
        Action::Allow,
        Some((Operator::NotEqual, libc::AF_VSOCK as u64)),
    ));
    Profile {
        default: Action::Errno(EPERM),
        rules,
    }
}

/// Conditions here are all on the first argument.
fn rule<'a>(lines: impl IntoIterator<Item = &'a str>, action: Action, when: Option<(Operator, u64)>) -> Rule
where
    'a: 'static,
{
    Rule {
        names: lines
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(Into::into)
            .collect(),
        action,
        when: when
            .map(|(operator, value)| Condition {
                argument: 0,
                operator,
                value,
            })
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(caps: &str, call: syscalls::Sysno, first: u64) -> Action {
        let added: Vec<String> = caps.split_whitespace().map(str::to_owned).collect();
        default_profile(Caps::wanted(&added, &[], false).unwrap()).decide(call.id() as u32, &[first, 0, 0, 0, 0, 0])
    }

    #[test]
    fn every_name_is_there_once_and_spelled_as_some_architecture_has_it() {
        let with = WITH
            .iter()
            .filter(|(cap, _)| !["SYSLOG", "BPF", "PERFMON"].contains(cap))
            .map(|(_, calls)| *calls);
        let mut names: Vec<&str> = ALWAYS
            .iter()
            .copied()
            .chain(with)
            .flat_map(str::split_whitespace)
            .collect();
        // Newer than the table of numbers: passed over until that knows them.
        let unknown: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| name.parse::<syscalls::Sysno>().is_err())
            .collect();
        if cfg!(target_arch = "x86_64") {
            assert_eq!(unknown, NOT_YET);
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    const NOT_YET: [&str; 0] = [];

    #[test]
    fn a_capability_brings_its_calls() {
        use syscalls::Sysno;
        let refused = Action::Errno(EPERM);
        for (caps, call) in [
            ("SYS_ADMIN", Sysno::mount),
            ("SYS_ADMIN", Sysno::unshare),
            ("BPF", Sysno::bpf),
            ("SYS_TIME", Sysno::settimeofday),
        ] {
            assert_eq!(
                (decide("", call, 0), decide(caps, call, 0)),
                (refused, Action::Allow),
                "{call}"
            );
        }
        for call in [
            Sysno::keyctl,
            Sysno::io_uring_setup,
            Sysno::userfaultfd,
            Sysno::kexec_load,
            Sysno::swapon,
            Sysno::pivot_root,
        ] {
            assert_eq!(decide("ALL", call, 0), refused, "{call} is for nobody");
        }
    }

    #[test]
    fn arguments_decide_where_they_must() {
        use syscalls::Sysno;
        let refused = Action::Errno(EPERM);
        let thread = (libc::CLONE_VM | libc::CLONE_THREAD | libc::SIGCHLD) as u64;
        assert_eq!(decide("", Sysno::clone, thread), Action::Allow);
        for flag in [
            libc::CLONE_NEWUSER,
            libc::CLONE_NEWNS,
            libc::CLONE_NEWNET,
            libc::CLONE_NEWPID,
        ] {
            assert_eq!(decide("", Sysno::clone, thread | flag as u64), refused);
            assert_eq!(decide("SYS_ADMIN", Sysno::clone, thread | flag as u64), Action::Allow);
        }
        assert_eq!(decide("", Sysno::clone3, 0), Action::Errno(ENOSYS));
        assert_eq!(decide("SYS_ADMIN", Sysno::clone3, 0), Action::Allow);
        assert_eq!(decide("", Sysno::socket, 2), Action::Allow);
        assert_eq!(decide("ALL", Sysno::socket, 40), refused);
        assert_eq!(decide("", Sysno::personality, 8), Action::Allow);
        assert_eq!(
            decide("", Sysno::personality, 0x4_0000),
            refused,
            "no switching off of address randomisation"
        );
    }
}
