//! The kernel's ear: messages of type-length-value, and a socket that asks and hears at once.
//!
//! Own and small, because the rules need it anyway (no well-kept crate with a fitting licence speaks nftables' NAT),
//! and because a blocking socket answers within the call that sends: no runtime, no waiting, nothing to time out.
//!
//! Must never know: what a link or a rule is for.

pub mod conntrack;
mod dump;
pub mod link;
pub mod nft;
pub mod tunnel;

pub use dump::{Attributes, Reply};

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, sockopt};
use std::io;
use std::os::fd::OwnedFd;

const REQUEST: u16 = 1;
const ACK: u16 = 4;
pub const DUMP: u16 = 0x300;
pub const CREATE: u16 = 0x400;
pub const EXCLUSIVE: u16 = 0x200;
pub const REPLACE: u16 = 0x100;
pub const APPEND: u16 = 0x800;
const NESTED: u16 = 0x8000;
const HEADER: usize = 16;
const MESSAGE_ERROR: u16 = 2;
const MESSAGE_DONE: u16 = 3;
/// All that one call may send; a table with 20,000 published ports fits.
const SEND_BYTES: usize = 4 << 20;

/// Messages to be sent with one call. What is appended goes into the message begun last.
#[derive(Default)]
pub struct Messages {
    bytes: Vec<u8>,
    /// Where the last message begins.
    last: usize,
    count: u32,
}

/// A place in [`Messages`] whose length is written when it ends.
#[must_use]
pub struct Open(usize);

impl Messages {
    /// Begins a message with its fixed part; sequence numbers are given when sent.
    pub fn begin(&mut self, kind: u16, flags: u16, fixed: &[u8]) -> &mut Self {
        self.finish();
        self.last = self.bytes.len();
        self.count += 1;
        self.bytes.extend_from_slice(&0u32.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(&(flags | REQUEST).to_ne_bytes());
        self.bytes.extend_from_slice(&[0; 8]);
        self.bytes.extend_from_slice(fixed);
        self
    }

    pub fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let length = u16::try_from(4 + value.len()).expect("callers cut what they send into attributes below 64 KiB");
        self.bytes.extend_from_slice(&length.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    pub fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// In the machine's order, as the routing family wants numbers.
    pub fn u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// In the network's order, as the netfilter family wants numbers.
    pub fn be32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub fn nest(&mut self, kind: u16) -> Open {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&0u16.to_ne_bytes());
        self.bytes.extend_from_slice(&(kind | NESTED).to_ne_bytes());
        Open(at)
    }

    pub fn end(&mut self, open: Open) -> &mut Self {
        let length = u16::try_from(self.bytes.len() - open.0).expect("callers cut what they nest below 64 KiB");
        self.bytes[open.0..open.0 + 2].copy_from_slice(&length.to_ne_bytes());
        self
    }

    /// A fixed part in the middle of a message: a nested header.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn finish(&mut self) {
        if self.count > 0 {
            let length = u32::try_from(self.bytes.len() - self.last).expect("bounded by SEND_BYTES");
            self.bytes[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
        }
    }

    /// Numbers the messages and marks which of them are to be acknowledged.
    fn number(&mut self, first: u32, acknowledged: impl Fn(u32) -> bool) {
        self.finish();
        let (mut at, mut index) = (0, 0);
        while at < self.bytes.len() {
            if acknowledged(index) {
                let flags = u16::from_ne_bytes([self.bytes[at + 6], self.bytes[at + 7]]) | ACK;
                self.bytes[at + 6..at + 8].copy_from_slice(&flags.to_ne_bytes());
            }
            self.bytes[at + 8..at + 12].copy_from_slice(&(first.wrapping_add(index)).to_ne_bytes());
            let length = &self.bytes[at..at + 4];
            at += u32::from_ne_bytes(length.try_into().expect("four bytes")) as usize;
            index += 1;
        }
    }
}

/// Which messages of a call the kernel acknowledges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acks {
    Each,
    /// All but the first and the last, which frame an nftables batch.
    Framed,
}

/// Belongs to the network namespace of the thread that opened it, for ever.
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

impl Socket {
    pub fn route() -> io::Result<Socket> {
        Socket::open(None)
    }

    pub fn netfilter() -> io::Result<Socket> {
        Socket::open(Some(netlink::NETFILTER))
    }

    fn open(protocol: Option<net::Protocol>) -> io::Result<Socket> {
        let fd = net::socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)?;
        net::bind(&fd, &netlink::SocketAddrNetlink::new(0, 0))?;
        // Only a large batch needs these, and root may; else the kernel's default stands and says so when it is short.
        let _ = sockopt::set_socket_send_buffer_size_force(&fd, SEND_BYTES);
        let _ = sockopt::set_socket_recv_buffer_size_force(&fd, SEND_BYTES);
        Ok(Socket {
            fd,
            sequence: 0,
            buffer: vec![0; 64 << 10],
        })
    }

    /// Each message stands for itself; the first that fails is the error, and later ones were still tried.
    pub fn tell(&mut self, messages: Messages) -> io::Result<()> {
        self.send(messages, Acks::Each)
    }

    /// All or nothing: an nftables batch, whose first and last message frame it.
    pub fn tell_batch(&mut self, messages: Messages) -> io::Result<()> {
        self.send(messages, Acks::Framed)
    }

    fn send(&mut self, mut messages: Messages, acks: Acks) -> io::Result<()> {
        let count = messages.count;
        if count == 0 {
            return Ok(());
        }
        let acknowledged = |index: u32| acks == Acks::Each || (index > 0 && index + 1 < count);
        let first = self.next(count);
        messages.number(first, acknowledged);
        self.write(&messages.bytes)?;
        let mut waiting = (0..count).filter(|index| acknowledged(*index)).count();
        let mut result = Ok(());
        while waiting > 0 {
            for reply in self.read()? {
                let Some(index) = reply.sequence.checked_sub(first).filter(|index| *index < count) else {
                    continue;
                };
                if let Some(error) = reply.error() {
                    if error != 0 && result.is_ok() {
                        result = Err(io::Error::from_raw_os_error(error));
                    }
                    // An error about the frame itself is the only answer to all of it.
                    waiting = if acknowledged(index) { waiting - 1 } else { 0 };
                }
            }
        }
        result
    }

    /// One question; the answers, which may be none.
    pub fn ask(&mut self, mut messages: Messages) -> io::Result<Vec<Reply>> {
        let dump = u16::from_ne_bytes([messages.bytes[6], messages.bytes[7]]) & DUMP == DUMP;
        let first = self.next(1);
        messages.number(first, |_| !dump);
        self.write(&messages.bytes)?;
        let mut replies = Vec::new();
        loop {
            for reply in self.read()?.into_iter().filter(|reply| reply.sequence == first) {
                match reply.error() {
                    Some(0) => return Ok(replies),
                    Some(error) => return Err(io::Error::from_raw_os_error(error)),
                    None if reply.kind == MESSAGE_DONE => return Ok(replies),
                    None => replies.push(reply),
                }
            }
        }
    }

    fn next(&mut self, count: u32) -> u32 {
        // Starts anew long before it would wrap, so that numbers of one call are always in a row.
        if self.sequence > u32::MAX / 2 {
            self.sequence = 0;
        }
        let first = self.sequence + 1;
        self.sequence += count;
        first
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        Ok(rustix::io::retry_on_intr(|| net::send(&self.fd, bytes, SendFlags::empty())).map(drop)?)
    }

    /// The kernel answers inside of our send, so nothing is ever waited for: silence is an error.
    fn read(&mut self) -> io::Result<Vec<Reply>> {
        let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        let length = rustix::io::retry_on_intr(|| net::recv(&self.fd, &mut self.buffer[..], flags)).map(|(_, len)| len);
        match length {
            Ok(length) if length <= self.buffer.len() => Ok(dump::split(&self.buffer[..length])),
            Ok(_) => Err(io::Error::other("a message longer than 64 KiB")),
            Err(Errno::AGAIN) => Err(io::Error::other("the kernel did not answer")),
            Err(error) => Err(error.into()),
        }
    }
}
