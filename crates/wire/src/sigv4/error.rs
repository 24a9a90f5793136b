//! Every way in which a request can fail to prove who sent it, and how AWS says so.
//!
//! Codes and statuses follow what the services really answer: awsJson services put every one of these under 400, the
//! query and REST services use 403, EC2 has names of its own and tells strangers little.

use crate::{Fault, Protocol};
use base::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// The request says nothing about who sent it.
    MissingToken,
    /// A part of the `Authorization` header without an equals sign.
    NotKeyValue {
        part: String,
        header: String,
    },
    /// The `Authorization` header lacks these parameters, or the request its date.
    MissingParts {
        parts: Vec<&'static str>,
        date: bool,
    },
    /// A presigned URL lacks these parameters.
    MissingParameters(Vec<&'static str>),
    /// Something that may occur once occurs more often.
    Repeated(&'static str),
    /// Both a header and query parameters claim to sign this request.
    TwoClaims,
    /// Longer than we read.
    TooLong(&'static str),
    /// SigV4A, or something that does not exist.
    UnsupportedAlgorithm(String),
    /// The signature versions before 4.
    OutdatedScheme,
    BadDate(String),
    BadCredential(String),
    /// `X-Amz-Expires` is not a number between a second and a week.
    BadExpiry(String),
    /// `x-amz-content-sha256` is neither a hash nor one of the agreed words.
    BadPayloadHash,
    /// A header that must be covered by the signature is not.
    NotSigned(String),
    /// A header that the signature covers did not arrive.
    SignedHeaderAbsent(String),
    /// The credential scope is for somewhere or something else.
    WrongScope(Box<ScopeFaults>),
    /// Signed too long ago.
    Expired {
        signed: Timestamp,
        now: Timestamp,
        window_secs: u32,
    },
    /// Signed in the future.
    NotYetCurrent {
        signed: Timestamp,
        now: Timestamp,
        window_secs: u32,
    },
    /// The service insists that the payload is signed.
    PayloadNotSigned,
    /// The signature is not the one that the secret makes.
    Mismatch,
    /// The body is not the one whose hash was signed.
    PayloadMismatch,
    /// Nobody has this access key, or it is inactive. For the caller, who knows the keys.
    UnknownAccessKey,
    /// The session token is missing from a temporary key's request, or is not the one given out. For the caller.
    InvalidSessionToken,
    /// The temporary credentials are past their end. For the caller.
    ExpiredSessionToken,
}

/// What is wrong with a credential scope; AWS names all of it at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeFaults {
    /// The region that was named.
    pub region: Option<String>,
    /// The service that it should have been.
    pub service: Option<String>,
    /// The terminator that was named.
    pub terminator: Option<String>,
    /// The date that was named, and the request's time.
    pub date: Option<(String, String)>,
}

/// What AWS calls it, per kind of service.
enum Kind {
    Missing,
    Incomplete,
    Invalid,
    Expired,
    UnknownKey,
    ExpiredToken,
}

impl AuthError {
    /// The fault as the services of this protocol word it.
    pub fn fault(&self, protocol: Protocol) -> Fault {
        use Kind::*;
        let kind = self.kind();
        let message = self.message(protocol);
        match protocol {
            Protocol::Ec2Query => {
                let (code, status) = match kind {
                    Missing => ("MissingParameter", 400),
                    Expired | ExpiredToken => ("RequestExpired", 400),
                    Incomplete | Invalid | UnknownKey => ("AuthFailure", 401),
                };
                Fault::common(code, status, message)
            }
            Protocol::Query => {
                let (code, status) = match kind {
                    Missing => ("MissingAuthenticationToken", 403),
                    Incomplete => ("IncompleteSignature", 400),
                    Invalid | Expired => ("SignatureDoesNotMatch", 403),
                    UnknownKey => ("InvalidClientTokenId", 403),
                    ExpiredToken => ("ExpiredToken", 403),
                };
                Fault::common(code, status, message)
            }
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson | Protocol::RpcV2Cbor => {
                let code = match kind {
                    Missing => "MissingAuthenticationTokenException",
                    Incomplete => "IncompleteSignatureException",
                    Invalid | Expired => "InvalidSignatureException",
                    UnknownKey => "UnrecognizedClientException",
                    ExpiredToken => "ExpiredTokenException",
                };
                let status = if protocol == Protocol::RestJson { 403 } else { 400 };
                Fault::common(code, status, message)
            }
        }
    }

    fn kind(&self) -> Kind {
        use AuthError::*;
        match self {
            MissingToken => Kind::Missing,
            NotKeyValue { .. } | MissingParts { .. } | MissingParameters(_) | Repeated(_) | TwoClaims | TooLong(_) => {
                Kind::Incomplete
            }
            UnsupportedAlgorithm(_)
            | OutdatedScheme
            | BadDate(_)
            | BadCredential(_)
            | BadExpiry(_)
            | BadPayloadHash => Kind::Incomplete,
            NotSigned(_) | SignedHeaderAbsent(_) | WrongScope(_) | PayloadNotSigned | Mismatch | PayloadMismatch => {
                Kind::Invalid
            }
            Expired { .. } | NotYetCurrent { .. } => Kind::Expired,
            UnknownAccessKey | InvalidSessionToken => Kind::UnknownKey,
            ExpiredSessionToken => Kind::ExpiredToken,
        }
    }

    fn message(&self, protocol: Protocol) -> String {
        match (self, protocol) {
            (AuthError::MissingToken, Protocol::Query) => "Request is missing Authentication Token".into(),
            (AuthError::MissingToken, Protocol::Ec2Query) => {
                "The request must contain the parameter AWSAccessKeyId".into()
            }
            // The query services still name the region that was wrong; the others no longer do.
            (AuthError::WrongScope(faults), Protocol::Query) => faults.text(true),
            (_, Protocol::Ec2Query) => match self.kind() {
                Kind::Invalid | Kind::UnknownKey => {
                    "AWS was not able to validate the provided access credentials".into()
                }
                Kind::Expired | Kind::ExpiredToken => "Request has expired.".into(),
                Kind::Missing | Kind::Incomplete => self.to_string(),
            },
            _ => self.to_string(),
        }
    }
}

impl std::error::Error for AuthError {}

impl ScopeFaults {
    pub(super) fn is_empty(&self) -> bool {
        *self == ScopeFaults::default()
    }
}

/// As much of what a stranger sent as is fit to be sent back.
pub(super) fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}
