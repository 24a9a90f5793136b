//! How registries talk (the OCI distribution protocol, reading only): manifests and blobs, tokens, redirects.

use crate::connect::{Connections, Origin, root_cause};
use crate::error::Fault;
use crate::home::is_asked_for_at_home;
use crate::manifest::{INDEX_TYPES, MANIFEST_TYPES};
use crate::store::Settings;
use crate::{Digest, Reference};
use base::Secret;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, header};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: Secret<String>,
}

pub(crate) struct Registries {
    connections: Connections,
    plain_http: Vec<String>,
    mirrors: BTreeMap<String, Vec<String>>,
    idle_timeout: Duration,
    /// `Authorization` headers by who asked whom for what, until they expire.
    tokens: Mutex<HashMap<Digest, (Secret<String>, Instant)>>,
}

/// One repository in one registry, as one user sees it.
#[derive(Clone)]
pub(crate) struct Repository {
    pub origin: Origin,
    path: String,
    credentials: Option<Credentials>,
    authorization: Arc<Mutex<Option<Secret<String>>>>,
}

impl Repository {
    pub fn new(origin: Origin, path: &str, credentials: Option<Credentials>) -> Self {
        Repository {
            origin,
            path: path.to_string(),
            credentials,
            authorization: Arc::default(),
        }
    }
}

/// What a registry wants to see before it answers.
#[derive(Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
        error: Option<String>,
    },
}

const MOST_TOKENS: usize = 256;
const MOST_REDIRECTS: usize = 5;

impl Registries {
    pub fn new(settings: &Settings) -> Self {
        Registries {
            connections: Connections::new(settings),
            plain_http: settings.plain_http.clone(),
            mirrors: settings.mirrors.clone(),
            idle_timeout: settings.idle_timeout,
            tokens: Mutex::default(),
        }
    }

    /// Where to look, in order: mirrors, then the registry itself, which alone gets the credentials.
    pub fn places(&self, reference: &Reference, credentials: Option<&Credentials>) -> Vec<Repository> {
        let repository = |origin: Origin, credentials: Option<&Credentials>| Repository {
            origin,
            path: reference.path.clone(),
            credentials: credentials.cloned(),
            authorization: Arc::default(),
        };
        let mirrors = self.mirrors.get(&reference.host).into_iter().flatten();
        let origins = mirrors.filter_map(|url| Some(Origin::parse(url)?.0));
        let mut places: Vec<Repository> = origins.map(|origin| repository(origin, None)).collect();
        let host = if reference.host == "docker.io" {
            "registry-1.docker.io"
        } else {
            &reference.host
        };
        let plain = self.plain_http.contains(&reference.host) || Origin::new(host, false).is_loopback();
        places.push(repository(Origin::new(host, !plain), credentials));
        places
    }

    /// The server that this machine is a node of, if it may have what the reference says.
    pub fn home(&self, reference: &Reference) -> Option<Repository> {
        let asked = self.connections.has_home() && is_asked_for_at_home(reference);
        asked.then(|| Repository {
            origin: Origin::home(&reference.host),
            path: reference.path.clone(),
            credentials: None,
            authorization: Arc::default(),
        })
    }

    /// What a tag stands for now; `None` if this registry does not say so without giving all of it.
    pub async fn resolve(&self, repository: &Repository, wanted: &str) -> Result<Option<Digest>, Fault> {
        let path = format!("/v2/{}/manifests/{wanted}", repository.path);
        let response = self.request(repository, &Method::HEAD, &path, true).await?;
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(None);
        }
        let response = self
            .good(repository, response, &path, &format!("manifests {wanted}"))
            .await?;
        let digest = response.headers().get("docker-content-digest");
        Ok(digest.and_then(|d| d.to_str().ok()?.parse().ok()))
    }

    /// A manifest or an index, whatever its digest.
    pub async fn manifest(&self, repository: &Repository, wanted: &str) -> Result<Bytes, Fault> {
        let path = format!("/v2/{}/manifests/{wanted}", repository.path);
        let response = self.request(repository, &Method::GET, &path, true).await?;
        let response = self
            .good(repository, response, &path, &format!("manifests {wanted}"))
            .await?;
        self.whole(response, &format!("{}{path}", repository.origin)).await
    }

    /// The same, with the type that the registry says it is of.
    pub async fn manifest_as(&self, repository: &Repository, wanted: &str) -> Result<(Bytes, String), Fault> {
        let path = format!("/v2/{}/manifests/{wanted}", repository.path);
        let response = self.request(repository, &Method::GET, &path, true).await?;
        let response = self
            .good(repository, response, &path, &format!("manifests {wanted}"))
            .await?;
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("").to_string();
        let document = self.whole(response, &format!("{}{path}", repository.origin)).await?;
        Ok((document, kind))
    }

    /// Whether the registry answers, and lets in who asks.
    pub async fn greet(&self, repository: &Repository) -> Result<(), Fault> {
        let response = self.request(repository, &Method::GET, "/v2/", false).await?;
        self.good(repository, response, "/v2/", "").await.map(drop)
    }

    /// The beginning of a blob, to be read on with [`Registries::more`].
    pub async fn blob(&self, repository: &Repository, digest: &Digest) -> Result<Response<Incoming>, Fault> {
        let path = format!("/v2/{}/blobs/{digest}", repository.path);
        let response = self.request(repository, &Method::GET, &path, false).await?;
        self.good(repository, response, &path, "").await
    }

    /// The next part of a body; `None` at its end.
    pub async fn more(&self, body: &mut Incoming, url: &str) -> Result<Option<Bytes>, Fault> {
        let failed = |why: String| Fault::Unreachable {
            method: "Get",
            url: url.to_string(),
            why,
        };
        loop {
            match tokio::time::timeout(self.idle_timeout, body.frame()).await {
                Err(_) => return Err(failed("read: i/o timeout".into())),
                Ok(None) => return Ok(None),
                Ok(Some(Err(e))) if e.is_incomplete_message() || e.is_body_write_aborted() => {
                    return Err(failed("unexpected EOF".into()));
                }
                Ok(Some(Err(e))) => return Err(failed(root_cause(&e))),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// A body that must be small.
    pub async fn whole(&self, response: Response<Incoming>, url: &str) -> Result<Bytes, Fault> {
        let mut body = response.into_body();
        let mut whole = Vec::new();
        while let Some(part) = self.more(&mut body, url).await? {
            if whole.len() + part.len() > crate::disk::MOST_BLOB as usize {
                return Err(Fault::Manifest(crate::BadManifest::Malformed("more than 8 MiB".into())));
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole.into())
    }

    /// Sends, and sends again with what the registry asks for, and follows where it points.
    async fn request(
        &self,
        repository: &Repository,
        method: &Method,
        path: &str,
        manifest: bool,
    ) -> Result<Response<Incoming>, Fault> {
        let known = repository.authorization.lock().expect("never poisoned").clone();
        let response = self
            .send(&repository.origin, method, path, manifest, known.as_ref())
            .await?;
        let response = match challenge(&response) {
            Some(challenge) => {
                let authorization = self.authorize(repository, &challenge).await?;
                let Some(authorization) = authorization else {
                    return Ok(response); // nothing to show: then 401 is the answer
                };
                *repository.authorization.lock().expect("never poisoned") = Some(authorization.clone());
                self.send(&repository.origin, method, path, manifest, Some(&authorization))
                    .await?
            }
            None => response,
        };
        self.follow(repository, response, method, path).await
    }

    /// Blobs often lie elsewhere. Who gives them must not see what was shown to the registry.
    async fn follow(
        &self,
        repository: &Repository,
        first: Response<Incoming>,
        method: &Method,
        path: &str,
    ) -> Result<Response<Incoming>, Fault> {
        let (mut response, mut at, mut path) = (first, repository.origin.clone(), path.to_string());
        for _ in 0..MOST_REDIRECTS {
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let failed = |why: &str| Fault::Unreachable {
                method: "Get",
                url: format!("{at}{path}"),
                why: why.to_string(),
            };
            let location = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            let location = location.ok_or_else(|| failed("redirect without a location"))?;
            let (next, next_path) = if location.starts_with('/') && !location.starts_with("//") {
                (at.clone(), location.to_string())
            } else {
                Origin::parse(location).ok_or_else(|| failed("redirect to nowhere"))?
            };
            if at.tls && !next.tls {
                return Err(failed("redirect from https to http refused"));
            }
            if next.is_loopback() && !repository.origin.is_loopback() {
                return Err(failed("redirect to this machine refused"));
            }
            let same = next == repository.origin;
            let shown = repository
                .authorization
                .lock()
                .expect("never poisoned")
                .clone()
                .filter(|_| same);
            response = self.send(&next, method, &next_path, false, shown.as_ref()).await?;
            (at, path) = (next, next_path);
        }
        Err(Fault::Unreachable {
            method: "Get",
            url: format!("{}{path}", repository.origin),
            why: format!("stopped after {MOST_REDIRECTS} redirects"),
        })
    }

    async fn send(
        &self,
        origin: &Origin,
        method: &Method,
        path: &str,
        manifest: bool,
        authorization: Option<&Secret<String>>,
    ) -> Result<Response<Incoming>, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, origin.authority())
            .header(header::USER_AGENT, concat!("gantry/", env!("CARGO_PKG_VERSION")));
        if manifest {
            for kind in INDEX_TYPES.iter().chain(&MANIFEST_TYPES) {
                request = request.header(header::ACCEPT, *kind);
            }
        }
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization.reveal());
        }
        let unfit = |e: hyper::http::Error| Fault::Unreachable {
            method: "Get",
            url: format!("{origin}{path}"),
            why: e.to_string(),
        };
        self.connections
            .send(origin, &request.body(Empty::new()).map_err(unfit)?)
            .await
    }

    /// The answer if it is one, and the fault if it tells of one.
    async fn good(
        &self,
        repository: &Repository,
        response: Response<Incoming>,
        path: &str,
        what: &str,
    ) -> Result<Response<Incoming>, Fault> {
        if response.status().is_success() {
            return Ok(response);
        }
        if response.status() == StatusCode::NOT_FOUND && !what.is_empty() {
            return Err(Fault::NotFound);
        }
        if let Some(Challenge::Bearer { error: Some(error), .. }) = challenge(&response)
            && error == "insufficient_scope"
        {
            return Err(Fault::Denied(error));
        }
        let (code, url) = (response.status().as_u16(), format!("{}{path}", repository.origin));
        let message = match tokio::time::timeout(Duration::from_secs(5), self.whole(response, &url)).await {
            Ok(Ok(body)) => server_message(&body),
            _ => String::new(), // the status says enough
        };
        Err(Fault::Status {
            url,
            what: what.to_string(),
            code,
            message,
        })
    }

    async fn authorize(&self, repository: &Repository, challenge: &Challenge) -> Result<Option<Secret<String>>, Fault> {
        let basic = repository.credentials.as_ref().map(|c| {
            let pair = BASE64_STANDARD.encode(format!("{}:{}", c.user, c.password.reveal()));
            Secret::new(format!("Basic {pair}"))
        });
        let Challenge::Bearer {
            realm, service, scope, ..
        } = challenge
        else {
            return Ok(basic);
        };
        let Some((origin, path)) = Origin::parse(realm) else {
            return Err(Fault::Unreachable {
                method: "Get",
                url: realm.chars().take(200).collect(),
                why: "no URL to get a token from".into(),
            });
        };
        if repository.origin.tls && !origin.tls {
            return Err(Fault::Insecure(origin.authority()));
        }
        let own = format!("repository:{}:pull", repository.path);
        let mut query = format!("scope={}", escape(scope.as_deref().unwrap_or(&own)));
        if let Some(service) = service {
            query = format!("service={}&{query}", escape(service));
        }
        let path = format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' });
        let shown = basic.as_ref().map_or("", |b| b.reveal().as_str());
        let key = Digest::of(format!("{origin}{path}\n{shown}").as_bytes());
        if let Some((token, until)) = self.tokens.lock().expect("never poisoned").get(&key)
            && *until > Instant::now()
        {
            return Ok(Some(token.clone()));
        }
        let anonymous = basic.is_none();
        let failed = |fault: Fault| Fault::Token {
            anonymous,
            fault: Box::new(fault),
        };
        let url = format!("{origin}{path}");
        let response = self
            .send(&origin, &Method::GET, &path, false, basic.as_ref())
            .await
            .map_err(failed)?;
        let code = response.status().as_u16();
        let body = self.whole(response, &url).await.map_err(failed)?;
        let token = match code {
            200 => serde_json::from_slice::<Token>(&body).ok(),
            _ => None,
        };
        let bearer = token
            .as_ref()
            .and_then(|t| t.token.as_ref().or(t.access_token.as_ref()));
        let Some((token, bearer)) = token.as_ref().zip(bearer) else {
            return Err(failed(Fault::Status {
                url,
                what: String::new(),
                code,
                message: server_message(&body),
            }));
        };
        let bearer = Secret::new(format!("Bearer {bearer}"));
        let seconds = token.expires_in.unwrap_or(60).clamp(10, 3600) - 5;
        let mut tokens = self.tokens.lock().expect("never poisoned");
        if tokens.len() >= MOST_TOKENS {
            tokens.clear();
        }
        tokens.insert(key, (bearer.clone(), Instant::now() + Duration::from_secs(seconds)));
        Ok(Some(bearer))
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// The first message in a registry's error document.
fn server_message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Errors {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        #[serde(default)]
        message: String,
    }
    let errors: Option<Errors> = serde_json::from_slice(body).ok();
    let message = errors.and_then(|e| e.errors.into_iter().next()).map(|e| e.message);
    message
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}

fn challenge(response: &Response<Incoming>) -> Option<Challenge> {
    if response.status() != StatusCode::UNAUTHORIZED {
        return None;
    }
    let offered = response.headers().get_all(header::WWW_AUTHENTICATE);
    let mut offered: Vec<Challenge> = offered
        .iter()
        .filter_map(|h| parse_challenge(h.to_str().ok()?))
        .collect();
    offered.sort_by_key(|c| matches!(c, Challenge::Basic)); // a token says less than a password
    offered.into_iter().next()
}

/// `Bearer realm="https://..",service="..",scope=".."` or `Basic realm=".."`.
fn parse_challenge(text: &str) -> Option<Challenge> {
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut found: HashMap<String, String> = HashMap::new();
    let mut rest = rest.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(name.trim().to_ascii_lowercase(), value.to_string());
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(Challenge::Bearer {
        realm: found.remove("realm")?,
        service: found.remove("service"),
        scope: found.remove("scope"),
        error: found.remove("error"),
    })
}

/// Percent-encodes a query value.
fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/' | b':' | b',');
    text.bytes().fold(String::new(), |mut out, b| {
        if plain(b) {
            out.push(b as char);
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_read() {
        let bearer = r#"Bearer realm="https://auth.example/token",service="r.example",scope="repository:a/b:pull,push",error=invalid_token"#;
        let Some(Challenge::Bearer {
            realm,
            service,
            scope,
            error,
        }) = parse_challenge(bearer)
        else {
            panic!("not read");
        };
        assert_eq!(realm, "https://auth.example/token");
        assert_eq!(service.as_deref(), Some("r.example"));
        assert_eq!(scope.as_deref(), Some("repository:a/b:pull,push"));
        assert_eq!(error.as_deref(), Some("invalid_token"));
        assert_eq!(parse_challenge(r#"basic realm="x""#), Some(Challenge::Basic));
        assert_eq!(parse_challenge("Negotiate"), None);
        assert_eq!(parse_challenge("Bearer service=x"), None);
        assert_eq!(parse_challenge("Bearer realm=\"unclosed"), None);
    }

    #[test]
    fn only_the_registry_itself_gets_credentials_and_only_loopback_is_plain() {
        let settings = Settings {
            mirrors: BTreeMap::from([(
                "docker.io".into(),
                vec!["http://mirror.example:5000".into(), "nonsense".into()],
            )]),
            plain_http: vec!["plain.example".into()],
            ..Settings::default()
        };
        let registries = Registries::new(&settings);
        let credentials = Credentials {
            user: "u".into(),
            password: Secret::new("p".into()),
        };
        let places = |reference: &str| -> Vec<(String, bool)> {
            let places = registries.places(&reference.parse().unwrap(), Some(&credentials));
            places
                .iter()
                .map(|p| (p.origin.to_string(), p.credentials.is_some()))
                .collect()
        };
        let expected = [
            ("http://mirror.example:5000".to_string(), false),
            ("https://registry-1.docker.io".to_string(), true),
        ];
        assert_eq!(places("busybox"), expected);
        assert_eq!(
            places("127.0.0.1:5000/x"),
            [("http://127.0.0.1:5000".to_string(), true)]
        );
        assert_eq!(places("plain.example/x"), [("http://plain.example".to_string(), true)]);
        assert_eq!(places("other.example/x"), [("https://other.example".to_string(), true)]);
    }
}
