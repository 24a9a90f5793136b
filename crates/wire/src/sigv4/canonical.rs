//! The one text that signer and verifier derive from a request.
//!
//! The path is taken as it stands on the request line and, by the common rules, encoded once more, as AWS's own
//! clients do. The query is decoded and encoded anew, so that `a+b`, `a b` and `a%20b` are one and the same.

use super::hex::{digit, encode};
use super::{ALGORITHM, Request, Rules};
use sha2::{Digest, Sha256};

/// The query parameter that cannot cover itself.
const SIGNATURE_PARAMETER: &[u8] = b"X-Amz-Signature";

/// The canonical request. `signed` are header names: lowercase, sorted, joined by semicolons.
pub fn request(request: &Request<'_>, signed: &str, payload: &str, rules: Rules) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(request.method.as_bytes());
    out.push(b'\n');
    write_path(&mut out, request.path, rules);
    out.push(b'\n');
    write_query(&mut out, request.query);
    out.push(b'\n');
    write_headers(&mut out, request, signed);
    out.push(b'\n');
    out.extend_from_slice(signed.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

/// What the signing key signs. `scope` is `date/region/service/aws4_request`.
pub fn string_to_sign(amz_date: &str, scope: &str, canonical_request: &[u8]) -> Vec<u8> {
    let digest = encode(&Sha256::digest(canonical_request).into());
    let mut out = Vec::with_capacity(192);
    for line in [ALGORITHM, amz_date, scope] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(&digest);
    out
}

fn write_path(out: &mut Vec<u8>, path: &str, rules: Rules) {
    if path.is_empty() || path == "/" {
        out.push(b'/');
        return;
    }
    if rules == Rules::S3 {
        out.extend_from_slice(path.as_bytes());
        return;
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    if path.starts_with('/') {
        out.push(b'/');
    }
    for (i, segment) in kept.iter().enumerate() {
        if i > 0 {
            out.push(b'/');
        }
        for byte in segment.bytes() {
            write_encoded(out, byte);
        }
    }
    if path.ends_with('/') && !kept.is_empty() {
        out.push(b'/');
    }
}

/// Sorted by name, then value; every name with its `=`; without the signature that a presigned URL carries.
fn write_query(out: &mut Vec<u8>, query: &str) {
    if query.is_empty() {
        return;
    }
    // All pairs stand in one buffer, encoded; what is sorted are their places.
    let mut text = Vec::with_capacity(query.len() + query.len() / 2);
    let mut places = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let start = text.len();
        write_recoded(&mut text, name);
        let middle = text.len();
        write_recoded(&mut text, value);
        places.push((start, middle, text.len()));
    }
    let mut pairs: Vec<(&[u8], &[u8])> = places.iter().map(|&(s, m, e)| (&text[s..m], &text[m..e])).collect();
    pairs.sort_unstable();
    let mut first = true;
    for (name, value) in pairs.into_iter().filter(|(name, _)| *name != SIGNATURE_PARAMETER) {
        if !first {
            out.push(b'&');
        }
        first = false;
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

/// The names in a list of signed headers. Over bytes, since they are many and short.
pub fn names(signed: &str) -> impl Iterator<Item = &[u8]> {
    signed.as_bytes().split(|c| *c == b';')
}

/// Each name with its values joined by commas, white space folded.
fn write_headers(out: &mut Vec<u8>, request: &Request<'_>, signed: &str) {
    for name in names(signed) {
        out.extend_from_slice(name);
        out.push(b':');
        for (i, value) in request.values(name).enumerate() {
            if i > 0 {
                out.push(b',');
            }
            for (j, word) in value.split_ascii_whitespace().enumerate() {
                if j > 0 {
                    out.push(b' ');
                }
                out.extend_from_slice(word.as_bytes());
            }
        }
        out.push(b'\n');
    }
}

/// Query text decoded and encoded anew. A percent sign that begins no escape stands for itself.
fn write_recoded(out: &mut Vec<u8>, text: &str) {
    decode(text, |byte| write_encoded(out, byte));
}

/// Hands on the bytes that a part of a query stands for.
pub fn decode(text: &str, mut each: impl FnMut(u8)) {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        each(match (first, tail) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
}

/// One byte as RFC 3986 wants it: the unreserved stand for themselves.
pub fn write_encoded(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
        _ => out.extend_from_slice(&[b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    }
}
