//! Answers on their way out: whole, or going on for as long as there is something to say.
//!
//! A stream is asked for its next event only when the connection has room for it, and ends with the connection; once
//! the door closes, it ends with a last message that says so.

use crate::AnnexBody;
use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};
use services::Events;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::watch;
use wire::codec::events;
use wire::{Protocol, Shape};

/// The body of an answer.
pub enum Out {
    Whole(Option<Bytes>),
    Stream(Box<Stream>),
    Annex(AnnexBody),
}

pub struct Stream {
    protocol: Protocol,
    /// What is said before any event.
    opening: Option<Bytes>,
    events: Events,
    closed: Pin<Box<dyn Future<Output = ()> + Send>>,
    ended: bool,
}

impl Out {
    pub fn stream(protocol: Protocol, opening: Vec<u8>, events: Events, mut closed: watch::Receiver<bool>) -> Self {
        Out::Stream(Box::new(Stream {
            protocol,
            opening: Some(opening.into()),
            events,
            closed: Box::pin(async move {
                // When nobody can close the door any more, it is closed.
                let _ = closed.wait_for(|closed| *closed).await;
            }),
            ended: false,
        }))
    }
}

impl Body for Out {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = match self.get_mut() {
            Out::Whole(bytes) => Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty())),
            Out::Stream(stream) => stream.next(cx),
            Out::Annex(body) => return Pin::new(body).poll_frame(cx),
        };
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Out::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Out::Stream(stream) => stream.ended,
            Out::Annex(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Out::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Out::Stream(_) => SizeHint::default(),
            Out::Annex(body) => body.size_hint(),
        }
    }
}

impl Stream {
    fn next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(opening) = self.opening.take() {
            return Poll::Ready(Some(opening));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        if self.closed.as_mut().poll(cx).is_ready() {
            self.ended = true;
            let last = events::broken("ServiceUnavailable", "The server is stopping.");
            return Poll::Ready(Some(last.into()));
        }
        let event = self.events.poll_next(cx);
        event.map(|event| {
            self.ended = event.is_none();
            Some(self.bytes(&*event?))
        })
    }

    fn bytes(&mut self, event: &dyn Shape) -> Bytes {
        let bytes = events::event(self.protocol, event);
        if bytes.len() <= events::MAX_BODY {
            return bytes.into();
        }
        self.ended = true;
        tracing::error!(bytes = bytes.len(), "an event is larger than any client takes");
        events::broken("InternalFailure", "An event was too large.").into()
    }
}

/// An answer's head, before its body.
pub fn head(status: u16, headers: Vec<(std::borrow::Cow<'static, str>, String)>) -> (http::StatusCode, HeaderMap) {
    let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        // A header that HTTP cannot carry (a line break in a message, say) is left out, the body still tells.
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(&*name), http::HeaderValue::try_from(value)) {
            map.append(name, value);
        }
    }
    (status, map)
}
