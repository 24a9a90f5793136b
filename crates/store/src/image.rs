//! The image of all tables in memory: every row as a chain of versions, so that many revisions are there at once.
//!
//! A write changes the image in place, as a version that no reader sees yet; a reader sees of each row the newest
//! version that is not behind its own revision. Versions that no reader can ask for any more are swept away. The
//! obvious other way, persistent maps, costs several times more for each change: a copy of a path through a map of a
//! million rows counts hundreds of references in memory that no cache holds (docs/decisions/2026-11-21-embedded-engine.md).

use crate::Key;
use crate::commit::{AnyRecord, Revision};
use crate::index::{Index, Span};
use crate::table::{TableDef, TableId};
use base::Timestamp;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Every table behind a lock that is never held for long, nor while code of others runs.
pub(crate) struct Image(Vec<RwLock<Table>>);

pub(crate) struct Table {
    pub(crate) rows: BTreeMap<Key, Chain<Stored>>,
    pub(crate) indexes: Box<[Index]>,
}

#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) at: Timestamp,
    pub(crate) record: AnyRecord,
}

/// A record and which commit wrote it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
    pub(crate) record: AnyRecord,
}

/// Versions, newest first; without a value, the row is not there then.
pub(crate) struct Chain<T> {
    rev: Revision,
    value: Option<T>,
    older: Option<Box<Chain<T>>>,
}

/// Somewhere in the image that a transaction wrote to.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    table: TableId,
    key: Key,
    /// Which index, and under which key of it; none for the rows themselves.
    index: Option<(u8, Key)>,
    /// Whether there is something that will have to be swept away.
    pub(crate) superseded: bool,
}

impl<T> Chain<T> {
    pub(crate) fn new(rev: Revision, value: Option<T>) -> Self {
        Chain {
            rev,
            value,
            older: None,
        }
    }

    /// What a reader at `rev` sees.
    pub(crate) fn at(&self, rev: Revision) -> Option<(Revision, &T)> {
        let mut version = self;
        while version.rev > rev {
            version = version.older.as_deref()?;
        }
        version.value.as_ref().map(|value| (version.rev, value))
    }

    pub(crate) fn has_older(&self) -> bool {
        self.older.is_some()
    }

    pub(crate) fn set(&mut self, rev: Revision, value: Option<T>) {
        if self.rev == rev {
            self.value = value;
        } else {
            let older = std::mem::replace(self, Chain::new(rev, value));
            self.older = Some(Box::new(older));
        }
    }

    /// Forgets what was written at `rev`; `false` when nothing is left.
    fn undo(&mut self, rev: Revision) -> bool {
        if self.rev != rev {
            return true;
        }
        match self.older.take() {
            Some(older) => *self = *older,
            None => return false,
        }
        true
    }

    /// Forgets what no reader at `floor` or later can see; `false` when nothing is left.
    pub(crate) fn sweep(&mut self, floor: Revision) -> bool {
        let mut version = &mut *self;
        while version.rev > floor {
            match &mut version.older {
                Some(older) => version = older,
                None => return true,
            }
        }
        version.older = None;
        self.value.is_some() || self.rev > floor
    }
}

impl Image {
    pub(crate) fn new(tables: impl Iterator<Item = Table>) -> Self {
        Image(tables.map(RwLock::new).collect())
    }

    pub(crate) fn read(&self, table: TableId) -> RwLockReadGuard<'_, Table> {
        self.0[table.index()].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, table: TableId) -> RwLockWriteGuard<'_, Table> {
        self.0[table.index()].write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts or (with `None`) removes a row with its index entries as of `rev`, which nobody reads yet. Answers with
    /// what was there, and adds to `places` where it wrote.
    pub(crate) fn replace(
        &self,
        (table, def): (TableId, &TableDef),
        key: &Key,
        rev: Revision,
        new: Option<Stored>,
        places: &mut Vec<Place>,
    ) -> Option<Row> {
        let new_record = new.as_ref().map(|new| Arc::clone(&new.record));
        let (old, written) = set(&mut self.write(table).rows, key, rev, new);
        let old = old.map(|(rev, Stored { at, record })| Row { rev, at, record });
        if let Written::Anew { superseded } = written {
            places.push(Place {
                table,
                key: key.clone(),
                index: None,
                superseded,
            });
        }
        if !def.indexes.is_empty() {
            // Found out without the lock, since it runs code of others; nobody reads at `rev` meanwhile.
            let entries = Entries::between(def, old.as_ref().map(|row| &row.record), new_record.as_ref());
            let mut locked = self.write(table);
            for (index, of, present) in entries.0 {
                let superseded = locked.indexes[index].set(&of, key, rev, present);
                places.push(Place {
                    table,
                    key: key.clone(),
                    index: Some((index as u8, of)), // there are few indexes
                    superseded,
                });
            }
        }
        old
    }

    /// Forgets what was written at these places at `rev`.
    pub(crate) fn undo(&self, places: Vec<Place>, rev: Revision) {
        for place in places {
            self.at(&place, |chain| chain.undo(rev), |chain| chain.undo(rev));
        }
    }

    /// Forgets at this place what no reader at `floor` or later can see.
    pub(crate) fn sweep(&self, place: &Place, floor: Revision) {
        self.at(place, |chain| chain.sweep(floor), |chain| chain.sweep(floor));
    }

    /// Changes the chain at a place; when the change says `false`, the chain goes.
    fn at(
        &self,
        place: &Place,
        row: impl FnOnce(&mut Chain<Stored>) -> bool,
        entry: impl FnOnce(&mut Chain<()>) -> bool,
    ) {
        let mut table = self.write(place.table);
        match &place.index {
            None => keep(&mut table.rows, &place.key, row),
            Some((index, of)) => table.indexes[usize::from(*index)].change(of, &place.key, entry),
        }
    }
}

enum Written {
    /// In place of what the same transaction wrote there before; it is known where.
    Again,
    /// Whether there is something now that will have to be swept away.
    Anew { superseded: bool },
}

/// Answers with what was there.
fn set<T: Clone>(
    map: &mut BTreeMap<Key, Chain<T>>,
    key: &Key,
    rev: Revision,
    value: Option<T>,
) -> (Option<(Revision, T)>, Written) {
    let gone = value.is_none();
    match map.entry(key.clone()) {
        Entry::Occupied(mut chain) => {
            let chain = chain.get_mut();
            let old = chain.value.clone().map(|value| (chain.rev, value));
            let again = chain.rev == rev && !gone;
            chain.set(rev, value);
            let superseded = gone || chain.older.is_some();
            let written = if again {
                Written::Again
            } else {
                Written::Anew { superseded }
            };
            (old, written)
        }
        Entry::Vacant(vacant) => {
            vacant.insert(Chain::new(rev, value));
            (None, Written::Anew { superseded: gone })
        }
    }
}

pub(crate) fn keep<T>(map: &mut BTreeMap<Key, Chain<T>>, key: &Key, change: impl FnOnce(&mut Chain<T>) -> bool) {
    if map.get_mut(key).is_some_and(|chain| !change(chain)) {
        map.remove(key);
    }
}

/// Index entries that come (`true`) or go.
#[derive(Default)]
struct Entries(Vec<(usize, Key, bool)>);

impl Entries {
    fn between(def: &TableDef, old: Option<&AnyRecord>, new: Option<&AnyRecord>) -> Self {
        let old = old.map(|record| def.index_keys(record)).unwrap_or_default();
        let new = new.map(|record| def.index_keys(record)).unwrap_or_default();
        let mut entries = Entries::default();
        for (index, key) in old.iter().filter(|entry| !new.contains(entry)) {
            entries.0.push((*index, key.clone(), false));
        }
        for (index, key) in new.into_iter().filter(|entry| !old.contains(entry)) {
            entries.0.push((index, key, true));
        }
        entries
    }
}

impl Table {
    pub(crate) fn get(&self, key: &Key, rev: Revision) -> Option<Row> {
        row_at(self.rows.get(key)?, rev)
    }

    /// Calls `each` with the rows in a range that a reader at `rev` sees, in key order, while it answers `true`; then the
    /// range is what is left of it.
    pub(crate) fn scan(&self, range: &mut Within, rev: Revision, each: &mut dyn FnMut(&Key, Row) -> bool) {
        let mut last = None;
        for (key, chain) in range.of(&self.rows) {
            if let Some(row) = row_at(chain, rev)
                && !each(key, row)
            {
                last = Some(key);
                break;
            }
        }
        if let Some(last) = last {
            range.go_on_behind(last);
        }
    }

    /// As [`Table::scan`], by the entries of an index and in its order.
    pub(crate) fn by(&self, index: usize, span: &mut Span, rev: Revision, each: &mut dyn FnMut(&Key, Row) -> bool) {
        self.indexes[index].walk(span, rev, |key| {
            let row = self.rows.get(key).and_then(|chain| row_at(chain, rev));
            each(key, row.expect("an index entry goes with its row"))
        });
    }
}

fn row_at(chain: &Chain<Stored>, rev: Revision) -> Option<Row> {
    let (rev, stored) = chain.at(rev)?;
    Some(Row {
        rev,
        at: stored.at,
        record: stored.record.clone(),
    })
}

/// The keys that start with a prefix and are behind another key.
#[derive(Clone)]
pub(crate) struct Within {
    from: Bound<Key>,
    /// None: to the end.
    end: Option<Vec<u8>>,
}

impl Within {
    pub(crate) fn new(prefix: &Key, after: Option<&Key>) -> Self {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after.clone()),
            _ => Bound::Included(prefix.clone()),
        };
        Within {
            from,
            end: prefix.prefix_end(),
        }
    }

    /// What is left of it behind `key`.
    fn go_on_behind(&mut self, key: &Key) {
        self.from = Bound::Excluded(key.clone());
    }

    fn of<'a, V>(&self, map: &'a BTreeMap<Key, V>) -> impl Iterator<Item = (&'a Key, &'a V)> + use<'a, V> {
        let from = self.from.as_ref().map(Key::as_bytes);
        let to = self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        // A map does not like a range that ends before it begins.
        let empty = matches!((from, to), (Bound::Excluded(from), Bound::Excluded(to)) if from >= to);
        let range = (!empty).then(|| map.range::<[u8], _>((from, to)));
        range.into_iter().flatten()
    }
}
