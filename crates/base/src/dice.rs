//! Where chance comes from.

use std::sync::Mutex;

/// Draws chance. Handed down from floor 7; the simulator hands down seeded ones.
pub trait Dice: Send + Sync + 'static {
    fn u64(&self) -> u64;

    /// A number below `bound` (which must not be 0), without modulo bias that anyone could notice.
    fn below(&self, bound: u64) -> u64 {
        ((u128::from(self.u64()) * u128::from(bound)) >> 64) as u64
    }

    /// `len` lowercase hex digits: the last part of a task's or container instance's ARN has 32.
    fn hex(&self, len: usize) -> String {
        self.text(len, b"0123456789abcdef")
    }

    /// `len` characters of `alphabet`.
    fn text(&self, len: usize, alphabet: &[u8]) -> String {
        (0..len)
            .map(|_| char::from(alphabet[self.below(alphabet.len() as u64) as usize]))
            .collect()
    }

    /// A random UUID in its usual writing.
    fn uuid(&self) -> String {
        let (a, b) = (self.u64(), self.u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            (b >> 48) & 0x3fff | 0x8000,
            b & 0xffff_ffff_ffff
        )
    }
}

/// The kernel's generator, read a page at a time: one call to the kernel serves some hundred draws.
pub struct SystemDice(Mutex<Pool>);

struct Pool {
    bytes: [u8; 1024],
    used: usize,
}

impl Default for SystemDice {
    fn default() -> Self {
        SystemDice(Mutex::new(Pool {
            bytes: [0; 1024],
            used: 1024,
        }))
    }
}

impl Dice for SystemDice {
    fn u64(&self) -> u64 {
        let mut pool = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if pool.used == pool.bytes.len() {
            getrandom::fill(&mut pool.bytes).expect("the kernel has a random generator");
            pool.used = 0;
        }
        let at = pool.used;
        pool.used += 8;
        let mut eight = [0; 8];
        eight.copy_from_slice(&pool.bytes[at..at + 8]);
        pool.bytes[at..at + 8].fill(0); // what was drawn is not drawn again, nor found in memory
        u64::from_le_bytes(eight)
    }
}

/// The same seed draws the same numbers (splitmix64).
pub struct SeededDice(Mutex<u64>);

impl SeededDice {
    pub fn new(seed: u64) -> Self {
        SeededDice(Mutex::new(seed))
    }
}

impl Dice for SeededDice {
    fn u64(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let (a, b) = (SeededDice::new(7), SeededDice::new(7));
        for _ in 0..100 {
            assert_eq!(a.u64(), b.u64());
        }
        assert_ne!(SeededDice::new(1).hex(32), SeededDice::new(2).hex(32));
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_it() {
        let dice = SeededDice::new(3);
        let mut seen = [false; 5];
        for _ in 0..1000 {
            seen[dice.below(5) as usize] = true;
        }
        assert_eq!(seen, [true; 5]);
    }

    #[test]
    fn a_uuid_looks_like_one() {
        let id = SystemDice::default().uuid();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
    }
}
