//! AWS IAM, as far as there is one: the root user.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::iam::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &iam::IAM,
        invalid,
        ledger: &[include_str!("../ledger/iam.txt")],
        rows: vec![
            Row::of::<op::GetUser, _>(get_user),
            Row::of::<op::ListAccountAliases, _>(list_account_aliases),
        ],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::common("ValidationError", 400, coral_message(violations))
}

/// Without a name, the caller, who is root: there are no other users.
async fn get_user(ctx: Ctx, input: iam::GetUserRequest) -> Result<iam::GetUserResponse, Fault> {
    if let Some(name) = input.user_name {
        let message = format!("The user with name {name} cannot be found.");
        return Err(Fault::new(&iam::fault::NoSuchEntityException, message));
    }
    Ok(iam::GetUserResponse {
        user: Some(iam::User {
            user_id: Some(ctx.caller.user_id.clone()),
            arn: Some(ctx.caller.arn.clone()),
            create_date: Some(ctx.world.since),
            ..Default::default()
        }),
    })
}

/// None can be made.
async fn list_account_aliases(
    _: Ctx,
    _: iam::ListAccountAliasesRequest,
) -> Result<iam::ListAccountAliasesResponse, Fault> {
    Ok(iam::ListAccountAliasesResponse {
        account_aliases: Some(Vec::new()),
        is_truncated: Some(false),
        ..Default::default()
    })
}
