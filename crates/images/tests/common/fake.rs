//! A registry that does as it is told, also badly. It speaks the distribution protocol and gives out bearer tokens.

#![allow(dead_code, clippy::unwrap_used)] // each file of tests uses some of it, and is a test throughout

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use images::Digest;
use images::testing::Built;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub struct Fake {
    pub address: SocketAddr,
    pub state: Arc<State>,
}

#[derive(Default)]
pub struct State {
    /// By tag and by digest: type and content.
    manifests: Mutex<HashMap<String, (String, Bytes)>>,
    blobs: Mutex<HashMap<String, Bytes>>,
    /// `GET /v2/..` and whether a password or a token came with it.
    hits: Mutex<Vec<(String, Option<String>)>>,
    mischief: Mutex<Option<Mischief>>,
    /// Who may pull, by `Basic ..` for the token.
    pub only: Mutex<Option<String>>,
}

/// For a path, and how often it was asked for before.
type Mischief = Box<dyn Fn(&str, usize) -> How + Send>;

pub enum How {
    Well,
    Status(u16),
    /// Says that more comes than comes.
    CutAfter(usize),
    /// So much, and then nothing, but no end.
    StallAfter(usize),
    Instead(Vec<u8>),
    Redirect(String),
}

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let served = state.clone();
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let state = served.clone();
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { Ok::<_, Infallible>(state.answer(&request, address)) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Fake { address, state }
    }

    pub fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    pub fn push(&self, tag: &str, built: &Built) {
        self.put_manifest(tag, MANIFEST, &built.manifest);
        self.put_blob(&built.config);
        built.layers.iter().for_each(|(_, packed)| self.put_blob(packed));
    }

    pub fn put_manifest(&self, tag: &str, kind: &str, content: &[u8]) {
        let mut manifests = self.state.manifests.lock().unwrap();
        let value = (kind.to_string(), Bytes::copy_from_slice(content));
        manifests.insert(Digest::of(content).to_string(), value.clone());
        manifests.insert(tag.to_string(), value);
    }

    pub fn put_blob(&self, content: &[u8]) {
        let key = Digest::of(content).to_string();
        self.state
            .blobs
            .lock()
            .unwrap()
            .insert(key, Bytes::copy_from_slice(content));
    }

    pub fn misbehave(&self, how: impl Fn(&str, usize) -> How + Send + 'static) {
        *self.state.mischief.lock().unwrap() = Some(Box::new(how));
    }

    pub fn behave(&self) {
        *self.state.mischief.lock().unwrap() = None;
    }

    /// Requests whose line holds this.
    pub fn hits(&self, part: &str) -> usize {
        self.state
            .hits
            .lock()
            .unwrap()
            .iter()
            .filter(|(line, _)| line.contains(part))
            .count()
    }

    pub fn shown(&self, part: &str) -> Vec<Option<String>> {
        let hits = self.state.hits.lock().unwrap();
        hits.iter()
            .filter(|(line, _)| line.contains(part))
            .map(|(_, shown)| shown.clone())
            .collect()
    }
}

type Answer = Response<BoxBody<Bytes, std::io::Error>>;

fn full(status: u16, body: impl Into<Bytes>) -> Answer {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed();
    let mut answer = Response::new(body);
    *answer.status_mut() = status.try_into().unwrap();
    answer
}

impl State {
    fn answer(&self, request: &Request<Incoming>, address: SocketAddr) -> Answer {
        let path = request.uri().path().to_string();
        let shown = request
            .headers()
            .get("authorization")
            .map(|h| h.to_str().unwrap().to_string());
        let line = format!("{} {}", request.method(), request.uri());
        let before = {
            let mut hits = self.hits.lock().unwrap();
            let before = hits.iter().filter(|(known, _)| *known == line).count();
            hits.push((line, shown.clone()));
            before
        };
        if path == "/token" {
            return match (&*self.only.lock().unwrap(), &shown) {
                (Some(only), Some(shown)) if only == shown => full(200, r#"{"token":"t0ken","expires_in":300}"#),
                (None, _) => full(200, r#"{"access_token":"t0ken"}"#),
                _ => full(
                    401,
                    r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#,
                ),
            };
        }
        if self.only.lock().unwrap().is_some() && shown.as_deref() != Some("Bearer t0ken") {
            let mut answer = full(401, "");
            let challenge =
                format!(r#"Bearer realm="http://{address}/token",service="fake",scope="repository:x:pull""#);
            answer
                .headers_mut()
                .insert("www-authenticate", challenge.parse().unwrap());
            return answer;
        }
        let how = self
            .mischief
            .lock()
            .unwrap()
            .as_ref()
            .map_or(How::Well, |m| m(&path, before));
        let (found, kind) = if let Some((_, wanted)) = path.split_once("/manifests/") {
            match self.manifests.lock().unwrap().get(wanted) {
                Some((kind, content)) => (Some(content.clone()), kind.clone()),
                None => (None, String::new()),
            }
        } else if let Some((_, wanted)) = path.split_once("/blobs/") {
            (
                self.blobs.lock().unwrap().get(wanted).cloned(),
                "application/octet-stream".into(),
            )
        } else {
            (None, String::new())
        };
        let content = match (how, found) {
            (How::Status(status), _) => return full(status, ""),
            (How::Redirect(to), _) => {
                let mut answer = full(307, "");
                answer.headers_mut().insert("location", to.parse().unwrap());
                return answer;
            }
            (How::Instead(content), _) => content.into(),
            (_, None) => {
                return full(
                    404,
                    r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#,
                );
            }
            (How::Well, Some(content)) => content,
            (How::CutAfter(bytes), Some(content)) => return partly(&content, bytes, false),
            (How::StallAfter(bytes), Some(content)) => return partly(&content, bytes, true),
        };
        let digest = Digest::of(&content).to_string();
        let mut answer = match *request.method() == Method::HEAD {
            true => full(200, ""),
            false => full(200, content),
        };
        answer.headers_mut().insert("content-type", kind.parse().unwrap());
        if path.contains("/manifests/") {
            answer
                .headers_mut()
                .insert("docker-content-digest", digest.parse().unwrap());
        }
        answer
    }
}

fn partly(content: &Bytes, bytes: usize, stall: bool) -> Answer {
    let (sender, receiver) = mpsc::channel::<Result<Frame<Bytes>, std::io::Error>>(2);
    sender
        .try_send(Ok(Frame::data(content.slice(..bytes.min(content.len())))))
        .unwrap();
    if stall {
        tokio::spawn(async move { sender.closed().await });
    } else {
        sender.try_send(Err(std::io::Error::other("cut"))).unwrap();
    }
    let mut answer = Response::new(BoxBody::new(Partly(receiver)));
    answer.headers_mut().insert("content-length", content.len().into());
    answer
}

/// A body that comes as it comes.
struct Partly(mpsc::Receiver<Result<Frame<Bytes>, std::io::Error>>);

impl hyper::body::Body for Partly {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.get_mut().0.poll_recv(cx)
    }
}
