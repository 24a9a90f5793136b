//! The compiler against the decision said straight: all calls, and arguments around every value that a rule names.

use super::compile::*;
use super::default::default_profile;
use super::profile::{Action, Condition, Operator, Profile, Rule};
use crate::spec::Caps;
use proptest::prelude::*;

/// The kernel's machine. Also says how many instructions it took.
fn run(code: &[Instruction], number: u32, architecture: u32, arguments: &[u64; 6]) -> (u32, usize) {
    let mut data = [0u32; 16];
    (data[0], data[1]) = (number, architecture);
    for (place, argument) in arguments.iter().enumerate() {
        (data[4 + 2 * place], data[5 + 2 * place]) = (*argument as u32, (argument >> 32) as u32);
    }
    let (mut place, mut loaded) = (0, 0);
    for steps in 1..=code.len() {
        let one = code[place];
        place += 1;
        let jump = |holds: bool| usize::from(if holds { one.yes } else { one.no });
        match one.code {
            LOAD => loaded = data[one.value as usize / 4],
            AND => loaded &= one.value,
            JUMP => place += one.value as usize,
            IF_EQUAL => place += jump(loaded == one.value),
            IF_GREATER => place += jump(loaded > one.value),
            IF_GREATER_OR_EQUAL => place += jump(loaded >= one.value),
            RETURN => return (one.value, steps),
            other => panic!("no such instruction: {other:#x}"),
        }
    }
    panic!("ran past the end");
}

/// Values at, below and above each that the profile names, in either half.
fn samples(profile: &Profile) -> Vec<u64> {
    let mut all = vec![0, 1, u64::MAX, 1 << 32, 0xffff_ffff];
    for condition in profile.rules.iter().flat_map(|rule| &rule.when) {
        let value = condition.value;
        all.extend([
            value,
            value.wrapping_sub(1),
            value.wrapping_add(1),
            value ^ 1 << 32,
            value | 1 << 63,
        ]);
        if let Operator::MaskedEqual { mask } = condition.operator {
            let bits = (0..64).map(|bit| 1u64 << bit).filter(|bit| mask & bit != 0);
            all.extend(bits.flat_map(|bit| [value | bit, value ^ bit]));
            all.push(!mask | value);
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn agree(profile: &Profile, numbers: impl Iterator<Item = u32>) -> Result<(usize, usize), TestCaseError> {
    let code = program(profile).unwrap();
    let (mut cases, mut most) = (0, 0);
    let samples = samples(profile);
    for number in numbers {
        let said = profile.of_call(number);
        for sample in &samples {
            for place in 0..6 {
                let mut arguments = [7; 6];
                arguments[place] = *sample;
                let (got, steps) = run(&code, number, NATIVE, &arguments);
                prop_assert_eq!(
                    got,
                    value(said.decide(&arguments)),
                    "call {} with {:x?}",
                    number,
                    arguments
                );
                (cases, most) = (cases + 1, most.max(steps));
            }
        }
    }
    Ok((cases, most))
}

#[test]
fn the_default_profile_is_what_its_table_says() {
    let named = |names: &[&str]| {
        Caps::wanted(
            &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(),
            &[],
            false,
        )
        .unwrap()
    };
    for caps in [
        Caps::NONE,
        Caps::docker_default(),
        named(&["SYS_ADMIN"]),
        named(&["BPF", "SYS_TIME"]),
        Caps::ALL,
    ] {
        let numbers = (0..500).chain([0x3fff_ffff, 0x4000_0000, 0x4000_0001, u32::MAX]);
        let (cases, most) = agree(&default_profile(caps), numbers).unwrap();
        assert!(cases > 50_000, "{cases}");
        assert!(most < 32, "{most} instructions for one call");
    }
}

#[test]
fn other_architectures_are_refused() {
    for (default, wanted) in [
        (Action::Allow, 0x0005_0001),
        (Action::Errno(1), 0x0005_0001),
        (Action::KillProcess, 0x8000_0000),
    ] {
        let code = program(&Profile { default, rules: vec![] }).unwrap();
        // The 32-bit elders: i386 and arm.
        for architecture in [0x4000_0003, 0x4000_0028] {
            assert_eq!(run(&code, 0, architecture, &[0; 6]).0, wanted);
        }
    }
}

#[test]
fn what_cannot_be_compiled_is_refused() {
    let rule = |when| Profile {
        default: Action::Allow,
        rules: vec![Rule {
            names: vec!["read".into()],
            action: Action::Trap,
            when,
        }],
    };
    let condition = |argument| Condition {
        argument,
        operator: Operator::Equal,
        value: 0,
    };
    assert!(compile(&rule(vec![condition(6)])).is_err());
    assert!(compile(&rule(vec![condition(0); 17])).is_err());
    let many = Profile {
        default: Action::Allow,
        rules: (0..2000).map(|_| rule(vec![condition(1)]).rules.remove(0)).collect(),
    };
    assert!(compile(&many).is_err());
}

fn some_condition() -> impl Strategy<Value = Condition> {
    let value = prop_oneof![0u64..4, any::<u64>(), (0u64..4).prop_map(|high| high << 32 | 1)];
    let operator = prop_oneof![
        Just(Operator::Equal),
        Just(Operator::NotEqual),
        Just(Operator::Less),
        Just(Operator::LessOrEqual),
        Just(Operator::Greater),
        Just(Operator::GreaterOrEqual),
        any::<u64>().prop_map(|mask| Operator::MaskedEqual { mask }),
    ];
    (0u8..6, operator, value).prop_map(|(argument, operator, value)| Condition {
        argument,
        operator,
        value,
    })
}

fn some_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Allow),
        Just(Action::Log),
        Just(Action::Trap),
        Just(Action::KillThread),
        Just(Action::KillProcess),
        any::<u16>().prop_map(Action::Errno),
        any::<u16>().prop_map(Action::Trace),
    ]
}

fn some_rule() -> impl Strategy<Value = Rule> {
    let name = (0usize..460).prop_map(|number| {
        syscalls::Sysno::new(number)
            .map_or("nothing", |call| call.name())
            .into()
    });
    let names = proptest::collection::vec(name, 1..4);
    let when = proptest::collection::vec(some_condition(), 0..4);
    (names, some_action(), when).prop_map(|(names, action, when)| Rule { names, action, when })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_profile_is_what_its_rules_say(default in some_action(), rules in proptest::collection::vec(some_rule(), 0..5)) {
        let profile = Profile { default, rules };
        let named = profile.rules.iter().flat_map(|rule| &rule.names).filter_map(|name| name.parse::<syscalls::Sysno>().ok());
        let around = named.flat_map(|call| [call.id() as u32, call.id() as u32 + 1]).collect::<Vec<_>>();
        agree(&profile, around.into_iter().chain([0, 480, 0x4000_0000]))?;
    }
}
