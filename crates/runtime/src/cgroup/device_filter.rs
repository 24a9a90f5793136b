//! Which devices may be opened: one line a rule on v1, a small program for the kernel on v2.
//!
//! The program is straight: for each rule a few comparisons, and the first that holds says yes; at the end stands no.
//! It is attached so that filters of groups above count too.
//!
//! Must never know: which rules are good.

#![allow(unsafe_code)] // bpf(2) has no safe wrapper that does not bring a C library along

use crate::spec::{Access, DeviceKind, DeviceRule};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The rule as devices.allow takes it.
pub(super) fn v1_line(rule: &DeviceRule) -> String {
    let number = |number: Option<u32>| number.map_or("*".to_owned(), |number| number.to_string());
    let kind = rule.kind.map_or('a', DeviceKind::letter);
    format!(
        "{kind} {}:{} {}",
        number(rule.major),
        number(rule.minor),
        rule.access.letters()
    )
}

/// One instruction of the kernel's machine.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instruction {
    code: u8,
    /// Destination in the low half, source in the high.
    registers: u8,
    offset: i16,
    value: i32,
}

// Codes and numbers from linux/bpf.h.
const LOAD_WORD: u8 = 0x61;
const MOVE_VALUE: u8 = 0xb7;
const MOVE_32: u8 = 0xbc;
const AND_32: u8 = 0x54;
const SHIFT_RIGHT_32: u8 = 0x74;
const JUMP_IF_NOT: u8 = 0x55;
const EXIT: u8 = 0x95;
const KIND_BLOCK: i32 = 1;
const KIND_CHAR: i32 = 2;
const MAKE: i32 = 1;
const READ: i32 = 2;
const WRITE: i32 = 4;
const ANY_ACCESS: i32 = MAKE | READ | WRITE;

/// Registers: the verdict; the context, later scratch; what is asked for.
const VERDICT: u8 = 0;
const SCRATCH: u8 = 1;
const KIND: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;

fn op(code: u8, to: u8, from: u8, offset: i16, value: i32) -> Instruction {
    Instruction {
        code,
        registers: from << 4 | to,
        offset,
        value,
    }
}

/// None: everything is allowed, and no program is needed.
fn program(rules: &[DeviceRule]) -> Option<Vec<Instruction>> {
    // The context is three words: access over kind, major, minor.
    let mut code = vec![
        op(LOAD_WORD, KIND, SCRATCH, 0, 0),
        op(MOVE_32, ACCESS, KIND, 0, 0),
        op(AND_32, KIND, 0, 0, 0xffff),
        op(SHIFT_RIGHT_32, ACCESS, 0, 0, 16),
        op(LOAD_WORD, MAJOR, SCRATCH, 4, 0),
        op(LOAD_WORD, MINOR, SCRATCH, 8, 0),
    ];
    for rule in rules {
        let access = bits(rule.access);
        if access == 0 {
            continue;
        }
        let mut tests = Vec::new();
        if let Some(kind) = rule.kind {
            tests.push((
                KIND,
                if kind == DeviceKind::Char {
                    KIND_CHAR
                } else {
                    KIND_BLOCK
                },
            ));
        }
        tests.extend(rule.major.map(|major| (MAJOR, major as i32)));
        tests.extend(rule.minor.map(|minor| (MINOR, minor as i32)));
        if tests.is_empty() && access == ANY_ACCESS {
            return None;
        }
        let mut block = Vec::new();
        for (register, value) in tests {
            block.push(op(JUMP_IF_NOT, register, 0, 0, value));
        }
        if access != ANY_ACCESS {
            block.push(op(MOVE_32, SCRATCH, ACCESS, 0, 0));
            block.push(op(AND_32, SCRATCH, 0, 0, ANY_ACCESS & !access));
            block.push(op(JUMP_IF_NOT, SCRATCH, 0, 0, 0));
        }
        block.push(op(MOVE_VALUE, VERDICT, 0, 0, 1));
        block.push(op(EXIT, 0, 0, 0, 0));
        // Whoever does not hold jumps over the rest of the block.
        let length = block.len();
        for (place, one) in block.iter_mut().enumerate().filter(|(_, one)| one.code == JUMP_IF_NOT) {
            one.offset = (length - place - 1) as i16;
        }
        code.extend(block);
    }
    code.push(op(MOVE_VALUE, VERDICT, 0, 0, 0));
    code.push(op(EXIT, 0, 0, 0, 0));
    Some(code)
}

fn bits(access: Access) -> i32 {
    let bit = |held, bit| if held { bit } else { 0 };
    bit(access.mknod, MAKE) | bit(access.read, READ) | bit(access.write, WRITE)
}

/// Puts the rules on the group that the directory is open on.
pub(super) fn attach(group: &File, rules: &[DeviceRule]) -> io::Result<()> {
    const CGROUP_DEVICE_PROGRAM: u32 = 15;
    const CGROUP_DEVICE_ATTACH: u32 = 6;
    const ALLOW_MULTI: u32 = 2;
    const LOAD: libc::c_int = 5;
    const ATTACH: libc::c_int = 8;

    #[repr(C, align(8))]
    #[derive(Default)]
    struct LoadArgs {
        kind: u32,
        count: u32,
        instructions: u64,
        license: u64,
        log: [u32; 2],
        log_buffer: u64,
        kernel_version: u32,
        flags: u32,
    }
    #[repr(C, align(8))]
    #[derive(Default)]
    struct AttachArgs {
        target: u32,
        program: u32,
        kind: u32,
        flags: u32,
    }

    let Some(code) = program(rules) else { return Ok(()) };
    let license = c"Apache-2.0";
    let load = LoadArgs {
        kind: CGROUP_DEVICE_PROGRAM,
        count: code.len() as u32,
        instructions: code.as_ptr() as u64,
        license: license.as_ptr() as u64,
        ..LoadArgs::default()
    };
    // SAFETY: the kernel reads the struct for the size given (what is not given counts as zero), the instructions for
    // the count given and the license to its end; all three live until the call returns. It writes nothing.
    let program = unsafe {
        let fd = libc::syscall(libc::SYS_bpf, LOAD, &raw const load, size_of::<LoadArgs>());
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        OwnedFd::from_raw_fd(fd as i32)
    };
    let attach = AttachArgs {
        target: group.as_raw_fd() as u32,
        program: program.as_raw_fd() as u32,
        kind: CGROUP_DEVICE_ATTACH,
        flags: ALLOW_MULTI,
    };
    // SAFETY: as above; both descriptors are open over the call. The group keeps the program from then on.
    let result = unsafe { libc::syscall(libc::SYS_bpf, ATTACH, &raw const attach, size_of::<AttachArgs>()) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The kernel's machine, as much as the program uses of it.
    fn run(code: &[Instruction], kind: i32, access: i32, major: u32, minor: u32) -> bool {
        let context = [(access as u32) << 16 | kind as u32, major, minor];
        let mut registers = [0u64; 6];
        let mut place = 0;
        for _ in 0..code.len() {
            let one = code[place];
            let (to, from) = (usize::from(one.registers & 15), usize::from(one.registers >> 4));
            place += 1;
            match one.code {
                LOAD_WORD => registers[to] = context[one.offset as usize / 4].into(),
                MOVE_VALUE => registers[to] = one.value as u64,
                MOVE_32 => registers[to] = u64::from(registers[from] as u32),
                AND_32 => registers[to] = u64::from(registers[to] as u32 & one.value as u32),
                SHIFT_RIGHT_32 => registers[to] = u64::from(registers[to] as u32 >> one.value),
                JUMP_IF_NOT if registers[to] != one.value as u64 => place += one.offset as usize,
                JUMP_IF_NOT => {}
                EXIT => return registers[0] == 1,
                other => panic!("the program does not use {other:#x}"),
            }
        }
        panic!("ran past the end");
    }

    /// The same decision, said straight.
    fn allowed(rules: &[DeviceRule], kind: DeviceKind, access: i32, major: u32, minor: u32) -> bool {
        rules.iter().any(|rule| {
            rule.kind.is_none_or(|one| one == kind)
                && rule.major.is_none_or(|one| one == major)
                && rule.minor.is_none_or(|one| one == minor)
                && bits(rule.access) != 0
                && access & !bits(rule.access) == 0
        })
    }

    fn some_rule() -> impl Strategy<Value = DeviceRule> {
        let kind = prop_oneof![Just(None), Just(Some(DeviceKind::Char)), Just(Some(DeviceKind::Block))];
        let number = || proptest::option::of(0u32..4);
        (kind, number(), number(), any::<[bool; 3]>()).prop_map(|(kind, major, minor, [read, write, mknod])| {
            DeviceRule {
                kind,
                major,
                minor,
                access: Access { read, write, mknod },
            }
        })
    }

    proptest! {
        #[test]
        fn the_program_says_what_the_rules_say(rules in proptest::collection::vec(some_rule(), 0..8)) {
            let code = program(&rules);
            for (number, kind) in [(KIND_BLOCK, DeviceKind::Block), (KIND_CHAR, DeviceKind::Char)] {
                for (access, major, minor) in (1..8).flat_map(|a| (0..5).flat_map(move |j| (0..5).map(move |n| (a, j, n)))) {
                    let got = code.as_ref().is_none_or(|code| run(code, number, access, major, minor));
                    prop_assert_eq!(got, allowed(&rules, kind, access, major, minor));
                }
            }
        }
    }

    #[test]
    fn lines_of_v1() {
        let all = crate::spec::Access {
            read: true,
            write: true,
            mknod: true,
        };
        let line = |kind, major, minor| {
            v1_line(&DeviceRule {
                kind,
                major,
                minor,
                access: all,
            })
        };
        assert_eq!(line(None, None, None), "a *:* rwm");
        assert_eq!(line(Some(DeviceKind::Char), Some(136), None), "c 136:* rwm");
    }
}
