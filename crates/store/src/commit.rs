//! What a transaction changed.

use crate::Record;
use crate::key::Key;
use base::Timestamp;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Counts the transactions that changed something, from 1; 0 is the empty store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    pub(crate) fn next(self) -> Self {
        Revision(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A record whose type only its table knows.
pub(crate) type AnyRecord = Arc<dyn Any + Send + Sync>;

/// One transaction's changes.
#[derive(Debug)]
pub struct Commit {
    pub rev: Revision,
    /// What `tx.now()` said; never earlier than the commit before.
    pub at: Timestamp,
    /// At most one for each record, in the order of first touch.
    pub changes: Box<[Change]>,
}

/// One record before and after a transaction. Both are there for an update, one for a creation or a deletion.
#[derive(Clone)]
pub struct Change {
    pub table: &'static str,
    pub key: Key,
    pub(crate) before: Option<AnyRecord>,
    pub(crate) after: Option<AnyRecord>,
}

impl Change {
    /// Before and after, if this change is about an `R`.
    #[allow(clippy::type_complexity)] // the pair is what every caller wants to match on
    pub fn of<R: Record>(&self) -> Option<(Option<Arc<R>>, Option<Arc<R>>)> {
        if self.table != R::TABLE {
            return None;
        }
        let typed = |any: &Option<AnyRecord>| any.as_ref().and_then(|any| Arc::clone(any).downcast::<R>().ok());
        Some((typed(&self.before), typed(&self.after)))
    }

    pub fn is_creation(&self) -> bool {
        self.before.is_none()
    }

    pub fn is_deletion(&self) -> bool {
        self.after.is_none()
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (&self.before, &self.after) {
            (None, _) => "created",
            (_, None) => "deleted",
            _ => "updated",
        };
        write!(f, "{} {} {what}", self.table, self.key)
    }
}
