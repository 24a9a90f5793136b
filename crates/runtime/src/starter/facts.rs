//! What this process may give away, and what it could not.

use crate::spec::{Caps, Machine, Plan, RESOURCES};
use std::io::{self, Error, ErrorKind};

pub fn machine() -> io::Result<Machine> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let bounding = status
        .lines()
        .find_map(|line| line.strip_prefix("CapBnd:"))
        .and_then(|text| u64::from_str_radix(text.trim(), 16).ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "no capabilities in /proc/self/status"))?;
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let adjustment = std::fs::read_to_string("/proc/self/oom_score_adj")?;
    Ok(Machine {
        capabilities: Caps(bounding),
        oom_score_adj: adjustment.trim().parse().unwrap_or(0),
        hard_limits: RESOURCES.map(|resource| hard_limit(&limits, resource.name)),
    })
}

/// The kernel's table has a title of its own for each.
fn hard_limit(table: &str, name: &str) -> u64 {
    let title = match name {
        "cpu" => "Max cpu time",
        "fsize" => "Max file size",
        "data" => "Max data size",
        "stack" => "Max stack size",
        "core" => "Max core file size",
        "rss" => "Max resident set",
        "nproc" => "Max processes",
        "nofile" => "Max open files",
        "memlock" => "Max locked memory",
        "as" => "Max address space",
        "locks" => "Max file locks",
        "sigpending" => "Max pending signals",
        "msgqueue" => "Max msgqueue size",
        "nice" => "Max nice priority",
        "rtprio" => "Max realtime priority",
        _ => "Max realtime timeout",
    };
    let line = table.lines().find_map(|line| line.strip_prefix(title));
    let hard = line.and_then(|rest| rest.split_whitespace().nth(1));
    hard.and_then(|word| word.parse().ok()).unwrap_or(u64::MAX)
}

/// As sentences, one a line.
pub fn warnings(plan: &Plan) -> String {
    let all: Vec<String> = plan.warnings.iter().map(ToString::to_string).collect();
    all.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_limits() {
        let table = "Limit   Soft Limit  Hard Limit  Units\nMax open files            1024                 20000                files\n\
            Max cpu time              unlimited            unlimited            seconds\n";
        assert_eq!(hard_limit(table, "nofile"), 20000);
        assert_eq!(hard_limit(table, "cpu"), u64::MAX);
        assert!(machine().unwrap().hard_limits.iter().any(|limit| *limit != u64::MAX));
    }
}
