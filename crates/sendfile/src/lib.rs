//! From a file to a connection without passing through this process: the kernel moves the bytes.
//!
//! For: answers made of large files, through whatever HTTP library. A [`Window`] looks like any other [`Bytes`]; a
//! [`Wire`] that is told to write some of one has the kernel send that part of its file instead. Who does not know of
//! this and reads the bytes reads what is in the file, as it is mapped there.
//!
//! Words: a *window* is part of a file in this process' address space, of which nothing is in its memory until somebody
//! looks.
//!
//! Must never know: HTTP, and what is in the files. They must not get shorter while a window on them is open.

mod window;
mod wire;

pub use window::{Window, load};
pub use wire::{ByKernel, Wire};
