//! One table's image in memory: persistent ordered maps, so that a copy is free and shares what did not change.

use crate::Key;
use crate::commit::{AnyRecord, Revision};
use crate::map::Map;
use crate::table::TableDef;
use base::Timestamp;
use std::ops::Bound;

#[derive(Clone)]
pub(crate) struct TableImage {
    rows: Map<Row>,
    /// For each index: index key and record key joined, with the length of the former.
    indexes: Box<[Map<u32>]>,
}

/// A record and which commit wrote it.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
    pub(crate) record: AnyRecord,
}

impl TableImage {
    pub(crate) fn new(indexes: usize) -> Self {
        TableImage {
            rows: Map::new(),
            indexes: (0..indexes).map(|_| Map::new()).collect(),
        }
    }

    /// All rows, in the order of their keys.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&[u8], &Row)> {
        self.rows.range(Bound::Unbounded, Bound::Unbounded)
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Row> {
        self.rows.get(key.as_bytes())
    }

    /// Rows whose key starts with `prefix` and is behind `after`, in key order.
    pub(crate) fn scan<'a>(&'a self, prefix: &Key, after: Option<&Key>) -> impl Iterator<Item = &'a Row> + use<'a> {
        let rows = within(prefix, after, |from, to| self.rows.range(from, to));
        rows.map(|(_, row)| row)
    }

    /// Rows with an entry in the index that starts with `prefix` and is behind `after`, in the order of the index.
    pub(crate) fn by<'a>(
        &'a self,
        index: usize,
        prefix: &Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = &'a Row> + use<'a> {
        let entries = within(prefix, after, |from, to| self.indexes[index].range(from, to));
        entries.map(|(entry, len)| {
            self.rows
                .get(&entry[*len as usize..])
                .expect("an index entry goes with its row")
        })
    }

    pub(crate) fn count(&self, prefix: &Key) -> usize {
        within(prefix, None, |from, to| self.rows.count(from, to))
    }

    pub(crate) fn count_by(&self, index: usize, prefix: &Key) -> usize {
        within(prefix, None, |from, to| self.indexes[index].count(from, to))
    }

    /// Puts or (with `None`) removes a row with its index entries; answers with what was there.
    pub(crate) fn replace(&mut self, def: &TableDef, key: &Key, row: Option<Row>) -> Option<Row> {
        let new_entries = row.as_ref().map(|row| def.index_keys(&row.record)).unwrap_or_default();
        let old = match row {
            Some(row) => self.rows.insert(key.as_bytes(), row),
            None => self.rows.remove(key.as_bytes()),
        };
        if !self.indexes.is_empty() {
            let old_entries = old.as_ref().map(|row| def.index_keys(&row.record)).unwrap_or_default();
            for (index, entry) in old_entries.iter().filter(|e| !new_entries.contains(e)) {
                self.indexes[*index].remove(entry.joined(key).as_bytes());
            }
            for (index, entry) in new_entries.iter().filter(|e| !old_entries.contains(e)) {
                let len = entry.as_bytes().len() as u32; // the limit of a key's length keeps it there
                self.indexes[*index].insert(entry.joined(key).as_bytes(), len);
            }
        }
        old
    }
}

/// Asks for the range of keys that start with `prefix` and are behind `after`.
fn within<T>(prefix: &Key, after: Option<&Key>, ask: impl FnOnce(Bound<&[u8]>, Bound<&[u8]>) -> T) -> T {
    let end = prefix.prefix_end();
    let from = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.as_bytes()),
        _ => Bound::Included(prefix.as_bytes()),
    };
    ask(from, end.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
}
