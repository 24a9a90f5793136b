"""Every protocol, each proven by a client that speaks it: answers and faults."""

import contextlib
import datetime

import pytest
from support.clients import client, refused


def test_the_caller_is_the_root_user(server):
    sts = client(server, "sts")  # awsQuery
    identity = sts.get_caller_identity()
    assert identity["Account"] == server.said["account"]
    assert identity["Arn"] == f"arn:aws:iam::{server.said['account']}:root"
    assert identity["ResponseMetadata"]["RequestId"]


def test_the_region_has_zones(server):
    ec2 = client(server, "ec2")  # ec2Query
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == [server.said["region"] + letter for letter in "abc"]
    assert [zone["ZoneId"] for zone in zones] == ["use1-az1", "use1-az2", "use1-az3"]
    filtered = ec2.describe_availability_zones(Filters=[{"Name": "zone-name", "Values": ["*a", "*c"]}])[
        "AvailabilityZones"
    ]
    assert [zone["ZoneName"][-1] for zone in filtered] == ["a", "c"]
    told = refused(ec2.describe_availability_zones, ZoneNames=["us-east-1x"])
    assert told == (400, "InvalidParameterValue", "Invalid availability zone: [us-east-1x]")


def test_there_is_one_region(server):
    ec2 = client(server, "ec2")
    [region] = ec2.describe_regions()["Regions"]
    assert region["RegionName"] == server.said["region"]
    assert refused(ec2.describe_regions, DryRun=True)[:2] == (412, "DryRunOperation")
    assert refused(ec2.describe_instances)[:2] == (400, "InvalidAction")


def test_load_balancers(server):
    elbv2 = client(server, "elbv2")  # awsQuery
    assert elbv2.describe_load_balancers()["LoadBalancers"] == []
    told = refused(elbv2.describe_load_balancers, Names=["web"])
    assert told == (400, "LoadBalancerNotFound", "Load balancers '[web]' not found")


def test_the_registry(server):
    ecr = client(server, "ecr")  # awsJson1.1
    assert ecr.describe_registry()["registryId"] == server.said["account"]
    told = refused(ecr.describe_repositories, repositoryNames=["web"])
    assert told[:2] == (400, "RepositoryNotFoundException")


def test_users(server):
    iam = client(server, "iam")  # awsQuery, and signed for us-east-1 wherever one is
    user = iam.get_user()["User"]
    assert user["Arn"].endswith(":root")
    assert isinstance(user["CreateDate"], datetime.datetime)
    told = refused(iam.get_user, UserName="anna")
    assert told == (404, "NoSuchEntity", "The user with name anna cannot be found.")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_log_groups(server):
    logs = client(server, "logs")  # awsJson1.1
    for i in range(3):
        logs.create_log_group(logGroupName=f"/ecs/web-{i}", tags={"team": "web"})
    told = refused(logs.create_log_group, logGroupName="/ecs/web-0")
    assert told == (400, "ResourceAlreadyExistsException", "The specified log group already exists")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/ecs/", PaginationConfig={"PageSize": 2}
    )
    assert [group["logGroupName"] for page in pages for group in page["logGroups"]] == [
        f"/ecs/web-{i}" for i in range(3)
    ]
    logs.delete_log_group(logGroupName="/ecs/web-1")
    told = refused(logs.delete_log_group, logGroupName="/ecs/web-1")
    assert told == (400, "ResourceNotFoundException", "The specified log group does not exist.")


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_cloudwatch_in_its_three_protocols(server, protocol):
    cloudwatch = client(server, "cloudwatch", protocol)
    assert cloudwatch.meta.service_model.resolved_protocol == protocol
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    dimensions = [{"Name": "ClusterName", "Value": "web"}]
    assert cloudwatch.list_metrics(Namespace="AWS/ECS", Dimensions=dimensions)["Metrics"] == []
    # Clients of every protocol match the codes that the query protocol had.
    status, code, message = refused(cloudwatch.describe_alarms, NextToken="x")
    assert (status, code) == (400, "InvalidNextToken")
    assert message == "The next token is not valid."
    told = refused(cloudwatch.describe_alarms, MaxRecords=101)
    assert told[:2] == (400, "InvalidParameterValue")
    unknown = {
        "smithy-rpc-v2-cbor": (404, "UnknownOperationException"),
        "json": (400, "UnknownOperationException"),
        "query": (400, "InvalidAction"),
    }
    assert refused(cloudwatch.list_dashboards)[:2] == unknown[protocol]


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json"])
def test_service_discovery_in_its_two_protocols(server, protocol):
    discovery = client(server, "servicediscovery", protocol)
    assert discovery.meta.service_model.resolved_protocol == protocol
    assert discovery.list_namespaces()["Namespaces"] == []
    told = refused(discovery.list_namespaces, NextToken="x")
    assert told == (400, "InvalidInput", "The next token is not valid.")


def test_schedules(server):
    scheduler = client(server, "scheduler")  # restJson1
    group = scheduler.get_schedule_group(Name="default")
    assert group["Arn"] == server.arn("schedule-group/default", "scheduler")
    assert isinstance(group["CreationDate"], datetime.datetime)
    [listed] = scheduler.list_schedule_groups(NamePrefix="def", MaxResults=10)["ScheduleGroups"]
    assert listed["Name"] == "default"
    assert scheduler.list_schedule_groups(NamePrefix="x")["ScheduleGroups"] == []
    assert scheduler.list_schedules(GroupName="default")["Schedules"] == []
    told = refused(scheduler.get_schedule_group, Name="a.b-c_d")
    assert told == (404, "ResourceNotFoundException", "Schedule group a.b-c_d does not exist.")


@pytest.mark.parametrize(
    "service, operation, members, status, code",
    [
        ("logs", "describe_metric_filters", {}, 400, "UnknownOperationException"),
        ("sts", "get_session_token", {}, 400, "InvalidAction"),
        ("iam", "list_users", {}, 400, "InvalidAction"),
        ("elbv2", "describe_target_groups", {}, 400, "InvalidAction"),
        (
            "scheduler",
            "list_tags_for_resource",
            {"ResourceArn": "arn:aws:scheduler:us-east-1:000000000000:schedule-group/a"},
            404,
            "UnknownOperationException",
        ),
    ],
)
def test_an_operation_that_is_not_there_is_unknown(server, service, operation, members, status, code):
    assert refused(getattr(client(server, service), operation), **members)[:2] == (status, code)


@pytest.mark.parametrize(
    "operation, members",
    [
        ("execute_command", {"command": "sh", "interactive": True, "task": "0" * 32}),
        ("describe_express_gateway_service", {"serviceArn": "arn:aws:ecs:us-east-1:000000000000:service/default/web"}),
    ],
)
def test_ecs_says_what_it_has_not_yet(ecs, operation, members):
    status, code, message = refused(getattr(ecs, operation), **members)
    assert (status, code) == (400, "UnsupportedFeatureException")
    name = "".join(word.capitalize() for word in operation.split("_"))
    assert message == f"{name} is not there yet; `gantry admin fidelity` lists what is."


def test_every_operation_of_ecs_is_known(server):
    """Without its required members each says what is missing, or works; none is unknown, or fails on our side."""
    ecs = client(server, "ecs", parameter_validation=False)
    answers = []
    ecs.meta.events.register("after-call", lambda http_response, parsed, **_: answers.append((http_response, parsed)))
    for operation in ecs.meta.service_model.operation_names:
        with contextlib.suppress(ecs.exceptions.ClientError):
            ecs._make_api_call(operation, {})
        http, parsed = answers.pop()
        assert http.status_code in (200, 400), operation
        assert parsed.get("Error", {}).get("Code") != "UnknownOperationException", operation
