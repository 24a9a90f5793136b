//! What a request would come to, before it is made.
//!
//! For: `gantry plan`. The state of one moment is copied into a store in memory, the request is answered there by the
//! very operation that would answer it, and the production controllers work on it, with nodes that start and stop
//! whatever they are told and a clock that jumps to whatever is due next. What they do on the way is the *plan*: its
//! steps, its bounds, its peaks, and whether it comes to an end. Nothing leaves the copy.
//!
//! Words: a *wish* is the request; the *play* is the copy being lived; a *step* of the plan is what happens at one time.
//!
//! Must never know: the network, the disk, the time of the machine.

mod copy;
mod diff;
mod page;
mod play;
mod tell;

pub use diff::Difference;
pub use page::Planner;
pub use tell::{Bounds, Peak, Plan, Step};

use controllers::KeepServices;
use play::Play;
use serde_json::Value;
use services::{Caller, Ctx, Services};
use std::sync::Arc;
use wire::Fault;

/// The operations that can be rehearsed.
pub const OPERATIONS: [&str; 3] = ["CreateService", "RunTask", "UpdateService"];

/// A request, as the API would take it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub operation: String,
    /// JSON.
    pub input: Value,
}

/// How nodes of the rehearsal take their time.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub start_ms: i64,
    pub stop_ms: i64,
    /// A plan that takes longer is cut off.
    pub longest_ms: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            start_ms: 1_000,
            stop_ms: 1_000,
            longest_ms: 7 * 24 * 3_600_000,
        }
    }
}

/// Lives through the wish on a copy of what `ctx` sees.
pub async fn rehearse(
    ctx: &Ctx,
    services: &Services,
    wish: &Wish,
    keeper: KeepServices,
    pace: Pace,
) -> Result<Plan, Fault> {
    if !OPERATIONS.contains(&wish.operation.as_str()) {
        let message = format!(
            "{} cannot be planned; what can: {}.",
            wish.operation,
            OPERATIONS.join(", ")
        );
        return Err(Fault::common("InvalidParameterException", 400, message));
    }
    let mut play = Play::open(ctx, keeper, pace).await?;
    let before = diff::look(&play.ctx, services, wish).await;
    let answer = call(&play.ctx, services, &wish.operation, &wish.input).await?;
    let after = diff::look(&play.ctx, services, wish).await;
    play.live(wish, &answer).await?;
    let differences = diff::between(&before, &after);
    Ok(tell::plan(play, wish, &answer, differences))
}

/// Calls an operation of ECS with JSON, and gives its answer as JSON.
async fn call(ctx: &Ctx, services: &Services, operation: &str, input: &Value) -> Result<Value, Fault> {
    let unknown = || {
        Fault::common(
            "InvalidParameterException",
            400,
            format!("{operation} is no operation of ECS."),
        )
    };
    let service = &api::ecs::ECS;
    let facts = service
        .operations
        .iter()
        .find(|facts| facts.name == operation)
        .ok_or_else(unknown)?;
    let mut shape = (facts.input)();
    wire::codec::json::read(
        input.to_string().as_bytes(),
        &mut *shape,
        &wire::codec::Limits::default(),
    )?;
    let mut read = Vec::new();
    wire::codec::json::write(&*shape, &mut read);
    let read = serde_json::from_slice(&read).unwrap_or(Value::Null);
    if let Some(path) = not_read(input, &read) {
        let message = format!("Unknown parameter in input: \"{path}\".");
        return Err(Fault::common("InvalidParameterException", 400, message));
    }
    let reply = services.call(service, facts, ctx.clone(), shape).await?;
    let mut bytes = Vec::new();
    wire::codec::json::write(&*reply.output, &mut bytes);
    Ok(serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// The first member of the input that was not understood, as a path.
fn not_read(input: &Value, read: &Value) -> Option<String> {
    match (input, read) {
        (Value::Object(given), Value::Object(read)) => {
            given
                .iter()
                .filter(|(_, value)| !value.is_null())
                .find_map(|(name, value)| match read.get(name) {
                    None => Some(name.clone()),
                    Some(read) => not_read(value, read).map(|rest| format!("{name}.{rest}")),
                })
        }
        (Value::Array(given), Value::Array(read)) => given
            .iter()
            .zip(read)
            .enumerate()
            .find_map(|(at, (given, read))| not_read(given, read).map(|rest| format!("{at}.{rest}"))),
        _ => None,
    }
}

/// Who rehearses is who asks.
fn caller(ctx: &Ctx) -> Arc<Caller> {
    Arc::clone(&ctx.caller)
}
