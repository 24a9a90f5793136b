//! A profile as data.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// For calls that no rule speaks of.
    pub default: Action,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names that this architecture does not have are passed over.
    pub names: Vec<Cow<'static, str>>,
    pub action: Action,
    /// All must hold.
    pub when: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Allow,
    Errno(u16),
    /// Allowed, and written to the kernel's log.
    Log,
    /// SIGSYS.
    Trap,
    /// To a tracer, with this number; ENOSYS without one.
    Trace(u16),
    KillThread,
    KillProcess,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// 0 to 5.
    pub argument: u8,
    pub operator: Operator,
    pub value: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Equal in the bits of the mask.
    MaskedEqual {
        mask: u64,
    },
}

impl Action {
    pub fn denies(self) -> bool {
        !matches!(self, Action::Allow | Action::Log)
    }
}

/// The decision, said straight, for the compiler to be held against.
#[cfg(test)]
pub(super) mod reference {
    use super::*;
    use syscalls::Sysno;

    impl Condition {
        fn holds(&self, arguments: &[u64; 6]) -> bool {
            let is = arguments[usize::from(self.argument)];
            match self.operator {
                Operator::Equal => is == self.value,
                Operator::NotEqual => is != self.value,
                Operator::Less => is < self.value,
                Operator::LessOrEqual => is <= self.value,
                Operator::Greater => is > self.value,
                Operator::GreaterOrEqual => is >= self.value,
                Operator::MaskedEqual { mask } => is & mask == self.value,
            }
        }
    }

    /// All that the profile says of one call.
    pub struct OfCall<'a> {
        rules: Vec<&'a Rule>,
        otherwise: Action,
    }

    impl Profile {
        pub fn of_call(&self, number: u32) -> OfCall<'_> {
            let only = |otherwise| OfCall {
                rules: Vec::new(),
                otherwise,
            };
            let no_such_call = Action::Errno(libc::ENOSYS as u16);
            if number >= 0x4000_0000 && cfg!(target_arch = "x86_64") {
                return only(no_such_call);
            }
            let numbers = self
                .rules
                .iter()
                .flat_map(|rule| &rule.names)
                .filter_map(|name| name.parse::<Sysno>().ok());
            let newest = numbers.map(|call| call.id() as u32).max().unwrap_or(0);
            if number > newest && matches!(self.default, Action::Errno(_)) {
                return only(no_such_call);
            }
            let Some(call) = Sysno::new(number as usize) else {
                return only(self.default);
            };
            let named = |rule: &&Rule| rule.names.iter().any(|one| one == call.name());
            let (plain, conditional): (Vec<&Rule>, Vec<&Rule>) =
                self.rules.iter().filter(named).partition(|rule| rule.when.is_empty());
            OfCall {
                rules: conditional,
                otherwise: plain.first().map_or(self.default, |rule| rule.action),
            }
        }

        pub fn decide(&self, number: u32, arguments: &[u64; 6]) -> Action {
            self.of_call(number).decide(arguments)
        }
    }

    impl OfCall<'_> {
        pub fn decide(&self, arguments: &[u64; 6]) -> Action {
            let holds = |rule: &&&Rule| rule.when.iter().all(|condition| condition.holds(arguments));
            self.rules.iter().find(holds).map_or(self.otherwise, |rule| rule.action)
        }
    }
}
