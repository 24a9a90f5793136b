//! RunTask: tasks of one definition, on nodes that Gantry chooses. It answers when they are written down: nothing is
//! pulled or started before.

use super::launch::capacity;
use super::launch::{self, Ask};
use super::{failures, render};
use crate::common::once::{Once, Seen};
use crate::common::{Ctx, given};
use crate::ecs::{fault, names};
use api::ecs::{self, fault as declared};
use base::Scope;
use model::{CapacityProvider, ClientToken, Cluster, LaunchType, Task, Waiting};
use scheduler::Board;
use scheduler::lack;
use scheduler::launch::{Draw, Ready};
use store::{Tx, View};
use wire::{Detail, Fault};

const MOST_TASKS: i32 = 10;
const MOST_STARTED_BY: usize = 128;
const MOST_TOKEN: usize = 64;

pub async fn run(ctx: Ctx, input: ecs::RunTaskRequest) -> Result<ecs::RunTaskResponse, Fault> {
    let plan = Plan::read(ctx.scope(), input)?;
    let draws: Vec<Draw> = (0..plan.count).map(|_| Draw::new(ctx.dice())).collect();
    let seed = ctx.dice().u64();
    let scope = ctx.scope().clone();
    let board = ctx.world.board.clone();
    ctx.write(move |tx| {
        let places = Places {
            board: board.as_deref(),
            draws: &draws,
            seed,
        };
        once(tx, &scope, &plan, &places)
    })
    .await
}

/// What is needed beside the request to find places: the board, and what chance says.
struct Places<'a> {
    board: Option<&'a Board>,
    draws: &'a [Draw],
    seed: u64,
}

/// What the request says, as far as it can be checked without looking at anything else.
struct Plan {
    ask: Ask,
    count: u32,
    launch_type: Option<LaunchType>,
    strategy: Vec<ecs::CapacityProviderStrategyItem>,
    token: Option<(String, String, Once)>,
}

impl Plan {
    fn read(scope: &Scope, input: ecs::RunTaskRequest) -> Result<Plan, Fault> {
        let count = input.count.unwrap_or(1);
        if !(1..=MOST_TASKS).contains(&count) {
            return Err(fault::invalid(format!(
                "Count must be between 1 and {MOST_TASKS}, but was {count}."
            )));
        }
        let strategy = input.capacity_provider_strategy.clone().unwrap_or_default();
        if input.launch_type.is_some() && !strategy.is_empty() {
            let message = "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.";
            return Err(fault::invalid(message));
        }
        let ask = Ask::read(scope, &input, MOST_STARTED_BY)?;
        Ok(Plan {
            count: u32::try_from(count).expect("it is between 1 and 10"),
            launch_type: input.launch_type.as_deref().and_then(LaunchType::parse),
            strategy,
            token: token(&ask.cluster, &input)?,
            ask,
        })
    }
}

fn token(cluster: &str, input: &ecs::RunTaskRequest) -> Result<Option<(String, String, Once)>, Fault> {
    let token = input.client_token.as_deref().unwrap_or_default();
    if token.len() > MOST_TOKEN || !token.bytes().all(|b| (33..=126).contains(&b)) {
        return Err(fault::invalid(format!(
            "clientToken can have up to {MOST_TOKEN} characters in the range of 33-126."
        )));
    }
    let scope = format!("RunTask {cluster}");
    Ok(Once::new(scope.clone(), Some(token), input).map(|once| (scope, token.to_string(), once)))
}

fn once(tx: &mut Tx, scope: &Scope, plan: &Plan, places: &Places<'_>) -> Result<ecs::RunTaskResponse, Fault> {
    let cluster = names::active_cluster(tx, &plan.ask.cluster)?;
    let Some((of, token, once)) = &plan.token else {
        return make(tx, scope, &cluster, plan, places).map(|(answer, _)| answer);
    };
    match once.seen(tx) {
        Seen::First => {}
        Seen::Before(kept) => return Ok(again(tx, scope, &cluster.name, &kept)),
        Seen::Conflict => {
            let kept = tx.get::<ClientToken>(&ClientToken::key_of(of, token));
            let made = kept.map_or_else(Vec::new, |kept| kept.made.clone());
            let arns = made
                .iter()
                .map(|id| names::task_arn(scope, &cluster.name, id))
                .collect();
            let message = "The provided clientToken is already in use with a different RunTask request.";
            return Err(Fault::new(&declared::ConflictException, message).with("resourceIds", Detail::Texts(arns)));
        }
    }
    let (answer, made) = make(tx, scope, &cluster, plan, places)?;
    if !made.is_empty() {
        let failures = ecs::RunTaskResponse {
            failures: answer.failures.clone(),
            tasks: None,
        };
        once.keep(tx, made, given::keep(&failures));
    }
    Ok(answer)
}

/// The answer of the first time, with the tasks as they are now.
fn again(view: &View, scope: &Scope, cluster: &str, kept: &ClientToken) -> ecs::RunTaskResponse {
    let there = kept
        .made
        .iter()
        .filter_map(|id| view.get::<Task>(&Task::key_of(cluster, id)));
    let tasks = there.map(|task| render::task(view, scope, &task, true)).collect();
    ecs::RunTaskResponse {
        tasks: Some(tasks),
        ..given::recall(&kept.answer)
    }
}

const NO_ROOM_TO_WAIT: &str = "Tasks provisioning capacity limit exceeded.";

/// Whether tasks that have no room there wait for some.
fn waits(view: &View, share: &capacity::Share) -> bool {
    let provider = share.provider.as_deref();
    provider.is_some_and(|provider| CapacityProvider::lets_wait(view, provider))
}

/// The answer, and the ids of the tasks that were made.
fn make(
    tx: &mut Tx,
    scope: &Scope,
    cluster: &Cluster,
    plan: &Plan,
    places: &Places<'_>,
) -> Result<(ecs::RunTaskResponse, Vec<String>), Fault> {
    let capacity = capacity::choose(tx, scope, cluster, plan.launch_type, &plan.strategy, plan.count)?;
    let template = launch::prepare(tx, &plan.ask, capacity.launch_type)?;
    let ready = Ready::new(tx, &template);
    let mut draws = places.draws.iter();
    let (mut tasks, mut made, mut failures, mut barren) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for share in &capacity.shares {
        let placement = ready.find(tx, places.board, share.provider.as_deref(), share.count, places.seed);
        for assigned in &placement.assigned {
            let draw = draws.next().expect("there are as many draws as tasks");
            match ready.start(tx, draw, share.provider.as_deref(), None, assigned) {
                Ok(task) => {
                    made.push(draw.id().to_string());
                    tasks.push(render::task(tx, scope, &task, true));
                }
                Err(lacks) => failures.push(failures::no_interface(
                    scope,
                    &assigned.node,
                    template.launch_type,
                    lacks,
                )),
            }
        }
        if placement.unplaced > 0 && waits(tx, share) {
            let because = placement.lack(share.provider.as_deref()).because;
            let until = tx.now().plus_millis(Waiting::LONGEST_MS);
            let room = Waiting::room(tx, &cluster.name).min(placement.unplaced as usize);
            for draw in draws.by_ref().take(room) {
                let task = ready.wait(tx, draw, share.provider.as_deref(), None, until, because.clone());
                made.push(task.id.clone());
                tasks.push(render::task(tx, scope, &task, true));
            }
            let full = ecs::Failure {
                arn: share.provider.as_deref().map(|p| names::provider_arn(scope, p)),
                reason: Some(NO_ROOM_TO_WAIT.to_string()),
                detail: None,
            };
            failures.extend(vec![full; placement.unplaced as usize - room]);
        } else if placement.unplaced > 0 {
            match failures::of(scope, &cluster.name, template.launch_type, &placement) {
                found if found.is_empty() => barren.push(share),
                found => failures.extend(found),
            }
        }
    }
    if tasks.is_empty() && failures.iter().any(|f| f.reason.as_deref() == Some(NO_ROOM_TO_WAIT)) {
        return Err(fault::client(NO_ROOM_TO_WAIT));
    }
    if tasks.is_empty() && failures.is_empty() {
        return Err(fault::invalid(lack::no_nodes(
            barren.first().and_then(|share| share.provider.as_deref()),
        )));
    }
    failures.extend(barren.into_iter().map(|share| {
        ecs::Failure {
            arn: share
                .provider
                .as_deref()
                .map(|provider| names::provider_arn(scope, provider)),
            reason: Some(lack::no_nodes(share.provider.as_deref()).to_string()),
            detail: None,
        }
    }));
    let answer = ecs::RunTaskResponse {
        tasks: Some(tasks),
        failures: Some(failures),
    };
    Ok((answer, made))
}
