//! What stands in frames: changes in the log, rows in an image.

use super::bytes::{Bytes, put_bytes, put_number, put_version};
use crate::Revision;
use crate::backend::{SealedBatch, SealedChange, StoredRow};
use base::Timestamp;

/// One change, as read from the log.
pub(super) struct LoggedChange<'a> {
    pub(super) row: StoredRow<'a>,
    /// The version it ended, where that is not in the same segment.
    pub(super) before: Option<(Revision, Timestamp, &'a [u8])>,
}

const AFTER: u8 = 1;
const BEFORE: u8 = 2;

/// Versions written before `segment` began go into the log once more when they end, so that a segment tells by itself
/// what its records were before.
pub(super) fn put_change(out: &mut Vec<u8>, batch: &SealedBatch, change: &SealedChange, segment: Revision) {
    let after = batch.after(change);
    let before = change.before().filter(|(rev, _)| *rev < segment);
    put_bytes(out, change.table.as_bytes());
    put_bytes(out, change.key.as_bytes());
    put_version(out, change.rev, change.at);
    out.push(if after.is_some() { AFTER } else { 0 } | if before.is_some() { BEFORE } else { 0 });
    if let Some(record) = after {
        put_bytes(out, record);
    }
    if let Some((rev, at)) = before {
        let mut record = Vec::new();
        change.encode_before(&mut record);
        put_version(out, rev, at);
        put_bytes(out, &record);
    }
}

pub(super) fn take_change<'a>(from: &mut Bytes<'a>) -> Option<LoggedChange<'a>> {
    let (table, key) = (from.text()?, from.bytes()?);
    let (rev, at) = from.version()?;
    let has = from.byte()?;
    let record = if has & AFTER == 0 { None } else { Some(from.bytes()?) };
    let before = match has & BEFORE {
        0 => None,
        _ => from.version().and_then(|(rev, at)| Some((rev, at, from.bytes()?))),
    };
    Some(LoggedChange {
        row: StoredRow {
            table,
            key,
            rev,
            at,
            record,
        },
        before,
    })
}

/// Rows in an image: `table` once for each frame, then these.
pub(super) fn put_row(out: &mut Vec<u8>, key: &[u8], rev: Revision, at: Timestamp, encode: impl FnOnce(&mut Vec<u8>)) {
    put_bytes(out, key);
    put_version(out, rev, at);
    // The length of the record stands before it, in a form whose own length is known beforehand.
    let place = out.len();
    out.extend_from_slice(&[0; 4]);
    encode(out);
    let len = u32::try_from(out.len() - place - 4).expect("a record is far below 4 GiB");
    out[place..place + 4].copy_from_slice(&len.to_le_bytes());
}

pub(super) fn take_row<'a>(table: &'a str, from: &mut Bytes<'a>) -> Option<StoredRow<'a>> {
    let key = from.bytes()?;
    let (rev, at) = from.version()?;
    let (len, rest) = from.0.split_first_chunk()?;
    let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    from.0 = rest;
    Some(StoredRow {
        table,
        key,
        rev,
        at,
        record: Some(record),
    })
}

/// What the last frame of an image says: how many rows came before it, and when the newest commit was.
pub(super) fn put_end(out: &mut Vec<u8>, rows: u64, at: Timestamp) {
    put_number(out, rows);
    out.extend_from_slice(&at.0.to_le_bytes());
}

pub(super) fn take_end(mut from: Bytes<'_>) -> Option<(u64, Timestamp)> {
    let rows = from.number()?;
    Some((rows, Timestamp(i64::from_le_bytes(from.0.try_into().ok()?))))
}
