//! Bodies on their way out, and in.

use crate::fault::{Code, Fault};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use images::content::{Blob, Source};
use sendfile::{Window, load};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The body of an answer.
#[derive(Debug)]
pub struct Body(Inner);

#[derive(Debug)]
enum Inner {
    Whole(Option<Bytes>),
    Blob(Reading),
    Windows(Windows),
}

/// A part of a blob that the kernel sends from where it lies. All that is done here is to have it in the kernel's memory
/// first, so that no thread that serves others waits for the disk.
#[derive(Debug)]
struct Windows {
    window: Window,
    at: usize,
    loading: Option<JoinHandle<io::Result<()>>>,
}

/// A part of a blob, read piece by piece by threads that may wait for the disk.
#[derive(Debug)]
struct Reading {
    blob: Blob,
    at: u64,
    to: u64,
    underway: Option<JoinHandle<io::Result<Bytes>>>,
}

/// How much of a blob is in memory for one answer.
const PIECE: u64 = 256 * 1024;
/// How much the kernel is asked to send at once. It is in its memory, not in this process'.
const STRIDE: usize = 8 << 20;
/// What is read of a body that was refused: one part of an upload as clients send them, and some more.
const MOST_READ_AWAY: usize = 16 << 20;
const READ_AWAY_FOR: Duration = Duration::from_secs(5);
/// A window costs two calls to the kernel; what is smaller than this is better read.
const WORTH_A_WINDOW: u64 = 32 * 1024;

impl Body {
    pub fn empty() -> Self {
        Body(Inner::Whole(None))
    }

    pub fn whole(bytes: Bytes) -> Self {
        Body(Inner::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }

    /// From one byte of a blob up to, and without, another one; by the kernel, if the connection knows how.
    pub fn blob(blob: Blob, from: u64, to: u64, by_kernel: bool) -> Self {
        match &blob.source {
            Source::Memory(all) => {
                // What is in memory fits into memory, and so do its bounds.
                return Body::whole(all.slice(from as usize..to as usize));
            }
            Source::File(file) if by_kernel && to - from >= WORTH_A_WINDOW => {
                let len = usize::try_from(to - from).ok();
                let window = len.and_then(|len| Window::open(Arc::clone(file), from, len).ok());
                if let Some(window) = window {
                    let (at, loading) = (0, None);
                    return Body(Inner::Windows(Windows { window, at, loading }));
                }
            }
            Source::File(_) => {}
        }
        Body(Inner::Blob(Reading {
            blob,
            at: from,
            to,
            underway: None,
        }))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = match &mut self.get_mut().0 {
            Inner::Whole(bytes) => bytes.take().map(Ok),
            Inner::Blob(reading) => ready!(reading.next(cx)),
            Inner::Windows(windows) => ready!(windows.next(cx)),
        };
        Poll::Ready(next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Whole(bytes) => bytes.is_none(),
            Inner::Blob(reading) => reading.at == reading.to,
            Inner::Windows(windows) => windows.at == windows.window.len(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.0 {
            Inner::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Inner::Blob(reading) => reading.to - reading.at,
            Inner::Windows(windows) => (windows.window.len() - windows.at) as u64,
        })
    }
}

impl Reading {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.at == self.to {
            return Poll::Ready(None);
        }
        let (blob, at, bytes) = (&self.blob, self.at, (self.to - self.at).min(PIECE));
        let underway = self.underway.get_or_insert_with(|| {
            let blob = blob.clone();
            tokio::task::spawn_blocking(move || blob.range(at, bytes))
        });
        let read = ready!(Pin::new(underway).poll(cx)).unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()));
        self.underway = None;
        match &read {
            Ok(bytes) => self.at += bytes.len() as u64,
            Err(_) => self.at = self.to,
        }
        Poll::Ready(Some(read))
    }
}

impl Windows {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let stride = (self.window.len() - self.at).min(STRIDE);
        if stride == 0 {
            return Poll::Ready(None);
        }
        if self.loading.is_none() && !self.window.is_loaded(self.at, stride) {
            let (file, from) = self.window.place(self.at);
            self.loading = Some(tokio::task::spawn_blocking(move || load(&file, from, stride)));
        }
        if let Some(loading) = &mut self.loading {
            let loaded =
                ready!(Pin::new(loading).poll(cx)).unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()));
            self.loading = None;
            if let Err(error) = loaded {
                self.at = self.window.len();
                return Poll::Ready(Some(Err(error)));
            }
        }
        let bytes = self.window.bytes(self.at, stride);
        self.at += stride;
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// What must come while patience lasts: who sends a byte now and then only holds a place that others wait for.
const WORTH_WAITING_FOR: usize = 256 * 1024;

/// Patience with a body, of which some is left.
pub struct Pace {
    patience: Duration,
    left: Duration,
    bytes: usize,
}

impl Pace {
    pub fn of(patience: Duration) -> Self {
        Pace {
            patience,
            left: patience,
            bytes: 0,
        }
    }

    /// The next piece of a body that keeps the pace; `None` at its end.
    pub async fn next<B>(&mut self, body: &mut B) -> Result<Option<Bytes>, Fault>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
        B::Error: std::fmt::Display,
    {
        let asked = Instant::now();
        let piece = next(body, self.left).await?;
        self.left = self.left.saturating_sub(asked.elapsed());
        self.bytes += piece.as_ref().map_or(0, Bytes::len);
        if self.bytes >= WORTH_WAITING_FOR {
            *self = Pace::of(self.patience);
        }
        Ok(piece)
    }
}

/// The next piece of a request's body; `None` at its end.
pub async fn next<B>(body: &mut B, patience: Duration) -> Result<Option<Bytes>, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        let frame = tokio::time::timeout(patience, body.frame()).await;
        let frame = frame.map_err(|_| Fault::new(408, Code::BlobUploadInvalid, "the body did not go on"))?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => {
                tracing::debug!(%error, "a body broke off");
                return Err(Fault::new(400, Code::SizeInvalid, "the body broke off"));
            }
            Some(Ok(frame)) => match frame.into_data() {
                Ok(bytes) if !bytes.is_empty() => return Ok(Some(bytes)),
                _ => {}
            },
        }
    }
}

/// Who is refused while sending sees the connection break and not the answer, unless what is left is read. So some of it
/// is, for a while.
pub async fn read_away<B>(body: &mut B)
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let reading = async {
        let mut left = MOST_READ_AWAY;
        while let Ok(Some(bytes)) = next(body, READ_AWAY_FOR).await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(READ_AWAY_FOR, reading).await; // then the connection breaks
}

/// A whole body of at most so many bytes.
pub async fn whole<B>(mut body: B, most: usize, patience: Duration) -> Result<Bytes, Fault>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let too_large = || Fault::new(413, Code::SizeInvalid, format!("a manifest has at most {most} bytes"));
    if body.size_hint().lower() > most as u64 {
        return Err(too_large());
    }
    let (mut whole, mut pace) = (Vec::new(), Pace::of(patience));
    while let Some(bytes) = pace.next(&mut body).await? {
        if whole.len() + bytes.len() > most {
            return Err(too_large());
        }
        whole.extend_from_slice(&bytes);
    }
    Ok(whole.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use tokio::sync::mpsc;

    struct Trickle(mpsc::Receiver<Bytes>);

    impl http_body::Body for Trickle {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let piece = ready!(self.0.poll_recv(cx));
            Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
        }
    }

    /// What comes of pieces with a pause before each that is shorter than the patience.
    async fn taken(piece: Bytes, pieces: usize) -> Result<usize, Fault> {
        let (send, coming) = mpsc::channel(1);
        tokio::spawn(async move {
            for _ in 0..pieces {
                tokio::time::sleep(Duration::from_millis(10)).await;
                if send.send(piece.clone()).await.is_err() {
                    return;
                }
            }
        });
        let (mut body, mut bytes) = (Trickle(coming), 0);
        let mut pace = Pace::of(Duration::from_secs(1));
        while let Some(piece) = pace.next(&mut body).await? {
            bytes += piece.len();
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_body_that_only_trickles_is_not_waited_for() {
        let fault = taken(Bytes::from_static(b"x"), 1000)
            .await
            .expect_err("it takes ten times the patience");
        assert!(fault.message().contains("did not go on"), "{}", fault.message());
        let piece = Bytes::from(vec![7; WORTH_WAITING_FOR]);
        let all = taken(piece, 20).await.expect("each piece is worth waiting for");
        assert_eq!(all, 20 * WORTH_WAITING_FOR);
    }
}
