//! Reads tar streams: POSIX ustar with pax and GNU extensions, as every builder of images writes them.
//!
//! Own, because the names and attributes of a hostile archive must be bounded in memory, and because attributes,
//! nanoseconds and blank device numbers matter here. Knows nothing of files on a disk.

use std::fmt;
use std::io::{self, Read};

/// What extended headers of one entry may weigh together.
const MOST_EXTENDED: u64 = 1 << 20;
const BLOCK: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Hardlink,
    Symlink,
    Char,
    Block,
    Dir,
    Fifo,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub path: Vec<u8>,
    /// Where a link points to.
    pub link: Vec<u8>,
    pub kind: Kind,
    pub size: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Seconds and nanoseconds.
    pub mtime: (i64, u32),
    pub device: (u32, u32),
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where the content begins in the stream.
    pub offset: u64,
}

#[derive(Debug)]
pub enum TarError {
    Io(io::Error),
    Malformed(&'static str),
    Unsupported(u8),
}

/// One archive. After [`Reader::next`], reading gives the content of that entry.
pub(crate) struct Reader<R> {
    inner: R,
    skip: fn(&mut R, u64) -> io::Result<()>,
    position: u64,
    content_left: u64,
    padding: u64,
}

/// What extended headers said about the entry that follows.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u32>,
    gid: Option<u32>,
    mtime: Option<(i64, u32)>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    weight: u64,
}

impl<R: Read> Reader<R> {
    pub fn new(inner: R) -> Self {
        Self::skipping(inner, read_over)
    }

    /// With a quicker way to pass over contents than reading them.
    pub fn skipping(inner: R, skip: fn(&mut R, u64) -> io::Result<()>) -> Self {
        Reader {
            inner,
            skip,
            position: 0,
            content_left: 0,
            padding: 0,
        }
    }

    pub fn into_inner(self) -> R {
        self.inner
    }

    pub fn next(&mut self) -> Result<Option<Entry>, TarError> {
        let mut extended = Extended::default();
        loop {
            self.finish_entry()?;
            let Some(block) = self.block()? else {
                return Ok(None);
            };
            let header = Header(&block);
            let size = extended.size.unwrap_or(header.number(124, 12)?);
            match header.0[156] {
                b'g' => self.begin(size), // attributes for all that follow: no builder uses them for anything that matters
                b'x' => self.pax(size, &mut extended)?,
                b'L' => extended.path = Some(until_nul(&self.whole(size, &mut extended)?).to_vec()),
                b'K' => extended.link = Some(until_nul(&self.whole(size, &mut extended)?).to_vec()),
                flag => {
                    let entry = header.entry(flag, size, extended, self.position)?;
                    self.begin(entry.size);
                    return Ok(Some(entry));
                }
            }
        }
    }

    fn begin(&mut self, size: u64) {
        self.content_left = size;
        self.padding = size.wrapping_neg() % BLOCK as u64;
    }

    fn finish_entry(&mut self) -> Result<(), TarError> {
        let rest = self
            .content_left
            .checked_add(self.padding)
            .ok_or(TarError::Malformed("size"))?;
        (self.skip)(&mut self.inner, rest)?;
        self.position = self.position.checked_add(rest).ok_or(TarError::Malformed("size"))?;
        (self.content_left, self.padding) = (0, 0);
        Ok(())
    }

    /// The next header, or `None` at the end: a block of zeros, or nothing more.
    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, TarError> {
        let mut block = [0; BLOCK];
        let mut have = 0;
        while have < BLOCK {
            match self.inner.read(&mut block[have..])? {
                0 if have == 0 => return Ok(None),
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                n => have += n,
            }
        }
        self.position += BLOCK as u64;
        if block.iter().all(|b| *b == 0) {
            return Ok(None);
        }
        Header(&block).check()?;
        Ok(Some(block))
    }

    fn whole(&mut self, size: u64, extended: &mut Extended) -> Result<Vec<u8>, TarError> {
        extended.weight = extended.weight.saturating_add(size);
        if extended.weight > MOST_EXTENDED {
            return Err(TarError::Malformed("extended header is too long"));
        }
        self.begin(size);
        let mut content = vec![0; usize::try_from(size).expect("bounded above")];
        self.read_exact(&mut content)?;
        Ok(content)
    }

    /// Records like `30 mtime=1350244992.023960108\n`, where the number counts the whole record.
    fn pax(&mut self, size: u64, extended: &mut Extended) -> Result<(), TarError> {
        let content = self.whole(size, extended)?;
        let bad = TarError::Malformed;
        let mut rest = &content[..];
        while !rest.is_empty() && rest[0] != 0 {
            let space = rest.iter().position(|b| *b == b' ').ok_or(bad("pax record"))?;
            let length: usize = number(&rest[..space], 10)
                .and_then(|n| n.try_into().ok())
                .ok_or(bad("pax record"))?;
            if length <= space + 1 || length > rest.len() || rest[length - 1] != b'\n' {
                return Err(bad("pax record"));
            }
            let record = &rest[space + 1..length - 1];
            rest = &rest[length..];
            let equals = record.iter().position(|b| *b == b'=').ok_or(bad("pax record"))?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            let id = || {
                number(value, 10)
                    .and_then(|n| u32::try_from(n).ok())
                    .ok_or(bad("pax owner"))
            };
            match key {
                b"path" => extended.path = Some(value.to_vec()),
                b"linkpath" => extended.link = Some(value.to_vec()),
                b"size" => extended.size = Some(number(value, 10).ok_or(bad("pax size"))?),
                b"uid" => extended.uid = Some(id()?),
                b"gid" => extended.gid = Some(id()?),
                b"mtime" => extended.mtime = Some(time(value).ok_or(bad("pax mtime"))?),
                b"GNU.sparse.major" | b"GNU.sparse.map" => return Err(TarError::Unsupported(b'S')),
                key => {
                    if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                        extended.xattrs.push((name.to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.content_left).unwrap_or(usize::MAX).min(out.len());
        if most == 0 {
            return Ok(0);
        }
        let n = self.inner.read(&mut out[..most])?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.content_left -= n as u64;
        self.position += n as u64;
        Ok(n)
    }
}

fn read_over<R: Read>(inner: &mut R, bytes: u64) -> io::Result<()> {
    match io::copy(&mut inner.take(bytes), &mut io::sink())? {
        n if n == bytes => Ok(()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

struct Header<'a>(&'a [u8; BLOCK]);

impl Header<'_> {
    fn field(&self, at: usize, length: usize) -> &[u8] {
        &self.0[at..at + length]
    }

    /// Octal, or binary when the top bit says so. Blank is zero.
    fn number(&self, at: usize, length: usize) -> Result<u64, TarError> {
        let field = self.field(at, length);
        if field[0] & 0x80 != 0 {
            let (high, low) = field.split_at(length - 8);
            let none_above = match high.split_first() {
                Some((first, rest)) => *first == 0x80 && rest.iter().all(|b| *b == 0),
                None => true, // the field is eight bytes long
            };
            let fits_in_seven = length > 8 || field[0] == 0x80; // eight bytes long: the first one holds the flag
            if (length > 8 && !none_above) || !fits_in_seven {
                return Err(TarError::Malformed("number is out of range"));
            }
            let low: [u8; 8] = low.try_into().expect("eight");
            let value = u64::from_be_bytes(low);
            return Ok(if length > 8 {
                value
            } else {
                value & 0x00ff_ffff_ffff_ffff
            });
        }
        let text = until_nul(field).trim_ascii();
        if text.is_empty() {
            return Ok(0);
        }
        number(text, 8).ok_or(TarError::Malformed("number"))
    }

    fn check(&self) -> Result<(), TarError> {
        let told = self.number(148, 8)?;
        let blank = |i: usize, b: u8| if (148..156).contains(&i) { b' ' } else { b };
        let sum: u64 = self.0.iter().enumerate().map(|(i, b)| u64::from(blank(i, *b))).sum();
        // Some ancient writers summed signed bytes.
        let signed: i64 = self
            .0
            .iter()
            .enumerate()
            .map(|(i, b)| i64::from(blank(i, *b) as i8))
            .sum();
        if told == sum || i64::try_from(told).is_ok_and(|told| told == signed) {
            Ok(())
        } else {
            Err(TarError::Malformed("header checksum"))
        }
    }

    fn entry(&self, flag: u8, size: u64, extended: Extended, offset: u64) -> Result<Entry, TarError> {
        let mut path = until_nul(self.field(0, 100)).to_vec();
        let prefix = until_nul(self.field(345, 155));
        if self.field(257, 6) == b"ustar\0" && !prefix.is_empty() {
            path = [prefix, b"/", &path].concat();
        }
        let path = extended.path.unwrap_or(path);
        let kind = match flag {
            b'0' | 0 | b'7' if path.ends_with(b"/") => Kind::Dir,
            b'0' | 0 | b'7' => Kind::File,
            b'1' => Kind::Hardlink,
            b'2' => Kind::Symlink,
            b'3' => Kind::Char,
            b'4' => Kind::Block,
            b'5' => Kind::Dir,
            b'6' => Kind::Fifo,
            other => return Err(TarError::Unsupported(other)),
        };
        let id = |n: u64| u32::try_from(n).map_err(|_| TarError::Malformed("owner"));
        let device = |n: u64| u32::try_from(n).map_err(|_| TarError::Malformed("device number"));
        let seconds = match self.0[136] {
            0xff => (-1, 0), // binary and before 1970: the year does not matter
            _ => (
                i64::try_from(self.number(136, 12)?).map_err(|_| TarError::Malformed("mtime"))?,
                0,
            ),
        };
        Ok(Entry {
            path,
            link: extended
                .link
                .unwrap_or_else(|| until_nul(self.field(157, 100)).to_vec()),
            kind,
            size: if kind == Kind::File { size } else { 0 },
            mode: (self.number(100, 8)? & 0o7777) as u32,
            uid: extended.uid.map_or_else(|| id(self.number(108, 8)?), Ok)?,
            gid: extended.gid.map_or_else(|| id(self.number(116, 8)?), Ok)?,
            mtime: extended.mtime.unwrap_or(seconds),
            device: match kind {
                Kind::Char | Kind::Block => (device(self.number(329, 8)?)?, device(self.number(337, 8)?)?),
                _ => (0, 0),
            },
            xattrs: extended.xattrs,
            offset,
        })
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().expect("split gives at least one")
}

fn number(text: &[u8], radix: u32) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(text).ok()?, radix).ok()
}

/// `-12.5` is twelve and a half seconds before 1970.
fn time(text: &[u8]) -> Option<(i64, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let figures: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanos: u32 = figures.parse().ok()?;
    if whole.starts_with('-') && nanos > 0 {
        return Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos));
    }
    Some((seconds, nanos))
}

impl From<io::Error> for TarError {
    fn from(error: io::Error) -> Self {
        TarError::Io(error)
    }
}

impl fmt::Display for TarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TarError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => f.write_str("archive/tar: unexpected EOF"),
            TarError::Io(_) => f.write_str("archive/tar: cannot be read"),
            TarError::Malformed(what) => write!(f, "archive/tar: invalid tar header: {what}"),
            TarError::Unsupported(flag) => write!(f, "archive/tar: unsupported entry type {:?}", *flag as char),
        }
    }
}

impl std::error::Error for TarError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TarError::Io(e) => Some(e),
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "tar_tests.rs"]
mod tests;
