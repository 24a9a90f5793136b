//! The registry's door: images pushed and pulled by whatever speaks the OCI distribution protocol.
//!
//! For: `docker`, `podman`, `skopeo`, `oras` and all the others, on the API's own port under `/v2/`. What is in the
//! registry are records of the model, shared with ECR's API; the bytes are content that the node of the same machine
//! unpacks from where it lies.
//!
//! Words: a *reference* is a tag or a digest; a *blob* is content that a repository has; an *upload* is a blob on its way
//! in. A manifest becomes visible in one transaction, behind all that it is made of.
//!
//! Where to start: `route.rs` (what there is to ask), then `blobs.rs`, `uploads.rs`, `manifests.rs`.
//!
//! Must never know: connections, AWS signatures, shapes, what a task is.

mod answer;
mod auth;
mod blobs;
mod body;
mod cache;
mod collect;
mod fault;
mod here;
mod lists;
mod lost;
mod manifests;
mod nodes;
mod range;
mod route;
mod uploads;

pub use auth::{Anybody, Permit};
pub use body::Body;
pub use collect::{Collected, Grace};
pub use lost::lost;
pub use route::ecr_host;

use answer::Answer;
use base::{Clock, Dice, Scope, Timestamp};
use bytes::Bytes;
use fault::{Code, Fault};
use http::{Request, Response};
use images::content::Content;
use images::{Flights, Upstreams};
use model::registry::replication::COPY_HEADER;
use model::registry::{Bearer, RepositoryId, Tokens};
use route::{Route, route};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use store::{Snapshot, Store, StoreError, Tx};

/// What the door is made of.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub content: Content,
    pub tokens: Tokens,
    /// Those that repositories here may stand for.
    pub upstreams: Upstreams,
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<dyn Dice>,
    pub scope: Scope,
    pub permit: Arc<dyn Permit>,
    /// How long a body may pause.
    pub patience: Duration,
}

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// What is being fetched from registries elsewhere.
    fetches: Flights<Result<(), cache::NotFetched>>,
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// One request, once it is known who asks.
struct Asked<'a> {
    registry: &'a Registry,
    bearer: &'a Bearer,
    permit: &'a dyn Permit,
    head: &'a http::request::Parts,
}

impl Registry {
    pub fn new(parts: Parts) -> Self {
        Registry(Arc::new(Inner {
            parts,
            fetches: Flights::default(),
        }))
    }

    /// Whether a path is of this door.
    pub fn serves(path: &str) -> bool {
        path == "/v2" || path.starts_with("/v2/")
    }

    /// Answers one request. Whatever is wrong with it is in the answer.
    pub async fn serve<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let (head, mut body) = request.into_parts();
        let answer = self.answer(&head, &mut body).await;
        told(answer, &head, &mut body).await
    }

    async fn answer<B>(&self, head: &http::request::Parts, body: &mut B) -> Result<Answer, Fault>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let bearer = &self.bearer(head)?;
        let asked = Asked {
            registry: self,
            bearer,
            permit: &*self.0.permit,
            head,
        };
        match (route(head.uri.path())?, head.method.as_str()) {
            (Route::Base, "GET" | "HEAD") => Ok(Answer::json(200, &serde_json::json!({}))),
            (Route::Catalog, "GET") => lists::catalog(&asked),
            (Route::Tags(name), "GET") => lists::tags(&asked, name),
            (Route::Referrers(name, digest), "GET") => lists::referrers(&asked, name, digest).await,
            (Route::Manifest(name, reference), "GET" | "HEAD") => manifests::get(&asked, name, reference).await,
            (Route::Manifest(name, reference), "PUT") => manifests::put(&asked, name, reference, body).await,
            (Route::Manifest(name, reference), "DELETE") => manifests::delete(&asked, name, reference).await,
            (Route::Blob(name, digest), "GET" | "HEAD") => blobs::get(&asked, name, digest).await,
            (Route::Blob(name, digest), "DELETE") => blobs::delete(&asked, name, digest).await,
            (Route::Uploads(name), "POST") => uploads::begin(&asked, name, body).await,
            (Route::Upload(name, id), "GET") => uploads::status(&asked, name, id).await,
            (Route::Upload(name, id), "PATCH") => uploads::append(&asked, name, id, body).await,
            (Route::Upload(name, id), "PUT") => uploads::finish(&asked, name, id, body).await,
            (Route::Upload(name, id), "DELETE") => uploads::cancel(&asked, name, id).await,
            _ => Err(Fault::new(405, Code::Unsupported, "the method is not allowed here")),
        }
    }

    /// One transaction.
    async fn write<T, F>(&self, mut change: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        struct Kept(Fault);
        impl From<StoreError> for Kept {
            fn from(error: StoreError) -> Self {
                Kept(match error {
                    StoreError::RecordTooLarge { .. } => {
                        Fault::new(400, Code::ManifestInvalid, "there is too much in it")
                    }
                    error => Fault::ours(error.to_string()),
                })
            }
        }
        let written = self.0.store.write(move |tx| change(tx).map_err(Kept));
        written.await.map_err(|Kept(fault)| fault)
    }
}

/// The answer as it is sent.
async fn told<B>(answer: Result<Answer, Fault>, head: &http::request::Parts, body: &mut B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin,
    B::Error: std::fmt::Display,
{
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            if let Some(error) = &fault.ours {
                tracing::error!(%error, path = head.uri.path(), "a request of the registry failed");
            }
            if !head.headers.contains_key("expect") {
                body::read_away(body).await; // who says Expect has not begun to send
            }
            fault.answer()
        }
    };
    answer.response(head.method == http::Method::HEAD)
}

impl Registry {
    /// One transaction that needs this content. Goes on when the caller is gone: a write that has begun may happen in any
    /// case, and the content must stay until it can be seen.
    async fn write_pinned<T, F>(&self, pinned: impl Send + 'static, change: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> Result<T, Fault> + Send + 'static,
    {
        let registry = self.clone();
        let writing = tokio::spawn(async move {
            let written = registry.write(change).await;
            drop(pinned); // the record keeps it now
            written
        });
        writing.await.unwrap_or_else(|e| Err(Fault::ours(e.to_string())))
    }
}

impl Asked<'_> {
    fn parts(&self) -> &Parts {
        &self.registry.0
    }

    fn snapshot(&self) -> Snapshot {
        self.parts().store.snapshot()
    }

    fn now(&self) -> Timestamp {
        self.parts().clock.now()
    }

    /// The repository of that name, in the registry that the host names, if the caller may do this there.
    fn repository(&self, name: &str, action: &'static str) -> Result<RepositoryId, Fault> {
        let id = match (self.query("pass"), self.head.uri.query()) {
            (Some(_), Some(query)) => self.registry.passed_to(query, name),
            _ => self.registry.repository_id(self.host(), name),
        };
        self.allowed(&id, action)?;
        Ok(id)
    }

    fn allowed(&self, id: &RepositoryId, action: &'static str) -> Result<(), Fault> {
        // Other accounts' registries are not here.
        let own = id.registry == *self.parts().scope.account;
        match own && self.permit.allows(self.bearer, self.address(), action, id) {
            true => Ok(()),
            false => Err(Fault::new(
                403,
                Code::Denied,
                self.registry.refusal(self.bearer, action, id),
            )),
        }
    }

    /// Whether another Gantry pushes this because its rules want a copy here.
    fn is_copy(&self) -> bool {
        self.header(COPY_HEADER).is_some()
    }

    fn host(&self) -> &str {
        let said = self
            .header("host")
            .or_else(|| self.head.uri.authority().map(|a| a.as_str()));
        said.unwrap_or("")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query, decoded.
    fn query(&self, name: &str) -> Option<String> {
        route::query(self.head.uri.query().unwrap_or(""), name).next()
    }
}

impl Registry {
    fn refusal(&self, who: &Bearer, action: &str, id: &RepositoryId) -> String {
        let RepositoryId { registry, region, name } = id;
        let partition = self.0.scope.partition();
        format!(
            "User: {} is not authorized to perform: {action} on resource: arn:{partition}:ecr:{region}:{registry}:repository/{name}",
            who.principal
        )
    }

    /// What a host and a name stand for. Hosts of the form of ECR's say whose registry and where; all others mean the one
    /// that this Gantry is.
    fn repository_id(&self, host: &str, name: &str) -> RepositoryId {
        let scope = &self.0.scope;
        match route::ecr_host(host) {
            Some((account, region)) => RepositoryId::new(account, region, name),
            None => RepositoryId::new(&scope.account, &scope.region, name),
        }
    }
}
