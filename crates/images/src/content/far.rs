//! Content in a bucket: what the directory has it has too, and more. A disk of this machine may then be lost, or too small
//! for all of it; the directory is where content comes in and what was used lately is.
//!
//! A bucket, or a prefix in one, belongs to one registry: what its records do not need is taken away. So the first thing
//! done there is to claim it.

use super::place::Draft;
use super::{Place, blocking};
use crate::Digest;
use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, Semaphore};

pub(super) struct Far {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Who this registry is, for the claim.
    owner: String,
    claimed: OnceCell<()>,
    /// One who comes for content that another one is fetching waits for that.
    fetching: Mutex<HashMap<Digest, Arc<Semaphore>>>,
    /// Each holds a part in memory.
    transfers: Semaphore,
}

/// Sent and held in memory at once; a bucket takes 10,000 of them for one object.
const PART: u64 = 16 << 20;
const TRANSFERS: usize = 8;

impl Far {
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str, owner: &str) -> Self {
        Far {
            store,
            prefix: Path::from(prefix),
            owner: owner.to_string(),
            claimed: OnceCell::new(),
            fetching: Mutex::default(),
            transfers: Semaphore::new(TRANSFERS),
        }
    }

    fn path(&self, digest: &Digest) -> Path {
        let hex = digest.hex();
        self.prefix.clone().join("blobs").join(&hex[..2]).join(&*hex)
    }

    /// Makes sure, once, that the place is nobody else's.
    async fn claim(&self) -> io::Result<()> {
        let claim = async || {
            let path = self.prefix.clone().join("owner");
            let mine = PutPayload::from(self.owner.clone());
            let options = PutOptions::from(PutMode::Create);
            match self.store.put_opts(&path, mine, options).await {
                Ok(_) => return Ok(()),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
                Err(e) => return Err(failed(e)),
            }
            let there = self
                .store
                .get(&path)
                .await
                .map_err(failed)?
                .bytes()
                .await
                .map_err(failed)?;
            match there == self.owner.as_bytes() {
                true => Ok(()),
                false => Err(io::Error::other("the bucket holds the content of another registry")),
            }
        };
        self.claimed.get_or_try_init(claim).await.copied()
    }

    pub async fn size(&self, digest: &Digest) -> io::Result<Option<u64>> {
        self.claim().await?;
        Ok(found(self.store.head(&self.path(digest)).await)?.map(|about| about.size))
    }

    /// It is kept there when this returns.
    pub async fn put(&self, digest: &Digest, content: Bytes) -> io::Result<()> {
        self.claim().await?;
        let put = self.store.put(&self.path(digest), content.into()).await;
        put.map(drop).map_err(failed)
    }

    /// Sends what came in, unless it is there already.
    pub async fn put_draft(&self, digest: &Digest, draft: &Draft) -> io::Result<()> {
        if self.size(digest).await? == Some(draft.bytes) {
            return Ok(());
        }
        let _turn = self.transfers.acquire().await.expect("never closed");
        let file = Arc::new(draft.file()?);
        let read = |from: u64| {
            let (file, bytes) = (Arc::clone(&file), PART.min(draft.bytes - from));
            blocking(move || {
                let mut part = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
                std::os::unix::fs::FileExt::read_exact_at(&*file, &mut part, from)?;
                io::Result::Ok(Bytes::from(part))
            })
        };
        if draft.bytes <= PART {
            return self.put(digest, read(0).await?).await;
        }
        let mut upload = self.store.put_multipart(&self.path(digest)).await.map_err(failed)?;
        let sent = async {
            let mut at = 0;
            while at < draft.bytes {
                upload.put_part(read(at).await?.into()).await.map_err(failed)?;
                at += PART;
            }
            upload.complete().await.map(drop).map_err(failed)
        };
        let sent = sent.await;
        if sent.is_err() {
            let _ = upload.abort().await; // the first failure is the one to tell; buckets forget parts after a while
        }
        sent
    }

    /// Brings content into the directory; false if it is not in the bucket. What is not of that digest is no content.
    pub async fn fetch(&self, place: &Arc<Place>, digest: &Digest) -> io::Result<bool> {
        self.claim().await?;
        let turn = {
            let mut fetching = self.fetching.lock().expect("never poisoned");
            Arc::clone(fetching.entry(*digest).or_insert_with(|| Arc::new(Semaphore::new(1))))
        };
        let fetched = async {
            let _turn = turn.acquire().await.expect("never closed");
            match place.size(digest)? {
                Some(_) => Ok(true),
                None => self.bring(place, digest).await,
            }
        };
        let fetched = fetched.await;
        let mut fetching = self.fetching.lock().expect("never poisoned");
        if Arc::strong_count(&turn) == 2 {
            fetching.remove(digest);
        }
        fetched
    }

    async fn bring(&self, place: &Arc<Place>, digest: &Digest) -> io::Result<bool> {
        let _turn = self.transfers.acquire().await.expect("never closed");
        let Some(about) = found(self.store.head(&self.path(digest)).await)? else {
            return Ok(false);
        };
        let (name, draft) = place.begin_unnamed()?;
        let brought = self.bring_into(place, draft, digest, about.size).await;
        if brought.is_err() {
            let _ = place.discard(&name); // the first failure is the one to tell
        }
        brought.map(|()| true)
    }

    async fn bring_into(&self, place: &Arc<Place>, mut draft: Draft, digest: &Digest, size: u64) -> io::Result<()> {
        while draft.bytes < size {
            let options = GetOptions {
                range: Some((draft.bytes..size.min(draft.bytes + PART)).into()),
                ..GetOptions::default()
            };
            let part = self.store.get_opts(&self.path(digest), options).await.map_err(failed)?;
            let part = part.bytes().await.map_err(failed)?;
            if part.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            draft = blocking(move || draft.write(&part).map(|()| draft)).await?;
        }
        if draft.digest() != *digest {
            let why = format!("what the bucket has as {digest} is something else");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let (place, digest) = (Arc::clone(place), *digest);
        blocking(move || place.keep(draft, &digest)).await
    }

    pub async fn remove(&self, digest: &Digest) -> io::Result<()> {
        self.claim().await?;
        found(self.store.delete(&self.path(digest)).await).map(drop)
    }

    pub async fn part(&self, first: u8) -> io::Result<Vec<Digest>> {
        self.claim().await?;
        let under = self.prefix.clone().join("blobs").join(format!("{first:02x}"));
        let listed: Vec<_> = self.store.list(Some(&under)).try_collect().await.map_err(failed)?;
        let digest = |name: &str| format!("sha256:{name}").parse().ok();
        Ok(listed
            .iter()
            .filter_map(|about| digest(about.location.filename()?))
            .collect())
    }
}

fn failed(error: Error) -> io::Error {
    io::Error::other(error)
}

fn found<T>(result: Result<T, Error>) -> io::Result<Option<T>> {
    match result {
        Err(Error::NotFound { .. }) => Ok(None),
        result => result.map(Some).map_err(failed),
    }
}
