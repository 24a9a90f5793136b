//! What a lifecycle policy costs a repository as full as one may be: `cargo run --release -p model --example
//! bench_lifecycle`.

#![allow(clippy::disallowed_methods)] // it measures the machine's time

use base::Timestamp;
use model::registry::lifecycle::{Image, evaluate};
use model::registry::{LifecycleAction, LifecycleCount, LifecycleRule, LifecycleTags, Manifest, RepositoryId, change};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: usize = 9;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn main() {
    let images = images(change::MOST_MANIFESTS);
    let rules = rules();
    // A thousand of them run.
    let pinned: BTreeSet<String> = (0..1_000).map(|n| digest(n * 97)).collect();
    let now = Timestamp(400 * DAY_MS);
    let mut took: Vec<f64> = Vec::new();
    let mut go = 0;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        go = evaluate(&rules, &images, &pinned, now).len();
        took.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    println!(
        "{} images, {} rules: {go} go; {:.1} ms (median of {ROUNDS}, {:.1} to {:.1})",
        images.len(),
        rules.len(),
        took[ROUNDS / 2],
        took[0],
        took[ROUNDS - 1]
    );
}

fn digest(n: u32) -> String {
    format!("sha256:{:064x}", u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Of every ten one is an index of three before it, one is about the one before it, two have no tag, the others have two.
fn images(count: u32) -> Vec<Image> {
    let image = |n: u32| {
        let is_index = n % 10 == 9;
        let lists = if is_index {
            (n - 3..n).map(digest).collect()
        } else {
            Vec::new()
        };
        let tags = match n % 10 {
            5..=8 => Vec::new(),
            _ => vec![
                format!("v1.{n}"),
                format!("{}-{n}", if n.is_multiple_of(3) { "dev" } else { "prod" }),
            ],
        };
        Image {
            manifest: Arc::new(Manifest {
                repository: RepositoryId::new("000000000000", "us-east-1", "team/web"),
                digest: digest(n),
                media_type: "application/vnd.oci.image.manifest.v1+json".to_string(),
                size: 500,
                artifact_type: None,
                config: None,
                layers: Vec::new(),
                manifests: lists,
                subject: (n % 10 == 5).then(|| digest(n - 1)),
                pushed_at: Timestamp(i64::from(n) * 300_000),
                pulled_at: None,
                archived_at: None,
                last_archived_at: None,
                last_activated_at: None,
            }),
            tags,
            archived_at: None,
            restored_at: None,
        }
    };
    (0..count).map(image).collect()
}

fn rules() -> Vec<LifecycleRule> {
    let rule = |priority, tags, patterns: &[&str], count, number| LifecycleRule {
        priority,
        tags,
        patterns: patterns.iter().map(ToString::to_string).collect(),
        archived: false,
        count,
        number,
        action: LifecycleAction::Expire,
    };
    vec![
        rule(1, LifecycleTags::Untagged, &[], LifecycleCount::Pushed, 7),
        rule(2, LifecycleTags::Tagged, &["dev-*"], LifecycleCount::MoreThan, 50),
        rule(
            3,
            LifecycleTags::Tagged,
            &["prod-*", "v1.*"],
            LifecycleCount::Pulled,
            180,
        ),
        rule(9, LifecycleTags::Any, &[], LifecycleCount::MoreThan, 20_000),
    ]
}
