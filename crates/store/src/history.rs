//! Questions about the past of one record.

use crate::backend::PastVersion;
use crate::view::typed;
use crate::{BadRecord, DiskError, Key, Record, Revision, Store};
use base::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A record as one commit left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version<R> {
    pub rev: Revision,
    pub at: Timestamp,
    /// `None`: this commit deleted it.
    pub record: Option<Arc<R>>,
}

/// When: at a commit, or at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Revision(Revision),
    Time(Timestamp),
}

/// Why a question about the past has no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum HistoryError {
    /// The moment is longer ago than history is kept.
    Forgotten {
        until: Revision,
    },
    BadRecord(BadRecord),
    Disk(DiskError),
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HistoryError::Forgotten { until } => write!(f, "history up to revision {until} is no longer kept"),
            HistoryError::BadRecord(_) => f.write_str("a past version cannot be read"),
            HistoryError::Disk(_) => f.write_str("reading history failed"),
        }
    }
}

impl std::error::Error for HistoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            HistoryError::Forgotten { .. } => None,
            HistoryError::BadRecord(why) => Some(why),
            HistoryError::Disk(why) => Some(why),
        }
    }
}

impl Store {
    /// The versions of a record as far back as history goes, newest first, deletions included. Reads the disk.
    pub fn history<R: Record>(&self, key: &Key) -> Result<Vec<Version<R>>, HistoryError> {
        let view = self.snapshot();
        let since = self.history_begins();
        let limit = self.shared.history.versions_per_answer;
        let past = self
            .shared
            .archive
            .versions(R::TABLE, key, since, limit)
            .map_err(HistoryError::Disk)?;
        let present = view.row::<R>(key);
        let mut versions: Vec<Version<R>> = Vec::new();
        versions.extend(present.as_ref().map(|row| Version {
            rev: row.rev,
            at: row.at,
            record: Some(typed(row.clone())),
        }));
        for PastVersion { rev, at, record } in past {
            // The disk may be ahead of the snapshot, and has the present version too.
            if rev > view.revision() || present.as_ref().is_some_and(|row| rev >= row.rev) {
                continue;
            }
            let record = record.map(|bytes| R::decode(&bytes).map(Arc::new)).transpose();
            versions.push(Version {
                rev,
                at,
                record: record.map_err(HistoryError::BadRecord)?,
            });
            if at <= since {
                break; // this is what it was when history begins
            }
        }
        versions.truncate(limit);
        Ok(versions)
    }

    /// The record as it was at a moment; `None` when it was not there then. Reads the disk.
    pub fn as_of<R: Record>(&self, key: &Key, moment: Moment) -> Result<Option<Version<R>>, HistoryError> {
        let (until, until_at) = self.shared.archive.oldest();
        let reached = |v: &Version<R>| match moment {
            Moment::Revision(rev) => v.rev <= rev,
            Moment::Time(at) => v.at <= at,
        };
        if let Some(version) = self.history::<R>(key)?.into_iter().find(reached) {
            return Ok(version.record.is_some().then_some(version));
        }
        let forgotten = match moment {
            Moment::Revision(rev) => rev < until,
            Moment::Time(at) => at < until_at.max(self.history_begins()),
        };
        if forgotten {
            Err(HistoryError::Forgotten { until })
        } else {
            Ok(None)
        }
    }

    fn history_begins(&self) -> Timestamp {
        let keep = i64::try_from(self.shared.history.keep.as_millis()).unwrap_or(i64::MAX);
        self.shared.clock.now().plus_millis(keep.saturating_neg())
    }
}
