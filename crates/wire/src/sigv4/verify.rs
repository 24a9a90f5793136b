//! Whether a claim is true: in time, for us, for this request, and made with the secret.

use super::error::{ScopeFaults, clip};
use super::{AuthError, ChunkChain, Claim, KeyCache, Payload, Request, Rules, SigningKey, TERMINATOR, canonical};
use base::{Secret, Timestamp};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Headers whose names begin with `x-amz-` must be signed, but for these, which are part of what is signed anyway.
const COVERED_ANYWAY: [&str; 2] = ["x-amz-date", "x-amz-content-sha256"];

/// What a good request looks like where it arrived.
#[derive(Clone, Copy, Debug)]
pub struct Expect<'a> {
    /// The scope must name one of these; errors name none.
    pub regions: &'a [&'a str],
    /// The scope must name one of these; errors name the first.
    pub services: &'a [&'a str],
    pub now: Timestamp,
    /// How far the caller's clock may be from ours, either way.
    pub max_skew_secs: u32,
    pub rules: Rules,
    /// Whether a body may go without being covered by the signature.
    pub unsigned_payload: bool,
}

impl<'a> Expect<'a> {
    /// A quarter of an hour either way, common rules, payloads signed.
    pub const fn new(regions: &'a [&'a str], services: &'a [&'a str], now: Timestamp) -> Self {
        Expect {
            regions,
            services,
            now,
            max_skew_secs: 15 * 60,
            rules: Rules::Common,
            unsigned_payload: false,
        }
    }
}

/// The body, as far as it is known when signatures are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadHash {
    NotRead,
    Sha256([u8; 32]),
}

impl PayloadHash {
    pub fn of(body: &[u8]) -> Self {
        PayloadHash::Sha256(Sha256::digest(body).into())
    }
}

/// What is still to be checked about the body before it may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    Nothing,
    /// Its hash must be this.
    Sha256([u8; 32]),
    /// It must go through a [`ChunkDecoder`](super::ChunkDecoder).
    Chunks(Payload),
}

/// A claim that is true.
#[derive(Clone, Debug)]
pub struct Verified {
    pub owed: Owed,
    /// Where the signatures of a signed stream begin.
    pub(super) chain: Option<ChunkChain>,
}

impl Claim {
    /// All that can be said without the secret: time, signed headers, scope. Cheap, so it may come before the lookup of
    /// the key and before the body, which is also the order in which AWS names faults.
    pub fn check(&self, request: &Request<'_>, expect: &Expect<'_>) -> Result<(), AuthError> {
        self.check_time(expect)?;
        self.check_signed_headers(request)?;
        self.check_scope(expect)?;
        match self.payload(expect.rules) {
            Payload::Unsigned if self.is_presigned() && expect.rules == Rules::S3 => Ok(()),
            Payload::Unsigned | Payload::StreamingUnsignedTrailer if !expect.unsigned_payload => {
                Err(AuthError::PayloadNotSigned)
            }
            _ => Ok(()),
        }
    }

    /// Everything that [`check`](Self::check) looks at, and the signature.
    ///
    /// A payload that [needs the body](Self::needs_body) never verifies while it is [`PayloadHash::NotRead`].
    pub fn verify(
        &self,
        request: &Request<'_>,
        body: PayloadHash,
        secret: &Secret<String>,
        expect: &Expect<'_>,
        keys: &KeyCache,
    ) -> Result<Verified, AuthError> {
        self.check(request, expect)?;
        let given = self.signature.ok_or(AuthError::Mismatch)?;
        let payload = self.payload(expect.rules);
        let hash = match (body, payload) {
            (PayloadHash::Sha256(hash), _) => hash,
            (PayloadHash::NotRead, Payload::Hashed) => return Err(AuthError::PayloadMismatch),
            (PayloadHash::NotRead, _) => [0; 32],
        };
        let text = canonical::request(request, &self.signed_headers, &payload.text(hash), expect.rules);
        let text = canonical::string_to_sign(&self.amz_date, self.scope(), &text);
        let (key, known) = match keys.get(self.key_scope(), secret) {
            Some(key) => (key, true),
            None => {
                let key = SigningKey::derive(secret, self.date(), self.region(), self.service());
                (Arc::new(key), false)
            }
        };
        if !bool::from(key.sign(&text).ct_eq(&given)) {
            return Err(AuthError::Mismatch);
        }
        if !known {
            // Only now: strangers must not be able to push good keys out.
            keys.remember(self.key_scope(), &key);
        }
        let signed_stream = matches!(payload, Payload::StreamingSigned | Payload::StreamingSignedTrailer);
        Ok(Verified {
            owed: owed(payload, body)?,
            chain: signed_stream.then(|| ChunkChain::new(key, &self.amz_date, self.scope(), &given)),
        })
    }

    /// The canonical request as we derive it, for people who look for a difference.
    pub fn explain(&self, request: &Request<'_>, body: PayloadHash, rules: Rules) -> String {
        let hash = match body {
            PayloadHash::Sha256(hash) => hash,
            PayloadHash::NotRead => [0; 32],
        };
        let payload = self.payload(rules).text(hash);
        let text = canonical::request(request, &self.signed_headers, &payload, rules);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn check_time(&self, expect: &Expect<'_>) -> Result<(), AuthError> {
        let (signed, now) = (self.signed_at, expect.now);
        let lives_secs = self.expires_secs.unwrap_or(expect.max_skew_secs);
        if now.since(signed) > i64::from(lives_secs) * 1000 {
            return Err(AuthError::Expired {
                signed,
                now,
                window_secs: lives_secs,
            });
        }
        if signed.since(now) > i64::from(expect.max_skew_secs) * 1000 {
            return Err(AuthError::NotYetCurrent {
                signed,
                now,
                window_secs: expect.max_skew_secs,
            });
        }
        Ok(())
    }

    /// The host must be signed, so that no request works elsewhere, and whatever the services give a meaning to.
    fn check_signed_headers(&self, request: &Request<'_>) -> Result<(), AuthError> {
        let signed =
            |name: &str| canonical::names(&self.signed_headers).any(|s| s.eq_ignore_ascii_case(name.as_bytes()));
        if !signed("host") {
            return Err(AuthError::NotSigned("host".into()));
        }
        for (name, _) in request.headers {
            let ours = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
            if ours && !signed(name) && !COVERED_ANYWAY.iter().any(|c| c.eq_ignore_ascii_case(name)) {
                return Err(AuthError::NotSigned(clip(&name.to_ascii_lowercase())));
            }
        }
        match canonical::names(&self.signed_headers).find(|name| request.values(name).next().is_none()) {
            Some(absent) => Err(AuthError::SignedHeaderAbsent(clip(&String::from_utf8_lossy(absent)))),
            None => Ok(()),
        }
    }

    fn check_scope(&self, expect: &Expect<'_>) -> Result<(), AuthError> {
        let day_differs = self.amz_date.get(..8) != Some(self.date());
        let service = expect
            .services
            .first()
            .filter(|_| !expect.services.contains(&self.service()));
        let faults = ScopeFaults {
            region: (!expect.regions.contains(&self.region())).then(|| clip(self.region())),
            service: service.map(|s| (*s).to_owned()),
            terminator: (self.terminator() != TERMINATOR).then(|| clip(self.terminator())),
            date: day_differs.then(|| (clip(self.date()), self.amz_date.clone())),
        };
        if faults.is_empty() {
            Ok(())
        } else {
            Err(AuthError::WrongScope(Box::new(faults)))
        }
    }
}

fn owed(payload: Payload, body: PayloadHash) -> Result<Owed, AuthError> {
    match (payload, body) {
        (Payload::Declared(declared), PayloadHash::NotRead) => Ok(Owed::Sha256(declared)),
        (Payload::Declared(declared), PayloadHash::Sha256(hash)) if declared != hash => Err(AuthError::PayloadMismatch),
        (Payload::Hashed | Payload::Unsigned | Payload::Declared(_), _) => Ok(Owed::Nothing),
        (
            streaming
            @ (Payload::StreamingUnsignedTrailer | Payload::StreamingSigned | Payload::StreamingSignedTrailer),
            _,
        ) => Ok(Owed::Chunks(streaming)),
    }
}
