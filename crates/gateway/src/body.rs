//! Reading a body within bounds of size and time, and reading it away when nobody wants it.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::io::Read;
use std::time::Duration;

/// Bytes of an unwanted body that are read away, and how long that may take. A caller that still sends when the
/// connection is closed would see it break, and never the answer.
const AWAY_BYTES: usize = 13 << 20;
const AWAY_PATIENCE: Duration = Duration::from_secs(5);
/// A caller that pauses for longer waits for the answer.
const AWAY_PAUSE: Duration = Duration::from_millis(250);

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    TooLarge,
    TooSlow,
    /// The caller went away or broke the framing.
    Broken,
}

/// The whole body, when it has at most `limit` bytes and goes on arriving: no pause may be longer than `patience`.
pub async fn read(body: &mut Incoming, limit: usize, patience: Duration) -> Result<Bytes, Refused> {
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

/// Reads what is left of a body, within bounds, and forgets it.
pub async fn away(body: &mut Incoming) {
    let reading = async {
        let mut left = AWAY_BYTES;
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(AWAY_PAUSE, body.frame()).await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Whoever takes longer may miss the answer.
    let _ = tokio::time::timeout(AWAY_PATIENCE, reading).await;
}

/// What was packed with gzip, when it has at most `limit` bytes.
pub fn unzipped(packed: &[u8], limit: usize) -> Result<Bytes, Refused> {
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(limit as u64 + 1);
    reader.read_to_end(&mut unpacked).map_err(|_| Refused::Broken)?;
    if unpacked.len() > limit {
        return Err(Refused::TooLarge);
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zipped(plain: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_within_its_bound() {
        assert_eq!(unzipped(&zipped(b"hello"), 5).unwrap(), "hello");
        assert_eq!(unzipped(&zipped(b"hello"), 4), Err(Refused::TooLarge));
        assert_eq!(unzipped(&zipped(&vec![0; 20 << 20]), 1 << 20), Err(Refused::TooLarge));
        let two = [zipped(b"a"), zipped(b"b")].concat();
        assert_eq!(unzipped(&two, 9).unwrap(), "ab");
        let whole = zipped(b"hello");
        for bad in [&b"hello"[..], &whole[..whole.len() - 1], b""] {
            assert_eq!(unzipped(bad, 100), Err(Refused::Broken), "{bad:?}");
        }
    }
}
