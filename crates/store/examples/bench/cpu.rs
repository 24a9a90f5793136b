//! CPU time and memory of processes, from /proc.

use std::time::Duration;

/// Time on a CPU of all threads that a process has now.
pub fn of_process(pid: &str) -> Duration {
    let mut nanos = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += stat
            .split(' ')
            .next()
            .and_then(|n| n.parse::<u64>().ok())
            .unwrap_or_default();
    }
    Duration::from_nanos(nanos)
}

#[allow(dead_code)] // not every bench asks for everything
pub fn of_this_process() -> Duration {
    of_process("self")
}

/// Bytes of memory that this process has in use.
#[allow(dead_code)]
pub fn resident() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    stat.split(' ')
        .nth(1)
        .and_then(|n| n.parse::<u64>().ok())
        .unwrap_or_default()
        * 4096
}
