//! A set of nodes, one bit each.

/// Nodes by their numbers. Bits beyond the end are not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// The nodes below `count` of which it is so.
    pub fn of(count: usize, is: impl Fn(usize) -> bool) -> Bits {
        let word = |at: usize| {
            let ends = count.min(at * 64 + 64);
            (at * 64..ends).fold(0, |word, i| word | (u64::from(is(i)) << (i % 64)))
        };
        Bits((0..count.div_ceil(64)).map(word).collect())
    }

    pub fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub fn set(&mut self, at: usize, is: bool) {
        if self.0.len() <= at / 64 {
            if !is {
                return;
            }
            self.0.resize(at / 64 + 1, 0);
        }
        let word = &mut self.0[at / 64];
        *word = (*word & !(1 << (at % 64))) | (u64::from(is) << (at % 64));
    }

    /// Keeps what is in both.
    pub fn keep(&mut self, other: &Bits) {
        self.0.truncate(other.0.len());
        self.0.iter_mut().zip(&other.0).for_each(|(mine, its)| *mine &= its);
    }

    /// Adds what is in the other.
    pub fn add(&mut self, other: &Bits) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(mine, its)| *mine |= its);
    }

    /// The nodes below `count` that are not in it.
    pub fn others(&self, count: usize) -> Bits {
        let mut turned: Vec<u64> = (0..count.div_ceil(64))
            .map(|at| !self.0.get(at).copied().unwrap_or(0))
            .collect();
        if let Some(last) = turned.last_mut().filter(|_| !count.is_multiple_of(64)) {
            *last &= (1 << (count % 64)) - 1;
        }
        Bits(turned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_cut_joined_and_turned() {
        let even = Bits::of(130, |i| i % 2 == 0);
        let third = Bits::of(70, |i| i % 3 == 0);
        let mut both = even.clone();
        both.keep(&third);
        assert!((0..200).all(|i| both.has(i) == (i < 70 && i % 6 == 0)));
        let mut either = third.clone();
        either.add(&even);
        assert!((0..200).all(|i| either.has(i) == ((i < 130 && i % 2 == 0) || (i < 70 && i % 3 == 0))));
        let odd = even.others(130);
        assert!((0..200).all(|i| odd.has(i) == (i < 130 && i % 2 == 1)));
        both.set(66, false);
        both.set(300, true);
        assert!(!both.has(66) && both.has(300) && !both.has(299));
    }
}
