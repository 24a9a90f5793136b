//! Amazon CloudWatch. Neither metrics nor alarms can be put yet, so there are none to list.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::cloudwatch::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &cloudwatch::CLOUDWATCH,
        invalid,
        ledger: &[include_str!("../ledger/cloudwatch.txt")],
        rows: vec![
            Row::of::<op::DescribeAlarms, _>(describe_alarms),
            Row::of::<op::ListMetrics, _>(list_metrics),
        ],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::new(
        &cloudwatch::fault::InvalidParameterValueException,
        coral_message(violations),
    )
}

async fn describe_alarms(
    _: Ctx,
    input: cloudwatch::DescribeAlarmsInput,
) -> Result<cloudwatch::DescribeAlarmsOutput, Fault> {
    no_page(input.next_token.as_deref())?;
    let asked = |kind: &str| {
        input
            .alarm_types
            .as_ref()
            .is_none_or(|types| types.iter().any(|t| t == kind))
    };
    Ok(cloudwatch::DescribeAlarmsOutput {
        metric_alarms: Some(Vec::new()),
        composite_alarms: asked("CompositeAlarm").then(Vec::new),
        ..Default::default()
    })
}

async fn list_metrics(_: Ctx, input: cloudwatch::ListMetricsInput) -> Result<cloudwatch::ListMetricsOutput, Fault> {
    no_page(input.next_token.as_deref())?;
    Ok(cloudwatch::ListMetricsOutput {
        metrics: Some(Vec::new()),
        ..Default::default()
    })
}

/// No answer here has a next page, so no token is one of ours.
fn no_page(token: Option<&str>) -> Result<(), Fault> {
    match token {
        None => Ok(()),
        Some(_) => Err(Fault::new(
            &cloudwatch::fault::InvalidNextToken,
            "The next token is not valid.",
        )),
    }
}
