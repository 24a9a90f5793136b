//! The whole state at one revision, and how it is read. Snapshots and transactions read alike.

use crate::commit::Revision;
use crate::image::{Row, TableImage};
use crate::table::{TableDef, TableId, Tables};
use crate::{Key, Record};
use base::Timestamp;
use std::sync::Arc;

/// What [`crate::Snapshot`] and [`crate::Tx`] have in common: helpers that only read take a `&View`.
///
/// Asking for a record or an index that the store was not opened with is a bug, and panics.
#[derive(Clone)]
pub struct View {
    pub(crate) tables: Arc<Tables>,
    images: Vec<Arc<TableImage>>,
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
}

impl View {
    pub(crate) fn empty(tables: Arc<Tables>) -> Self {
        let images = tables
            .defs()
            .iter()
            .map(|def| Arc::new(TableImage::new(def.indexes.len())))
            .collect();
        View {
            tables,
            images,
            rev: Revision(0),
            at: Timestamp(0),
        }
    }

    /// The newest commit that this view holds.
    pub fn revision(&self) -> Revision {
        self.rev
    }

    pub fn get<R: Record>(&self, key: &Key) -> Option<Arc<R>> {
        self.image::<R>().get(key).map(typed)
    }

    /// The commit that wrote the record as it is.
    pub fn revision_of<R: Record>(&self, key: &Key) -> Option<Revision> {
        self.image::<R>().get(key).map(|row| row.rev)
    }

    /// Records whose key starts with `prefix`, in key order; `Key::all()` for the whole table.
    pub fn scan<R: Record>(&self, prefix: &Key) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        self.scan_after(prefix, None)
    }

    /// As [`View::scan`], from the first key behind `after`, which need not exist (any more).
    pub fn scan_after<R: Record>(
        &self,
        prefix: &Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        self.image::<R>().scan(prefix, after).map(typed)
    }

    /// Records with an entry under `key` (or under a key that starts with it) in an index, by index key, then key.
    pub fn by<R: Record>(&self, index: &str, key: &Key) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        let table = self.tables.id::<R>();
        self.images[table.index()]
            .by(self.tables.def(table).index(index), key, None)
            .map(typed)
    }

    /// As [`View::by`] for a whole index key, from the first record whose own key is behind `after`.
    pub fn by_after<R: Record>(
        &self,
        index: &str,
        key: &Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        let table = self.tables.id::<R>();
        let after = after.map(|after| key.joined(after));
        self.images[table.index()]
            .by(self.tables.def(table).index(index), key, after.as_ref())
            .map(typed)
    }

    /// How many records [`View::scan`] would yield.
    pub fn count<R: Record>(&self, prefix: &Key) -> usize {
        self.image::<R>().count(prefix)
    }

    /// How many records [`View::by`] would yield.
    pub fn count_by<R: Record>(&self, index: &str, key: &Key) -> usize {
        let table = self.tables.id::<R>();
        self.images[table.index()].count_by(self.tables.def(table).index(index), key)
    }

    pub(crate) fn row<R: Record>(&self, key: &Key) -> Option<&Row> {
        self.image::<R>().get(key)
    }

    pub(crate) fn each_table(&self) -> impl Iterator<Item = (&TableDef, &TableImage)> {
        self.tables.defs().iter().zip(self.images.iter().map(|image| &**image))
    }

    pub(crate) fn replace(&mut self, table: TableId, key: &Key, row: Option<Row>) -> Option<Row> {
        Arc::make_mut(&mut self.images[table.index()]).replace(self.tables.def(table), key, row)
    }

    fn image<R: Record>(&self) -> &TableImage {
        &self.images[self.tables.id::<R>().index()]
    }
}

pub(crate) fn typed<R: Record>(row: &Row) -> Arc<R> {
    match Arc::clone(&row.record).downcast() {
        Ok(record) => record,
        Err(_) => unreachable!("a table holds only its own kind of record"),
    }
}
