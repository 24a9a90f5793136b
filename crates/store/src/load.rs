//! Builds the image from the rows that a backend tells when the store is opened.

use crate::commit::Revision;
use crate::image::{Chain, Image, Stored, Table};
use crate::table::{TableDef, Tables};
use crate::{Key, OpenError, StoredRow};

pub(crate) struct Loader<'a> {
    tables: &'a Tables,
    loading: Vec<Loading>,
}

/// What an image tells comes in order; what the log tells comes later, and any way.
#[derive(Default)]
struct Loading {
    in_order: Vec<(Key, Chain<Stored>)>,
    later: Vec<(Key, Chain<Stored>)>,
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
        let next = self.later.is_empty() && self.in_order.last().is_none_or(|(last, _)| *last < key);
        let rows = if next { &mut self.in_order } else { &mut self.later };
        rows.push((key, Chain::new(rev, stored)));
    }

    fn finish(self, def: &TableDef) -> Table {
        let rows = merged(self.in_order, self.later);
        // Sorting and building one after the other beats inserting any way, several times over. Each index takes a
        // thread, since a start waits for it.
        let indexes = std::thread::scope(|scope| {
            let rows = &rows;
            let build = |index| move || entries(rows, def, index).into_iter().collect();
            let threads: Vec<_> = (0..def.indexes.len()).map(|index| scope.spawn(build(index))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("building an index does not panic"))
                .collect()
        });
        Table {
            rows: rows.into_iter().collect(),
            indexes,
        }
    }
}

/// Both lists as one, sorted, with the last word on every key, and without what was deleted.
fn merged(in_order: Vec<(Key, Chain<Stored>)>, mut later: Vec<(Key, Chain<Stored>)>) -> Vec<(Key, Chain<Stored>)> {
    later.sort_by(|a, b| a.0.cmp(&b.0)); // stable: what came last stays last
    let mut rows = Vec::with_capacity(in_order.len() + later.len());
    let mut in_order = in_order.into_iter().peekable();
    let mut later = later.into_iter().peekable();
    while let Some((key, chain)) = later.next() {
        if later.peek().is_some_and(|(next, _)| *next == key) {
            continue;
        }
        while let Some(row) = in_order.next_if(|(first, _)| *first < key) {
            rows.push(row);
        }
        in_order.next_if(|(first, _)| *first == key);
        rows.push((key, chain));
    }
    rows.extend(in_order);
    rows.retain(|(_, chain)| newest(chain).is_some());
    rows
}

/// The entries of one index, sorted.
fn entries(rows: &[(Key, Chain<Stored>)], def: &TableDef, index: usize) -> Vec<(Key, Chain<u32>)> {
    let mut entries = Vec::with_capacity(rows.len());
    for (key, chain) in rows {
        let Some((rev, stored)) = newest(chain) else { continue };
        for (_, entry) in def.index_keys(&stored.record).into_iter().filter(|(i, _)| *i == index) {
            let len = entry.as_bytes().len() as u32; // the limit of a key's length keeps it there
            entries.push((entry.joined(key), Chain::new(rev, Some(len))));
        }
    }
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    entries
}

fn newest(chain: &Chain<Stored>) -> Option<(Revision, &Stored)> {
    chain.at(Revision(u64::MAX))
}
