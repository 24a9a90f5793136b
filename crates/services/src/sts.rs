//! AWS STS: who am I.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::sts::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &sts::STS,
        invalid,
        ledger: &[include_str!("../ledger/sts.txt")],
        rows: vec![Row::of::<op::GetCallerIdentity, _>(get_caller_identity)],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::common("ValidationError", 400, coral_message(violations))
}

async fn get_caller_identity(
    ctx: Ctx,
    _: sts::GetCallerIdentityRequest,
) -> Result<sts::GetCallerIdentityResponse, Fault> {
    Ok(sts::GetCallerIdentityResponse {
        user_id: Some(ctx.caller.user_id.clone()),
        account: Some(ctx.scope().account.to_string()),
        arn: Some(ctx.caller.arn.clone()),
    })
}
