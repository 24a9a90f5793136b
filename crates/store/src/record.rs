//! What a table holds.

use crate::{BadRecord, Key};

/// A kind of record. It says what it is called, how it is found and how it becomes bytes; the store asks no more.
pub trait Record: Clone + Send + Sync + 'static {
    /// The table's name, on disk too: never change it.
    const TABLE: &'static str;

    /// The names that [`Record::indexes`] may use.
    const INDEXES: &'static [&'static str] = &[];

    fn key(&self) -> Key;

    /// Calls `put` with the name and the key of each index entry that should lead to this record. Several records may
    /// share an index key, and one record may have several entries in an index.
    fn indexes(&self, put: &mut dyn FnMut(&'static str, Key)) {
        let _ = put;
    }

    /// Appends the record's bytes to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord>;
}
