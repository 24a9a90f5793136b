//! Every way in which a request can fail to prove who sent it, and how AWS says so.
//!
//! Codes and statuses follow what the services really answer: awsJson services put every one of these under 400, the
//! query and REST services use 403, EC2 has names of its own and tells strangers little.

use crate::{Fault, Protocol};
use base::Timestamp;
use std::fmt;

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

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthError::MissingToken => f.write_str("Missing Authentication Token"),
            AuthError::NotKeyValue { part, header } => write!(
                f,
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
            ),
            AuthError::MissingParts { parts, date } => {
                for part in parts {
                    write!(f, "Authorization header requires '{part}' parameter. ")?;
                }
                if *date {
                    f.write_str(
                        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
                    )?;
                }
                write!(f, "Authorization={}", super::ALGORITHM)
            }
            AuthError::MissingParameters(parts) => {
                for part in parts {
                    write!(f, "AWS query-string parameters must include '{part}'. ")?;
                }
                f.write_str("Re-examine the query-string parameters.")
            }
            AuthError::Repeated(what) => write!(f, "'{what}' must not occur more than once in a request."),
            AuthError::TwoClaims => f.write_str(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                 Signature query string parameter or the Authorization header should be specified",
            ),
            AuthError::TooLong(what) => write!(f, "The {what} of the request is too long."),
            AuthError::UnsupportedAlgorithm(named) => write!(
                f,
                "Unsupported AWS 'algorithm': '{named}' (only {} for now). ",
                super::ALGORITHM
            ),
            AuthError::OutdatedScheme => write!(
                f,
                "The authorization mechanism you have provided is not supported. Please use {}.",
                super::ALGORITHM
            ),
            AuthError::BadDate(got) => write!(
                f,
                "Date must be in ISO-8601 'basic format'. Got '{got}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ),
            AuthError::BadCredential(got) => write!(
                f,
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{got}'"
            ),
            AuthError::BadExpiry(got) => write!(
                f,
                "X-Amz-Expires must be a number of seconds between 1 and {}, got '{got}'",
                super::claim::MAX_EXPIRY_SECS
            ),
            AuthError::BadPayloadHash => f.write_str(
                "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                 STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            ),
            AuthError::NotSigned(header) => {
                write!(f, "{} must be a 'SignedHeader' in the AWS Authorization.", quoted(header))
            }
            AuthError::SignedHeaderAbsent(header) => {
                write!(f, "The signature covers the header '{header}', which the request does not have.")
            }
            AuthError::WrongScope(faults) => f.write_str(&faults.text(false)),
            AuthError::Expired { signed, now, window_secs } => write!(
                f,
                "Signature expired: {} is now earlier than {} ({} - {})",
                signed.basic(),
                now.plus_millis(-i64::from(*window_secs) * 1000).basic(),
                now.basic(),
                span(*window_secs)
            ),
            AuthError::NotYetCurrent { signed, now, window_secs } => write!(
                f,
                "Signature not yet current: {} is still later than {} ({} + {})",
                signed.basic(),
                now.plus_millis(i64::from(*window_secs) * 1000).basic(),
                now.basic(),
                span(*window_secs)
            ),
            AuthError::PayloadNotSigned => {
                f.write_str("This request must sign its payload; 'x-amz-content-sha256' says that it does not.")
            }
            AuthError::Mismatch => f.write_str(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
                 Access Key and signing method. Consult the service documentation for details.",
            ),
            AuthError::PayloadMismatch => {
                f.write_str("The provided 'x-amz-content-sha256' header does not match what was computed.")
            }
            AuthError::UnknownAccessKey | AuthError::InvalidSessionToken => {
                f.write_str("The security token included in the request is invalid.")
            }
            AuthError::ExpiredSessionToken => f.write_str("The security token included in the request is expired"),
        }
    }
}

impl std::error::Error for AuthError {}

impl ScopeFaults {
    pub(super) fn is_empty(&self) -> bool {
        *self == ScopeFaults::default()
    }

    fn text(&self, name_region: bool) -> String {
        let mut text = String::new();
        if let Some(region) = &self.region {
            text += "Credential should be scoped to a valid region";
            if name_region {
                text += &format!(", not '{region}'");
            }
            text += ". ";
        }
        if let Some(service) = &self.service {
            text += &format!("Credential should be scoped to correct service: '{service}'. ");
        }
        if let Some(terminator) = &self.terminator {
            text += &format!(
                "Credential should be scoped with a valid terminator: '{}', not '{terminator}'. ",
                super::TERMINATOR
            );
        }
        if let Some((date, time)) = &self.date {
            let day = time.get(..8).unwrap_or(time);
            text += &format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{date}' != '{day}', from '{time}'. "
            );
        }
        text
    }
}

fn quoted(header: &str) -> String {
    match header {
        "host" => "'Host' or ':authority'".into(),
        other => format!("'{other}'"),
    }
}

/// `15 min.`, or seconds when it is no whole number of minutes.
fn span(secs: u32) -> String {
    match (secs / 60, secs % 60) {
        (min, 0) => format!("{min} min."),
        _ => format!("{secs} sec."),
    }
}

/// As much of what a stranger sent as is fit to be sent back.
pub(super) fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(256).collect()
}
