//! Windows on files, and the list of those that are open.

#![allow(unsafe_code)] // mapping a file, and asking which of its pages are in memory, are calls to the kernel

use bytes::Bytes;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

/// Part of a file. Open as long as any of the bytes that were taken from it are held.
pub struct Window {
    map: Arc<Map>,
    /// Where in the map the wanted part begins: maps begin at pages.
    skip: usize,
    len: usize,
}

struct Map {
    file: Arc<File>,
    /// Where in the file it begins.
    offset: u64,
    address: usize,
    len: usize,
}

/// What a [`Bytes`] holds on to.
struct Slice {
    map: Arc<Map>,
    from: usize,
    len: usize,
}

/// A part of a file that some bytes stand for.
pub(crate) struct Place {
    pub file: Arc<File>,
    pub offset: u64,
}

/// The windows that are open, by address.
static OPEN: RwLock<BTreeMap<usize, Entry>> = RwLock::new(BTreeMap::new());
/// How many they are: mostly none, and then nobody need look.
static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Entry {
    len: usize,
    file: Arc<File>,
    offset: u64,
}

const PAGE: u64 = 4096; // of x86-64 and of most others; a larger one makes the call below fail, which is told

impl Window {
    /// Opens a window on so many bytes of a file, all of which must be there.
    pub fn open(file: Arc<File>, from: u64, len: usize) -> io::Result<Self> {
        let (skip, offset) = (from % PAGE, from - from % PAGE);
        let skip = skip as usize; // less than a page
        let end = from.checked_add(len as u64);
        if len == 0 || end.is_none_or(|end| end > file.metadata().map_or(0, |about| about.len())) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let all = skip + len;
        // SAFETY: a new mapping at an address that the kernel chooses touches nothing that is there. It is only read, and
        // the length was compared with the file's just now.
        let address = unsafe {
            mmap(
                std::ptr::null_mut(),
                all,
                ProtFlags::READ,
                MapFlags::SHARED,
                &*file,
                offset,
            )
        }? as usize;
        let entry = Entry {
            len: all,
            file: Arc::clone(&file),
            offset,
        };
        OPEN.write().expect("never poisoned").insert(address, entry);
        COUNT.fetch_add(1, Ordering::Relaxed);
        let map = Arc::new(Map {
            file,
            offset,
            address,
            len: all,
        });
        Ok(Window { map, skip, len })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Some of it, as bytes.
    pub fn bytes(&self, from: usize, len: usize) -> Bytes {
        assert!(
            from.checked_add(len).is_some_and(|end| end <= self.len),
            "it is within the window"
        );
        Bytes::from_owner(Slice {
            map: Arc::clone(&self.map),
            from: self.skip + from,
            len,
        })
    }

    /// Whether all of that part is in the kernel's memory, so that nobody waits for the disk.
    pub fn is_loaded(&self, from: usize, len: usize) -> bool {
        let start = (self.skip + from) / PAGE as usize * PAGE as usize;
        let bytes = (self.skip + from + len).min(self.map.len).saturating_sub(start);
        let mut pages = vec![0u8; bytes.div_ceil(PAGE as usize)];
        // SAFETY: the range is within the mapping, which lives as long as `self`, and the vector has a byte for each page.
        let asked = unsafe { libc::mincore((self.map.address + start) as *mut _, bytes, pages.as_mut_ptr()) };
        asked == 0 && pages.iter().all(|page| page & 1 == 1)
    }

    /// The file, and where in it that part of the window begins.
    pub fn place(&self, from: usize) -> (Arc<File>, u64) {
        (Arc::clone(&self.map.file), self.map.offset + (self.skip + from) as u64)
    }
}

/// Reads part of a file for no other purpose than that the kernel has it in memory. For a thread that may wait.
pub fn load(file: &File, from: u64, len: usize) -> io::Result<()> {
    let (mut at, end) = (from, from + len as u64);
    let mut some = vec![0; 256 * 1024];
    while at < end {
        let most = some.len().min(usize::try_from(end - at).unwrap_or(usize::MAX));
        match file.read_at(&mut some[..most], at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => at += n as u64,
        }
    }
    Ok(())
}

/// What these bytes stand for, if they are of a window.
pub(crate) fn place(bytes: &[u8]) -> Option<Place> {
    if bytes.is_empty() || COUNT.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let address = bytes.as_ptr() as usize;
    let open = OPEN.read().expect("never poisoned");
    let (start, entry) = open.range(..=address).next_back()?;
    let inside = address - start;
    let fits = inside.checked_add(bytes.len()).is_some_and(|end| end <= entry.len);
    fits.then(|| Place {
        file: Arc::clone(&entry.file),
        offset: entry.offset + inside as u64,
    })
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: within the mapping, which lives as long as the `Arc` here. The file's content does not change: whoever
        // opens a window promises it, as files of content by digest never do.
        unsafe { std::slice::from_raw_parts((self.map.address + self.from) as *const u8, self.len) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        OPEN.write().expect("never poisoned").remove(&self.address);
        COUNT.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: made by `Window::open` with this very length, and nobody holds bytes of it any more.
        let gone = unsafe { munmap(self.address as *mut _, self.len) };
        debug_assert!(gone.is_ok());
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Window({} bytes)", self.len)
    }
}
