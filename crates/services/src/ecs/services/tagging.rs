//! The tags of services and task sets, for those who change tags of whatever kind.

use super::{revise, update, words};
use crate::ecs::tagging::shape;
use base::Scope;
use model::{PropagateTags, Service, ServiceStatus, Tag, TaskSet};
use std::sync::Arc;
use store::{Tx, View};
use wire::Fault;

/// A service, or one of its task sets.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'a> {
    pub cluster: &'a str,
    pub service: &'a str,
    pub set: Option<&'a str>,
}

/// `None` when it is not there.
pub fn tags_of(view: &View, of: Tagged<'_>) -> Option<Vec<Tag>> {
    let service = service(view, of)?;
    match of.set {
        None => Some(service.tags.clone()),
        Some(id) => view
            .get::<TaskSet>(&TaskSet::key_of(of.cluster, of.service, id))
            .map(|set| set.tags.clone()),
    }
}

fn service(view: &View, of: Tagged<'_>) -> Option<Arc<Service>> {
    view.get::<Service>(&Service::key_of(of.cluster, of.service))
        .filter(|service| service.status != ServiceStatus::Inactive)
}

/// Gives it these tags instead of those that it had. Tasks that the service starts from now on have them too, if it
/// hands its tags on.
pub fn retag(tx: &mut Tx, scope: &Scope, of: Tagged<'_>, tags: Vec<Tag>) -> Result<(), Fault> {
    if let Some(id) = of.set {
        if let Some(set) = tx.get::<TaskSet>(&TaskSet::key_of(of.cluster, of.service, id)) {
            tx.put(TaskSet { tags, ..(*set).clone() });
        }
        return Ok(());
    }
    let Some(service) = service(tx, of) else { return Ok(()) };
    let service = Service {
        tags,
        ..(*service).clone()
    };
    if service.propagate_tags == PropagateTags::Service {
        let target = service.target.as_ref().and_then(|id| revise::find(tx, &service, id));
        let mut words = words::of(&service, target.as_deref());
        words.tags = Some(shape::show(&service.tags));
        match target {
            Some(target) => update::settle_in_place(tx, scope, &words, &target)?,
            None => super::task_sets::refresh(tx, scope, &service, &words)?,
        }
    }
    tx.put(service);
    Ok(())
}
