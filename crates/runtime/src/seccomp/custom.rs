//! Profiles of users, in the JSON that Docker's `--security-opt seccomp=FILE` takes.
//!
//! Parts of it that depend on something are decided here: on capabilities, architecture and kernel. Other architectures
//! than the machine's own are never admitted, whatever the file lists.

use super::filters::SeccompError;
use super::profile::{Action, Condition, Operator, Profile, Rule};
use crate::spec::Caps;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    default_action: String,
    default_errno_ret: Option<u16>,
    #[serde(default)]
    syscalls: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    names: Vec<String>,
    name: Option<String>,
    action: String,
    errno_ret: Option<u16>,
    args: Option<Vec<Argument>>,
    #[serde(default)]
    includes: Circumstances,
    #[serde(default)]
    excludes: Circumstances,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Argument {
    index: u8,
    value: u64,
    #[serde(default)]
    value_two: u64,
    op: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Circumstances {
    caps: Option<Vec<String>>,
    arches: Option<Vec<String>>,
    min_kernel: Option<String>,
}

/// `kernel` is the running one's version.
pub fn parse(json: &[u8], caps: Caps, kernel: (u32, u32)) -> Result<Profile, SeccompError> {
    let file: File = serde_json::from_slice(json).map_err(|error| SeccompError::Profile(error.to_string()))?;
    let mut rules = Vec::new();
    for entry in file.syscalls {
        if !entry.includes.all_hold(caps, kernel)? || entry.excludes.any_holds(caps, kernel)? {
            continue;
        }
        let names: Vec<_> = entry.names.into_iter().chain(entry.name).map(Into::into).collect();
        let action = action(&entry.action, entry.errno_ret)?;
        let when = entry
            .args
            .unwrap_or_default()
            .iter()
            .map(condition)
            .collect::<Result<Vec<_>, _>>()?;
        // Several conditions on one argument cannot have been meant to hold together: each is a rule, as in runc.
        let twice = |one: &Condition| when.iter().filter(|other| other.argument == one.argument).count() > 1;
        if when.iter().any(twice) {
            rules.extend(when.iter().map(|one| Rule {
                names: names.clone(),
                action,
                when: vec![*one],
            }));
        } else {
            rules.push(Rule { names, action, when });
        }
    }
    Ok(Profile {
        default: action(&file.default_action, file.default_errno_ret)?,
        rules,
    })
}

impl Circumstances {
    fn all_hold(&self, caps: Caps, kernel: (u32, u32)) -> Result<bool, SeccompError> {
        let own = self
            .arches
            .as_ref()
            .is_none_or(|names| names.is_empty() || names.iter().any(|name| is_native(name)));
        let new_enough = match &self.min_kernel {
            Some(version) => kernel >= parse_version(version)?,
            None => true,
        };
        Ok(own && new_enough && caps.contains(self.caps(Caps::NONE)?))
    }

    fn any_holds(&self, caps: Caps, kernel: (u32, u32)) -> Result<bool, SeccompError> {
        let own = self.arches.iter().flatten().any(|name| is_native(name));
        let new_enough = match &self.min_kernel {
            Some(version) => kernel >= parse_version(version)?,
            None => false,
        };
        Ok(own || new_enough || self.caps(Caps::NONE)?.and(caps) != Caps::NONE)
    }

    fn caps(&self, none: Caps) -> Result<Caps, SeccompError> {
        self.caps.iter().flatten().try_fold(none, |set, name| {
            Ok(set | Caps::parse(name).map_err(|error| SeccompError::Profile(error.to_string()))?)
        })
    }
}

fn is_native(name: &str) -> bool {
    match name {
        "amd64" | "x86_64" => cfg!(target_arch = "x86_64"),
        "arm64" | "aarch64" => cfg!(target_arch = "aarch64"),
        _ => false,
    }
}

pub(super) fn parse_version(text: &str) -> Result<(u32, u32), SeccompError> {
    let mut numbers = text.trim().split(|c: char| !c.is_ascii_digit()).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err(SeccompError::Profile(format!("{text:?} is no version of a kernel"))),
    }
}

fn action(name: &str, errno: Option<u16>) -> Result<Action, SeccompError> {
    Ok(match name {
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_ERRNO" => Action::Errno(errno.unwrap_or(libc::EPERM as u16)),
        "SCMP_ACT_LOG" => Action::Log,
        "SCMP_ACT_TRAP" => Action::Trap,
        "SCMP_ACT_TRACE" => Action::Trace(errno.unwrap_or(libc::EPERM as u16)),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::KillProcess,
        other => return Err(SeccompError::Profile(format!("action {other:?} is not supported"))),
    })
}

fn condition(argument: &Argument) -> Result<Condition, SeccompError> {
    let (operator, value) = match argument.op.as_str() {
        "SCMP_CMP_EQ" => (Operator::Equal, argument.value),
        "SCMP_CMP_NE" => (Operator::NotEqual, argument.value),
        "SCMP_CMP_LT" => (Operator::Less, argument.value),
        "SCMP_CMP_LE" => (Operator::LessOrEqual, argument.value),
        "SCMP_CMP_GT" => (Operator::Greater, argument.value),
        "SCMP_CMP_GE" => (Operator::GreaterOrEqual, argument.value),
        "SCMP_CMP_MASKED_EQ" => (Operator::MaskedEqual { mask: argument.value }, argument.value_two),
        other => return Err(SeccompError::Profile(format!("operator {other:?} is not known"))),
    };
    Ok(Condition {
        argument: argument.index,
        operator,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use syscalls::Sysno;

    const FILE: &str = r#"{
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
        "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        "syscalls": [
            {"names": ["read", "write", "bpf", "no_such_call"], "action": "SCMP_ACT_ALLOW"},
            {"name": "getpid", "action": "SCMP_ACT_KILL_PROCESS", "args": null},
            {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["umount2"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.0"}},
            {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
            {"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [
                {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 3, "op": "SCMP_CMP_EQ"}]}
        ]}"#;

    #[test]
    fn circumstances_decide() {
        let admin = Caps::parse("SYS_ADMIN").unwrap();
        let decide = |caps, call: Sysno, first| {
            parse(FILE.as_bytes(), caps, (6, 1))
                .unwrap()
                .decide(call.id() as u32, &[first; 6])
        };
        let refused = Action::Errno(13);
        assert_eq!(decide(admin, Sysno::read, 0), Action::Allow);
        assert_eq!(decide(admin, Sysno::getpid, 0), Action::KillProcess);
        assert_eq!(
            (decide(admin, Sysno::mount, 0), decide(Caps::NONE, Sysno::mount, 0)),
            (Action::Allow, refused)
        );
        assert_eq!(
            (decide(admin, Sysno::umount2, 0), decide(Caps::NONE, Sysno::umount2, 0)),
            (refused, Action::Allow)
        );
        assert_eq!(
            (decide(admin, Sysno::ptrace, 0), decide(admin, Sysno::chroot, 0)),
            (refused, refused)
        );
        assert_eq!(
            [1, 2, 3].map(|first| decide(admin, Sysno::personality, first)),
            [Action::Allow, refused, Action::Allow]
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            "{}",
            r#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#,
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_ODD"}]}]}"#,
            r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "new"}}]}"#,
        ] {
            assert!(parse(bad.as_bytes(), Caps::NONE, (6, 1)).is_err(), "{bad}");
        }
    }
}
