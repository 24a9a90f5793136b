//! Amazon EventBridge Scheduler. The group `default` is always there; schedules cannot be made yet.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::scheduler::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

const DEFAULT: &str = "default";

pub fn table() -> Table {
    Table {
        service: &scheduler::SCHEDULER,
        invalid,
        ledger: &[include_str!("../ledger/scheduler.txt")],
        rows: vec![
            Row::of::<op::GetScheduleGroup, _>(get_schedule_group),
            Row::of::<op::ListScheduleGroups, _>(list_schedule_groups),
            Row::of::<op::ListSchedules, _>(list_schedules),
        ],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::new(&scheduler::fault::ValidationException, coral_message(violations))
}

fn group_arn(ctx: &Ctx) -> String {
    ctx.scope().arn("scheduler", &format!("schedule-group/{DEFAULT}"))
}

/// Refuses a group that is not there.
fn find(group: &str) -> Result<(), Fault> {
    match group {
        DEFAULT => Ok(()),
        _ => {
            let message = format!("Schedule group {group} does not exist.");
            Err(Fault::new(&scheduler::fault::ResourceNotFoundException, message))
        }
    }
}

fn no_page(token: Option<&str>) -> Result<(), Fault> {
    match token {
        None => Ok(()),
        Some(_) => Err(Fault::new(
            &scheduler::fault::ValidationException,
            "Invalid next token.",
        )),
    }
}

async fn get_schedule_group(
    ctx: Ctx,
    input: scheduler::GetScheduleGroupInput,
) -> Result<scheduler::GetScheduleGroupOutput, Fault> {
    find(input.name.as_deref().unwrap_or(""))?;
    Ok(scheduler::GetScheduleGroupOutput {
        arn: Some(group_arn(&ctx)),
        name: Some(DEFAULT.to_string()),
        state: Some("ACTIVE".to_string()),
        creation_date: Some(ctx.world.since),
        last_modification_date: Some(ctx.world.since),
    })
}

async fn list_schedule_groups(
    ctx: Ctx,
    input: scheduler::ListScheduleGroupsInput,
) -> Result<scheduler::ListScheduleGroupsOutput, Fault> {
    no_page(input.next_token.as_deref())?;
    let asked = DEFAULT.starts_with(input.name_prefix.as_deref().unwrap_or(""));
    let group = scheduler::ScheduleGroupSummary {
        arn: Some(group_arn(&ctx)),
        name: Some(DEFAULT.to_string()),
        state: Some("ACTIVE".to_string()),
        creation_date: Some(ctx.world.since),
        last_modification_date: Some(ctx.world.since),
    };
    Ok(scheduler::ListScheduleGroupsOutput {
        schedule_groups: Some(if asked { vec![group] } else { Vec::new() }),
        next_token: None,
    })
}

async fn list_schedules(_: Ctx, input: scheduler::ListSchedulesInput) -> Result<scheduler::ListSchedulesOutput, Fault> {
    no_page(input.next_token.as_deref())?;
    find(input.group_name.as_deref().unwrap_or(DEFAULT))?;
    Ok(scheduler::ListSchedulesOutput {
        schedules: Some(Vec::new()),
        next_token: None,
    })
}
