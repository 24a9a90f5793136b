//! Chance, all of it from one seed, in a stream for each use: more draws here must not change the draws there.

use base::{Dice, SeededDice};

/// A stream of its own for `use_` of `seed`.
pub fn stream(seed: u64, use_: &str) -> SeededDice {
    let mixed = use_.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    SeededDice::new(mixed)
}

/// True once in `n` times.
pub fn once_in(dice: &dyn Dice, n: u64) -> bool {
    dice.below(n) == 0
}

/// One of `some`, which must not be empty.
pub fn one_of<'a, T>(dice: &dyn Dice, some: &'a [T]) -> &'a T {
    &some[dice.below(some.len() as u64) as usize]
}

/// An index, each as likely as its weight says.
pub fn weighted(dice: &dyn Dice, weights: &[u64]) -> usize {
    let mut at = dice.below(weights.iter().sum::<u64>().max(1));
    for (index, weight) in weights.iter().enumerate() {
        if at < *weight {
            return index;
        }
        at -= weight;
    }
    0
}
