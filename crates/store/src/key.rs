//! Keys: ordered bytes made of parts.
//!
//! Every part is ended by a 0 byte; a 0 or 1 inside a part is written as `1 1` or `1 2`. So keys sort as their lists
//! of parts do, a prefix of whole parts is exact (`["a"]` is no prefix of `["ab", "c"]`), and any bytes may be a part.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Names a record within its table. Cheap to clone.
///
/// Short keys, which is most, are held in place: comparing keys in an ordered map then touches no other memory.
#[derive(Clone)]
pub struct Key(Held);

#[derive(Clone)]
enum Held {
    Here(u8, [u8; HERE]),
    Shared(Arc<[u8]>),
}

const HERE: usize = 62;

const END: u8 = 0;
const ESCAPE: u8 = 1;

impl Key {
    /// `Key::of(["default", "abc"])`; parts may be text or bytes.
    pub fn of<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Self {
        let mut bytes = Building::new();
        for part in parts {
            bytes.part(part.as_ref());
        }
        bytes.key()
    }

    /// The prefix of every key: scanning by it yields the whole table.
    pub fn all() -> Self {
        Building::new().key()
    }

    /// This key with one more part.
    #[must_use]
    pub fn part(&self, part: impl AsRef<[u8]>) -> Self {
        let mut bytes = Building::new();
        bytes.put(self.as_bytes());
        bytes.part(part.as_ref());
        bytes.key()
    }

    /// This key with a number as one more part; numbers sort by value.
    #[must_use]
    pub fn part_u64(&self, number: u64) -> Self {
        self.part(number.to_be_bytes())
    }

    /// Whether the first parts of this key are the parts of `prefix`.
    pub fn starts_with(&self, prefix: &Key) -> bool {
        self.as_bytes().starts_with(prefix.as_bytes())
    }

    pub fn parts(&self) -> KeyParts<'_> {
        KeyParts(self.as_bytes())
    }

    /// The part at `index` as text; `None` when there is no such part or it is not UTF-8.
    pub fn text(&self, index: usize) -> Option<String> {
        String::from_utf8(self.parts().nth(index)?).ok()
    }

    /// The part at `index` as a number written by [`Key::part_u64`].
    pub fn number(&self, index: usize) -> Option<u64> {
        Some(u64::from_be_bytes(self.parts().nth(index)?.try_into().ok()?))
    }

    /// The bytes as they are ordered and stored.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Held::Here(len, bytes) => &bytes[..usize::from(*len)],
            Held::Shared(bytes) => bytes,
        }
    }

    /// From bytes that [`Key::as_bytes`] gave; `None` when they are not whole parts.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        while let Some((&first, tail)) = rest.split_first() {
            rest = match (first, tail) {
                (ESCAPE, [1 | 2, tail @ ..]) => tail,
                (ESCAPE, _) => return None,
                _ => tail,
            };
        }
        matches!(bytes.last(), None | Some(&END)).then(|| Building::from(bytes).key())
    }

    /// The first bytes that sort after every key with this prefix; `None` when nothing does.
    pub(crate) fn prefix_end(&self) -> Option<Vec<u8>> {
        let mut end = self.as_bytes().to_vec();
        *end.last_mut()? += 1; // the last byte is END, so there is no carry
        Some(end)
    }
}

/// Bytes of a key as they come together: on the stack while they are few.
struct Building {
    here: [u8; HERE],
    len: usize,
    /// All bytes, once they are too many.
    long: Vec<u8>,
}

impl Building {
    fn new() -> Self {
        Building {
            here: [0; HERE],
            len: 0,
            long: Vec::new(),
        }
    }

    fn from(bytes: &[u8]) -> Self {
        let mut building = Building::new();
        building.put(bytes);
        building
    }

    fn put(&mut self, bytes: &[u8]) {
        let len = self.len + bytes.len();
        if len <= HERE {
            self.here[self.len..len].copy_from_slice(bytes);
        } else {
            if self.len <= HERE {
                self.long.extend_from_slice(&self.here[..self.len]);
            }
            self.long.extend_from_slice(bytes);
        }
        self.len = len;
    }

    fn part(&mut self, part: &[u8]) {
        if part.iter().all(|b| *b > ESCAPE) {
            self.put(part);
        } else {
            part.iter().for_each(|b| {
                if *b <= ESCAPE {
                    self.put(&[ESCAPE, b + 1])
                } else {
                    self.put(&[*b])
                }
            });
        }
        self.put(&[END]);
    }

    fn key(self) -> Key {
        if self.len <= HERE {
            Key(Held::Here(self.len as u8, self.here))
        } else {
            Key(Held::Shared(self.long.into()))
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// The parts of a key, in order, unescaped.
#[derive(Clone, Debug)]
pub struct KeyParts<'a>(&'a [u8]);

impl Iterator for KeyParts<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let end = self.0.iter().position(|b| *b == END)?;
        let (part, rest) = (&self.0[..end], &self.0[end + 1..]);
        self.0 = rest;
        let mut plain = Vec::with_capacity(part.len());
        let mut bytes = part.iter();
        while let Some(&b) = bytes.next() {
            match b {
                ESCAPE => plain.extend(bytes.next().map(|b| b - 1)),
                b => plain.push(b),
            }
        }
        Some(plain)
    }
}

/// For people: parts with slashes between; numbers as numbers, other bytes as hex.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts().enumerate() {
            if i > 0 {
                f.write_str("/")?;
            }
            match std::str::from_utf8(&part) {
                Ok(text) if !text.chars().any(char::is_control) => f.write_str(text)?,
                _ => match <[u8; 8]>::try_from(part.as_slice()) {
                    Ok(number) => write!(f, "{}", u64::from_be_bytes(number))?,
                    Err(_) => part.iter().try_for_each(|b| write!(f, "{b:02x}"))?,
                },
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
        proptest::collection::vec(proptest::collection::vec(0..4u8, 0..4), 0..4)
    }

    proptest! {
        #[test]
        fn keys_sort_and_prefix_as_their_parts_do(a in parts(), b in parts()) {
            let (ka, kb) = (Key::of(&a), Key::of(&b));
            prop_assert_eq!(ka.cmp(&kb), a.cmp(&b));
            prop_assert_eq!(kb.starts_with(&ka), b.starts_with(&a));
            if let Some(end) = ka.prefix_end() {
                prop_assert_eq!(kb.starts_with(&ka), kb >= ka && kb.as_bytes() < end.as_slice());
            }
        }

        #[test]
        fn parts_read_back(a in parts()) {
            let key = Key::of(&a);
            prop_assert_eq!(key.parts().collect::<Vec<_>>(), a);
            prop_assert_eq!(Key::from_bytes(key.as_bytes()), Some(key));
        }

        #[test]
        fn numbers_sort_by_value(a: u64, b: u64) {
            prop_assert_eq!(Key::all().part_u64(a).cmp(&Key::all().part_u64(b)), a.cmp(&b));
            prop_assert_eq!(Key::of(["x"]).part_u64(a).number(1), Some(a));
        }
    }

    #[test]
    fn long_keys_are_as_short_ones() {
        assert_eq!(size_of::<Key>(), 64);
        for len in [60, 61, 62, 63, 200] {
            let (part, zeros) = ("x".repeat(len), vec![0; len]);
            let key = Key::of([part.as_bytes(), &zeros]).part("y");
            assert_eq!(key.parts().collect::<Vec<_>>(), [part.as_bytes(), &zeros, b"y"]);
            assert!(key > Key::of([&part[1..]]).part("y") && key.starts_with(&Key::of([&part])));
            assert_eq!(Key::of([&part]).part(&zeros).part("y"), key);
        }
    }

    #[test]
    fn keys_are_shown_for_people() {
        assert_eq!(Key::of(["default", "web"]).part_u64(7).to_string(), "default/web/7");
        assert_eq!(Key::of([[0xffu8, 0x00]]).to_string(), "ff00");
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(Key::from_bytes(b"abc"), None);
        assert_eq!(Key::from_bytes(&[1, 0]), None);
        assert_eq!(Key::from_bytes(&[]), Some(Key::all()));
    }
}
