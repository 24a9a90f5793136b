//! DescribeRegions: the one region that this Gantry is.

use super::filter::{Filters, one};
use crate::common::Ctx;
use api::ec2;
use wire::Fault;

const ALWAYS_IN: &str = "opt-in-not-required";

pub async fn run(ctx: Ctx, input: ec2::DescribeRegionsRequest) -> Result<ec2::DescribeRegionsResult, Fault> {
    super::dry_run(input.dry_run)?;
    let region = ctx.scope().region.to_string();
    for asked in input.region_names.iter().flatten() {
        if *asked != region {
            let message = format!("Invalid region names: [{asked}]");
            return Err(Fault::common("InvalidParameterValue", 400, message));
        }
    }
    let endpoint = format!("ec2.{region}.amazonaws.com");
    let filters = Filters::read(input.filters.as_deref(), &["region-name", "endpoint", "opt-in-status"])?;
    let passes = filters.pass(|name| match name {
        "region-name" => one(&region),
        "endpoint" => one(&endpoint),
        _ => one(ALWAYS_IN),
    });
    let one = ec2::Region {
        opt_in_status: Some(ALWAYS_IN.to_string()),
        region_name: Some(region.clone()),
        endpoint: Some(endpoint.clone()),
        ..Default::default()
    };
    Ok(ec2::DescribeRegionsResult {
        regions: Some(if passes { vec![one] } else { Vec::new() }),
    })
}
