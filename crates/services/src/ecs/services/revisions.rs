//! DescribeServiceRevisions: how the tasks of a service are made, or were.

use super::{deployments, render};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::ServiceRevision;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeServiceRevisionsRequest,
) -> Result<ecs::DescribeServiceRevisionsResponse, Fault> {
    let given = input.service_revision_arns.unwrap_or_default();
    deployments::check_named(&given, "serviceRevisionArns")?;
    let (scope, view) = (ctx.scope(), ctx.snapshot());
    let (mut shown, mut failures) = (Vec::new(), Vec::new());
    for given in given {
        let (cluster, service, id) = names::of_service(scope, "service-revision", &given)?;
        match view.get::<ServiceRevision>(&ServiceRevision::key_of(&cluster, &service, &id)) {
            Some(revision) => shown.push(show(scope, &revision)),
            None => failures.push(fault::missing(given)),
        }
    }
    Ok(ecs::DescribeServiceRevisionsResponse {
        service_revisions: Some(shown),
        failures: Some(failures),
    })
}

fn show(scope: &Scope, revision: &ServiceRevision) -> ecs::ServiceRevision {
    let (cluster, service) = (&revision.cluster, &revision.service);
    let kept = render::kept(revision);
    let resolved = kept
        .load_balancers
        .iter()
        .flatten()
        .map(|lb| ecs::ServiceRevisionLoadBalancer {
            target_group_arn: lb.target_group_arn.clone(),
            production_listener_rule: lb
                .advanced_configuration
                .as_ref()
                .and_then(|a| a.production_listener_rule.clone()),
        });
    let resolved: Vec<_> = resolved.collect();
    ecs::ServiceRevision {
        service_revision_arn: Some(names::revision_arn(scope, cluster, service, &revision.id)),
        service_arn: Some(names::service_arn(scope, cluster, service)),
        cluster_arn: Some(names::cluster_arn(scope, cluster)),
        task_definition: Some(render::definition(scope, revision)),
        container_images: Some(images(revision)),
        guard_duty_enabled: Some(false),
        created_at: Some(revision.created_at),
        resolved_configuration: (!resolved.is_empty()).then_some(ecs::ResolvedConfiguration {
            load_balancers: Some(resolved),
            vpc_lattice_configurations: None,
        }),
        ..kept
    }
}

/// A digest is there once the first task has told it.
fn images(revision: &ServiceRevision) -> Vec<ecs::ContainerImage> {
    let image = |container: &model::ContainerPlan| ecs::ContainerImage {
        container_name: Some(container.name.clone()),
        image_digest: revision.images.get(&container.name).cloned(),
        image: Some(container.image.clone()),
    };
    revision.template.containers.iter().map(image).collect()
}
