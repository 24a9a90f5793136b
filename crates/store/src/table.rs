//! The tables a store is opened with: how each kind of record is read, written and indexed.

use crate::commit::AnyRecord;
use crate::{BadRecord, Key, Record};
use std::any::{Any, TypeId};
use std::sync::Arc;

/// The kinds of record that a store holds: `Tables::new().with::<Cluster>().with::<Task>()`.
#[derive(Default)]
pub struct Tables {
    defs: Vec<TableDef>,
    /// Sorted, to find a table by its record's type.
    by_type: Vec<(TypeId, TableId)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableId(u16);

impl TableId {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

pub(crate) struct TableDef {
    pub(crate) name: &'static str,
    pub(crate) indexes: &'static [&'static str],
    pub(crate) decode: fn(&[u8]) -> Result<AnyRecord, BadRecord>,
    pub(crate) encode: fn(&AnyRecord, &mut Vec<u8>),
    pub(crate) key: fn(&AnyRecord) -> Key,
    put_indexes: fn(&AnyRecord, &mut dyn FnMut(&'static str, Key)),
}

impl Tables {
    pub fn new() -> Self {
        Tables::default()
    }

    /// Adds the table of `R`. Two tables of one name are a bug, and panic.
    #[must_use]
    pub fn with<R: Record>(mut self) -> Self {
        assert!(self.named(R::TABLE).is_none(), "table {} is there twice", R::TABLE);
        assert!(
            !R::TABLE.is_empty() && R::TABLE.bytes().all(|b| b > b' '),
            "a table's name is one word"
        );
        let id = TableId(u16::try_from(self.defs.len()).expect("a program has fewer than 65536 tables"));
        self.defs.push(TableDef {
            name: R::TABLE,
            indexes: R::INDEXES,
            decode: |bytes| Ok(Arc::new(R::decode(bytes)?)),
            encode: |any, out| of::<R>(any).encode(out),
            key: |any| of::<R>(any).key(),
            put_indexes: |any, put| of::<R>(any).indexes(put),
        });
        self.by_type.push((TypeId::of::<R>(), id));
        self.by_type.sort_unstable();
        self
    }

    /// The table of `R`. Using a record whose table the store was not opened with is a bug, and panics.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.defs.iter().map(|def| def.name)
    }

    pub(crate) fn id<R: Record>(&self) -> TableId {
        match self.by_type.binary_search_by_key(&TypeId::of::<R>(), |(t, _)| *t) {
            Ok(at) => self.by_type[at].1,
            Err(_) => panic!("the store was opened without table {}", R::TABLE),
        }
    }

    pub(crate) fn named(&self, name: &str) -> Option<TableId> {
        let at = self.defs.iter().position(|d| d.name == name)?;
        Some(TableId(at as u16)) // `with` saw to it that it fits
    }

    pub(crate) fn def(&self, id: TableId) -> &TableDef {
        &self.defs[id.index()]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = TableId> + use<> {
        (0..self.defs.len() as u16).map(TableId) // `with` saw to it that it fits
    }

    pub(crate) fn defs(&self) -> &[TableDef] {
        &self.defs
    }
}

impl TableDef {
    /// The number of an index. Naming one that the record does not declare is a bug, and panics.
    pub(crate) fn index(&self, name: &str) -> usize {
        match self.indexes.iter().position(|i| *i == name) {
            Some(at) => at,
            None => panic!("table {} has no index {name}", self.name),
        }
    }

    /// The index entries of a record: which index, which key.
    pub(crate) fn index_keys(&self, record: &AnyRecord) -> Vec<(usize, Key)> {
        let mut keys = Vec::with_capacity(self.indexes.len());
        if !self.indexes.is_empty() {
            (self.put_indexes)(record, &mut |name, key| keys.push((self.index(name), key)));
        }
        keys
    }
}

fn of<R: Record>(any: &AnyRecord) -> &R {
    let any: &(dyn Any + Send + Sync) = &**any;
    any.downcast_ref().expect("a table holds only its own kind of record")
}
