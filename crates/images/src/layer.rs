//! From a stream of bytes to a layer in its place: decompress, hash and unpack in one pass.

use crate::Digest;
use crate::digest::Hashing;
use crate::disk::Disk;
use crate::tar::{Reader, TarError};
use crate::unpack::{Budget, UnpackError, Unpacked, unpack};
use rustix::fs::{Mode, OFlags};
use std::fmt::Write;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Bounds on one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one layer as it is sent.
    pub packed_bytes: u64,
    /// Of all layers as they are kept.
    pub unpacked_bytes: u64,
    /// Files, directories and all else of all layers.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            packed_bytes: 32 << 30,
            unpacked_bytes: 64 << 30,
            entries: 4_000_000,
        }
    }
}

#[derive(Debug)]
pub enum LayerError {
    Unpack(UnpackError),
    /// The content is not what its digest says.
    WrongDigest {
        wanted: Digest,
        got: Digest,
    },
    Io(io::Error),
}

/// What is known of a layer that is in its place.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct About {
    pub diff: Option<Digest>,
    pub bytes: u64,
    pub implicit: Vec<PathBuf>,
    pub links: Vec<(PathBuf, PathBuf)>,
}

impl About {
    /// Whether it is complete without the layers below it.
    pub fn stands_alone(&self) -> bool {
        self.implicit.is_empty() && self.links.is_empty()
    }

    pub fn write(&self) -> String {
        let mut text = format!("bytes {}\n", self.bytes);
        let mut line = |line: std::fmt::Arguments<'_>| text.write_fmt(line).expect("a String takes all");
        if let Some(diff) = &self.diff {
            line(format_args!("diff {diff}\n"));
        }
        for path in &self.implicit {
            line(format_args!("implicit {}\n", hex(path)));
        }
        for (path, target) in &self.links {
            line(format_args!("link {} {}\n", hex(path), hex(target)));
        }
        text + "end\n"
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut about = About::default();
        for line in text.strip_suffix("end\n")?.lines() {
            match line.split_once(' ')? {
                ("bytes", n) => about.bytes = n.parse().ok()?,
                ("diff", diff) => about.diff = Some(diff.parse().ok()?),
                ("implicit", path) => about.implicit.push(unhex(path)?),
                ("link", both) => {
                    let (path, target) = both.split_once(' ')?;
                    about.links.push((unhex(path)?, unhex(target)?));
                }
                _ => return None,
            }
        }
        Some(about)
    }
}

/// Paths may hold any byte, newlines too.
fn hex(path: &Path) -> String {
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all");
        hex
    })
}

fn unhex(text: &str) -> Option<PathBuf> {
    let pairs = text
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    Some(std::ffi::OsString::from_vec(pairs.collect::<Option<_>>()?).into())
}

/// What is known of the layer with these contents, if it is in its place.
pub(crate) fn find(disk: &Disk, diff: &Digest) -> Option<About> {
    let name = diff.short();
    let about = disk.has_layer(&name).then(|| disk.about(&name).ok()?).flatten()?;
    About::parse(&about).filter(|about| about.diff == Some(*diff))
}

/// Reads a packed layer to its end and puts it in its place. The digest of the packed form is the reader's to check: if
/// it fails at the end, nothing is to be seen.
pub(crate) fn add(
    disk: &Disk,
    mut packed: impl Read,
    diff: &Digest,
    limits: &Limits,
    budget: &Budget,
) -> Result<About, LayerError> {
    let draft = Draft(disk.draft("layer"));
    fs::DirBuilder::new().mode(0o755).create(&draft.0)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(&draft.0, flags, Mode::empty()).map_err(io::Error::from)?;
    rustix::fs::fchmod(&root, Mode::from_raw_mode(0o755)).map_err(io::Error::from)?; // whatever the umask is
    // Headers and padding come on top of what files weigh; each entry has at most a few blocks of them.
    let most = limits
        .unpacked_bytes
        .saturating_add(limits.entries.saturating_mul(4096));
    let mut tar = Reader::new(Hashing::new(decompress(&mut packed)?, most));
    let unpacked = unpack(&mut tar, root, budget)?;
    let (got, _, unpacker) = tar
        .into_inner()
        .finish()
        .map_err(|e| UnpackError::Tar(TarError::Io(e)))?;
    drop(unpacker);
    io::copy(&mut packed, &mut io::sink())?; // there may be more than the unpacker wanted to see
    if got != *diff {
        return Err(LayerError::WrongDigest { wanted: *diff, got });
    }
    let Unpacked { bytes, implicit, links } = unpacked;
    let about = About {
        diff: Some(*diff),
        bytes,
        implicit: implicit.into_iter().collect(),
        links,
    };
    disk.publish_layer(&draft.0, &diff.short(), &about.write())?;
    Ok(about)
}

/// A directory that is removed if it was not put in its place.
pub(crate) struct Draft(pub PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // swept with the process at the latest
    }
}

/// By what the first bytes say; media types are often wrong.
pub(crate) fn decompress<'a>(packed: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut packed = BufReader::with_capacity(64 * 1024, packed);
    let mut first = packed.fill_buf()?;
    if first.len() < 4 {
        // A reader may give very little at first.
        let mut head = Vec::new();
        packed.by_ref().take(4).read_to_end(&mut head)?;
        let again = BufReader::with_capacity(64 * 1024, io::Cursor::new(head.clone()).chain(packed));
        return choose(&head, again);
    }
    first = &first[..4];
    let head = first.to_vec();
    choose(&head, packed)
}

fn choose<'a>(head: &[u8], packed: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match head {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
            Box::new(zstd::stream::read::Decoder::with_buffer(packed)?)
        }
        _ => Box::new(packed),
    })
}

impl From<io::Error> for LayerError {
    fn from(error: io::Error) -> Self {
        LayerError::Io(error)
    }
}

impl From<UnpackError> for LayerError {
    fn from(error: UnpackError) -> Self {
        LayerError::Unpack(error)
    }
}

impl LayerError {
    pub(crate) fn io(&self) -> Option<&io::Error> {
        match self {
            LayerError::Unpack(e) => e.io(),
            LayerError::Io(e) => Some(e),
            LayerError::WrongDigest { .. } => None,
        }
    }
}

impl std::fmt::Display for LayerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LayerError::Unpack(e) => e.fmt(f),
            LayerError::WrongDigest { wanted, got } => write!(f, "wrong content: got {got}, expected {wanted}"),
            LayerError::Io(_) => f.write_str("the layer cannot be read or kept"),
        }
    }
}

impl std::error::Error for LayerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LayerError::Unpack(e) => e.source(),
            LayerError::Io(e) => Some(e),
            LayerError::WrongDigest { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_layer_is_read_as_it_is_written() {
        let about = About {
            diff: Some(Digest::of(b"x")),
            bytes: 7,
            implicit: vec!["a/b\nc".into()],
            links: vec![("x y".into(), "z".into())],
        };
        assert_eq!(About::parse(&about.write()), Some(about.clone()));
        assert_eq!(About::parse(&about.write()[..10]), None);
    }

    #[test]
    fn packing_is_told_by_the_bytes() {
        let gzip = |bytes: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut gzip, bytes).unwrap();
            gzip.finish().unwrap()
        };
        let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
        for packed in [
            b"hello, world".to_vec(),
            gzip(b"hello, world"),
            zstd(b"hello, world"),
            [gzip(b"hello, "), gzip(b"world")].concat(),
            [zstd(b"hello, "), zstd(b"world")].concat(),
        ] {
            let mut text = String::new();
            decompress(&packed[..]).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "hello, world");
        }
        let mut none = Vec::new();
        decompress(&b"ab"[..]).unwrap().read_to_end(&mut none).unwrap();
        assert_eq!(none, b"ab");
    }
}
