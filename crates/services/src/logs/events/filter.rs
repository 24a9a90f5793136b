//! FilterLogEvents: all streams of a group, or some, as one sequence, of which what matches is given.

use crate::common::Ctx;
use crate::logs::{bad, names, no_stream, not_read};
use api::logs;
use base::Timestamp;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use telemetry::pattern::Pattern;
use telemetry::{Line, Order, Position, Query, Streams};
use wire::Fault;

const MAX_EVENTS: usize = 10_000;
/// What is looked at for one page; a page may be empty and not the last.
const SCAN_BYTES: usize = 64 << 20;
/// Newest first goes back no further than this: 2024-01-01.
const BACKWARD_FROM: i64 = 1_704_067_200_000;
/// What our tokens begin with.
const MARK: &[u8] = b"FilterLogEvents\0";

pub async fn run(ctx: Ctx, input: logs::FilterLogEventsRequest) -> Result<logs::FilterLogEventsResponse, Fault> {
    if input.log_stream_names.is_some() && input.log_stream_name_prefix.is_some() {
        let message = "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.";
        return Err(bad(message));
    }
    let name = names::either(&ctx, input.log_group_name, input.log_group_identifier)?;
    let group = names::group(&ctx.snapshot(), &name)?;
    let pattern = match input.filter_pattern.as_deref() {
        None => None,
        Some(text) => Some(Pattern::parse(text).map_err(|error| bad(error.to_string()))?),
    };
    if let (Some(start), Some(end)) = (input.start_time, input.end_time)
        && end < start
    {
        return Err(bad("endTime must not be before startTime."));
    }
    let asked = match input.start_from_head {
        Some(false) => Order::NewestFirst,
        _ => Order::OldestFirst,
    };
    let (order, after) = match input.next_token.as_deref() {
        None => (asked, None),
        Some(token) => {
            let (order, at) = read_token(token).ok_or_else(|| bad("The specified nextToken is invalid."))?;
            (order, Some(at))
        }
    };
    if order == Order::NewestFirst && input.start_time.is_some_and(|start| start < BACKWARD_FROM) {
        return Err(bad(
            "startFromHead can be false only when startTime is on or after 2024-01-01.",
        ));
    }
    let streams = match (input.log_stream_names, input.log_stream_name_prefix) {
        (Some(names), _) => {
            if names
                .iter()
                .any(|stream| ctx.world.logs.stream(&name, stream).is_none())
            {
                return Err(no_stream());
            }
            Streams::Named(names)
        }
        (None, Some(prefix)) => Streams::Prefix(prefix),
        (None, None) => Streams::All,
    };
    let needle = pattern.as_ref().and_then(|pattern| pattern.needle());
    let query = Query {
        streams,
        from: Timestamp(input.start_time.unwrap_or(0)).max(group.keeps_from(ctx.now())),
        until: Timestamp(input.end_time.unwrap_or(i64::MAX).saturating_add(1)), // the end itself belongs to it
        after,
        order,
        lines: input
            .limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(MAX_EVENTS),
        scan_bytes: SCAN_BYTES,
        needle: needle.map(|needle| needle.as_bytes().to_vec()),
        ..Query::of(name)
    };
    let wanted = |message: &str| pattern.as_ref().is_none_or(|pattern| pattern.matches(message));
    let found = ctx.world.logs.find(&query, wanted).await.map_err(not_read)?;
    Ok(logs::FilterLogEventsResponse {
        events: Some(found.lines.into_iter().map(show).collect()),
        searched_log_streams: Some(Vec::new()),
        next_token: found.next.map(|at| token(order, at)),
    })
}

fn show(line: Line) -> logs::FilteredLogEvent {
    logs::FilteredLogEvent {
        log_stream_name: Some(line.stream.to_string()),
        timestamp: Some(line.at.time().millis()),
        message: Some(line.message),
        ingestion_time: Some(line.ingested.millis()),
        event_id: Some(format!("{:056}", line.at.0)),
    }
}

fn token(order: Order, at: Position) -> String {
    let direction = match order {
        Order::OldestFirst => b'f',
        Order::NewestFirst => b'b',
    };
    BASE64_URL_SAFE_NO_PAD.encode([MARK, &[direction], &at.0.to_be_bytes()].concat())
}

fn read_token(token: &str) -> Option<(Order, Position)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let (direction, position) = bytes.strip_prefix(MARK)?.split_first()?;
    let order = match direction {
        b'f' => Order::OldestFirst,
        b'b' => Order::NewestFirst,
        _ => return None,
    };
    let position = position.try_into().ok()?;
    Some((order, Position(u128::from_be_bytes(position))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_nonsense_does_not() {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let at = Position(7 << 64 | 9);
            assert_eq!(read_token(&token(order, at)), Some((order, at)));
        }
        for odd in [
            "",
            "AAAA",
            "not base64!",
            &BASE64_URL_SAFE_NO_PAD.encode(b"FilterLogEvents\0f123"),
        ] {
            assert_eq!(read_token(odd), None, "{odd}");
        }
    }
}
