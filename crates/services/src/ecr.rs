//! Amazon ECR. The registry has a room of its own to come; until then it is empty, and says so.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::ecr::{self, op};
use base64::{Engine, prelude::BASE64_STANDARD};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &ecr::ECR,
        invalid,
        ledger: &[include_str!("../ledger/ecr.txt")],
        rows: vec![
            Row::of::<op::DescribeRegistry, _>(describe_registry),
            Row::of::<op::DescribeRepositories, _>(describe_repositories),
            Row::of::<op::GetAuthorizationToken, _>(get_authorization_token),
        ],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::new(&ecr::fault::InvalidParameterException, coral_message(violations))
}

async fn describe_registry(ctx: Ctx, _: ecr::DescribeRegistryRequest) -> Result<ecr::DescribeRegistryResponse, Fault> {
    Ok(ecr::DescribeRegistryResponse {
        registry_id: Some(ctx.scope().account.to_string()),
        replication_configuration: Some(ecr::ReplicationConfiguration {
            rules: Some(Vec::new()),
        }),
    })
}

/// A token is good for all registries that Gantry serves, so each of those asked for gets the same one.
async fn get_authorization_token(
    ctx: Ctx,
    input: ecr::GetAuthorizationTokenRequest,
) -> Result<ecr::GetAuthorizationTokenResponse, Fault> {
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

async fn describe_repositories(
    ctx: Ctx,
    input: ecr::DescribeRepositoriesRequest,
) -> Result<ecr::DescribeRepositoriesResponse, Fault> {
    let registry = input.registry_id.unwrap_or_else(|| ctx.scope().account.to_string());
    if let Some(name) = input.repository_names.iter().flatten().next() {
        let message = format!("The repository with name '{name}' does not exist in the registry with id '{registry}'");
        return Err(Fault::new(&ecr::fault::RepositoryNotFoundException, message));
    }
    Ok(ecr::DescribeRepositoriesResponse {
        repositories: Some(Vec::new()),
        next_token: None,
    })
}
