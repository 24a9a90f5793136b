//! Repositories.

use super::{fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![Row::of::<op::DescribeRepositories, _>(describe)]
}

async fn describe(
    ctx: Ctx,
    input: ecr::DescribeRepositoriesRequest,
) -> Result<ecr::DescribeRepositoriesResponse, Fault> {
    if let Some(name) = input.repository_names.iter().flatten().next() {
        return Err(fault::no_repository(&names::id(
            &ctx,
            input.registry_id.clone(),
            Some(name.clone()),
        )));
    }
    Ok(ecr::DescribeRepositoriesResponse {
        repositories: Some(Vec::new()),
        next_token: None,
    })
}
