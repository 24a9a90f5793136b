//! Which repository is meant, and what it is called elsewhere: by ARN, and by those who push and pull.

use super::fault;
use crate::common::Ctx;
use base::Arn;
use model::registry::{Repository, RepositoryId, change};
use std::sync::Arc;
use store::View;
use wire::Fault;

/// Whose registry: the caller's own, unless the request says it.
pub fn registry(ctx: &Ctx, registry: Option<String>) -> String {
    registry.unwrap_or_else(|| ctx.scope().account.to_string())
}

/// The same, of a request that makes something there: nobody does that in another account's.
pub fn own(ctx: &Ctx, said: Option<String>) -> Result<String, Fault> {
    let registry = registry(ctx, said);
    match registry == *ctx.scope().account {
        true => Ok(registry),
        false => Err(fault::invalid_at("registryId", "it is the registry of another account")),
    }
}

/// The repository that a request names, which need not be there. Another account's registry is empty.
pub fn id(ctx: &Ctx, registry_id: Option<String>, name: Option<String>) -> RepositoryId {
    let registry = registry(ctx, registry_id);
    RepositoryId::new(&registry, &ctx.scope().region, &name.unwrap_or_default())
}

pub fn find(view: &View, id: &RepositoryId) -> Result<Arc<Repository>, Fault> {
    change::repository(view, id).map_err(|refused| fault::refused(refused, id))
}

/// `arn:aws:ecr:us-east-1:000000000000:repository/team/web`
pub fn arn(ctx: &Ctx, id: &RepositoryId) -> String {
    let partition = ctx.scope().partition();
    let RepositoryId { registry, region, name } = id;
    format!("arn:{partition}:ecr:{region}:{registry}:repository/{name}")
}

/// What stands in front of a tag for whoever pushes and pulls, and really answers: `127.0.0.1:4566/team/web`.
pub fn uri(ctx: &Ctx, id: &RepositoryId) -> String {
    match id.region == *ctx.world.scope.region {
        true => format!("{}/{}", ctx.world.shelf.host, id.name),
        false => format!("{}.dkr.ecr.{}.amazonaws.com/{}", id.registry, id.region, id.name),
    }
}

/// The repository of an ARN.
pub fn of_arn(ctx: &Ctx, arn: Option<String>) -> Result<RepositoryId, Fault> {
    let arn = arn.unwrap_or_default();
    let invalid = || fault::invalid_at("resourceArn", "Invalid ARN");
    let parsed = Arn::parse(&arn)
        .filter(|arn| arn.service == "ecr")
        .ok_or_else(invalid)?;
    let name = parsed.resource.strip_prefix("repository/").ok_or_else(invalid)?;
    let scope = ctx.scope();
    if parsed.partition != scope.partition() || parsed.region != &*scope.region || name.is_empty() {
        return Err(invalid());
    }
    Ok(RepositoryId::new(parsed.account, parsed.region, name))
}
