//! Frames: how a file tells what was written whole from what was cut off or spoiled.
//!
//! A frame is 24 bytes of head (mark, length and checksum of the body, first revision, how many follow it) and a body.
//! The checksum covers the rest of the head too.

use crate::Revision;
use std::io::{self, Read};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A batch in the log.
    Batch,
    /// Rows of an image.
    Rows,
    /// The last frame of an image: without it the image is not whole.
    End,
}

impl Mark {
    const ALL: [Mark; 3] = [Mark::Batch, Mark::Rows, Mark::End];

    fn bytes(self) -> [u8; 4] {
        *match self {
            Mark::Batch => b"\xf4GtB",
            Mark::Rows => b"\xf4GtR",
            Mark::End => b"\xf4GtE",
        }
    }
}

const HEAD: usize = 24;

/// More zeros than this at the end of a file were not left by a crash.
const MAX_ROOM: u64 = 128 << 20;

/// Appends one frame to `out`; `fill` appends its body.
pub(super) fn put(out: &mut Vec<u8>, mark: Mark, first: Revision, last: Revision, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    fill(out);
    let (head, body) = out[start..].split_at_mut(HEAD);
    let len = u32::try_from(body.len()).expect("the limits of a batch keep it far below 4 GiB");
    let more = u32::try_from(last.0 - first.0).expect("a batch has fewer than 2^32 commits");
    head[0..4].copy_from_slice(&mark.bytes());
    head[4..8].copy_from_slice(&len.to_le_bytes());
    head[12..20].copy_from_slice(&first.0.to_le_bytes());
    head[20..24].copy_from_slice(&more.to_le_bytes());
    let sum = checksum(head, body);
    head[8..12].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(head: &[u8], body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&head[0..8]);
    sum.update(&head[12..24]);
    sum.update(body);
    sum.finalize()
}

pub(super) struct Frame<'a> {
    pub(super) mark: Mark,
    pub(super) first: Revision,
    pub(super) last: Revision,
    pub(super) body: &'a [u8],
}

pub(super) enum Next<'a> {
    Frame(Frame<'a>),
    /// The file ends where a frame ends, or has nothing but zeros from there on: room made ahead, and not used.
    End,
    /// What follows is not a whole frame.
    Broken,
}

/// Reads a file frame by frame.
pub(super) struct Frames<R> {
    file: R,
    /// Where the next frame begins.
    pub(super) at: u64,
    size: u64,
    buffer: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// `at` is where `file` stands already.
    pub(super) fn new(file: R, at: u64, size: u64) -> Self {
        Frames {
            file,
            at,
            size,
            buffer: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let left = self.size - self.at;
        if left == 0 {
            return Ok(Next::End);
        }
        self.buffer.resize(HEAD.min(usize::try_from(left).unwrap_or(HEAD)), 0);
        self.file.read_exact(&mut self.buffer)?;
        let Some((mark, len)) = head(&self.buffer) else {
            return Ok(if self.only_zeros_are_left()? {
                Next::End
            } else {
                Next::Broken
            });
        };
        if len as u64 > left - HEAD as u64 {
            return Ok(Next::Broken);
        }
        self.buffer.resize(HEAD + len, 0);
        self.file.read_exact(&mut self.buffer[HEAD..])?;
        match whole(&self.buffer, mark) {
            Some(frame) => {
                self.at += (HEAD + len) as u64;
                Ok(Next::Frame(frame))
            }
            None => Ok(Next::Broken),
        }
    }

    /// What is in the buffer counts too, and what is read stays there.
    fn only_zeros_are_left(&mut self) -> io::Result<bool> {
        if self.buffer.iter().any(|b| *b != 0) {
            return Ok(false);
        }
        self.file.by_ref().take(MAX_ROOM).read_to_end(&mut self.buffer)?;
        Ok(self.buffer.iter().all(|b| *b == 0) && self.buffer.len() as u64 == self.size - self.at)
    }

    /// After a broken frame: whether a whole one follows somewhere. Then it was not cut off by a crash.
    pub(super) fn more_follows(mut self) -> io::Result<bool> {
        let mut rest = std::mem::take(&mut self.buffer);
        self.file.read_to_end(&mut rest)?;
        Ok(memchr::memchr_iter(Mark::Batch.bytes()[0], &rest)
            .skip_while(|at| *at == 0)
            .any(|at| {
                let rest = &rest[at..];
                rest.get(..HEAD)
                    .and_then(head)
                    .is_some_and(|(mark, len)| rest.get(..HEAD + len).is_some_and(|frame| whole(frame, mark).is_some()))
            }))
    }
}

fn head(bytes: &[u8]) -> Option<(Mark, usize)> {
    let bytes = bytes.get(..HEAD)?;
    let mark = Mark::ALL.into_iter().find(|mark| bytes[0..4] == mark.bytes())?;
    Some((mark, u32::from_le_bytes(bytes[4..8].try_into().ok()?) as usize))
}

fn whole(bytes: &[u8], mark: Mark) -> Option<Frame<'_>> {
    let (head, body) = bytes.split_at(HEAD);
    if u32::from_le_bytes(head[8..12].try_into().ok()?) != checksum(head, body) {
        return None;
    }
    let first = Revision(u64::from_le_bytes(head[12..20].try_into().ok()?));
    let more = u32::from_le_bytes(head[20..24].try_into().ok()?);
    Some(Frame {
        mark,
        first,
        last: Revision(first.0 + u64::from(more)),
        body,
    })
}
