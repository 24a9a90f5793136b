//! Opening: the newest image, then the segments behind it, then what a crash left is cleared away.

use super::bytes::Bytes;
use super::entry::take_change;
use super::files::{self, UNFINISHED, image_name, segment_name};
use super::frame::{Frames, Mark, Next};
use super::{Log, Segment, image};
use crate::backend::StoredRow;
use crate::disk::Disk;
use crate::gate::lock;
use crate::{OpenError, Revision};
use base::Timestamp;
use std::io;
use std::path::PathBuf;

type EachRow<'a> = dyn FnMut(StoredRow<'_>) -> Result<(), OpenError> + 'a;

pub(super) fn open<D: Disk>(log: &mut Log<D>, row: &mut EachRow<'_>) -> Result<(Revision, Timestamp), OpenError> {
    let failed = |doing| move |source: io::Error| OpenError::Disk { doing, source };
    let disk = log.disk.clone();
    let held = disk.lock().map_err(failed("locking the store"))?;
    log.held = Some(held.ok_or_else(|| OpenError::InUse { dir: PathBuf::new() })?);
    let names = disk.list().map_err(failed("listing the store"))?;
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
        disk.remove(name).map_err(failed("removing an unfinished image"))?;
    }
    let mut newest = (Revision(0), Timestamp(0));
    if let Some((&rev, older)) = files::revisions(&names, "image-").split_last() {
        let (at, size) = image::read(&*disk, rev, row)?;
        newest = (rev, at);
        log.image = (rev, size);
        for old in older {
            disk.remove(&image_name(*old))
                .map_err(failed("removing an old image"))?;
        }
    }
    let firsts = files::revisions(&names, "log-");
    for (i, &first) in firsts.iter().enumerate() {
        let last = i + 1 == firsts.len();
        let needed = firsts.get(i + 1).is_none_or(|next| *next > newest.0.next());
        if !needed {
            // History reads it; only how it begins is looked at now.
            if let Some(opened) = files::open(&*disk, &segment_name(first))? {
                keep(log, first, opened.at, opened.size);
            }
            continue;
        }
        read_segment(log, first, last, &mut newest, row)?;
    }
    Ok(newest)
}

fn keep<D>(log: &Log<D>, first: Revision, first_at: Timestamp, size: u64) {
    lock(&log.segments).0.push_back(Segment { first, first_at, size });
}

/// Tells what a segment says that is newer than `newest`, and moves that on.
fn read_segment<D: Disk>(
    log: &mut Log<D>,
    first: Revision,
    last: bool,
    newest: &mut (Revision, Timestamp),
    row: &mut EachRow<'_>,
) -> Result<(), OpenError> {
    let name = segment_name(first);
    let damaged = |what: &str| OpenError::Damaged {
        what: format!("{name}: {what}"),
    };
    let failed = |doing| move |source: io::Error| OpenError::Disk { doing, source };
    if first > newest.0.next() {
        return Err(damaged(&format!("commits are missing from {} on", newest.0.next())));
    }
    let Some(opened) = files::open(&*log.disk, &name)? else {
        // A crash while it began: its beginning is synced before anything is put behind it.
        let size = log.disk.size(&name).map_err(failed("reading the log"))?;
        return match last && first == newest.0.next() && size <= files::beginning_len() {
            true => log.disk.remove(&name).map_err(failed("removing an unfinished segment")),
            false => Err(damaged("its beginning is not whole")),
        };
    };
    if opened.rev != first {
        return Err(damaged("it begins with another revision than its name says"));
    }
    let first_at = opened.at;
    let mut frames = Frames::new(opened.file, files::beginning_len(), opened.size);
    let torn = loop {
        match frames.next().map_err(failed("reading the log"))? {
            Next::End => break false,
            Next::Broken => break true,
            Next::Frame(frame) if frame.mark != Mark::Batch => return Err(damaged("a frame is not one of a log")),
            Next::Frame(frame) if frame.last <= newest.0 => {} // in the image already
            Next::Frame(frame) => {
                if frame.first > newest.0.next() {
                    return Err(damaged(&format!("commits are missing from {} on", newest.0.next())));
                }
                let mut body = Bytes(frame.body);
                let mut at = newest.1;
                while !body.is_empty() {
                    let change = take_change(&mut body).ok_or_else(|| damaged("a batch is not readable"))?;
                    at = change.row.at;
                    if change.row.rev > newest.0 {
                        row(change.row)?;
                    }
                }
                *newest = (frame.last, at);
            }
        }
    };
    let size = frames.at;
    if torn {
        // One batch is in flight at a time, so a crash spoils the very last frame only.
        if !last || frames.more_follows().map_err(failed("reading the log"))? {
            return Err(damaged(&format!("it is spoiled at byte {size}")));
        }
    }
    keep(log, first, first_at, size);
    log.since_image += size;
    if last {
        // Cut behind the last whole frame, and synced: the crash may have come between a write and its sync.
        let mut tail = log.disk.grow(&name, size).map_err(failed("reopening the log"))?;
        tail.make_room_ahead();
        log.tail = Some(tail);
        log.turn_page = false;
    }
    Ok(())
}
