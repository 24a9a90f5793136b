//! InitiateLayerUpload, UploadLayerPart and CompleteLayerUpload.

use crate::common::Ctx;
use crate::ecr::access::may;
use crate::ecr::{fault, names, shelf};
use api::ecr;
use images::Digest;
use images::content::{FinishError, Receiving, UploadError};
use model::registry::{BlobLink, RepositoryId, change};
use std::time::Duration;
use wire::{Detail, Fault};

/// What clients are asked to send at once. The model allows twice as much.
const PART: u64 = 10 << 20;
/// With too many others who are at their uploads.
const PATIENCE: Duration = Duration::from_secs(15);
/// Each part but the last has at least as much.
const LEAST_PART: u64 = 5 << 20;

pub async fn initiate(
    ctx: Ctx,
    input: ecr::InitiateLayerUploadRequest,
) -> Result<ecr::InitiateLayerUploadResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    may(&ctx, &ctx.snapshot(), "ecr:InitiateLayerUpload", &id)?;
    let upload = ctx.dice().uuid();
    let begun = ctx.world.shelf.content.begin(&upload, &id.to_string(), ctx.now()).await;
    begun.map_err(|error| not_taken(error, &id, &upload))?;
    Ok(ecr::InitiateLayerUploadResponse {
        upload_id: Some(upload),
        part_size: i64::try_from(PART).ok(),
    })
}

pub async fn part(ctx: Ctx, input: ecr::UploadLayerPartRequest) -> Result<ecr::UploadLayerPartResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    may(&ctx, &ctx.snapshot(), "ecr:UploadLayerPart", &id)?;
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
    let (first, last) = (number(input.part_first_byte), number(input.part_last_byte));
    let bytes = input.layer_part_blob.unwrap_or_default().0;
    let mut turn = turn(&ctx, &id, &upload).await?;
    let offset = turn.offset();
    let len = bytes.len() as u64;
    if let Err(why) = fits(first, last, len, offset) {
        turn.park().await.map_err(shelf::disk)?;
        return Err(not_that_part(why, &id, &upload, offset));
    }
    if let Err(error) = turn.write(bytes.into()).await {
        if matches!(error, UploadError::TooLarge) {
            turn.abandon().await.map_err(shelf::disk)?;
        }
        return Err(not_taken(error, &id, &upload));
    }
    if len < LEAST_PART {
        turn.mark_here().await;
    }
    let received = turn.park().await.map_err(shelf::disk)?;
    Ok(ecr::UploadLayerPartResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        upload_id: Some(upload),
        last_byte_received: i64::try_from(received.saturating_sub(1)).ok(),
    })
}

pub async fn complete(
    ctx: Ctx,
    input: ecr::CompleteLayerUploadRequest,
) -> Result<ecr::CompleteLayerUploadResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:CompleteLayerUpload", &id)?;
    let upload = input.upload_id.unwrap_or_default().to_ascii_lowercase();
    let mut digests = input.layer_digests.unwrap_or_default();
    digests.dedup();
    let invalid = || fault::invalid_at("layerDigests", "one sha256 digest of the layer");
    let [digest] = &digests[..] else {
        return Err(invalid());
    };
    let digest: Digest = digest.parse().map_err(|_| invalid())?;
    let turn = turn(&ctx, &id, &upload).await?;
    let received = turn.offset();
    let text = digest.to_string();
    // What was marked is where its first short part ended.
    let short = turn.mark();
    let refusal = if received == 0 {
        let message = format!("No bytes have come of upload '{upload}'");
        Some(Fault::new(&ecr::fault::EmptyUploadException, message))
    } else if short.is_some_and(|end| end < received) {
        let message = format!("Each part of a layer but the last has at least {LEAST_PART} bytes");
        Some(Fault::new(&ecr::fault::LayerPartTooSmallException, message))
    } else {
        None
    };
    if let Some(refusal) = refusal {
        turn.park().await.map_err(shelf::disk)?;
        return Err(refusal);
    }
    let link = view.get::<BlobLink>(&BlobLink::key_of(&id, &text));
    if let Some(link) = link
        && shelf::has(&ctx, &link).await?
    {
        turn.abandon().await.map_err(shelf::disk)?;
        let message = format!("The layer with digest '{text}' already exists in {}", fault::place(&id));
        return Err(Fault::new(&ecr::fault::LayerAlreadyExistsException, message));
    }
    let pinned = turn.finish(digest).await.map_err(|error| match error {
        FinishError::WrongDigest { wanted, got } => Fault::new(
            &ecr::fault::InvalidLayerException,
            format!("The layer's digest is {got}, and not {wanted} as it was said"),
        ),
        FinishError::Io(error) => shelf::disk(error),
    })?;
    let (to, linked, size, caller) = (id.clone(), text.clone(), pinned.size, ctx.clone());
    shelf::write_pinned(&ctx, pinned, move |tx| {
        may(&caller, tx, "ecr:CompleteLayerUpload", &to)?;
        change::link(tx, &to, &linked, size).map_err(|refused| fault::refused(refused, &to))
    })
    .await?;
    Ok(ecr::CompleteLayerUploadResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        upload_id: Some(upload),
        layer_digest: Some(text),
    })
}

/// Whether a part is what it says, and goes on where the upload stands; else why not.
fn fits(first: u64, last: u64, len: u64, offset: u64) -> Result<(), String> {
    if first != offset {
        return Err(format!("its first byte is {first}, and {offset} bytes have come"));
    }
    match last.checked_sub(first).and_then(|n| n.checked_add(1)) == Some(len) {
        true => Ok(()),
        false => Err(format!("it has {len} bytes, which is not from {first} to {last}")),
    }
}

/// Tells where the upload stands: of a part whose answer was lost, all may have come, some, or nothing.
fn not_that_part(why: String, id: &RepositoryId, upload: &str, received: u64) -> Fault {
    let message = format!("Invalid layer part of upload '{upload}': {why}");
    let fault = Fault::new(&ecr::fault::InvalidLayerPartException, message)
        .with("registryId", Detail::Text(id.registry.clone()))
        .with("repositoryName", Detail::Text(id.name.clone()))
        .with("uploadId", Detail::Text(upload.to_string()));
    match received.checked_sub(1).and_then(|last| i64::try_from(last).ok()) {
        Some(last) => fault.with("lastValidByteReceived", Detail::Number(last)),
        None => fault,
    }
}

async fn turn(ctx: &Ctx, id: &RepositoryId, upload: &str) -> Result<Receiving, Fault> {
    let owner = id.to_string();
    let turn = tokio::time::timeout(PATIENCE, ctx.world.shelf.content.receive(upload, &owner)).await;
    match turn {
        Ok(turn) => turn.map_err(|error| not_taken(error, id, upload)),
        Err(_) => Err(Fault::common(
            "ThrottlingException",
            400,
            "Too many uploads are coming in. Try again.",
        )),
    }
}

fn not_taken(error: UploadError, id: &RepositoryId, upload: &str) -> Fault {
    let limit = |why: String| Fault::new(&ecr::fault::LimitExceededException, why);
    match error {
        UploadError::Unknown => Fault::new(
            &ecr::fault::UploadNotFoundException,
            format!("The upload '{upload}' could not be found in {}", fault::place(id)),
        ),
        UploadError::Busy | UploadError::TooMany => Fault::common("ThrottlingException", 400, error.to_string()),
        UploadError::TooLarge => limit(error.to_string()),
        UploadError::Io(error) => shelf::disk(error),
    }
}
