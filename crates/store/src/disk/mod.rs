//! What the log asks of a disk: a flat directory of files that only grow. Files on a real disk, or bytes in memory
//! that can crash; the log above does not know which.

pub(crate) mod files;
pub(crate) mod memory;

use std::io::{self, Read};

pub(crate) trait Disk: Send + Sync + 'static {
    /// Takes the disk for this user alone; `false` when another has it. It is free again when the lock is dropped,
    /// or when whoever holds it dies.
    fn lock(&self) -> io::Result<Option<Box<dyn Send>>>;

    /// Names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A new empty file, which will be there after a crash. Replaces one of that name.
    fn create(&self, name: &str) -> io::Result<Box<dyn Growing>>;

    /// A file that is there, cut to `len`, to be grown from there.
    fn grow(&self, name: &str, len: u64) -> io::Result<Box<dyn Growing>>;

    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;

    fn size(&self, name: &str) -> io::Result<u64>;

    /// Gives a file another name, replacing what had that name: all or nothing, and durable.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    fn remove(&self, name: &str) -> io::Result<()>;

    /// Does a long piece of work beside the one who asks, or (when the world has one thread) at once.
    fn beside(&self, work: Box<dyn FnOnce() + Send>);
}

/// A file being written at its end.
pub(crate) trait Growing: Send {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;

    /// Asks that room be made ahead of what is appended, so that a sync need not wait for the file system's own books.
    /// After a crash there may be zeros behind the last that was appended.
    fn make_room_ahead(&mut self);
}
