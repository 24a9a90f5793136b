//! A registry on this very machine: what it has is read from where it lies, and asked for over no network.

use crate::content::Content;
use crate::disk::MOST_BLOB;
use crate::error::Fault;
use crate::fetch::Wanted;
use crate::layer::{self, LayerError};
use crate::registry::Repository;
use crate::store::Images;
use crate::unpack::{Budget, UnpackError};
use crate::{Digest, Reference};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// The registry of this machine.
#[derive(Clone)]
pub struct Here {
    pub content: Content,
    pub find: Arc<dyn Fn(&Reference) -> Found + Send + Sync>,
    /// Comes before `find`: sees to it that what stands for an image elsewhere is here.
    pub fill: Arc<dyn Fn(Reference) -> Filling + Send + Sync>,
}

/// Why it could not be brought here, if it could not.
pub type Filling = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// What a reference is to the registry of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is not for this registry to say.
    Elsewhere,
    /// It would be here, and is not.
    Nothing,
    /// It is not for this machine to have, for this reason.
    Denied(String),
    /// The manifest or index that it stands for; all that it is made of is here too.
    Digest(Digest),
}

/// Where an image comes from.
#[derive(Clone)]
pub(crate) enum Place {
    Here(Content),
    There(Repository),
}

/// A document, which must be here.
pub(crate) async fn document(content: &Content, digest: &Digest) -> Result<Vec<u8>, Fault> {
    let document = content
        .document(digest, MOST_BLOB as usize)
        .await
        .map_err(Fault::Disk)?;
    document.map(|document| document.to_vec()).ok_or(Fault::NotFound)
}

impl Images {
    /// Unpacks a layer from where it lies. It was compared with its digest when it came in, and what is in it is compared
    /// with the digest of that.
    pub(crate) async fn unpack_here(
        &self,
        content: &Content,
        wanted: &Wanted,
        budget: &Arc<Budget>,
    ) -> Result<(), Fault> {
        let fault = |error: LayerError| {
            let digest = wanted.digest;
            Fault::Layer { digest, error }
        };
        if wanted.size > self.0.settings.limits.packed_bytes {
            return Err(fault(LayerError::Unpack(UnpackError::TooManyBytes)));
        }
        let blob = content.blob(&wanted.digest).await.map_err(Fault::Disk)?;
        let blob = blob.ok_or_else(|| fault(LayerError::Io(io::ErrorKind::NotFound.into())))?;
        let (diff, budget) = (wanted.diff, budget.clone());
        let unpacked = self.blocking(move |inner| {
            layer::add(&inner.disk, blob.reader(), &diff, &inner.settings.limits, &budget).map(drop)
        });
        unpacked.await.map_err(fault)
    }
}

impl fmt::Debug for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Here")
    }
}
