//! Which of root's powers a container has: names, numbers and the default set.
//!
//! Must never know: how a set is put on a process.

use std::fmt;

/// A set of capabilities, one bit each, as the kernel counts them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Caps(pub u64);

/// The capability's place in this list is its number in the kernel.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// What Docker gives to a container that asks for nothing.
const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCapability(pub String);

impl fmt::Display for UnknownCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no capability named {:?}", self.0)
    }
}

impl std::error::Error for UnknownCapability {}

impl Caps {
    pub const NONE: Caps = Caps(0);
    /// Every capability that has a name here. A running kernel may know fewer.
    pub const ALL: Caps = Caps((1 << NAMES.len()) - 1);

    pub fn docker_default() -> Caps {
        DEFAULT.iter().fold(Caps::NONE, |set, name| set | one(name))
    }

    /// The default set with some added, then some dropped; a privileged container begins with all.
    pub fn wanted(add: &[String], drop: &[String], privileged: bool) -> Result<Caps, UnknownCapability> {
        let start = if privileged { Caps::ALL } else { Caps::docker_default() };
        let added = add.iter().try_fold(start, |set, name| Ok(set | Caps::parse(name)?))?;
        // "All but these" is written as add ALL or drop ALL with names on the other side: a name beats ALL.
        if drop.iter().any(|name| name.eq_ignore_ascii_case("ALL")) {
            return add
                .iter()
                .filter(|name| !name.eq_ignore_ascii_case("ALL"))
                .try_fold(Caps::NONE, |set, name| Ok(set | Caps::parse(name)?));
        }
        drop.iter()
            .try_fold(added, |set, name| Ok(set.without(Caps::parse(name)?)))
    }

    /// `NET_ADMIN`, `CAP_NET_ADMIN` in any case, or `ALL`.
    pub fn parse(name: &str) -> Result<Caps, UnknownCapability> {
        let upper = name.to_ascii_uppercase();
        if upper == "ALL" {
            return Ok(Caps::ALL);
        }
        let short = upper.strip_prefix("CAP_").unwrap_or(&upper);
        match NAMES.iter().position(|known| *known == short) {
            Some(number) => Ok(Caps(1 << number)),
            None => Err(UnknownCapability(name.to_owned())),
        }
    }

    pub fn contains(self, other: Caps) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn without(self, other: Caps) -> Caps {
        Caps(self.0 & !other.0)
    }

    pub fn and(self, other: Caps) -> Caps {
        Caps(self.0 & other.0)
    }

    /// Full names, `CAP_CHOWN` first.
    pub fn names(self) -> Vec<String> {
        let held = NAMES.iter().enumerate().filter(|(number, _)| self.0 >> number & 1 == 1);
        held.map(|(_, name)| format!("CAP_{name}")).collect()
    }
}

impl std::ops::BitOr for Caps {
    type Output = Caps;
    fn bitor(self, other: Caps) -> Caps {
        Caps(self.0 | other.0)
    }
}

impl fmt::Debug for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

fn one(name: &str) -> Caps {
    Caps::parse(name).expect("names in this file are in its own list")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn numbers_are_the_kernels() {
        // From linux/capability.h.
        for (name, number) in [
            ("CHOWN", 0),
            ("SYS_ADMIN", 21),
            ("SETFCAP", 31),
            ("CHECKPOINT_RESTORE", 40),
        ] {
            assert_eq!(Caps::parse(name), Ok(Caps(1 << number)), "{name}");
        }
        assert_eq!(
            Caps::docker_default().0,
            0xa804_25fb,
            "what CapEff shows in a Docker container"
        );
    }

    #[test]
    fn names_are_taken_in_any_form() {
        for name in ["NET_ADMIN", "cap_net_admin", "CAP_NET_ADMIN", "net_admin"] {
            assert_eq!(Caps::parse(name), Ok(Caps(1 << 12)), "{name}");
        }
        assert_eq!(Caps::parse("NET_ADMINS"), Err(UnknownCapability("NET_ADMINS".into())));
    }

    #[test]
    fn a_name_beats_all() {
        let wanted = |add, drop| {
            Caps::wanted(&names(add), &names(drop), false)
                .unwrap()
                .names()
                .join(" ")
        };
        assert_eq!(wanted("CHOWN", "ALL"), "CAP_CHOWN");
        assert_eq!(wanted("", "ALL"), "");
        assert_eq!(
            Caps::wanted(&names("ALL"), &names("SYS_ADMIN"), false).unwrap(),
            Caps::ALL.without(one("SYS_ADMIN"))
        );
    }

    proptest! {
        #[test]
        fn never_more_than_asked(add in 0u64..1 << 41, drop in 0u64..1 << 41) {
            let got = Caps::wanted(&Caps(add).names(), &Caps(drop).names(), false).unwrap();
            prop_assert_eq!(got.and(Caps(drop)), Caps::NONE);
            prop_assert!((Caps::docker_default() | Caps(add)).contains(got));
        }
    }
}
