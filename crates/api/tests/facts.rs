//! Spot checks of what the generator wrote, fact by fact, against what AWS documents.

use wire::schema::{Kind, Member, Place, Structure, Type};
use wire::{Call, Protocol, Shape};

fn member(structure: &'static Structure, name: &str) -> &'static Member {
    let index = structure.position(name, 0);
    &structure.members[index.unwrap_or_else(|| panic!("{} has no member {name}", structure.name))]
}

fn input(service: &wire::Service, operation: &str) -> &'static Structure {
    (service.operation(operation).expect(operation).input)().schema()
}

fn of(ty: &'static Type) -> &'static Structure {
    ty.structure
        .or(ty.of.and_then(|of| of.structure))
        .expect("a structure or a list of them")
}

#[test]
fn every_operation_is_found_by_its_name() {
    assert_eq!(api::ecs::ECS.operations.len(), 88);
    for service in api::SERVICES {
        for operation in service.operations {
            let found = service.operation(operation.name).expect(operation.name);
            assert!(std::ptr::eq(found, *operation), "{} {}", service.id, operation.name);
        }
    }
}

#[test]
fn services_are_known_as_clients_know_them() {
    let facts = |id: &str| {
        let service = api::SERVICES.iter().find(|service| service.id == id).expect(id);
        (service.signing, service.endpoint, service.target, service.protocols)
    };
    assert_eq!(
        facts("ecs"),
        (
            "ecs",
            "ecs",
            "AmazonEC2ContainerServiceV20141113",
            &[Protocol::Json11][..]
        )
    );
    assert_eq!(
        facts("ecr"),
        (
            "ecr",
            "api.ecr",
            "AmazonEC2ContainerRegistry_V20150921",
            &[Protocol::Json11][..]
        )
    );
    assert_eq!(
        facts("elbv2"),
        (
            "elasticloadbalancing",
            "elasticloadbalancing",
            "",
            &[Protocol::Query][..]
        )
    );
    assert_eq!(
        facts("cloudwatch"),
        (
            "monitoring",
            "monitoring",
            "GraniteServiceVersion20100801",
            &[Protocol::RpcV2Cbor, Protocol::Json10, Protocol::Query][..]
        )
    );
    assert_eq!(facts("ec2").3, &[Protocol::Ec2Query]);
    assert_eq!(facts("scheduler").3, &[Protocol::RestJson]);
    assert_eq!(api::ec2::EC2.namespace, "http://ec2.amazonaws.com/doc/2016-11-15");
    let compatible = api::SERVICES.iter().filter(|service| service.query_compatible);
    assert_eq!(compatible.map(|service| service.id).collect::<Vec<_>>(), ["cloudwatch"]);
}

#[test]
fn a_request_carries_names_types_bounds_and_marks() {
    let run = input(&api::ecs::ECS, "RunTask");
    assert!(member(run, "taskDefinition").required);
    assert!(!member(run, "cluster").required);
    assert!(member(run, "clientToken").idempotency_token);
    assert_eq!(member(run, "count").ty.kind, Kind::Int);
    assert_eq!(
        member(run, "launchType").ty.one_of,
        ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]
    );

    let key = member(of(member(run, "tags").ty), "key").ty;
    assert_eq!((key.min, key.max), (Some(1.0), Some(128.0)));
    assert_eq!(key.pattern, Some(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"));
}

#[test]
fn a_field_is_named_as_rust_names_it() {
    let instance = api::ecs::ContainerInstance {
        ec2_instance_id: Some("i-1".to_string()),
        ..Default::default()
    };
    assert_eq!(instance.schema().members[1].name, "ec2InstanceId");
    let attribute = api::ecs::KeyValuePair::default();
    assert_eq!(attribute.name, None);
    let limit = api::ecs::PlacementConstraint {
        r#type: Some("memberOf".to_string()),
        ..Default::default()
    };
    assert_eq!(limit.schema().members[0].name, "type");
}

#[test]
fn unions_secrets_and_documents_are_marked() {
    assert!(api::ecs::ServiceConnectContainerConfiguration::default().schema().union);
    assert!(!api::ecs::Cluster::default().schema().union);
    assert!(api::ecs::facts::SensitiveString.sensitive);
    assert!(api::ecs::facts::EnvironmentVariables.sensitive);
    assert!(api::ecs::facts::RepositoryCredentials.sensitive);
    assert_eq!(api::ecs::facts::HookDetails.kind, Kind::Document);
}

#[test]
fn rest_members_know_their_place() {
    let list = input(&api::scheduler::SCHEDULER, "ListSchedules");
    assert_eq!(member(list, "GroupName").place, Place::Query("ScheduleGroup"));
    let get = api::scheduler::op::GetScheduleGroup::FACTS;
    assert_eq!(
        (get.method, get.path, get.status),
        ("GET", "/schedule-groups/{Name}", 200)
    );
    assert_eq!(
        member(input(&api::scheduler::SCHEDULER, "GetScheduleGroup"), "Name").place,
        Place::Uri("Name")
    );
}

#[test]
fn query_answers_know_their_elements() {
    assert_eq!(
        api::sts::op::GetCallerIdentity::FACTS.wrapper,
        Some("GetCallerIdentityResult")
    );
    let zones = (api::ec2::op::DescribeAvailabilityZones::FACTS.output)().schema();
    let zones = member(zones, "AvailabilityZones");
    assert_eq!(zones.location_name, Some("availabilityZoneInfo"));
    assert_eq!(zones.ty.element_name, Some("item"));
    assert_eq!(
        member(input(&api::ec2::EC2, "DescribeRegions"), "RegionNames").location_name,
        Some("RegionName")
    );
}

#[test]
fn faults_carry_the_code_and_status_of_their_protocol() {
    let fault = |service: &wire::Service, name: &str| service.fault(name).map(|fault| (fault.code, fault.status));
    assert_eq!(
        fault(&api::ecs::ECS, "ClusterNotFoundException"),
        Some(("ClusterNotFoundException", 400))
    );
    assert_eq!(fault(&api::ecs::ECS, "ServerException"), Some(("ServerException", 500)));
    assert_eq!(
        fault(&api::elbv2::ELBV2, "LoadBalancerNotFoundException"),
        Some(("LoadBalancerNotFound", 400))
    );
    assert_eq!(
        fault(&api::iam::IAM, "NoSuchEntityException"),
        Some(("NoSuchEntity", 404))
    );
    assert_eq!(
        fault(&api::scheduler::SCHEDULER, "ThrottlingException"),
        Some(("ThrottlingException", 429))
    );
    let stop = api::ecs::op::StopTask::FACTS;
    assert!(
        stop.faults
            .iter()
            .any(|fault| fault.name == "InvalidParameterException")
    );
}
