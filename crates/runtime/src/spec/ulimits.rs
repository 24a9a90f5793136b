//! Resource limits of a process, clamped to what this process may give.
//!
//! Must never know: how they are set.

use super::container::Ulimit;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    pub name: &'static str,
    pub number: u32,
}

pub const RESOURCES: [Resource; 16] = [
    Resource {
        name: "cpu",
        number: libc::RLIMIT_CPU,
    },
    Resource {
        name: "fsize",
        number: libc::RLIMIT_FSIZE,
    },
    Resource {
        name: "data",
        number: libc::RLIMIT_DATA,
    },
    Resource {
        name: "stack",
        number: libc::RLIMIT_STACK,
    },
    Resource {
        name: "core",
        number: libc::RLIMIT_CORE,
    },
    Resource {
        name: "rss",
        number: libc::RLIMIT_RSS,
    },
    Resource {
        name: "nproc",
        number: libc::RLIMIT_NPROC,
    },
    Resource {
        name: "nofile",
        number: libc::RLIMIT_NOFILE,
    },
    Resource {
        name: "memlock",
        number: libc::RLIMIT_MEMLOCK,
    },
    Resource {
        name: "as",
        number: libc::RLIMIT_AS,
    },
    Resource {
        name: "locks",
        number: libc::RLIMIT_LOCKS,
    },
    Resource {
        name: "sigpending",
        number: libc::RLIMIT_SIGPENDING,
    },
    Resource {
        name: "msgqueue",
        number: libc::RLIMIT_MSGQUEUE,
    },
    Resource {
        name: "nice",
        number: libc::RLIMIT_NICE,
    },
    Resource {
        name: "rtprio",
        number: libc::RLIMIT_RTPRIO,
    },
    Resource {
        name: "rttime",
        number: libc::RLIMIT_RTTIME,
    },
];

/// A limit as it is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rlimit {
    pub resource: Resource,
    pub soft: u64,
    pub hard: u64,
}

pub fn resource(name: &str) -> Option<Resource> {
    let lower = name.to_ascii_lowercase();
    let short = lower.strip_prefix("rlimit_").unwrap_or(&lower);
    RESOURCES.into_iter().find(|resource| resource.name == short)
}

/// What was asked, or as much of it as may be given: without CAP_SYS_RESOURCE no hard limit can go up.
pub fn clamp(resource: Resource, asked: &Ulimit, own_hard: u64, may_raise: bool) -> Rlimit {
    let hard = if may_raise {
        asked.hard
    } else {
        asked.hard.min(own_hard)
    };
    Rlimit {
        resource,
        soft: asked.soft.min(hard),
        hard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_in_any_form() {
        for name in ["nofile", "NOFILE", "RLIMIT_NOFILE"] {
            assert_eq!(
                resource(name).map(|found| found.number),
                Some(libc::RLIMIT_NOFILE),
                "{name}"
            );
        }
        assert_eq!(resource("files"), None);
    }

    proptest! {
        #[test]
        fn never_more_than_asked_nor_than_ours(soft: u64, hard: u64, own: u64, may_raise: bool) {
            let asked = Ulimit { name: "nofile".into(), soft, hard };
            let given = clamp(resource("nofile").unwrap(), &asked, own, may_raise);
            prop_assert!(given.soft <= given.hard && given.hard <= hard && given.soft <= soft);
            prop_assert!(may_raise || given.hard <= own);
        }
    }
}
