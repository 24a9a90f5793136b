//! PutLogEvents.

use crate::common::Ctx;
use crate::logs::{bad, names, not_kept};
use api::logs;
use base::Timestamp;
use telemetry::{Append, Event};
use wire::Fault;

/// What an event counts beside its message.
const EVENT_OVERHEAD: usize = 26;
const MAX_EVENT_BYTES: usize = 1 << 20;
const MAX_BATCH_BYTES: usize = 1 << 20;
const HOUR_MS: i64 = 60 * 60 * 1000;
const TOO_NEW_MS: i64 = 2 * HOUR_MS;
const TOO_OLD_MS: i64 = 14 * 24 * HOUR_MS;
const MAX_SPAN_MS: i64 = 24 * HOUR_MS;

pub async fn run(ctx: Ctx, input: logs::PutLogEventsRequest) -> Result<logs::PutLogEventsResponse, Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let stream = input.log_stream_name.unwrap_or_default();
    let given = input.log_events.unwrap_or_default();
    let given: Vec<Event> = given
        .into_iter()
        .map(|event| Event {
            at: Timestamp(event.timestamp.unwrap_or_default()),
            message: event.message.unwrap_or_default(),
            position: 0,
        })
        .collect();
    check(&given)?;
    let group = names::group(&ctx.snapshot(), &name)?;
    let now = ctx.now();
    let times: Vec<i64> = given.iter().map(|event| event.at.millis()).collect();
    let sorted = Sorted::out(&times, now, group.keeps_from(now));
    let good = sorted.good();
    if let Some(times) = times.get(good.clone())
        && let (Some(first), Some(last)) = (times.first(), times.last())
        && last - first > MAX_SPAN_MS
    {
        let message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return Err(bad(message));
    }
    let events = given.into_iter().skip(good.start).take(good.len()).collect();
    let append = Append {
        group: name,
        stream,
        source: None,
        events,
        create: false,
    };
    ctx.world.logs.append(append).await.map_err(not_kept)?;
    Ok(logs::PutLogEventsResponse {
        next_sequence_token: Some(super::sequence_token(Some(now))),
        rejected_log_events_info: sorted.info(),
        rejected_entity_info: None,
    })
}

/// What is wrong with a batch as a whole.
fn check(events: &[Event]) -> Result<(), Fault> {
    let bytes = |event: &Event| event.message.len() + EVENT_OVERHEAD;
    if let Some(event) = events.iter().find(|event| bytes(event) > MAX_EVENT_BYTES) {
        let bytes = bytes(event);
        return Err(bad(format!(
            "Log event too large: {bytes} bytes exceeds limit of {MAX_EVENT_BYTES}"
        )));
    }
    let all: usize = events.iter().map(bytes).sum();
    if all > MAX_BATCH_BYTES {
        return Err(bad(format!(
            "Upload too large: {all} bytes exceeds limit of {MAX_BATCH_BYTES}"
        )));
    }
    if events.windows(2).any(|two| two[0].at > two[1].at) {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(bad(message));
    }
    Ok(())
}

/// A batch in chronological order, cut by age.
#[derive(Debug, PartialEq, Eq)]
struct Sorted {
    all: usize,
    /// Those before are too old for anybody.
    too_old_end: usize,
    /// Those before are too old for their group.
    expired_end: usize,
    /// This one and those behind it are of the future.
    too_new_start: usize,
}

impl Sorted {
    fn out(times: &[i64], now: Timestamp, keeps_from: Timestamp) -> Self {
        let before = |time: i64| times.partition_point(|at| *at < time);
        Sorted {
            all: times.len(),
            too_old_end: before(now.millis() - TOO_OLD_MS),
            expired_end: before(keeps_from.millis()),
            too_new_start: before(now.millis() + TOO_NEW_MS + 1),
        }
    }

    fn good(&self) -> std::ops::Range<usize> {
        let start = self.too_old_end.max(self.expired_end);
        start..self.too_new_start.max(start)
    }

    fn info(&self) -> Option<logs::RejectedLogEventsInfo> {
        let index = |n: usize, tell: bool| i32::try_from(n).ok().filter(|_| tell);
        let info = logs::RejectedLogEventsInfo {
            too_new_log_event_start_index: index(self.too_new_start, self.too_new_start < self.all),
            too_old_log_event_end_index: index(self.too_old_end, self.too_old_end > 0),
            expired_log_event_end_index: index(self.expired_end, self.expired_end > 0),
        };
        (info != logs::RejectedLogEventsInfo::default()).then_some(info)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_cut_by_age() {
        let now = Timestamp(100 * 24 * HOUR_MS);
        let day = |days: i64| now.millis() - days * 24 * HOUR_MS;
        let times = [
            day(20),
            day(10),
            day(1),
            now.millis(),
            now.millis() + TOO_NEW_MS,
            now.millis() + TOO_NEW_MS + 1,
        ];
        let cut = Sorted::out(&times, now, Timestamp(0));
        assert_eq!(cut.good(), 1..5);
        let info = cut.info().unwrap();
        assert_eq!(
            (
                info.too_old_log_event_end_index,
                info.expired_log_event_end_index,
                info.too_new_log_event_start_index
            ),
            (Some(1), None, Some(5))
        );
        let cut = Sorted::out(&times, now, Timestamp(day(7)));
        assert_eq!(
            (cut.good(), cut.info().unwrap().expired_log_event_end_index),
            (2..5, Some(2))
        );
        assert_eq!(Sorted::out(&times[3..4], now, Timestamp(0)).info(), None);
        assert_eq!(Sorted::out(&times[5..], now, Timestamp(0)).good(), 0..0);
        assert_eq!(Sorted::out(&times[..1], now, Timestamp(0)).good(), 1..1);
    }
}
