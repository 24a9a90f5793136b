//! A profile in OCI words.

use super::profile::{Action, Operator, Profile};
use serde_json::{Value, json};

/// `linux.seccomp` of config.json.
pub fn oci(profile: &Profile) -> Value {
    let native = if cfg!(target_arch = "x86_64") {
        "SCMP_ARCH_X86_64"
    } else {
        "SCMP_ARCH_AARCH64"
    };
    let (default, errno) = action(profile.default);
    let mut all = json!({ "defaultAction": default, "architectures": [native] });
    if let Some(errno) = errno {
        all["defaultErrnoRet"] = json!(errno);
    }
    let rules = profile.rules.iter().map(|rule| {
        let (action, errno) = action(rule.action);
        let mut one = json!({ "names": rule.names, "action": action });
        if let Some(errno) = errno {
            one["errnoRet"] = json!(errno);
        }
        if !rule.when.is_empty() {
            let conditions = rule.when.iter().map(|condition| {
                let (operator, value, second) = match condition.operator {
                    Operator::Equal => ("SCMP_CMP_EQ", condition.value, 0),
                    Operator::NotEqual => ("SCMP_CMP_NE", condition.value, 0),
                    Operator::Less => ("SCMP_CMP_LT", condition.value, 0),
                    Operator::LessOrEqual => ("SCMP_CMP_LE", condition.value, 0),
                    Operator::Greater => ("SCMP_CMP_GT", condition.value, 0),
                    Operator::GreaterOrEqual => ("SCMP_CMP_GE", condition.value, 0),
                    Operator::MaskedEqual { mask } => ("SCMP_CMP_MASKED_EQ", mask, condition.value),
                };
                json!({ "index": condition.argument, "value": value, "valueTwo": second, "op": operator })
            });
            one["args"] = conditions.collect();
        }
        one
    });
    all["syscalls"] = rules.collect();
    all
}

fn action(action: Action) -> (&'static str, Option<u16>) {
    match action {
        Action::Allow => ("SCMP_ACT_ALLOW", None),
        Action::Errno(number) => ("SCMP_ACT_ERRNO", Some(number)),
        Action::Log => ("SCMP_ACT_LOG", None),
        Action::Trap => ("SCMP_ACT_TRAP", None),
        Action::Trace(number) => ("SCMP_ACT_TRACE", Some(number)),
        Action::KillThread => ("SCMP_ACT_KILL_THREAD", None),
        Action::KillProcess => ("SCMP_ACT_KILL_PROCESS", None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{default_profile, parse};
    use super::*;
    use crate::spec::Caps;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for caps in [Caps::docker_default(), Caps::ALL] {
            let profile = default_profile(caps);
            assert_eq!(
                parse(oci(&profile).to_string().as_bytes(), caps, (6, 1)).unwrap(),
                profile
            );
        }
    }
}
