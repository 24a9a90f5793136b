//! Digests: what content is called. Only sha256, which is all that registries speak in practice.

use ring::digest::{Context, SHA256, digest};
use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// A sha256 digest, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadDigest(String);

impl Digest {
    pub fn of(content: &[u8]) -> Self {
        Digest::from(digest(&SHA256, content))
    }

    /// Its first byte, of 32.
    pub fn first(&self) -> u8 {
        self.0[0]
    }

    pub fn hex(&self) -> String {
        use fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes all");
            hex
        })
    }

    /// 128 bits in 26 letters and figures: short, because all lower directories of a container must fit into one
    /// page of mount options. What is called by it is checked against the whole digest.
    pub(crate) fn short(&self) -> String {
        const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let bits = u128::from_be_bytes(self.0[..16].try_into().expect("16 of 32"));
        let letter = |i: u32| LETTERS[(bits >> (5 * i) & 31) as usize] as char;
        (0..26).rev().map(letter).collect()
    }
}

impl From<ring::digest::Digest> for Digest {
    fn from(digest: ring::digest::Digest) -> Self {
        Digest(digest.as_ref().try_into().expect("a sha256 has 32 bytes"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let bad = || BadDigest(text.chars().take(100).collect());
        let hex = text.strip_prefix("sha256:").ok_or_else(bad)?;
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).expect("checked to be figures");
            *byte = u8::from_str_radix(pair, 16).expect("checked to be hexadecimal");
        }
        Ok(Digest(bytes))
    }
}

impl fmt::Display for BadDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a sha256 digest", self.0)
    }
}

impl std::error::Error for BadDigest {}

/// Hashes in steps. With `ring`, because half of a pull is hashing, and on processors without instructions for it, it is
/// twice as fast as portable code.
#[derive(Clone)]
pub(crate) struct Hasher(Context);

impl Default for Hasher {
    fn default() -> Self {
        Hasher(Context::new(&SHA256))
    }
}

impl Hasher {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest {
        Digest::from(self.0.finish())
    }
}

/// Hashes and counts what is read through it, and refuses to give more than `most` bytes.
pub(crate) struct Hashing<R> {
    inner: R,
    hasher: Hasher,
    pub bytes: u64,
    most: u64,
}

impl<R: Read> Hashing<R> {
    pub fn new(inner: R, most: u64) -> Self {
        Hashing {
            inner,
            hasher: Hasher::default(),
            bytes: 0,
            most,
        }
    }

    /// Reads on to the end, and tells what it all was.
    pub fn finish(mut self) -> io::Result<(Digest, u64, R)> {
        let mut rest = [0; 32 * 1024];
        while self.read(&mut rest)? != 0 {}
        Ok((self.hasher.finish(), self.bytes, self.inner))
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.hasher.update(&out[..n]);
        self.bytes += n as u64;
        if self.bytes > self.most {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("more than {} bytes", self.most),
            ));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_they_are_written() {
        let digest = Digest::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        for bad in [
            "",
            "sha256:",
            "sha512:00",
            &text.to_uppercase(),
            &text[..70],
            &format!("{text}0"),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn short_names_are_short_and_differ() {
        let names: std::collections::HashSet<String> = (0..100u8).map(|i| Digest::of(&[i]).short()).collect();
        assert_eq!(names.len(), 100);
        assert!(names.iter().all(|name| name.len() == 26));
    }

    #[test]
    fn reading_hashes_and_has_a_bound() {
        let (digest, bytes, _) = Hashing::new(&b"hello"[..], 5).finish().unwrap();
        assert_eq!((digest, bytes), (Digest::of(b"hello"), 5));
        assert!(Hashing::new(&b"hello"[..], 4).finish().is_err());
    }
}
