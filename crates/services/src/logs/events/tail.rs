//! StartLiveTail: what some groups say from now on, told once a second.
//!
//! A session costs the store nothing but the place of a listener; what a slow client does not take is dropped there,
//! oldest first, and the next update says that it is a sample.

mod sample;
#[cfg(test)]
mod tests;

use crate::common::events::{Events, Say, Unheard};
use crate::common::{Ctx, World};
use crate::logs::{bad, names};
use api::logs;
use sample::{Heard, Sample};
use std::collections::BTreeMap;
use std::time::Duration;
use telemetry::pattern::Pattern;
use telemetry::{Said, Subscription};
use tokio::time::{Instant, sleep_until};
use wire::Fault;

/// Sessions at a time.
const SESSIONS: usize = 15;
const BETWEEN_UPDATES: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(3 * 60 * 60);

/// What is listened for.
struct Filter {
    /// Names of groups, and what the client calls each.
    groups: BTreeMap<String, String>,
    streams: Option<Vec<String>>,
    prefixes: Option<Vec<String>>,
    pattern: Option<Pattern>,
}

pub async fn run(ctx: Ctx, input: logs::StartLiveTailRequest) -> Result<(logs::StartLiveTailResponse, Events), Fault> {
    let filter = Filter::read(&ctx, &input)?;
    let snapshot = ctx.snapshot();
    for name in filter.groups.keys() {
        names::group(&snapshot, name)?;
    }
    if ctx.world.logs.listeners() >= SESSIONS {
        let message = format!("There are {SESSIONS} Live Tail sessions already, which is the limit.");
        return Err(Fault::new(&logs::fault::LimitExceededException, message));
    }
    let start = logs::LiveTailSessionStart {
        request_id: Some(ctx.dice().uuid()),
        session_id: Some(ctx.dice().uuid()),
        log_group_identifiers: input.log_group_identifiers,
        log_stream_names: input.log_stream_names,
        log_stream_name_prefixes: input.log_stream_name_prefixes,
        log_event_filter_pattern: input.log_event_filter_pattern,
    };
    // From here on nothing is missed: whoever has the answer and then writes will hear of it.
    let heard = ctx.world.logs.subscribe(filter.groups.keys().cloned().collect());
    let events = Events::of(|say| async move {
        // A client that hung up is nobody to tell.
        let _ = session(&ctx.world, start, heard, &filter, &say).await;
    });
    Ok((logs::StartLiveTailResponse::default(), events))
}

impl Filter {
    fn read(ctx: &Ctx, input: &logs::StartLiveTailRequest) -> Result<Self, Fault> {
        let identifiers = input.log_group_identifiers.as_deref().unwrap_or_default();
        let mut groups = BTreeMap::new();
        for identifier in identifiers {
            if !identifier.starts_with("arn:") {
                return Err(bad("Each log group must be specified by its ARN."));
            }
            if identifier.ends_with('*') {
                return Err(bad("The ARN of a log group must not end with an asterisk (*)."));
            }
            groups.insert(names::of_identifier(ctx, identifier)?, identifier.clone());
        }
        let (streams, prefixes) = (input.log_stream_names.clone(), input.log_stream_name_prefixes.clone());
        if streams.is_some() && prefixes.is_some() {
            let message = "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.";
            return Err(bad(message));
        }
        if identifiers.len() > 1 && (streams.is_some() || prefixes.is_some()) {
            let message = "logStreamNames and logStreamNamePrefixes can be specified only with a single log group.";
            return Err(bad(message));
        }
        let pattern = input.log_event_filter_pattern.as_deref().map(Pattern::parse);
        Ok(Filter {
            groups,
            streams,
            prefixes,
            pattern: pattern.transpose().map_err(|error| bad(error.to_string()))?,
        })
    }

    fn wants_stream(&self, stream: &str) -> bool {
        let named = |names: &Vec<String>| names.iter().any(|name| name == stream);
        let begins = |prefixes: &Vec<String>| prefixes.iter().any(|prefix| stream.starts_with(prefix.as_str()));
        self.streams.as_ref().is_none_or(named) && self.prefixes.as_ref().is_none_or(begins)
    }

    /// Of what was said, what is wanted.
    fn of<'a>(&'a self, said: &'a Said) -> impl Iterator<Item = Heard> + 'a {
        let lines: &[_] = if self.wants_stream(&said.stream) {
            &said.lines
        } else {
            &[]
        };
        let wanted = |message: &str| self.pattern.as_ref().is_none_or(|pattern| pattern.matches(message));
        let lines = lines.iter().filter(move |(_, message)| wanted(message));
        lines.map(|line| Heard::of(said, line))
    }
}

async fn session(
    world: &World,
    start: logs::LiveTailSessionStart,
    mut heard: Subscription,
    filter: &Filter,
    say: &Say,
) -> Result<(), Unheard> {
    let stream = logs::StartLiveTailResponseStream::default;
    let began = Instant::now();
    let mut next = began + BETWEEN_UPDATES;
    let mut sample = Sample::default();
    say.say(logs::StartLiveTailResponseStream {
        session_start: Some(start),
        ..stream()
    })
    .await?;
    loop {
        let said = tokio::select! {
            biased;
            () = sleep_until(next) => None,
            said = heard.next() => match said {
                Some(said) => Some(said),
                None => return say.say(logs::StartLiveTailResponseStream {
                    session_streaming_exception: Some(logs::SessionStreamingException {
                        message: Some("The log store was closed.".to_string()),
                    }),
                    ..stream()
                }).await,
            },
        };
        if let Some(said) = said {
            for one in filter.of(&said) {
                sample.take(one, |bound| world.dice.below(bound));
            }
            continue;
        }
        if std::mem::take(&mut heard.missed) > 0 {
            sample.is_partial();
        }
        let update = std::mem::take(&mut sample).update(&filter.groups);
        say.say(logs::StartLiveTailResponseStream {
            session_update: Some(update),
            ..stream()
        })
        .await?;
        next = Instant::now() + BETWEEN_UPDATES;
        if began.elapsed() >= LONGEST {
            let message = "The session was open for three hours, which is as long as it may be.";
            return say
                .say(logs::StartLiveTailResponseStream {
                    session_timeout_exception: Some(logs::SessionTimeoutException {
                        message: Some(message.to_string()),
                    }),
                    ..stream()
                })
                .await;
        }
    }
}
