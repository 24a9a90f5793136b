//! Elastic Load Balancing. No load balancer can be made yet, so there are none to describe.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::elbv2::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &elbv2::ELBV2,
        invalid,
        ledger: &[include_str!("../ledger/elbv2.txt")],
        rows: vec![Row::of::<op::DescribeLoadBalancers, _>(describe_load_balancers)],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::common("ValidationError", 400, coral_message(violations))
}

async fn describe_load_balancers(
    _: Ctx,
    input: elbv2::DescribeLoadBalancersInput,
) -> Result<elbv2::DescribeLoadBalancersOutput, Fault> {
    let (arns, names) = (
        input.load_balancer_arns.unwrap_or_default(),
        input.names.unwrap_or_default(),
    );
    if !arns.is_empty() && !names.is_empty() {
        let message = "Load balancer names and load balancer ARNs cannot be specified at the same time";
        return Err(Fault::common("ValidationError", 400, message));
    }
    let named: Vec<String> = arns.into_iter().chain(names).collect();
    if !named.is_empty() {
        let message = format!("Load balancers '[{}]' not found", named.join(", "));
        return Err(Fault::new(&elbv2::fault::LoadBalancerNotFoundException, message));
    }
    Ok(elbv2::DescribeLoadBalancersOutput {
        load_balancers: Some(Vec::new()),
        next_marker: None,
    })
}
