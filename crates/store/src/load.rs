//! Builds the image from the rows that a backend tells when the store is opened.

use crate::commit::Revision;
use crate::gate::lock;
use crate::image::{Chain, Image, Stored, Table};
use crate::index::{Gathering, Index};
use crate::table::{TableDef, TableId, Tables};
use crate::{Key, OpenError, StoredRow};
use base::Timestamp;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

pub(crate) struct Loader {
    tables: Arc<Tables>,
    /// Rows as they were told, until there are enough to hand on.
    block: Block,
    decoders: Option<Decoders>,
    /// Blocks that are decoded but not yet next, and which is.
    decoded: BTreeMap<usize, Result<Decoded, OpenError>>,
    next: usize,
    loading: Vec<Loading>,
}

/// Rows as bytes.
#[derive(Default)]
struct Block {
    number: usize,
    bytes: Vec<u8>,
    rows: Vec<RawRow>,
}

struct RawRow {
    table: TableId,
    rev: Revision,
    at: Timestamp,
    key: Range<usize>,
    record: Option<Range<usize>>,
}

type Decoded = Vec<(TableId, Key, Chain<Stored>)>;

/// Decoding is most of the work of opening a large store. A small one is not worth a thread.
struct Decoders {
    blocks: SyncSender<Block>,
    decoded: Receiver<(usize, Result<Decoded, OpenError>)>,
    threads: Vec<JoinHandle<()>>,
}

const BLOCK: usize = 256 << 10;
const BLOCKS_WAITING: usize = 8;

/// So few rows are not.
const WORTH_A_THREAD: usize = 4096;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get().min(4))
}

/// What an image tells comes in order; what the log tells comes later, and any way.
#[derive(Default)]
struct Loading {
    in_order: Vec<(Key, Chain<Stored>)>,
    later: Vec<(Key, Chain<Stored>)>,
}

impl Loader {
    pub(crate) fn new(tables: Arc<Tables>) -> Self {
        let loading = tables.defs().iter().map(|_| Loading::default()).collect();
        Loader {
            tables,
            block: Block::default(),
            decoders: None,
            decoded: BTreeMap::new(),
            next: 0,
            loading,
        }
    }

    pub(crate) fn row(&mut self, row: StoredRow<'_>) -> Result<(), OpenError> {
        let unknown = || OpenError::UnknownTable {
            table: row.table.into(),
        };
        let table = self.tables.named(row.table).ok_or_else(unknown)?;
        let bytes = &mut self.block.bytes;
        let mut put = |more: &[u8]| {
            let start = bytes.len();
            bytes.extend_from_slice(more);
            start..bytes.len()
        };
        let (key, record) = (put(row.key), row.record.map(put));
        self.block.rows.push(RawRow {
            table,
            rev: row.rev,
            at: row.at,
            key,
            record,
        });
        if self.block.bytes.len() >= BLOCK {
            let next = Block {
                number: self.block.number + 1,
                ..Block::default()
            };
            let block = std::mem::replace(&mut self.block, next);
            let decoders = self.decoders.get_or_insert_with(|| Decoders::new(&self.tables));
            // They end only when this end of the channel does.
            let _ = decoders.blocks.send(block);
            while let Ok((number, decoded)) = decoders.decoded.try_recv() {
                self.decoded.insert(number, decoded);
            }
            self.put_what_is_next()?;
        }
        Ok(())
    }

    /// As soon as it can be, so that little memory is taken for a while only.
    fn put_what_is_next(&mut self) -> Result<(), OpenError> {
        while let Some(decoded) = self.decoded.remove(&self.next) {
            self.next += 1;
            for (table, key, chain) in decoded? {
                self.loading[table.index()].put(key, chain);
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Image, OpenError> {
        let last = std::mem::take(&mut self.block);
        self.decoded.insert(last.number, decode(&self.tables, last));
        if let Some(Decoders {
            blocks,
            decoded,
            threads,
        }) = self.decoders.take()
        {
            drop(blocks);
            self.decoded.extend(decoded);
            for thread in threads {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        }
        self.put_what_is_next()?;
        let tables = self.loading.into_iter().zip(self.tables.defs());
        Ok(Image::new(tables.map(|(loading, def)| loading.finish(def))))
    }
}

impl Decoders {
    fn new(tables: &Arc<Tables>) -> Self {
        let (blocks, waiting) = sync_channel::<Block>(BLOCKS_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let (done, decoded) = channel();
        let thread = |_| {
            let (tables, waiting, done) = (Arc::clone(tables), Arc::clone(&waiting), done.clone());
            std::thread::spawn(move || {
                loop {
                    let next = lock(&waiting).recv();
                    let Ok(block) = next else { return };
                    let number = block.number;
                    if done.send((number, decode(&tables, block))).is_err() {
                        return;
                    }
                }
            })
        };
        Decoders {
            blocks,
            decoded,
            threads: (0..threads()).map(thread).collect(),
        }
    }
}

fn decode(tables: &Tables, block: Block) -> Result<Decoded, OpenError> {
    let row = |RawRow {
                   table,
                   rev,
                   at,
                   key,
                   record,
               }| {
        let (def, bytes) = (tables.def(table), &block.bytes[key]);
        let key = Key::from_bytes(bytes).ok_or_else(|| OpenError::Damaged {
            what: format!("table {} has the key {bytes:02x?}", def.name),
        })?;
        let bad = |why| OpenError::BadRecord {
            table: def.name,
            key: key.to_string(),
            why,
        };
        let record = record
            .map(|record| (def.decode)(&block.bytes[record]).map_err(bad))
            .transpose()?;
        debug_assert!(
            record.as_ref().is_none_or(|record| (def.key)(record) == key),
            "{key} decodes to another key"
        );
        let stored = record.map(|record| Stored { at, record });
        Ok((table, key, Chain::new(rev, stored)))
    };
    block.rows.into_iter().map(row).collect()
}

impl Loading {
    fn put(&mut self, key: Key, chain: Chain<Stored>) {
        let next = self.later.is_empty() && self.in_order.last().is_none_or(|(last, _)| *last < key);
        let rows = if next { &mut self.in_order } else { &mut self.later };
        rows.push((key, chain));
    }

    fn finish(self, def: &TableDef) -> Table {
        let rows = merged(self.in_order, self.later);
        let gathered = gathered(&rows, def);
        Table {
            // Building from what is sorted beats inserting any way, several times over.
            rows: rows.into_iter().collect(),
            indexes: gathered.into_iter().map(Index::of).collect(),
        }
    }
}

/// The entries of each index. Every thread takes a part of the rows, since a start waits for it.
fn gathered(rows: &[(Key, Chain<Stored>)], def: &TableDef) -> Vec<Gathering> {
    let none = || def.indexes.iter().map(|_| Gathering::default()).collect::<Vec<_>>();
    if def.indexes.is_empty() {
        return none();
    }
    let of_part = |part: &[(Key, Chain<Stored>)]| {
        let mut gathered = none();
        for (key, chain) in part {
            let Some((rev, stored)) = newest(chain) else { continue };
            for (index, of) in def.index_keys(&stored.record) {
                gathered[index].put(of, key, rev);
            }
        }
        gathered
    };
    let part = rows.len().div_ceil(threads()).max(WORTH_A_THREAD);
    if rows.len() <= part {
        return of_part(rows);
    }
    let parts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = rows
            .chunks(part)
            .map(|part| scope.spawn(move || of_part(part)))
            .collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.map(|part| part.expect("building an index does not panic"))
            .collect()
    });
    let mut all = none();
    for part in parts {
        all.iter_mut().zip(part).for_each(|(all, part)| all.append(part));
    }
    all
}

/// Both lists as one, sorted, with the last word on every key, and without what was deleted.
fn merged(in_order: Vec<(Key, Chain<Stored>)>, mut later: Vec<(Key, Chain<Stored>)>) -> Vec<(Key, Chain<Stored>)> {
    later.sort_by(|a, b| a.0.cmp(&b.0)); // stable: what came last stays last
    let mut rows = Vec::with_capacity(in_order.len() + later.len());
    let mut in_order = in_order.into_iter().peekable();
    let mut later = later.into_iter().peekable();
    while let Some((key, chain)) = later.next() {
        if later.peek().is_some_and(|(next, _)| *next == key) {
            continue;
        }
        while let Some(row) = in_order.next_if(|(first, _)| *first < key) {
            rows.push(row);
        }
        in_order.next_if(|(first, _)| *first == key);
        rows.push((key, chain));
    }
    rows.extend(in_order);
    rows.retain(|(_, chain)| newest(chain).is_some());
    rows
}

fn newest(chain: &Chain<Stored>) -> Option<(Revision, &Stored)> {
    chain.at(Revision(u64::MAX))
}
