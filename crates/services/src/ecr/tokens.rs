//! GetAuthorizationToken.

use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use base64::{Engine, prelude::BASE64_STANDARD};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![Row::of::<op::GetAuthorizationToken, _>(get)]
}

/// A token is good for all registries that Gantry serves, so each of those asked for gets the same one.
async fn get(ctx: Ctx, input: ecr::GetAuthorizationTokenRequest) -> Result<ecr::GetAuthorizationTokenResponse, Fault> {
    let (shelf, caller) = (&ctx.world.shelf, &ctx.caller);
    let (token, expires) = shelf
        .tokens
        .make(&caller.arn, &caller.user_id, &caller.access_key, ctx.now());
    let data = ecr::AuthorizationData {
        authorization_token: Some(BASE64_STANDARD.encode(format!("AWS:{}", token.reveal()))),
        expires_at: Some(expires),
        proxy_endpoint: Some(format!("http://{}", shelf.host)),
    };
    let asked = input.registry_ids.map_or(1, |ids| ids.len());
    Ok(ecr::GetAuthorizationTokenResponse {
        authorization_data: Some(vec![data; asked]),
    })
}
