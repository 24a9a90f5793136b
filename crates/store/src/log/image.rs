//! The whole state in one file, so that a restart need not read the whole log.

use super::bytes::{Bytes, put_bytes};
use super::entry::{put_end, put_row, take_end, take_row};
use super::files::{self, UNFINISHED, image_name};
use super::frame::{self, Frames, Mark, Next};
use crate::backend::StoredRow;
use crate::disk::Disk;
use crate::{OpenError, Revision, View};
use base::Timestamp;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

const FRAME: usize = 256 << 10;
/// Synced at every so many bytes: one big sync would hold up those of the log.
const STRETCH: usize = 4 << 20;

/// Writes the image of `state`; answers with its size. Gives up when `stop` says so.
pub(super) fn write(disk: &dyn Disk, state: &View, stop: &AtomicBool) -> io::Result<u64> {
    let name = image_name(state.rev);
    let unfinished = format!("{name}{UNFINISHED}");
    let mut file = files::begin(disk, &unfinished, state.rev, state.at)?;
    let (mut rows, mut size, mut unsynced) = (0, files::beginning_len(), 0);
    let mut out = Vec::with_capacity(FRAME + FRAME / 4);
    for (def, table) in state.each_table() {
        let mut all = table.peekable();
        while all.peek().is_some() {
            if stop.load(Ordering::Relaxed) {
                return Err(io::Error::other("the store is closing"));
            }
            out.clear();
            frame::put(&mut out, Mark::Rows, state.rev, state.rev, |out| {
                put_bytes(out, def.name.as_bytes());
                while out.len() < FRAME
                    && let Some((key, row)) = all.next()
                {
                    put_row(out, key.as_bytes(), row.rev, row.at, |out| {
                        (def.encode)(&row.record, out)
                    });
                    rows += 1;
                }
            });
            file.append(&out)?;
            size += out.len() as u64;
            unsynced += out.len();
            if unsynced >= STRETCH {
                file.sync()?;
                unsynced = 0;
            }
        }
    }
    out.clear();
    frame::put(&mut out, Mark::End, state.rev, state.rev, |out| {
        put_end(out, rows, state.at)
    });
    file.append(&out)?;
    file.sync()?;
    disk.rename(&unfinished, &name)?;
    Ok(size + out.len() as u64)
}

/// Tells the rows of an image; answers with when it was made and its size.
pub(super) fn read(
    disk: &dyn Disk,
    rev: Revision,
    row: &mut dyn FnMut(StoredRow<'_>) -> Result<(), OpenError>,
) -> Result<(Timestamp, u64), OpenError> {
    let name = image_name(rev);
    let damaged = || OpenError::Damaged {
        what: format!("{name} is not whole"),
    };
    let opened = files::open(disk, &name)?
        .filter(|opened| opened.rev == rev)
        .ok_or_else(damaged)?;
    let mut frames = Frames::new(opened.file, files::beginning_len(), opened.size);
    let mut rows = 0;
    loop {
        let next = frames.next().map_err(|source| OpenError::Disk {
            doing: "reading the image",
            source,
        })?;
        let Next::Frame(frame) = next else {
            return Err(damaged());
        };
        let mut body = Bytes(frame.body);
        match frame.mark {
            Mark::Rows => {
                let table = body.text().ok_or_else(damaged)?;
                while !body.is_empty() {
                    row(take_row(table, &mut body).ok_or_else(damaged)?)?;
                    rows += 1;
                }
            }
            Mark::End => {
                let (wanted, at) = take_end(body).ok_or_else(damaged)?;
                return if wanted == rows {
                    Ok((at, opened.size))
                } else {
                    Err(damaged())
                };
            }
            Mark::Batch => return Err(damaged()),
        }
    }
}
