//! Rows as somebody reads them: a table, or JSON.

use super::sample::{Row, Use};
use serde_json::{Value, json};
use std::fmt::Write;

/// A task's id is shown so far; `gantry logs` takes it.
const ID_CHARS: usize = 12;

const HEAD: [&str; 11] = [
    "TASK",
    "DEFINITION",
    "CONTAINER",
    "STATUS",
    "HEALTH",
    "CPU %",
    "MEMORY",
    "LIMIT",
    "PIDS",
    "NET IN/OUT",
    "UP",
];
/// Numbers stand to the right.
const TO_THE_RIGHT: [usize; 6] = [5, 6, 7, 8, 9, 10];

pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 11]> = rows.iter().map(cells).collect();
    let width = |n: usize| {
        let lengths = cells.iter().map(|cells| cells[n].chars().count());
        lengths.max().unwrap_or(0).max(HEAD[n].len())
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for cells in std::iter::once(HEAD.map(str::to_string)).chain(cells) {
        let mut line = String::new();
        for (n, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            let _ = match TO_THE_RIGHT.contains(&n) {
                true => write!(line, "{cell:>width$}  "),
                false => write!(line, "{cell:width$}  "),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> [String; 11] {
    let used = |show: &dyn Fn(&Use) -> String| row.uses.as_ref().map_or_else(|| "-".to_string(), show);
    let status = match row.restarts {
        0 => row.status.to_string(),
        n => format!("{} ({n} restarts)", row.status),
    };
    [
        row.task.chars().take(ID_CHARS).collect(),
        row.definition.clone(),
        row.container.clone(),
        status,
        row.health.unwrap_or("-").to_string(),
        used(&|uses| {
            uses.cpu_percent
                .map_or_else(|| "-".to_string(), |percent| format!("{percent:.1}"))
        }),
        used(&|uses| bytes(uses.memory_bytes)),
        used(&|uses| uses.memory_limit_bytes.map_or_else(|| "-".to_string(), bytes)),
        used(&|uses| uses.pids.to_string()),
        used(&|uses| match (uses.received_bytes, uses.sent_bytes) {
            (Some(received), Some(sent)) => format!("{} / {}", bytes(received), bytes(sent)),
            _ => "host".to_string(),
        }),
        row.up_seconds.map_or_else(|| "-".to_string(), duration),
    ]
}

/// In powers of 1024, as limits are given.
fn bytes(bytes: u64) -> String {
    let units = ["B", "kiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < units.len() {
        amount /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if amount < 10.0 => format!("{amount:.1} {}", units[unit]),
        _ => format!("{amount:.0} {}", units[unit]),
    }
}

/// The two largest units of it.
fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{}s", seconds % 60),
        (0, _, _) => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

pub fn json(row: &Row) -> Value {
    let uses = row.uses.as_ref().map(|uses| {
        json!({
            "pid": uses.pid,
            "cpuPercent": uses.cpu_percent.map(|percent| (percent * 10.0).round() / 10.0),
            "memoryBytes": uses.memory_bytes,
            "memoryLimitBytes": uses.memory_limit_bytes,
            "pids": uses.pids,
            "pidsLimit": uses.pids_limit,
            "receivedBytes": uses.received_bytes,
            "sentBytes": uses.sent_bytes,
        })
    });
    json!({
        "task": row.task,
        "cluster": row.cluster,
        "definition": row.definition,
        "container": row.container,
        "status": row.status,
        "health": row.health,
        "restarts": row.restarts,
        "upSeconds": row.up_seconds,
        "uses": uses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_heads() {
        let row = |container: &str, uses| Row {
            task: "0123456789abcdef".to_string(),
            definition: "web:3".to_string(),
            container: container.to_string(),
            status: "RUNNING",
            up_seconds: Some(62),
            uses,
            ..Row::default()
        };
        let uses = Use {
            cpu_percent: Some(12.34),
            memory_bytes: 3 << 20,
            memory_limit_bytes: Some(64 << 20),
            pids: 2,
            ..Use::default()
        };
        let text = table(&[row("a-long-name", Some(uses)), row("b", None)]);
        let lines: Vec<&str> = text.lines().collect();
        let [head, first, second] = lines[..] else {
            panic!("{text}")
        };
        let under = |line: &'_ str, head_word: &str| {
            let at = head.find(head_word).unwrap();
            line[at..].split("  ").next().unwrap().to_string()
        };
        assert_eq!(under(first, "TASK"), "0123456789ab");
        assert_eq!(under(second, "CONTAINER"), "b");
        assert_eq!(under(first, "STATUS"), "RUNNING");
        let words: Vec<&str> = first.split_whitespace().collect();
        assert_eq!(words[5..], ["12.3", "3.0", "MiB", "64", "MiB", "2", "host", "1m2s"]);
        assert_eq!(head.rfind("UP").unwrap() + 2, first.len());
        assert_eq!(first.len(), second.len());
    }

    #[test]
    fn amounts_and_times_are_short() {
        assert_eq!(
            [0, 1023, 1024, 10 << 10, 3 << 30].map(bytes),
            ["0 B", "1023 B", "1.0 kiB", "10 kiB", "3.0 GiB"]
        );
        assert_eq!(
            [0, 59, 60, 3599, 3600, 90_061].map(duration),
            ["0s", "59s", "1m0s", "59m59s", "1h0m", "1d1h"]
        );
    }
}
