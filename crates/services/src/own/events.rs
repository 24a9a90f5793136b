//! `/_gantry/events`: the events behind a cursor, and, when there are none yet, a while of waiting for some.
//!
//! `after` (a cursor or an event's id) or `since` (a time) says where to begin, else it is now; `cluster` and `type` say
//! which; `limit` how many; `wait` how many seconds.

use super::{Query, invalid};
use crate::common::{Ctx, World};
use crate::ecs::events::{self, Event, Kind, Page, Trouble, Wish};
use crate::ecs::names;
use base::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wire::Fault;
use wire::codec::json;

const MOST_EVENTS: u32 = 1000;
const MOST_WAIT_SECONDS: u32 = 20;

pub async fn answer(ctx: Ctx, query: &Query) -> Result<Vec<u8>, Fault> {
    let mut wish = wish(&ctx, query)?;
    let wait = query.number("wait", MOST_WAIT_SECONDS)?.unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(u64::from(wait));
    loop {
        let page = page(&ctx.world, &wish).await?;
        if !page.events.is_empty() || page.more {
            return Ok(text(&page));
        }
        // A watch from where the page ended sees whatever came since.
        let (from, _) = page.cursor.place();
        let mut watch = ctx.world.store.watch(from);
        match tokio::time::timeout_at(until, watch.next()).await {
            Err(_) => return Ok(text(&page)),
            Ok(_) => wish.after = page.cursor,
        }
    }
}

fn wish(ctx: &Ctx, query: &Query) -> Result<Wish, Fault> {
    let since = match query.text("since") {
        None => None,
        Some(text) => Some(Timestamp::parse_iso8601(text).ok_or_else(|| invalid(format!("{text} is not a time.")))?),
    };
    let after = match query.text("after") {
        None => events::since(&ctx.world, since),
        Some(text) => events::parse(&ctx.world, text).ok_or_else(|| {
            invalid(format!(
                "{text} is neither a cursor nor the id of an event of this Gantry."
            ))
        })?,
    };
    let kind = |name: &str| Kind::named(name).ok_or_else(|| invalid(format!("{name} is no type of event.")));
    let cluster = query.text("cluster");
    let cluster = cluster
        .map(|given| names::cluster_name(ctx.scope(), Some(given)))
        .transpose()?;
    Ok(Wish {
        after,
        since,
        cluster,
        kinds: query.all("type").map(kind).collect::<Result<_, _>>()?,
        most: query.number("limit", MOST_EVENTS)?.unwrap_or(MOST_EVENTS).max(1) as usize,
    })
}

/// Reading may go to the disk.
async fn page(world: &Arc<World>, wish: &Wish) -> Result<Page, Fault> {
    let (world, wish) = (Arc::clone(world), wish.clone());
    let read = tokio::task::spawn_blocking(move || events::page(&world, &wish)).await;
    let failed = || Fault::common("ServerException", 500, "The events could not be read.");
    match read {
        Ok(Ok(page)) => Ok(page),
        Ok(Err(Trouble::Forgotten(oldest))) => Err(Fault::common(
            "EventsForgottenException",
            400,
            format!("What came after that is no longer kept. The oldest cursor to go on from is {oldest}."),
        )),
        Ok(Err(Trouble::Ahead)) => Err(invalid(
            "The cursor is ahead of everything that happened here. Is it of another Gantry?",
        )),
        Ok(Err(Trouble::Store(error))) => {
            tracing::error!(%error, "events could not be read");
            Err(failed())
        }
        Err(_) => Err(failed()), // it panicked, which was said
    }
}

fn text(page: &Page) -> Vec<u8> {
    let mut out = b"{\"events\":[".to_vec();
    for (n, event) in page.events.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        one(event, &mut out);
    }
    out.extend_from_slice(b"],\"cursor\":");
    json::write_text(&page.cursor.to_string(), &mut out);
    out.extend_from_slice(format!(",\"more\":{}}}", page.more).as_bytes());
    out
}

fn one(event: &Event, out: &mut Vec<u8>) {
    let members = [
        ("cursor", event.cursor.to_string()),
        ("at", event.at.iso8601()),
        ("type", event.kind.word().to_string()),
        ("cluster", event.cluster.clone()),
        ("line", event.line.clone()),
    ];
    out.push(b'{');
    for (name, value) in members {
        json::write_text(name, out);
        out.push(b':');
        json::write_text(&value, out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"event\":");
    out.extend_from_slice(event.json.as_bytes());
    out.push(b'}');
}
