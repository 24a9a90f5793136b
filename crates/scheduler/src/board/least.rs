//! The least of many keys that change all the time: blocks of keys, over them the least of each block, and so on.
//! A change costs one block on each level, which for a hundred thousand keys is five.

/// Sixteen keys are two cache lines, and are compared at once.
const FAN: usize = 16;

/// The key of a place that holds nothing.
pub const NOTHING: u64 = u64::MAX;

/// Keys by place, from 0.
#[derive(Clone, Debug, Default)]
pub struct Least {
    /// The keys, then the least of each block of the level before, up to a level of one block.
    levels: Vec<Vec<u64>>,
    places: usize,
}

impl Least {
    pub fn of(keys: Vec<u64>) -> Least {
        let places = keys.len();
        let mut levels = vec![padded(keys)];
        while let Some(below) = levels.last().filter(|level| level.len() > FAN) {
            let least = below.chunks_exact(FAN).map(least_of).collect();
            levels.push(padded(least));
        }
        Least { levels, places }
    }

    /// Adds a place; answers with its number.
    pub fn push(&mut self, key: u64) -> usize {
        let at = self.places;
        if self.levels.first().is_none_or(|keys| at == keys.len()) {
            let mut keys = self.levels.first().cloned().unwrap_or_default();
            // Twice as many, so that growing is rare.
            keys.resize((at * 2).max(FAN), NOTHING);
            *self = Least::of(keys);
        }
        self.places = at + 1;
        self.set(at, key);
        at
    }

    pub fn set(&mut self, place: usize, key: u64) {
        let (mut at, mut key) = (place, key);
        let top = self.levels.len();
        for level in 0..top {
            let keys = &mut self.levels[level];
            if keys[at] == key {
                return;
            }
            keys[at] = key;
            at /= FAN;
            key = least_of(&keys[at * FAN..at * FAN + FAN]);
        }
    }

    /// The least key; [`NOTHING`], if there is none.
    pub fn key(&self) -> u64 {
        self.levels.last().map_or(NOTHING, |top| least_of(top))
    }

    /// The least key and its place.
    pub fn least(&self) -> Option<(usize, u64)> {
        let top = self.levels.last()?;
        let key = least_of(top);
        if key == NOTHING {
            return None;
        }
        let mut block = 0;
        for level in self.levels.iter().rev() {
            let keys = &level[block * FAN..block * FAN + FAN];
            let within = keys.iter().position(|k| *k == key);
            block = block * FAN + within.expect("the least of a block is in it");
        }
        Some((block, key))
    }
}

fn padded(mut keys: Vec<u64>) -> Vec<u64> {
    keys.resize(keys.len().div_ceil(FAN).max(1) * FAN, NOTHING);
    keys
}

fn least_of(block: &[u64]) -> u64 {
    block.iter().fold(NOTHING, |least, key| least.min(*key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn knows_the_least_after_any_changes(
            first in prop::collection::vec(0u64..50, 0..40),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0u64..50, any::<bool>()), 0..600),
        ) {
            let mut plain = first.clone();
            let mut least = Least::of(first);
            for (at, key, pushes) in changes {
                let key = if key == 49 { NOTHING } else { key };
                if pushes || plain.is_empty() {
                    prop_assert_eq!(least.push(key), plain.len());
                    plain.push(key);
                } else {
                    let at = at.index(plain.len());
                    plain[at] = key;
                    least.set(at, key);
                }
                let expected = plain.iter().copied().min().filter(|k| *k != NOTHING);
                prop_assert_eq!(least.least().map(|(_, key)| key), expected);
                if let Some((at, key)) = least.least() {
                    prop_assert_eq!(plain[at], key);
                }
            }
        }
    }
}
