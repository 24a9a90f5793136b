//! What the registry must have come to when the calm is over.

use crate::laws::Breach;
use crate::world::World;
use base::Clock;
use model::registry::lifecycle::{evaluate, images, pinned};
use model::registry::{Backfill, BlobLink, Manifest, Replica, ReplicaStatus, Repository, change};
use store::Key;

pub fn broken(world: &World) -> Vec<Breach> {
    let Some(server) = &world.server else { return Vec::new() };
    let view = server.store().snapshot();
    let mut broken = Vec::new();
    let uploads = world.content.uploads();
    if uploads > 0 {
        let at = format!("{uploads} are there");
        broken.push(Breach::new(
            "after the calm no upload is left that nobody goes on with",
            at,
        ));
    }
    for digest in world.content.blobs().keys() {
        if !change::is_needed(&view, &digest.to_string()) {
            let law = "after the calm nothing is left that no repository has";
            broken.push(Breach::new(law, digest.to_string()));
        }
    }
    for link in view.scan::<BlobLink>(&Key::all()) {
        if change::user_of(&view, &link.repository, &link.digest).is_none() {
            let at = format!("{} {}", link.repository, link.digest);
            broken.push(Breach::new("after the calm no blob is left that no image uses", at));
        }
    }
    for replica in view.scan::<Replica>(&Key::all()) {
        let (at, target) = (format!("{replica:?}"), replica.target());
        match replica.status {
            ReplicaStatus::InProgress => broken.push(Breach::new("a copy that is wanted is made, or has failed", at)),
            ReplicaStatus::Complete => {
                if view
                    .get::<Manifest>(&Manifest::key_of(&target, &replica.digest))
                    .is_none()
                {
                    broken.push(Breach::new("a copy that is COMPLETE is there", at));
                }
            }
            ReplicaStatus::Failed => {}
        }
    }
    for backfill in view
        .scan::<Backfill>(&Key::all())
        .filter(|backfill| !backfill.is_over())
    {
        broken.push(Breach::new(
            "after the calm no backfill is underway",
            format!("{backfill:?}"),
        ));
    }
    let (pins, now) = (pinned(&view), world.clock.now());
    for repository in view.scan::<Repository>(&Key::all()) {
        if let Some(policy) = &repository.lifecycle {
            let left = evaluate(&policy.rules, &images(&view, &repository.id), &pins, now);
            if !left.is_empty() {
                let at = format!("{}: {left:?}", repository.id);
                broken.push(Breach::new("after the calm no policy has anything to do", at));
            }
        }
    }
    broken
}
