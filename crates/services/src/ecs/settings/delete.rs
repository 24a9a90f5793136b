//! DeleteAccountSetting: a principal's choice is forgotten, and the default holds again.

use super::{effective, facts, principal, render};
use crate::common::Ctx;
use api::ecs;
use model::AccountSetting;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::DeleteAccountSettingRequest,
) -> Result<ecs::DeleteAccountSettingResponse, Fault> {
    let fact = facts::named(input.name.as_deref())?;
    fact.check_writable()?;
    let principal = principal::meant(ctx.scope(), &ctx.caller.arn, input.principal_arn.as_deref())?;
    let key = AccountSetting::key_of(principal.writable_key()?, fact.name);
    let setting = ctx
        .write(move |tx| {
            tx.delete::<AccountSetting>(&key);
            Ok(render(fact, &effective(tx, &principal, fact).value, principal.arn()))
        })
        .await?;
    Ok(ecs::DeleteAccountSettingResponse { setting: Some(setting) })
}
