//! The registry itself.

use super::names;
use crate::common::Ctx;
use crate::common::table::Row;
use api::ecr::{self, op};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![Row::of::<op::DescribeRegistry, _>(describe)]
}

async fn describe(ctx: Ctx, _: ecr::DescribeRegistryRequest) -> Result<ecr::DescribeRegistryResponse, Fault> {
    Ok(ecr::DescribeRegistryResponse {
        registry_id: Some(names::registry(&ctx, None)),
        replication_configuration: Some(ecr::ReplicationConfiguration {
            rules: Some(Vec::new()),
        }),
    })
}
