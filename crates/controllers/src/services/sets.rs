//! Services whose deployments somebody else controls: each task set has its share of the desired count.

use super::scene::Scene;
use super::{failures, replicas, seen, tell};
use model::TaskSet;
use store::{Key, Record, Tx};

pub fn keep(tx: &mut Tx, scene: &mut Scene) {
    failures::count(tx, scene);
    let of = Key::of([scene.service.cluster.as_str(), scene.service.name.as_str()]);
    let sets: Vec<TaskSet> = tx.scan::<TaskSet>(&of).map(|set| (*set).clone()).collect();
    let mut all_steady = !sets.is_empty();
    let mut kept = Vec::new();
    for mut set in sets {
        let revision = set.revision().to_string();
        let desired = if set.draining {
            0
        } else {
            set.share(scene.service.desired)
        };
        let of = scene.revisions.get_mut(&revision);
        if let Some(of) = of.filter(|of| of.desired != desired) {
            of.desired = desired;
            let word = tell::computed(&scene.service.name, Some(&set.id), desired);
            scene.say(word);
        }
        replicas::keep_at(tx, scene, &revision, desired);
        kept.push(revision.clone());
        let mine = || scene.seen.iter().filter(|seen| seen.revision == revision);
        if set.draining && mine().count() == 0 {
            tx.delete::<TaskSet>(&set.key());
            if let Some(revision) = scene.revisions.get_mut(&revision) {
                revision.status = model::RevisionStatus::Inactive;
            }
            continue;
        }
        let group = seen::group(mine());
        let steady = group.ready == desired && mine().count() == desired as usize;
        all_steady &= steady;
        let since = if steady {
            Some(set.steady_since.unwrap_or(scene.now))
        } else {
            None
        };
        if set.steady_since != since {
            if set.steady_since.is_none() && !set.draining {
                let word = tell::set_steady(&scene.service.name, &set.id);
                scene.say(word);
            }
            set.steady_since = since;
            set.updated_at = scene.now;
            tx.put(set);
        }
    }
    replicas::settle_enough(scene, 0, kept.iter().map(String::as_str));
    if all_steady && !scene.service.steady && scene.words.is_empty() {
        scene.service.steady = true;
        let word = tell::steady(&scene.service.name);
        scene.say(word);
    }
}
