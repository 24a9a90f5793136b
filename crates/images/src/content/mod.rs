//! Content by digest, as it was pushed: packed layers, configs, manifests, anything. The registry keeps it here, and the
//! node of the same machine unpacks layers from where they lie.
//!
//! | place | what |
//! |---|---|
//! | `blobs/<2 digits>/<digest>` | content, whole and synced before it has this name |
//! | `uploads/<id>.<owner>` | content on its way in; when it was changed says how long it has waited |
//!
//! Words: an *upload* is content on its way in, in as many requests as the sender likes; [`Receiving`] is one such
//! request; [`Pinned`] content is not collected, so that whoever notes a need of it can be sure of it until the note is
//! durable. What is needed is not known here: [`Content::collect`] is told.

mod place;
mod receive;
#[cfg(test)]
mod tests;

pub use place::{Blob, Source};
pub use receive::{FinishError, Receiving, UploadError};

use crate::Digest;
use bytes::Bytes;
use place::Place;
use receive::Uploads;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What may be asked of one content store at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Uploads begun and not finished.
    pub uploads: usize,
    /// Requests whose bodies are taken in at once; more wait, unread.
    pub receiving: usize,
    pub blob_bytes: u64,
    /// Of small documents that are kept in memory.
    pub cached_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            uploads: 4096,
            receiving: 128,
            blob_bytes: 64 << 30,
            cached_bytes: 32 << 20,
        }
    }
}

/// Cheap to clone; one process at a time may open a directory.
#[derive(Clone)]
pub struct Content(Arc<Inner>);

struct Inner {
    place: Place,
    bounds: Bounds,
    uploads: Uploads,
    receiving: Arc<Semaphore>,
    pins: Mutex<HashMap<Digest, u32>>,
    cache: Mutex<(usize, HashMap<Digest, Bytes>)>,
}

/// Content that stays as long as this lives.
pub struct Pinned {
    content: Content,
    pub digest: Digest,
    pub size: u64,
}

impl Content {
    /// Content in a directory, which is made if it is not there. The caller makes sure that nobody else opens it.
    pub fn open(dir: &Path, bounds: Bounds) -> io::Result<Self> {
        Ok(Content::at(Place::directory(dir)?, bounds))
    }

    /// Content that ends with this process, for tests and simulations.
    pub fn memory() -> Self {
        Content::at(Place::memory(), Bounds::default())
    }

    fn at(place: Place, bounds: Bounds) -> Self {
        Content(Arc::new(Inner {
            place,
            uploads: Uploads::default(),
            receiving: Arc::new(Semaphore::new(bounds.receiving)),
            pins: Mutex::default(),
            cache: Mutex::default(),
            bounds,
        }))
    }

    /// The content of this digest to be read, if it is here.
    pub async fn blob(&self, digest: &Digest) -> io::Result<Option<Blob>> {
        // Opening a file that was used lately takes microseconds: less than to ask a thread for it.
        self.0.place.open(digest)
    }

    /// A small document as a whole; `None` if it is not here. Larger ones than `most` are an error.
    pub async fn document(&self, digest: &Digest, most: usize) -> io::Result<Option<Bytes>> {
        let known = self.0.cache.lock().expect("never poisoned").1.get(digest).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(blob) = self.0.place.open(digest)? else {
            return Ok(None);
        };
        if blob.size > most as u64 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {most} bytes"),
            ));
        }
        let document = blocking(move || blob.whole()).await?;
        self.remember(*digest, &document);
        Ok(Some(document))
    }

    fn remember(&self, digest: Digest, document: &Bytes) {
        let mut cache = self.0.cache.lock().expect("never poisoned");
        let (bytes, documents) = &mut *cache;
        if *bytes + document.len() > self.0.bounds.cached_bytes {
            documents.clear();
            *bytes = 0;
        }
        if document.len() <= self.0.bounds.cached_bytes && documents.insert(digest, document.clone()).is_none() {
            *bytes += document.len();
        }
    }

    fn forget_document(&self, digest: &Digest) {
        let mut cache = self.0.cache.lock().expect("never poisoned");
        let (bytes, documents) = &mut *cache;
        if let Some(document) = documents.remove(digest) {
            *bytes -= document.len();
        }
    }

    /// Takes in a small document. It is on the disk when this returns, and stays as long as it is pinned.
    pub async fn put(&self, document: Bytes) -> io::Result<Pinned> {
        let digest = Digest::of(&document);
        self.remember(digest, &document);
        let (content, size) = (self.clone(), document.len() as u64);
        blocking(move || {
            let pinned = content.hold(digest, size);
            content.0.place.put(&digest, &document).map(|()| pinned)
        })
        .await
    }

    /// Makes sure of content for as long as the pin lives; `None` if it is not here.
    pub fn pin(&self, digest: &Digest) -> io::Result<Option<Pinned>> {
        let mut pins = self.0.pins.lock().expect("never poisoned");
        let Some(size) = self.0.place.size(digest)? else {
            return Ok(None);
        };
        *pins.entry(*digest).or_default() += 1;
        Ok(Some(self.pinned(*digest, size)))
    }

    /// Pins what is about to come.
    fn hold(&self, digest: Digest, size: u64) -> Pinned {
        *self.0.pins.lock().expect("never poisoned").entry(digest).or_default() += 1;
        self.pinned(digest, size)
    }

    fn pinned(&self, digest: Digest, size: u64) -> Pinned {
        Pinned {
            content: self.clone(),
            digest,
            size,
        }
    }

    /// All digests whose first byte is this: a store is looked through part by part.
    pub async fn part(&self, first: u8) -> io::Result<Vec<Digest>> {
        let content = self.clone();
        blocking(move || content.0.place.part(first)).await
    }

    /// Takes content away, unless it is pinned, or needed as it turns out when nobody can pin it any more. `needed` is
    /// asked what is durable at that time. Answers with the bytes that it had, if it went.
    pub fn collect(&self, digest: &Digest, needed: impl FnOnce() -> bool) -> io::Result<Option<u64>> {
        let pins = self.0.pins.lock().expect("never poisoned");
        if pins.contains_key(digest) || needed() {
            return Ok(None);
        }
        self.forget_document(digest);
        self.0.place.remove(digest).map(Some)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let mut pins = self.content.0.pins.lock().expect("never poisoned");
        if let Some(count) = pins.get_mut(&self.digest) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.digest);
            }
        }
    }
}

impl std::fmt::Debug for Pinned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pinned({}, {} bytes)", self.digest, self.size)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}
