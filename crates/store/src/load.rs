//! Builds the image from the rows that a backend tells when the store is opened.

use crate::commit::{AnyRecord, Revision};
use crate::image::{Chain, Image, Stored, Table};
use crate::table::{TableDef, Tables};
use crate::{Key, OpenError, StoredRow};
use std::collections::BTreeMap;

pub(crate) struct Loader<'a> {
    tables: &'a Tables,
    loading: Vec<Loading>,
}

/// Rows mostly come in order, and then are put into a map in one go.
#[derive(Default)]
struct Loading {
    in_order: Vec<(Key, Chain<Stored>)>,
    map: Option<BTreeMap<Key, Chain<Stored>>>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(tables: &'a Tables) -> Self {
        Loader {
            tables,
            loading: tables.defs().iter().map(|_| Loading::default()).collect(),
        }
    }

    pub(crate) fn row(&mut self, row: StoredRow<'_>) -> Result<(), OpenError> {
        let unknown = || OpenError::UnknownTable {
            table: row.table.into(),
        };
        let table = self.tables.named(row.table).ok_or_else(unknown)?;
        let def = self.tables.def(table);
        let key = Key::from_bytes(row.key).ok_or_else(|| OpenError::Damaged {
            what: format!("table {} has the key {:02x?}", def.name, row.key),
        })?;
        let bad = |why| OpenError::BadRecord {
            table: def.name,
            key: key.to_string(),
            why,
        };
        let record = row.record.map(|bytes| (def.decode)(bytes).map_err(bad)).transpose()?;
        debug_assert!(
            record.as_ref().is_none_or(|record| (def.key)(record) == key),
            "{key} decodes to another key"
        );
        let stored = record.map(|record| Stored { at: row.at, record });
        self.loading[table.index()].put(key, row.rev, stored);
        Ok(())
    }

    pub(crate) fn finish(self) -> Image {
        let tables = self.loading.into_iter().zip(self.tables.defs());
        Image::new(tables.map(|(loading, def)| loading.finish(def)))
    }
}

impl Loading {
    fn put(&mut self, key: Key, rev: Revision, stored: Option<Stored>) {
        if self.map.is_none() && stored.is_some() && self.in_order.last().is_none_or(|(last, _)| *last < key) {
            self.in_order.push((key, Chain::new(rev, stored)));
            return;
        }
        let map = self
            .map
            .get_or_insert_with(|| std::mem::take(&mut self.in_order).into_iter().collect());
        match stored {
            Some(stored) => drop(map.insert(key, Chain::new(rev, Some(stored)))),
            None => drop(map.remove(&key)),
        }
    }

    fn finish(self, def: &TableDef) -> Table {
        let rows = self.map.unwrap_or_else(|| self.in_order.into_iter().collect());
        let mut entries: Vec<Vec<(Key, Chain<u32>)>> = def.indexes.iter().map(|_| Vec::new()).collect();
        for (key, rev, record) in rows.iter().filter_map(|(key, chain)| newest(key, chain)) {
            for (index, entry) in def.index_keys(record) {
                let len = entry.as_bytes().len() as u32; // the limit of a key's length keeps it there
                entries[index].push((entry.joined(key), Chain::new(rev, Some(len))));
            }
        }
        Table {
            rows,
            indexes: entries
                .into_iter()
                .map(|entries| entries.into_iter().collect())
                .collect(),
        }
    }
}

fn newest<'a>(key: &'a Key, chain: &'a Chain<Stored>) -> Option<(&'a Key, Revision, &'a AnyRecord)> {
    let (rev, stored) = chain.at(Revision(u64::MAX))?;
    Some((key, rev, &stored.record))
}
