//! Every account setting: its values, and what holds when nobody chose.

use super::super::fault;
use wire::Fault;

/// What is known of a setting without looking at the store.
#[derive(Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: &'static str,
    pub values: &'static [&'static str],
    pub default: &'static str,
    /// AWS decides; the user only reads.
    pub aws_managed: bool,
    /// Of the whole account: users and roles can't choose for themselves.
    pub root_only: bool,
}

const SWITCH: &[&str] = &["enabled", "disabled"];

const fn fact(name: &'static str, values: &'static [&'static str], default: &'static str) -> Fact {
    Fact {
        name,
        values,
        default,
        aws_managed: false,
        root_only: false,
    }
}

/// In the order of their names, as they are listed.
pub const FACTS: &[Fact] = &[
    fact("awsvpcTrunking", SWITCH, "disabled"),
    fact("containerInsights", &["enabled", "disabled", "enhanced"], "disabled"),
    // The short formats are gone: every ARN here is a long one, so there is nothing to turn off.
    fact("containerInstanceLongArnFormat", &["enabled"], "enabled"),
    fact("defaultLogDriverMode", &["blocking", "non-blocking"], "non-blocking"),
    fact("dualStackIPv6", SWITCH, "enabled"),
    fact("fargateEventWindows", SWITCH, "disabled"),
    fact("fargateFIPSMode", SWITCH, "disabled"),
    Fact {
        root_only: true,
        ..fact("fargateTaskRetirementWaitPeriod", &["0", "7", "14"], "7")
    },
    Fact {
        aws_managed: true,
        ..fact("guardDutyActivate", &["on", "off"], "off")
    },
    fact("serviceLongArnFormat", &["enabled"], "enabled"),
    fact("tagResourceAuthorization", &["on", "off"], "on"),
    fact("taskLongArnFormat", &["enabled"], "enabled"),
];

pub fn find(name: &str) -> Option<&'static Fact> {
    FACTS
        .binary_search_by(|fact| fact.name.cmp(name))
        .ok()
        .map(|at| &FACTS[at])
}

/// The setting that a request names.
pub fn named(name: Option<&str>) -> Result<&'static Fact, Fault> {
    let name = name.unwrap_or_default();
    find(name).ok_or_else(|| fault::invalid(format!("Invalid account setting name: {name}")))
}

impl Fact {
    /// Whether a user may write this value.
    pub fn check(&self, value: &str) -> Result<(), Fault> {
        self.check_writable()?;
        if self.values.contains(&value) {
            return Ok(());
        }
        let values = self.values.join(", ");
        Err(fault::invalid(format!(
            "Invalid value '{value}' for the account setting {}. Valid values: {values}.",
            self.name
        )))
    }

    pub fn check_writable(&self) -> Result<(), Fault> {
        match self.aws_managed {
            true => Err(fault::invalid(format!(
                "The account setting {} is read-only: it is managed by AWS.",
                self.name
            ))),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_in_order_and_cover_the_model() {
        assert!(FACTS.windows(2).all(|two| two[0].name < two[1].name));
        assert!(FACTS.iter().all(|fact| fact.values.contains(&fact.default)));
        for name in api::ecs::facts::SettingName.one_of {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_value_is_one_of_its_own_setting() {
        let check = |name: &str, value: &str| find(name).expect("a setting").check(value).is_ok();
        assert!(check("containerInsights", "enhanced"));
        assert!(!check("awsvpcTrunking", "enhanced"));
        assert!(check("fargateTaskRetirementWaitPeriod", "14"));
        assert!(!check("fargateTaskRetirementWaitPeriod", "8"));
        assert!(!check("taskLongArnFormat", "disabled"));
        assert!(!check("guardDutyActivate", "on"));
        assert!(!check("tagResourceAuthorization", "enabled"));
    }
}
