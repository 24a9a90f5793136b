//! Replication backfills: what was there before a rule was is copied too.

use super::replication::{self, destination};
use super::{fault, names, pages};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{Backfill, BackfillStatus, Replica, ReplicaStatus, Replication, RepositoryId, change};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, Record, View};
use wire::Fault;

const LISTED: Paging = Paging {
    operation: "ListReplicationBackfills",
    default: 25,
    max: 50,
};
const RESULTS: Paging = Paging {
    operation: "DescribeReplicationBackfillResults",
    default: 100,
    max: 1000,
};

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::StartReplicationBackfill, _>(start),
        Row::of::<op::StopReplicationBackfill, _>(stop),
        Row::of::<op::ListReplicationBackfills, _>(list),
        Row::of::<op::DescribeReplicationBackfillResults, _>(results),
    ]
}

async fn start(
    ctx: Ctx,
    input: ecr::StartReplicationBackfillRequest,
) -> Result<ecr::StartReplicationBackfillResponse, Fault> {
    let (registry, region) = (names::registry(&ctx, input.registry_id), ctx.scope().region.to_string());
    let given = input.destination.unwrap_or_default();
    let to = replication::to(&given);
    let id = ctx.dice().uuid();
    let all = RepositoryId::all_of(&registry, &region);
    let begun = ctx.write(move |tx| {
        let rules = tx.get::<Replication>(&all);
        let known = |rules: &Arc<Replication>| rules.rules.iter().any(|rule| rule.destinations.contains(&to));
        if !rules.as_ref().is_some_and(known) {
            let why = "no replication rule of the registry has this destination";
            return Err(fault::invalid_at("destination", why));
        }
        let underway: Vec<_> = tx
            .scan::<Backfill>(&all)
            .filter(|backfill| !backfill.is_over())
            .collect();
        if underway.iter().any(|backfill| backfill.to.region == to.region) {
            let message = format!("A replication backfill for {} is in progress", to.region);
            return Err(Fault::new(&ecr::fault::ReplicationBackfillInProgressException, message));
        }
        if underway.len() >= Backfill::MOST_AT_ONCE {
            let message = format!(
                "At most {} replication backfills are in progress at once",
                Backfill::MOST_AT_ONCE
            );
            return Err(Fault::new(&ecr::fault::LimitExceededException, message));
        }
        let backfill = Backfill {
            registry: registry.clone(),
            region: region.clone(),
            id: id.clone(),
            to: to.clone(),
            status: BackfillStatus::Preparing,
            started_at: tx.now(),
            ended_at: None,
            looked_at: None,
            is_prepared: false,
        };
        tx.put(backfill.clone());
        Ok(backfill)
    });
    let begun = begun.await?;
    Ok(ecr::StartReplicationBackfillResponse {
        replication_backfill_id: Some(begun.id),
        registry_id: Some(begun.registry),
        destination: Some(given),
        status: Some(begun.status.to_string()),
        started_at: Some(begun.started_at),
    })
}

async fn stop(
    ctx: Ctx,
    input: ecr::StopReplicationBackfillRequest,
) -> Result<ecr::StopReplicationBackfillResponse, Fault> {
    let registry = names::registry(&ctx, input.registry_id);
    let region = ctx.scope().region.to_string();
    let id = input.replication_backfill_id.unwrap_or_default().to_ascii_lowercase();
    let stopped = ctx.write(move |tx| {
        let backfill = find(tx, &registry, &region, &id)?;
        if backfill.is_over() || backfill.status == BackfillStatus::Stopping {
            let message = format!("The replication backfill '{id}' is {} already", backfill.status);
            return Err(Fault::new(
                &ecr::fault::ReplicationBackfillInvalidStatusException,
                message,
            ));
        }
        let stopped = Backfill {
            status: BackfillStatus::Stopping,
            ..(*backfill).clone()
        };
        tx.put(stopped.clone());
        Ok(stopped)
    });
    let stopped = stopped.await?;
    Ok(ecr::StopReplicationBackfillResponse {
        destination: Some(destination(&stopped.to)),
        registry_id: Some(stopped.registry),
        replication_backfill_id: Some(stopped.id),
        status: Some(stopped.status.to_string()),
        started_at: Some(stopped.started_at),
    })
}

async fn list(
    ctx: Ctx,
    input: ecr::ListReplicationBackfillsRequest,
) -> Result<ecr::ListReplicationBackfillsResponse, Fault> {
    let registry = names::registry(&ctx, input.registry_id);
    let view = ctx.snapshot();
    let all = RepositoryId::all_of(&registry, &ctx.scope().region);
    let (size, after) = pages::window(&LISTED, &all, input.max_results, input.next_token.as_deref())?;
    let some = view.scan_after::<Backfill>(&all, after.as_ref());
    let page = LISTED.page(size, some.map(|backfill| (backfill.key(), summary(&view, &backfill))));
    Ok(ecr::ListReplicationBackfillsResponse {
        registry_id: Some(registry),
        backfills: Some(page.items),
        next_token: page.next,
    })
}

async fn results(
    ctx: Ctx,
    input: ecr::DescribeReplicationBackfillResultsRequest,
) -> Result<ecr::DescribeReplicationBackfillResultsResponse, Fault> {
    let registry = names::registry(&ctx, input.registry_id);
    let id = input.replication_backfill_id.unwrap_or_default().to_ascii_lowercase();
    let view = ctx.snapshot();
    let backfill = find(&view, &registry, &ctx.scope().region, &id)?;
    let (size, after) = pages::window(
        &RESULTS,
        &backfill.key(),
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let (mut shown, mut next) = (Vec::new(), None);
    if backfill.is_over() {
        let wanted = input.result_status_filter;
        let of = [ReplicaStatus::Complete, ReplicaStatus::Failed].into_iter();
        let of = of.filter(|status| wanted.as_ref().is_none_or(|wanted| wanted == status.as_str()));
        let mut all: Vec<Arc<Replica>> = of.flat_map(|status| backfill.replicas(&view, status)).collect();
        all.sort_by_cached_key(|replica| replica.key());
        let each = all.iter().flat_map(|replica| results_of(&view, &backfill, replica));
        let behind = each.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
        let page = RESULTS.page(size, behind);
        (shown, next) = (page.items, page.next);
    }
    let summary = summary(&view, &backfill);
    Ok(ecr::DescribeReplicationBackfillResultsResponse {
        registry_id: Some(registry),
        replication_backfill_id: summary.replication_backfill_id,
        destination: summary.destination,
        status: summary.status,
        failure_code: None,
        progress: summary.progress,
        results: Some(shown),
        started_at: summary.started_at,
        ended_at: summary.ended_at,
        next_token: next,
    })
}

fn find(view: &View, registry: &str, region: &str, id: &str) -> Result<Arc<Backfill>, Fault> {
    let found = view.get::<Backfill>(&Backfill::key_of(registry, region, id));
    found.ok_or_else(|| {
        let message = format!("The replication backfill '{id}' is not in the registry with id '{registry}'");
        Fault::new(&ecr::fault::ReplicationBackfillNotFoundException, message)
    })
}

fn summary(view: &View, backfill: &Backfill) -> ecr::ReplicationBackfillSummary {
    let count = |n: u32| i32::try_from(n).ok();
    let progress = || {
        let progress = backfill.progress(view);
        let failed = backfill.replicas(view, ReplicaStatus::Failed);
        let codes: BTreeSet<String> = failed.filter_map(|replica| replica.failure.clone()).collect();
        ecr::ReplicationBackfillProgress {
            total_replication_count: count(progress.complete + progress.failed + progress.left),
            completed_replication_count: count(progress.complete),
            failed_replication_count: count(progress.failed),
            failure_codes: Some(codes.into_iter().collect()),
        }
    };
    ecr::ReplicationBackfillSummary {
        replication_backfill_id: Some(backfill.id.clone()),
        destination: Some(destination(&backfill.to)),
        status: Some(backfill.status.to_string()),
        failure_code: None,
        progress: backfill.is_prepared.then(progress),
        started_at: Some(backfill.started_at),
        ended_at: backfill.ended_at,
    }
}

/// One for each tag, or one for none.
fn results_of(view: &View, of: &Backfill, replica: &Replica) -> Vec<(Key, ecr::ReplicationBackfillResult)> {
    let one = |tag: Option<&str>| {
        let result = ecr::ReplicationBackfillResult {
            repository_name: Some(replica.repository.name.clone()),
            image_id: Some(ecr::ImageIdentifier {
                image_digest: Some(replica.digest.clone()),
                image_tag: tag.map(str::to_string),
            }),
            status: Some(replica.status.to_string()),
            failure_code: replica.failure.clone(),
            sub_image_failure_codes: None,
        };
        (of.key().part(replica.key().as_bytes()).part(tag.unwrap_or("")), result)
    };
    let tags = change::tags_of(view, &replica.repository, &replica.digest);
    match tags.is_empty() {
        true => vec![one(None)],
        false => tags.iter().map(|tag| one(Some(&tag.tag))).collect(),
    }
}
