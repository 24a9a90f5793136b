//! Blobs on their way in: begun, gone on with in as many requests as the sender likes, ended with a digest; or mounted
//! from a repository that has them.

use crate::answer::Answer;
use crate::body::Pace;
use crate::fault::{Code, Fault};
use crate::range;
use crate::{Asked, route};
use bytes::Bytes;
use images::Digest;
use images::content::{FinishError, Pinned, Receiving, UploadError};
use model::registry::{BlobLink, Occasion, RegistrySetting, Repository, RepositoryId, change, has_part_in};
use store::Key;

pub async fn begin<B>(asked: &Asked<'_>, name: &str, body: B) -> Result<Answer, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let id = asked.repository(name, "ecr:InitiateLayerUpload")?;
    let digest = asked.query("digest").map(|digest| route::digest(&digest)).transpose()?;
    asked.create_on_push(&id).await?;
    if let Some(digest) = asked.query("mount").and_then(|digest| route::digest(&digest).ok())
        && let Some(pinned) = asked.mountable(&id, &digest).await?
    {
        return asked.link(&id, pinned).await;
    }
    let upload = asked.parts().dice.uuid();
    let (content, owner) = (&asked.parts().content, id.to_string());
    content.begin(&upload, &owner, asked.now()).await.map_err(fault)?;
    match digest {
        None => Ok(state(202, name, &upload, 0)),
        Some(digest) => {
            let turn = asked.turn(&id, &upload).await?;
            let taken = take(asked, turn, body).await;
            complete(asked, &id, taken?, digest).await
        }
    }
}

pub async fn status(asked: &Asked<'_>, name: &str, upload: &str) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:UploadLayerPart")?;
    let received = asked.parts().content.received(upload, &id.to_string()).await;
    Ok(state(204, name, upload, received.map_err(fault)?))
}

pub async fn append<B>(asked: &Asked<'_>, name: &str, upload: &str, body: B) -> Result<Answer, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let id = asked.repository(name, "ecr:UploadLayerPart")?;
    let turn = asked.turn(&id, upload).await?;
    let (turn, until) = in_order(asked, name, upload, turn, &body).await?;
    let turn = take(asked, turn, body).await?;
    let turn = as_long(name, upload, turn, until).await?;
    let received = turn.park().await.map_err(Fault::disk)?;
    Ok(state(202, name, upload, received))
}

pub async fn finish<B>(asked: &Asked<'_>, name: &str, upload: &str, body: B) -> Result<Answer, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let id = asked.repository(name, "ecr:CompleteLayerUpload")?;
    let missing = || Fault::new(400, Code::DigestInvalid, "the digest is missing");
    let digest = route::digest(&asked.query("digest").ok_or_else(missing)?)?;
    let turn = asked.turn(&id, upload).await?;
    let (turn, until) = in_order(asked, name, upload, turn, &body).await?;
    let turn = take(asked, turn, body).await?;
    let turn = as_long(name, upload, turn, until).await?;
    complete(asked, &id, turn, digest).await
}

pub async fn cancel(asked: &Asked<'_>, name: &str, upload: &str) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:UploadLayerPart")?;
    let cancelled = asked.parts().content.cancel(upload, &id.to_string()).await;
    cancelled.map_err(fault)?;
    Ok(Answer::empty(204))
}

/// The answer that tells how far an upload has come.
fn state(status: u16, name: &str, upload: &str, received: u64) -> Answer {
    Answer::empty(status)
        .with("location", format!("/v2/{name}/blobs/uploads/{upload}"))
        .with("range", format!("0-{}", received.saturating_sub(1)))
        .with("docker-upload-uuid", upload)
}

/// Lets go of the turn if the request says that its part goes elsewhere. Answers with where the part ends, if it says so.
async fn in_order<B: http_body::Body>(
    asked: &Asked<'_>,
    name: &str,
    upload: &str,
    turn: Receiving,
    body: &B,
) -> Result<(Receiving, Option<u64>), Fault> {
    let Some(said) = asked.header("content-range") else {
        return Ok((turn, None));
    };
    let (offset, coming) = (turn.offset(), body.size_hint().exact());
    let wrong = match range::part(said) {
        None => Fault::new(416, Code::SizeInvalid, "the content range cannot be read"),
        Some(span) if span.from != offset => {
            let message = format!("the upload goes on at {offset}, not at {}", span.from);
            Fault::new(416, Code::SizeInvalid, message)
        }
        Some(span) if coming.is_some_and(|coming| coming != span.to - span.from) => other_length(),
        Some(span) => return Ok((turn, Some(span.to))),
    };
    turn.park().await.map_err(Fault::disk)?;
    Err(standing(wrong, name, upload, offset))
}

/// Content whose length nobody knew before it ended must be what was said, too. What has come stays.
async fn as_long(name: &str, upload: &str, turn: Receiving, until: Option<u64>) -> Result<Receiving, Fault> {
    if until.is_none_or(|until| until == turn.offset()) {
        return Ok(turn);
    }
    let received = turn.park().await.map_err(Fault::disk)?;
    Err(standing(other_length(), name, upload, received))
}

fn other_length() -> Fault {
    let message = "the content range is not as long as the content";
    Fault::new(400, Code::SizeInvalid, message)
}

/// The fault, and where the upload stands, so that its sender may go on.
fn standing(wrong: Fault, name: &str, upload: &str, received: u64) -> Fault {
    wrong
        .with("location", format!("/v2/{name}/blobs/uploads/{upload}"))
        .with("range", format!("0-{}", received.saturating_sub(1)))
        .with("docker-upload-uuid", upload)
}

/// Takes in all that comes. When it breaks off, what has come stays, and the sender may go on from there.
async fn take<B>(asked: &Asked<'_>, mut turn: Receiving, mut body: B) -> Result<Receiving, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut pace = Pace::of(asked.parts().patience);
    while let Some(bytes) = pace.next(&mut body).await? {
        if let Err(error) = turn.write(bytes).await {
            if matches!(error, UploadError::TooLarge) {
                turn.abandon().await.map_err(Fault::disk)?;
            }
            return Err(fault(error));
        }
    }
    Ok(turn)
}

async fn complete(asked: &Asked<'_>, id: &RepositoryId, turn: Receiving, digest: Digest) -> Result<Answer, Fault> {
    let finished = turn.finish(digest).await;
    let pinned = finished.map_err(|error| match error {
        FinishError::WrongDigest { got, .. } => Fault::new(
            400,
            Code::DigestInvalid,
            format!("provided digest did not match uploaded content: it is {got}"),
        ),
        FinishError::Io(error) => Fault::disk(error),
    })?;
    asked.link(id, pinned).await
}

fn fault(error: UploadError) -> Fault {
    match error {
        UploadError::Unknown => Fault::new(404, Code::BlobUploadUnknown, "blob upload unknown to registry"),
        UploadError::Busy => Fault::new(409, Code::BlobUploadInvalid, error.to_string()),
        UploadError::TooMany => Fault::new(429, Code::TooManyRequests, error.to_string()),
        UploadError::TooLarge => Fault::new(413, Code::SizeInvalid, error.to_string()),
        UploadError::Io(error) => Fault::disk(error),
    }
}

impl Asked<'_> {
    async fn turn(&self, id: &RepositoryId, upload: &str) -> Result<Receiving, Fault> {
        let parts = self.parts();
        let owner = id.to_string();
        let turn = tokio::time::timeout(parts.patience / 4, parts.content.receive(upload, &owner)).await;
        match turn {
            Ok(turn) => turn.map_err(fault),
            Err(_) => Err(Fault::new(
                429,
                Code::TooManyRequests,
                "too many uploads are coming in: try again",
            )),
        }
    }

    /// Who pushes to a repository that is not there makes it.
    pub async fn create_on_push(&self, id: &RepositoryId) -> Result<(), Fault> {
        if self.snapshot().get::<Repository>(&id.key()).is_some() {
            return Ok(());
        }
        self.allowed(id, "ecr:CreateRepository")?;
        if !has_part_in(&self.snapshot(), &self.parts().scope, &id.region) {
            let message = format!(
                "there is nothing of this registry in {}, and nothing is copied there",
                id.region
            );
            return Err(Fault::new(404, Code::NameUnknown, message));
        }
        let id = id.clone();
        let occasion = match self.is_copy() {
            true => Occasion::Replication,
            false => Occasion::CreateOnPush,
        };
        self.registry
            .write(move |tx| {
                change::create_for(tx, &id, occasion);
                Ok(())
            })
            .await
    }

    /// Content that this repository may have without its being sent: one of those that the caller may read has it. It
    /// need not be said which one.
    async fn mountable(&self, to: &RepositoryId, digest: &Digest) -> Result<Option<Pinned>, Fault> {
        match self.may_read(to, &digest.to_string()) {
            true => self.parts().content.pin(digest).await.map_err(Fault::disk),
            false => Ok(None),
        }
    }

    /// Whether a repository has the blob that the caller may read.
    fn may_read(&self, to: &RepositoryId, digest: &str) -> bool {
        let view = self.snapshot();
        if !RegistrySetting::mounts_blobs(&view, &to.registry, &to.region) {
            return false;
        }
        let is_good =
            |link: &BlobLink| self.may_mount(&link.repository) && !change::is_archived(&view, &link.repository, digest);
        match self.query("from") {
            Some(from) if !route::name_is_good(&from) => false,
            Some(from) => {
                let from = self.registry.repository_id(self.host(), &from);
                let link = view.get::<BlobLink>(&BlobLink::key_of(&from, digest));
                link.is_some_and(|link| is_good(&link))
            }
            None => view
                .by::<BlobLink>(BlobLink::BY_DIGEST, &Key::of([digest]))
                .filter(|link| link.repository.registry == to.registry)
                .take(MOST_LOOKS)
                .any(|link| is_good(&link)),
        }
    }

    /// From now on the repository has the blob.
    async fn link(&self, id: &RepositoryId, pinned: Pinned) -> Result<Answer, Fault> {
        let (to, digest, size) = (id.clone(), pinned.digest.to_string(), pinned.size);
        let linked = digest.clone();
        let written = self.registry.write_pinned(pinned, move |tx| {
            change::link(tx, &to, &linked, size).map_err(|refused| Fault::refused(refused, &to.name))
        });
        written.await?;
        Ok(Answer::empty(201)
            .with("location", format!("/v2/{}/blobs/{digest}", id.name))
            .with("docker-content-digest", digest))
    }
}

/// Repositories that are looked at for one that may be mounted from.
const MOST_LOOKS: usize = 100;
