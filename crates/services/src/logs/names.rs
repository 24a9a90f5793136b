//! From what a request calls a group to the group.

use super::{bad, missing};
use crate::common::Ctx;
use base::Arn;
use model::LogGroup;
use store::{Snapshot, Tx};
use wire::Fault;

pub fn no_group() -> Fault {
    missing("The specified log group does not exist.")
}

/// A group's name, from its name or ARN. An ARN of another account, region or service names nothing here.
pub fn of_identifier(ctx: &Ctx, identifier: &str) -> Result<String, Fault> {
    if !identifier.starts_with("arn:") {
        return Ok(identifier.to_string());
    }
    let arn = Arn::parse(identifier).filter(|arn| arn.service == "logs");
    let arn = arn.ok_or_else(|| bad("The specified ARN is not valid."))?;
    let name = arn.resource.strip_prefix("log-group:");
    let name = name.ok_or_else(|| bad("The specified ARN is not that of a log group."))?;
    if !arn.is_in(ctx.scope()) {
        return Err(no_group());
    }
    Ok(name.strip_suffix(":*").unwrap_or(name).to_string())
}

/// Operations that read take a name or an identifier, and exactly one of them.
pub fn either(ctx: &Ctx, name: Option<String>, identifier: Option<String>) -> Result<String, Fault> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => of_identifier(ctx, &identifier),
        (Some(_), Some(_)) => Err(bad(
            "LogGroup name and LogGroup identifier are mutually exclusive parameters.",
        )),
        (None, None) => Err(bad("Either LogGroup name or LogGroup identifier must be specified.")),
    }
}

pub fn group(snapshot: &Snapshot, name: &str) -> Result<LogGroup, Fault> {
    let found = snapshot.get::<LogGroup>(&LogGroup::key_of(name));
    found.map(|group| (*group).clone()).ok_or_else(no_group)
}

pub fn group_in(tx: &Tx, name: &str) -> Result<LogGroup, Fault> {
    let found = tx.get::<LogGroup>(&LogGroup::key_of(name));
    found.map(|group| (*group).clone()).ok_or_else(no_group)
}

/// `arn:aws:logs:us-east-1:000000000000:log-group:NAME`
pub fn arn(ctx: &Ctx, group: &str) -> String {
    ctx.scope().arn("logs", &format!("log-group:{group}"))
}
