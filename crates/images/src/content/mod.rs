//! Content by digest, as it was pushed: packed layers, configs, manifests, anything. The registry keeps it here, and the
//! node of the same machine unpacks layers from where they lie.
//!
//! | place | what |
//! |---|---|
//! | `blobs/<2 digits>/<digest>` | content, whole and synced before it has this name |
//! | `uploads/<id>.<owner>` | content on its way in; when it was changed says how long it has waited |
//! | `uploads/<id>.<owner>.mark` | a place in it that its taker wants to remember |
//!
//! Words: an *upload* is content on its way in, in as many requests as the sender likes; [`Receiving`] is one such
//! request; [`Pinned`] content is not collected, so that whoever notes a need of it can be sure of it until the note is
//! durable. What is needed is not known here: [`Content::collect`] is told.
//!
//! With a bucket behind it the directory is a cache: content is in the bucket before anybody hears that it was taken in,
//! and is fetched from there when the directory does not have it (any more).

mod far;
mod memory;
mod place;
mod receive;
#[cfg(test)]
mod tests;

pub use memory::MemoryDisk;
pub use place::{Blob, Source};
pub use receive::{FinishError, Receiving, UploadError};

use crate::Digest;
use crate::digest::Hashing;
use bytes::Bytes;
use far::Far;
use object_store::ObjectStore;
use place::Place;
use receive::Uploads;
use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};

/// What may be asked of one content store at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Uploads begun and not finished.
    pub uploads: usize,
    /// Requests whose bodies are taken in at once; more wait, unread.
    pub receiving: usize,
    /// What is fetched from elsewhere at once, beside them.
    pub fetching: usize,
    pub blob_bytes: u64,
    /// Of small documents that are kept in memory.
    pub cached_bytes: usize,
    /// Of what lies in the directory, where a bucket has all of it; about.
    pub near_bytes: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            uploads: 4096,
            receiving: 128,
            fetching: 32,
            blob_bytes: 64 << 30,
            cached_bytes: 32 << 20,
            near_bytes: 20 << 30,
        }
    }
}

/// Cheap to clone; one process at a time may open a directory.
#[derive(Clone)]
pub struct Content(Arc<Inner>);

struct Inner {
    place: Arc<Place>,
    far: Option<Far>,
    bounds: Bounds,
    uploads: Uploads,
    receiving: Arc<Semaphore>,
    fetching: Arc<Semaphore>,
    held: Mutex<Held>,
    /// Told when something that was on its way out is gone.
    gone: Notify,
    cache: Mutex<(usize, HashMap<Digest, Bytes>)>,
}

#[derive(Default)]
struct Held {
    pins: HashMap<Digest, u32>,
    /// On its way out: it must be gone before it can come in again.
    going: HashSet<Digest>,
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
        Ok(Content::at(Place::directory(dir)?, None, bounds))
    }

    /// Content in a bucket, under a prefix that is `owner`'s alone; what is in the directory it must have already, see
    /// [`Content::carry`]. The bucket is not asked for anything yet.
    pub fn over(dir: &Path, bucket: Arc<dyn ObjectStore>, prefix: &str, owner: &str, b: Bounds) -> io::Result<Self> {
        let far = Far::new(bucket, prefix, owner);
        Ok(Content::at(Place::directory(dir)?, Some(far), b))
    }

    /// Content that ends with this process, for tests and simulations.
    pub fn memory() -> Self {
        Content::on(&MemoryDisk::default())
    }

    /// Content on a simulated disk. What works there works without threads, on turns that somebody else gives.
    pub fn on(disk: &MemoryDisk) -> Self {
        Content::at(Place::Memory(disk.clone()), None, Bounds::default())
    }

    fn at(place: Place, far: Option<Far>, bounds: Bounds) -> Self {
        Content(Arc::new(Inner {
            place: Arc::new(place),
            far,
            uploads: Uploads::default(),
            receiving: Arc::new(Semaphore::new(bounds.receiving)),
            fetching: Arc::new(Semaphore::new(bounds.fetching)),
            held: Mutex::default(),
            gone: Notify::new(),
            cache: Mutex::default(),
            bounds,
        }))
    }

    /// The content of this digest to be read, if it is here.
    pub async fn blob(&self, digest: &Digest) -> io::Result<Option<Blob>> {
        // Opening a file that was used lately takes microseconds: less than to ask a thread for it.
        let near = self.0.place.open(digest)?;
        let Some(far) = &self.0.far else {
            return Ok(near);
        };
        if let Some(near) = near {
            near.touch();
            return Ok(Some(near));
        }
        // Held: what is taken away from the bucket meanwhile must not come to lie in the directory.
        let _held = self.hold(*digest, 0).await;
        match far.fetch(&self.0.place, digest).await? {
            true => self.0.place.open(digest),
            false => Ok(None),
        }
    }

    /// How large the content of this digest is, if it is here.
    pub async fn size(&self, digest: &Digest) -> io::Result<Option<u64>> {
        match (self.0.place.size(digest)?, &self.0.far) {
            (None, Some(far)) => far.size(digest).await,
            (near, _) => Ok(near),
        }
    }

    /// Whether it is here with the bytes that came; all of them are read.
    pub async fn is_intact(&self, digest: &Digest) -> io::Result<bool> {
        let Some(blob) = self.blob(digest).await? else {
            return Ok(false);
        };
        let (is, _, _) = blocking(move || Hashing::new(blob.reader(), u64::MAX).finish()).await?;
        Ok(is == *digest)
    }

    /// A small document as a whole; `None` if it is not here. Larger ones than `most` are an error.
    pub async fn document(&self, digest: &Digest, most: usize) -> io::Result<Option<Bytes>> {
        let known = self.0.cache.lock().expect("never poisoned").1.get(digest).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let Some(blob) = self.blob(digest).await? else {
            return Ok(None);
        };
        if blob.size > most as u64 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {most} bytes"),
            ));
        }
        let document = self.blocking(move || blob.whole()).await?;
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
        let pinned = self.hold(digest, document.len() as u64).await;
        if let Some(far) = &self.0.far {
            far.put(&digest, document.clone()).await?;
        }
        let place = Arc::clone(&self.0.place);
        self.blocking(move || place.put(&digest, &document).map(|()| pinned))
            .await
    }

    /// Makes sure of content for as long as the pin lives; `None` if it is not here.
    pub async fn pin(&self, digest: &Digest) -> io::Result<Option<Pinned>> {
        let mut pinned = self.hold(*digest, 0).await;
        Ok(self.size(digest).await?.map(|size| {
            pinned.size = size;
            pinned
        }))
    }

    /// Pins what is about to come, or may be here.
    async fn hold(&self, digest: Digest, size: u64) -> Pinned {
        loop {
            let mut gone = std::pin::pin!(self.0.gone.notified());
            gone.as_mut().enable(); // from here on nothing is missed
            {
                let mut held = self.held();
                if !held.going.contains(&digest) {
                    *held.pins.entry(digest).or_default() += 1;
                    return self.pinned(digest, size);
                }
            }
            gone.await;
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.0.held.lock().expect("never poisoned")
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
        match &self.0.far {
            Some(far) => far.part(first).await,
            None if self.is_simulated() => self.0.place.part(first),
            None => {
                let place = Arc::clone(&self.0.place);
                blocking(move || place.part(first)).await
            }
        }
    }

    /// Takes content away, unless it is pinned, or needed as it turns out when nobody can pin it any more. `needed` is
    /// asked what is durable at that time. Answers with the bytes that it had, if it went.
    pub async fn collect(&self, digest: &Digest, needed: impl FnOnce() -> bool) -> io::Result<Option<u64>> {
        {
            let mut held = self.held();
            if held.pins.contains_key(digest) || held.going.contains(digest) || needed() {
                return Ok(None);
            }
            held.going.insert(*digest);
        }
        self.forget_document(digest);
        // Goes on to its end whoever waits for it.
        let (content, digest) = (self.clone(), *digest);
        let taken = tokio::spawn(async move {
            let taken = content.take_away(&digest).await;
            content.held().going.remove(&digest);
            content.0.gone.notify_waiters();
            taken
        });
        joined(taken.await).map(Some)
    }

    async fn take_away(&self, digest: &Digest) -> io::Result<u64> {
        let (place, near) = (Arc::clone(&self.0.place), *digest);
        let near = self.blocking(move || place.remove(&near)).await?;
        let Some(far) = &self.0.far else {
            return Ok(near);
        };
        // What lay in the directory told its size; the bucket is asked only about what did not.
        let bytes = match near {
            0 => far.size(digest).await?.unwrap_or(0),
            near => near,
        };
        far.remove(digest).await.map(|()| bytes)
    }

    /// Takes from the directory what was not used for the longest time, down to its bound; all of it is in the bucket.
    /// Answers with the bytes that went.
    pub async fn trim(&self) -> io::Result<u64> {
        if self.0.far.is_none() {
            return Ok(0);
        }
        let (place, most) = (Arc::clone(&self.0.place), self.0.bounds.near_bytes);
        blocking(move || {
            let all = place.by_use()?;
            let mut over = all.iter().map(|(_, bytes)| bytes).sum::<u64>().saturating_sub(most);
            let mut gone = 0;
            for (digest, bytes) in all {
                if over == 0 {
                    break;
                }
                place.remove(&digest)?;
                over = over.saturating_sub(bytes);
                gone += bytes;
            }
            Ok(gone)
        })
        .await
    }

    /// Sends all that the directory has to the bucket, as far as it is not there: for a directory that had no bucket
    /// behind it. `each` hears of how many there are and how many are done.
    pub async fn carry(&self, mut each: impl FnMut(usize, usize)) -> io::Result<()> {
        let Some(far) = &self.0.far else {
            return Ok(());
        };
        let place = Arc::clone(&self.0.place);
        let all = blocking(move || place.by_use()).await?;
        for (done, (digest, _)) in all.iter().enumerate() {
            each(done, all.len());
            if let Some(draft) = self.0.place.again(digest)? {
                far.put_draft(digest, &draft).await?;
            }
        }
        Ok(())
    }
}

impl Content {
    /// Does what waits for a disk. A simulated one takes its turns before and behind.
    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        if !self.is_simulated() {
            return blocking(work).await;
        }
        tokio::task::yield_now().await;
        let done = work();
        tokio::task::yield_now().await;
        done
    }

    fn is_simulated(&self) -> bool {
        matches!(*self.0.place, Place::Memory(_))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let pins = &mut self.content.held().pins;
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
    joined(tokio::task::spawn_blocking(work).await)
}

/// What a task came to; its panic is the caller's.
fn joined<T>(ended: Result<T, tokio::task::JoinError>) -> T {
    ended.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}
