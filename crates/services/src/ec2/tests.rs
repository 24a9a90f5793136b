//! The VPC as EC2's operations show it, against a store in memory.

use crate::common::Ctx;
use crate::common::testing::{START, a_task, block_on, world};
use crate::ec2;
use api::ec2::{self as shapes, op};
use model::vpc::{self, NewInterface};
use model::{LaunchType, Subnet, Task, TaskStatus, ledger};
use wire::{Call, Fault};

fn call<C: Call>(ctx: &Ctx, input: C::Input) -> Result<C::Output, Fault> {
    let mut table = ec2::table();
    table.rows.sort_by_key(|row| row.operation.name);
    let output: Box<dyn std::any::Any> = block_on(table.call(C::FACTS, ctx.clone(), Box::new(input)))?.output;
    Ok(*output.downcast().expect("an operation answers with its own output"))
}

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn filter(name: &str, values: &[&str]) -> shapes::Filter {
    shapes::Filter {
        name: text(name),
        values: Some(values.iter().map(|v| v.to_string()).collect()),
    }
}

fn subnets(ctx: &Ctx, filters: Vec<shapes::Filter>) -> Vec<shapes::Subnet> {
    let input = shapes::DescribeSubnetsRequest {
        filters: Some(filters),
        ..Default::default()
    };
    call::<op::DescribeSubnets>(ctx, input)
        .expect("good filters")
        .subnets
        .expect("always there")
}

fn interfaces(ctx: &Ctx, filters: Vec<shapes::Filter>) -> Vec<shapes::NetworkInterface> {
    let input = shapes::DescribeNetworkInterfacesRequest {
        filters: Some(filters),
        ..Default::default()
    };
    let output = call::<op::DescribeNetworkInterfaces>(ctx, input).expect("good filters");
    output.network_interfaces.expect("always there")
}

/// Tasks on an EC2 node, each with an interface in the first subnet.
fn attached(ctx: &Ctx, tasks: &[&str]) {
    let subnet = ec2::default_subnets(ctx.scope())[0].clone();
    let node = model::Node {
        instance_id: text("i-1"),
        ..crate::common::testing::a_node("default", "n1")
    };
    ctx.put(node.clone());
    for id in tasks {
        let (id, node, subnet) = (id.to_string(), node.clone(), subnet.clone());
        let made = ctx.write(move |tx| {
            let mut task = a_task("default", &id, TaskStatus::Provisioning);
            let subnet = tx
                .get::<Subnet>(&Subnet::key_of(&subnet))
                .expect("it is there from the start");
            let new = NewInterface {
                id: format!("eni-{id}"),
                attachment: format!("uuid-{id}"),
            };
            assert!(vpc::attach(tx, &mut task, &subnet, &["sg-1".to_string()], &new));
            ledger::assign(tx, task, &node, None).expect("a new task may be placed");
            Ok(())
        });
        block_on(made).expect("a store in memory takes it");
    }
}

#[test]
fn the_default_vpc_is_there_from_the_start() {
    let ctx = world();
    let vpcs = call::<op::DescribeVpcs>(&ctx, Default::default())
        .expect("a good request")
        .vpcs;
    let vpcs = vpcs.expect("always there");
    assert_eq!(
        (vpcs.len(), vpcs[0].is_default, vpcs[0].cidr_block.as_deref()),
        (1, Some(true), Some("172.31.0.0/16"))
    );
    let id = vpcs[0].vpc_id.clone().expect("always there");
    let all = subnets(
        &ctx,
        vec![filter("vpc-id", &[&id]), filter("default-for-az", &["true"])],
    );
    let mut zones: Vec<_> = all.iter().filter_map(|s| s.availability_zone_id.as_deref()).collect();
    zones.sort_unstable();
    assert_eq!(zones, ["use1-az1", "use1-az2", "use1-az3"]);
    assert!(all.iter().all(|s| s.available_ip_address_count == Some(4091)));
    let input = shapes::DescribeSecurityGroupsRequest {
        group_names: Some(vec!["default".to_string()]),
        filters: Some(vec![filter("egress.ip-permission.cidr", &["0.0.0.0/0"])]),
        ..Default::default()
    };
    let groups = call::<op::DescribeSecurityGroups>(&ctx, input)
        .expect("a good request")
        .security_groups;
    let groups = groups.expect("always there");
    assert_eq!((groups.len(), groups[0].vpc_id.as_deref()), (1, Some(id.as_str())));
    let rules = groups[0].ip_permissions.as_ref().expect("always there");
    let from = &rules[0].user_id_group_pairs.as_ref().expect("always there")[0];
    assert_eq!(from.group_id, groups[0].group_id, "it lets itself in");
}

#[test]
fn what_is_not_there_has_its_fault() {
    let ctx = world();
    let code = |fault: Fault| fault.code.into_owned();
    let vpcs = shapes::DescribeVpcsRequest {
        vpc_ids: Some(vec!["vpc-1".to_string()]),
        ..Default::default()
    };
    assert_eq!(
        call::<op::DescribeVpcs>(&ctx, vpcs).map_err(code),
        Err("InvalidVpcID.NotFound".to_string())
    );
    let subnets = shapes::DescribeSubnetsRequest {
        subnet_ids: Some(vec!["subnet-1".to_string()]),
        ..Default::default()
    };
    assert_eq!(
        call::<op::DescribeSubnets>(&ctx, subnets).map_err(code),
        Err("InvalidSubnetID.NotFound".to_string())
    );
    for named in [true, false] {
        let groups = shapes::DescribeSecurityGroupsRequest {
            group_names: named.then(|| vec!["other".to_string()]),
            group_ids: (!named).then(|| vec!["sg-1".to_string()]),
            ..Default::default()
        };
        let told = call::<op::DescribeSecurityGroups>(&ctx, groups).map_err(code);
        assert_eq!(told, Err("InvalidGroup.NotFound".to_string()));
    }
    let interfaces = |ids: &[&str], most, token| shapes::DescribeNetworkInterfacesRequest {
        network_interface_ids: Some(ids.iter().map(|id| id.to_string()).collect()),
        max_results: most,
        next_token: token,
        ..Default::default()
    };
    let told = |input| call::<op::DescribeNetworkInterfaces>(&ctx, input).map_err(code);
    assert_eq!(
        told(interfaces(&["eni-1"], None, None)),
        Err("InvalidNetworkInterfaceID.NotFound".to_string())
    );
    assert_eq!(
        told(interfaces(&["eni-1"], Some(5), None)),
        Err("InvalidParameterCombination".to_string())
    );
    assert_eq!(
        told(interfaces(&[], None, text("nonsense"))),
        Err("InvalidNextToken".to_string())
    );
    let bad = shapes::DescribeNetworkInterfacesRequest {
        filters: Some(vec![filter("colour", &["red"])]),
        ..Default::default()
    };
    assert_eq!(
        told(bad),
        Err("InvalidParameterValue".to_string()),
        "also when there is nothing to filter"
    );
}

#[test]
fn an_interface_is_told_of_with_its_task() {
    let ctx = world();
    attached(&ctx, &["t1"]);
    let [eni] = &interfaces(&ctx, vec![filter("private-ip-address", &["172.31.0.4"])])[..] else {
        panic!("one interface has that address");
    };
    assert_eq!(eni.network_interface_id.as_deref(), Some("eni-t1"));
    assert_eq!(
        eni.description.as_deref(),
        Some("arn:aws:ecs:us-east-1:000000000000:attachment/uuid-t1")
    );
    assert_eq!(
        (eni.status.as_deref(), eni.mac_address.as_deref()),
        (Some("attaching"), Some("02:67:ac:1f:00:04"))
    );
    let attachment = eni.attachment.as_ref().expect("it has a task");
    assert_eq!(
        (attachment.instance_id.as_deref(), attachment.attach_time),
        (Some("i-1"), Some(START))
    );
    assert_eq!(
        subnets(&ctx, vec![filter("available-ip-address-count", &["4090"])]).len(),
        1
    );
    let task = ctx
        .snapshot()
        .get::<Task>(&Task::key_of("default", "t1"))
        .expect("it was made");
    ctx.put(Task {
        launch_type: Some(LaunchType::Fargate),
        status: TaskStatus::Running,
        ..(*task).clone()
    });
    assert_eq!(interfaces(&ctx, vec![filter("attachment.instance-id", &["*"])]), []);
    let description = "arn:aws:ecs:*:attachment/uuid-t?";
    let found = interfaces(
        &ctx,
        vec![filter("description", &[description]), filter("status", &["in-use"])],
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn pages_join_to_the_whole() {
    let ctx = world();
    let ids: Vec<String> = (0..12).map(|i| format!("{i:02}")).collect();
    attached(&ctx, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let input = shapes::DescribeNetworkInterfacesRequest {
            max_results: Some(5),
            next_token: token,
            ..Default::default()
        };
        let page = call::<op::DescribeNetworkInterfaces>(&ctx, input).expect("a good request");
        let found = page.network_interfaces.expect("always there");
        assert!(found.len() <= 5);
        seen.extend(found.into_iter().filter_map(|eni| eni.network_interface_id));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids.iter().map(|id| format!("eni-{id}")).collect::<Vec<_>>());
}
