//! The doors: accept, read, answer, within bounds of number, size and time.

use super::answer::Answer;
use super::credentials::{self, Issuer};
use super::limit::Limits;
use super::metadata::{self, Pages};
use super::path::{self, Ask, Version, What};
use super::source::Source;
use super::{NodeSecret, Sampler, container, fault, find, introspection, protection};
use crate::Works;
use base::Clock;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// How long a caller may take over a request, and we over its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a connection is kept, however much is asked over it.
const KEPT: Duration = Duration::from_secs(240);
/// How long it may take to end then.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// Connections at a time, of all callers; more wait in the kernel's backlog.
const CONNECTIONS: usize = 1024;
/// The largest body that anybody has reason to send.
pub const MOST_BODY_BYTES: usize = 4096;

/// Every how long a container that is asked about is sampled.
const SAMPLED_EVERY: Duration = Duration::from_secs(1);

/// Who is behind a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Containers: what they may know, each of its own task.
    Containers,
    /// Those who are on the machine itself: all tasks of the node, but no secrets.
    Machine,
}

pub struct Endpoints {
    works: watch::Receiver<Arc<Works>>,
    source: Arc<dyn Source>,
    issuer: Arc<dyn Issuer>,
    secret: NodeSecret,
    limits: Arc<Limits>,
    sampler: Arc<Sampler>,
}

impl Endpoints {
    pub fn new(
        works: watch::Receiver<Arc<Works>>,
        source: Arc<dyn Source>,
        issuer: Arc<dyn Issuer>,
        secret: NodeSecret,
        clock: Arc<dyn Clock>,
    ) -> Arc<Endpoints> {
        Endpoints::sampled_every(SAMPLED_EVERY, works, source, issuer, secret, clock)
    }

    pub(super) fn sampled_every(
        every: Duration,
        works: watch::Receiver<Arc<Works>>,
        source: Arc<dyn Source>,
        issuer: Arc<dyn Issuer>,
        secret: NodeSecret,
        clock: Arc<dyn Clock>,
    ) -> Arc<Endpoints> {
        Arc::new(Endpoints {
            works,
            issuer,
            secret,
            limits: Limits::new(Arc::clone(&clock)),
            sampler: Sampler::new(Arc::clone(&source), clock, every),
            source,
        })
    }

    /// Serves until `closing` says so; what is in flight then may come to its end. Any number of listeners may be
    /// served at a time.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, audience: Audience, closing: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut closed = closing.clone();
        loop {
            let place = Arc::clone(&places).acquire_owned();
            let accepted = tokio::select! {
                _ = closed.wait_for(|closed| *closed) => break,
                accepted = async { (place.await.expect("never closed"), listener.accept().await) } => accepted,
            };
            let (place, (stream, caller)) = match accepted {
                (place, Ok(stream)) => (place, stream),
                (_, Err(error)) => {
                    // Out of descriptors, most likely: the next one may go well when others have ended.
                    tracing::warn!(%error, "a container's connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let caller = caller.ip().to_canonical();
            if audience == Audience::Machine && !caller.is_loopback() {
                continue; // dropped
            }
            let Some(own) = self.limits.connect(caller) else {
                continue;
            };
            let (all, closing) = (Arc::clone(&self), closing.clone());
            tokio::spawn(async move {
                let _places = (place, own);
                all.keep(stream, audience, caller, closing).await;
            });
        }
    }

    async fn keep(
        self: Arc<Self>,
        stream: TcpStream,
        audience: Audience,
        caller: IpAddr,
        mut closing: watch::Receiver<bool>,
    ) {
        let handle = service_fn(move |request| {
            let all = Arc::clone(&self);
            async move { Ok::<_, Infallible>(response(all.receive(audience, caller, request).await)) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_headers(64)
            .max_buf_size(16 * 1024)
            // Scripts in containers say all they have to say and then listen: `printf .. | nc`.
            .half_close(true)
            .serve_connection(TokioIo::new(stream), handle);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = async { tokio::select! {
                _ = closing.wait_for(|closed| *closed) => {}
                () = tokio::time::sleep(KEPT) => {}
            } } => {
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(LAST_WORDS, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a container's connection ended in the middle");
        }
    }

    async fn receive(&self, audience: Audience, caller: IpAddr, request: Request<Incoming>) -> Answer {
        if audience == Audience::Containers && !self.limits.allow(caller) {
            return Answer::plain(429, "You have reached maximum request limit.");
        }
        let (head, body) = request.into_parts();
        let answer = async {
            let (path, query) = (head.uri.path(), head.uri.query());
            match audience {
                Audience::Machine => match read_only(&head.method) {
                    true => introspection::answer(path, query, &self.source.facts(), &self.works()),
                    false => Answer::wrong_method(),
                },
                Audience::Containers => match path::ask(path, query) {
                    Some(ask) => self.answer(ask, &head.method, caller, body).await,
                    None => Answer::no_such_page(),
                },
            }
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        answer.unwrap_or_else(|_| Answer::plain(504, "the agent took too long\n"))
    }

    async fn answer(&self, ask: Ask<'_>, method: &Method, caller: IpAddr, body: Incoming) -> Answer {
        let found = |id: &str| find::container(&self.works(), id, caller);
        match ask {
            Ask::Credentials(version, id) if read_only(method) => self.credentials(version, id, caller).await,
            Ask::Metadata(version, id, what) if read_only(method) => match found(id) {
                Some((work, part)) => self.pages().answer(version, what, &work, part).await,
                None => metadata::nobody(version, what, id),
            },
            Ask::Own(what, docker_id) if read_only(method) => self.own(what, docker_id, caller).await,
            Ask::Protection(id) if method == Method::GET => match found(id) {
                Some((work, _)) => protection::get(&*self.source, &work).await,
                None => protection::no_such_task(),
            },
            Ask::Protection(id) if method == Method::PUT => {
                let body = Limited::new(body, MOST_BODY_BYTES).collect().await;
                let body = body.map(|body| body.to_bytes()).unwrap_or_default(); // nothing is no JSON
                match (protection::read(&body), found(id)) {
                    (Err(refused), _) => refused,
                    (_, None) => protection::no_such_task(),
                    (Ok(wish), Some((work, _))) => protection::put(&*self.source, &work, wish).await,
                }
            }
            Ask::Fault(id) if method == Method::POST => fault::answer(found(id).as_ref().map(|(work, _)| &**work)),
            _ => Answer::wrong_method(),
        }
    }

    /// The second version writes as the third does.
    async fn own(&self, what: What<'_>, docker_id: &str, caller: IpAddr) -> Answer {
        let Some(work) = find::by_address(&self.works(), caller) else {
            return metadata::nobody_there(caller);
        };
        let part = match docker_id {
            "" => Some(0),
            id => work.parts.iter().position(|part| container::docker_id(part) == id),
        };
        match part {
            Some(part) => self.pages().answer(Version::V3, what, &work, part).await,
            None => metadata::no_such_container(docker_id),
        }
    }

    fn pages(&self) -> Pages<'_> {
        Pages {
            source: &*self.source,
            sampler: &self.sampler,
        }
    }

    async fn credentials(&self, version: u8, id: &str, caller: IpAddr) -> Answer {
        let refused = |status: u16, code: &str, words: &str| {
            Answer::object(status, |o| {
                o.text("code", code);
                o.text("message", &format!("CredentialsV{version}Request: {words}"));
                o.number("HTTPErrorCode", status);
            })
        };
        if id.is_empty() {
            return refused(400, "NoIdInRequest", "No Credential ID in the request");
        }
        let work = find::task(&self.works(), &self.secret, id, caller);
        let role = work.as_ref().and_then(|work| work.assigned.plan.task_role.as_deref());
        let (Some(work), Some(role)) = (&work, role) else {
            // Not louder: a container could fill the log with it.
            tracing::debug!(%caller, "credentials were asked for with a name that is nobody's");
            return refused(400, "InvalidIdInRequest", "Credentials not found");
        };
        let task = &work.assigned.arn;
        match self.issuer.issue(role, task).await {
            Some(keys) => {
                tracing::info!(task, role, %caller, "the keys of a task's role were read");
                Answer::json(200, credentials::body(&keys))
            }
            None => refused(503, "CredentialsUninitialized", "Credentials uninitialized for ID"),
        }
    }

    fn works(&self) -> Arc<Works> {
        Arc::clone(&self.works.borrow())
    }
}

fn read_only(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let kind = if answer.plain {
        "text/plain; charset=utf-8"
    } else {
        "application/json"
    };
    Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, kind)
        .body(Full::new(Bytes::from(answer.body)))
        .expect("statuses and headers are our own constants")
}
