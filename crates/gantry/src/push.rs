//! `gantry images import FILE --push REPO:TAG`: from an archive into a repository, with or without a running server.

use crate::data::DataDir;
use crate::report::Report;
use base::{Clock, Dice, SystemClock, SystemDice};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use images::{Document, Packed, Parcel, Parcels, Progress};
use model::registry::Tokens;
use registry::Registry;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;

/// What one request carries of a blob.
const PART_BYTES: u64 = 8 << 20;
/// No answer to a push is longer.
const MOST_ANSWER_BYTES: usize = 1 << 20;

/// The registry's door, wherever it is.
enum Door {
    /// Of the server that runs.
    Wire(SendRequest<Full<Bytes>>),
    /// Opened here, as no server runs.
    Own(Registry),
}

struct Pusher {
    door: Door,
    basic: String,
    host: String,
    name: String,
}

/// What came into the repository.
pub struct Pushed {
    pub reference: String,
    pub digest: images::Digest,
}

/// Pushes the one image in the archive to `name[:tag]`, or to each of its own tags there if none is said.
pub async fn push(data: &DataDir, file: &Path, to: &str, progress: impl Fn(Progress)) -> Result<Vec<Pushed>, Report> {
    let (name, tag) = match to.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (to, "latest"),
    };
    let cannot = |e: images::ImportError| Report::new(format!("{} cannot be pushed: {e}", file.display())).because(e);
    let parcels = Parcels::open(file, &data.directory("registry")?).map_err(cannot)?;
    let [parcel] = &parcels.images[..] else {
        let names = parcels.images.iter().flat_map(|image| &image.names);
        let names: Vec<&str> = names.map(String::as_str).collect();
        let many = format!("{} has several images: {}", file.display(), names.join(", "));
        return Err(Report::new(many).hint("write an archive of one image"));
    };
    let (host, name) = host_of(name);
    let mut pusher = Pusher::open(data, host, name).await?;
    pusher.parcel(&parcels, parcel, tag, progress).await
}

/// The host that a repository is named with, if it is. One without a port must be a registry's: a repository may be
/// called `my.team/app`.
fn host_of(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((host, rest)) if host.contains(':') || registry::ecr_host(host).is_some() => (Some(host), rest),
        _ => (None, name),
    }
}

impl Pusher {
    /// `asked` is the host that the repository was named with: this registry's own, in whichever of its regions.
    async fn open(data: &DataDir, asked: Option<&str>, name: &str) -> Result<Self, Report> {
        let (clock, dice): (Arc<dyn Clock>, Arc<dyn Dice>) = (Arc::new(SystemClock), Arc::new(SystemDice::default()));
        let tokens = Tokens::new(crate::registry::key(data, &*dice)?);
        let (scope, _) = data.identity(None, None, &*clock)?;
        let principal = format!("arn:{}:iam::{}:root", scope.partition(), scope.account);
        let (token, _) = tokens.make(&principal, &scope.account, "gantry-images-import", clock.now());
        let endpoint = data.endpoint()?.unwrap_or_default();
        let host = endpoint.trim_start_matches("http://").to_string();
        let own = |asked: &&str| {
            **asked == *host || registry::ecr_host(asked).is_some_and(|(account, _)| account == &*scope.account)
        };
        if let Some(other) = asked.filter(|asked| !own(asked)) {
            let hint = format!("what is imported goes to this machine's registry: --push {name}");
            return Err(Report::new(format!("{other} is another registry")).hint(hint));
        }
        let door = match TcpStream::connect(&host).await {
            Ok(stream) => {
                let talk = handshake(TokioIo::new(stream)).await;
                let (sender, connection) = talk.map_err(|e| Report::new("the server does not answer").because(e))?;
                tokio::spawn(connection); // it ends with the sender
                Door::Wire(sender)
            }
            Err(_) => Door::Own(crate::registry::open_alone(data, scope, clock, dice).await?),
        };
        Ok(Pusher {
            door,
            basic: format!("Basic {}", BASE64_STANDARD.encode(format!("AWS:{}", token.reveal()))),
            host: asked.map_or(host, str::to_string),
            name: name.to_string(),
        })
    }

    async fn parcel(
        &mut self,
        parcels: &Parcels,
        parcel: &Parcel,
        tag: &str,
        progress: impl Fn(Progress),
    ) -> Result<Vec<Pushed>, Report> {
        let total = parcel.blobs.iter().map(|blob| blob.size).sum();
        let mut done = 0;
        for blob in &parcel.blobs {
            progress(Progress { done, total });
            self.blob(parcels, blob, |more| {
                progress(Progress {
                    done: done + more,
                    total,
                })
            })
            .await?;
            done += blob.size;
        }
        let (last, before) = parcel
            .documents
            .split_last()
            .expect("an archive without a manifest is none");
        for document in before {
            self.document(document, &document.digest.to_string()).await?;
        }
        self.document(last, tag).await?;
        let digest = last.digest;
        Ok(vec![Pushed {
            reference: format!("{}/{}:{tag}", self.host, self.name)
                .trim_start_matches('/')
                .to_string(),
            digest,
        }])
    }

    async fn blob(&mut self, parcels: &Parcels, blob: &Packed, told: impl Fn(u64)) -> Result<(), Report> {
        let path = format!("/v2/{}/blobs/{}", self.name, blob.digest);
        if self.ask("HEAD", &path, &[], Bytes::new()).await?.status() == 200 {
            return Ok(());
        }
        let begin = format!("/v2/{}/blobs/uploads/", self.name);
        let begun = self.ask("POST", &begin, &[], Bytes::new()).await?;
        let at = begun
            .headers()
            .get("location")
            .and_then(|at| at.to_str().ok())
            .unwrap_or("")
            .to_string();
        expect(&begun, 202)?;
        let torn = |e| Report::new("the archive cannot be read").because(e);
        let (mut reader, mut sent) = (parcels.read(blob).map_err(torn)?, 0);
        loop {
            let mut part = Vec::new();
            reader.by_ref().take(PART_BYTES).read_to_end(&mut part).map_err(torn)?;
            let (from, to) = (sent, sent + part.len() as u64);
            if from == to {
                break;
            }
            let range = format!("{from}-{}", to - 1);
            let taken = self
                .ask("PATCH", &at, &[("content-range", &range)], part.into())
                .await?;
            expect(&taken, 202)?;
            sent = to;
            told(sent);
        }
        let done = self
            .ask("PUT", &format!("{at}?digest={}", blob.digest), &[], Bytes::new())
            .await?;
        expect(&done, 201)
    }

    async fn document(&mut self, document: &Document, reference: &str) -> Result<(), Report> {
        let path = format!("/v2/{}/manifests/{reference}", self.name);
        let kind = [("content-type", document.media_type.as_str())];
        let put = self.ask("PUT", &path, &kind, document.bytes.clone().into()).await?;
        expect(&put, 201)
    }

    async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response<Bytes>, Report> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", &self.basic);
        request = request.header("host", if self.host.is_empty() { "localhost" } else { &self.host });
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body));
        let request = request.map_err(|e| Report::new(format!("{} is no repository", self.name)).because(e))?;
        let failed = |e: String| Report::new(format!("the registry does not answer: {e}"));
        match &mut self.door {
            Door::Own(registry) => {
                let (head, body) = registry.serve(request).await.into_parts();
                let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await;
                Ok(Response::from_parts(
                    head,
                    body.map_err(|e| failed(e.to_string()))?.to_bytes(),
                ))
            }
            Door::Wire(sender) => {
                let answer = sender.send_request(request).await.map_err(|e| failed(e.to_string()))?;
                let (head, body) = answer.into_parts();
                let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await;
                Ok(Response::from_parts(
                    head,
                    body.map_err(|e| failed(e.to_string()))?.to_bytes(),
                ))
            }
        }
    }
}

/// The answer, if it is the one that should come.
fn expect(answer: &Response<Bytes>, status: u16) -> Result<(), Report> {
    if answer.status() == status {
        return Ok(());
    }
    let said: Option<serde_json::Value> = serde_json::from_slice(answer.body()).ok();
    let message = said.as_ref().and_then(|said| said["errors"][0]["message"].as_str());
    let message = message.unwrap_or("it says no more").to_string();
    Err(Report::new(format!(
        "the registry refuses ({}): {message}",
        answer.status().as_u16()
    )))
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn a_host_is_told_from_a_repository() {
        let ecr = "000000000000.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(host_of(&format!("{ecr}/team/app")), (Some(ecr), "team/app"));
        assert_eq!(host_of("127.0.0.1:4566/app"), (Some("127.0.0.1:4566"), "app"));
        assert_eq!(host_of("my.team/app"), (None, "my.team/app"));
        assert_eq!(host_of("app"), (None, "app"));
    }
}
