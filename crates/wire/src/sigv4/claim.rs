//! What a request says about who sent it: parsed, bounded, not yet believed.

use super::error::clip;
use super::parse::{check_algorithm, read_credential, read_date, read_expiry, read_payload, read_signed_headers};
use super::presigned::Parameters;
use super::{AuthError, MAX_AUTHORIZATION_BYTES, MAX_TARGET_BYTES, Request, Rules, hex};
use base::{Secret, Timestamp};
use std::borrow::Cow;

/// What a signature says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing was said, so the hash of the body is part of what was signed: it cannot be verified before the body came.
    Hashed,
    /// The hash was given, and signed; the body is yet to be compared with it.
    Declared([u8; 32]),
    /// The body is not covered.
    Unsigned,
    /// The body comes in chunks with a trailer, and is not covered.
    StreamingUnsignedTrailer,
    /// The body comes in chunks, each signed.
    StreamingSigned,
    /// The body comes in chunks, each signed, and a signed trailer.
    StreamingSignedTrailer,
}

/// The claim of one request.
#[derive(Clone, Debug)]
pub struct Claim {
    /// `access key/date/region/service/aws4_request` as it was sent, and where its first four parts end.
    credential: String,
    ends: [usize; 4],
    pub(super) signed_headers: String,
    /// `None` when it is no 64 hex digits, which no signature of ours can match.
    pub(super) signature: Option<[u8; 32]>,
    /// The time as it is signed, and as a point in time.
    pub(super) amz_date: String,
    pub(super) signed_at: Timestamp,
    /// How long a presigned URL lives.
    pub(super) expires_secs: Option<u32>,
    presigned: bool,
    session_token: Option<Secret<String>>,
    payload: Payload,
}

impl Claim {
    /// `None` when nothing in the request speaks of AWS signatures; it may still have other credentials.
    pub fn read(request: &Request<'_>) -> Result<Option<Claim>, AuthError> {
        if request.path.len() + request.query.len() > MAX_TARGET_BYTES {
            return Err(AuthError::TooLong("path and query"));
        }
        let parameters = Parameters::read(request.query)?;
        let header = request.single("authorization")?;
        match (header.map(str::trim).filter(|h| h.starts_with("AWS")), parameters) {
            (Some(_), Some(_)) => Err(AuthError::TwoClaims),
            (Some(header), None) => Self::from_header(request, header).map(Some),
            (None, Some(parameters)) => Self::from_query(request, parameters).map(Some),
            (None, None) => Ok(None),
        }
    }

    pub fn access_key(&self) -> &str {
        self.part(0)
    }

    /// The day, as `YYYYMMDD`.
    pub fn date(&self) -> &str {
        self.part(1)
    }

    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The service that the caller means to talk to, by its signing name.
    pub fn service(&self) -> &str {
        self.part(3)
    }

    pub(super) fn terminator(&self) -> &str {
        &self.credential[self.ends[3] + 1..]
    }

    /// `access key/date/region/service`: what a signing key belongs to.
    pub(super) fn key_scope(&self) -> &str {
        &self.credential[..self.ends[3]]
    }

    /// `date/region/service/aws4_request`: what is signed.
    pub(super) fn scope(&self) -> &str {
        &self.credential[self.ends[0] + 1..]
    }

    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    pub fn is_presigned(&self) -> bool {
        self.presigned
    }

    /// What came as `X-Amz-Security-Token`. A temporary key must have one; only who gave it out can tell if it is right.
    pub fn session_token(&self) -> Option<&Secret<String>> {
        self.session_token.as_ref()
    }

    /// What the signature says about the body, by the rules of the service.
    pub fn payload(&self, rules: Rules) -> Payload {
        match self.payload {
            Payload::Hashed if self.presigned && rules == Rules::S3 => Payload::Unsigned,
            payload => payload,
        }
    }

    /// Whether the hash of the body is needed before anything can be verified.
    pub fn needs_body(&self, rules: Rules) -> bool {
        self.payload(rules) == Payload::Hashed
    }

    fn part(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] + 1 };
        &self.credential[start..self.ends[i]]
    }

    fn from_header(request: &Request<'_>, header: &str) -> Result<Claim, AuthError> {
        if header.len() > MAX_AUTHORIZATION_BYTES {
            return Err(AuthError::TooLong("Authorization header"));
        }
        let (algorithm, rest) = header.split_once([' ', '\t']).unwrap_or((header, ""));
        check_algorithm(algorithm)?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split([',', ' ', '\t']).filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(AuthError::NotKeyValue {
                    part: clip(part),
                    header: clip(header),
                });
            };
            let (slot, name) = match name {
                "Credential" => (&mut credential, "Credential"),
                "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
                "Signature" => (&mut signature, "Signature"),
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(AuthError::Repeated(name));
            }
        }
        let date = match request.single("x-amz-date")? {
            Some(date) => Some(date),
            None => request.single("date")?,
        };
        let given = |part: Option<&str>| part.is_some_and(|p| !p.is_empty());
        if let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
            (credential, signature, signed_headers, date)
            && [credential, signature, signed_headers]
                .iter()
                .all(|part| !part.is_empty())
        {
            let token = request.single("x-amz-security-token")?;
            let mut claim = Self::of(credential, signed_headers, signature, date)?;
            claim.session_token = token.map(|t| Secret::new(t.to_owned()));
            claim.payload = read_payload(request.single("x-amz-content-sha256")?)?;
            return Ok(claim);
        }
        let parts = [
            ("Credential", credential),
            ("Signature", signature),
            ("SignedHeaders", signed_headers),
        ];
        Err(AuthError::MissingParts {
            parts: parts
                .into_iter()
                .filter(|(_, p)| !given(*p))
                .map(|(name, _)| name)
                .collect(),
            date: date.is_none(),
        })
    }

    fn from_query(request: &Request<'_>, parameters: Parameters<'_>) -> Result<Claim, AuthError> {
        let Parameters {
            algorithm,
            credential,
            signature,
            signed_headers,
            date,
            expires,
            token,
            payload,
        } = parameters;
        let (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) =
            (&algorithm, &credential, &signature, &signed_headers, &date)
        else {
            let parts = [
                ("X-Amz-Algorithm", &algorithm),
                ("X-Amz-Credential", &credential),
                ("X-Amz-Signature", &signature),
                ("X-Amz-SignedHeaders", &signed_headers),
                ("X-Amz-Date", &date),
            ];
            return Err(AuthError::MissingParameters(
                parts
                    .into_iter()
                    .filter(|(_, p)| p.is_none())
                    .map(|(name, _)| name)
                    .collect(),
            ));
        };
        check_algorithm(algorithm)?;
        let mut claim = Self::of(credential, signed_headers, signature, date)?;
        claim.presigned = true;
        claim.expires_secs = expires.map(|text| read_expiry(&text)).transpose()?;
        claim.session_token = token.map(|t| Secret::new(t.into_owned()));
        let header = request.single("x-amz-content-sha256")?;
        claim.payload = read_payload(header.or(payload.as_deref()))?;
        Ok(claim)
    }

    /// What both forms have in common.
    fn of(credential: &str, signed_headers: &str, signature: &str, date: &str) -> Result<Claim, AuthError> {
        let (amz_date, signed_at) = read_date(date)?;
        Ok(Claim {
            ends: read_credential(credential)?,
            credential: credential.trim_end_matches('/').to_owned(),
            signed_headers: read_signed_headers(signed_headers)?,
            signature: hex::decode(signature.as_bytes()),
            amz_date,
            signed_at,
            expires_secs: None,
            presigned: false,
            session_token: None,
            payload: Payload::Hashed,
        })
    }
}

impl Payload {
    /// What stands in the canonical request, given the hash of the body for [`Payload::Hashed`].
    pub(super) fn text(self, body: [u8; 32]) -> Cow<'static, str> {
        let hash = |bytes| Cow::Owned(String::from_utf8_lossy(&hex::encode(bytes)).into_owned());
        match self {
            Payload::Hashed => hash(&body),
            Payload::Declared(declared) => hash(&declared),
            Payload::Unsigned => Cow::Borrowed("UNSIGNED-PAYLOAD"),
            Payload::StreamingUnsignedTrailer => Cow::Borrowed("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            Payload::StreamingSigned => Cow::Borrowed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            Payload::StreamingSignedTrailer => Cow::Borrowed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
        }
    }
}
