//! What rules mean for the images of a repository.
//!
//! A rule looks at the images that its selection fits, newest first, and marks those that its count leaves over. An image
//! that the selection of a rule fits is that rule's: no rule behind it marks it, though those count it. What an index
//! lists, and what is about another image, has no say of its own while it has no tag: it goes with the index, or with
//! the image. Nothing goes that an index lists which stays.

use super::{LifecycleAction, LifecycleCount, LifecycleRule, Manifest};
use base::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// An image as rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub manifest: Arc<Manifest>,
    pub tags: Vec<String>,
    /// Since when it is put away.
    pub archived_at: Option<Timestamp>,
    /// When it was last taken out again.
    pub restored_at: Option<Timestamp>,
}

/// What is to become of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the images.
    pub image: usize,
    pub action: LifecycleAction,
    /// The priority of the rule that says so.
    pub rule: u32,
}

/// What is to become of the images, in their order; of those it does not name, nothing. Images that are pinned stay,
/// with all that they list.
pub fn evaluate(rules: &[LifecycleRule], images: &[Image], pinned: &BTreeSet<String>, now: Timestamp) -> Vec<Verdict> {
    let family = Family::of(images);
    let pinned = family.with_all_they_list(pinned);
    let mut marked: BTreeMap<usize, (LifecycleAction, u32)> = BTreeMap::new();
    let mut taken = vec![false; images.len()];
    let mut rules: Vec<&LifecycleRule> = rules.iter().collect();
    rules.sort_by_key(|rule| rule.priority);
    for rule in rules {
        let fits = |at: &usize| !family.depends(images, *at) && rule.is_about(&images[*at]);
        let fit: Vec<usize> = (0..images.len()).filter(fits).collect();
        for at in over(rule, images, fit.clone(), now) {
            if !taken[at] && !pinned.contains(&at) {
                marked.insert(at, (rule.action, rule.priority));
            }
        }
        fit.into_iter().for_each(|at| taken[at] = true);
    }
    let gone = family.gone(images, &marked, &pinned);
    let put_away = marked
        .iter()
        .filter(|(_, (action, _))| *action == LifecycleAction::Archive)
        .map(|(at, (_, rule))| (*at, *rule));
    let mut verdicts: Vec<Verdict> = gone
        .iter()
        .map(|(image, rule)| (*image, LifecycleAction::Expire, *rule))
        .chain(put_away.map(|(image, rule)| (image, LifecycleAction::Archive, rule)))
        .map(|(image, action, rule)| Verdict { image, action, rule })
        .collect();
    verdicts.sort_by_key(|verdict| verdict.image);
    verdicts
}

/// Those of the images that a rule's count leaves over.
fn over(rule: &LifecycleRule, images: &[Image], mut fit: Vec<usize>, now: Timestamp) -> Vec<usize> {
    let pushed = |at: usize| images[at].manifest.pushed_at;
    let since = |at: usize| match rule.count {
        LifecycleCount::MoreThan | LifecycleCount::Pushed => Some(pushed(at)),
        LifecycleCount::Transitioned => images[at].archived_at,
        LifecycleCount::Pulled => {
            let pulled = images[at].manifest.pulled_at.unwrap_or_else(|| pushed(at));
            Some(images[at].restored_at.map_or(pulled, |restored| restored.max(pulled)))
        }
    };
    if rule.count == LifecycleCount::MoreThan {
        fit.sort_by(|a, b| (pushed(*b), &images[*a].manifest.digest).cmp(&(pushed(*a), &images[*b].manifest.digest)));
        return fit.split_off(usize::try_from(rule.number).unwrap_or(usize::MAX).min(fit.len()));
    }
    let age_ms = i64::from(rule.number).saturating_mul(DAY_MS);
    fit.retain(|at| since(*at).is_some_and(|since| now.since(since) > age_ms));
    fit
}

/// Which image lists which, and which is about which. Images are named by where they stand.
struct Family {
    at: BTreeMap<String, usize>,
    listers: Vec<Vec<usize>>,
    lists: Vec<Vec<usize>>,
    subject: Vec<Option<usize>>,
    referrers: Vec<Vec<usize>>,
}

impl Family {
    fn of(images: &[Image]) -> Self {
        let at: BTreeMap<String, usize> = images
            .iter()
            .enumerate()
            .map(|(at, image)| (image.manifest.digest.clone(), at))
            .collect();
        let mut family = Family {
            listers: vec![Vec::new(); images.len()],
            lists: vec![Vec::new(); images.len()],
            subject: vec![None; images.len()],
            referrers: vec![Vec::new(); images.len()],
            at,
        };
        for (me, image) in images.iter().enumerate() {
            for listed in image.manifest.manifests.iter().filter_map(|d| family.at.get(d)) {
                family.listers[*listed].push(me);
                family.lists[me].push(*listed);
            }
            let subject = image.manifest.subject.as_ref().and_then(|d| family.at.get(d).copied());
            family.subject[me] = subject;
            if let Some(subject) = subject {
                family.referrers[subject].push(me);
            }
        }
        family
    }

    /// Whether it has no say of its own.
    fn depends(&self, images: &[Image], at: usize) -> bool {
        images[at].tags.is_empty() && (!self.listers[at].is_empty() || self.subject[at].is_some())
    }

    fn with_all_they_list(&self, digests: &BTreeSet<String>) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut next: Vec<usize> = digests.iter().filter_map(|d| self.at.get(d).copied()).collect();
        while let Some(at) = next.pop() {
            if found.insert(at) {
                next.extend(&self.lists[at]);
            }
        }
        found
    }

    /// What goes when those that are marked so do: with all that depends on them alone, without what somebody who stays
    /// lists. Answers with the rule by which each goes.
    fn gone(
        &self,
        images: &[Image],
        marked: &BTreeMap<usize, (LifecycleAction, u32)>,
        pinned: &BTreeSet<usize>,
    ) -> BTreeMap<usize, u32> {
        let expire = |(at, (action, rule)): (&usize, &(LifecycleAction, u32))| {
            (*action == LifecycleAction::Expire).then_some((*at, *rule))
        };
        let mut gone: BTreeMap<usize, u32> = marked.iter().filter_map(expire).collect();
        let mut next: Vec<usize> = gone.keys().copied().collect();
        while let Some(at) = next.pop() {
            let rule = gone[&at];
            for &other in self.lists[at].iter().chain(&self.referrers[at]) {
                if !gone.contains_key(&other) && !pinned.contains(&other) && self.depends(images, other) {
                    gone.insert(other, rule);
                    next.push(other);
                }
            }
        }
        // Now back: who stays keeps what it lists, and what is about it.
        let mut doubtful: Vec<usize> = gone.keys().copied().collect();
        while let Some(at) = doubtful.pop() {
            let stays = |other: &usize| !gone.contains_key(other);
            let about = self.subject[at].filter(|_| self.depends(images, at));
            if gone.contains_key(&at) && self.listers[at].iter().chain(&about).any(stays) {
                gone.remove(&at);
                doubtful.extend(self.lists[at].iter().chain(&self.referrers[at]));
            }
        }
        gone
    }
}
