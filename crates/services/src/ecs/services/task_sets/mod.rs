//! Task sets: what a service runs when something else than ECS controls its deployments.
//!
//! How the tasks of a set are made stands in the revision of [`TaskSet::revision`].

mod change;
mod create;
mod delete;
mod describe;
mod find;
mod primary;
mod render;

pub use render::show;

use super::revise::{self, Ids};
use super::settle::Settled;
use super::{update, words};
use crate::common::given;
use crate::common::table::Row;
use api::ecs::{self, op};
use base::Scope;
use model::{Given, RevisionStatus, Service, ServiceRevision, Tag, TaskSet};
use store::{Key, Tx};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateTaskSet, _>(create::run),
        Row::of::<op::DeleteTaskSet, _>(delete::run),
        Row::of::<op::DescribeTaskSets, _>(describe::run),
        Row::of::<op::UpdateServicePrimaryTaskSet, _>(primary::run),
        Row::of::<op::UpdateTaskSet, _>(change::run),
    ]
}

/// Of 100 percent.
pub const WHOLE: u32 = 10_000;

/// The set that a service controlled by CodeDeploy begins with: all of it, and primary.
pub fn first(tx: &mut Tx, service: &mut Service, ids: &Ids, settled: Settled) {
    let set = make(tx, service, ids, settled, WHOLE, None, Vec::new());
    service.primary_set = Some(set.id);
}

/// A set and its revision.
pub fn make(
    tx: &mut Tx,
    service: &Service,
    ids: &Ids,
    settled: Settled,
    scale: u32,
    external_id: Option<String>,
    tags: Vec<Tag>,
) -> TaskSet {
    let now = tx.now();
    let set = TaskSet {
        cluster: service.cluster.clone(),
        service: service.name.clone(),
        id: ids.started_by(),
        scale,
        external_id,
        draining: false,
        tags,
        given: Given::default(),
        created_at: now,
        updated_at: now,
        steady_since: None,
    };
    tx.put(ServiceRevision {
        status: RevisionStatus::Active,
        // How many that makes, its controller will say.
        desired: 0,
        task_set: Some(set.id.clone()),
        ..revise::revision(service, ids, settled, now)
    });
    tx.put(set.clone());
    set
}

/// Tasks that the sets make from now on have the constraints, strategies and tags that their service has now.
pub fn refresh(tx: &mut Tx, scope: &Scope, service: &Service, words: &ecs::CreateServiceRequest) -> Result<(), Fault> {
    let all = Key::of([service.cluster.as_str(), service.name.as_str()]);
    let sets: Vec<_> = tx.scan::<TaskSet>(&all).filter(|set| !set.draining).collect();
    for set in sets {
        if let Some(revision) = revise::find(tx, service, set.revision()) {
            let words = words::with_tasks(words.clone(), &given::recall(&revision.given));
            update::settle_in_place(tx, scope, &words, &revision)?;
        }
    }
    Ok(())
}
