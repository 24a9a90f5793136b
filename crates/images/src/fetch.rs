//! One layer from a registry to its place, in one pass: the network hashes what comes and hands it on, a thread of its
//! own unpacks. Nothing is kept in between, so memory is bounded and the disk is written once.

use crate::digest::Hasher;
use crate::error::Fault;
use crate::layer::{self, LayerError};
use crate::registry::Repository;
use crate::store::Images;
use crate::unpack::{Budget, UnpackError};
use crate::{Digest, TarError};
use bytes::{Buf, Bytes};
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Parts of a body on their way from the network to the unpacker.
const PARTS_UNDERWAY: usize = 64;

enum Part {
    Some(Bytes),
    /// All came, and it is what it should be.
    End,
}

pub(crate) struct Wanted {
    pub digest: Digest,
    pub size: u64,
    pub diff: Digest,
}

impl Images {
    pub(crate) async fn fetch_layer(
        &self,
        from: &Repository,
        wanted: &Wanted,
        budget: &Arc<Budget>,
    ) -> Result<(), Fault> {
        if wanted.size > self.0.settings.limits.packed_bytes {
            let error = LayerError::Unpack(UnpackError::TooManyBytes);
            let digest = wanted.digest;
            return Err(Fault::Layer { digest, error });
        }
        let registries = &self.0.registries;
        let mut body = registries.blob(from, &wanted.digest).await?.into_body();
        let url = format!("{}/v2/blobs/{}", from.origin, wanted.digest);
        let (to_unpacker, parts) = mpsc::channel(PARTS_UNDERWAY);
        let (diff, budget) = (wanted.diff, budget.clone());
        // Ends by itself when the sender is dropped: by cancelling this, for example.
        let unpacking = self.blocking(move |inner| {
            let reader = Parts {
                parts,
                current: Bytes::new(),
                ended: false,
            };
            layer::add(&inner.disk, reader, &diff, &inner.settings.limits, &budget).map(drop)
        });
        let feeding = async move {
            let (mut hasher, mut size, mut listening) = (Hasher::default(), 0, true);
            while let Some(part) = registries.more(&mut body, &url).await? {
                hasher.update(&part);
                size += part.len() as u64;
                if size > wanted.size {
                    break;
                }
                // An unpacker that gave up may have choked on content that is not what was asked for: so hash on.
                listening = listening && to_unpacker.send(Part::Some(part)).await.is_ok();
            }
            let (digest, got) = (wanted.digest, hasher.finish());
            if size != wanted.size {
                let wanted = wanted.size;
                return Err(Fault::WrongSize {
                    digest,
                    wanted,
                    got: size,
                });
            }
            if got != digest {
                return Err(Fault::WrongDigest { wanted: digest, got });
            }
            let _ = to_unpacker.send(Part::End).await; // if it does not listen it tells why itself
            Ok(())
        };
        let (fed, unpacked) = tokio::join!(feeding, unpacking);
        match (fed, unpacked) {
            (Ok(()), Ok(())) => Ok(()),
            // A full disk is to be told even if the rest came badly, or not at all.
            (_, Err(error)) if is_ours(&error) => Err(self.layer_fault(wanted, error)),
            (Err(fault), _) => Err(fault),
            (Ok(()), Err(error)) => Err(self.layer_fault(wanted, error)),
        }
    }

    fn layer_fault(&self, wanted: &Wanted, error: LayerError) -> Fault {
        let digest = wanted.digest;
        Fault::Layer { digest, error }
    }
}

/// Whether this machine, not the content, is to blame.
fn is_ours(error: &LayerError) -> bool {
    match error {
        LayerError::Unpack(UnpackError::Io(..) | UnpackError::NeedsRoot) => true,
        LayerError::Unpack(UnpackError::Tar(TarError::Io(_))) | LayerError::Io(_) => error
            .io()
            .is_some_and(|e| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)),
        _ => false,
    }
}

/// The body as the unpacker reads it.
struct Parts {
    parts: mpsc::Receiver<Part>,
    current: Bytes,
    ended: bool,
}

impl Read for Parts {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            if self.ended {
                return Ok(0);
            }
            match self.parts.blocking_recv() {
                Some(Part::Some(bytes)) => self.current = bytes,
                Some(Part::End) => self.ended = true,
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let n = self.current.len().min(out.len());
        self.current.copy_to_slice(&mut out[..n]);
        Ok(n)
    }
}
