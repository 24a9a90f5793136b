//! Manifests by tag or digest: read, put, taken away.

use crate::answer::Answer;
use crate::blobs::{FOR_EVER, has_it};
use crate::body;
use crate::fault::{Code, Fault};
use crate::route::{self, Reference};
use crate::{Asked, Body};
use bytes::Bytes;
use images::Digest;
use model::registry::document::{self, MOST_BYTES};
use model::registry::{Manifest, RepositoryId, change};

/// Tags that one request may give, beside the one in its path.
const MOST_TAGS: usize = 10;

pub async fn get(asked: &Asked<'_>, name: &str, reference: Reference<'_>) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:BatchGetImage")?;
    let wanted = text(reference);
    if asked.registry.is_stale(&id, &wanted) {
        let denied = asked.registry.may_fetch(&id, |action| asked.allowed(&id, action));
        match denied {
            Ok(()) => asked.registry.fetch(&id, &wanted).await?,
            // What is here already may be had all the same.
            Err(denied) if change::find(&asked.snapshot(), &id, &wanted).is_err() => return Err(denied),
            Err(_) => {}
        }
    }
    let view = asked.snapshot();
    let refused = |refused| Fault::refused(refused, name);
    change::repository(&view, &id).map_err(refused)?;
    let manifest = change::find(&view, &id, &wanted).map_err(refused)?;
    if manifest.archived_at.is_some() {
        return Err(Fault::archived());
    }
    let accepts = asked.head.headers.get_all("accept").into_iter();
    let accepts = accepts.filter_map(|value| value.to_str().ok());
    if !document::is_accepted(accepts, &manifest.media_type) {
        let message = format!("the manifest is of type {}, which is not accepted", manifest.media_type);
        return Err(Fault::new(404, Code::ManifestUnknown, message));
    }
    let etag = format!("\"{}\"", manifest.digest);
    let about = |answer: Answer| {
        let answer = answer
            .with("docker-content-digest", manifest.digest.clone())
            .with("etag", etag.clone());
        match reference {
            Reference::Digest(_) => answer.with("cache-control", FOR_EVER),
            Reference::Tag(_) => answer,
        }
    };
    if has_it(asked, &etag) {
        return Ok(about(Answer::empty(304)));
    }
    if asked.head.method == http::Method::HEAD {
        let answer = Answer::empty(200).with("content-type", manifest.media_type.clone());
        return Ok(about(answer.length(manifest.size)));
    }
    let document = asked.document(&manifest).await?;
    asked.note_pull(&manifest);
    Ok(about(Answer::body(
        200,
        manifest.media_type.clone(),
        Body::whole(document),
    )))
}

pub async fn put<B>(asked: &Asked<'_>, name: &str, reference: Reference<'_>, body: B) -> Result<Answer, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let id = asked.repository(name, "ecr:PutImage")?;
    let bytes = body::whole(body, MOST_BYTES, asked.parts().patience).await?;
    let sent_as = asked.header("content-type").unwrap_or("");
    let manifest = document::read(&id, &bytes, sent_as);
    let manifest =
        manifest.map_err(|why| Fault::new(400, Code::ManifestInvalid, format!("manifest invalid: {why}")))?;
    if let Reference::Digest(wanted) = reference
        && manifest.digest != wanted.to_string()
    {
        let message = format!(
            "provided digest did not match uploaded content: it is {}",
            manifest.digest
        );
        return Err(Fault::new(400, Code::DigestInvalid, message));
    }
    let mut tags: Vec<String> = route::query(asked.head.uri.query().unwrap_or(""), "tag").collect();
    if tags.len() > MOST_TAGS || !tags.iter().all(|tag| route::tag_is_good(tag)) {
        return Err(Fault::new(400, Code::TagInvalid, "too many tags, or one that is none"));
    }
    if let Reference::Tag(tag) = reference {
        tags.push(tag.to_string());
    }
    let agrees = change::agrees(&asked.snapshot(), &id, &document::listed(&bytes));
    agrees.map_err(|refused| Fault::refused(refused, name))?;
    asked.create_on_push(&id).await?;
    let (digest, subject) = (manifest.digest.clone(), manifest.subject.clone());
    let pinned = asked.parts().content.put(bytes).await.map_err(Fault::disk)?;
    let (called, is_copy) = (name.to_string(), asked.is_copy());
    if is_copy {
        asked.allowed(&id, "ecr:ReplicateImage")?;
    }
    let written = asked.registry.write_pinned(pinned, move |tx| {
        let manifest = Manifest {
            pushed_at: tx.now(),
            ..manifest.clone()
        };
        let put = match is_copy {
            true => change::put_copy(tx, manifest, &tags),
            false => change::put_manifest(tx, manifest, &tags),
        };
        put.map_err(|refused| Fault::refused(refused, &called))
    });
    written.await?;
    let answer = Answer::empty(201)
        .with("location", format!("/v2/{name}/manifests/{digest}"))
        .with("docker-content-digest", digest);
    Ok(match subject {
        Some(subject) => answer.with("oci-subject", subject),
        None => answer,
    })
}

pub async fn delete(asked: &Asked<'_>, name: &str, reference: Reference<'_>) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:BatchDeleteImage")?;
    let (called, reference) = (name.to_string(), owned(reference));
    let deleted = asked.registry.write(move |tx| {
        let done = match &reference {
            Ok(digest) => change::delete_manifest(tx, &id, digest).map(drop),
            Err(tag) => change::untag(tx, &id, tag).map(drop),
        };
        done.map_err(|refused| Fault::refused(refused, &called))
    });
    deleted.await?;
    Ok(Answer::empty(202))
}

fn text(reference: Reference<'_>) -> String {
    match reference {
        Reference::Tag(tag) => tag.to_string(),
        Reference::Digest(digest) => digest.to_string(),
    }
}

/// A digest, or else a tag.
fn owned(reference: Reference<'_>) -> Result<String, String> {
    match reference {
        Reference::Tag(tag) => Err(tag.to_string()),
        Reference::Digest(digest) => Ok(digest.to_string()),
    }
}

impl Asked<'_> {
    pub async fn document(&self, manifest: &Manifest) -> Result<Bytes, Fault> {
        let lost = || Fault::ours(format!("the content of {} is lost", manifest.digest));
        let digest: Digest = manifest.digest.parse().map_err(|_| lost())?;
        let document = self.parts().content.document(&digest, MOST_BYTES).await;
        document.map_err(Fault::disk)?.ok_or_else(lost)
    }

    fn note_pull(&self, manifest: &Manifest) {
        let caller = &self.bearer.principal;
        self.registry.note_pull(&manifest.repository, manifest, caller);
    }
}

impl crate::Registry {
    /// Writes down, when it is worth it, that a manifest was pulled. Nobody waits for that.
    pub(crate) fn note_pull(&self, id: &RepositoryId, manifest: &Manifest, caller: &str) {
        let now = self.0.clock.now();
        if !change::is_worth_noting(&self.0.store.snapshot(), manifest, caller, now) {
            return;
        }
        let (registry, id, digest) = (self.clone(), id.clone(), manifest.digest.clone());
        tokio::spawn(async move {
            let noted = registry.write(move |tx| {
                change::note_pull(tx, &id, &digest);
                Ok(())
            });
            if noted.await.is_err() {
                tracing::warn!("a pull could not be noted");
            }
        });
    }
}
