//! CreateService. The same request with the same token again answers with the service that is there.

use super::revise::{self, Ids};
use super::{find, render, settle, words};
use crate::common::once::{Once, Seen};
use crate::common::{Ctx, given};
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{
    Cluster, Given, LaunchType, PropagateTags, RevisionStatus, Service, ServiceRevision, ServiceStatus, ServiceTally,
    Tag, TaskSet,
};
use store::{Key, Tx, View};
use wire::Fault;

const MOST_TOKEN: usize = 36;
/// AWS's quota of services in a cluster.
const MOST_SERVICES: usize = 5000;
const NOT_IDEMPOTENT: &str = "Creation of service was not idempotent.";

pub async fn run(ctx: Ctx, input: ecs::CreateServiceRequest) -> Result<ecs::CreateServiceResponse, Fault> {
    let plan = Plan::read(&ctx, input)?;
    let scope = ctx.scope().clone();
    let service = ctx
        .write(move |tx| {
            let service = once(tx, &scope, &plan)?;
            Ok(render::service(tx, &scope, &service, true))
        })
        .await?;
    Ok(ecs::CreateServiceResponse { service: Some(service) })
}

/// What the request says, as far as it can be checked without looking at anything else; and what is random about it.
struct Plan {
    cluster: String,
    name: String,
    desired: u32,
    tags: Vec<Tag>,
    words: ecs::CreateServiceRequest,
    once: Option<Once>,
    created_by: String,
    ids: Ids,
    seed: u64,
}

impl Plan {
    fn read(ctx: &Ctx, input: ecs::CreateServiceRequest) -> Result<Plan, Fault> {
        let scope = ctx.scope();
        let cluster = names::cluster_name(scope, input.cluster.as_deref())?;
        let name = input.service_name.clone().unwrap_or_default();
        if !names::is_name(&name) {
            return Err(fault::invalid(format!(
                "Service name must match ^[a-zA-Z0-9\\-_]{{1,255}}$, but was {name}"
            )));
        }
        let once = token(&cluster, &input)?;
        let desired = desired(&input)?;
        let tags = shape::read(input.tags.as_deref())?;
        let mut words = words::complete(input)?;
        words.cluster = Some(cluster.clone());
        Ok(Plan {
            cluster,
            name,
            desired,
            tags,
            words,
            once,
            created_by: ctx.caller.arn.clone(),
            ids: Ids::draw(ctx.dice()),
            seed: ctx.dice().u64(),
        })
    }
}

fn token(cluster: &str, input: &ecs::CreateServiceRequest) -> Result<Option<Once>, Fault> {
    let token = input.client_token.as_deref().unwrap_or_default();
    if token.len() > MOST_TOKEN || !token.bytes().all(|b| (33..=126).contains(&b)) {
        return Err(fault::invalid(format!(
            "clientToken can have up to {MOST_TOKEN} characters in the range of 33-126."
        )));
    }
    Ok(Once::new(format!("CreateService {cluster}"), Some(token), input))
}

fn desired(input: &ecs::CreateServiceRequest) -> Result<u32, Fault> {
    use model::{Controls::External, Scheduling::Daemon};
    match input.desired_count {
        Some(count) => u32::try_from(count).map_err(|_| fault::invalid("desiredCount can not be negative.")),
        None if words::scheduling(input) == Daemon || words::controls(input) == External => Ok(0),
        None => Err(fault::invalid("desiredCount can not be blank.")),
    }
}

fn once(tx: &mut Tx, scope: &Scope, plan: &Plan) -> Result<Service, Fault> {
    let cluster = names::active_cluster(tx, &plan.cluster)?;
    let Some(once) = &plan.once else {
        return make(tx, scope, &cluster, plan);
    };
    match once.seen(tx) {
        Seen::First => {}
        Seen::Conflict => return Err(fault::invalid(NOT_IDEMPOTENT)),
        Seen::Before(kept) => {
            let made = kept.made.first().and_then(|name| find::known(tx, &cluster, name));
            if let Some(service) = made.filter(|service| service.status == ServiceStatus::Active) {
                return Ok((*service).clone());
            }
        }
    }
    let service = make(tx, scope, &cluster, plan)?;
    once.keep(tx, vec![service.name.clone()], Given::default());
    Ok(service)
}

fn make(tx: &mut Tx, scope: &Scope, cluster: &Cluster, plan: &Plan) -> Result<Service, Fault> {
    let there = tx.get::<Service>(&Service::key_of(&cluster.name, &plan.name));
    match there.as_ref().map(|service| service.status) {
        Some(ServiceStatus::Active) => return Err(fault::invalid(NOT_IDEMPOTENT)),
        Some(ServiceStatus::Draining) => {
            return Err(fault::invalid("Unable to Start a service that is still Draining."));
        }
        Some(ServiceStatus::Inactive) | None => {}
    }
    if is_full(tx, cluster) {
        return Err(fault::client(format!(
            "The limit of {MOST_SERVICES} services in a cluster is reached."
        )));
    }
    let mut words = plan.words.clone();
    let has_target = settle::has_target(&words);
    let settled = match words.task_definition {
        Some(_) => Some(settle::settle(tx, scope, cluster, &mut words, &plan.ids.started_by())?),
        None => None,
    };
    let mut service = service(tx, cluster, plan);
    if let Some(there) = &there {
        // Events count on, so that none is shown as another.
        service.events = there.events;
        forget(tx, there);
    }
    let launch_type = settled
        .as_ref()
        .map_or(LaunchType::Ec2, |settled| settled.template.launch_type);
    apply(&mut service, scope, cluster, &words, launch_type)?;
    match settled {
        Some(settled) if has_target => revise::deploy(tx, &mut service, &plan.ids, settled),
        Some(settled) => super::task_sets::first(tx, &mut service, &plan.ids, settled),
        None => {}
    }
    tx.put(ServiceTally::empty(&cluster.name, &plan.name));
    tx.put(service.clone());
    Ok(service)
}

fn service(tx: &Tx, cluster: &Cluster, plan: &Plan) -> Service {
    Service {
        cluster: cluster.name.clone(),
        name: plan.name.clone(),
        status: ServiceStatus::Active,
        scheduling: words::scheduling(&plan.words),
        controls: words::controls(&plan.words),
        desired: plan.desired,
        rules: settle::rules(&plan.words),
        grace_seconds: 0,
        zone_rebalancing: false,
        tags: plan.tags.clone(),
        managed_tags: false,
        propagate_tags: PropagateTags::None,
        given: Given::default(),
        created_at: tx.now(),
        created_by: Some(plan.created_by.clone()),
        deleted_at: None,
        target: None,
        deployment: None,
        seed: plan.seed,
        drawn: 0,
        events: 0,
        steady: false,
        barren: None,
        patient_since: None,
        proven: None,
        balanced_at: None,
        balancing: None,
        leaves: None,
        evening_out: false,
        placement: Vec::new(),
        order: Vec::new(),
        primary_set: None,
        exec_enabled: false,
        namespace: None,
    }
}

/// What of complete words the service itself has, and what is kept for the user alone.
pub(super) fn apply(
    service: &mut Service,
    scope: &Scope,
    cluster: &Cluster,
    words: &ecs::CreateServiceRequest,
    launch_type: LaunchType,
) -> Result<(), Fault> {
    let grace = words.health_check_grace_period_seconds.unwrap_or_default();
    let propagate = words.propagate_tags.as_deref().and_then(PropagateTags::parse);
    service.rules = settle::rules(words);
    service.grace_seconds = u32::try_from(grace).unwrap_or_default();
    service.zone_rebalancing = words.availability_zone_rebalancing.as_deref() == Some("ENABLED");
    service.managed_tags = words.enable_ecs_managed_tags.unwrap_or_default();
    service.propagate_tags = propagate.unwrap_or(PropagateTags::None);
    service.exec_enabled = words.enable_execute_command.unwrap_or_default();
    service.namespace = settle::namespace(scope, cluster, words);
    (service.placement, service.order) = settle::placement(words, launch_type)?;
    service.given = given::keep(&ecs::CreateServiceRequest {
        client_token: None,
        // These have a place of their own in the record, where others change them too.
        desired_count: None,
        tags: None,
        ..words.clone()
    });
    Ok(())
}

/// Takes down what an INACTIVE service of the same name left behind that would be taken for the new one's.
fn forget(tx: &mut Tx, there: &Service) {
    let all = Key::of([there.cluster.as_str(), there.name.as_str()]);
    let open: Vec<ServiceRevision> = tx
        .scan::<ServiceRevision>(&all)
        .filter(|revision| revision.status != RevisionStatus::Inactive)
        .map(|revision| (*revision).clone())
        .collect();
    for revision in open {
        tx.put(ServiceRevision {
            status: RevisionStatus::Inactive,
            ..revision
        });
    }
    let sets: Vec<String> = tx.scan::<TaskSet>(&all).map(|set| set.id.clone()).collect();
    for id in sets {
        tx.delete::<TaskSet>(&TaskSet::key_of(&there.cluster, &there.name, &id));
    }
}

/// INACTIVE services do not count; they are looked for only when there are many.
fn is_full(view: &View, cluster: &Cluster) -> bool {
    let all = Key::of([cluster.name.as_str()]);
    let live = |service: &std::sync::Arc<Service>| service.status != ServiceStatus::Inactive;
    view.count::<Service>(&all) >= MOST_SERVICES && view.scan::<Service>(&all).filter(live).count() >= MOST_SERVICES
}
