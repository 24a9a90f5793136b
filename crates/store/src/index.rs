//! One index of a table: under each index key the records that have it, in the order of their own keys.
//!
//! Held key by key and not as one map of joined keys: what a hundred thousand tasks have in common (their service, their
//! status) is then there once, their own keys stay short enough to be held in place, and finding one among the tasks of a
//! node does not lead through all others.

use crate::Key;
use crate::commit::Revision;
use crate::image::{Chain, keep};
use std::collections::BTreeMap;
use std::ops::Bound;

#[derive(Default)]
pub(crate) struct Index(BTreeMap<Key, Under>);

/// The records under one index key.
enum Under {
    /// In order. Most index keys have few records, and a map takes a kilobyte for its first.
    Few(Vec<(Key, Chain<()>)>),
    Many(BTreeMap<Key, Chain<()>>),
}

const FEW: usize = 32;

/// Entries as they come together while a store is opened: those of one index key in the order of their records.
#[derive(Default)]
pub(crate) struct Gathering(BTreeMap<Key, Vec<(Key, Chain<()>)>>);

impl Gathering {
    pub(crate) fn put(&mut self, of: Key, record: &Key, rev: Revision) {
        let group = self.0.entry(of).or_default();
        // A record may name the same key twice.
        if group.last().is_none_or(|(last, _)| last != record) {
            group.push((record.clone(), Chain::new(rev, Some(()))));
        }
    }

    /// All of `later` has records behind those that are here.
    pub(crate) fn append(&mut self, later: Gathering) {
        for (of, mut group) in later.0 {
            self.0.entry(of).or_default().append(&mut group);
        }
    }
}

impl Index {
    pub(crate) fn of(gathered: Gathering) -> Self {
        let under = |mut group: Vec<_>| match group.len() {
            0..=FEW => {
                group.shrink_to_fit();
                Under::Few(group)
            }
            _ => Under::Many(group.into_iter().collect()),
        };
        Index(gathered.0.into_iter().map(|(of, group)| (of, under(group))).collect())
    }

    /// An entry comes or goes at `rev`; answers whether there is something now that will have to be swept away.
    pub(crate) fn set(&mut self, of: &Key, record: &Key, rev: Revision, present: bool) -> bool {
        let value = present.then_some(());
        let under = self.0.entry(of.clone()).or_insert_with(|| Under::Few(Vec::new()));
        let chain = match under {
            Under::Few(group) => match group.binary_search_by(|(key, _)| key.cmp(record)) {
                Ok(at) => &mut group[at].1,
                Err(at) if group.len() < FEW => {
                    if group.len() == group.capacity() {
                        group.reserve_exact(group.len() / 2 + 1); // most stay as few as they are
                    }
                    group.insert(at, (record.clone(), Chain::new(rev, value)));
                    return !present;
                }
                Err(_) => {
                    let mut many: BTreeMap<_, _> = std::mem::take(group).into_iter().collect();
                    many.insert(record.clone(), Chain::new(rev, value));
                    *under = Under::Many(many);
                    return !present;
                }
            },
            Under::Many(map) => match map.get_mut(record) {
                Some(chain) => chain,
                None => {
                    map.insert(record.clone(), Chain::new(rev, value));
                    return !present;
                }
            },
        };
        chain.set(rev, value);
        !present || chain.has_older()
    }

    /// Changes the versions of an entry; when the change says `false`, the entry goes.
    pub(crate) fn change(&mut self, of: &Key, record: &Key, change: impl FnOnce(&mut Chain<()>) -> bool) {
        let Some(under) = self.0.get_mut(of) else { return };
        let empty = match under {
            Under::Few(group) => {
                let found = group.binary_search_by(|(key, _)| key.cmp(record));
                if let Ok(at) = found
                    && !change(&mut group[at].1)
                {
                    group.remove(at);
                }
                group.is_empty()
            }
            Under::Many(map) => {
                keep(map, record, change);
                map.is_empty()
            }
        };
        if empty {
            self.0.remove(of);
        }
    }

    /// Calls `each` with the records of a span that a reader at `rev` sees, while it answers `true`; then the span is what
    /// is left of it.
    pub(crate) fn walk(&self, span: &mut Span, rev: Revision, mut each: impl FnMut(&Key) -> bool) {
        let from = match &span.behind {
            Some((of, _)) => of.as_bytes(),
            None => span.prefix.as_bytes(),
        };
        let from = Bound::Included(from);
        let end = span.prefix.prefix_end();
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        for (of, under) in self.0.range::<[u8], _>((from, to)) {
            let behind = span
                .behind
                .as_ref()
                .filter(|(key, _)| key == of)
                .map(|(_, record)| record);
            let mut last = |record: &Key, chain: &Chain<()>| chain.at(rev).is_some() && !each(record);
            let stopped = match under {
                Under::Few(group) => {
                    let first = behind.map_or(0, |behind| group.partition_point(|(key, _)| key <= behind));
                    group[first..]
                        .iter()
                        .find(|entry| last(&entry.0, &entry.1))
                        .map(|(record, _)| record)
                }
                Under::Many(map) => {
                    let first = behind.map_or(Bound::Unbounded, Bound::Excluded);
                    let mut range = map.range::<Key, _>((first, Bound::Unbounded));
                    range
                        .find(|(record, chain)| last(record, chain))
                        .map(|(record, _)| record)
                }
            };
            if let Some(record) = stopped {
                span.behind = Some((of.clone(), record.clone()));
                return;
            }
        }
    }
}

/// The entries under index keys that start with a prefix, from behind one of them.
#[derive(Clone)]
pub(crate) struct Span {
    prefix: Key,
    /// An index key that starts with the prefix, and a record key.
    behind: Option<(Key, Key)>,
}

impl Span {
    pub(crate) fn new(prefix: &Key, behind: Option<(Key, Key)>) -> Self {
        Span {
            prefix: prefix.clone(),
            behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn walked(index: &Index, prefix: &Key, rev: Revision, page: usize) -> Vec<Key> {
        let (mut span, mut all) = (Span::new(prefix, None), Vec::new());
        loop {
            let before = all.len();
            index.walk(&mut span, rev, |record| {
                all.push(record.clone());
                all.len() < before + page
            });
            if all.len() < before + page {
                return all;
            }
        }
    }

    proptest! {
        /// Also where an index key comes to have many records, and few again.
        #[test]
        fn it_answers_as_a_set_does(
            steps in proptest::collection::vec((0u8..3, 0u8..80, proptest::bool::weighted(0.7)), 0..300),
            page in 1usize..50,
        ) {
            let (mut index, mut oracle, mut rev) = (Index::default(), BTreeSet::new(), Revision(0));
            let mut gathering = Gathering::default();
            for (of, record, present) in steps {
                rev = rev.next();
                let (of, record) = (Key::of([format!("k{of}")]), Key::of([format!("r{record:02}")]));
                let superseded = index.set(&of, &record, rev, present);
                prop_assert!(superseded || present);
                if superseded {
                    index.change(&of, &record, |chain| chain.sweep(rev));
                }
                match present {
                    true => oracle.insert((of, record)),
                    false => oracle.remove(&(of, record)),
                };
            }
            for (of, record) in &oracle {
                gathering.put(of.clone(), record, rev);
                gathering.put(of.clone(), record, rev);
            }
            let gathered = Index::of(gathering);
            for prefix in [Key::all(), Key::of(["k0"]), Key::of(["k1"]), Key::of(["k2"]), Key::of(["k"])] {
                let wanted: Vec<_> = oracle.iter().filter(|(of, _)| of.starts_with(&prefix)).map(|(_, r)| r.clone()).collect();
                prop_assert_eq!(&walked(&index, &prefix, rev, page), &wanted);
                prop_assert_eq!(&walked(&gathered, &prefix, rev, page), &wanted);
            }
        }
    }
}
