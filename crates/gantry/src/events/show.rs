//! Events as somebody reads them: a line each, or EventBridge's JSON.

use serde_json::Value;
use std::io::{self, Write};

pub fn page(page: &Value, json: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for event in page["events"].as_array().into_iter().flatten() {
        match json {
            true => writeln!(out, "{}", event["event"])?,
            false => writeln!(out, "{}", line(event))?,
        }
    }
    out.flush()
}

/// `2026-11-21T10:00:00Z default  task 0123456789ab web:3 PENDING > RUNNING`
fn line(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    format!("{} {}  {}", text("at"), text("cluster"), text("line"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_when_where_and_what() {
        let event = json!({"at": "2026-11-21T10:00:00Z", "cluster": "c", "line": "task 1 a:1 RUNNING", "event": {}});
        assert_eq!(line(&event), "2026-11-21T10:00:00Z c  task 1 a:1 RUNNING");
    }
}
