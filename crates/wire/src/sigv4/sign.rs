//! Signatures made, for our own clients and for tests, from the same canonical text that verifies them.

use super::{ALGORITHM, Payload, PayloadHash, Request, Rules, SigningKey, TERMINATOR, canonical};
use base::{Secret, Timestamp};

/// Headers that proxies and HTTP libraries change on the way, so that nobody signs them.
const NEVER_SIGNED: [&str; 12] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// Who signs, for what and when.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    pub access_key: &'a str,
    pub secret: &'a Secret<String>,
    pub session_token: Option<&'a Secret<String>>,
    pub region: &'a str,
    pub service: &'a str,
    pub at: Timestamp,
    pub rules: Rules,
}

impl Signer<'_> {
    /// The headers to add to a request, which must have its `host` already. `payload` is [`Payload::Hashed`] for most;
    /// `body` is not looked at when the payload does not depend on it.
    pub fn sign(&self, request: &Request<'_>, payload: Payload, body: PayloadHash) -> Vec<(String, String)> {
        let text = payload.text(digest(body));
        let mut added = vec![("x-amz-date".to_owned(), self.at.basic())];
        if payload != Payload::Hashed {
            added.push(("x-amz-content-sha256".to_owned(), text.clone().into_owned()));
        }
        if let Some(token) = self.session_token {
            added.push(("x-amz-security-token".to_owned(), token.reveal().clone()));
        }
        let mut headers = request.headers.to_vec();
        headers.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let signed = signed_names(&headers);
        let whole = Request {
            headers: &headers,
            ..*request
        };
        let signature = self.signature(&whole, &signed, &text);
        let (access_key, scope) = (self.access_key, self.scope());
        added.push((
            "authorization".to_owned(),
            format!("{ALGORITHM} Credential={access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"),
        ));
        added
    }

    /// The query of a presigned URL: the one that the request has, and the claim behind it.
    pub fn presign(&self, request: &Request<'_>, expires_secs: u32, body: PayloadHash) -> String {
        let signed = signed_names(request.headers);
        let mut query = request.query.to_owned();
        let mut add = |name: &str, value: &str| {
            if !query.is_empty() {
                query.push('&');
            }
            query += name;
            query.push('=');
            query += &encoded(value);
        };
        add("X-Amz-Algorithm", ALGORITHM);
        add("X-Amz-Credential", &format!("{}/{}", self.access_key, self.scope()));
        add("X-Amz-Date", &self.at.basic());
        add("X-Amz-Expires", &expires_secs.to_string());
        add("X-Amz-SignedHeaders", &signed);
        if let Some(token) = self.session_token {
            add("X-Amz-Security-Token", token.reveal());
        }
        let payload = match self.rules {
            Rules::Common => Payload::Hashed,
            Rules::S3 => Payload::Unsigned,
        };
        let whole = Request {
            query: &query,
            ..*request
        };
        let signature = self.signature(&whole, &signed, &payload.text(digest(body)));
        query + "&X-Amz-Signature=" + &signature
    }

    fn scope(&self) -> String {
        let day = self.at.basic();
        format!("{}/{}/{}/{TERMINATOR}", &day[..8], self.region, self.service)
    }

    fn signature(&self, request: &Request<'_>, signed: &str, payload: &str) -> String {
        let time = self.at.basic();
        let text = canonical::request(request, signed, payload, self.rules);
        let text = canonical::string_to_sign(&time, &self.scope(), &text);
        SigningKey::derive(self.secret, &time[..8], self.region, self.service).sign_hex(&text)
    }
}

fn digest(body: PayloadHash) -> [u8; 32] {
    match body {
        PayloadHash::Sha256(hash) => hash,
        PayloadHash::NotRead => [0; 32],
    }
}

fn signed_names(headers: &[(&str, &str)]) -> String {
    let mut names: Vec<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.retain(|name| !NEVER_SIGNED.contains(&name.as_str()));
    names.sort_unstable();
    names.dedup();
    names.join(";")
}

fn encoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        canonical::write_encoded(&mut out, byte);
    }
    String::from_utf8(out).expect("percent-encoding is ASCII")
}
