//! What rules do to images, by examples and by chance.

use super::*;
use base::{Dice, SeededDice};
use std::collections::BTreeSet;
use std::sync::Arc;

const DAY: i64 = 24 * 60 * 60 * 1000;
const NOW: Timestamp = Timestamp(1000 * DAY);

fn digest(n: u64) -> String {
    format!("sha256:{n:064x}")
}

/// An image pushed so many days ago.
fn image(n: u64, days: i64, tags: &[&str]) -> Image {
    let manifest = Manifest {
        repository: RepositoryId::new("000000000000", "us-east-1", "a"),
        digest: digest(n),
        media_type: String::new(),
        size: 1,
        artifact_type: None,
        config: None,
        layers: Vec::new(),
        manifests: Vec::new(),
        subject: None,
        pushed_at: NOW.plus_millis(-days * DAY),
        pulled_at: None,
        archived_at: None,
        last_archived_at: None,
        last_activated_at: None,
    };
    Image {
        manifest: Arc::new(manifest),
        tags: tags.iter().map(|tag| tag.to_string()).collect(),
        archived_at: None,
        restored_at: None,
    }
}

fn with(mut image: Image, change: impl FnOnce(&mut Manifest)) -> Image {
    change(Arc::make_mut(&mut image.manifest));
    image
}

fn index(n: u64, days: i64, tags: &[&str], lists: &[u64]) -> Image {
    with(image(n, days, tags), |m| {
        m.manifests = lists.iter().map(|n| digest(*n)).collect()
    })
}

fn about(n: u64, days: i64, subject: u64) -> Image {
    with(image(n, days, &[]), |m| m.subject = Some(digest(subject)))
}

fn rule(priority: u32, selects: &str, count: LifecycleCount, number: u32) -> LifecycleRule {
    let (tags, patterns) = match selects {
        "any" => (LifecycleTags::Any, Vec::new()),
        "untagged" => (LifecycleTags::Untagged, Vec::new()),
        patterns => (LifecycleTags::Tagged, patterns.split(' ').map(str::to_string).collect()),
    };
    LifecycleRule {
        priority,
        tags,
        patterns,
        archived: false,
        count,
        number,
        action: LifecycleAction::Expire,
    }
}

/// The numbers of the images that go, in order.
fn gone(rules: &[LifecycleRule], images: &[Image], pins: &[u64]) -> Vec<u64> {
    let pins: BTreeSet<String> = pins.iter().map(|n| digest(*n)).collect();
    let verdicts = evaluate(rules, images, &pins, NOW);
    let number = |v: &Verdict| {
        let digest = &images[v.image].manifest.digest;
        u64::from_str_radix(&digest["sha256:".len()..], 16).expect("a number")
    };
    let mut gone: Vec<u64> = verdicts.iter().map(number).collect();
    gone.sort();
    gone
}

use LifecycleCount::{MoreThan, Pulled, Pushed, Transitioned};

#[test]
fn the_oldest_go_that_are_too_many_or_too_old() {
    let images = [
        image(1, 3, &[]),
        image(2, 2, &[]),
        image(3, 1, &[]),
        image(4, 90, &["prod"]),
    ];
    assert_eq!(gone(&[rule(1, "untagged", MoreThan, 1)], &images, &[]), [1, 2]);
    assert_eq!(gone(&[rule(1, "untagged", MoreThan, 5)], &images, &[]), [0; 0]);
    assert_eq!(gone(&[rule(1, "any", Pushed, 2)], &images, &[]), [1, 4]);
    assert_eq!(gone(&[rule(1, "prod*", Pushed, 89)], &images, &[]), [4]);
    assert_eq!(
        gone(&[rule(1, "prod*", Pushed, 90)], &images, &[]),
        [0; 0],
        "not older than that"
    );
    assert_eq!(
        gone(&[rule(1, "any", MoreThan, 1)], &images, &[1]),
        [2, 4],
        "the pinned one stays and counts"
    );
}

#[test]
fn an_image_has_a_tag_for_each_pattern() {
    let images = [image(1, 5, &["alpha-1", "beta-1"]), image(2, 5, &["alpha-2"])];
    assert_eq!(gone(&[rule(1, "alpha*", Pushed, 1)], &images, &[]), [1, 2]);
    assert_eq!(gone(&[rule(1, "alpha* beta*", Pushed, 1)], &images, &[]), [1]);
    assert_eq!(gone(&[rule(1, "*-2", Pushed, 1)], &images, &[]), [2]);
}

#[test]
fn what_a_rule_before_is_about_is_not_for_those_behind() {
    let images = [
        image(1, 10, &["beta-1", "prod-1"]),
        image(2, 9, &["beta-2", "prod-2"]),
        image(3, 8, &["beta-3"]),
    ];
    let prod_first = [rule(1, "prod*", MoreThan, 1), rule(2, "beta*", MoreThan, 1)];
    assert_eq!(gone(&prod_first, &images, &[]), [1], "2 is kept by the first rule");
    let beta_first = [rule(2, "prod*", MoreThan, 1), rule(1, "beta*", MoreThan, 1)];
    assert_eq!(gone(&beta_first, &images, &[]), [1, 2]);
    let keep = [rule(1, "prod*", MoreThan, 100), rule(9, "any", Pushed, 1)];
    assert_eq!(gone(&keep, &images, &[]), [3]);
}

#[test]
fn an_index_takes_what_it_lists_along_and_keeps_it_while_it_stays() {
    let images = [
        image(1, 50, &[]),
        image(2, 50, &[]),
        image(3, 50, &["named"]),
        index(10, 50, &["old"], &[1, 2, 3]),
        index(11, 1, &["new"], &[2]),
        about(20, 50, 10),
        about(21, 50, 20),
        about(22, 50, 99),
    ];
    let old = [rule(1, "old", Pushed, 7)];
    assert_eq!(gone(&old, &images, &[]), [1, 10, 20, 21]);
    assert_eq!(gone(&[rule(1, "any", Pushed, 7)], &images, &[]), [1, 3, 10, 20, 21, 22]);
    assert_eq!(
        gone(&[rule(1, "untagged", Pushed, 7)], &images, &[]),
        [22],
        "its subject is not here"
    );
    assert_eq!(
        gone(&[rule(1, "named", Pushed, 7)], &images, &[]),
        [0; 0],
        "10 lists it"
    );
    assert_eq!(
        gone(&old, &images, &[1]),
        [10, 20, 21],
        "the pinned one stays without its index"
    );
    assert_eq!(gone(&old, &images, &[10]), [0; 0]);
    let nested = [image(1, 9, &[]), index(2, 9, &[], &[1]), index(3, 9, &["old"], &[2])];
    assert_eq!(gone(&old, &nested, &[]), [1, 2, 3]);
    assert_eq!(gone(&old, &nested, &[3]), [0; 0]);
}

#[test]
fn pulls_and_being_put_away_count_too() {
    let pulled = with(image(1, 50, &[]), |m| m.pulled_at = Some(NOW.plus_millis(-DAY)));
    let mut restored = image(2, 50, &[]);
    restored.restored_at = Some(NOW.plus_millis(-DAY));
    let mut away = image(3, 50, &[]);
    away.archived_at = Some(NOW.plus_millis(-40 * DAY));
    let images = [pulled, restored, away, image(4, 50, &[])];
    assert_eq!(gone(&[rule(1, "any", Pulled, 7)], &images, &[]), [4]);
    assert_eq!(
        gone(&[rule(1, "any", Pushed, 7)], &images, &[]),
        [1, 2, 4],
        "what is put away is another class"
    );
    let mut transitioned = rule(1, "any", Transitioned, 30);
    transitioned.archived = true;
    assert_eq!(gone(&[transitioned.clone()], &images, &[]), [3]);
    transitioned.number = 40;
    assert_eq!(gone(&[transitioned], &images, &[]), [0; 0]);
    let mut archive = rule(1, "any", Pulled, 7);
    archive.action = LifecycleAction::Archive;
    let verdicts = evaluate(&[archive], &images, &BTreeSet::new(), NOW);
    let expected = Verdict {
        image: 3,
        action: LifecycleAction::Archive,
        rule: 1,
    };
    assert_eq!(verdicts, [expected]);
}

/// A repository and a policy as chance has them; lower numbers are listed by higher ones.
fn any_world(dice: &SeededDice) -> (Vec<LifecycleRule>, Vec<Image>, BTreeSet<String>) {
    let some = |chance: u64| dice.below(chance) == 0;
    let count = dice.below(24);
    let images = (0..count).map(|n| {
        let tags: Vec<&str> = ["a-1", "a-2", "b-1", "c"].into_iter().filter(|_| some(4)).collect();
        let mut image = image(n, dice.below(30) as i64, &tags);
        let manifest = Arc::make_mut(&mut image.manifest);
        if some(3) {
            manifest.manifests = (0..n).filter(|_| some(4)).map(digest).collect();
        }
        if some(5) {
            manifest.subject = Some(digest(dice.below(n + 3)));
        }
        if some(6) {
            image.archived_at = Some(NOW.plus_millis(-(dice.below(30) as i64) * DAY));
        }
        image
    });
    let images: Vec<Image> = images.collect();
    let rules = (0..dice.below(5) as u32).map(|at| {
        let selects = ["any", "untagged", "a*", "a* b*", "c", "*1"][dice.below(6) as usize];
        let count = [MoreThan, Pushed, Pulled, Transitioned][dice.below(4) as usize];
        let mut rule = rule((at * 7 + 3) % 5, selects, count, dice.below(12) as u32);
        rule.archived = some(4);
        if some(5) {
            rule.action = LifecycleAction::Archive;
        }
        rule
    });
    let pins = (0..count).filter(|_| some(6)).map(digest).collect();
    (rules.collect(), images, pins)
}

#[test]
fn whatever_the_rules_what_must_stay_stays() {
    let mut went = 0;
    for seed in 0..4000 {
        let dice = SeededDice::new(seed);
        let (rules, images, pins) = any_world(&dice);
        let verdicts = evaluate(&rules, &images, &pins, NOW);
        let expired = |digest: &str| {
            let is = |v: &&Verdict| v.action == LifecycleAction::Expire && images[v.image].manifest.digest == digest;
            verdicts.iter().any(|v| is(&v))
        };
        let named: BTreeSet<usize> = verdicts.iter().map(|v| v.image).collect();
        assert_eq!(named.len(), verdicts.len(), "{seed}: by one rule at most");
        for verdict in &verdicts {
            let image = &images[verdict.image];
            let digest = &image.manifest.digest;
            assert!(!pins.contains(digest), "{seed}: pinned");
            let by = rules.iter().find(|rule| rule.priority == verdict.rule);
            let by = by.expect("a rule of the policy says so");
            let is_listed = images.iter().any(|other| other.manifest.manifests.contains(digest));
            let is_about = image.manifest.subject.as_ref();
            let is_about = is_about.is_some_and(|d| images.iter().any(|other| other.manifest.digest == *d));
            if !image.tags.is_empty() || !(is_listed || is_about) {
                assert!(by.is_about(image), "{seed}: not what the rule is about");
                let before = rules.iter().filter(|rule| rule.priority < by.priority);
                assert!(
                    before.into_iter().all(|rule| !rule.is_about(image)),
                    "{seed}: another's"
                );
                assert_eq!(by.action, verdict.action);
            }
            went += 1;
        }
        for image in &images {
            if expired(&image.manifest.digest) {
                continue;
            }
            for listed in &image.manifest.manifests {
                assert!(!expired(listed), "{seed}: {} is listed by what stays", listed);
            }
        }
        // More images pinned, no more images gone.
        let all: BTreeSet<String> = images.iter().map(|i| i.manifest.digest.clone()).collect();
        assert_eq!(evaluate(&rules, &images, &all, NOW), []);
        // The order in which images lie is nothing to rules.
        let mut turned = images.clone();
        turned.reverse();
        let mut again = evaluate(&rules, &turned, &pins, NOW);
        again.iter_mut().for_each(|v| v.image = images.len() - 1 - v.image);
        again.reverse();
        let plain = |v: &Verdict| (v.image, v.action);
        assert_eq!(
            again.iter().map(plain).collect::<Vec<_>>(),
            verdicts.iter().map(plain).collect::<Vec<_>>(),
            "{seed}"
        );
    }
    assert!(went > 1000, "only {went} went");
}
