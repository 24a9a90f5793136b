//! The parts of a claim, each from the text that it came as.

use super::error::clip;
use super::{ALGORITHM, AuthError, MAX_SIGNED_HEADERS, Payload, canonical, hex};
use base::Timestamp;

/// A presigned URL may live for a week.
pub const MAX_EXPIRY_SECS: u32 = 7 * 24 * 3600;

pub fn check_algorithm(named: &str) -> Result<(), AuthError> {
    match named {
        ALGORITHM => Ok(()),
        "AWS" | "AWS3" | "AWS3-HTTPS" => Err(AuthError::OutdatedScheme),
        _ => Err(AuthError::UnsupportedAlgorithm(clip(named))),
    }
}

/// Where the first four of five parts end. Slashes behind the fifth are overlooked, as AWS does.
pub fn read_credential(text: &str) -> Result<[usize; 4], AuthError> {
    let bad = || AuthError::BadCredential(clip(text));
    let body = text.trim_end_matches('/');
    let mut slashes = body.match_indices('/').map(|(at, _)| at);
    let mut ends = [0; 4];
    let mut start = 0;
    for end in &mut ends {
        *end = slashes.next().ok_or_else(bad)?;
        if *end == start {
            return Err(bad());
        }
        start = *end + 1;
    }
    if slashes.next().is_some() || body.len() > 1024 {
        return Err(bad());
    }
    Ok(ends)
}

/// Lowercase, sorted, each name once; a request that gave them otherwise is heard all the same.
pub fn read_signed_headers(text: &str) -> Result<String, AuthError> {
    let (mut count, mut last, mut in_order) = (0, b"".as_slice(), true);
    for name in canonical::names(text) {
        in_order &= last < name; // which an empty name never is
        last = name;
        count += 1;
    }
    if count > MAX_SIGNED_HEADERS {
        return Err(AuthError::TooLong("list of signed headers"));
    }
    if in_order && !text.bytes().any(|c| c.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    let lower = text.to_ascii_lowercase();
    let mut names: Vec<&str> = lower.split(';').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.join(";"))
}

/// The text that is signed and the time it tells: ISO 8601's basic form, or that of an HTTP date.
pub fn read_date(text: &str) -> Result<(String, Timestamp), AuthError> {
    if let Some(at) = Timestamp::parse_basic(text) {
        return Ok((text.to_owned(), at));
    }
    // An HTTP date ends in GMT, but RFC 5322 has more names for the same zone, and clients use them.
    let bare = [" GMT", " UTC", " +0000", " -0000"]
        .iter()
        .find_map(|zone| text.strip_suffix(zone));
    bare.filter(|bare| bare.is_ascii())
        .and_then(|bare| Timestamp::parse_http_date(&format!("{bare} GMT")))
        .map(|at| (at.basic(), at))
        .ok_or_else(|| AuthError::BadDate(clip(text)))
}

pub fn read_expiry(text: &str) -> Result<u32, AuthError> {
    let all_digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|secs| all_digits && (1..=MAX_EXPIRY_SECS).contains(secs))
        .ok_or_else(|| AuthError::BadExpiry(clip(text)))
}

pub fn read_payload(declared: Option<&str>) -> Result<Payload, AuthError> {
    match declared {
        None => Ok(Payload::Hashed),
        Some("UNSIGNED-PAYLOAD") => Ok(Payload::Unsigned),
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER") => Ok(Payload::StreamingUnsignedTrailer),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") => Ok(Payload::StreamingSigned),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") => Ok(Payload::StreamingSignedTrailer),
        Some(text) => hex::decode(text.as_bytes())
            .map(Payload::Declared)
            .ok_or(AuthError::BadPayloadHash),
    }
}
