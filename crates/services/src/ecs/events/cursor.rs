//! Up to where somebody has read: a revision, and how many of its events. An event's id is a cursor too.

use crate::common::World;
use std::fmt;
use std::str::FromStr;
use store::Revision;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub rev: Revision,
    /// How many events of this commit were read; [`Cursor::ALL`] when no more are to come of it.
    pub events: u32,
}

impl Cursor {
    const ALL: u32 = u32::MAX;

    /// All that happened up to and with this commit was read.
    pub fn after(rev: Revision) -> Cursor {
        Cursor {
            rev,
            events: Cursor::ALL,
        }
    }

    /// The commit behind which to go on, and how many events of the next one to leave out.
    pub fn place(self) -> (Revision, u32) {
        match self.events {
            Cursor::ALL => (self.rev, 0),
            events => (Revision(self.rev.0.saturating_sub(1)), events),
        }
    }

    /// The id of the event that was read last. It is a UUID, is the same whenever the event is told, and holds the
    /// cursor: who keeps the id of the last event needs to keep nothing else.
    pub fn id(self, salt: Salt) -> String {
        let index = u64::from(self.events.saturating_sub(1)) & INDEX_MAX;
        let rest = 0x8000_0000_0000_0000 | index << 42 | salt.0 & ((1 << 42) - 1);
        format!(
            "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
            (self.rev.0 >> 16) & 0xffff_ffff,
            self.rev.0 & 0xffff,
            (salt.0 >> 42) & 0xfff,
            rest >> 48,
            rest & 0xffff_ffff_ffff
        )
    }

    /// The cursor in an event's id; `None` when this is no id of an event of this world's.
    fn of_id(text: &str, salt: Salt) -> Option<Cursor> {
        let digits: String = text.split('-').collect();
        let bits = u128::from_str_radix(&digits, 16).ok()?;
        let cursor = Cursor {
            rev: Revision((bits >> 80) as u64),
            events: ((bits as u64) >> 42 & INDEX_MAX) as u32 + 1,
        };
        (cursor.id(salt) == text).then_some(cursor)
    }

    /// A cursor as it was given, or the id of an event.
    pub fn parse(text: &str, salt: Salt) -> Option<Cursor> {
        match text.contains('-') {
            true => Cursor::of_id(text, salt),
            false => text.parse().ok(),
        }
    }
}

/// One commit has fewer events than that: it has at most 20,000 changes.
const INDEX_MAX: u64 = (1 << 20) - 1;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.events {
            Cursor::ALL => write!(f, "{}", self.rev),
            events => write!(f, "{}.{events}", self.rev),
        }
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Cursor, Self::Err> {
        let (rev, events) = match text.split_once('.') {
            Some((rev, events)) => (rev, events.parse()?),
            None => (text, Cursor::ALL),
        };
        Ok(Cursor {
            rev: Revision(rev.parse()?),
            events,
        })
    }
}

/// Keeps the ids of one Gantry's events apart from another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(u64);

impl Salt {
    pub fn of(world: &World) -> Salt {
        let since = world.since.millis().to_be_bytes();
        let words = [world.scope.account.as_bytes(), world.scope.region.as_bytes(), &since];
        // FNV-1a: nobody is kept from anything by it.
        let bytes = words.into_iter().flatten();
        Salt(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_from_its_text_and_from_the_id_of_its_event() {
        let (salt, other) = (Salt(0x0123_4567_89ab_cdef), Salt(7));
        for (rev, events) in [(1, 1), (77, 3), (1 << 40, 19_999)] {
            let cursor = Cursor {
                rev: Revision(rev),
                events,
            };
            let id = cursor.id(salt);
            assert_eq!((id.len(), &id[14..15]), (36, "8"), "{id}");
            assert!("89ab".contains(&id[19..20]), "{id}");
            assert_eq!(Cursor::parse(&id, salt), Some(cursor));
            assert_eq!(Cursor::parse(&id, other), None, "it is another Gantry's");
            assert_eq!(Cursor::parse(&cursor.to_string(), salt), Some(cursor));
        }
        let all = Cursor::after(Revision(9));
        assert_eq!((all.to_string().as_str(), Cursor::parse("9", salt)), ("9", Some(all)));
        for bad in [
            "",
            "x",
            "1.",
            ".1",
            "1.2.3",
            "-",
            "-1",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(Cursor::parse(bad, salt), None, "{bad}");
        }
    }
}
