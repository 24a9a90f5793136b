//! DescribeDaemonRevisions.

use super::arns::{self, Part};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{DaemonRevision, Task};
use store::{Key, View};
use wire::Fault;

const MOST: usize = 20;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeDaemonRevisionsRequest,
) -> Result<ecs::DescribeDaemonRevisionsResponse, Fault> {
    let given = input.daemon_revision_arns.unwrap_or_default();
    let parts = read(ctx.scope(), "daemon-revision", &given)?;
    let view = ctx.snapshot();
    let (mut daemon_revisions, mut failures) = (Vec::new(), Vec::new());
    for (part, arn) in parts.iter().zip(given) {
        match view.get::<DaemonRevision>(&DaemonRevision::key_of(&part.of.cluster, &part.of.daemon, &part.id)) {
            Some(revision) => daemon_revisions.push(shown(&view, ctx.scope(), &revision)),
            None => failures.push(missing(arn)),
        }
    }
    Ok(ecs::DescribeDaemonRevisionsResponse {
        daemon_revisions: Some(daemon_revisions),
        failures: Some(failures),
    })
}

/// The ARNs of a request to describe deployments or revisions.
pub fn read(scope: &Scope, kind: &str, given: &[String]) -> Result<Vec<Part>, Fault> {
    if given.is_empty() || given.len() > MOST {
        return Err(fault::invalid(format!("Between 1 and {MOST} ARNs can be specified.")));
    }
    given.iter().map(|arn| arns::read_part(scope, kind, arn)).collect()
}

pub fn missing(arn: String) -> ecs::Failure {
    ecs::Failure {
        arn: Some(arn),
        reason: Some("MISSING".to_string()),
        detail: None,
    }
}

fn shown(view: &View, scope: &Scope, revision: &DaemonRevision) -> ecs::DaemonRevision {
    let template = &revision.template;
    // A digest is known once a node has pulled it.
    let owner = model::Daemon::owner(&revision.daemon);
    let tasks = Key::of([revision.cluster.as_str(), owner.as_str(), revision.id.as_str()]);
    let digest = |name: &str| {
        let mut tasks = view.by::<Task>(Task::BY_SERVICE, &tasks);
        tasks.find_map(|t| t.containers.iter().find(|c| c.name == name)?.image_digest.clone())
    };
    let images = template.containers.iter().map(|container| ecs::DaemonContainerImage {
        container_name: Some(container.name.clone()),
        image_digest: digest(&container.name),
        image: Some(container.image.clone()),
    });
    ecs::DaemonRevision {
        daemon_revision_arn: Some(arns::revision(scope, &revision.cluster, &revision.daemon, &revision.id)),
        cluster_arn: Some(names::cluster_arn(scope, &revision.cluster)),
        daemon_arn: Some(arns::daemon(scope, &revision.cluster, &revision.daemon)),
        daemon_task_definition_arn: Some(names::definition_arn(scope, &template.family, template.revision)),
        created_at: Some(revision.created_at),
        container_images: Some(images.collect()),
        propagate_tags: Some(if revision.propagates_tags { "DAEMON" } else { "NONE" }.to_string()),
        enable_ecs_managed_tags: Some(revision.managed_tags),
        enable_execute_command: Some(template.exec_enabled),
        critical: Some(revision.critical),
    }
}
