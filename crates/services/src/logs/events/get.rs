//! GetLogEvents: one stream, read forward or backward from where a token says.
//!
//! A token is a direction and a position between two events: `f/` means what comes behind it, `b/` what comes before. At
//! either end the token is given back as it came, which is how clients know.

use crate::common::Ctx;
use crate::logs::{bad, names, no_stream, not_read};
use api::logs;
use base::Timestamp;
use telemetry::{Line, Order, Position, Query, Streams};
use wire::Fault;

/// Digits of a position in a token.
const DIGITS: usize = 56;
const MAX_EVENTS: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// What stands behind.
    Forward(Position),
    /// What stands before.
    Backward(Position),
}

impl Token {
    fn parse(text: &str) -> Option<Token> {
        let (direction, rest) = text.split_once('/')?;
        let digits = rest.strip_suffix("/s")?;
        let plain = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let position = Position(plain.then(|| digits.parse().ok()).flatten()?);
        match direction {
            "f" => Some(Token::Forward(position)),
            "b" => Some(Token::Backward(position)),
            _ => None,
        }
    }

    fn show(self) -> String {
        match self {
            Token::Forward(Position(at)) => format!("f/{at:0DIGITS$}/s"),
            Token::Backward(Position(at)) => format!("b/{at:0DIGITS$}/s"),
        }
    }
}

pub async fn run(ctx: Ctx, input: logs::GetLogEventsRequest) -> Result<logs::GetLogEventsResponse, Fault> {
    let name = names::either(&ctx, input.log_group_name, input.log_group_identifier)?;
    let group = names::group(&ctx.snapshot(), &name)?;
    let stream = input.log_stream_name.unwrap_or_default();
    if ctx.world.logs.stream(&name, &stream).is_none() {
        return Err(no_stream());
    }
    let token = match input.next_token.as_deref() {
        None => None,
        Some(token) => Some(Token::parse(token).ok_or_else(|| bad("The specified nextToken is invalid."))?),
    };
    let from_head = input.start_from_head.unwrap_or(false);
    let forward = token.map_or(from_head, |token| matches!(token, Token::Forward(_)));
    let from = Timestamp(input.start_time.unwrap_or(0)).max(group.keeps_from(ctx.now()));
    let until = Timestamp(input.end_time.unwrap_or(i64::MAX));
    let query = Query {
        streams: Streams::Named(vec![stream]),
        from,
        until,
        after: token.map(|(Token::Forward(at) | Token::Backward(at))| at),
        order: if forward {
            Order::OldestFirst
        } else {
            Order::NewestFirst
        },
        lines: input
            .limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(MAX_EVENTS),
        scan_bytes: usize::MAX, // nothing is passed over
        ..Query::of(name)
    };
    let mut found = ctx.world.logs.find(&query, |_| true).await.map_err(not_read)?;
    if !forward {
        found.lines.reverse();
    }
    let (next_forward, next_backward) = tokens(&found.lines, token, from);
    Ok(logs::GetLogEventsResponse {
        events: Some(found.lines.into_iter().map(show).collect()),
        next_forward_token: Some(next_forward.show()),
        next_backward_token: Some(next_backward.show()),
    })
}

/// Where to go on from a page, in both directions.
fn tokens(lines: &[Line], token: Option<Token>, from: Timestamp) -> (Token, Token) {
    let before = |at: Position| Position(at.0.saturating_sub(1));
    let behind = |at: Position| Position(at.0.saturating_add(1));
    match (lines.first(), lines.last(), token) {
        (Some(first), Some(last), _) => (Token::Forward(last.at), Token::Backward(first.at)),
        // Nothing more this way; the other way leads back over what was there.
        (_, _, Some(Token::Forward(at))) => (Token::Forward(at), Token::Backward(behind(at))),
        (_, _, Some(Token::Backward(at))) => (Token::Forward(before(at)), Token::Backward(at)),
        // Nothing at all yet: whatever comes, comes behind.
        _ => {
            let start = Position::at(from);
            (Token::Forward(before(start)), Token::Backward(start))
        }
    }
}

fn show(line: Line) -> logs::OutputLogEvent {
    logs::OutputLogEvent {
        timestamp: Some(line.at.time().millis()),
        message: Some(line.message),
        ingestion_time: Some(line.ingested.millis()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_nonsense_does_not() {
        for token in [Token::Forward(Position(0)), Token::Backward(Position(u128::MAX >> 1))] {
            assert_eq!(Token::parse(&token.show()), Some(token));
        }
        let zeros = "0".repeat(DIGITS);
        for odd in [
            "",
            "f",
            "f/1/s",
            &format!("x/{zeros}/s"),
            &format!("f/{zeros}"),
            &format!("f/+{}/s", &zeros[1..]),
        ] {
            assert_eq!(Token::parse(odd), None, "{odd}");
        }
        assert_eq!(Token::parse(&format!("f/{}/s", "9".repeat(DIGITS))), None);
    }
}
