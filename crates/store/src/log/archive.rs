//! Reads the past from the log. It walks over the segments; there is no index, since only people ask.

use super::bytes::Bytes;
use super::entry::take_change;
use super::files::{self, disk_error, segment_name};
use super::frame::{Frames, Next};
use super::{Segment, Segments};
use crate::backend::{Archive, DiskError, PastChange, PastVersion};
use crate::disk::Disk;
use crate::gate::lock;
use crate::{Key, Revision};
use base::Timestamp;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};

pub(super) struct LogArchive<D> {
    pub(super) disk: Arc<D>,
    pub(super) segments: Arc<Mutex<Segments>>,
}

impl<D: Disk> Archive for LogArchive<D> {
    fn versions(&self, table: &str, key: &Key, since: Timestamp, limit: usize) -> Result<Vec<PastVersion>, DiskError> {
        let segments: Vec<Segment> = lock(&self.segments).0.iter().copied().collect();
        let mut newest_first: Vec<PastVersion> = Vec::new();
        for segment in segments.into_iter().rev() {
            let found = self
                .in_segment(segment, table, key)
                .map_err(disk_error("reading the log"))?;
            for version in found.into_iter().rev() {
                // What a segment says was before it, the one before may say too.
                if newest_first.last().is_none_or(|newer| version.rev < newer.rev) {
                    newest_first.push(version);
                }
            }
            if newest_first.len() >= limit || segment.first_at < since {
                break;
            }
        }
        newest_first.truncate(limit);
        Ok(newest_first)
    }

    fn changes(
        &self,
        tables: &[&str],
        from: Revision,
        each: &mut dyn FnMut(PastChange<'_>) -> bool,
    ) -> Result<(), DiskError> {
        let segments: Vec<Segment> = lock(&self.segments).0.iter().copied().collect();
        let begin = segments.iter().rposition(|s| s.first.0 <= from.0 + 1).unwrap_or(0);
        for segment in &segments[begin.min(segments.len())..] {
            let told = self.tell_segment(*segment, tables, from, each);
            if !told.map_err(disk_error("reading the log"))? {
                break;
            }
        }
        Ok(())
    }

    fn before(&self, at: Timestamp) -> Revision {
        let segments = lock(&self.segments);
        let first = segments.0.iter().rev().find(|s| s.first_at < at).or(segments.0.front());
        Revision(first.map_or(0, |segment| segment.first.0 - 1))
    }

    fn oldest(&self) -> (Revision, Timestamp) {
        match lock(&self.segments).0.front() {
            Some(segment) if segment.first > Revision(1) => (Revision(segment.first.0 - 1), segment.first_at),
            _ => (Revision(0), Timestamp(i64::MIN)),
        }
    }
}

impl<D: Disk> LogArchive<D> {
    /// False when it was enough. A segment tells by itself what its records were before: what it says of a record first
    /// has that beside it, unless nothing was.
    fn tell_segment(
        &self,
        segment: Segment,
        tables: &[&str],
        from: Revision,
        each: &mut dyn FnMut(PastChange<'_>) -> bool,
    ) -> io::Result<bool> {
        let opened = match files::open(&*self.disk, &segment_name(segment.first)) {
            Ok(Some(opened)) => opened,
            _ => return Ok(true), // trimmed meanwhile: the caller looks how far history goes after this
        };
        let mut known: HashMap<(usize, Vec<u8>), Vec<u8>> = HashMap::new();
        let mut frames = Frames::new(opened.file, files::beginning_len(), opened.size);
        while let Next::Frame(frame) = frames.next()? {
            let mut body = Bytes(frame.body);
            while let Some(change) = take_change(&mut body) {
                let row = change.row;
                let Some(table) = tables.iter().position(|table| *table == row.table) else {
                    continue;
                };
                let place = (table, row.key.to_vec());
                let here = match row.record {
                    Some(record) => known.insert(place, record.to_vec()),
                    None => known.remove(&place),
                };
                let told = PastChange {
                    table: row.table,
                    key: row.key,
                    rev: row.rev,
                    at: row.at,
                    before: change.before.map(|(_, _, record)| record).or(here.as_deref()),
                    after: row.record,
                };
                if row.rev > from && !each(told) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Oldest first.
    fn in_segment(&self, segment: Segment, table: &str, key: &Key) -> io::Result<Vec<PastVersion>> {
        let mut found: Vec<PastVersion> = Vec::new();
        let opened = match files::open(&*self.disk, &segment_name(segment.first)) {
            Ok(Some(opened)) => opened,
            _ => return Ok(found), // trimmed meanwhile
        };
        let finder = memchr::memmem::Finder::new(key.as_bytes());
        let mut frames = Frames::new(opened.file, files::beginning_len(), opened.size);
        while let Next::Frame(frame) = frames.next()? {
            if finder.find(frame.body).is_none() {
                continue;
            }
            let mut body = Bytes(frame.body);
            while let Some(change) = take_change(&mut body) {
                if change.row.table != table || change.row.key != key.as_bytes() {
                    continue;
                }
                if let Some((rev, at, record)) = change.before
                    && found.last().is_none_or(|v| v.rev < rev)
                {
                    found.push(PastVersion {
                        rev,
                        at,
                        record: Some(record.to_vec()),
                    });
                }
                let (rev, at) = (change.row.rev, change.row.at);
                found.push(PastVersion {
                    rev,
                    at,
                    record: change.row.record.map(<[u8]>::to_vec),
                });
            }
        }
        Ok(found)
    }
}
