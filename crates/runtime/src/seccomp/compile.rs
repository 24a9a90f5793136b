//! From a profile to the program that the kernel runs at each system call.
//!
//! Numbers in a row with one answer are one run; runs are found by halving, so that any call is answered after some ten
//! instructions, most of them comparisons. (The kernel itself remembers the calls that are allowed whatever their
//! arguments, and does not run the program for those at all.)

use super::filters::SeccompError;
use super::profile::{Action, Condition, Operator, Profile, Rule};
use std::collections::BTreeMap;
use syscalls::Sysno;

/// The kernel takes no more.
const MAX_INSTRUCTIONS: usize = 4096;
/// More conditions than arguments are a mistake.
const MAX_CONDITIONS: usize = 16;

/// Instructions as the kernel takes them, 8 bytes each in its own byte order: code (2), jump if true (1), jump if false
/// (1), value (4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<u8>);

impl Filter {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn instructions(&self) -> usize {
        self.0.len() / 8
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub code: u16,
    pub yes: u8,
    pub no: u8,
    pub value: u32,
}

// From linux/bpf_common.h.
pub(super) const LOAD: u16 = 0x20;
pub(super) const AND: u16 = 0x54;
pub(super) const JUMP: u16 = 0x05;
pub(super) const IF_EQUAL: u16 = 0x15;
pub(super) const IF_GREATER: u16 = 0x25;
pub(super) const IF_GREATER_OR_EQUAL: u16 = 0x35;
pub(super) const RETURN: u16 = 0x06;

// Places in seccomp_data: the number, the architecture, then (after the caller's address) six arguments of two words.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
const ARGUMENTS: u32 = 16;

#[cfg(target_arch = "x86_64")]
pub(super) const NATIVE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
pub(super) const NATIVE: u32 = 0xc000_00b7;
/// x32 marks its calls with this bit.
const X32: u32 = 0x4000_0000;

const NO_SUCH_CALL: Action = Action::Errno(libc::ENOSYS as u16);

/// What to do with a run of numbers: rules to try in turn, and what when none holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer<'a> {
    rules: Vec<(&'a [Condition], Action)>,
    otherwise: Action,
}

impl Answer<'_> {
    fn plain(action: Action) -> Self {
        Answer {
            rules: Vec::new(),
            otherwise: action,
        }
    }
}

pub fn compile(profile: &Profile) -> Result<Filter, SeccompError> {
    let code = program(profile)?;
    let mut bytes = Vec::with_capacity(code.len() * 8);
    for one in code {
        bytes.extend(one.code.to_ne_bytes());
        bytes.extend([one.yes, one.no]);
        bytes.extend(one.value.to_ne_bytes());
    }
    Ok(Filter(bytes))
}

pub(super) fn program(profile: &Profile) -> Result<Vec<Instruction>, SeccompError> {
    if profile
        .rules
        .iter()
        .any(|rule| rule.when.len() > MAX_CONDITIONS || rule.when.iter().any(|one| one.argument > 5))
    {
        return Err(SeccompError::Profile(
            "a condition names an argument that system calls do not have".into(),
        ));
    }
    // An allowing profile must not be passed by in another architecture's calls.
    let foreign = if profile.default.denies() {
        profile.default
    } else {
        Action::Errno(libc::EPERM as u16)
    };
    let mut code = vec![
        load(ARCHITECTURE),
        test(IF_EQUAL, NATIVE, 1, 0),
        done(foreign),
        load(NUMBER),
    ];
    if cfg!(target_arch = "x86_64") {
        code.extend([test(IF_GREATER_OR_EQUAL, X32, 0, 1), done(NO_SUCH_CALL)]);
    }
    code.extend(search(&runs(profile)));
    if code.len() > MAX_INSTRUCTIONS {
        return Err(SeccompError::Profile(format!(
            "it becomes {} instructions, {MAX_INSTRUCTIONS} is the most",
            code.len()
        )));
    }
    Ok(code)
}

/// The first number of each run, and the run's answer. The first run begins at 0, the last has no end.
fn runs(profile: &Profile) -> Vec<(u32, Answer<'_>)> {
    let mut calls: BTreeMap<u32, Vec<&Rule>> = BTreeMap::new();
    for rule in &profile.rules {
        for name in &rule.names {
            if let Ok(call) = name.parse::<Sysno>() {
                calls.entry(call.id() as u32).or_default().push(rule);
            }
        }
    }
    let newest = calls.keys().next_back().copied().unwrap_or(0);
    let beyond = if matches!(profile.default, Action::Errno(_)) {
        NO_SUCH_CALL
    } else {
        profile.default
    };
    let answer = |number: u32| match calls.get(&number) {
        Some(rules) => answer(rules, profile.default),
        None if number > newest => Answer::plain(beyond),
        None => Answer::plain(profile.default),
    };
    let mut runs: Vec<(u32, Answer<'_>)> = Vec::new();
    for number in 0..=newest + 1 {
        let answer = answer(number);
        if runs.last().is_none_or(|(_, last)| *last != answer) {
            runs.push((number, answer));
        }
    }
    runs
}

fn answer<'a>(rules: &[&'a Rule], default: Action) -> Answer<'a> {
    let otherwise = rules
        .iter()
        .find(|rule| rule.when.is_empty())
        .map_or(default, |rule| rule.action);
    let conditional = rules.iter().filter(|rule| !rule.when.is_empty());
    Answer {
        rules: conditional.map(|rule| (rule.when.as_slice(), rule.action)).collect(),
        otherwise,
    }
}

/// Finds the run of the number that is loaded, by halving.
fn search(runs: &[(u32, Answer<'_>)]) -> Vec<Instruction> {
    let [(_, only)] = runs else {
        let (low, high) = runs.split_at(runs.len() / 2);
        let border = high[0].0;
        let (low, high) = (search(low), search(high));
        let mut code = match u8::try_from(low.len()) {
            Ok(length) => vec![test(IF_GREATER_OR_EQUAL, border, length, 0)],
            // A comparison cannot jump that far; a plain jump can.
            Err(_) => vec![test(IF_GREATER_OR_EQUAL, border, 0, 1), far(low.len())],
        };
        code.extend(low);
        code.extend(high);
        return code;
    };
    let mut code = Vec::new();
    for (conditions, action) in &only.rules {
        code.extend(when(conditions, *action));
    }
    code.push(done(only.otherwise));
    code
}

/// Answers with the action if all conditions hold, else goes on behind it.
fn when(conditions: &[Condition], action: Action) -> Vec<Instruction> {
    let mut code = vec![done(action)];
    // From the last condition to the first, because a failing one jumps over all that come after it.
    for condition in conditions.iter().rev() {
        let mut block = check(condition);
        let length = block.len();
        for (place, one) in block.iter_mut().enumerate() {
            let rest = length - place - 1;
            let resolve = |target: u8| match target {
                HOLDS => rest as u8,
                FAILS => (rest + code.len()) as u8,
                near => near,
            };
            if [IF_EQUAL, IF_GREATER, IF_GREATER_OR_EQUAL].contains(&one.code) {
                (one.yes, one.no) = (resolve(one.yes), resolve(one.no));
            }
        }
        block.extend(code);
        code = block;
    }
    code
}

/// Jump targets still to be counted out.
const HOLDS: u8 = 0xfe;
const FAILS: u8 = 0xff;
const NEXT: u8 = 0;

/// Compares both halves of an argument, the high one first.
fn check(condition: &Condition) -> Vec<Instruction> {
    let (high, low) = halves(condition.value);
    let at = ARGUMENTS + 8 * u32::from(condition.argument);
    let (at_low, at_high) = if cfg!(target_endian = "little") {
        (at, at + 4)
    } else {
        (at + 4, at)
    };
    // Where the high halves differ, that decides; where not, the low ones do.
    let ordered = |low_test, greater, yes, no| {
        vec![
            load(at_high),
            test(IF_GREATER, high, greater, NEXT),
            test(IF_EQUAL, high, NEXT, if greater == HOLDS { FAILS } else { HOLDS }),
            load(at_low),
            test(low_test, low, yes, no),
        ]
    };
    match condition.operator {
        Operator::Equal => vec![
            load(at_high),
            test(IF_EQUAL, high, NEXT, FAILS),
            load(at_low),
            test(IF_EQUAL, low, HOLDS, FAILS),
        ],
        Operator::NotEqual => vec![
            load(at_high),
            test(IF_EQUAL, high, NEXT, HOLDS),
            load(at_low),
            test(IF_EQUAL, low, FAILS, HOLDS),
        ],
        Operator::Greater => ordered(IF_GREATER, HOLDS, HOLDS, FAILS),
        Operator::GreaterOrEqual => ordered(IF_GREATER_OR_EQUAL, HOLDS, HOLDS, FAILS),
        Operator::Less => ordered(IF_GREATER_OR_EQUAL, FAILS, FAILS, HOLDS),
        Operator::LessOrEqual => ordered(IF_GREATER, FAILS, FAILS, HOLDS),
        Operator::MaskedEqual { mask } => {
            let (mask_high, mask_low) = halves(mask);
            vec![
                load(at_high),
                and(mask_high),
                test(IF_EQUAL, high, NEXT, FAILS),
                load(at_low),
                and(mask_low),
                test(IF_EQUAL, low, HOLDS, FAILS),
            ]
        }
    }
}

fn halves(value: u64) -> (u32, u32) {
    ((value >> 32) as u32, value as u32)
}

fn load(place: u32) -> Instruction {
    Instruction {
        code: LOAD,
        yes: 0,
        no: 0,
        value: place,
    }
}

fn and(mask: u32) -> Instruction {
    Instruction {
        code: AND,
        yes: 0,
        no: 0,
        value: mask,
    }
}

fn test(code: u16, value: u32, yes: u8, no: u8) -> Instruction {
    Instruction { code, yes, no, value }
}

fn far(over: usize) -> Instruction {
    Instruction {
        code: JUMP,
        yes: 0,
        no: 0,
        value: over as u32,
    }
}

fn done(action: Action) -> Instruction {
    Instruction {
        code: RETURN,
        yes: 0,
        no: 0,
        value: value(action),
    }
}

/// From linux/seccomp.h.
pub(super) fn value(action: Action) -> u32 {
    match action {
        Action::KillProcess => 0x8000_0000,
        Action::KillThread => 0,
        Action::Trap => 0x0003_0000,
        Action::Errno(number) => 0x0005_0000 | u32::from(number),
        Action::Trace(number) => 0x7ff0_0000 | u32::from(number),
        Action::Log => 0x7ffc_0000,
        Action::Allow => 0x7fff_0000,
    }
}
