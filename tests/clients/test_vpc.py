"""The default VPC, as boto3 and the AWS CLI see it, and the interfaces that tasks have in it."""

import pytest
from support.clients import Aws, client, refused
from support.tasks import describe, run, wait

pytestmark = pytest.mark.usefixtures("cleanly")


@pytest.fixture(scope="module")
def ec2(simulated):
    return client(simulated, "ec2")


@pytest.fixture(scope="module")
def aws(simulated):
    return Aws(simulated)


@pytest.fixture
def awsvpc(define):
    def register(**members):
        size = {"cpu": "256", "memory": "512"} if "requiresCompatibilities" in members else {}
        return define({"name": "app", "image": "app", "memory": 64}, networkMode="awsvpc", **size, **members)

    return register


def details(task):
    [attachment] = task["attachments"]
    assert attachment["type"] == "ElasticNetworkInterface"
    return {detail["name"]: detail["value"] for detail in attachment["details"]}


def test_it_is_there_from_the_start(aws):
    [vpc] = aws("ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true")["Vpcs"]
    assert (vpc["CidrBlock"], vpc["State"], len(vpc["VpcId"])) == ("172.31.0.0/16", "available", 21)
    inside = f"Name=vpc-id,Values={vpc['VpcId']}"
    subnets = aws("ec2", "describe-subnets", "--filters", inside, "Name=default-for-az,Values=true")["Subnets"]
    assert {subnet["AvailabilityZone"]: subnet["CidrBlock"] for subnet in subnets} == {
        "us-east-1a": "172.31.0.0/20",
        "us-east-1b": "172.31.16.0/20",
        "us-east-1c": "172.31.32.0/20",
    }
    groups = aws("ec2", "describe-security-groups", "--filters", inside, "Name=group-name,Values=def*")
    [group] = groups["SecurityGroups"]
    assert group["Description"] == "default VPC security group"
    [rule] = group["IpPermissions"]
    assert rule["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": group["OwnerId"]}]
    names = aws("ec2", "describe-security-groups", "--group-names", "default")["SecurityGroups"]
    assert names == [group]


def test_what_is_not_there(ec2, sim, awsvpc):
    told = refused(ec2.describe_subnets, SubnetIds=["subnet-1"])
    assert told == (400, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist")
    assert refused(ec2.describe_vpcs, VpcIds=["vpc-1"])[1] == "InvalidVpcID.NotFound"
    assert refused(ec2.describe_security_groups, GroupIds=["sg-1"])[1] == "InvalidGroup.NotFound"
    told = refused(ec2.describe_network_interfaces, NetworkInterfaceIds=["eni-1"])
    assert told[1] == "InvalidNetworkInterfaceID.NotFound"
    told = refused(ec2.describe_vpcs, Filters=[{"Name": "color", "Values": ["red"]}])
    assert told == (400, "InvalidParameterValue", "The filter 'color' is invalid")
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    told = refused(sim.run_task, taskDefinition=awsvpc(), networkConfiguration=network)
    assert told[:2] == (400, "InvalidParameterException")
    assert "The subnet ID 'subnet-1' does not exist (ErrorCode: InvalidSubnetID.NotFound)" in told[2]


@pytest.mark.parametrize("launch_type", ["EC2", "FARGATE"])
def test_a_task_has_an_interface_as_long_as_it_lives(ec2, sim, network, awsvpc, launch_type):
    [subnet] = ec2.describe_subnets(Filters=[{"Name": "availability-zone", "Values": ["*b"]}])["Subnets"]
    network = {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"]]}}
    family = awsvpc(requiresCompatibilities=[launch_type])
    arns = run(sim, taskDefinition=family, launchType=launch_type, networkConfiguration=network)
    wait(sim, "tasks_running", arns)
    [task] = describe(sim, arns)
    assert task["availabilityZone"] == "us-east-1b"
    told = details(task)
    assert told["subnetId"] == subnet["SubnetId"]
    assert task["attachments"][0]["status"] == "ATTACHED"
    assert task["containers"][0]["networkInterfaces"] == [
        {"attachmentId": task["attachments"][0]["id"], "privateIpv4Address": told["privateIPv4Address"]}
    ]
    by_address = [{"Name": "private-ip-address", "Values": [told["privateIPv4Address"]]}]
    [interface] = ec2.describe_network_interfaces(Filters=by_address)["NetworkInterfaces"]
    assert interface["NetworkInterfaceId"] == told["networkInterfaceId"]
    assert (interface["MacAddress"], interface["PrivateDnsName"]) == (told["macAddress"], told["privateDnsName"])
    assert interface["Description"].endswith(f":attachment/{task['attachments'][0]['id']}")
    assert interface["Status"] == "in-use"
    assert ("InstanceId" in interface["Attachment"]) == (launch_type == "EC2")
    [group] = interface["Groups"]
    assert group["GroupName"] == "default"
    [now] = ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"]
    assert now["AvailableIpAddressCount"] == subnet["AvailableIpAddressCount"] - 1
    sim.stop_task(task=arns[0])
    wait(sim, "tasks_stopped", arns)
    [task] = describe(sim, arns)
    assert (task["attachments"][0]["status"], details(task)) == ("DELETED", told)
    assert ec2.describe_network_interfaces(Filters=by_address)["NetworkInterfaces"] == []
    assert ec2.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"] == [subnet]


def test_interfaces_come_in_pages(ec2, sim, network, awsvpc):
    arns = run(sim, taskDefinition=awsvpc(), networkConfiguration=network, count=8)
    told = {details(task)["networkInterfaceId"] for task in describe(sim, arns)}
    pages = ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5})
    seen = [[interface["NetworkInterfaceId"] for interface in page["NetworkInterfaces"]] for page in pages]
    assert all(len(page) <= 5 for page in seen)
    assert {interface for page in seen for interface in page} == told
    assert sum(map(len, seen)) == len(told) == 8
