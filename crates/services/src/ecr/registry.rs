//! The registry itself.

use super::{names, replication};
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![Row::of::<op::DescribeRegistry, _>(describe)]
}

async fn describe(ctx: Ctx, _: ecr::DescribeRegistryRequest) -> Result<ecr::DescribeRegistryResponse, Fault> {
    let registry = names::registry(&ctx, None);
    Ok(ecr::DescribeRegistryResponse {
        replication_configuration: Some(replication::shown(&ctx.snapshot(), &registry, &ctx.scope().region)),
        registry_id: Some(registry),
    })
}
