//! Collection: takes away what nobody needs, and references that nobody has used for long when the disk gets full.

use crate::disk::names;
use crate::layer::About;
use crate::need::Need;
use crate::store::{Images, Inner};
use crate::{BadReference, Origin, Reference};
use base::Timestamp;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::time::Duration;

/// When an image may be taken away, as the ECS agent's clean-up, and when it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Unused for at least this long.
    pub unused_for: Duration,
    /// In one round.
    pub most: usize,
    /// Only when more than this percentage of the disk is in use; `None` for always.
    pub high_water: Option<u8>,
    /// And then until no more than this is.
    pub low_water: u8,
    /// Also those that were imported, which no registry may have to give again.
    pub imported: bool,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            unused_for: Duration::from_secs(60 * 60),
            most: 5,
            high_water: Some(85),
            low_water: 75,
            imported: false,
        }
    }
}

impl Thresholds {
    /// All that is not in use right now.
    pub fn everything() -> Self {
        Thresholds {
            unused_for: Duration::ZERO,
            most: usize::MAX,
            high_water: None,
            low_water: 0,
            imported: true,
        }
    }
}

/// What a collection took away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    pub references: Vec<String>,
    pub layers: usize,
    pub bytes: u64,
}

/// Fullness of the disk, in bytes.
#[derive(Debug, Clone, Copy)]
struct Disk {
    used: u64,
    total: u64,
}

impl Images {
    /// A round of collection. May run beside anything, in any process.
    pub async fn gc(&self, thresholds: Thresholds, now: Timestamp) -> io::Result<Collected> {
        self.blocking(move |inner| {
            let disk = fullness(inner)?;
            collect(inner, |refs, others, sizes| {
                choose(refs, others, sizes, disk, &thresholds, now)
            })
        })
        .await
    }

    /// Takes the name away, for all platforms, and what nobody else needs. A container that holds the image keeps its
    /// content. False if there is no such name.
    pub async fn remove(&self, reference: &str) -> Result<io::Result<bool>, BadReference> {
        let reference = reference.parse::<Reference>()?.to_string();
        Ok(self.remove_exactly(reference).await)
    }

    async fn remove_exactly(&self, reference: String) -> io::Result<bool> {
        let collected = self.blocking(move |inner| {
            collect(inner, |refs, _, _| {
                let named = refs.iter().filter(|r| r.need.reference == reference);
                named.map(|r| r.key.clone()).collect()
            })
        });
        Ok(!collected.await?.references.is_empty())
    }
}

/// A reference, and when it was last used.
struct Ref {
    key: String,
    need: Need,
    last_used: Timestamp,
}

/// Which references to take away, longest unused first. `others` are the needs of holders and of images in hand.
fn choose(
    refs: &[Ref],
    others: &[Need],
    sizes: &HashMap<String, u64>,
    disk: Disk,
    thresholds: &Thresholds,
    now: Timestamp,
) -> Vec<String> {
    let percent = |used: u64| used.saturating_mul(100) / disk.total.max(1);
    if thresholds
        .high_water
        .is_some_and(|high| percent(disk.used) <= u64::from(high))
    {
        return Vec::new();
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for layer in refs.iter().map(|r| &r.need).chain(others).flat_map(|need| &need.layers) {
        *counts.entry(layer).or_default() += 1;
    }
    let in_use: HashSet<_> = others.iter().map(|c| (&c.reference, &c.platform)).collect();
    let unused_for = i64::try_from(thresholds.unused_for.as_millis()).unwrap_or(i64::MAX);
    let free_to_go = |r: &&Ref| {
        let may_go = thresholds.imported || r.need.origin != Origin::Imported;
        may_go && !in_use.contains(&(&r.need.reference, &r.need.platform)) && now.since(r.last_used) >= unused_for
    };
    let mut by_use: Vec<&Ref> = refs.iter().filter(free_to_go).collect();
    by_use.sort_by_key(|r| (r.last_used, &r.key));
    let (mut chosen, mut freed) = (Vec::new(), 0u64);
    for candidate in by_use.into_iter().take(thresholds.most) {
        let low_enough = percent(disk.used.saturating_sub(freed)) <= u64::from(thresholds.low_water);
        if thresholds.high_water.is_some() && low_enough {
            break;
        }
        for layer in &candidate.need.layers {
            let needs = counts.get_mut(layer.as_str()).expect("counted above");
            *needs -= 1;
            if *needs == 0 {
                freed += sizes.get(layer).copied().unwrap_or(0);
            }
        }
        chosen.push(candidate.key.clone());
    }
    chosen
}

/// Takes away the chosen references and all content that nobody needs. New needs wait meanwhile, so only renames are
/// done then; the work of removing comes after.
fn collect(
    inner: &Inner,
    choose: impl FnOnce(&[Ref], &[Need], &HashMap<String, u64>) -> Vec<String>,
) -> io::Result<Collected> {
    let disk = &inner.disk;
    let trash = disk.draft("trash");
    fs::create_dir(&trash)?;
    let collected = (|| {
        let _nobody_begins = disk.exclusive()?;
        let others = needs_in_use(inner)?;
        let refs = refs(inner)?;
        let there = names(&disk.root.join("layers"))?;
        let size = |name: &String| Some((name.clone(), About::parse(&disk.about(name).ok()??)?.bytes));
        let sizes: HashMap<String, u64> = there.iter().filter_map(size).collect();
        let chosen: HashSet<String> = choose(&refs, &others, &sizes).into_iter().collect();
        let (gone, kept): (Vec<Ref>, Vec<Ref>) = refs.into_iter().partition(|r| chosen.contains(&r.key));
        for gone in &gone {
            disk.discard(&disk.root.join("refs").join(&gone.key), &trash)?;
        }
        let mut needed = HashSet::new();
        let mut blobs = HashSet::new();
        for need in kept.iter().map(|r| &r.need).chain(&others) {
            needed.extend(&need.layers);
            blobs.extend([need.digest.hex(), need.manifest.hex(), need.config.hex()]);
        }
        let mut collected = Collected {
            references: gone.into_iter().map(|r| r.need.reference).collect(),
            ..Collected::default()
        };
        for name in there.iter().filter(|name| !needed.contains(name)) {
            disk.discard(&disk.layer(name), &trash)?;
            collected.layers += 1;
            collected.bytes += sizes.get(name).copied().unwrap_or(0);
        }
        for name in names(&disk.root.join("about"))? {
            if !needed.contains(&name) {
                fs::remove_file(disk.root.join("about").join(name))?;
            }
        }
        for mark in names(&disk.root.join("unsynced"))? {
            let layer = mark.rsplit('-').next().expect("split gives at least one");
            if !there.iter().any(|name| name == layer) || !needed.iter().any(|name| *name == layer) {
                let _ = fs::remove_file(disk.root.join("unsynced").join(mark)); // who syncs takes it away too
            }
        }
        for name in names(&disk.root.join("blobs"))? {
            if !blobs.contains(&name) {
                disk.discard(&disk.root.join("blobs").join(name), &trash)?;
            }
        }
        Ok(collected)
    })();
    fs::remove_dir_all(&trash)?;
    collected
}

/// Needs of holders, and of images in anybody's hands, in all processes.
fn needs_in_use(inner: &Inner) -> io::Result<Vec<Need>> {
    let mut needs: Vec<Need> = inner.needs("holders")?.into_iter().map(|(_, need)| need).collect();
    let tmp = inner.disk.root.join("tmp");
    for process in names(&tmp)? {
        let dir = tmp.join(process);
        let pins = match names(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue, // it ended just now
            names => names?,
        };
        for pin in pins.iter().filter(|name| name.starts_with("pin-")) {
            needs.extend(Need::read(&dir.join(pin))?);
        }
    }
    Ok(needs)
}

/// All references; those that are torn are taken away: they need nothing.
fn refs(inner: &Inner) -> io::Result<Vec<Ref>> {
    let dir = inner.disk.root.join("refs");
    let mut refs = Vec::new();
    for key in names(&dir)? {
        match Need::read(&dir.join(&key))? {
            Some(need) => refs.push(Ref {
                last_used: inner.last_used(&key)?,
                key,
                need,
            }),
            None => fs::remove_file(dir.join(key))?,
        }
    }
    Ok(refs)
}

fn fullness(inner: &Inner) -> io::Result<Disk> {
    let stat = rustix::fs::statvfs(&inner.disk.root)?;
    let used = stat.f_blocks.saturating_sub(stat.f_bfree);
    Ok(Disk {
        used: used.saturating_mul(stat.f_frsize),
        total: used.saturating_add(stat.f_bavail).saturating_mul(stat.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    fn need(reference: &str, layers: &[&str]) -> Need {
        Need {
            reference: reference.into(),
            platform: "linux/amd64".into(),
            digest: Digest::of(reference.as_bytes()),
            manifest: Digest::of(reference.as_bytes()),
            config: Digest::of(b"config"),
            origin: Origin::Pulled,
            layers: layers.iter().map(|l| l.to_string()).collect(),
        }
    }

    fn chosen(thresholds: &Thresholds, used: u64) -> String {
        let named = |(i, (name, layers)): (usize, &(&str, &[&str]))| Ref {
            key: name.to_string(),
            need: need(name, layers),
            last_used: Timestamp(i as i64 * 1000),
        };
        // Unused since: a longest; c is in use; a and b share a layer; e is the newest, and imported.
        let all: [(&str, &[&str]); 5] = [
            ("a", &["base", "1"]),
            ("b", &["base"]),
            ("c", &["3"]),
            ("d", &["4"]),
            ("e", &["5"]),
        ];
        let mut refs: Vec<Ref> = all.iter().enumerate().map(named).collect();
        refs[4].need.origin = Origin::Imported;
        let sizes = ["base", "1", "3", "4", "5"]
            .iter()
            .map(|l| (l.to_string(), 10))
            .collect();
        let disk = Disk { used, total: 100 };
        choose(&refs, &[need("c", &["3"])], &sizes, disk, thresholds, Timestamp(5000)).concat()
    }

    #[test]
    fn the_longest_unused_go_first_and_only_as_many_as_needed() {
        let everything = Thresholds::everything();
        assert_eq!(chosen(&everything, 10), "abde");
        assert_eq!(chosen(&Thresholds { most: 2, ..everything }, 10), "ab");
        let unused_for = Duration::from_secs(4);
        assert_eq!(
            chosen(
                &Thresholds {
                    unused_for,
                    ..everything
                },
                10
            ),
            "ab"
        );
        let not_imported = Thresholds {
            imported: false,
            ..everything
        };
        assert_eq!(chosen(&not_imported, 10), "abd");
        let water = Thresholds {
            high_water: Some(80),
            low_water: 65,
            ..everything
        };
        assert_eq!(chosen(&water, 80), "", "not above the high water");
        assert_eq!(
            chosen(&water, 85),
            "ab",
            "a frees 10, as b needs the base; b frees the base"
        );
        assert_eq!(chosen(&water, 99), "abde", "all there is");
    }
}
