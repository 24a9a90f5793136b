//! From what the user wrote to the revision that is meant.

use crate::ecs::fault;
use crate::ecs::names::DefinitionRef;
use model::{DefinitionStatus, Family, TaskDefinition};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// The named revision, whatever its status; without a revision, the newest ACTIVE one of the family.
pub fn revision(view: &View, named: &DefinitionRef) -> Option<Arc<TaskDefinition>> {
    match named.revision {
        Some(revision) => view.get::<TaskDefinition>(&TaskDefinition::key_of(&named.family, revision)),
        None => newest_active(view, &named.family),
    }
}

/// Looked for from the newest down: that one is ACTIVE nearly always.
fn newest_active(view: &View, family: &str) -> Option<Arc<TaskDefinition>> {
    let family = view
        .get::<Family>(&Family::key_of(family))
        .filter(|family| family.active_revisions > 0)?;
    let revisions = (1..=family.last_revision).rev();
    let mut there = revisions.filter_map(|n| view.get::<TaskDefinition>(&TaskDefinition::key_of(&family.name, n)));
    there.find(|definition| definition.status == DefinitionStatus::Active)
}

/// What AWS says of a definition that is not there.
pub fn unknown() -> Fault {
    fault::client("Unable to describe task definition.")
}
