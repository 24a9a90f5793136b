//! The words in which AWS says no, as its JSON services put them.

use super::error::{AuthError, ScopeFaults};
use super::{ALGORITHM, TERMINATOR};
use std::fmt;

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
                write!(f, "Authorization={}", ALGORITHM)
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
                ALGORITHM
            ),
            AuthError::OutdatedScheme => write!(
                f,
                "The authorization mechanism you have provided is not supported. Please use {}.",
                ALGORITHM
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
                super::parse::MAX_EXPIRY_SECS
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

impl ScopeFaults {
    pub(super) fn text(&self, name_region: bool) -> String {
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
                TERMINATOR
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
