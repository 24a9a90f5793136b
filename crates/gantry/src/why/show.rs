//! A post-mortem as people read it: the verdict first, then what it rests on.

use serde_json::Value;
use std::fmt::Write;

/// A value in a diff is shown so far.
const MOST_VALUE_CHARS: usize = 120;

pub fn text(told: &Value) -> String {
    let mut out = String::new();
    match told["kind"].as_str() {
        Some("task") => task(told, 0, &mut out),
        Some("deployment") => deployment(told, 0, &mut out),
        _ => service(told, &mut out),
    }
    out
}

/// Writing to a string does not fail.
macro_rules! say {
    ($out:expr, $depth:expr, $($words:tt)*) => {{
        let _ = write!($out, "{:1$}", "", $depth * 2);
        let _ = writeln!($out, $($words)*);
    }};
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn task(told: &Value, depth: usize, out: &mut String) {
    let forgotten = if told["forgotten"] == true {
        " (forgotten; told from history)"
    } else {
        ""
    };
    say!(
        out,
        depth,
        "task {} of {} in cluster {}{forgotten}",
        word(told, "id"),
        word(told, "definition"),
        word(told, "cluster")
    );
    say!(out, depth, "{}", word(told, "verdict"));
    let depth = depth + 1;
    if let Some(service) = told["service"].as_str() {
        say!(out, depth, "service    {service}");
    }
    let placed = &told["placement"];
    let node = placed["node"].as_str().unwrap_or("none");
    let because = placed["because"]
        .as_str()
        .map_or(String::new(), |because| format!(", {because}"));
    say!(out, depth, "placement  node {node}{because}");
    times(&told["times"], depth, out);
    for one in list(told, "containers") {
        container(one, depth, out);
    }
    diff(&told["diff"], depth, out);
    steps("timeline", told, "line", depth, out);
}

/// When what happened, as far as it did.
fn times(times: &Value, depth: usize, out: &mut String) {
    let names = [
        ("created", "created"),
        ("pullStarted", "pulls from"),
        ("pullStopped", "pulls to"),
        ("started", "started"),
        ("stopping", "asked to stop"),
        ("executionStopped", "ended"),
        ("finished", "finished"),
        ("stopped", "stopped"),
    ];
    for (name, words) in names {
        if let Some(at) = times[name].as_str() {
            say!(out, depth, "{words:<13} {at}");
        }
    }
}

fn container(told: &Value, depth: usize, out: &mut String) {
    let mut line = format!("container {} {}", word(told, "name"), word(told, "status"));
    if let Some(code) = told["exitCode"].as_i64() {
        let _ = write!(line, ", exit code {code}");
    }
    if let Some(signal) = told["signal"].as_str() {
        let _ = write!(line, " ({signal})");
    }
    if told["outOfMemory"] == true {
        line.push_str(", out of memory");
    }
    for name in ["health", "reason"] {
        if let Some(text) = told[name].as_str() {
            let _ = write!(line, ", {text}");
        }
    }
    say!(out, depth, "{line}");
    let depth = depth + 1;
    say!(
        out,
        depth,
        "image {} {}",
        word(told, "image"),
        word(told, "imageDigest")
    );
    for check in list(told, "healthChecks") {
        let output = word(check, "output").trim_end().replace('\n', " | ");
        say!(
            out,
            depth,
            "check {} exit {}: {output}",
            word(check, "at"),
            check["exitCode"]
        );
    }
    for line in list(told, "lastLines") {
        say!(out, depth, "| {}", word(line, "text"));
    }
}

fn diff(diff: &Value, depth: usize, out: &mut String) {
    if !diff.is_object() {
        return;
    }
    let (from, to) = (word(diff, "from"), word(diff, "to"));
    let worked = if diff["fromWorked"] == true {
        ", which worked"
    } else {
        ""
    };
    if list(diff, "changes").next().is_none() {
        return say!(out, depth, "nothing is new in {to} since {from}{worked}");
    }
    say!(out, depth, "new in {to} since {from}{worked}:");
    for change in list(diff, "changes") {
        let path = word(change, "path");
        say!(
            out,
            depth + 1,
            "{path}: {} > {}",
            short(&change["from"]),
            short(&change["to"])
        );
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::Null => return "(none)".to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(MOST_VALUE_CHARS) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

fn steps(title: &str, told: &Value, name: &str, depth: usize, out: &mut String) {
    if list(told, title).next().is_none() {
        return;
    }
    say!(out, depth, "{title}:");
    for step in list(told, title) {
        say!(out, depth + 1, "{} {}", word(step, "at"), word(step, name));
    }
}

fn deployment(told: &Value, depth: usize, out: &mut String) {
    say!(
        out,
        depth,
        "deployment {} of service {} in cluster {}: {}",
        word(told, "id"),
        word(told, "service"),
        word(told, "cluster"),
        word(told, "status")
    );
    say!(out, depth, "{}", word(told, "verdict"));
    let depth = depth + 1;
    for (title, name) in [("to", "target"), ("last good", "lastGood")] {
        let revision = &told[name];
        if revision.is_object() {
            say!(
                out,
                depth,
                "{title:<9} {} ({})",
                word(revision, "id"),
                word(revision, "definition")
            );
        }
    }
    if told["rollback"].is_object() {
        let rollback = &told["rollback"];
        say!(
            out,
            depth,
            "rollback  to {}: {}",
            word(rollback, "to"),
            word(rollback, "reason")
        );
    }
    times(&told["times"], depth, out);
    let breaker = &told["breaker"];
    say!(
        out,
        depth,
        "breaker   {}: {} of {} failures",
        word(breaker, "status"),
        breaker["failed"],
        breaker["threshold"]
    );
    for failure in list(breaker, "failures") {
        say!(
            out,
            depth + 1,
            "task {}: {}",
            word(failure, "task"),
            word(failure, "why")
        );
    }
    diff(&told["diff"], depth, out);
    steps("events", told, "message", depth, out);
    steps("timeline", told, "line", depth, out);
    for one in list(told, "tasks") {
        out.push('\n');
        task(one, depth, out);
    }
}

fn service(told: &Value, out: &mut String) {
    say!(
        out,
        0,
        "service {} in cluster {}",
        word(told, "id"),
        word(told, "cluster")
    );
    say!(out, 0, "{}", word(told, "verdict"));
    steps("events", told, "message", 1, out);
    for (name, show) in [
        ("lastFailed", task as fn(&Value, usize, &mut String)),
        ("deployment", deployment),
    ] {
        if told[name].is_object() {
            out.push('\n');
            show(&told[name], 1, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_is_told_with_its_verdict_first() {
        let told = json!({
            "kind": "task", "id": "t1", "cluster": "c", "definition": "web:2", "verdict": "It stopped.",
            "placement": {"node": "n1", "because": "it had room"}, "times": {"created": "2026-01-01T00:00:00Z"},
            "containers": [{
                "name": "app", "status": "STOPPED", "exitCode": 137, "signal": "SIGKILL", "image": "a:2",
                "imageDigest": "sha256:1", "lastLines": [{"text": "bye"}],
                "healthChecks": [{"at": "2026-01-01T00:00:01Z", "exitCode": 1, "output": "no\nway\n"}],
            }],
            "diff": {"from": "web:1", "to": "web:2", "fromWorked": true,
                "changes": [{"path": "cpu", "from": "256", "to": null}]},
            "timeline": [{"at": "2026-01-01T00:00:00Z", "line": "task t1 web:2 PENDING"}],
        });
        let expected = "task t1 of web:2 in cluster c\nIt stopped.\n  placement  node n1, it had room\n  \
            created       2026-01-01T00:00:00Z\n  container app STOPPED, exit code 137 (SIGKILL)\n    \
            image a:2 sha256:1\n    check 2026-01-01T00:00:01Z exit 1: no | way\n    | bye\n  \
            new in web:2 since web:1, which worked:\n    cpu: 256 > (none)\n  timeline:\n    \
            2026-01-01T00:00:00Z task t1 web:2 PENDING\n";
        assert_eq!(text(&told), expected);
    }
}
