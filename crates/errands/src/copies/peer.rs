//! Other Gantries, as an operator writes them down.

use base::Secret;
use http::Uri;
use model::registry::Destination;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::ClientConfig;

/// Another Gantry, and with what to get in.
#[derive(Clone, Debug)]
pub struct Peer {
    pub is: Destination,
    /// `10.0.0.2:4566`
    pub authority: String,
    /// Of one behind https: whom to believe.
    pub tls: Option<Arc<ClientConfig>>,
    pub access_key: String,
    pub secret: Secret<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Peers(pub Vec<Peer>);

/// Why a text tells of no peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPeers(String);

impl Peers {
    /// `[{"account": "..", "region": "..", "endpoint": "http://..", "accessKeyId": "..", "secretAccessKey": ".."}]`; behind
    /// https whom this machine believes is believed, and those authorities, each in DER.
    pub fn read(text: &str, authorities: &[Vec<u8>]) -> Result<Peers, BadPeers> {
        let all: Value = serde_json::from_str(text).map_err(|e| BadPeers(format!("it is not JSON: {e}")))?;
        let all = all
            .as_array()
            .ok_or_else(|| BadPeers("it is not an array".to_string()))?;
        let peers = all.iter().enumerate().map(|(at, one)| {
            let text = |name: &str| {
                let text = one.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
                let text = text.ok_or_else(|| BadPeers(format!("[{at}] has no {name}")))?;
                Ok(text.to_string())
            };
            let endpoint = text("endpoint")?;
            let (authority, is_secret) = authority(&endpoint)
                .ok_or_else(|| BadPeers(format!("[{at}]: an endpoint is http://HOST:PORT or https://HOST:PORT")))?;
            let tls = is_secret.then(|| images::trust::client(authorities)).transpose();
            let tls = tls.map_err(|e| BadPeers(format!("[{at}]: no TLS to be had: {e}")))?;
            Ok(Peer {
                is: Destination {
                    region: text("region")?,
                    registry: text("account")?,
                },
                authority,
                tls,
                access_key: text("accessKeyId")?,
                secret: Secret::new(text("secretAccessKey")?),
            })
        });
        Ok(Peers(peers.collect::<Result<_, BadPeers>>()?))
    }

    pub fn find(&self, destination: &Destination) -> Option<&Peer> {
        self.0.iter().find(|peer| peer.is == *destination)
    }
}

/// Host and port of an endpoint, and whether it is behind TLS.
fn authority(endpoint: &str) -> Option<(String, bool)> {
    let uri: Uri = endpoint.parse().ok()?;
    let usual = match uri.scheme_str()? {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = uri
        .authority()
        .filter(|a| !a.host().is_empty() && !a.as_str().contains('@'))?;
    let port = authority.port_u16().unwrap_or(usual);
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    is_bare.then(|| (format!("{}:{port}", authority.host()), usual == 443))
}

impl fmt::Display for BadPeers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadPeers {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_read_and_nonsense_is_told() {
        let good = r#"[{"account": "1", "region": "r", "endpoint": "http://h:1/", "accessKeyId": "a",
                        "secretAccessKey": "s"}]"#;
        let peers = Peers::read(good, &[]).expect("a good file");
        let to = |region: &str| Destination {
            region: region.to_string(),
            registry: "1".to_string(),
        };
        assert_eq!(peers.find(&to("r")).map(|peer| &*peer.authority), Some("h:1"));
        assert!(peers.find(&to("x")).is_none());
        let secret = Peers::read(&good.replace("http://h:1/", "https://h"), &[]).expect("a good file");
        let secret = secret.find(&to("r")).expect("the same destination");
        assert_eq!((&*secret.authority, secret.tls.is_some()), ("h:443", true));
        for (bad, told) in [
            ("", "not JSON"),
            ("{}", "not an array"),
            ("[{}]", "[0] has no endpoint"),
            (&good.replace("http://h:1/", "ftp://h:1"), "http://HOST:PORT"),
            (&good.replace("http://h:1/", "https://u@h:1"), "http://HOST:PORT"),
            (&good.replace("http://h:1/", "http://h:1/v2"), "http://HOST:PORT"),
            (&good.replace("\"s\"", "7"), "[0] has no secretAccessKey"),
        ] {
            let why = Peers::read(bad, &[]).expect_err(bad).to_string();
            assert!(why.contains(told), "{bad}: {why}");
        }
    }
}
