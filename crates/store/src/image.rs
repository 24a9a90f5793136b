//! One table's image in memory: persistent ordered maps, so that a copy is free and shares what did not change.

use crate::Key;
use crate::commit::{AnyRecord, Revision};
use crate::table::TableDef;
use base::Timestamp;
use imbl::OrdMap;
use std::ops::Bound;

#[derive(Clone)]
pub(crate) struct TableImage {
    rows: OrdMap<Key, Row>,
    /// For each index: index key and record key joined, leading to the record key.
    indexes: Box<[OrdMap<Key, Key>]>,
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
            rows: OrdMap::new(),
            indexes: (0..indexes).map(|_| OrdMap::new()).collect(),
        }
    }

    /// All rows, in key order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&Key, &Row)> {
        self.rows.iter()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Row> {
        self.rows.get(key)
    }

    /// Rows whose key starts with `prefix` and is behind `after`, in key order.
    pub(crate) fn scan<'a>(&'a self, prefix: &Key, after: Option<&Key>) -> impl Iterator<Item = &'a Row> + use<'a> {
        range(&self.rows, prefix, after).map(|(_, row)| row)
    }

    /// Rows with an entry in the index that starts with `prefix` and is behind `after`, in the order of the index.
    pub(crate) fn by<'a>(
        &'a self,
        index: usize,
        prefix: &Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = &'a Row> + use<'a> {
        let entries = range(&self.indexes[index], prefix, after);
        entries.map(|(_, key)| self.rows.get(key).expect("an index entry goes with its row"))
    }

    pub(crate) fn count(&self, prefix: &Key) -> usize {
        if *prefix == Key::all() {
            self.rows.len()
        } else {
            range(&self.rows, prefix, None).count()
        }
    }

    pub(crate) fn count_by(&self, index: usize, prefix: &Key) -> usize {
        range(&self.indexes[index], prefix, None).count()
    }

    /// Puts or (with `None`) removes a row with its index entries; answers with what was there.
    pub(crate) fn replace(&mut self, def: &TableDef, key: &Key, row: Option<Row>) -> Option<Row> {
        let new_entries = row.as_ref().map(|row| def.index_keys(&row.record)).unwrap_or_default();
        let old = match row {
            Some(row) => self.rows.insert(key.clone(), row),
            None => self.rows.remove(key),
        };
        if !self.indexes.is_empty() {
            let old_entries = old.as_ref().map(|row| def.index_keys(&row.record)).unwrap_or_default();
            for (index, entry) in old_entries.iter().filter(|e| !new_entries.contains(e)) {
                self.indexes[*index].remove(&entry.joined(key));
            }
            for (index, entry) in new_entries.iter().filter(|e| !old_entries.contains(e)) {
                self.indexes[*index].insert(entry.joined(key), key.clone());
            }
        }
        old
    }
}

fn range<'a, V: Clone>(
    map: &'a OrdMap<Key, V>,
    prefix: &Key,
    after: Option<&Key>,
) -> impl Iterator<Item = (&'a Key, &'a V)> + use<'a, V> {
    let end = prefix.prefix_end();
    let from = match after {
        Some(after) if after >= prefix => Bound::Excluded(after.as_bytes()),
        _ => Bound::Included(prefix.as_bytes()),
    };
    let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    // A cursor behind the prefix would make a range that ends before it begins, which no map likes.
    let empty = matches!((from, to), (Bound::Excluded(from), Bound::Excluded(to)) if from >= to);
    let range = (!empty).then(|| map.range::<_, [u8]>((from, to)));
    range.into_iter().flatten()
}
