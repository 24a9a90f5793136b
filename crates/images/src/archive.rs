//! Files inside an image archive or a layout directory, by name.
//!
//! An archive is read through once for its headers; contents are then read where they lie.

use crate::layer::decompress;
use crate::tar::{Kind, Reader};
use crate::unpack::clean;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) enum Archive {
    Dir(PathBuf),
    Tar(Arc<File>, HashMap<PathBuf, Place>),
}

pub(crate) enum Place {
    File {
        offset: u64,
        size: u64,
    },
    /// Old archives say a layer once and point to it.
    Link(PathBuf),
}

/// Files in an image archive: a few for each layer.
const MOST_FILES: usize = 100_000;

impl Archive {
    /// `spool` names a file to unpack into, should the archive as a whole be compressed.
    pub fn open(path: &Path, spool: &Path, most: u64) -> io::Result<Self> {
        if path.is_dir() {
            return Ok(Archive::Dir(path.to_path_buf()));
        }
        let mut file = File::open(path)?;
        let mut magic = [0; 4];
        let packed = file.read_exact_at(&mut magic, 0).is_ok()
            && (magic[..2] == [0x1f, 0x8b] || magic == [0x28, 0xb5, 0x2f, 0xfd]);
        if packed {
            let mut plain = File::options().read(true).write(true).create_new(true).open(spool)?;
            let removed = std::fs::remove_file(spool); // the open file lives on, and needs no clean-up
            let written = io::copy(&mut decompress(&file)?.take(most.saturating_add(1)), &mut plain)?;
            removed?;
            if written > most {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("more than {most} bytes"),
                ));
            }
            file = plain;
        }
        let places = index(&file)?;
        Ok(Archive::Tar(Arc::new(file), places))
    }

    pub fn read(&self, name: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((file, size)) = self.file(name)? else {
            return Ok(None);
        };
        if size > most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{name}: more than {most} bytes"),
            ));
        }
        let mut content = Vec::new();
        file.take(most).read_to_end(&mut content)?;
        Ok(Some(content))
    }

    /// A file to be read, and its size.
    pub fn file(&self, name: &str) -> io::Result<Option<(Section, u64)>> {
        let bad = || io::Error::new(io::ErrorKind::InvalidData, format!("bad name {name:?} in the archive"));
        let name = clean(name.as_bytes()).map_err(|_| bad())?;
        match self {
            Archive::Dir(dir) => {
                let path = dir.join(name);
                match File::open(&path) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                    file => {
                        let file = Arc::new(file?);
                        let size = file.metadata()?.len();
                        Ok(Some((
                            Section {
                                file,
                                at: 0,
                                left: size,
                            },
                            size,
                        )))
                    }
                }
            }
            Archive::Tar(file, places) => {
                let mut name = &name;
                for _ in 0..8 {
                    match places.get(name) {
                        None => return Ok(None),
                        Some(Place::Link(to)) => name = to,
                        Some(Place::File { offset, size }) => {
                            let section = Section {
                                file: file.clone(),
                                at: *offset,
                                left: *size,
                            };
                            return Ok(Some((section, *size)));
                        }
                    }
                }
                Err(bad())
            }
        }
    }
}

/// A part of a file.
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        if most == 0 {
            return Ok(0);
        }
        let n = self.file.read_at(&mut out[..most], self.at)?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        (self.at, self.left) = (self.at + n as u64, self.left - n as u64);
        Ok(n)
    }
}

fn index(file: &File) -> io::Result<HashMap<PathBuf, Place>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut places = HashMap::new();
    let size = file.metadata()?.len();
    let section = BufReader::with_capacity(8192, Offset { file, at: 0, end: size });
    let skip = |reader: &mut BufReader<Offset<'_>>, bytes: u64| {
        let bytes = i64::try_from(bytes).map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        reader.seek_relative(bytes)
    };
    let mut tar = Reader::skipping(section, skip);
    while let Some(entry) = tar.next().map_err(|e| invalid(e.to_string()))? {
        let path = clean(&entry.path).map_err(|e| invalid(e.to_string()))?;
        match entry.kind {
            Kind::File => {
                let (offset, size) = (entry.offset, entry.size);
                places.insert(path, Place::File { offset, size });
            }
            Kind::Symlink | Kind::Hardlink => {
                let parent = path
                    .parent()
                    .filter(|_| entry.kind == Kind::Symlink)
                    .unwrap_or(Path::new(""));
                places.insert(path.clone(), Place::Link(lead(parent, &entry.link)));
            }
            _ => {}
        }
        if places.len() > MOST_FILES {
            return Err(invalid(format!("more than {MOST_FILES} files")));
        }
    }
    Ok(places)
}

/// Where a link leads inside the archive; a leading `..` stays at its root, and finds nothing.
fn lead(from: &Path, to: &[u8]) -> PathBuf {
    let mut path = from.to_path_buf();
    for part in String::from_utf8_lossy(to).split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

struct Offset<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Offset<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(out, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl io::Seek for Offset<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let beyond = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let to = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
            io::SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        self.at = to.filter(|at| *at <= self.end).ok_or_else(beyond)?;
        Ok(self.at)
    }
}
