//! Finding lines: the streams' heads and blocks as one sequence, forward or backward, opened only when its turn comes.

use super::block::{Block, Place, Unpacked};
use super::head::{Head, HeadLine};
use super::state::State;
use crate::Position;
use base::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::{fmt, io};

/// Lines taken from a head at a time.
const HEAD_LINES: usize = 256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Streams {
    All,
    Named(Vec<String>),
    Prefix(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    OldestFirst,
    NewestFirst,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Query {
    pub group: String,
    pub streams: Streams,
    /// Nothing said before.
    pub from: Timestamp,
    /// Nothing said at this time or later.
    pub until: Timestamp,
    /// Only what comes behind this position, in the direction of the order.
    pub after: Option<Position>,
    pub order: Order,
    /// The most lines an answer has.
    pub lines: usize,
    /// The most bytes an answer has, counting [`Query::LINE_BYTES`] for each line; one line it may always have.
    pub bytes: usize,
    /// How many bytes are looked at before the answer is given as it is.
    pub scan_bytes: usize,
    /// Bytes that stand in every line that is looked for: blocks without them need not be taken apart.
    pub needle: Option<Vec<u8>>,
}

impl Query {
    /// What a line counts beside its message.
    pub const LINE_BYTES: usize = 26;

    /// Everything of a group, in bounds that suit one answer.
    pub fn of(group: impl Into<String>) -> Self {
        Query {
            group: group.into(),
            streams: Streams::All,
            from: Timestamp(0),
            until: Timestamp(i64::MAX),
            after: None,
            order: Order::OldestFirst,
            lines: 10_000,
            bytes: 1 << 20,
            scan_bytes: 64 << 20,
            needle: None,
        }
    }

    pub fn stream(mut self, name: impl Into<String>) -> Self {
        self.streams = Streams::Named(vec![name.into()]);
        self
    }
}

/// A line as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: Arc<str>,
    pub at: Position,
    pub ingested: Timestamp,
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// In the order that was asked for.
    pub lines: Vec<Line>,
    /// Where to go on; `None` when there is nothing more for now.
    pub next: Option<Position>,
}

/// Lines that are there do not read.
#[derive(Debug)]
pub struct ReadError {
    pub stream: Arc<str>,
    because: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log stream {} does not read back", self.stream)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.because)
    }
}

/// One ordered run of lines of one stream.
struct Run {
    stream: Arc<str>,
    lines: Lines,
}

enum Lines {
    /// Not opened yet.
    Closed(Block),
    Block {
        block: Unpacked,
        /// In the direction of the scan.
        places: VecDeque<Place>,
    },
    Head {
        head: Arc<Head>,
        some: VecDeque<(Position, HeadLine)>,
    },
}

/// A query under way.
pub struct Scan {
    first: Position,
    last: Position,
    order: Order,
    needle: Option<memchr::memmem::Finder<'static>>,
    runs: Vec<Run>,
    /// The rank of each run's next line (or of the first that it can have), and the run.
    turns: BinaryHeap<Reverse<(u128, usize)>>,
    /// Bytes looked at.
    pub scanned: usize,
}

impl Scan {
    pub fn new(state: &State, query: &Query) -> Self {
        let backward = query.order == Order::NewestFirst;
        let mut first = Position::at(query.from);
        let mut last = match query.until.millis() {
            ..=0 => Position::FIRST,
            ms => Position::new(Timestamp(ms - 1), u64::MAX),
        };
        let nothing = query.until.millis() <= 0;
        match query.after {
            Some(after) if backward => last = last.min(Position(after.0.saturating_sub(1))),
            Some(after) => first = first.max(Position(after.0.saturating_add(1))),
            None => {}
        }
        let mut scan = Scan {
            first,
            last,
            order: query.order,
            needle: query
                .needle
                .as_ref()
                .map(|n| memchr::memmem::Finder::new(n).into_owned()),
            runs: Vec::new(),
            turns: BinaryHeap::new(),
            scanned: 0,
        };
        let group = state
            .names
            .get(query.group.as_str())
            .filter(|_| !nothing && first <= last);
        let Some(group) = group else { return scan };
        let mut add = |id| scan.add(&state.streams[id]);
        match &query.streams {
            Streams::All => group.values().for_each(&mut add),
            Streams::Named(names) => {
                let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
                names.sort_unstable();
                names.dedup();
                names.iter().filter_map(|name| group.get(*name)).for_each(&mut add);
            }
            Streams::Prefix(prefix) => group
                .range(Arc::<str>::from(prefix.as_str())..)
                .take_while(|(name, _)| name.starts_with(prefix.as_str()))
                .for_each(|(_, id)| add(id)),
        }
        scan
    }

    fn add(&mut self, stream: &super::state::Stream) {
        for block in stream.blocks.iter() {
            if block.last >= self.first && block.first <= self.last {
                self.run(&stream.name, Lines::Closed(block.clone()), block.first, block.last);
            }
        }
        for head in [&stream.frozen, &stream.active].into_iter().flatten() {
            if let Some((first, last)) = head.span() {
                let some = VecDeque::new();
                let lines = Lines::Head {
                    head: Arc::clone(head),
                    some,
                };
                if last >= self.first && first <= self.last {
                    self.run(&stream.name, lines, first, last);
                }
            }
        }
    }

    /// A run that has lines between these two. It comes no sooner than what is looked for.
    fn run(&mut self, stream: &Arc<str>, lines: Lines, first: Position, last: Position) {
        let next = if self.backward() {
            last.min(self.last)
        } else {
            first.max(self.first)
        };
        self.turns.push(Reverse((self.rank(next), self.runs.len())));
        self.runs.push(Run {
            stream: Arc::clone(stream),
            lines,
        });
    }

    /// Everything up to here was looked at; `None` when that is everything there is.
    pub fn reached(&self) -> Option<Position> {
        let Reverse((rank, _)) = self.turns.peek()?;
        let next = if self.backward() { !rank } else { *rank };
        Some(Position(if self.backward() {
            next.saturating_add(1)
        } else {
            next.saturating_sub(1)
        }))
    }

    fn backward(&self) -> bool {
        self.order == Order::NewestFirst
    }

    /// The lower, the sooner.
    fn rank(&self, position: Position) -> u128 {
        if self.backward() { !position.0 } else { position.0 }
    }

    /// Shows the next line to `look`, which says what it makes of it; `None` at the end. A run whose turn comes but
    /// that has to be opened first shows nothing, and `look` is not called: hence the inner option.
    pub fn step<T>(&mut self, look: impl FnOnce(Seen<'_>) -> T) -> Result<Option<Option<T>>, ReadError> {
        let Some(Reverse((_, at))) = self.turns.pop() else {
            return Ok(None);
        };
        let stream = Arc::clone(&self.runs[at].stream);
        let failed = |because| ReadError {
            stream: Arc::clone(&stream),
            because,
        };
        let (first, last, backward) = (self.first, self.last, self.backward());
        let mut seen = None;
        let next = match &mut self.runs[at].lines {
            Lines::Closed(block) => {
                self.scanned += block.said as usize + 64;
                let block = block.open().map_err(failed)?;
                if self
                    .needle
                    .as_ref()
                    .is_some_and(|needle| needle.find(block.text()).is_none())
                {
                    self.runs[at].lines = Lines::Head {
                        head: Arc::default(),
                        some: VecDeque::new(),
                    };
                    return Ok(Some(None));
                }
                let all = block.places().map_err(failed)?;
                let within = all.into_iter().filter(|place| (first..=last).contains(&place.at));
                let mut places: VecDeque<Place> = within.collect();
                if backward {
                    places.make_contiguous().reverse();
                }
                let next = places.front().map(|place| place.at);
                self.runs[at].lines = Lines::Block { block, places };
                next
            }
            Lines::Block { block, places } => {
                if let Some(place) = places.pop_front() {
                    let message = block.message(&place).map_err(failed)?;
                    seen = Some(look(Seen {
                        stream: &stream,
                        at: place.at,
                        ingested: place.ingested,
                        message,
                    }));
                }
                places.front().map(|place| place.at)
            }
            Lines::Head { head, some } => {
                if let Some((at, line)) = some.pop_front() {
                    self.scanned += line.message.len() + 16;
                    seen = Some(look(Seen {
                        stream: &stream,
                        at,
                        ingested: line.ingested,
                        message: &line.message,
                    }));
                    if some.is_empty() {
                        *some = match backward {
                            false => head.some(Position(at.0 + 1), last, false, HEAD_LINES).into(),
                            true if at.0 == 0 => VecDeque::new(),
                            true => head.some(first, Position(at.0 - 1), true, HEAD_LINES).into(),
                        };
                    }
                } else {
                    *some = head.some(first, last, backward, HEAD_LINES).into();
                }
                some.front().map(|(at, _)| *at)
            }
        };
        match next {
            Some(next) => self.turns.push(Reverse((self.rank(next), at))),
            // Nothing comes of it any more; what it held goes.
            None => {
                self.runs[at].lines = Lines::Head {
                    head: Arc::default(),
                    some: VecDeque::new(),
                }
            }
        }
        Ok(Some(seen))
    }
}

/// A line that is being looked at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub stream: &'a Arc<str>,
    pub at: Position,
    pub ingested: Timestamp,
    pub message: &'a str,
}

/// An answer in the making.
pub struct Search {
    found: Found,
    bytes: usize,
    max_lines: usize,
    max_bytes: usize,
    max_scan: usize,
    /// Where the scan stood at first: an answer that stops short must have got further.
    began: Option<Position>,
    /// The last line that was looked at, whether wanted or not.
    last: Option<Position>,
}

impl Search {
    pub fn new(query: &Query, scan: &Scan) -> Self {
        Search {
            began: scan.reached(),
            found: Found::default(),
            bytes: 0,
            max_lines: query.lines,
            max_bytes: query.bytes,
            max_scan: query.scan_bytes,
            last: query.after,
        }
    }

    /// Looks at one more line. The answer, when it is full or there is nothing more.
    pub fn step(
        &mut self,
        scan: &mut Scan,
        wanted: &mut (impl FnMut(&str) -> bool + Send),
    ) -> Result<ControlFlow<Found>, ReadError> {
        let far_enough = scan.scanned >= self.max_scan && scan.reached() != self.began;
        if self.found.lines.len() >= self.max_lines || far_enough {
            self.found.next = scan.reached().and(if far_enough { scan.reached() } else { self.last });
            return Ok(ControlFlow::Break(std::mem::take(&mut self.found)));
        }
        let room = match self.found.lines.is_empty() {
            true => usize::MAX,
            false => self.max_bytes.saturating_sub(self.bytes),
        };
        let looked = scan.step(|seen| {
            let weight = seen.message.len() + Query::LINE_BYTES;
            if !wanted(seen.message) {
                return (seen.at, weight, None);
            }
            let line = (weight <= room).then(|| Line {
                stream: Arc::clone(seen.stream),
                at: seen.at,
                ingested: seen.ingested,
                message: seen.message.to_string(),
            });
            (seen.at, weight, Some(line))
        })?;
        match looked {
            None => return Ok(ControlFlow::Break(std::mem::take(&mut self.found))),
            Some(None) => {}
            Some(Some((at, _, None))) => self.last = Some(at),
            Some(Some((at, weight, Some(Some(line))))) => {
                self.last = Some(at);
                self.bytes += weight;
                self.found.lines.push(line);
            }
            Some(Some((_, _, Some(None)))) => {
                self.found.next = self.last;
                return Ok(ControlFlow::Break(std::mem::take(&mut self.found)));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
