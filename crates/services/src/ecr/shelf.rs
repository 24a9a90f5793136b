//! Content, as requests of this service read and write it.

use crate::common::Ctx;
use images::Digest;
use images::content::Pinned;
use model::registry::{BlobLink, Manifest, document};
use store::Tx;
use wire::Fault;

/// One transaction that needs this content. Goes on when the caller is gone: a write that has begun may happen in any
/// case, and the content must stay until it can be seen.
pub async fn write_pinned<T, F>(ctx: &Ctx, pinned: Pinned, change: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: FnMut(&mut Tx) -> Result<T, Fault> + Send + 'static,
{
    let ctx = ctx.clone();
    let writing = tokio::spawn(async move {
        let written = ctx.write(change).await;
        drop(pinned); // the record keeps it now
        written
    });
    writing.await.unwrap_or_else(|error| Err(ours(&error.to_string())))
}

/// Whether the content of a blob is there as its record says. Where it is lost, whoever sends it again mends that.
pub async fn has(ctx: &Ctx, link: &BlobLink) -> Result<bool, Fault> {
    let Ok(digest) = link.digest.parse::<Digest>() else {
        return Ok(false);
    };
    let is_there = ctx.world.shelf.content.size(&digest).await.map_err(disk)? == Some(link.size);
    if !is_there {
        tracing::error!(%digest, repository = %link.repository, "the content of a blob is lost: whoever pushes it again mends that");
    }
    Ok(is_there)
}

/// The document of a manifest, as it was pushed.
pub async fn document(ctx: &Ctx, manifest: &Manifest) -> Result<String, Fault> {
    let lost = || ours(&format!("the content of {} is lost", manifest.digest));
    let digest: Digest = manifest.digest.parse().map_err(|_| lost())?;
    let content = &ctx.world.shelf.content;
    let bytes = content.document(&digest, document::MOST_BYTES).await.map_err(disk)?;
    // What was read as JSON once is text.
    String::from_utf8(bytes.ok_or_else(lost)?.to_vec()).map_err(|_| lost())
}

pub fn disk(error: std::io::Error) -> Fault {
    ours(&error.to_string())
}

/// A failure of this side, which the caller is not told in detail.
pub fn ours(error: &str) -> Fault {
    tracing::error!(%error, "a request about images failed");
    let message = "The registry could not do it. Try again.";
    Fault::new(&api::ecr::fault::ServerException, message)
}
