//! Where state lives, changes and is watched.
//!
//! For: typed tables of records with an image in memory for reading, one writer at a time, durability by group
//! commit, one ordered list of changes that everything reads through cursors, and a history of past versions.
//!
//! Words: a [`Record`] is what a table holds; its [`Key`] is ordered bytes made of parts. A [`View`] is the whole
//! state at one [`Revision`]; a [`Snapshot`] is a view that never changes, a [`Tx`] one that is being changed. A
//! [`Commit`] is what one transaction changed. A *batch* is the commits that one sync of the disk makes durable. The
//! *head* is the newest view, synced or not; the *published* view is the newest that is synced, and the only one
//! that readers see. A [`Backend`] does the disk work.
//!
//! Where to start: `store.rs` (the handle), `core.rs` (what is decided, with no thread and no disk), `pump.rs` (who
//! drives it), `log/` (what is on disk).
//!
//! Must never know: any particular record, any wire, any AWS service.

mod backend;
mod commit;
mod core;
mod disk;
mod embedded;
mod error;
mod gate;
mod history;
mod image;
mod index;
mod key;
mod limits;
mod load;
mod log;
mod memory;
mod past;
mod pump;
mod record;
mod ring;
mod store;
mod sweep;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tx;
mod view;

pub use backend::{Archive, Backend, DiskError, PastChange, PastVersion, SealedBatch, SealedChange, StoredRow};
pub use commit::{Change, Commit, Revision};
pub use disk::memory::Crash;
pub use embedded::EmbeddedBackend;
pub use error::{BadRecord, OpenError, StoreError};
pub use history::{HistoryError, Moment, Version};
pub use key::{Key, KeyParts};
pub use limits::{HistoryLimits, Limits, Options};
pub use memory::MemoryBackend;
pub use past::Past;
pub use pump::Pump;
pub use record::Record;
pub use ring::{Lagged, Watch};
pub use store::{Snapshot, Store};
pub use table::Tables;
pub use tx::Tx;
pub use view::View;
