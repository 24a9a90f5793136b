//! Lifecycle policies of repositories are carried out: at once when one is new, and from time to time from then on.
//!
//! Images leave in bounded transactions, each of which decides anew. When one has nothing left to do, that is written
//! down, and the repository rests until it is due again.

use control::{Controller, Next};
use model::registry::lifecycle::{Image, Verdict, evaluate, images, pinned};
use model::registry::{LifecycleAction, LifecyclePolicy, Repository, change};
use std::collections::BTreeSet;
use store::{Change, Key, Record, Tx, View};

#[derive(Clone, Copy, Debug)]
pub struct ExpireImages {
    /// Between one look at a repository and the next.
    pub every_ms: i64,
}

impl Default for ExpireImages {
    fn default() -> Self {
        ExpireImages { every_ms: 3600 * 1000 }
    }
}

/// Images, and tags, that one transaction takes away, about.
const AT_ONCE: usize = 200;

impl Controller for ExpireImages {
    fn name(&self) -> &'static str {
        "expire-images"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Repository>(&Key::all())
            .filter(|repository| repository.lifecycle.is_some())
            .map(|repository| repository.key())
            .collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(repository))) = change.of::<Repository>()
            && repository.lifecycle.is_some()
        {
            dirty(repository.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(repository) = tx.get::<Repository>(key) else {
            return Next::Rest;
        };
        let Some(policy) = &repository.lifecycle else {
            return Next::Rest;
        };
        let now = tx.now();
        let due = policy.evaluated_at.map_or(now, |last| last.plus_millis(self.every_ms));
        if now < due {
            return Next::At(due);
        }
        if carry_out(tx, &repository, policy) {
            return Next::At(now);
        }
        tx.put(Repository {
            lifecycle: Some(LifecyclePolicy {
                evaluated_at: Some(now),
                ..policy.clone()
            }),
            ..(*repository).clone()
        });
        Next::At(now.plus_millis(self.every_ms))
    }
}

/// Does some of what a policy asks for; true when there may be more.
fn carry_out(tx: &mut Tx, repository: &Repository, policy: &LifecyclePolicy) -> bool {
    let images = images(tx, &repository.id);
    let decide = |pins: &BTreeSet<String>, tx: &Tx| evaluate(&policy.rules, &images, pins, tx.now());
    if decide(&BTreeSet::new(), tx).is_empty() {
        return false; // nearly always: and who runs what need not be found out
    }
    let pins = pinned(tx);
    let verdicts = decide(&pins, tx);
    let (mut done, mut left) = (0, 0);
    for Verdict { image, action, .. } in in_order(&images, verdicts) {
        let image = &images[image];
        if done >= AT_ONCE {
            left += 1;
            continue;
        }
        let digest = &image.manifest.digest;
        let moved = match action {
            LifecycleAction::Expire => change::delete_manifest(tx, &repository.id, digest).is_ok(),
            LifecycleAction::Archive => change::archive(tx, &repository.id, digest, true).is_ok(),
        };
        match moved {
            true => done += image.tags.len() + 1,
            false => left += 1, // an index lists it that goes, too
        }
    }
    done > 0 && left > 0
}

/// An index before what it lists.
fn in_order(images: &[Image], verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let listed: BTreeSet<&str> = images
        .iter()
        .flat_map(|image| image.manifest.manifests.iter().map(String::as_str))
        .collect();
    let mut ordered = verdicts;
    ordered.sort_by_key(|verdict| {
        let manifest = &images[verdict.image].manifest;
        (listed.contains(manifest.digest.as_str()), manifest.manifests.is_empty())
    });
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::registry::{LifecycleCount, LifecycleRule, LifecycleTags, Manifest, RepositoryId};
    use model::testing::{service_revision, world, write};
    use model::{RevisionStatus, ServiceRevision};
    use store::Store;

    fn id() -> RepositoryId {
        RepositoryId::new("000000000000", "us-east-1", "team/web")
    }

    fn digest(n: u32) -> String {
        format!("sha256:{n:064x}")
    }

    fn manifest(n: u32, lists: &[u32]) -> Manifest {
        Manifest {
            repository: id(),
            digest: digest(n),
            media_type: "application/vnd.oci.image.manifest.v1+json".to_string(),
            size: 2,
            artifact_type: None,
            config: None,
            layers: Vec::new(),
            manifests: lists.iter().map(|n| digest(*n)).collect(),
            subject: None,
            pushed_at: base::Timestamp(i64::from(n)),
            pulled_at: None,
            archived_at: None,
            last_archived_at: None,
            last_activated_at: None,
        }
    }

    /// Puts images in, and a policy that keeps one that has no tag.
    fn push(store: &Store, manifests: impl Fn() -> Vec<Manifest> + Send + 'static) {
        let pushed = write(store, move |tx| {
            let rule = LifecycleRule {
                priority: 1,
                tags: LifecycleTags::Untagged,
                patterns: Vec::new(),
                archived: false,
                count: LifecycleCount::MoreThan,
                number: 1,
                action: LifecycleAction::Expire,
            };
            let mut repository = Repository::new(id(), tx.now());
            repository.lifecycle = Some(LifecyclePolicy {
                text: String::new(),
                put_at: tx.now(),
                evaluated_at: None,
                rules: vec![rule],
            });
            change::create_repository(tx, repository).expect("it is new");
            for manifest in manifests() {
                change::put_manifest(tx, manifest, &[]).expect("all it names is there");
            }
            Ok(())
        });
        pushed.expect("kept");
    }

    /// Steps until it rests; answers with how often.
    fn run(store: &Store) -> u32 {
        for steps in 1..100 {
            let next = write(store, |tx| {
                let next = ExpireImages::default().step(tx, &id().key());
                Ok((next, tx.now()))
            });
            let (next, now) = next.expect("a step");
            assert_eq!(model::invariants::check(&store.snapshot()), []);
            if next != Next::At(now) {
                return steps;
            }
        }
        panic!("it does not come to rest");
    }

    fn left(store: &Store) -> Vec<String> {
        let view = store.snapshot();
        view.scan::<Manifest>(&Key::all()).map(|m| m.digest.clone()).collect()
    }

    #[test]
    fn many_go_in_small_steps_and_then_there_is_rest() {
        let store = world();
        push(&store, || (1..=450).map(|n| manifest(n, &[])).collect());
        assert_eq!(run(&store), 3);
        assert_eq!(left(&store), [digest(450)]);
        let view = store.snapshot();
        let lifecycle = change::repository(&view, &id()).expect("it is there").lifecycle.clone();
        assert!(lifecycle.expect("it has a policy").evaluated_at.is_some());
        assert_eq!(run(&store), 1, "it is not due");
    }

    #[test]
    fn an_index_goes_before_what_it_lists() {
        let store = world();
        let images = || {
            vec![
                manifest(1, &[]),
                manifest(2, &[1]),
                manifest(3, &[2]),
                manifest(4, &[3]),
                manifest(9, &[]),
            ]
        };
        push(&store, images);
        run(&store);
        assert_eq!(left(&store), [digest(9)]);
    }

    #[test]
    fn what_a_live_revision_runs_stays() {
        let store = world();
        push(&store, || (1..=4).map(|n| manifest(n, &[])).collect());
        for (revision, status, n) in [("1", RevisionStatus::Active, 1), ("2", RevisionStatus::Inactive, 2)] {
            let put = write(&store, move |tx| {
                tx.put(ServiceRevision {
                    images: [("app".to_string(), digest(n))].into(),
                    status,
                    ..service_revision("web", revision)
                });
                Ok(())
            });
            put.expect("kept");
        }
        run_unlawful(&store);
        assert_eq!(left(&store), [digest(1), digest(4)]);
    }

    /// The revision is of no service: laws about that are not looked at.
    fn run_unlawful(store: &Store) {
        let step = write(store, |tx| Ok(ExpireImages::default().step(tx, &id().key())));
        step.expect("a step");
    }
}
