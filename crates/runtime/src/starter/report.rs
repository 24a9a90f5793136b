//! What starter and keeper say to each other, over a pair of sockets that the program's execution closes.
//!
//! A message is one packet: a letter, then fields with zero bytes between. A terminal comes with its descriptor.
//!
//! Must never know: what the words mean.

use rustix::fd::{AsFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType,
};
use std::io::{self, Error, ErrorKind, IoSlice, IoSliceMut};

/// Longer reasons are cut.
const MAX_MESSAGE_BYTES: usize = 8 * 1024;

pub enum Report {
    /// All stands but the program. The pid, when the container's first process is another than the starter.
    Ready {
        pid: Option<i32>,
        warnings: String,
    },
    /// The keeper's side of the container's terminal.
    Terminal(OwnedFd),
    Failed {
        step: String,
        text: String,
    },
    NotExecuted {
        code: i32,
        text: String,
    },
}

impl Report {
    pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
        let pair = rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok(pair)
    }

    /// None: the other side is closed.
    pub fn receive(socket: &OwnedFd) -> io::Result<Option<Report>> {
        receive(socket, RecvFlags::CMSG_CLOEXEC)
    }

    /// [`ErrorKind::WouldBlock`] when nothing was said.
    pub fn receive_now(socket: &OwnedFd) -> io::Result<Option<Report>> {
        receive(socket, RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT)
    }

    pub fn say_start(socket: &OwnedFd) -> io::Result<()> {
        rustix::net::send(socket, b"S", SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Answers when the keeper says so; an error when the keeper is gone.
    pub fn await_start(socket: &OwnedFd) -> io::Result<()> {
        let mut byte = [0u8; 1];
        match rustix::net::recv(socket, &mut byte, RecvFlags::empty())?.1 {
            1 => Ok(()),
            _ => Err(Error::new(ErrorKind::UnexpectedEof, "the keeper is gone")),
        }
    }
}

pub fn say(socket: &OwnedFd, report: &Report) -> io::Result<()> {
    let text = match report {
        Report::Ready { pid, warnings } => format!("R\0{}\0{warnings}", pid.unwrap_or(0)),
        Report::Terminal(_) => "T\0".to_owned(),
        Report::Failed { step, text } => format!("E\0{step}\0{text}"),
        Report::NotExecuted { code, text } => format!("X\0{code}\0{text}"),
    };
    let bytes = &text.as_bytes()[..text.len().min(MAX_MESSAGE_BYTES)];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds;
    if let Report::Terminal(master) = report {
        fds = [master.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&fds));
    }
    rustix::net::sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

fn receive(socket: &OwnedFd, flags: RecvFlags) -> io::Result<Option<Report>> {
    let mut buffer = [0u8; MAX_MESSAGE_BYTES];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        match rustix::net::recvmsg(socket, &mut [IoSliceMut::new(&mut buffer)], &mut control, flags) {
            Err(rustix::io::Errno::INTR) => {}
            // A starter that died without reading our word closes the socket like that.
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            other => break other?.bytes,
        }
    };
    if got == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&buffer[..got]);
    let mut fields = text.splitn(3, '\0');
    let nonsense = || Error::new(ErrorKind::InvalidData, "nonsense from the starter");
    let mut next = || fields.next().map(str::to_owned).ok_or_else(nonsense);
    Ok(Some(match next()?.as_str() {
        "R" => Report::Ready {
            pid: next()?.parse().ok().filter(|pid| *pid != 0),
            warnings: next()?,
        },
        "T" => {
            let master = control.drain().find_map(|message| match message {
                RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
                _ => None,
            });
            Report::Terminal(master.ok_or_else(nonsense)?)
        }
        "E" => Report::Failed {
            step: next()?,
            text: next()?,
        },
        "X" => Report::NotExecuted {
            code: next()?.parse().unwrap_or(126),
            text: next()?,
        },
        _ => return Err(nonsense()),
    }))
}
