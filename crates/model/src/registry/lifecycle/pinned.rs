//! Images that something which runs, or may run again, is made of.

use crate::{DaemonRevision, RevisionStatus, ServiceRevision, Task, TaskStatus};
use std::collections::BTreeSet;
use store::{Key, View};

/// The digests that live revisions of services have settled on, those of the containers of tasks that have not stopped,
/// and those that either names outright. Of all repositories: the same image has the same digest everywhere.
pub fn pinned(view: &View) -> BTreeSet<String> {
    let mut digests = BTreeSet::new();
    let mut named = |image: &str| {
        if let Some((_, digest)) = image.split_once('@') {
            digests.insert(digest.to_string());
        }
    };
    let live = |revision: &std::sync::Arc<ServiceRevision>| revision.status != RevisionStatus::Inactive;
    let mut settled = Vec::new();
    for revision in view.scan::<ServiceRevision>(&Key::all()).filter(live) {
        revision.template.containers.iter().for_each(|c| named(&c.image));
        settled.extend(revision.images.values().cloned());
    }
    for revision in view.scan::<DaemonRevision>(&Key::all()) {
        revision.template.containers.iter().for_each(|c| named(&c.image));
    }
    for task in view
        .scan::<Task>(&Key::all())
        .filter(|t| t.status != TaskStatus::Stopped)
    {
        for container in &task.containers {
            named(&container.image);
            settled.extend(container.image_digest.clone());
        }
    }
    digests.extend(settled);
    digests
}
