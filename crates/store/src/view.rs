//! The whole state at one revision, and how it is read. Snapshots and transactions read alike.

use crate::commit::Revision;
use crate::image::{Image, Place, Row, Stored, Within};
use crate::index::Span;
use crate::table::{TableDef, TableId, Tables};
use crate::{Key, Record};
use base::Timestamp;
use std::marker::PhantomData;
use std::sync::Arc;

/// What [`crate::Snapshot`] and [`crate::Tx`] have in common: helpers that only read take a `&View`.
///
/// Asking for a record or an index that the store was not opened with is a bug, and panics.
pub struct View {
    pub(crate) tables: Arc<Tables>,
    pub(crate) image: Arc<Image>,
    pub(crate) rev: Revision,
    pub(crate) at: Timestamp,
}

impl View {
    /// The same image, read as of another revision.
    pub(crate) fn as_of(&self, rev: Revision, at: Timestamp) -> Self {
        View {
            tables: Arc::clone(&self.tables),
            image: Arc::clone(&self.image),
            rev,
            at,
        }
    }

    /// The newest commit that this view holds.
    pub fn revision(&self) -> Revision {
        self.rev
    }

    pub fn get<R: Record>(&self, key: &Key) -> Option<Arc<R>> {
        self.row::<R>(key).map(typed)
    }

    /// The commit that wrote the record as it is.
    pub fn revision_of<R: Record>(&self, key: &Key) -> Option<Revision> {
        self.row::<R>(key).map(|row| row.rev)
    }

    /// When the record was written as it is.
    pub fn written_at<R: Record>(&self, key: &Key) -> Option<Timestamp> {
        self.row::<R>(key).map(|row| row.at)
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
        Rows::new(self, self.tables.id::<R>(), Road::Table(Within::new(prefix, after))).records()
    }

    /// Records with an entry under `key` (or under a key that starts with it) in an index, by index key, then key.
    pub fn by<R: Record>(&self, index: &str, key: &Key) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        let (table, index) = self.index::<R>(index);
        Rows::new(self, table, Road::Index(index, Span::new(key, None))).records()
    }

    /// As [`View::by`] for a whole index key, from the first record whose own key is behind `after`.
    pub fn by_after<R: Record>(
        &self,
        index: &str,
        key: &Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = Arc<R>> + use<'_, R> {
        let (table, index) = self.index::<R>(index);
        let behind = after.map(|after| (key.clone(), after.clone()));
        Rows::new(self, table, Road::Index(index, Span::new(key, behind))).records()
    }

    /// How many records [`View::scan`] would yield. Walks over them, without looking at them.
    pub fn count<R: Record>(&self, prefix: &Key) -> usize {
        Rows::new(self, self.tables.id::<R>(), Road::Table(Within::new(prefix, None))).count()
    }

    /// How many records [`View::by`] would yield; likewise.
    pub fn count_by<R: Record>(&self, index: &str, key: &Key) -> usize {
        let (table, index) = self.index::<R>(index);
        Rows::new(self, table, Road::Index(index, Span::new(key, None))).count()
    }

    fn index<R: Record>(&self, name: &str) -> (TableId, usize) {
        let table = self.tables.id::<R>();
        (table, self.tables.def(table).index(name))
    }

    pub(crate) fn row<R: Record>(&self, key: &Key) -> Option<Row> {
        self.image.read(self.tables.id::<R>()).get(key, self.rev)
    }

    /// Every table with its rows.
    pub(crate) fn each_table(&self) -> impl Iterator<Item = (&TableDef, Rows<'_>)> {
        self.tables.ids().map(|table| {
            (
                self.tables.def(table),
                Rows::new(self, table, Road::Table(Within::new(&Key::all(), None))),
            )
        })
    }

    pub(crate) fn replace(
        &self,
        table: TableId,
        key: &Key,
        rev: Revision,
        new: Option<Stored>,
        places: &mut Vec<Place>,
    ) -> Option<Row> {
        self.image
            .replace((table, self.tables.def(table)), key, rev, new, places)
    }
}

pub(crate) fn typed<R: Record>(row: Row) -> Arc<R> {
    match row.record.downcast() {
        Ok(record) => record,
        Err(_) => unreachable!("a table holds only its own kind of record"),
    }
}

/// Walks over rows some at a time, so that a long walk holds no lock for long.
pub(crate) struct Rows<'a> {
    view: &'a View,
    table: TableId,
    road: Road,
    fetched: std::vec::IntoIter<(Key, Row)>,
    /// How many to fetch next; none when there are no more.
    stride: Option<usize>,
}

/// What is left to walk over, and in which order.
enum Road {
    Table(Within),
    Index(usize, Span),
}

/// A page of an answer should not pay for much more than it takes; a walk over all should not lock often.
const FIRST_STRIDE: usize = 16;
const LAST_STRIDE: usize = 256;

impl<'a> Rows<'a> {
    fn new(view: &'a View, table: TableId, road: Road) -> Self {
        Rows {
            view,
            table,
            road,
            fetched: Vec::new().into_iter(),
            stride: Some(FIRST_STRIDE),
        }
    }

    fn records<R: Record>(self) -> Records<'a, R> {
        Records {
            rows: self,
            kind: PhantomData,
        }
    }

    fn walk(&mut self, each: &mut dyn FnMut(&Key, Row) -> bool) {
        let table = self.view.image.read(self.table);
        match &mut self.road {
            Road::Table(range) => table.scan(range, self.view.rev, each),
            Road::Index(index, span) => table.by(*index, span, self.view.rev, each),
        }
    }

    fn fetch(&mut self) -> bool {
        let Some(stride) = self.stride else { return false };
        let mut fetched = Vec::with_capacity(stride);
        self.walk(&mut |key, row| {
            fetched.push((key.clone(), row));
            fetched.len() < stride
        });
        self.stride = (fetched.len() == stride).then_some(LAST_STRIDE.min(stride * 4));
        self.fetched = fetched.into_iter();
        self.fetched.len() > 0
    }

    fn count(mut self) -> usize {
        let mut count = 0;
        loop {
            let mut left = LAST_STRIDE * 4;
            self.walk(&mut |_, _| {
                left -= 1;
                left > 0
            });
            count += LAST_STRIDE * 4 - left;
            if left > 0 {
                return count;
            }
        }
    }
}

impl Iterator for Rows<'_> {
    type Item = (Key, Row);

    fn next(&mut self) -> Option<(Key, Row)> {
        loop {
            if let Some(next) = self.fetched.next() {
                return Some(next);
            }
            if !self.fetch() {
                return None;
            }
        }
    }
}

struct Records<'a, R> {
    rows: Rows<'a>,
    kind: PhantomData<R>,
}

impl<R: Record> Iterator for Records<'_, R> {
    type Item = Arc<R>;

    fn next(&mut self) -> Option<Arc<R>> {
        self.rows.next().map(|(_, row)| typed(row))
    }
}
