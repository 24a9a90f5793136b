//! `/_gantry/explain`: where a task, the next task of a service (`of`) or one of a definition (`definition`) could run now:
//! what every node says to it, and the smallest change that would do; of a service also which protected tasks hold it up.
//! It takes nothing and changes nothing.
//!
//! `cluster` says where; `launchType` or `capacityProvider` on whose capacity, for a definition.

mod protected;

use super::why::{Subject, subject_of};
use super::{Query, invalid};
use crate::common::{Ctx, World};
use crate::ecs::names;
use crate::ecs::tasks::launch::{self, Ask, capacity};
use api::ecs;
use model::{
    LaunchType, RolloutState, Scheduling, Service, ServiceDeployment, ServiceRevision, Subnet, Task, TaskStatus,
    Template, Waiting,
};
use scheduler::launch::Ready;
use scheduler::{Explanation, Misfit, Near, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, Snapshot};
use wire::Fault;

/// Nodes that are told about one by one.
const MOST_NODES: usize = 500;
/// As many as RunTask takes.
const MOST_STARTED_BY: usize = 128;

pub async fn answer(ctx: Ctx, query: &Query) -> Result<Vec<u8>, Fault> {
    let told = match (query.text("of"), query.text("definition")) {
        (Some(of), None) => of_subject(&ctx.world, of, query.text("cluster"))?,
        (None, Some(definition)) => of_definition(&ctx.world, definition, query)?,
        _ => {
            return Err(invalid(
                "Say of what: of=TASK, of=SERVICE or definition=FAMILY:REVISION.",
            ));
        }
    };
    Ok(told.to_string().into_bytes())
}

/// Whose capacity is asked for: a provider, or that of the launch type.
type Source<'a> = Option<&'a str>;

fn of_subject(world: &World, of: &str, cluster: Option<&str>) -> Result<Value, Fault> {
    let view = world.store.snapshot();
    match subject_of(world, of, cluster)? {
        Subject::Task(task, _) => Ok(of_task(&view, &task)),
        Subject::Service(service) => of_service(world, &view, &service),
        Subject::Deployment(deployment, _) => {
            let key = Service::key_of(&deployment.cluster, &deployment.service);
            let service = view.get::<Service>(&key);
            of_service(
                world,
                &view,
                &*service.ok_or_else(|| invalid("The deployment's service is gone."))?,
            )
        }
    }
}

/// One that waits is looked at with all it waits with; of another there is only to say how it came to its node.
fn of_task(view: &Snapshot, task: &Task) -> Value {
    let waiting = view.get::<Waiting>(&Waiting::key_of(&task.cluster, &task.id));
    let mut told = json!({
        "kind": "task",
        "cluster": task.cluster,
        "id": task.id,
        "definition": format!("{}:{}", task.family, task.revision),
        "status": task.status.as_str(),
        "node": task.node,
        "because": task.because,
        "waits": task.status == TaskStatus::Provisioning,
    });
    if let Some(waiting) = waiting {
        let provider = waiting.provider.as_deref();
        told["launchType"] = waiting.template.launch_type.as_str().into();
        told["capacity"] = vec![look(view, &waiting.template, provider)].into();
    }
    told
}

fn of_service(world: &World, view: &Snapshot, service: &Service) -> Result<Value, Fault> {
    let get = |id: &str| {
        let key = ServiceRevision::key_of(&service.cluster, &service.name, id);
        view.get::<ServiceRevision>(&key)
    };
    let target = service.target.as_deref().and_then(get);
    let target = target.ok_or_else(|| invalid(format!("Service {} has no revision to run.", service.name)))?;
    let deployment = service.deployment.as_ref().and_then(|id| {
        let key = ServiceDeployment::key_of(&service.cluster, &service.name, id);
        view.get::<ServiceDeployment>(&key)
    });
    let over = deployment.as_ref().is_none_or(|d| d.status.is_over());
    let failed = over && target.rollout == RolloutState::Failed;
    let before = service.served_before(deployment.as_deref(), |id| get(id).map(|revision| revision.rollout));
    let before = before.filter(|_| failed).and_then(|id| get(id));
    let starts_nothing = failed && before.is_none();
    let revision = before.unwrap_or_else(|| Arc::clone(&target));
    let template = &revision.template;
    let sources: Vec<Source<'_>> = match &revision.shares[..] {
        [] => vec![None],
        shares => shares.iter().map(|share| Some(share.provider.as_str())).collect(),
    };
    let mut looks: Vec<Value> = sources.into_iter().map(|source| look(view, template, source)).collect();
    let of = Key::of([service.cluster.as_str(), service.name.as_str()]);
    let tasks: Vec<Arc<Task>> = view.by::<Task>(Task::BY_SERVICE, &of).collect();
    if service.scheduling == Scheduling::Daemon {
        let there = tasks.iter().filter_map(|task| task.node.as_deref()).collect();
        looks.iter_mut().for_each(|look| of_daemon(look, &there));
    }
    let waiting = tasks.iter().filter(|task| task.status == TaskStatus::Provisioning);
    Ok(json!({
        "kind": "service",
        "cluster": service.cluster,
        "id": service.name,
        "definition": format!("{}:{}", template.family, template.revision),
        "launchType": template.launch_type.as_str(),
        "unplaced": service.barren,
        // Nodes that were cut off a moment ago, as all are when the server starts, may be on their way back.
        "patientUntil": service.patient_since.map(|at| at.plus_millis(Service::PATIENCE_MS).iso8601()),
        // Its first deployment failed: there is nothing that served before.
        "startsNothing": starts_nothing,
        "waiting": waiting.count(),
        "protected": protected::of_service(view, service, &target, world.clock.now()),
        "capacity": looks,
    }))
}

/// A DAEMON service has one task on a node: the next one goes where there is none.
fn of_daemon(look: &mut Value, there: &BTreeSet<&str>) {
    let has = |verdict: &Value| verdict["node"].as_str().is_some_and(|node| there.contains(node));
    let mut next = Value::Null;
    for verdict in look["verdicts"].as_array_mut().into_iter().flatten() {
        verdict["runs"] = has(verdict).into();
        if next.is_null() && verdict["fits"] == true && verdict["runs"] == false {
            next = json!({"node": verdict["node"], "because": "a DAEMON service has a task on every node"});
        }
    }
    look["next"] = next;
}

fn of_definition(world: &World, definition: &str, query: &Query) -> Result<Value, Fault> {
    let (view, scope) = (world.store.snapshot(), &world.scope);
    let cluster = names::active_cluster(&view, &names::cluster_name(scope, query.text("cluster"))?)?;
    let launch_type = query
        .text("launchType")
        .map(|given| LaunchType::parse(given).ok_or_else(|| invalid(format!("{given} is no launch type."))));
    let strategy: Vec<ecs::CapacityProviderStrategyItem> = query
        .all("capacityProvider")
        .map(|provider| ecs::CapacityProviderStrategyItem {
            capacity_provider: Some(provider.to_string()),
            weight: Some(1),
            ..Default::default()
        })
        .collect();
    let capacity = capacity::choose(&view, scope, &cluster, launch_type.transpose()?, &strategy, 1)?;
    let mut request = ecs::RunTaskRequest {
        cluster: Some(cluster.name.clone()),
        task_definition: Some(definition.to_string()),
        ..Default::default()
    };
    let prepare = |request: &ecs::RunTaskRequest| {
        let ask = Ask::read(scope, request, MOST_STARTED_BY)?;
        launch::prepare(&view, &ask, capacity.launch_type)
    };
    // One with an interface of its own is asked about everywhere that there is a network.
    let template = match prepare(&request) {
        Err(fault) if fault.message.starts_with("Network Configuration") => {
            request.network_configuration = Some(everywhere(&view));
            prepare(&request)
        }
        prepared => prepared,
    }?;
    let looks: Vec<Value> = capacity
        .shares
        .iter()
        .map(|share| look(&view, &template, share.provider.as_deref()))
        .collect();
    Ok(json!({
        "kind": "definition",
        "cluster": cluster.name,
        "definition": format!("{}:{}", template.family, template.revision),
        "launchType": template.launch_type.as_str(),
        "capacity": looks,
    }))
}

fn everywhere(view: &Snapshot) -> ecs::NetworkConfiguration {
    let subnets = view.scan::<Subnet>(&Key::all()).map(|subnet| subnet.id.clone());
    ecs::NetworkConfiguration {
        awsvpc_configuration: Some(ecs::AwsVpcConfiguration {
            subnets: Some(subnets.collect()),
            ..Default::default()
        }),
    }
}

/// What every node says to one task of this template.
fn look(view: &Snapshot, template: &Template, provider: Source<'_>) -> Value {
    let ready = Ready::new(view, template);
    let verdicts = ready.said_by_all(view, provider);
    let placement = ready.place(view, provider, 1, 0);
    let fits = verdicts.iter().filter(|verdict| verdict.misfits.is_empty()).count();
    let places = placement.assigned.iter();
    let places: Vec<Value> = places
        .map(|place| json!({"node": place.node.id, "because": place.because}))
        .collect();
    let mut explanation = Explanation::of(&verdicts);
    explanation.name_holders(view);
    let nearest: Vec<Value> = explanation.nearest.iter().map(near).collect();
    json!({
        "provider": provider,
        "nodes": verdicts.len(),
        "fits": fits,
        "next": places.first(),
        "grounds": explanation.grounds.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "nearest": nearest,
        "verdicts": verdicts.iter().take(MOST_NODES).map(verdict).collect::<Vec<_>>(),
    })
}

/// A node, and all that would have to change there.
fn near(near: &Near) -> Value {
    let needs: Vec<String> = near.needs.iter().map(ToString::to_string).collect();
    json!({"node": near.node, "cluster": near.cluster, "needs": needs, "words": near.to_string()})
}

fn verdict(verdict: &Verdict) -> Value {
    let misfit = |misfit: &Misfit| json!({"reason": misfit.reason(), "words": misfit.to_string()});
    let misfits: Vec<Value> = verdict.misfits.iter().map(misfit).collect();
    json!({"node": verdict.node, "fits": misfits.is_empty(), "misfits": misfits})
}
