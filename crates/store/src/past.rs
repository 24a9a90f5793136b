//! The list of changes as far back as the log goes, for readers who come later than the ring remembers.

use crate::backend::PastChange;
use crate::commit::{Change, Commit};
use crate::{BadRecord, HistoryError, Key, Revision, Store};
use base::Timestamp;

/// Commits as they happened, read from the disk.
#[derive(Debug)]
pub struct Past {
    /// Oldest first: those that changed one of the tables asked for, with their changes of these tables only.
    pub commits: Vec<Commit>,
    /// Nothing up to this revision is missing above.
    pub reached: Revision,
}

impl Store {
    /// The commits after `from`, as far as they changed one of `tables`: as many as have `most` changes together, and
    /// at least one. Reads the disk.
    pub fn past(&self, from: Revision, tables: &[&str], most: usize) -> Result<Past, HistoryError> {
        let view = self.snapshot();
        let archive = &self.shared.archive;
        let mut past = Past {
            commits: Vec::new(),
            reached: from.max(view.revision()),
        };
        let mut open: Option<(Revision, Timestamp, Vec<Change>)> = None;
        let mut changes = 0;
        let mut bad = None;
        let defs = &view.tables;
        let mut close = |open: &mut Option<(Revision, Timestamp, Vec<Change>)>| {
            past.commits.extend(open.take().map(|(rev, at, changes)| Commit {
                rev,
                at,
                changes: changes.into(),
            }));
        };
        let mut full = None;
        let read = archive.changes(tables, from, &mut |change| {
            // The disk may be ahead of what is published.
            if change.rev > view.revision() {
                return false;
            }
            if open.as_ref().is_some_and(|(rev, ..)| *rev != change.rev) {
                close(&mut open);
                if changes >= most {
                    full = Some(Revision(change.rev.0 - 1));
                    return false;
                }
            }
            let (rev, at) = (change.rev, change.at);
            match typed(defs, &change) {
                Ok(Some(change)) => {
                    changes += 1;
                    open.get_or_insert_with(|| (rev, at, Vec::new())).2.push(change);
                    true
                }
                Ok(None) => true,
                Err(why) => {
                    bad = Some(why);
                    false
                }
            }
        });
        close(&mut open);
        read.map_err(HistoryError::Disk)?;
        if let Some(why) = bad {
            return Err(HistoryError::BadRecord(why));
        }
        // Looked at last: what was taken away meanwhile is missing above.
        let (until, _) = archive.oldest();
        if from < until {
            return Err(HistoryError::Forgotten { until });
        }
        if let Some(full) = full {
            past.reached = full;
        }
        Ok(past)
    }

    /// From where to read [`Store::past`] to miss nothing since a time, as far as history is kept; it may be somewhat
    /// earlier.
    pub fn before(&self, at: Timestamp) -> Revision {
        self.shared.archive.before(at)
    }

    /// The oldest revision that [`Store::past`] can go on from.
    pub fn oldest(&self) -> Revision {
        self.shared.archive.oldest().0
    }
}

/// The change as its table knows it; `None` for a table that this program has no more.
fn typed(tables: &crate::Tables, change: &PastChange<'_>) -> Result<Option<Change>, BadRecord> {
    let (Some(id), Some(key)) = (tables.named(change.table), Key::from_bytes(change.key)) else {
        return Ok(None);
    };
    let def = tables.def(id);
    let decode = |bytes: Option<&[u8]>| bytes.map(def.decode).transpose();
    Ok(Some(Change {
        table: def.name,
        key,
        before: decode(change.before)?,
        after: decode(change.after)?,
    }))
}
