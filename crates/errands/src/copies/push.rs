//! One image to another Gantry: what it is made of, then what it lists, then itself, then its tags. What is there is not
//! sent, and a blob whose connection broke goes on where it stopped.

use super::talk::{Failed, Talk};
use bytes::Bytes;
use http::Response;
use images::Digest;
use images::content::{Blob, Content};
use model::registry::{Manifest, Part, RepositoryId, change};
use store::Store;

/// What one request carries of a blob.
const PART_BYTES: u64 = 4 << 20;
const MOST_DOCUMENT_BYTES: usize = 4 << 20;
/// An index of indexes is allowed; deeper ones nobody makes.
const MOST_DEPTH: usize = 4;
/// In a row without a byte that came through.
const MOST_BREAKS: u32 = 3;

pub struct Push<'a> {
    pub store: &'a Store,
    pub content: &'a Content,
    pub talk: &'a mut Talk,
    pub from: &'a RepositoryId,
}

impl Push<'_> {
    pub async fn image(&mut self, digest: &str) -> Result<(), Failed> {
        Box::pin(self.image_and_what_it_lists(digest, MOST_DEPTH)).await
    }

    async fn image_and_what_it_lists(&mut self, digest: &str, depth: usize) -> Result<(), Failed> {
        let found = change::find(&self.store.snapshot(), self.from, digest);
        let Ok(manifest) = found else {
            return Ok(()); // it is gone, and so is what was noted of it
        };
        for listed in &manifest.manifests {
            let there = self.ask("HEAD", &format!("manifests/{listed}")).await?;
            if there.status() == 200 {
                continue;
            }
            if depth == 0 {
                return Err(Failed::ForGood(
                    "ImageTooDeep",
                    format!("{digest} lists what lists what lists .."),
                ));
            }
            Box::pin(self.image_and_what_it_lists(listed, depth - 1)).await?;
        }
        for part in manifest.blobs() {
            self.blob(part).await?;
        }
        self.manifest(&manifest).await
    }

    async fn manifest(&mut self, manifest: &Manifest) -> Result<(), Failed> {
        let lost = || Failed::ForGood("ContentLost", format!("the content of {} is lost", manifest.digest));
        let digest: Digest = manifest.digest.parse().map_err(|_| lost())?;
        let document = self.content.document(&digest, MOST_DOCUMENT_BYTES).await;
        let document = document.map_err(disk)?.ok_or_else(lost)?;
        // Its tags are those it has now: others may have taken some since the copy was wanted.
        let tags = change::tags_of(&self.store.snapshot(), self.from, &manifest.digest);
        let mut references: Vec<String> = tags.iter().map(|tag| tag.tag.clone()).collect();
        if references.is_empty() {
            references.push(manifest.digest.clone());
        }
        for reference in references {
            let path = self.path(&format!("manifests/{reference}"));
            let kind = [("content-type", manifest.media_type.as_str())];
            let put = self.talk.ask("PUT", &path, &kind, document.clone()).await?;
            expect(&put, 201)?;
        }
        Ok(())
    }

    async fn blob(&mut self, part: &Part) -> Result<(), Failed> {
        let there = self.ask("HEAD", &format!("blobs/{}", part.digest)).await?;
        if there.status() == 200 {
            return Ok(());
        }
        let lost = || Failed::ForGood("ContentLost", format!("the content of {} is lost", part.digest));
        let digest: Digest = part.digest.parse().map_err(|_| lost())?;
        let blob = self.content.blob(&digest).await.map_err(disk)?.ok_or_else(lost)?;
        let begun = self.ask("POST", "blobs/uploads/").await?;
        expect(&begun, 202)?;
        let at = begun.headers().get("location").and_then(|at| at.to_str().ok());
        let at = at
            .ok_or_else(|| Failed::Passing("an upload without a place".to_string()))?
            .to_string();
        let (mut sent, mut breaks) = (0, 0);
        while sent < blob.size {
            match self.some(&blob, &at, sent).await {
                Ok(more) => (sent, breaks) = (more, 0),
                Err(Failed::Passing(_)) if breaks < MOST_BREAKS => {
                    breaks += 1;
                    sent = self.received(&at).await?;
                }
                Err(failed) => return Err(failed),
            }
        }
        let mark = if at.contains('?') { '&' } else { '?' };
        let path = format!("{at}{mark}digest={}", part.digest);
        let done = self.talk.ask("PUT", &path, &[], Bytes::new()).await?;
        expect(&done, 201)
    }

    /// Sends a part; answers with how much is there then.
    async fn some(&mut self, blob: &Blob, at: &str, from: u64) -> Result<u64, Failed> {
        let (reader, bytes) = (blob.clone(), PART_BYTES.min(blob.size - from));
        let part = tokio::task::spawn_blocking(move || reader.range(from, bytes)).await;
        let part = part
            .unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
            .map_err(disk)?;
        let range = format!("{from}-{}", from + bytes - 1);
        let kind = "application/octet-stream";
        let headers = [("content-range", range.as_str()), ("content-type", kind)];
        let taken = self.talk.ask("PATCH", at, &headers, part).await?;
        expect(&taken, 202)?;
        Ok(from + bytes)
    }

    /// How much of an upload has come through.
    async fn received(&mut self, at: &str) -> Result<u64, Failed> {
        let status = self.talk.ask("GET", at, &[], Bytes::new()).await?;
        expect(&status, 204)?;
        let range = status.headers().get("range").and_then(|range| range.to_str().ok());
        let last = range.and_then(|range| range.rsplit('-').next()?.parse::<u64>().ok());
        Ok(last.filter(|last| *last > 0).map_or(0, |last| last + 1))
    }

    async fn ask(&mut self, method: &str, what: &str) -> Result<Response<Bytes>, Failed> {
        let path = self.path(what);
        let answer = self.talk.ask(method, &path, &[], Bytes::new()).await?;
        match answer.status().as_u16() {
            404 | 200..=299 => Ok(answer),
            _ => Err(refused(&answer)),
        }
    }

    fn path(&self, what: &str) -> String {
        format!("/v2/{}/{what}", self.from.name)
    }
}

fn disk(error: std::io::Error) -> Failed {
    Failed::Passing(format!("the content cannot be read: {error}"))
}

fn expect(answer: &Response<Bytes>, status: u16) -> Result<(), Failed> {
    match answer.status().as_u16() == status {
        true => Ok(()),
        false => Err(refused(answer)),
    }
}

/// Refusals that trying again does not change are for good.
fn refused(answer: &Response<Bytes>) -> Failed {
    let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let message = said["errors"][0]["message"].as_str().unwrap_or("it says no more");
    let why = format!("the destination refuses ({}): {message}", answer.status().as_u16());
    match (answer.status().as_u16(), said["errors"][0]["code"].as_str()) {
        (_, Some("TAG_INVALID")) => Failed::ForGood("ImageTagAlreadyExists", why),
        (401 | 403, _) => Failed::ForGood("AccessDenied", why),
        (400 | 405 | 413, _) => Failed::ForGood("DestinationRefused", why),
        _ => Failed::Passing(why),
    }
}
