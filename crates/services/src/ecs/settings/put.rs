//! PutAccountSetting: a principal chooses.

use super::facts::{self, Fact};
use super::principal::{self, Principal};
use super::render;
use crate::common::Ctx;
use crate::ecs::fault;
use api::ecs;
use model::AccountSetting;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::PutAccountSettingRequest) -> Result<ecs::PutAccountSettingResponse, Fault> {
    let fact = facts::named(input.name.as_deref())?;
    let principal = principal::meant(ctx.scope(), &ctx.caller.arn, input.principal_arn.as_deref())?;
    let setting = choose(&ctx, fact, input.value.unwrap_or_default(), &principal).await?;
    Ok(ecs::PutAccountSettingResponse { setting: Some(setting) })
}

/// Writes down that `principal` chose `value`.
pub(super) async fn choose(
    ctx: &Ctx,
    fact: &'static Fact,
    value: String,
    principal: &Principal,
) -> Result<ecs::Setting, Fault> {
    fact.check(&value)?;
    if fact.root_only && !matches!(principal, Principal::Root(_)) {
        return Err(fault::invalid(format!(
            "The account setting {} can only be set for the root user.",
            fact.name
        )));
    }
    let key = principal.writable_key()?.to_string();
    let setting = render(fact, &value, principal.arn());
    let record = AccountSetting {
        principal: key,
        name: fact.name.to_string(),
        value,
    };
    ctx.write(move |tx| {
        tx.put(record.clone());
        Ok(())
    })
    .await?;
    Ok(setting)
}
