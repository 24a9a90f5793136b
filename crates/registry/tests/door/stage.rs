//! A registry that is served, and who asks it.

use base::{Clock, Dice, ManualClock, Scope, Secret, SystemDice, Timestamp};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use images::Digest;
use images::content::{Bounds, Content};
use model::registry::Tokens;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use registry::{Anybody, Parts, Registry};
use serde_json::Value;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use store::{MemoryBackend, Options, Store};
use tokio::net::{TcpListener, TcpStream};

pub const START: Timestamp = Timestamp(1_767_225_600_000);
pub const HOUR_MS: i64 = 60 * 60 * 1000;
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub struct Stage {
    pub parts: Parts,
    pub registry: Registry,
    pub clock: ManualClock,
    pub address: std::net::SocketAddr,
    pub token: String,
    dir: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

pub struct Said {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Said {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status and the code of the first error.
    pub fn fault(&self) -> (u16, String) {
        let code = self.json()["errors"][0]["code"].as_str().unwrap_or("none").to_string();
        (self.status, code)
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}", self.body);
        self
    }
}

pub async fn stage() -> Stage {
    stage_with(Bounds::default()).await
}

pub async fn stage_with(bounds: Bounds) -> Stage {
    stage_of(|dir| Content::open(dir, bounds).unwrap()).await
}

/// With a bucket behind its content that takes its time.
pub async fn stage_with_a_slow_bucket() -> Stage {
    let slow = ThrottleConfig {
        wait_put_per_call: Duration::from_millis(1),
        wait_delete_per_call: Duration::from_millis(4),
        wait_get_per_call: Duration::from_millis(1),
        ..ThrottleConfig::default()
    };
    let bucket = Arc::new(ThrottledStore::new(InMemory::new(), slow));
    stage_of(|dir| Content::over(dir, bucket, "a", "me", Bounds::default()).unwrap()).await
}

async fn stage_of(content: impl FnOnce(&Path) -> Content) -> Stage {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "gantry-registry-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let dir = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&dir);
    let clock = ManualClock::at(START);
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut options = Options::new(Arc::clone(&shared));
    // Now and then a write closure runs twice, as it may.
    let dice = base::SeededDice::new(7);
    options.conflicts = Some(Arc::new(dice));
    let dice: Arc<dyn Dice> = Arc::new(SystemDice::default());
    let tokens = Tokens::new(Secret::new([7; 32]));
    let (token, _) = tokens.make("arn:aws:iam::000000000000:root", "000000000000", "AKID", START);
    // With which another stage lets in who asks, as long as its clock stands still.
    let theirs = images::Credentials {
        user: "AWS".to_string(),
        password: Secret::new(token.reveal().clone()),
    };
    let secrets = [("theirs".to_string(), theirs)].into();
    let parts = Parts {
        store: Store::open(MemoryBackend::new(), model::tables(), options).unwrap(),
        content: content(&dir),
        tokens,
        upstreams: images::Upstreams::new(&images::Settings::default(), secrets),
        clock: shared,
        dice,
        scope: Scope::new("us-east-1", "000000000000"),
        permit: Arc::new(Anybody),
        patience: Duration::from_secs(10),
    };
    let registry = Registry::new(parts.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = registry.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let registry = served.clone();
            tokio::spawn(async move {
                let handle = hyper::service::service_fn(move |mut request: Request<hyper::body::Incoming>| {
                    let registry = registry.clone();
                    // As the gateway does it; those who ask for it have it read by threads instead.
                    if !request.headers().contains_key("x-by-threads") {
                        request.extensions_mut().insert(sendfile::ByKernel);
                    }
                    async move { Ok::<_, Infallible>(registry.serve(request).await) }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                let _ = connection
                    .serve_connection(TokioIo::new(sendfile::Wire::new(stream)), handle)
                    .await;
            });
        }
    });
    Stage {
        token: token.reveal().clone(),
        parts,
        registry,
        clock,
        address,
        dir,
    }
}

impl Stage {
    /// Puts other bytes where this content lies.
    pub fn rot(&self, content: &str, now: &str) {
        let hex = digest(content).hex();
        let file = self.dir.join("blobs").join(&hex[..2]).join(&hex);
        assert!(file.exists(), "{file:?}");
        std::fs::write(file, now).unwrap();
    }

    pub fn basic(&self) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("AWS:{}", self.token)))
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Said {
        let basic = self.basic();
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            headers.push(("authorization", &basic));
        }
        let mut request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:4566");
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        let answer = sender
            .send_request(request.body(Full::new(body.into())).unwrap())
            .await
            .unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        drop(sender);
        let _ = connection.await;
        Said {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    pub async fn get(&self, path: &str) -> Said {
        self.ask("GET", path, &[], "").await
    }

    /// Pushes a blob in one go.
    pub async fn blob(&self, name: &str, content: impl Into<Bytes>) -> Digest {
        let content = content.into();
        let digest = Digest::of(&content);
        let path = format!("/v2/{name}/blobs/uploads/?digest={digest}");
        self.ask("POST", &path, &[], content).await.is(201);
        digest
    }

    pub async fn manifest(&self, name: &str, reference: &str, document: &str) -> Said {
        let kind = match document.contains("\"manifests\"") {
            true => OCI_INDEX,
            false => OCI_MANIFEST,
        };
        let path = format!("/v2/{name}/manifests/{reference}");
        self.ask("PUT", &path, &[("content-type", kind)], document.to_string())
            .await
    }

    /// Pushes an image of one layer; answers with its document.
    pub async fn image(&self, name: &str, tag: &str, layer: &str) -> String {
        let document = image(layer);
        self.blob(name, "{}").await;
        self.blob(name, layer.to_string()).await;
        self.manifest(name, tag, &document).await.is(201);
        document
    }

    /// The content that lies in the directory is gone; it stays for new content to come in.
    pub fn lose_directory(&self) {
        for shelf in std::fs::read_dir(self.dir.join("blobs")).unwrap() {
            for blob in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
                std::fs::remove_file(blob.unwrap().path()).unwrap();
            }
        }
    }

    pub fn laws_hold(&self) {
        assert_eq!(model::invariants::check(&self.parts.store.snapshot()), []);
    }
}

pub fn descriptor(kind: &str, content: &str) -> String {
    let digest = Digest::of(content.as_bytes());
    format!(
        r#"{{"mediaType":"{kind}","digest":"{digest}","size":{}}}"#,
        content.len()
    )
}

pub fn image(layer: &str) -> String {
    image_about(layer, None)
}

pub fn image_about(layer: &str, subject: Option<&str>) -> String {
    let config = descriptor("application/vnd.oci.image.config.v1+json", "{}");
    let layer = descriptor("application/vnd.oci.image.layer.v1.tar", layer);
    let subject = subject.map(|s| format!(r#","subject":{}"#, descriptor(OCI_MANIFEST, s)));
    let subject = subject.unwrap_or_default();
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{config},"layers":[{layer}]{subject}}}"#)
}

pub fn index(of: &[&str]) -> String {
    let of: Vec<String> = of.iter().map(|document| descriptor(OCI_MANIFEST, document)).collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        of.join(",")
    )
}

pub fn digest(document: &str) -> Digest {
    Digest::of(document.as_bytes())
}
