//! Blobs that a repository has: looked for, read in whole or in part, taken away.

use crate::answer::Answer;
use crate::fault::{Code, Fault};
use crate::range::{self, Span, Wanted};
use crate::{Asked, Body};
use images::Digest;
use model::registry::{BlobLink, change};
use sendfile::ByKernel;

/// Content of a digest never changes.
pub const FOR_EVER: &str = "max-age=31536000, immutable";

pub async fn get(asked: &Asked<'_>, name: &str, digest: Digest) -> Result<Answer, Fault> {
    let is_head = asked.head.method == http::Method::HEAD;
    let action = match is_head {
        true => "ecr:BatchCheckLayerAvailability",
        false => "ecr:GetDownloadUrlForLayer",
    };
    let id = asked.repository(name, action)?;
    let view = asked.snapshot();
    change::repository(&view, &id).map_err(|refused| Fault::refused(refused, name))?;
    let link = view.get::<BlobLink>(&BlobLink::key_of(&id, &digest.to_string()));
    let link = link.ok_or_else(|| unknown(&digest))?;
    if change::is_archived(&view, &id, &link.digest) {
        return Err(Fault::archived());
    }
    let etag = format!("\"{digest}\"");
    let about = |answer: Answer| {
        answer
            .with("docker-content-digest", digest.to_string())
            .with("etag", etag.clone())
            .with("accept-ranges", "bytes")
            .with("cache-control", FOR_EVER)
    };
    if has_it(asked, &etag) {
        return Ok(about(Answer::empty(304)));
    }
    if is_head {
        // Whoever hears that it is here does not send it: content that was lost must not be promised.
        if asked.parts().content.size(&digest).await.map_err(Fault::disk)? != Some(link.size) {
            tracing::error!(%digest, repository = %id, "the content of a blob is lost: whoever pushes it again mends that");
            return Err(unknown(&digest));
        }
        asked.keep_link(&link).await?;
        let answer = Answer::empty(200).with("content-type", "application/octet-stream");
        return Ok(about(answer.length(link.size)));
    }
    let blob = asked.parts().content.blob(&digest).await.map_err(Fault::disk)?;
    let blob = blob.ok_or_else(|| Fault::ours(format!("the content of {digest} is lost")))?;
    let size = blob.size;
    let range = asked
        .header("range")
        .filter(|_| asked.header("if-range").is_none_or(|said| said == etag));
    let (status, Span { from, to }) = match range::wanted(range, size) {
        Wanted::All => (200, Span { from: 0, to: size }),
        Wanted::Some(span) => (206, span),
        Wanted::Nothing => {
            let fault = Fault::new(416, Code::SizeInvalid, "there is nothing in that range");
            return Err(fault.with("content-range", format!("bytes */{size}")));
        }
    };
    let by_kernel = asked.head.extensions.get::<ByKernel>().is_some();
    let body = Body::blob(blob, from, to, by_kernel);
    let answer = Answer::body(status, "application/octet-stream", body);
    let answer = about(answer);
    Ok(match status {
        206 => answer.with("content-range", format!("bytes {from}-{}/{size}", to - 1)),
        _ => answer,
    })
}

pub async fn delete(asked: &Asked<'_>, name: &str, digest: Digest) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:BatchDeleteImage")?;
    let (digest, called) = (digest.to_string(), name.to_string());
    let deleted = asked
        .registry
        .write(move |tx| change::unlink(tx, &id, &digest).map_err(|refused| Fault::refused(refused, &called)));
    deleted.await?;
    Ok(Answer::empty(202))
}

pub fn unknown(digest: &Digest) -> Fault {
    Fault::refused(model::registry::Refused::NoBlob(digest.to_string()), "")
}

/// Whether the caller says that it has this already.
pub fn has_it(asked: &Asked<'_>, etag: &str) -> bool {
    let known = asked.header("if-none-match");
    known.is_some_and(|known| {
        known
            .split(',')
            .any(|one| matches!(one.trim(), "*") || one.trim() == etag)
    })
}

impl Asked<'_> {
    /// Whoever hears that a blob is here may build on it: a link that no manifest uses is as good as new from then.
    async fn keep_link(&self, link: &BlobLink) -> Result<(), Fault> {
        let old = self.now().since(link.linked_at) > change::RENEW_MS;
        if !old || change::user_of(&self.snapshot(), &link.repository, &link.digest).is_some() {
            return Ok(());
        }
        let link = link.clone();
        let renewed = self.registry.write(move |tx| {
            if tx
                .get::<BlobLink>(&BlobLink::key_of(&link.repository, &link.digest))
                .is_none()
            {
                return Err(Fault::refused(
                    model::registry::Refused::NoBlob(link.digest.clone()),
                    "",
                ));
            }
            change::link(tx, &link.repository, &link.digest, link.size).map_err(|refused| Fault::refused(refused, ""))
        });
        renewed.await
    }
}
