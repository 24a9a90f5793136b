//! Images of a revision: what a tag stood for when its first task came is what all its tasks get, also those that replace
//! others long after. A container that asks not to be bound is not.

use super::scene::Scene;
use link::ContainerOverride;
use model::{Launch, ServiceRevision};

/// Takes over the digests that tasks told, for containers that have none yet.
pub fn take(scene: &mut Scene) {
    for revision in scene.revisions.values_mut() {
        let bound = |name: &str| revision.images.contains_key(name);
        let free = revision
            .template
            .containers
            .iter()
            .filter(|c| !c.floats && !bound(&c.name));
        let told = |name: &str| {
            let mine = scene.seen.iter().filter(|seen| seen.revision == revision.id);
            let containers = mine.flat_map(|seen| &seen.task.containers);
            containers
                .filter(|c| c.name == name)
                .find_map(|c| c.image_digest.clone())
        };
        let new: Vec<(String, String, String)> = free
            .filter_map(|c| Some((c.name.clone(), c.image.clone(), told(&c.name)?)))
            .collect();
        for (name, image, digest) in new {
            pin(revision, &name, &image, digest);
        }
    }
}

fn pin(revision: &mut ServiceRevision, name: &str, image: &str, digest: String) {
    let launch = revision
        .template
        .for_node
        .get_or_insert_with(|| Box::new(Launch::default()));
    let containers = &mut launch.overrides.containers;
    let at = containers.iter().position(|over| over.name == name).unwrap_or_else(|| {
        containers.push(ContainerOverride {
            name: name.to_string(),
            ..Default::default()
        });
        containers.len() - 1
    });
    containers[at].image = Some(with_digest(image, &digest));
    revision.images.insert(name.to_string(), digest);
}

/// `host/path:tag` as `host/path@digest`; one that names a digest stays.
fn with_digest(image: &str, digest: &str) -> String {
    if image.contains('@') {
        return image.to_string();
    }
    let name = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    };
    format!("{name}@{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_give_way_to_digests() {
        let with = |image| with_digest(image, "sha256:1");
        assert_eq!(with("web"), "web@sha256:1");
        assert_eq!(with("web:2"), "web@sha256:1");
        assert_eq!(with("localhost:5000/a/web"), "localhost:5000/a/web@sha256:1");
        assert_eq!(with("localhost:5000/a/web:2"), "localhost:5000/a/web@sha256:1");
        assert_eq!(with("web@sha256:2"), "web@sha256:2");
    }
}
