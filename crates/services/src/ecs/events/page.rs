//! Reading on from a cursor: from memory while the store still holds the changes there, else from the disk.

use super::cursor::{Cursor, Salt};
use super::detail;
use super::told::{Kind, TABLES, Told, told};
use crate::common::World;
use base::Timestamp;
use std::sync::Arc;
use store::{Commit, HistoryError, Lagged, Revision};

/// Commits that one page looks through in memory.
const MOST_COMMITS: usize = 8_192;
/// Changes that one page takes from the disk.
const MOST_CHANGES: usize = 4_096;
/// A page that is as large as this is given, whatever was wished.
const MOST_BYTES: usize = 8 << 20;

/// What somebody wants to hear of.
#[derive(Clone, Debug)]
pub struct Wish {
    pub after: Cursor,
    /// Nothing that happened before this.
    pub since: Option<Timestamp>,
    /// By name; every cluster when there is none.
    pub cluster: Option<String>,
    /// Every kind when there is none.
    pub kinds: Vec<Kind>,
    pub most: usize,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Behind this event.
    pub cursor: Cursor,
    pub at: Timestamp,
    pub kind: Kind,
    pub cluster: String,
    /// For people.
    pub line: String,
    /// As EventBridge delivers it.
    pub json: String,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<Event>,
    /// Where to go on, also when no event was to be heard.
    pub cursor: Cursor,
    /// Whether there may be more already.
    pub more: bool,
}

/// Why there is no page.
#[derive(Debug)]
pub enum Trouble {
    /// What came next is not kept any more: events were missed. The oldest cursor to go on from.
    Forgotten(Cursor),
    /// The cursor is ahead of everything: it is of another Gantry, or this one was set back.
    Ahead,
    Store(HistoryError),
}

/// Where to begin to miss nothing since a time; `None`: from now on.
pub fn since(world: &World, at: Option<Timestamp>) -> Cursor {
    Cursor::after(match at {
        None => world.store.snapshot().revision(),
        Some(at) => world.store.before(at),
    })
}

/// A cursor as it was given, or the id of an event.
pub fn parse(world: &World, text: &str) -> Option<Cursor> {
    Cursor::parse(text, Salt::of(world))
}

pub fn page(world: &World, wish: &Wish) -> Result<Page, Trouble> {
    let (from, skip) = wish.after.place();
    let view = world.store.snapshot();
    if from > view.revision() {
        return Err(Trouble::Ahead);
    }
    let (commits, reached) = commits(world, from)?;
    // What is told here may have happened since that look.
    let view = if reached > view.revision() {
        world.store.snapshot()
    } else {
        view
    };
    let salt = Salt::of(world);
    let mut page = Page {
        events: Vec::new(),
        cursor: Cursor::after(reached),
        more: reached < view.revision(),
    };
    let mut bytes = 0;
    for commit in &commits {
        let skip = if commit.rev.0 == from.0 + 1 { skip } else { 0 };
        let told = commit.changes.iter().filter_map(told).zip(1..);
        for (told, number) in told.filter(|(_, number)| *number > skip) {
            if !wished(wish, &told, commit.at) {
                continue;
            }
            let cursor = Cursor {
                rev: commit.rev,
                events: number,
            };
            let json = detail::text(&view, &world.scope, &told, &cursor.id(salt), commit.at);
            bytes += json.len();
            page.events.push(Event {
                cursor,
                at: commit.at,
                kind: told.kind(),
                cluster: told.cluster().to_string(),
                line: told.line(),
                json,
            });
            if page.events.len() >= wish.most || bytes >= MOST_BYTES {
                (page.cursor, page.more) = (cursor, true);
                return Ok(page);
            }
        }
    }
    Ok(page)
}

fn wished(wish: &Wish, told: &Told, at: Timestamp) -> bool {
    wish.since.is_none_or(|since| at >= since)
        && wish.cluster.as_ref().is_none_or(|cluster| cluster == told.cluster())
        && (wish.kinds.is_empty() || wish.kinds.contains(&told.kind()))
}

/// The commits after this one, as many as are looked at in one go, and up to where they reach.
fn commits(world: &World, from: Revision) -> Result<(Vec<Arc<Commit>>, Revision), Trouble> {
    let mut watch = world.store.watch(from);
    let mut commits = Vec::new();
    while commits.len() < MOST_COMMITS {
        match watch.try_next() {
            Ok(Some(commit)) => commits.push(commit),
            Ok(None) => break,
            Err(Lagged { .. }) if commits.is_empty() => return past(world, from),
            Err(Lagged { .. }) => break, // what was taken is whole; the next page goes on from there
        }
    }
    Ok((commits, watch.seen()))
}

fn past(world: &World, from: Revision) -> Result<(Vec<Arc<Commit>>, Revision), Trouble> {
    match world.store.past(from, &TABLES, MOST_CHANGES) {
        Ok(past) => Ok((past.commits.into_iter().map(Arc::new).collect(), past.reached)),
        Err(HistoryError::Forgotten { until }) => Err(Trouble::Forgotten(Cursor::after(until))),
        Err(error) => Err(Trouble::Store(error)),
    }
}
