//! Taking content in: hashed while it comes, written by a thread of its own, never more of it in memory than is underway.

use super::place::Draft;
use super::{Content, Pinned, joined};
use crate::Digest;
use base::Timestamp;
use bytes::Bytes;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

/// Parts of a body on their way from the network to the disk.
const PARTS_UNDERWAY: usize = 8;

/// The uploads that somebody has asked for since this process began, by name.
#[derive(Default)]
pub(super) struct Uploads(Mutex<HashMap<String, State>>);

enum State {
    /// A request is at it.
    Busy,
    Parked(Box<Draft>),
}

/// Why an upload cannot go on.
#[derive(Debug)]
pub enum UploadError {
    /// There is none of this name and owner.
    Unknown,
    /// Another request is at it.
    Busy,
    TooMany,
    TooLarge,
    Io(io::Error),
}

#[derive(Debug)]
pub enum FinishError {
    /// The content is not what the sender said; the upload is gone.
    WrongDigest {
        wanted: Digest,
        got: Digest,
    },
    Io(io::Error),
}

/// One request's turn at an upload. What has come stays when it is dropped.
pub struct Receiving {
    content: Content,
    name: String,
    /// Bytes that came, written or underway.
    bytes: u64,
    mark: Option<u64>,
    orders: mpsc::Sender<Order>,
    worker: JoinHandle<io::Result<Option<Finished>>>,
    _place: OwnedSemaphorePermit,
}

enum Order {
    Write(Bytes),
    Mark(u64),
    Finish(Digest),
}

enum Finished {
    Kept(Pinned),
    Wrong(Digest),
}

impl Content {
    /// Begins an upload. Whoever knows the id (of letters, figures and dashes) and the owner may go on with it.
    pub async fn begin(&self, id: &str, owner: &str, now: Timestamp) -> Result<(), UploadError> {
        let name = name(id, owner).ok_or(UploadError::Unknown)?;
        if self.uploads().len() >= self.0.bounds.uploads {
            return Err(UploadError::TooMany);
        }
        let draft = self.0.place.begin(&name, now)?;
        self.uploads().insert(name, State::Parked(Box::new(draft.park())));
        Ok(())
    }

    /// How many bytes of it have come.
    pub async fn received(&self, id: &str, owner: &str) -> Result<u64, UploadError> {
        let (name, draft) = self.take(id, owner).await?;
        let bytes = draft.bytes;
        self.uploads().insert(name, State::Parked(Box::new(draft.park())));
        Ok(bytes)
    }

    /// Goes on with an upload, at its end. Waits for a place while too many are at theirs: how long is for the caller to
    /// say, who may give up at any time.
    pub async fn receive(&self, id: &str, owner: &str) -> Result<Receiving, UploadError> {
        self.receive_at(&self.0.receiving, id, owner).await
    }

    /// The same for what this machine fetches, which does not wait for those who send.
    pub async fn receive_fetched(&self, id: &str, owner: &str) -> Result<Receiving, UploadError> {
        self.receive_at(&self.0.fetching, id, owner).await
    }

    async fn receive_at(&self, places: &Arc<Semaphore>, id: &str, owner: &str) -> Result<Receiving, UploadError> {
        self.look_at(id, owner)?; // nobody waits for what is not to be had
        let place = Arc::clone(places).acquire_owned().await;
        let place = place.expect("the semaphore is never closed");
        let (name, draft) = self.take(id, owner).await?;
        let (orders, coming) = mpsc::channel(PARTS_UNDERWAY);
        let (content, called) = (self.clone(), name.clone());
        let (bytes, mark) = (draft.bytes, draft.mark);
        let handle = Handle::current();
        let simulated = content.is_simulated();
        let work = async move { content.work(called, draft, coming).await };
        let worker = match simulated {
            true => tokio::spawn(work),
            false => tokio::task::spawn_blocking(move || handle.block_on(work)),
        };
        Ok(Receiving {
            content: self.clone(),
            name,
            bytes,
            mark,
            orders,
            worker,
            _place: place,
        })
    }

    /// Forgets an upload, and what came of it.
    pub async fn cancel(&self, id: &str, owner: &str) -> Result<(), UploadError> {
        let (name, _) = self.take(id, owner).await?;
        self.forget(&name)?;
        Ok(())
    }

    /// Forgets the uploads that nothing was heard of since then; answers with how many.
    pub async fn expire(&self, since: Timestamp) -> io::Result<usize> {
        let content = self.clone();
        self.blocking(move || {
            let mut gone = 0;
            for name in content.0.place.idle(since)? {
                if matches!(content.uploads().get(&name), Some(State::Busy)) {
                    continue;
                }
                content.forget(&name)?;
                gone += 1;
            }
            Ok(gone)
        })
        .await
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, HashMap<String, State>> {
        self.0.uploads.0.lock().expect("never poisoned")
    }

    fn forget(&self, name: &str) -> io::Result<()> {
        self.uploads().remove(name);
        self.0.place.discard(name)
    }

    /// Whether an upload is there, and nobody is at it.
    fn look_at(&self, id: &str, owner: &str) -> Result<(), UploadError> {
        let name = name(id, owner).ok_or(UploadError::Unknown)?;
        match self.uploads().get(&name) {
            Some(State::Busy) => return Err(UploadError::Busy),
            Some(State::Parked(_)) => return Ok(()),
            None => {}
        }
        match self.0.place.has_upload(&name)? {
            true => Ok(()),
            false => Err(UploadError::Unknown),
        }
    }

    /// Takes an upload for oneself.
    async fn take(&self, id: &str, owner: &str) -> Result<(String, Draft), UploadError> {
        let name = name(id, owner).ok_or(UploadError::Unknown)?;
        {
            let mut uploads = self.uploads();
            match uploads.insert(name.clone(), State::Busy) {
                Some(State::Parked(draft)) => return Ok((name, *draft)),
                Some(State::Busy) => return Err(UploadError::Busy),
                None => {}
            }
        }
        // Perhaps an earlier process has begun it.
        let (content, called) = (self.clone(), name.clone());
        let taking = Taking(self, &name);
        let taken = self.blocking(move || content.0.place.take_up(&called)).await;
        let draft = taken?.ok_or(UploadError::Unknown)?;
        std::mem::forget(taking);
        Ok((name, draft))
    }

    /// What the thread does: writes and hashes what comes, and parks the upload when nothing more does.
    async fn work(
        &self,
        name: String,
        mut draft: Draft,
        mut coming: mpsc::Receiver<Order>,
    ) -> io::Result<Option<Finished>> {
        let ended = loop {
            match coming.recv().await {
                Some(Order::Write(bytes)) => {
                    if let Err(e) = draft.write(&bytes) {
                        break Err(e);
                    }
                }
                Some(Order::Mark(at)) => {
                    if let Err(e) = self.0.place.mark(&name, &mut draft, at) {
                        break Err(e);
                    }
                }
                Some(Order::Finish(wanted)) => {
                    let got = draft.digest();
                    if got != wanted {
                        self.forget(&name)?;
                        return Ok(Some(Finished::Wrong(got)));
                    }
                    let pinned = self.hold(wanted, draft.bytes).await;
                    // In the bucket first: what the directory has, the bucket has too.
                    let sent = match &self.0.far {
                        Some(far) => far.put_draft(&wanted, &draft).await,
                        None => Ok(()),
                    };
                    let kept = sent.and_then(|()| self.0.place.keep(draft, &wanted));
                    self.forget(&name)?;
                    return kept.map(|()| Some(Finished::Kept(pinned)));
                }
                None => break Ok(None),
            }
        };
        self.uploads().insert(name, State::Parked(Box::new(draft.park())));
        ended
    }
}

/// An upload that is about to be taken: nobody is at it if that comes to nothing, or its taker leaves.
struct Taking<'a>(&'a Content, &'a str);

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        self.0.uploads().remove(self.1);
    }
}

impl Receiving {
    /// Where the next byte goes.
    pub fn offset(&self) -> u64 {
        self.bytes
    }

    /// The place that was marked, in whatever process.
    pub fn mark(&self) -> Option<u64> {
        self.mark
    }

    /// Remembers where the next byte goes as long as there is the upload; the first place that is marked stays.
    pub async fn mark_here(&mut self) {
        if self.mark.is_none() {
            self.mark = Some(self.bytes);
            let _ = self.orders.send(Order::Mark(self.bytes)).await; // if the thread has ended, parking says why
        }
    }

    /// Takes some more; waits when the disk is behind.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), UploadError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.content.0.bounds.blob_bytes {
            return Err(UploadError::TooLarge);
        }
        if self.orders.send(Order::Write(bytes)).await.is_ok() {
            return Ok(());
        }
        // The thread has ended, which it does early only if it cannot write.
        match (&mut self.worker).await {
            Ok(Err(e)) => Err(UploadError::Io(e)),
            _ => Err(UploadError::Io(io::Error::other("the upload has ended"))),
        }
    }

    /// Ends this turn; answers with how many bytes there are of the upload.
    pub async fn park(self) -> io::Result<u64> {
        let Receiving {
            bytes, orders, worker, ..
        } = self;
        drop(orders);
        joined(worker.await).map(|_| bytes)
    }

    /// Ends the upload. When it answers well the content is on the disk.
    pub async fn finish(self, wanted: Digest) -> Result<Pinned, FinishError> {
        let Receiving { orders, worker, .. } = self;
        let _ = orders.send(Order::Finish(wanted)).await; // if the thread has ended it says why
        match joined(worker.await).map_err(FinishError::Io)? {
            Some(Finished::Kept(pinned)) => Ok(pinned),
            Some(Finished::Wrong(got)) => Err(FinishError::WrongDigest { wanted, got }),
            None => Err(FinishError::Io(io::Error::other("the upload has ended"))),
        }
    }

    /// Ends the upload, and forgets what came.
    pub async fn abandon(self) -> io::Result<()> {
        let Receiving {
            content,
            name,
            orders,
            worker,
            ..
        } = self;
        drop(orders);
        let _ = joined(worker.await); // it goes, however well it was written
        content.forget(&name)
    }
}

/// What an upload is called on the disk; `None` if that is no id.
fn name(id: &str, owner: &str) -> Option<String> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = !id.is_empty() && id.len() <= 64 && id.bytes().all(good);
    good.then(|| format!("{id}.{}", &Digest::of(owner.as_bytes()).hex()[..16]))
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        UploadError::Io(error)
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UploadError::Unknown => "there is no such upload",
            UploadError::Busy => "another request is at this upload",
            UploadError::TooMany => "too many uploads have begun and not ended",
            UploadError::TooLarge => "the blob is too large",
            UploadError::Io(_) => "the upload cannot be kept",
        })
    }
}

impl std::error::Error for UploadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            UploadError::Io(e) => Some(e),
            _ => None,
        }
    }
}

impl fmt::Display for FinishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FinishError::WrongDigest { wanted, got } => write!(f, "the content is {got}, not {wanted}"),
            FinishError::Io(_) => f.write_str("the upload cannot be kept"),
        }
    }
}

impl std::error::Error for FinishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            FinishError::Io(e) => Some(e),
            FinishError::WrongDigest { .. } => None,
        }
    }
}
