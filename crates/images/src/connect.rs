//! Connections to registries: dial, TLS, HTTP/1.1, kept for the next request. Failures are worded as Go words them,
//! because that is what people search for.

use crate::error::Fault;
use crate::home::Home;
use crate::proxy::Proxies;
use crate::store::Settings;
use crate::trust;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, pki_types::ServerName};

/// Who is spoken to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub tls: bool,
    /// Without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    /// Whatever the host is, the server that this machine is a node of answers for it.
    pub home: bool,
}

/// Open connections, and what is needed for more. `B` is what requests carry: most carry nothing.
pub(crate) struct Connections<B = Empty<Bytes>> {
    idle: Mutex<HashMap<Origin, Vec<SendRequest<B>>>>,
    tls: OnceLock<Arc<ClientConfig>>,
    /// Trusted beside the machine's own, each in DER.
    authorities: Vec<Vec<u8>>,
    proxies: Proxies,
    home: Option<Home>,
    connect_timeout: Duration,
    answer_timeout: Duration,
}

/// Kept for one origin.
const MOST_IDLE: usize = 8;

impl<B> Connections<B>
where
    B: Body + Clone + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    pub fn new(settings: &Settings) -> Self {
        Connections {
            idle: Mutex::default(),
            tls: OnceLock::new(),
            authorities: settings.authorities.clone(),
            proxies: settings.proxies.clone(),
            home: settings.home.clone(),
            connect_timeout: settings.connect_timeout,
            answer_timeout: settings.idle_timeout,
        }
    }

    pub fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// Sends a request. An answer of any status is an answer.
    pub async fn send(&self, origin: &Origin, request: &Request<B>) -> Result<Response<Incoming>, Fault> {
        let method = match request.method().as_str() {
            "HEAD" => "Head",
            "PUT" => "Put",
            "POST" => "Post",
            "DELETE" => "Delete",
            _ => "Get",
        };
        let url = || format!("{origin}{}", request.uri());
        let failed = |why: String| Fault::Unreachable {
            method,
            url: url(),
            why,
        };
        let not_opened = |why: NotOpened| match why {
            NotOpened::Passing(why) => failed(why),
            NotOpened::Untrusted(why) => Fault::Untrusted {
                method,
                url: url(),
                why,
            },
        };
        let request = self.detoured(origin, request);
        loop {
            let (mut sender, is_new) = match self.take(origin) {
                Some(sender) => (sender, false),
                None => (self.open(origin).await.map_err(not_opened)?, true),
            };
            match tokio::time::timeout(self.answer_timeout, sender.send_request(request.clone())).await {
                Ok(Ok(response)) => {
                    self.keep(origin, sender);
                    return Ok(response);
                }
                // The server may have closed a connection that was kept too long: that says nothing about it.
                Ok(Err(_)) if !is_new => {}
                Ok(Err(e)) if e.is_incomplete_message() => return Err(failed("EOF".into())),
                Ok(Err(e)) => return Err(failed(root_cause(&e))),
                Err(_) => return Err(failed("net/http: timeout awaiting response headers".into())),
            }
        }
    }

    fn take(&self, origin: &Origin) -> Option<SendRequest<B>> {
        let mut idle = self.idle.lock().expect("never poisoned");
        let kept = idle.get_mut(origin)?;
        kept.retain(|sender| !sender.is_closed());
        let ready = kept.iter().position(SendRequest::is_ready)?;
        Some(kept.swap_remove(ready))
    }

    /// Ready again once the answer's body is read.
    fn keep(&self, origin: &Origin, sender: SendRequest<B>) {
        let mut idle = self.idle.lock().expect("never poisoned");
        let kept = idle.entry(origin.clone()).or_default();
        kept.retain(|sender| !sender.is_closed());
        if kept.len() < MOST_IDLE {
            kept.push(sender);
        }
    }

    /// As a proxy for plain HTTP wants to see it: with the whole address.
    fn detoured(&self, origin: &Origin, request: &Request<B>) -> Request<B> {
        let mut request = request.clone();
        let Some(proxy) = self.proxies.to(origin).filter(|_| !origin.tls && !origin.home) else {
            return request;
        };
        if let Ok(whole) = format!("{origin}{}", request.uri()).parse() {
            *request.uri_mut() = whole;
        }
        if let Some(value) = proxy.authorization().and_then(|value| value.parse().ok()) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, value);
        }
        request
    }

    async fn open(&self, origin: &Origin) -> Result<SendRequest<B>, NotOpened> {
        let proxy = self.proxies.to(origin);
        let first = proxy.map_or_else(|| origin.clone(), |proxy| proxy.origin());
        let opening = async {
            if origin.home {
                let home = self
                    .home
                    .as_ref()
                    .ok_or_else(|| "this machine is no node".to_string())?;
                return Ok(shake(TokioIo::new(home.dial().await?)).await?);
            }
            let said = |why| match proxy {
                Some(_) => format!("proxyconnect tcp: {why}"),
                None => why,
            };
            let mut tcp = dial(&first).await.map_err(said)?;
            if !origin.tls {
                return Ok(shake(TokioIo::new(tcp)).await?);
            }
            if let Some(proxy) = proxy {
                proxy.tunnel(&mut tcp, origin).await?;
            }
            let name = ServerName::try_from(origin.host.clone()).map_err(|e| format!("tls: {e}"))?;
            let connector = TlsConnector::from(self.tls_config()?);
            let tls = connector
                .connect(name, tcp)
                .await
                .map_err(|e| refused(&e, &origin.host))?;
            Ok(shake(TokioIo::new(tls)).await?)
        };
        let timed_out = || format!("dial tcp {}:{}: i/o timeout", first.host, first.port);
        tokio::time::timeout(self.connect_timeout, opening)
            .await
            .map_err(|_| timed_out())?
    }

    /// Read when the first connection needs it.
    fn tls_config(&self) -> Result<Arc<ClientConfig>, String> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let config = trust::client(&self.authorities).map_err(|e| format!("tls: {e}"))?;
        Ok(self.tls.get_or_init(|| config).clone())
    }
}

/// Why there is no connection.
enum NotOpened {
    /// To try again could help.
    Passing(String),
    /// Whoever answers is not who it should be.
    Untrusted(String),
}

impl From<String> for NotOpened {
    fn from(why: String) -> Self {
        NotOpened::Passing(why)
    }
}

/// A failed handshake.
fn refused(error: &io::Error, host: &str) -> NotOpened {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(why)) = cause else {
        return NotOpened::Passing(format!("tls: {}", root_cause(error)));
    };
    let why = match why {
        CertificateError::UnknownIssuer => "x509: certificate signed by unknown authority".to_string(),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            "x509: certificate has expired or is not yet valid".to_string()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("x509: certificate is not valid for {host}")
        }
        other => other.to_string(),
    };
    NotOpened::Untrusted(format!("tls: failed to verify certificate: {why}"))
}

async fn dial(origin: &Origin) -> Result<TcpStream, String> {
    let host = &origin.host;
    let found = tokio::net::lookup_host((host.as_str(), origin.port)).await;
    let addresses = found.map_err(|_| format!("dial tcp: lookup {host}: no such host"))?;
    let mut failure = format!("dial tcp: lookup {host}: no such host");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true); // slower at worst
                return Ok(stream);
            }
            Err(e) => failure = format!("dial tcp {address}: {}", refusal(&e)),
        }
    }
    Err(failure)
}

async fn shake<S, B>(io: TokioIo<S>) -> Result<SendRequest<B>, String>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (sender, connection) = handshake(io).await.map_err(|e| root_cause(&e))?;
    tokio::spawn(connection); // ends when the sender is dropped or the server closes; either end tells the request
    Ok(sender)
}

fn refusal(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connect: connection refused".into(),
        io::ErrorKind::HostUnreachable => "connect: no route to host".into(),
        io::ErrorKind::NetworkUnreachable => "connect: network is unreachable".into(),
        io::ErrorKind::TimedOut => "i/o timeout".into(),
        io::ErrorKind::ConnectionReset => "connection reset by peer".into(),
        _ => format!("connect: {error}"),
    }
}

pub(crate) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    match last.downcast_ref::<io::Error>() {
        Some(e) if e.kind() == io::ErrorKind::ConnectionReset => "read: connection reset by peer".into(),
        Some(e) if e.kind() == io::ErrorKind::UnexpectedEof => "unexpected EOF".into(),
        _ => last.to_string(),
    }
}

impl Origin {
    /// From `host` or `host:port` as references have it.
    pub fn new(host: &str, tls: bool) -> Self {
        let usual = if tls { 443 } else { 80 };
        let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (name, port) = match bracketed {
            Some((name, port)) => (name, port.strip_prefix(':')),
            None => host
                .split_once(':')
                .map_or((host, None), |(name, port)| (name, Some(port))),
        };
        Origin {
            tls,
            host: name.to_string(),
            port: port.and_then(|port| port.parse().ok()).unwrap_or(usual),
            home: false,
        }
    }

    /// Who is asked at home for what references of that host are.
    pub fn home(host: &str) -> Self {
        Origin {
            home: true,
            ..Origin::new(host, false)
        }
    }

    /// From a URL, with the path and query that follow. Nobody's name or password may stand in it.
    pub fn parse(url: &str) -> Option<(Self, String)> {
        let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() || authority.contains('@') {
            return None;
        }
        let path = path.split('#').next().unwrap_or("");
        let path = if path.starts_with('/') {
            path.to_string()
        } else {
            format!("/{path}")
        };
        Some((Origin::new(authority, tls), path))
    }

    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// As the `Host` header has it.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_written() {
        for (url, whole) in [
            ("https://a.example", "https://a.example/"),
            ("https://a.example:443/x?y=z#w", "https://a.example/x?y=z"),
            ("http://a.example:5000?q", "http://a.example:5000/?q"),
            ("http://[::1]:80/x", "http://[::1]/x"),
        ] {
            let (origin, path) = Origin::parse(url).unwrap();
            assert_eq!(format!("{origin}{path}"), whole);
        }
        for bad in ["", "ftp://a", "https://", "https://user@a.example/", "/x"] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn loopback_is_told_by_address_or_by_name() {
        let loopback = |host: &str| Origin::new(host, false).is_loopback();
        assert!(
            loopback("127.0.0.1:5000") && loopback("127.9.9.9") && loopback("localhost:80") && loopback("[::1]:5000")
        );
        assert!(!loopback("128.0.0.1") && !loopback("localhost.example") && !loopback("a.example:127"));
    }
}
