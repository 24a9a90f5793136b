//! A connection that knows windows when it sees them.

use crate::window::place;
use rustix::fs::sendfile;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// A TCP connection over which the kernel sends windows.
#[derive(Debug)]
pub struct Wire(TcpStream);

/// Said of a request that came over a [`Wire`]: its answer may be made of windows.
#[derive(Clone, Copy, Debug)]
pub struct ByKernel;

/// What one call is asked to send: others have their turn in between.
const MOST_AT_ONCE: usize = 4 << 20;

impl Wire {
    pub fn new(stream: TcpStream) -> Self {
        Wire(stream)
    }

    /// Sends the beginning of a window.
    fn send(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        let place = place(bytes)?;
        let most = bytes.len().min(MOST_AT_ONCE);
        loop {
            match self.0.poll_write_ready(cx) {
                Poll::Pending => return Some(Poll::Pending),
                Poll::Ready(Err(e)) => return Some(Poll::Ready(Err(e))),
                Poll::Ready(Ok(())) => {}
            }
            let mut offset = place.offset;
            let sent = self.0.try_io(Interest::WRITABLE, || {
                Ok(sendfile(&self.0, &*place.file, Some(&mut offset), most)?)
            });
            match sent {
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Ok(0) => return Some(Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()))),
                sent => return Some(Poll::Ready(sent)),
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.send(cx, bytes) {
            Some(sent) => sent,
            None => Pin::new(&mut self.0).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Some(first) = slices.iter().position(|slice| !slice.is_empty()) else {
            return Poll::Ready(Ok(0));
        };
        if let Some(sent) = self.send(cx, &slices[first]) {
            return Poll::Ready(Ok(ready!(sent)?));
        }
        // What comes before the next window, in one go.
        let next = slices[first..].iter().position(|slice| place(slice).is_some());
        let end = next.map_or(slices.len(), |next| first + next);
        Pin::new(&mut self.0).poll_write_vectored(cx, &slices[first..end])
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
