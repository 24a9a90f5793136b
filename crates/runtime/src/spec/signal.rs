//! Signals by the names that people write.

use super::container::StopSignal;

const NAMES: [(&str, i32); 32] = [
    ("HUP", libc::SIGHUP),
    ("INT", libc::SIGINT),
    ("QUIT", libc::SIGQUIT),
    ("ILL", libc::SIGILL),
    ("TRAP", libc::SIGTRAP),
    ("ABRT", libc::SIGABRT),
    ("IOT", libc::SIGABRT),
    ("BUS", libc::SIGBUS),
    ("FPE", libc::SIGFPE),
    ("KILL", libc::SIGKILL),
    ("USR1", libc::SIGUSR1),
    ("SEGV", libc::SIGSEGV),
    ("USR2", libc::SIGUSR2),
    ("PIPE", libc::SIGPIPE),
    ("ALRM", libc::SIGALRM),
    ("TERM", libc::SIGTERM),
    ("STKFLT", libc::SIGSTKFLT),
    ("CHLD", libc::SIGCHLD),
    ("CONT", libc::SIGCONT),
    ("STOP", libc::SIGSTOP),
    ("TSTP", libc::SIGTSTP),
    ("TTIN", libc::SIGTTIN),
    ("TTOU", libc::SIGTTOU),
    ("URG", libc::SIGURG),
    ("XCPU", libc::SIGXCPU),
    ("XFSZ", libc::SIGXFSZ),
    ("VTALRM", libc::SIGVTALRM),
    ("PROF", libc::SIGPROF),
    ("WINCH", libc::SIGWINCH),
    ("IO", libc::SIGIO),
    ("PWR", libc::SIGPWR),
    ("SYS", libc::SIGSYS),
];

/// The realtime signals that a program may use. The C library keeps the first two of the kernel's.
const REALTIME_MIN: i32 = 34;
const REALTIME_MAX: i32 = 64;

impl StopSignal {
    /// `SIGTERM`, `term`, `15`, `SIGRTMIN+3`, `RTMAX-1`.
    pub fn parse(text: &str) -> Option<StopSignal> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let number = if name.bytes().all(|byte| byte.is_ascii_digit()) {
            name.parse().ok()?
        } else if let Some(rest) = name.strip_prefix("RTMIN") {
            REALTIME_MIN + offset(rest, '+')?
        } else if let Some(rest) = name.strip_prefix("RTMAX") {
            REALTIME_MAX - offset(rest, '-')?
        } else {
            NAMES.iter().find(|(known, _)| *known == name)?.1
        };
        let realtime = name.starts_with("RT");
        let least = if realtime { REALTIME_MIN } else { 1 };
        (least..=REALTIME_MAX).contains(&number).then_some(StopSignal(number))
    }
}

fn offset(rest: &str, sign: char) -> Option<i32> {
    if rest.is_empty() {
        return Some(0);
    }
    rest.strip_prefix(sign)?.parse::<u8>().ok().map(i32::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let number = |text| StopSignal::parse(text).map(|signal| signal.0);
        for (text, wanted) in [
            ("SIGTERM", 15),
            ("quit", 3),
            ("9", 9),
            ("SIGRTMIN+3", 37),
            ("RTMAX-1", 63),
            ("RTMIN", 34),
        ] {
            assert_eq!(number(text), Some(wanted), "{text}");
        }
        for text in [
            "",
            "0",
            "65",
            "SIGNOTHING",
            "-9",
            "RTMIN+31",
            "RTMIN-1",
            "SIG",
            "4294967311",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
