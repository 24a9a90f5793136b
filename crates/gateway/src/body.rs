//! Reading a body within bounds of size and time.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::Duration;

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    TooLarge,
    TooSlow,
    /// The caller went away or broke the framing.
    Broken,
}

/// The whole body, when it has at most `limit` bytes and goes on arriving: no pause may be longer than `patience`.
pub async fn read(mut body: Incoming, limit: usize, patience: Duration) -> Result<Bytes, Refused> {
    // A body that says it is too long is refused before a byte of it is held.
    if body.size_hint().lower() > limit as u64 {
        return Err(Refused::TooLarge);
    }
    let mut first = Bytes::new();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = tokio::time::timeout(patience, body.frame())
        .await
        .map_err(|_| Refused::TooSlow)?
    {
        let Ok(data) = frame.map_err(|_| Refused::Broken)?.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.len() > limit {
            return Err(Refused::TooLarge);
        }
        if first.is_empty() && rest.is_empty() {
            first = data; // most bodies are one frame, which is not copied
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.into() })
}
