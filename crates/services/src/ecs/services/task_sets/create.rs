//! CreateTaskSet: a share of the service's tasks, made in its own way.

use super::{find, make, render};
use crate::common::once::{Once, Seen};
use crate::common::{Ctx, given};
use crate::ecs::services::render::tally;
use crate::ecs::services::revise::Ids;
use crate::ecs::services::{settle, words};
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{Given, Service, Tag, TaskSet};
use store::{Key, Tx};
use wire::Fault;

/// AWS's quota of task sets in a service.
const MOST: usize = 5;
const MOST_TOKEN: usize = 36;

pub async fn run(ctx: Ctx, input: ecs::CreateTaskSetRequest) -> Result<ecs::CreateTaskSetResponse, Fault> {
    let scope = ctx.scope().clone();
    let named = find::named(&scope, input.cluster.as_deref(), input.service.as_deref())?;
    let plan = Plan {
        once: token(&named, &input)?,
        scale: scale(input.scale.as_ref())?,
        tags: shape::read(input.tags.as_deref())?,
        ids: Ids::draw(ctx.dice()),
        named,
        input,
    };
    let task_set = ctx
        .write(move |tx| {
            let (service, set) = once(tx, &scope, &plan)?;
            let tally = tally(tx, &service);
            Ok(render::show(tx, &scope, &service, &set, &tally, true))
        })
        .await?;
    Ok(ecs::CreateTaskSetResponse { task_set })
}

struct Plan {
    named: (String, String),
    input: ecs::CreateTaskSetRequest,
    scale: u32,
    tags: Vec<Tag>,
    once: Option<Once>,
    ids: Ids,
}

/// In hundredths of a percent. What is not said is none.
pub fn scale(given: Option<&ecs::Scale>) -> Result<u32, Fault> {
    let percent = given.and_then(|scale| scale.value).unwrap_or(0.0);
    match (0.0..=100.0).contains(&percent) {
        true => Ok((percent * 100.0).round() as u32),
        false => Err(fault::invalid(
            "The scale of a task set must be between 0 and 100 percent.",
        )),
    }
}

fn token((cluster, service): &(String, String), input: &ecs::CreateTaskSetRequest) -> Result<Option<Once>, Fault> {
    let token = input.client_token.as_deref().unwrap_or_default();
    if token.len() > MOST_TOKEN || !token.bytes().all(|b| (33..=126).contains(&b)) {
        return Err(fault::invalid(format!(
            "clientToken can have up to {MOST_TOKEN} characters in the range of 33-126."
        )));
    }
    Ok(Once::new(
        format!("CreateTaskSet {cluster} {service}"),
        Some(token),
        input,
    ))
}

fn once(tx: &mut Tx, scope: &Scope, plan: &Plan) -> Result<(Service, TaskSet), Fault> {
    let service = (*find::service(tx, &plan.named)?).clone();
    let Some(once) = &plan.once else {
        let set = create(tx, scope, &service, plan)?;
        return Ok((service, set));
    };
    match once.seen(tx) {
        Seen::First => {}
        Seen::Conflict => return Err(fault::invalid("Creation of task set was not idempotent.")),
        Seen::Before(kept) => {
            let made = kept.made.first().and_then(|id| find::set(tx, &service, id));
            if let Some(set) = made {
                return Ok((service, (*set).clone()));
            }
        }
    }
    let set = create(tx, scope, &service, plan)?;
    once.keep(tx, vec![set.id.clone()], Given::default());
    Ok((service, set))
}

fn create(tx: &mut Tx, scope: &Scope, service: &Service, plan: &Plan) -> Result<TaskSet, Fault> {
    let cluster = names::active_cluster(tx, &service.cluster)?;
    let all = Key::of([service.cluster.as_str(), service.name.as_str()]);
    if tx.count::<TaskSet>(&all) >= MOST {
        return Err(fault::limit(format!(
            "The limit of {MOST} task sets in a service is reached."
        )));
    }
    let input = &plan.input;
    let strategy = input.capacity_provider_strategy.as_ref();
    if input.launch_type.is_some() && strategy.is_some_and(|strategy| !strategy.is_empty()) {
        return Err(fault::invalid(
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        ));
    }
    let kept: ecs::CreateServiceRequest = given::recall(&service.given);
    let tasks = ecs::CreateServiceRequest {
        task_definition: input.task_definition.clone(),
        network_configuration: input.network_configuration.clone(),
        load_balancers: input.load_balancers.clone(),
        service_registries: input.service_registries.clone(),
        launch_type: input.launch_type.clone(),
        capacity_provider_strategy: input.capacity_provider_strategy.clone(),
        platform_version: input.platform_version.clone(),
        ..Default::default()
    };
    let mut words = words::with_tasks(kept, &tasks);
    words::complete_network(&mut words);
    words.tags = Some(shape::show(&service.tags));
    let settled = settle::settle(tx, scope, &cluster, &mut words, &plan.ids.started_by())?;
    let external = input.external_id.clone().filter(|id| !id.is_empty());
    Ok(make(
        tx,
        service,
        &plan.ids,
        settled,
        plan.scale,
        external,
        plan.tags.clone(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_percents() {
        let of = |value| {
            scale(Some(&ecs::Scale {
                value: Some(value),
                unit: None,
            }))
        };
        assert_eq!((of(0.0), of(33.33), of(100.0)), (Ok(0), Ok(3333), Ok(10_000)));
        assert!(of(-1.0).is_err() && of(100.01).is_err() && of(f64::NAN).is_err());
        assert_eq!(scale(None), Ok(0));
    }
}
