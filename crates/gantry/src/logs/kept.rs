//! A container's words from files of the node: where it runs, and where they are put when its task is taken away.
//!
//! Reads beside whoever else does, and never says that something was read.

use super::{Line, Lines};
use agent::machine::Paths;
use base::Timestamp;
use runtime::logs::{LogReader, Position, Record, Stream};
use std::io;
use std::path::{Path, PathBuf};

/// A line of more bytes is shown in pieces of that many.
const MOST_LINE_BYTES: usize = 1 << 20;

pub struct Kept {
    /// Of all containers: `<run>/log` is one's.
    containers: PathBuf,
    /// Of this container, once its task is taken away: `<run>`.
    after: PathBuf,
    /// The first run's name; those after it have `.1`, `.2`, .. behind it.
    first: Option<String>,
    /// The number of the run to read, and of the next one when none is open.
    number: u32,
    open: Option<Open>,
    begun: [Begun; 2],
}

struct Open {
    dir: PathBuf,
    reader: LogReader,
    /// In its last place: all is there.
    is_after: bool,
}

/// The beginning of a line that came in parts.
#[derive(Default)]
struct Begun {
    at: Timestamp,
    bytes: Vec<u8>,
}

impl Kept {
    pub fn new(paths: &Paths, task: &str, container: &str) -> Kept {
        Kept {
            containers: paths.containers(),
            after: paths.logs().join(task).join(container),
            first: None,
            number: 0,
            open: None,
            begun: Default::default(),
        }
    }

    /// Tells what the runtime calls the first run.
    pub fn is_called(&mut self, first: &str) {
        self.first.get_or_insert_with(|| first.to_string());
    }

    /// Whether there ever was a file to read.
    pub fn found(&self) -> bool {
        self.open.is_some() || self.number > 0
    }

    /// Takes what is there, up to some 64 KiB. False: that is all for now.
    pub fn fill(&mut self, lines: &mut Lines) -> io::Result<bool> {
        loop {
            let Some(open) = &mut self.open else {
                match self.open_next()? {
                    Some(open) => self.open = Some(open),
                    None => return Ok(false),
                }
                continue;
            };
            // Looked at before reading: what is there by then is all.
            let over = open.is_after || open.reader.ended();
            match open.reader.read() {
                Ok(records) if !records.is_empty() => {
                    records.into_iter().for_each(|record| self.take(record, lines));
                    return Ok(true);
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                // It was moved, or taken away.
                _ if !open.dir.exists() => {
                    let at = open.reader.position();
                    self.open = self.run_name().and_then(|run| self.open_after(&run, at));
                    if self.open.is_none() {
                        self.next_run(lines);
                    }
                }
                _ if over => self.next_run(lines),
                _ => return Ok(false),
            }
        }
    }

    fn next_run(&mut self, lines: &mut Lines) {
        self.open = None;
        self.number += 1;
        for (stream, name) in [(0, "stdout"), (1, "stderr")] {
            self.give_out(stream, name, lines);
        }
    }

    fn run_name(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(match self.number {
            0 => first.clone(),
            n => format!("{first}.{n}"),
        })
    }

    fn open_next(&mut self) -> io::Result<Option<Open>> {
        if self.first.is_none() {
            self.first = first_of(&self.after)?;
        }
        let Some(mut run) = self.run_name() else {
            return Ok(None);
        };
        // A run that could not be made has left nothing.
        if let Some(later) = self.later()? {
            self.number = later;
            run = self.run_name().expect("it has a first run");
        }
        let dir = self.containers.join(&run).join("log");
        if dir.is_dir() {
            return Ok(Some(Open {
                reader: LogReader::open_at(&dir, Position::default()),
                dir,
                is_after: false,
            }));
        }
        Ok(self.open_after(&run, Position::default()))
    }

    /// The number of the first run there is that was not read.
    fn later(&self) -> io::Result<Option<u32>> {
        let Some(first) = &self.first else { return Ok(None) };
        let here = names(&self.containers)?.into_iter().chain(names(&self.after)?);
        Ok(here
            .filter_map(|name| number(&name, first))
            .filter(|n| *n >= self.number)
            .min())
    }

    fn open_after(&self, run: &str, at: Position) -> Option<Open> {
        let dir = self.after.join(run);
        dir.is_dir().then(|| Open {
            reader: LogReader::open_at(&dir, at),
            dir,
            is_after: true,
        })
    }

    fn take(&mut self, record: Record, lines: &mut Lines) {
        match record {
            Record::Line {
                stream,
                partial,
                at,
                bytes,
            } => {
                let (index, name) = match stream {
                    Stream::Out => (0, "stdout"),
                    Stream::Err => (1, "stderr"),
                };
                let begun = &mut self.begun[index];
                if begun.bytes.is_empty() {
                    begun.at = Timestamp(at.millis());
                }
                begun.bytes.extend_from_slice(&bytes);
                if !partial {
                    lines.push_back(Line {
                        at: begun.at,
                        stream: Some(name),
                        text: std::mem::take(&mut begun.bytes),
                    });
                } else if begun.bytes.len() >= MOST_LINE_BYTES {
                    self.give_out(index, name, lines);
                }
            }
            Record::Lost { at, records } => lines.push_back(Line {
                at: Timestamp(at.millis()),
                stream: None,
                text: format!("({records} lines were dropped here: they came faster than they could be kept)").into(),
            }),
        }
    }

    fn give_out(&mut self, stream: usize, name: &'static str, lines: &mut Lines) {
        let begun = std::mem::take(&mut self.begun[stream]);
        if !begun.bytes.is_empty() {
            lines.push_back(Line {
                at: begun.at,
                stream: Some(name),
                text: begun.bytes,
            });
        }
    }
}

/// The number of a run, if it is one of these.
fn number(name: &str, first: &str) -> Option<u32> {
    match name.strip_prefix(first)? {
        "" => Some(0),
        rest => rest.strip_prefix('.')?.parse().ok(),
    }
}

/// What the first of the runs in a directory is called. Only runs of one container are there.
fn first_of(dir: &Path) -> io::Result<Option<String>> {
    let mut all = names(dir)?;
    all.sort_by_key(String::len);
    let shortest = all.into_iter().next();
    Ok(shortest.map(|name| name.split('.').next().unwrap_or_default().to_string()))
}

fn names(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
    names.collect()
}
