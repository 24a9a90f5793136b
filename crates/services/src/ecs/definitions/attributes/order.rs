//! The order of attributes in AWS's answers: that of a hash table, by the low bits of a hash over the name, with as many
//! buckets as a table of that many entries has. It was told from recorded answers, and is kept so that ours read alike.

use std::collections::BTreeSet;

/// The names as AWS lists them.
pub fn of(names: BTreeSet<String>) -> Vec<String> {
    let mut buckets: u32 = 16;
    while names.len() as u32 * 4 > buckets * 3 {
        buckets *= 2;
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_key(|name| hash(name) & (buckets - 1));
    names
}

pub fn hash(name: &str) -> u32 {
    let text = name
        .bytes()
        .fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    let hash = text.wrapping_add(59).wrapping_mul(59).wrapping_add(43); // the name, then a value that is not there
    hash ^ (hash >> 16)
}
