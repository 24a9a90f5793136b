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

/// How fast a body comes at least.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub bytes: usize,
    pub within: Duration,
}

/// The whole body, when it has at most `limit` bytes and goes on arriving: no pause may be longer than `patience`, and if
/// there is a pace it must be kept.
pub async fn read<B>(body: &mut B, limit: usize, patience: Duration, pace: Option<Pace>) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    // A body that says it is too long is refused before a byte of it is held.
    if body.size_hint().lower() > limit as u64 {
        return Err(Refused::TooLarge);
    }
    let mut taken = Taken::default();
    let step = pace.map_or(usize::MAX, |pace| pace.bytes);
    loop {
        let some = taken.some(body, limit, patience, step);
        let is_whole = match pace {
            None => some.await?,
            Some(pace) => tokio::time::timeout(pace.within, some)
                .await
                .map_err(|_| Refused::TooSlow)??,
        };
        if is_whole {
            return Ok(taken.whole());
        }
    }
}

/// What has come of a body.
#[derive(Default)]
struct Taken {
    /// Most bodies are one frame, which is not copied.
    first: Bytes,
    rest: Vec<u8>,
}

impl Taken {
    /// Takes in about so many bytes; true if the body ended before.
    async fn some<B>(&mut self, body: &mut B, limit: usize, patience: Duration, most: usize) -> Result<bool, Refused>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let mut left = most;
        while left > 0 {
            let frame = tokio::time::timeout(patience, body.frame()).await;
            let Some(frame) = frame.map_err(|_| Refused::TooSlow)? else {
                return Ok(true);
            };
            let Ok(data) = frame.map_err(|_| Refused::Broken)?.into_data() else {
                continue;
            };
            if self.first.len() + self.rest.len() + data.len() > limit {
                return Err(Refused::TooLarge);
            }
            left = left.saturating_sub(data.len());
            if self.first.is_empty() && self.rest.is_empty() {
                self.first = data;
            } else {
                if self.rest.is_empty() {
                    self.rest.extend_from_slice(&std::mem::take(&mut self.first));
                }
                self.rest.extend_from_slice(&data);
            }
        }
        Ok(false)
    }

    fn whole(self) -> Bytes {
        match self.rest.is_empty() {
            true => self.first,
            false => self.rest.into(),
        }
    }
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
    use http_body_util::Full;
    use std::convert::Infallible;
    use std::io::Write;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    fn zipped(plain: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    /// A frame at a time; it may stop, and never ends by itself.
    struct Slow {
        frames: usize,
    }

    impl Body for Slow {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
            match self.frames.checked_sub(1) {
                None => Poll::Pending,
                Some(left) => {
                    self.frames = left;
                    Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&[7; 100])))))
                }
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_falls_behind_its_pace_is_not_waited_for() {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        let pace = |bytes: usize| Pace {
            bytes,
            within: Duration::from_millis(50),
        };
        let behind = read(&mut Slow { frames: 3 }, 10_000, HOUR, Some(pace(200))).await;
        assert_eq!(behind, Err(Refused::TooSlow));
        // Who keeps it is heard out.
        let kept = read(&mut Slow { frames: 200 }, 10_000, HOUR, Some(pace(200))).await;
        assert_eq!(kept, Err(Refused::TooLarge));
        let whole = read(&mut Full::new(Bytes::from_static(b"hello")), 10, HOUR, Some(pace(2))).await;
        assert_eq!(whole.unwrap(), "hello");
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
