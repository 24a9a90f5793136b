//! One request, from head to answer.

use crate::annex::{self, Annex};
use crate::answer::{self, Out};
use crate::body::{self, Refused};
use crate::keys::Keys;
use base::Scope;
use bytes::Bytes;
use hyper::body::Incoming;
use services::own::{Asked, Page, Query};
use services::{Caller, Ctx, Events, Reply, Services, World};
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use wire::codec::{self, Answer, Limits, Request};
use wire::route::{self, Route};
use wire::sigv4::{
    self, AuthError, ChunkDecoder, ChunkLimits, Claim, Expect, KeyCache, Owed, PayloadHash, Rules, Step,
};
use wire::{Fault, Protocol, Service};

/// Services whose clients sign for one region wherever they are.
const GLOBAL: [&str; 2] = ["iam", "sts"];
const GLOBAL_REGION: &str = "us-east-1";
/// Whose registry has parts in other regions, which are asked about there.
const REGISTRY: &str = "ecr";
const SIGNING_KEYS: usize = 1024;
/// A part of a layer, as large as its documentation allows, in base64, and what stands around it.
const LARGE_BODY: usize = (20 << 20) / 3 * 4 + (64 << 10);
/// More wait, unread.
const LARGE_AT_ONCE: usize = 8;
/// Who sends one more slowly gives the place back: a line of one megabit a second is fast enough.
const LARGE_PACE: body::Pace = body::Pace {
    bytes: 1 << 20,
    within: Duration::from_secs(15),
};

/// What can be set about the door.
#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    /// How long a body may pause.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limits: Limits::default(),
            patience: Duration::from_secs(30),
        }
    }
}

pub struct Door {
    services: Services,
    world: Arc<World>,
    keys: Box<dyn Keys>,
    signing: KeyCache,
    settings: Settings,
    /// Requests with large bodies that are at it at once.
    large: Semaphore,
    annexes: Vec<Box<dyn Annex>>,
    pages: Vec<(&'static str, Box<dyn Page>)>,
}

impl Door {
    pub fn new(services: Services, world: Arc<World>, keys: impl Keys, settings: Settings) -> Self {
        Door {
            services,
            world,
            keys: Box::new(keys),
            signing: KeyCache::new(SIGNING_KEYS),
            settings,
            large: Semaphore::new(LARGE_AT_ONCE),
            annexes: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// With another room behind this door.
    #[must_use]
    pub fn with(mut self, annex: impl Annex) -> Self {
        self.annexes.push(Box::new(annex));
        self
    }

    /// With another page under `/_gantry/`.
    #[must_use]
    pub fn with_page(mut self, name: &'static str, page: impl Page) -> Self {
        self.pages.push((name, Box::new(page)));
        self
    }

    /// Answers one request. Whatever is wrong with it is in the answer. One that goes on ends when `closed` says so.
    pub(crate) async fn serve(
        &self,
        request: http::Request<Incoming>,
        closed: watch::Receiver<bool>,
    ) -> http::Response<Out> {
        let annex = self.annexes.iter().find(|annex| annex.serves(request.uri().path()));
        if let Some(annex) = annex.filter(|_| !annex::is_signed(&request)) {
            return annex.serve(request).await.map(Out::Annex);
        }
        let (head, mut body) = request.into_parts();
        let from = head.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        if let Some(answer) = open_page(&head) {
            return respond(answer, None);
        }
        let id = self.world.dice.uuid();
        let headers: Vec<(&str, &str)> = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?)))
            .collect();
        let request = Request {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or(""),
            headers: &headers,
            body: &[],
        };
        let answered = match request.path.strip_prefix("/_gantry/") {
            Some(page) => {
                let answer = self.own((request, from), &mut body, page, closed.clone()).await;
                answer.map(|answer| (answer, None)).map_err(No::own)
            }
            None => self.answer((request, from), &mut body, &id).await,
        };
        match answered {
            Ok((answer, None)) => respond(answer, None),
            Ok((answer, Some((protocol, events)))) => respond(answer, Some((protocol, events, closed))),
            Err(No {
                protocol,
                service,
                fault,
            }) => {
                tracing::debug!(code = %fault.code, message = %fault.message, request = %id, "refused");
                // Who asks before sending is answered before sending.
                if !head.headers.contains_key(http::header::EXPECT) {
                    body::away(&mut body).await;
                }
                respond(codec::fault(protocol, service, &fault, &id), None)
            }
        }
    }

    async fn answer(
        &self,
        (head, from): (Request<'_>, Option<IpAddr>),
        body: &mut Incoming,
        id: &str,
    ) -> Result<(Answer, Option<(Protocol, Events)>), No> {
        // Who says they call, and whom.
        let dialect = route::protocol(&head);
        let claim = Claim::read(&signed(&head)).map_err(|e| No::auth(dialect, None, &e))?;
        let service = route::addressed(self.services.facts(), &head, claim.as_ref().map(Claim::service));
        let dialect = match service {
            // Forms look alike; only the service says which of the two it is.
            Some(service) if dialect == Protocol::Query => {
                if service.protocols.contains(&Protocol::Ec2Query) {
                    Protocol::Ec2Query
                } else {
                    Protocol::Query
                }
            }
            _ => dialect,
        };
        let no = |fault| No {
            protocol: dialect,
            service,
            fault,
        };
        let Some(claim) = claim else {
            return Err(no(AuthError::MissingToken.fault(dialect)));
        };
        let signing = service.map_or("ecs", |s| s.signing);
        let large = match is_large(&head) {
            true => Some(self.large.acquire().await.expect("never closed")),
            false => None,
        };
        let limits = &match large {
            Some(_) => Limits {
                body: LARGE_BODY,
                held: LARGE_BODY.max(self.settings.limits.held),
                ..self.settings.limits
            },
            None => self.settings.limits,
        };
        let admitted = self.admit((&head, limits), body, &claim, signing, dialect).await;
        let (bytes, caller) = admitted.map_err(no)?;

        // It is who it says it is; now for what it wants.
        let request = Request { body: &bytes, ..head };
        let Route {
            service,
            operation,
            protocol,
        } = route::route(self.services.facts(), &request, Some(claim.service())).map_err(no)?;
        let no = |fault| No {
            protocol,
            service: Some(service),
            fault,
        };
        let input = codec::decode(protocol, service, operation, &request, limits).map_err(no)?;
        let world = &self.world.scope;
        let elsewhere = (signing == REGISTRY && *claim.region() != *world.region)
            .then(|| Scope::new(claim.region(), &world.account));
        let ctx = Ctx {
            world: Arc::clone(&self.world),
            caller,
            elsewhere,
            from,
        };
        let called = unpanicked(operation.name, self.services.call(service, operation, ctx, input));
        let Reply { output, events } = called.await.map_err(no)?;
        Ok(match events {
            None => (codec::answer(protocol, service, operation, &*output, id), None),
            Some(events) => {
                let opening = codec::events::opening(protocol, operation, &*output, id);
                (opening, Some((protocol, events)))
            }
        })
    }

    /// Who calls, and the body that they signed.
    async fn admit(
        &self,
        (head, limits): (&Request<'_>, &Limits),
        body: &mut Incoming,
        claim: &Claim,
        signing: &str,
        dialect: Protocol,
    ) -> Result<(Bytes, Arc<Caller>), Fault> {
        let refuse = |error: AuthError| error.fault(dialect);
        // What can be refused without the body.
        let other = match signing {
            _ if GLOBAL.contains(&signing) => Some(GLOBAL_REGION),
            REGISTRY if services::ecr::has_part_in(&self.world, claim.region()) => Some(claim.region()),
            _ => None,
        };
        let regions = [&*self.world.scope.region, other.unwrap_or("")];
        let regions = &regions[..1 + usize::from(other.is_some())];
        let services = [signing];
        let expect = Expect::new(regions, &services, self.world.clock.now());
        claim.check(&signed(head), &expect).map_err(refuse)?;
        let (secret, caller) = self
            .keys
            .find(claim.access_key())
            .ok_or_else(|| refuse(AuthError::UnknownAccessKey))?;
        if claim.session_token().is_some() {
            return Err(refuse(AuthError::InvalidSessionToken)); // nobody was given one yet
        }
        let early = if claim.needs_body(Rules::Common) {
            None
        } else {
            let verified = claim.verify(&signed(head), PayloadHash::NotRead, &secret, &expect, &self.signing);
            Some(verified.map_err(refuse)?)
        };

        let pace = (limits.body == LARGE_BODY).then_some(LARGE_PACE);
        let mut bytes = body::read(body, limits.body, self.settings.patience, pace)
            .await
            .map_err(|why| body_fault(why, limits))?;
        match early {
            None => {
                claim
                    .verify(&signed(head), PayloadHash::of(&bytes), &secret, &expect, &self.signing)
                    .map_err(refuse)?;
            }
            Some(verified) => match verified.owed {
                Owed::Nothing => {}
                Owed::Sha256(hash) => {
                    if PayloadHash::of(&bytes) != PayloadHash::Sha256(hash) {
                        return Err(refuse(AuthError::PayloadMismatch));
                    }
                }
                Owed::Chunks(_) => bytes = unchunk(head, &bytes, verified, limits)?,
            },
        }
        // Signed is what was sent, so it is unpacked only now.
        if is_zipped(head) {
            bytes = body::unzipped(&bytes, limits.body).map_err(|why| match why {
                Refused::Broken => Fault::common("SerializationException", 400, "The request body is not valid gzip."),
                why => body_fault(why, limits),
            })?;
        }
        Ok((bytes, caller))
    }

    /// A page of Gantry's own that only callers with a key may read. One that waits for something ends when the door
    /// closes.
    async fn own(
        &self,
        (head, from): (Request<'_>, Option<IpAddr>),
        body: &mut Incoming,
        page: &str,
        mut closed: watch::Receiver<bool>,
    ) -> Result<Answer, Fault> {
        let refuse = |error: AuthError| error.fault(OWN);
        let claim = Claim::read(&signed(&head)).map_err(refuse)?;
        let claim = claim.ok_or_else(|| refuse(AuthError::MissingToken))?;
        let (_, caller) = self
            .admit((&head, &self.settings.limits), body, &claim, "ecs", OWN)
            .await?;
        let asked = Asked {
            path: page.to_string(),
            query: Query::parse(head.query),
            deed: head.method == "POST",
        };
        let ctx = Ctx {
            world: Arc::clone(&self.world),
            caller,
            elsewhere: None,
            from,
        };
        let of_another_room = self.pages.iter().find(|(name, _)| *name == page);
        let answering = match of_another_room {
            Some((_, page)) => page.answer(ctx, asked.query),
            None => Box::pin(services::own::answer(ctx, asked)),
        };
        let answered = unpanicked(page, answering);
        let json = tokio::select! {
            answered = answered => answered?,
            // When nobody can close the door any more, it is closed.
            _ = closed.wait_for(|closed| *closed) => {
                return Err(Fault::common("ServiceUnavailable", 503, "The server is stopping."));
            }
        };
        let mut answer = Answer::new(200).with("content-type", "application/json");
        answer.body = json;
        Ok(answer)
    }
}

/// Whether a request may be larger than others: there is one operation with large documents.
fn is_large(head: &Request<'_>) -> bool {
    let target = head.headers.iter().find(|(name, _)| *name == "x-amz-target");
    target.is_some_and(|(_, target)| *target == "AmazonEC2ContainerRegistry_V20150921.UploadLayerPart")
}

/// How pages of Gantry's own write their faults.
const OWN: Protocol = Protocol::Json11;

type Answering<T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send>>;

/// A panic is a bug of ours: it ends this request, not the server.
async fn unpanicked<T>(operation: &str, mut answered: Answering<T>) -> Result<T, Fault> {
    poll_fn(move |cx| {
        catch_unwind(AssertUnwindSafe(|| answered.as_mut().poll(cx))).unwrap_or_else(|_| {
            tracing::error!(operation, "a request made the server panic");
            Poll::Ready(Err(Fault::common("ServerException", 500, "Internal error.")))
        })
    })
    .await
}

/// A request that gets a fault, and how the fault is to be written.
struct No {
    protocol: Protocol,
    service: Option<&'static Service>,
    fault: Fault,
}

impl No {
    fn own(fault: Fault) -> Self {
        No {
            protocol: OWN,
            service: None,
            fault,
        }
    }

    fn auth(protocol: Protocol, service: Option<&'static Service>, error: &AuthError) -> Self {
        No {
            protocol,
            service,
            fault: error.fault(protocol),
        }
    }
}

fn signed<'a>(head: &Request<'a>) -> sigv4::Request<'a> {
    sigv4::Request {
        method: head.method,
        path: head.path,
        query: head.query,
        headers: head.headers,
    }
}

fn is_zipped(head: &Request<'_>) -> bool {
    let encodings = head.header("content-encoding").unwrap_or("").split(',');
    encodings
        .map(str::trim)
        .any(|encoding| encoding.eq_ignore_ascii_case("gzip"))
}

fn body_fault(why: Refused, limits: &Limits) -> Fault {
    match why {
        Refused::TooLarge => Fault::common(
            "RequestEntityTooLargeException",
            413,
            format!("The request body is larger than {} bytes.", limits.body),
        ),
        Refused::TooSlow => Fault::common(
            "RequestTimeoutException",
            408,
            "The request body did not arrive in time.",
        ),
        Refused::Broken => Fault::common("IncompleteBody", 400, "The request body ended before it was complete."),
    }
}

/// The payload of a body that came in signed chunks.
fn unchunk(head: &Request<'_>, body: &[u8], verified: sigv4::Verified, limits: &Limits) -> Result<Bytes, Fault> {
    let length = head
        .header("x-amz-decoded-content-length")
        .and_then(|length| length.trim().parse().ok());
    let bad = |e: sigv4::ChunkError| e.fault();
    let bounds = ChunkLimits::payload(limits.body as u64);
    let mut decoder = ChunkDecoder::new(verified, length, bounds).expect("chunks are what is owed");
    let (mut input, mut payload) = (body, Vec::with_capacity(body.len()));
    while let Step::Data(data) = decoder.step(&mut input).map_err(bad)? {
        payload.extend_from_slice(data);
    }
    decoder.finish().map_err(bad)?;
    Ok(payload.into())
}

/// A page of Gantry's own that needs no signature and tells no secrets.
fn open_page(head: &http::request::Parts) -> Option<Answer> {
    match (head.method.as_str(), head.uri.path()) {
        ("GET" | "HEAD", "/_gantry/health") => {
            let mut answer = Answer::new(200).with("content-type", "application/json");
            answer.body = b"{\"status\":\"ok\"}".to_vec();
            Some(answer)
        }
        _ => None,
    }
}

fn respond(answer: Answer, events: Option<(Protocol, Events, watch::Receiver<bool>)>) -> http::Response<Out> {
    let Answer { status, headers, body } = answer;
    let mut response = http::Response::new(match events {
        None => Out::Whole(Some(body.into())),
        Some((protocol, events, closed)) => Out::stream(protocol, body, events, closed),
    });
    (*response.status_mut(), *response.headers_mut()) = answer::head(status, headers);
    response
}
