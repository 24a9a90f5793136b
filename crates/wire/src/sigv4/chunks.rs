//! Bodies in `aws-chunked` encoding: bytes in as they come, pieces of the payload out, no copy.
//!
//! ```text
//! 10000;chunk-signature=…CRLF  <64 KiB>CRLF  …  0;chunk-signature=…CRLF  name:valueCRLF  CRLF
//! ```
//!
//! Without signatures a chunk's header is its size alone. In a signed stream each signature covers the one before, so
//! chunks cannot be dropped, swapped or added.
//!
//! Pieces come out before the signature of their chunk is known to be good. Whoever takes them must be able to throw
//! them away until [`Step::End`].

use super::chain::ChunkChain;
use super::{Owed, Payload, Verified, hex};
use crate::Fault;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// What a decoder takes at most.
#[derive(Clone, Copy, Debug)]
pub struct ChunkLimits {
    /// All of the payload.
    pub payload_bytes: u64,
    /// One chunk's header line.
    pub header_bytes: usize,
    /// The whole trailer, and how many lines it has.
    pub trailer_bytes: usize,
    pub trailer_lines: usize,
}

impl ChunkLimits {
    pub const fn payload(payload_bytes: u64) -> Self {
        ChunkLimits {
            payload_bytes,
            header_bytes: 128,
            trailer_bytes: 4096,
            trailer_lines: 16,
        }
    }
}

/// What came of the input so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The next piece of the payload, never empty.
    Data(&'a [u8]),
    /// All input is used up.
    NeedMore,
    /// The payload is complete and, in a signed stream, true.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// Not what the encoding allows here.
    Malformed(&'static str),
    /// Beyond a limit.
    TooLong(&'static str),
    /// The payload is not as long as the request said.
    WrongLength,
    /// A chunk or the trailer is not signed by whom it should be.
    BadSignature,
    /// The stream ended before its end.
    Truncated,
}

/// A state machine; errors are final.
#[derive(Debug)]
pub struct ChunkDecoder {
    state: State,
    limits: ChunkLimits,
    expected_bytes: Option<u64>,
    payload_bytes: u64,
    line: Vec<u8>,
    signed: Option<Signed>,
    trailer: Option<Trailer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Data { left: u64 },
    DataEnd,
    Trailer,
    End,
    Failed,
}

#[derive(Debug)]
struct Signed {
    chain: ChunkChain,
    /// What the header of the running chunk gave.
    given: [u8; 32],
    hash: Sha256,
}

#[derive(Debug, Default)]
struct Trailer {
    lines: Vec<(String, String)>,
    bytes: usize,
    hash: Sha256,
    signature: Option<[u8; 32]>,
}

const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

impl ChunkDecoder {
    /// `None` when no stream is owed. `expected_bytes` is what `x-amz-decoded-content-length` said.
    pub fn new(verified: Verified, expected_bytes: Option<u64>, limits: ChunkLimits) -> Option<Self> {
        let Owed::Chunks(payload) = verified.owed else {
            return None;
        };
        let signed = verified.chain.map(|chain| Signed {
            chain,
            given: [0; 32],
            hash: Sha256::new(),
        });
        Some(ChunkDecoder {
            state: State::Header,
            limits,
            expected_bytes,
            payload_bytes: 0,
            line: Vec::new(),
            signed,
            trailer: (payload != Payload::StreamingSigned).then(Trailer::default),
        })
    }

    /// Takes from the front of `input` what makes the next step.
    pub fn step<'a>(&mut self, input: &mut &'a [u8]) -> Result<Step<'a>, ChunkError> {
        let result = self.advance(input);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    /// The input has ended: whether the payload has too.
    pub fn finish(&self) -> Result<(), ChunkError> {
        match self.state {
            State::End => Ok(()),
            _ => Err(ChunkError::Truncated),
        }
    }

    /// Names (lowercase) and values of the trailer; complete after [`Step::End`].
    pub fn trailer(&self) -> &[(String, String)] {
        self.trailer.as_ref().map_or(&[], |trailer| &trailer.lines)
    }

    fn advance<'a>(&mut self, input: &mut &'a [u8]) -> Result<Step<'a>, ChunkError> {
        loop {
            match self.state {
                State::Header => {
                    if !self.take_line(input, self.limits.header_bytes, "chunk header")? {
                        return Ok(Step::NeedMore);
                    }
                    self.state = match self.read_header()? {
                        0 => {
                            self.check_chunk()?;
                            State::Trailer
                        }
                        left => State::Data { left },
                    };
                }
                State::Data { left } => {
                    if input.is_empty() {
                        return Ok(Step::NeedMore);
                    }
                    let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let (piece, rest) = input.split_at(take);
                    *input = rest;
                    if let Some(signed) = &mut self.signed {
                        signed.hash.update(piece);
                    }
                    self.state = match left - take as u64 {
                        0 => State::DataEnd,
                        left => State::Data { left },
                    };
                    return Ok(Step::Data(piece));
                }
                State::DataEnd => {
                    if !self.take_line(input, 2, "end of a chunk")? {
                        return Ok(Step::NeedMore);
                    }
                    if !self.line.is_empty() {
                        return Err(ChunkError::Malformed("end of a chunk"));
                    }
                    self.check_chunk()?;
                    self.state = State::Header;
                }
                State::Trailer => {
                    if !self.take_line(input, self.limits.trailer_bytes, "trailer")? {
                        return Ok(Step::NeedMore);
                    }
                    if self.line.is_empty() {
                        self.check_end()?;
                        self.state = State::End;
                    } else {
                        self.read_trailer_line()?;
                    }
                }
                State::End if input.is_empty() => return Ok(Step::End),
                State::End => return Err(ChunkError::Malformed("bytes behind the end")),
                State::Failed => return Err(ChunkError::Malformed("already refused")),
            }
        }
    }

    /// Gathers a line until its CRLF, which is taken off. `false`: there is no whole line yet.
    fn take_line(&mut self, input: &mut &[u8], most: usize, what: &'static str) -> Result<bool, ChunkError> {
        let (piece, whole) = match input.iter().position(|c| *c == b'\n') {
            Some(at) => (&input[..=at], true),
            None => (*input, false),
        };
        // A line that fills its room without an end will never have a good one.
        if self.line.len() + piece.len() + usize::from(!whole) > most {
            return Err(ChunkError::TooLong(what));
        }
        self.line.extend_from_slice(piece);
        *input = &input[piece.len()..];
        if !whole {
            return Ok(false);
        }
        let length = self
            .line
            .strip_suffix(b"\r\n")
            .ok_or(ChunkError::Malformed(what))?
            .len();
        self.line.truncate(length);
        Ok(true)
    }

    /// The size that the header in `line` gives.
    fn read_header(&mut self) -> Result<u64, ChunkError> {
        let bad = || ChunkError::Malformed("chunk header");
        let line = std::mem::take(&mut self.line);
        let text = std::str::from_utf8(&line).map_err(|_| bad())?;
        let (size, extension) = match text.split_once(';') {
            Some((size, extension)) => (size, Some(extension)),
            None => (text, None),
        };
        if size.is_empty() || !size.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| ChunkError::TooLong("chunk"))?;
        self.payload_bytes = self
            .payload_bytes
            .checked_add(size)
            .ok_or(ChunkError::TooLong("payload"))?;
        if self.payload_bytes > self.limits.payload_bytes {
            return Err(ChunkError::TooLong("payload"));
        }
        if self
            .expected_bytes
            .is_some_and(|expected| self.payload_bytes > expected)
        {
            return Err(ChunkError::WrongLength);
        }
        match (&mut self.signed, extension.map(|e| e.strip_prefix("chunk-signature="))) {
            (None, None) => {}
            (Some(signed), Some(Some(signature))) => {
                signed.given = hex::decode(signature.as_bytes()).ok_or(ChunkError::BadSignature)?;
            }
            (Some(_), None) => return Err(ChunkError::BadSignature),
            (None, Some(_)) | (Some(_), Some(None)) => return Err(bad()),
        }
        Ok(size)
    }

    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let Some(signed) = &mut self.signed else { return Ok(()) };
        let hash = std::mem::take(&mut signed.hash).finalize().into();
        let ours = signed.chain.chunk(hash);
        match bool::from(ours.ct_eq(&signed.given)) {
            true => Ok(()),
            false => Err(ChunkError::BadSignature),
        }
    }

    fn read_trailer_line(&mut self) -> Result<(), ChunkError> {
        let bad = || ChunkError::Malformed("trailer");
        let line = std::mem::take(&mut self.line);
        let trailer = self.trailer.as_mut().ok_or_else(bad)?;
        trailer.bytes += line.len();
        if trailer.bytes > self.limits.trailer_bytes || trailer.lines.len() >= self.limits.trailer_lines {
            return Err(ChunkError::TooLong("trailer"));
        }
        let (name, value) = std::str::from_utf8(&line)
            .ok()
            .and_then(|t| t.split_once(':'))
            .ok_or_else(bad)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        if name.is_empty() || trailer.signature.is_some() {
            return Err(bad());
        }
        if name == TRAILER_SIGNATURE {
            trailer.signature = Some(hex::decode(value.as_bytes()).ok_or(ChunkError::BadSignature)?);
            return Ok(());
        }
        for part in [name.as_bytes(), b":", value.as_bytes(), b"\n"] {
            trailer.hash.update(part);
        }
        trailer.lines.push((name, value.to_owned()));
        Ok(())
    }

    fn check_end(&mut self) -> Result<(), ChunkError> {
        if self
            .expected_bytes
            .is_some_and(|expected| expected != self.payload_bytes)
        {
            return Err(ChunkError::WrongLength);
        }
        let (Some(signed), Some(trailer)) = (&mut self.signed, &mut self.trailer) else {
            return Ok(());
        };
        let ours = signed
            .chain
            .trailer(std::mem::take(&mut trailer.hash).finalize().into());
        match trailer.signature {
            Some(given) if bool::from(ours.ct_eq(&given)) => Ok(()),
            _ => Err(ChunkError::BadSignature),
        }
    }
}

impl ChunkError {
    /// The fault by the names that S3 has for these, since no other service takes streams.
    pub fn fault(&self) -> Fault {
        let (code, status) = match self {
            ChunkError::Malformed(_) => ("InvalidRequest", 400),
            ChunkError::TooLong(_) => ("EntityTooLarge", 400),
            ChunkError::WrongLength | ChunkError::Truncated => ("IncompleteBody", 400),
            ChunkError::BadSignature => ("SignatureDoesNotMatch", 403),
        };
        Fault::common(code, status, self.to_string())
    }
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChunkError::Malformed(what) => write!(f, "The body is not aws-chunked as it should be: {what}."),
            ChunkError::TooLong(what) => write!(f, "The {what} is too long."),
            ChunkError::WrongLength => {
                f.write_str("The body does not have the number of bytes given by x-amz-decoded-content-length.")
            }
            ChunkError::BadSignature => write!(f, "{}", super::AuthError::Mismatch),
            ChunkError::Truncated => f.write_str("The body ended before its last chunk."),
        }
    }
}

impl std::error::Error for ChunkError {}
