//! Who asks: `Basic AWS:<token>`, with a token that GetAuthorizationToken gave.

use crate::fault::{Code, Fault};
use crate::route::{self, Route};
use crate::{Asked, Registry};
use base64::{Engine, prelude::BASE64_STANDARD};
use model::registry::{BadToken, Bearer, RepositoryId};
use std::net::{IpAddr, SocketAddr};

/// Decides who may do what. Actions have the names that IAM knows: `ecr:PutImage`.
pub trait Permit: Send + Sync + 'static {
    /// `from` is the address that the request came from.
    fn allows(&self, who: &Bearer, from: Option<IpAddr>, action: &'static str, on: &RepositoryId) -> bool;
}

/// Whoever has a token may do everything.
pub struct Anybody;

impl Permit for Anybody {
    fn allows(&self, _: &Bearer, _: Option<IpAddr>, _: &'static str, _: &RepositoryId) -> bool {
        true
    }
}

impl Registry {
    pub(crate) fn bearer(&self, head: &http::request::Parts) -> Result<Bearer, Fault> {
        let challenge = |message: &'static str| {
            let host = head
                .headers
                .get("host")
                .and_then(|host| host.to_str().ok())
                .unwrap_or("");
            // A host that cannot be quoted is no host.
            let host: String = host.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
            let realm = format!("Basic realm=\"https://{host}/\",service=\"ecr.amazonaws.com\"");
            Fault::new(401, Code::Unauthorized, message).with("www-authenticate", realm)
        };
        let Some(said) = head.headers.get("authorization") else {
            return match self.passes(head) {
                Some(passed) => passed,
                None => Err(challenge("authentication required")),
            };
        };
        let token = said.to_str().ok().and_then(token);
        let token = token.ok_or_else(|| challenge("the credentials are of no kind known here"))?;
        let parts = &self.0;
        let checked = parts.tokens.check(&token, &parts.store.snapshot(), parts.clock.now());
        checked.map_err(|bad| match bad {
            BadToken::Forged => challenge("Not Authorized"),
            BadToken::Expired | BadToken::Void => Fault::new(
                403,
                Code::Denied,
                "Your authorization token has expired. Reauthenticate and try again.",
            ),
        })
    }
}

impl Registry {
    /// Whoever was given the address of a blob needs nothing else to read it.
    fn passes(&self, head: &http::request::Parts) -> Option<Result<Bearer, Fault>> {
        let pass = route::query(head.uri.query()?, "pass").next()?;
        let Ok(Route::Blob(name, digest)) = route::route(head.uri.path()) else {
            return None;
        };
        if !matches!(head.method, http::Method::GET | http::Method::HEAD) {
            return None;
        }
        let parts = &self.0;
        let to = self.passed_to(head.uri.query()?, name);
        let (view, now) = (parts.store.snapshot(), parts.clock.now());
        let checked = parts.tokens.check_pass(&pass, &to, &digest.to_string(), &view, now);
        Some(checked.map_err(|_| Fault::new(403, Code::Denied, "the address of this layer is not good any more")))
    }
}

impl Registry {
    /// The repository that an address with a pass in it is about.
    pub(crate) fn passed_to(&self, query: &str, name: &str) -> RepositoryId {
        let (scope, said) = (&self.0.scope, route::query(query, "region").next());
        RepositoryId::new(&scope.account, said.as_deref().unwrap_or(&scope.region), name)
    }
}

/// The token in `Basic base64(AWS:token)`.
fn token(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || rest.len() > 16 * 1024 {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (user, token) = pair.split_once(':')?;
    (user == "AWS").then(|| token.to_string())
}

impl Asked<'_> {
    /// Where the request came from, as whoever listens has noted on it.
    pub fn address(&self) -> Option<IpAddr> {
        self.head.extensions.get::<SocketAddr>().map(SocketAddr::ip)
    }

    /// Whether the caller may take blobs from there to mount them.
    pub fn may_mount(&self, from: &RepositoryId) -> bool {
        let own = from.registry == *self.parts().scope.account;
        own && self
            .permit
            .allows(self.bearer, self.address(), "ecr:GetDownloadUrlForLayer", from)
    }
}
