//! The journal: entries as they became durable, batch by batch.
//!
//! A batch is one frame: length and checksum of the body, then the body. A frame that is cut off or does not fit its
//! checksum ends the journal: nobody was told that what it held was kept.

use super::state::Entry;
use super::varint::{get, get_text, put, put_text, unzigzag, zigzag};
use base::Timestamp;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

const HEAD: usize = 8;
/// A batch is what waited, and that has a bound far below this.
const MAX_BODY: u32 = 1 << 30;

pub struct Journal {
    file: File,
    /// Bytes that are known to be good.
    pub len: u64,
    buffer: Vec<u8>,
}

impl Journal {
    /// Opens (or makes) a journal and tells every entry that it holds. What is cut off at its end is taken away.
    pub fn open(path: &Path, tell: &mut dyn FnMut(Entry)) -> io::Result<Self> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let all = file.metadata()?.len();
        let mut input = BufReader::with_capacity(1 << 20, &file);
        let mut len = 0;
        while let Some(body) = frame(&mut input, all - len)? {
            let mut rest = &body[..];
            while !rest.is_empty() {
                let Some(entry) = decode(&mut rest) else {
                    tracing::error!(journal = %path.display(), "an entry of the log journal does not read");
                    break;
                };
                tell(entry);
            }
            len += (HEAD + body.len()) as u64;
        }
        if len < all {
            tracing::info!(bytes = all - len, "the log journal ended in the middle of a batch");
            file.set_len(len)?;
            file.sync_data()?;
        }
        file.seek(SeekFrom::Start(len))?;
        Ok(Journal {
            file,
            len,
            buffer: Vec::new(),
        })
    }

    /// Makes a batch durable. When that fails the journal is as it was before; when even that fails, `Err(true)` of
    /// the inner kind says that it cannot be used any more.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), Broken> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&[0; HEAD]);
        entries.iter().for_each(|entry| encode(&mut self.buffer, entry));
        let (head, body) = self.buffer.split_at_mut(HEAD);
        let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
        head[..4].copy_from_slice(&len.to_le_bytes());
        head[4..].copy_from_slice(&checksum(len, body).to_le_bytes());
        let written = match len <= MAX_BODY {
            true => self.file.write_all(&self.buffer).and_then(|()| self.file.sync_data()),
            false => Err(io::Error::new(io::ErrorKind::FileTooLarge, "a batch is too large")),
        };
        if let Err(error) = written {
            let undone = self.file.set_len(self.len);
            let undone = undone.and_then(|()| self.file.seek(SeekFrom::Start(self.len)));
            let usable = undone.and_then(|_| self.file.sync_data()).is_ok();
            return Err(Broken { error, usable });
        }
        self.len += self.buffer.len() as u64;
        if self.buffer.capacity() > 16 << 20 {
            self.buffer = Vec::new();
        }
        Ok(())
    }
}

/// A batch was not kept.
#[derive(Debug)]
pub struct Broken {
    pub error: io::Error,
    /// Whether the journal is as it was before.
    pub usable: bool,
}

fn checksum(len: u32, body: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&len.to_le_bytes());
    sum.update(body);
    sum.finalize()
}

fn frame(input: &mut impl Read, left: u64) -> io::Result<Option<Vec<u8>>> {
    if left < HEAD as u64 {
        return Ok(None);
    }
    let (mut len, mut sum) = ([0; 4], [0; 4]);
    input.read_exact(&mut len)?;
    input.read_exact(&mut sum)?;
    let len = u32::from_le_bytes(len);
    if len == 0 || len > MAX_BODY || u64::from(len) > left - HEAD as u64 {
        return Ok(None);
    }
    let mut body = vec![0; len as usize];
    input.read_exact(&mut body)?;
    Ok((checksum(len, &body) == u32::from_le_bytes(sum)).then_some(body))
}

const MADE: u64 = 1;
const REMOVED: u64 = 2;
const LINES: u64 = 3;

fn encode(out: &mut Vec<u8>, entry: &Entry) {
    match entry {
        Entry::Made { id, group, name, at } => {
            put(out, MADE);
            put(out, *id);
            put_text(out, group);
            put_text(out, name);
            put(out, zigzag(at.millis()));
        }
        Entry::Removed { id } => {
            put(out, REMOVED);
            put(out, *id);
        }
        Entry::Lines {
            id,
            ingested,
            first,
            source,
            lines,
        } => {
            put(out, LINES);
            put(out, *id);
            put(out, zigzag(ingested.millis()));
            put(out, *first);
            match source {
                None => put(out, 0),
                Some((source, position)) => {
                    put(out, 1);
                    put_text(out, source);
                    put(out, *position);
                }
            }
            put(out, lines.len() as u64);
            let mut before = 0;
            for (at, message) in lines {
                put(out, zigzag(at.millis().wrapping_sub(before)));
                put_text(out, message);
                before = at.millis();
            }
        }
    }
}

fn decode(input: &mut &[u8]) -> Option<Entry> {
    let kind = get(input)?;
    let id = get(input)?;
    Some(match kind {
        MADE => Entry::Made {
            id,
            group: Arc::from(get_text(input)?),
            name: Arc::from(get_text(input)?),
            at: Timestamp(unzigzag(get(input)?)),
        },
        REMOVED => Entry::Removed { id },
        LINES => {
            let ingested = Timestamp(unzigzag(get(input)?));
            let first = get(input)?;
            let source = match get(input)? {
                0 => None,
                _ => Some((Arc::from(get_text(input)?), get(input)?)),
            };
            let count = get(input)?;
            let (mut lines, mut before) = (Vec::new(), 0i64);
            for _ in 0..count {
                before = before.wrapping_add(unzigzag(get(input)?));
                lines.push((Timestamp(before), Arc::from(get_text(input)?)));
            }
            Entry::Lines {
                id,
                ingested,
                first,
                source,
                lines,
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let text = || ".{0,12}".prop_map(Arc::<str>::from);
        let made = (any::<u64>(), text(), text(), any::<i64>()).prop_map(|(id, group, name, at)| Entry::Made {
            id,
            group,
            name,
            at: Timestamp(at),
        });
        let removed = any::<u64>().prop_map(|id| Entry::Removed { id });
        let line = (any::<i64>().prop_map(Timestamp), text());
        let source = prop::option::of((text(), any::<u64>()));
        let lines = (
            any::<u64>(),
            any::<i64>(),
            any::<u64>(),
            source,
            prop::collection::vec(line, 0..5),
        );
        let lines = lines.prop_map(|(id, ingested, first, source, lines)| Entry::Lines {
            id,
            ingested: Timestamp(ingested),
            first,
            source,
            lines,
        });
        prop::collection::vec(prop_oneof![made, removed, lines], 0..6)
    }

    proptest! {
        #[test]
        fn entries_come_back(entries in entries()) {
            let mut bytes = Vec::new();
            entries.iter().for_each(|entry| encode(&mut bytes, entry));
            let mut rest = &bytes[..];
            let mut back = Vec::new();
            while !rest.is_empty() {
                back.push(decode(&mut rest).unwrap());
            }
            prop_assert_eq!(back, entries);
        }

        #[test]
        fn noise_is_no_entry(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut rest = &bytes[..];
            while decode(&mut rest).is_some() && !rest.is_empty() {}
        }
    }
}
