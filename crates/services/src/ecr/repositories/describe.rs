//! DescribeRepositories: those that are named, or all, page by page.

use super::shape;
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecr::access::{may, may_list};
use crate::ecr::{names, pages};
use api::ecr;
use model::registry::{Repository, RepositoryId};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeRepositories",
    default: 100,
    max: 1000,
};

pub async fn run(
    ctx: Ctx,
    input: ecr::DescribeRepositoriesRequest,
) -> Result<ecr::DescribeRepositoriesResponse, Fault> {
    let view = ctx.snapshot();
    let registry = names::registry(&ctx, input.registry_id);
    if let Some(asked) = input.repository_names {
        pages::alone(input.next_token.as_deref(), input.max_results, "repositoryNames")?;
        let show = |name: String| {
            let id = names::id(&ctx, Some(registry.clone()), Some(name));
            Ok(shape::show(&ctx, &*may(&ctx, &view, "ecr:DescribeRepositories", &id)?))
        };
        return Ok(ecr::DescribeRepositoriesResponse {
            repositories: Some(asked.into_iter().map(show).collect::<Result<_, Fault>>()?),
            next_token: None,
        });
    }
    may_list(&ctx, &view, &registry)?;
    let all = RepositoryId::all_of(&registry, &ctx.scope().region);
    let (size, after) = pages::window(&PAGING, &all, input.max_results, input.next_token.as_deref())?;
    let found = view.scan_after::<Repository>(&all, after.as_ref());
    let page = PAGING.page(size, found.map(|r| (r.id.key(), shape::show(&ctx, &r))));
    Ok(ecr::DescribeRepositoriesResponse {
        repositories: Some(page.items),
        next_token: page.next,
    })
}
