//! Messages on a byte stream: four bytes of length, then the message.

use minicbor::{Decode, Encode};
use std::fmt;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest message that is sent or taken. A full set of tasks is sent in pieces below it.
pub const MOST_FRAME_BYTES: usize = 16 << 20;

/// One end of a stream of messages. Reading and writing halves work by themselves.
#[derive(Debug)]
pub struct Frames<S> {
    stream: S,
    buffer: Vec<u8>,
    most: usize,
}

/// Why a stream gives no further message.
#[derive(Debug)]
pub enum Broken {
    Io(io::Error),
    /// The other end closed, between two messages.
    Closed,
    TooLong {
        bytes: usize,
    },
    /// It is not a message of this protocol.
    Garbled(minicbor::decode::Error),
}

impl<S> Frames<S> {
    pub fn new(stream: S) -> Self {
        Frames {
            stream,
            buffer: Vec::new(),
            most: MOST_FRAME_BYTES,
        }
    }

    /// Sends and takes no message longer than this, where short ones are all there can be.
    pub fn at_most(self, most: usize) -> Self {
        Frames { most, ..self }
    }
}

impl<S: AsyncWrite + Unpin> Frames<S> {
    pub async fn send(&mut self, message: &impl Encode<()>) -> Result<(), Broken> {
        self.buffer.clear();
        self.buffer.extend([0; 4]);
        minicbor::encode(message, &mut self.buffer).expect("a vector takes whatever is written to it");
        let bytes = self.buffer.len() - 4;
        if bytes > self.most {
            return Err(Broken::TooLong { bytes });
        }
        let length = u32::try_from(bytes).expect("it is below the bound").to_be_bytes();
        self.buffer[..4].copy_from_slice(&length);
        self.stream.write_all(&self.buffer).await?;
        self.stream.flush().await?;
        self.buffer.shrink_to(64 << 10);
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> Frames<S> {
    /// The next message. Not to be dropped half way: what was read is then lost.
    pub async fn receive<T: for<'b> Decode<'b, ()>>(&mut self) -> Result<T, Broken> {
        let mut length = [0; 4];
        match self.stream.read_exact(&mut length).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Broken::Closed),
            Err(error) => return Err(error.into()),
        }
        let bytes = u32::from_be_bytes(length) as usize;
        if bytes > self.most {
            return Err(Broken::TooLong { bytes });
        }
        self.buffer.clear();
        // Grows with what really comes, whatever the length says.
        let mut limited = (&mut self.stream).take(bytes as u64);
        let got = limited.read_to_end(&mut self.buffer).await?;
        if got < bytes {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let message = minicbor::decode(&self.buffer).map_err(Broken::Garbled);
        self.buffer.shrink_to(64 << 10);
        message
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Broken::Io(error)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Io(_) => f.write_str("the session's stream failed"),
            Broken::Closed => f.write_str("the other end closed the session"),
            Broken::TooLong { bytes } => write!(f, "a message has {bytes} bytes, which is more than is taken"),
            Broken::Garbled(_) => f.write_str("a message does not follow the protocol"),
        }
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Broken::Io(error) => Some(error),
            Broken::Garbled(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Down, Hello, Up};
    use tokio::io::duplex;

    #[tokio::test]
    async fn what_is_sent_arrives_in_order() {
        let (a, b) = duplex(64);
        let (mut node, mut server) = (Frames::new(a), Frames::new(b));
        let hello = Up::Hello(Box::new(Hello {
            cluster: "c".repeat(1000),
            ..Default::default()
        }));
        let sent = hello.clone();
        let sending = tokio::spawn(async move {
            node.send(&sent).await?;
            node.send(&Up::Beat).await
        });
        assert_eq!(server.receive::<Up>().await.expect("the first"), hello);
        assert_eq!(server.receive::<Up>().await.expect("the second"), Up::Beat);
        sending.await.expect("no panic").expect("both are sent");
        assert!(matches!(server.receive::<Up>().await, Err(Broken::Closed)));
    }

    #[tokio::test]
    async fn nonsense_is_refused_and_never_believed() {
        use tokio::io::AsyncWriteExt;
        let told = async |bytes: &[u8]| {
            let (mut a, b) = duplex(64);
            a.write_all(bytes).await.expect("it fits the pipe");
            drop(a);
            Frames::new(b).receive::<Down>().await
        };
        assert!(matches!(told(&[0xff; 4]).await, Err(Broken::TooLong { .. })));
        assert!(matches!(told(&[0, 0, 0, 2, 0xff, 0xff]).await, Err(Broken::Garbled(_))));
        assert!(matches!(told(&[0, 0, 1, 0, 1]).await, Err(Broken::Io(_))));
        assert!(matches!(told(&[]).await, Err(Broken::Closed)));
    }
}
