//! What happened, as lines: hashed always, kept or printed when somebody wants to read them.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write as _};

/// Lines that are kept for the report of a broken run.
const KEPT: usize = 40;

pub struct Trace {
    hash: u64,
    lines: u64,
    print: bool,
    last: VecDeque<String>,
}

impl Trace {
    pub fn new(print: bool) -> Self {
        Trace {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: 0,
            print,
            last: VecDeque::new(),
        }
    }

    /// One line, at so many milliseconds of simulated time. `who` does it.
    pub fn say(&mut self, at_ms: u64, who: &str, what: fmt::Arguments<'_>) {
        let line = format!("{} {who:<8} {what}", stamp(at_ms));
        for byte in line.bytes().chain([b'\n']) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.lines += 1;
        if self.print {
            let _ = writeln!(io::stdout(), "{line}"); // whoever reads may have read enough
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(line);
    }

    /// The same for the same lines (FNV-1a).
    pub fn hash(&self) -> u64 {
        self.hash
    }

    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The last lines, oldest first.
    pub fn last(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }
}

/// `00:00:01.250`
pub fn stamp(at_ms: u64) -> String {
    let (s, ms) = (at_ms / 1000, at_ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
}
