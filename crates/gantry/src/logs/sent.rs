//! A container's words from a stream of the server's logs.

use super::{Line, Lines};
use crate::client::{Api, CallError, LOGS};
use base::Timestamp;
use serde_json::json;

pub struct Sent {
    group: String,
    stream: Option<String>,
    since: Option<Timestamp>,
    token: Option<String>,
    pub found: bool,
}

impl Sent {
    pub fn new(group: &str, since: Option<Timestamp>) -> Sent {
        Sent {
            group: group.to_string(),
            stream: None,
            since,
            token: None,
            found: false,
        }
    }

    /// Tells the stream, which may have its name from the container.
    pub fn is_called(&mut self, stream: &str) {
        self.stream.get_or_insert_with(|| stream.to_string());
    }

    /// Takes one page. False: that is all for now.
    pub async fn fill(&mut self, api: &Api, lines: &mut Lines) -> Result<bool, CallError> {
        let Some(stream) = &self.stream else { return Ok(false) };
        let mut input = json!({"logGroupName": self.group, "logStreamName": stream, "startFromHead": true});
        if let Some(since) = self.since {
            input["startTime"] = since.millis().into();
        }
        if let Some(token) = &self.token {
            input["nextToken"] = token.as_str().into();
        }
        let page = match api.call(LOGS, "GetLogEvents", &input).await {
            Err(error) if error.is("ResourceNotFoundException") => return Ok(false), // nothing was said yet
            page => page?,
        };
        self.found = true;
        let next = page["nextForwardToken"].as_str().map(str::to_string);
        let events = page["events"].as_array().map(Vec::as_slice).unwrap_or_default();
        for event in events {
            lines.push_back(Line {
                at: Timestamp(event["timestamp"].as_i64().unwrap_or_default()),
                stream: None,
                text: event["message"].as_str().unwrap_or_default().into(),
            });
        }
        // A page may be empty though others follow: the end is where the token stays the same.
        let more = !events.is_empty() || (next.is_some() && next != self.token);
        self.token = next.or(self.token.take());
        Ok(more)
    }
}
