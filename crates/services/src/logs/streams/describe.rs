//! DescribeLogStreams: by name or by the time of the last event, in either direction.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::logs::{bad, names};
use api::logs;
use std::ops::ControlFlow;
use store::Key;
use telemetry::StreamInfo;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeLogStreams",
    default: 50,
    max: 50,
};

pub async fn run(ctx: Ctx, input: logs::DescribeLogStreamsRequest) -> Result<logs::DescribeLogStreamsResponse, Fault> {
    let by_time = input.order_by.as_deref() == Some("LastEventTime");
    if by_time && input.log_stream_name_prefix.is_some() {
        return Err(bad("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let name = names::either(&ctx, input.log_group_name, input.log_group_identifier)?;
    let group = names::group(&ctx.snapshot(), &name)?;
    let after = PAGING
        .after(input.next_token.as_deref())
        .map_err(|_| bad("The specified nextToken is invalid."))?;
    let size = PAGING
        .size(input.limit)
        .ok_or_else(|| bad("The limit is not between 1 and 50."))?;
    let descending = input.descending.unwrap_or(false);
    let prefix = input.log_stream_name_prefix.unwrap_or_default();
    let mut streams: Vec<(Key, StreamInfo)> = Vec::new();
    // By name and upward the log store itself begins at the right place and ends where the page does.
    let straight = !by_time && !descending;
    let begin = after.as_ref().filter(|_| straight).and_then(|key| key.text(0));
    ctx.world.logs.streams(&name, begin.as_deref(), &mut |stream| {
        let key = key_of(&stream, by_time);
        let is_behind = match (&after, descending) {
            (None, _) => true,
            (Some(after), false) => key > *after,
            (Some(after), true) => key < *after,
        };
        if is_behind && stream.name.starts_with(&prefix) {
            streams.push((key, stream));
        }
        match straight && streams.len() > size {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    streams.sort_by(|(a, _), (b, _)| if descending { b.cmp(a) } else { a.cmp(b) });
    let keeps_from = group.keeps_from(ctx.now());
    let arn = names::arn(&ctx, &name);
    let shown = streams
        .into_iter()
        .map(|(key, stream)| (key, show(&arn, &stream, keeps_from)));
    let page = PAGING.page(size, shown);
    Ok(logs::DescribeLogStreamsResponse {
        log_streams: Some(page.items),
        next_token: page.next,
    })
}

/// A stream without events stands where it was made.
fn key_of(stream: &StreamInfo, by_time: bool) -> Key {
    match by_time {
        false => Key::of([&*stream.name]),
        true => {
            let time = stream.last_event.unwrap_or(stream.made).millis().max(0);
            Key::all().part_u64(time as u64).part(&*stream.name)
        }
    }
}

fn show(group_arn: &str, stream: &StreamInfo, keeps_from: base::Timestamp) -> logs::LogStream {
    let kept = stream.last_event.is_some_and(|last| last >= keeps_from);
    let first = stream.first_event.map(|first| first.max(keeps_from));
    logs::LogStream {
        log_stream_name: Some(stream.name.to_string()),
        creation_time: Some(stream.made.millis()),
        first_event_timestamp: first.filter(|_| kept).map(|at| at.millis()),
        last_event_timestamp: stream.last_event.filter(|_| kept).map(|at| at.millis()),
        last_ingestion_time: stream.last_ingestion.map(|at| at.millis()),
        upload_sequence_token: Some(super::super::events::sequence_token(stream.last_ingestion)),
        arn: Some(format!("{group_arn}:log-stream:{}", stream.name)),
        stored_bytes: Some(0), // AWS tells it of groups only
    }
}
