//! `POST /_gantry/revoke-tokens`: the registry's tokens that somebody has, or everybody, are void from now on.

use super::{Query, invalid};
use crate::common::Ctx;
use base::{Arn, Timestamp};
use model::registry::TokensVoid;
use store::Tx;
use wire::Fault;

pub async fn answer(ctx: Ctx, query: &Query) -> Result<Vec<u8>, Fault> {
    if !ctx.caller.arn.ends_with(":root") {
        let message = "Only the account's root takes tokens back.";
        return Err(Fault::common("AccessDeniedException", 403, message));
    }
    let user = query.text("user").map(str::to_string);
    if let Some(user) = &user {
        check(user).map_err(invalid)?;
    }
    let until = ctx.now();
    let told = user.clone().unwrap_or_else(|| TokensVoid::EVERYBODY.to_string());
    ctx.write(move |tx| {
        revoke(tx, user.as_deref(), until);
        Ok(())
    })
    .await?;
    let answer = serde_json::json!({ "principal": told, "until": until.iso8601() });
    Ok(answer.to_string().into_bytes())
}

/// Whether this is somebody who may have tokens.
pub fn check(user: &str) -> Result<(), String> {
    let arn = Arn::parse(user).filter(|arn| matches!(arn.service, "iam" | "sts"));
    match arn {
        Some(_) => Ok(()),
        None => Err(format!("{user} is not the ARN of a user or a role")),
    }
}

/// Takes back all tokens that were given until then, to this one or to everybody.
pub fn revoke(tx: &mut Tx, user: Option<&str>, until: Timestamp) {
    tx.put(TokensVoid {
        principal: user.unwrap_or(TokensVoid::EVERYBODY).to_string(),
        until,
    });
}
