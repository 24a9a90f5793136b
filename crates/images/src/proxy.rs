//! Proxies between this machine and registries, as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name them: tunnels for TLS,
//! a detour for the rest. What is on this machine is never asked for elsewhere.

use crate::connect::Origin;
use base::Secret;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::fmt;
use std::net::IpAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a proxy may say before a tunnel begins.
const MOST_HEAD: usize = 8 << 10;

/// One that speaks plain HTTP itself, as they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    host: String,
    port: u16,
    /// As the header `Proxy-Authorization` has it.
    authorization: Option<Secret<String>>,
}

/// Which origins are reached through which proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    pub for_tls: Option<Proxy>,
    pub for_plain: Option<Proxy>,
    /// Hosts that are reached directly: names with all below them, addresses, networks, each perhaps with a port; `*`.
    pub none: Vec<String>,
}

/// Not the URL of a proxy that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadProxy;

impl fmt::Display for BadProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a proxy looks like http://proxy.example:3128, with user:password@ before the host if it asks for that",
        )
    }
}

impl std::error::Error for BadProxy {}

impl Proxy {
    pub fn parse(text: &str) -> Result<Self, BadProxy> {
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some(_) => return Err(BadProxy),
            None => text,
        };
        let authority = rest.split('/').next().unwrap_or("");
        let (user, host) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| (Some(user), host));
        if host.is_empty() {
            return Err(BadProxy);
        }
        let origin = Origin::new(host, false);
        let authorization = user.map(|user| {
            let user = match user.contains(':') {
                true => unescaped(user),
                false => unescaped(user) + ":",
            };
            Secret::new(format!("Basic {}", BASE64_STANDARD.encode(user)))
        });
        Ok(Proxy {
            host: origin.host,
            port: origin.port,
            authorization,
        })
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            home: false,
            tls: false,
            host: self.host.clone(),
            port: self.port,
        }
    }

    pub(crate) fn authorization(&self) -> Option<&str> {
        self.authorization.as_ref().map(|value| value.reveal().as_str())
    }

    /// Makes a connection to the proxy one to where it leads.
    pub(crate) async fn tunnel(&self, stream: &mut TcpStream, to: &Origin) -> Result<(), String> {
        let host = if to.host.contains(':') {
            format!("[{}]", to.host)
        } else {
            to.host.clone()
        };
        let target = format!("{host}:{}", to.port);
        let mut ask = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
        if let Some(authorization) = self.authorization() {
            ask += &format!("Proxy-Authorization: {authorization}\r\n");
        }
        ask += "\r\n";
        let broken = |why: &str| format!("proxyconnect tcp: {why}");
        stream
            .write_all(ask.as_bytes())
            .await
            .map_err(|e| broken(&e.to_string()))?;
        // Byte by byte, so that nothing of what comes behind the head is taken away; it is short.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = stream.read_u8().await.map_err(|_| broken("unexpected EOF"))?;
            head.push(byte);
            if head.len() > MOST_HEAD {
                return Err(broken("the proxy's answer has no end"));
            }
        }
        let status = String::from_utf8_lossy(&head).lines().next().unwrap_or("").to_string();
        match status.split_once(' ') {
            Some((_, said)) if said.starts_with("200") => Ok(()),
            Some((_, said)) => Err(broken(said.trim())),
            None => Err(broken("the proxy does not speak HTTP")),
        }
    }
}

impl Proxies {
    pub(crate) fn to(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = if origin.tls { &self.for_tls } else { &self.for_plain };
        proxy
            .as_ref()
            .filter(|_| !origin.is_loopback() && !self.is_direct(origin))
    }

    fn is_direct(&self, origin: &Origin) -> bool {
        let port = format!(":{}", origin.port);
        let (host, ip) = (origin.host.to_ascii_lowercase(), origin.host.parse::<IpAddr>().ok());
        self.none.iter().any(|entry| {
            let entry = entry.trim().to_ascii_lowercase();
            let entry = entry.strip_suffix(&port).filter(|_| !is_v6(&entry)).unwrap_or(&entry);
            let entry = entry.trim_start_matches('[').trim_end_matches(']');
            match (entry, ip) {
                ("", _) => false,
                ("*", _) => true,
                (network, Some(ip)) if network.contains('/') => is_within(ip, network),
                (address, Some(ip)) => address.parse() == Ok(ip),
                (name, None) => {
                    let name = name.strip_prefix('*').unwrap_or(name);
                    let below = host.strip_suffix(name.trim_start_matches('.'));
                    below.is_some_and(|rest| rest.ends_with('.') || (rest.is_empty() && !name.starts_with('.')))
                }
            }
        })
    }
}

/// An address of its own has colons that lead to no port.
fn is_v6(entry: &str) -> bool {
    entry.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_within(ip: IpAddr, network: &str) -> bool {
    let Some((first, bits)) = network.split_once('/') else {
        return false;
    };
    let (Ok(first), Ok(bits)) = (first.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return false;
    };
    let same = |a: u128, b: u128, width: u32| bits <= width && (bits == 0 || (a ^ b) >> (width - bits) == 0);
    match (ip, first) {
        (IpAddr::V4(ip), IpAddr::V4(first)) => same(ip.to_bits().into(), first.to_bits().into(), 32),
        (IpAddr::V6(ip), IpAddr::V6(first)) => same(ip.to_bits(), first.to_bits(), 128),
        _ => false,
    }
}

/// `%40` in a password is an `@`.
fn unescaped(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        let code = more.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        out.push(code.unwrap_or(*first));
        rest = if code.is_some() { &more[2..] } else { more };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(none: &str) -> Proxies {
        Proxies {
            for_tls: Proxy::parse("http://tls.example:3128").ok(),
            for_plain: Proxy::parse("plain.example").ok(),
            none: none.split(',').map(str::to_string).collect(),
        }
    }

    fn through(none: &str, host: &str) -> bool {
        proxies(none).to(&Origin::new(host, true)).is_some()
    }

    #[test]
    fn each_kind_has_its_proxy_and_this_machine_has_none() {
        let all = proxies("");
        let to = |host: &str, tls| {
            all.to(&Origin::new(host, tls))
                .map(|proxy| (proxy.host.as_str(), proxy.port))
        };
        assert_eq!(to("a.example", true), Some(("tls.example", 3128)));
        assert_eq!(to("a.example", false), Some(("plain.example", 80)));
        assert_eq!(to("localhost:5000", true), None);
        assert_eq!(to("127.1.2.3", false), None);
        assert_eq!(Proxies::default().to(&Origin::new("a.example", true)), None);
    }

    #[test]
    fn exceptions_are_names_addresses_and_networks() {
        for (none, host) in [
            ("*", "a.example"),
            ("x, Example", "a.example"),
            ("a.example", "A.example"),
            (".example", "a.example"),
            ("*.example", "a.example"),
            ("a.example:5000", "a.example:5000"),
            ("10.0.0.0/8", "10.9.8.7:5000"),
            ("10.9.8.7", "10.9.8.7"),
            ("fd00::/8", "[fd12::1]:5000"),
            ("::2", "[::2]"),
        ] {
            assert!(!through(none, host), "{none} {host}");
        }
        for (none, host) in [
            ("", "a.example"),
            ("xample", "a.example"),
            (".a.example", "a.example"),
            ("a.example:5000", "a.example:5001"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/99", "10.0.0.1"),
            ("10.0.0.0/8", "a.example"),
        ] {
            assert!(through(none, host), "{none} {host}");
        }
    }

    #[test]
    fn passwords_are_understood_and_never_shown() {
        let proxy = Proxy::parse("http://me:p%40ss@p.example:8080/").unwrap();
        assert_eq!(
            proxy.authorization(),
            Some(&*format!("Basic {}", BASE64_STANDARD.encode("me:p@ss")))
        );
        assert!(!format!("{proxy:?}").contains("Basic"));
        for bad in ["", "socks5://a:1", "https://a", "http://"] {
            assert_eq!(Proxy::parse(bad), Err(BadProxy), "{bad}");
        }
    }
}
