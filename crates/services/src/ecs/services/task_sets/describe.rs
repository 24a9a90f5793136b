//! DescribeTaskSets: those named, or all of a service.

use super::{find, render};
use crate::common::Ctx;
use crate::ecs::services::render::tally;
use crate::ecs::{fault, names};
use api::ecs;
use model::{Controls, TaskSet};
use store::Key;
use wire::Fault;

/// The most that one request may name.
const MOST: usize = 100;

pub async fn run(ctx: Ctx, input: ecs::DescribeTaskSetsRequest) -> Result<ecs::DescribeTaskSetsResponse, Fault> {
    let scope = ctx.scope();
    let (cluster, name) = find::named(scope, input.cluster.as_deref(), input.service.as_deref())?;
    let given = input.task_sets.unwrap_or_default();
    if given.len() > MOST {
        return Err(fault::invalid(format!("taskSets can have at most {MOST} items.")));
    }
    let tags = input.include.iter().flatten().any(|field| field == "TAGS");
    let view = ctx.snapshot();
    let service = crate::ecs::services::find::active(&view, &cluster, &name)?;
    if service.controls == Controls::Ecs {
        return Err(fault::invalid(
            "Task sets are only there for services with a CODE_DEPLOY or EXTERNAL deployment controller.",
        ));
    }
    let tally = tally(&view, &service);
    let show = |set: &TaskSet| render::show(&view, scope, &service, set, &tally, tags);
    let (mut shown, mut failures) = (Vec::new(), Vec::new());
    if given.is_empty() {
        let all = view.scan::<TaskSet>(&Key::of([cluster.as_str(), name.as_str()]));
        shown.extend(all.filter_map(|set| show(&set)));
    }
    for given in given {
        let id = find::id(scope, &service, &given)?;
        match find::set(&view, &service, &id).and_then(|set| show(&set)) {
            Some(set) => shown.push(set),
            None => failures.push(fault::missing(names::task_set_arn(scope, &cluster, &name, &id))),
        }
    }
    Ok(ecs::DescribeTaskSetsResponse {
        task_sets: Some(shown),
        failures: Some(failures),
    })
}
