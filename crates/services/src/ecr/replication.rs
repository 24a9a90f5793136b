//! Replication: what of the registry is copied where, and how far each image has got.

use super::{access, fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use base::region_is_good;
use model::registry::{
    Destination, Refused, Replication, ReplicationRule, RepositoryId, change, replication as replicas,
};
use std::collections::BTreeSet;
use store::View;
use wire::Fault;

const MOST_RULES: usize = 10;
const MOST_DESTINATIONS: usize = 25;
const MOST_FILTERS: usize = 100;

pub fn rows() -> Vec<Row> {
    vec![Row::of::<op::PutReplicationConfiguration, _>(put)]
}

pub fn image_rows() -> Vec<Row> {
    vec![Row::of::<op::DescribeImageReplicationStatus, _>(status)]
}

async fn put(
    ctx: Ctx,
    input: ecr::PutReplicationConfigurationRequest,
) -> Result<ecr::PutReplicationConfigurationResponse, Fault> {
    let given = input.replication_configuration.unwrap_or_default();
    let here = Destination {
        region: ctx.scope().region.to_string(),
        registry: ctx.scope().account.to_string(),
    };
    let rules: Vec<ReplicationRule> = given.rules.iter().flatten().map(rule).collect();
    check(&rules, &here).map_err(|why| fault::invalid_at("replicationConfiguration", &why))?;
    ctx.write(move |tx| {
        tx.put(Replication {
            registry: here.registry.clone(),
            region: here.region.clone(),
            rules: rules.clone(),
        });
        Ok(())
    })
    .await?;
    Ok(ecr::PutReplicationConfigurationResponse {
        replication_configuration: Some(given),
    })
}

fn rule(given: &ecr::ReplicationRule) -> ReplicationRule {
    let prefix = |given: &ecr::RepositoryFilter| given.filter.clone().unwrap_or_default();
    ReplicationRule {
        destinations: given.destinations.iter().flatten().map(to).collect(),
        prefixes: given.repository_filters.iter().flatten().map(prefix).collect(),
        deletes: given.delete_replication.as_ref().and_then(|given| given.enabled),
    }
}

/// The destination that a request names.
pub fn to(given: &ecr::ReplicationDestination) -> Destination {
    Destination {
        region: given.region.clone().unwrap_or_default(),
        registry: given.registry_id.clone().unwrap_or_default(),
    }
}

fn check(rules: &[ReplicationRule], here: &Destination) -> Result<(), String> {
    if rules.len() > MOST_RULES {
        return Err(format!("There are at most {MOST_RULES} replication rules"));
    }
    for rule in rules {
        let unique: BTreeSet<&Destination> = rule.destinations.iter().collect();
        if rule.destinations.is_empty() {
            return Err("A replication rule must have a destination".to_string());
        }
        if unique.len() < rule.destinations.len() {
            return Err("A replication rule must not have a destination twice".to_string());
        }
        if let Some(bad) = unique.iter().find(|to| !region_is_good(&to.region)) {
            return Err(format!("There is no region '{}'", bad.region));
        }
        if unique.contains(here) {
            return Err("Replication destination cannot be the same as the source registry".to_string());
        }
        if rule.deletes == Some(true) && unique.iter().any(|to| to.registry != here.registry) {
            return Err("Deletions are replicated to regions of this registry, and not to another one".to_string());
        }
        if rule.prefixes.len() > MOST_FILTERS {
            return Err(format!(
                "A replication rule has at most {MOST_FILTERS} repository filters"
            ));
        }
    }
    let all: BTreeSet<&Destination> = rules.iter().flat_map(|rule| &rule.destinations).collect();
    match all.len() > MOST_DESTINATIONS {
        true => Err(format!(
            "There are at most {MOST_DESTINATIONS} unique replication destinations"
        )),
        false => Ok(()),
    }
}

/// What is configured, as DescribeRegistry shows it.
pub fn shown(view: &View, registry: &str, region: &str) -> ecr::ReplicationConfiguration {
    let kept = view.get::<Replication>(&RepositoryId::all_of(registry, region));
    let rules = kept
        .iter()
        .flat_map(|kept| &kept.rules)
        .map(|rule| ecr::ReplicationRule {
            destinations: Some(rule.destinations.iter().map(destination).collect()),
            repository_filters: (!rule.prefixes.is_empty())
                .then(|| rule.prefixes.iter().map(|prefix| filter(prefix)).collect()),
            delete_replication: rule
                .deletes
                .map(|deletes| ecr::DeleteReplication { enabled: Some(deletes) }),
        });
    ecr::ReplicationConfiguration {
        rules: Some(rules.collect()),
    }
}

pub fn destination(destination: &Destination) -> ecr::ReplicationDestination {
    ecr::ReplicationDestination {
        region: Some(destination.region.clone()),
        registry_id: Some(destination.registry.clone()),
    }
}

fn filter(prefix: &str) -> ecr::RepositoryFilter {
    ecr::RepositoryFilter {
        filter: Some(prefix.to_string()),
        filter_type: Some("PREFIX_MATCH".to_string()),
    }
}

async fn status(
    ctx: Ctx,
    input: ecr::DescribeImageReplicationStatusRequest,
) -> Result<ecr::DescribeImageReplicationStatusResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    access::may(&ctx, &view, "ecr:DescribeImageReplicationStatus", &id)?;
    let asked = input.image_id.unwrap_or_default();
    let (digest, tag) = (asked.image_digest.as_deref(), asked.image_tag.as_deref());
    let none = || fault::no_image(&id, digest, tag);
    let reference = digest.or(tag);
    let reference = reference.ok_or_else(|| fault::invalid_at("imageId", "A tag or a digest must be given"))?;
    let found = change::find(&view, &id, reference).map_err(|refused| match refused {
        Refused::NoManifest(_) | Refused::NoTag(_) => none(),
        refused => fault::refused(refused, &id),
    })?;
    let has = |tag: &str| {
        change::tags_of(&view, &id, &found.digest)
            .iter()
            .any(|has| has.tag == tag)
    };
    if tag.is_some_and(|tag| !has(tag)) {
        return Err(none());
    }
    let statuses = replicas::of(&view, &id, &found.digest);
    let statuses = statuses.into_iter().map(|replica| ecr::ImageReplicationStatus {
        region: Some(replica.to.region),
        registry_id: Some(replica.to.registry),
        status: Some(replica.status.to_string()),
        failure_code: replica.failure,
    });
    Ok(ecr::DescribeImageReplicationStatusResponse {
        replication_statuses: Some(statuses.collect()),
        image_id: Some(ecr::ImageIdentifier {
            image_digest: Some(found.digest.clone()),
            image_tag: asked.image_tag,
        }),
        repository_name: Some(id.name),
    })
}
