//! ListServices: the ACTIVE ones of a cluster, by name. ListServicesByNamespace: those of a Cloud Map namespace, in
//! whatever cluster.

use super::{find, render, settle};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, pages};
use api::ecs;
use model::{Cluster, LaunchType, Scheduling, Service, ServiceStatus};
use store::{Key, Record, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListServices",
    default: 10,
    max: 100,
};

const BY_NAMESPACE: Paging = Paging {
    operation: "ListServicesByNamespace",
    default: 10,
    max: 100,
};

pub async fn run(ctx: Ctx, input: ecs::ListServicesRequest) -> Result<ecs::ListServicesResponse, Fault> {
    let scope = ctx.scope();
    let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let launch_type = input.launch_type.as_deref().and_then(LaunchType::parse);
    let scheduling = input.scheduling_strategy.as_deref().and_then(Scheduling::parse);
    // ECS itself makes services only for express gateways, which are not there.
    let managed = input.resource_management_type.as_deref() == Some("ECS");
    let view = ctx.snapshot();
    let cluster = names::active_cluster(&view, &cluster)?;
    let services = view.scan_after::<Service>(&Key::of([cluster.name.as_str()]), after.as_ref());
    let passing = services.filter(|service| {
        service.status == ServiceStatus::Active
            && find::known(&view, &cluster, &service.name).is_some()
            && !managed
            && scheduling.is_none_or(|wanted| service.scheduling == wanted)
            && launch_type.is_none_or(|wanted| render::launch_type(&view, service) == Some(wanted))
    });
    let page = PAGING.page(
        size,
        passing.map(|service| {
            (
                service.key(),
                names::service_arn(scope, &service.cluster, &service.name),
            )
        }),
    );
    Ok(ecs::ListServicesResponse {
        service_arns: Some(page.items),
        next_token: page.next,
    })
}

pub async fn by_namespace(
    ctx: Ctx,
    input: ecs::ListServicesByNamespaceRequest,
) -> Result<ecs::ListServicesByNamespaceResponse, Fault> {
    let scope = ctx.scope();
    let namespace = input.namespace.as_deref().filter(|namespace| !namespace.is_empty());
    let namespace = namespace.ok_or_else(|| fault::invalid("namespace can not be blank."))?;
    let (size, after) = pages::window(&BY_NAMESPACE, input.max_results, input.next_token.as_deref())?;
    let view = ctx.snapshot();
    let key = Key::of([settle::plain(scope, namespace)]);
    let services = view.by_after::<Service>(Service::BY_NAMESPACE, &key, after.as_ref());
    let passing = services.filter(|service| service.status == ServiceStatus::Active && is_seen(&view, service));
    let page = BY_NAMESPACE.page(
        size,
        passing.map(|service| {
            (
                service.key(),
                names::service_arn(scope, &service.cluster, &service.name),
            )
        }),
    );
    Ok(ecs::ListServicesByNamespaceResponse {
        service_arns: Some(page.items),
        next_token: page.next,
    })
}

fn is_seen(view: &View, service: &Service) -> bool {
    view.get::<Cluster>(&Cluster::key_of(&service.cluster))
        .is_some_and(|cluster| find::known(view, &cluster, &service.name).is_some())
}
