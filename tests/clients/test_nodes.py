"""Container instances that are registered by hand, as an agent does it; nobody runs their tasks here."""

import json

import pytest
from support.clients import refused

IDENTITY = {
    "instanceId": "i-0123456789abcdef0",
    "region": "us-east-1",
    "availabilityZone": "us-east-1c",
    "instanceType": "c5.large",
    "imageId": "ami-1",
}
RESOURCES = [
    {"name": "CPU", "type": "INTEGER", "integerValue": 2048},
    {"name": "MEMORY", "type": "INTEGER", "integerValue": 4096},
    {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22", "2375"]},
    {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []},
]


@pytest.fixture
def cluster(ecs, name):
    return ecs.create_cluster(clusterName=name)["cluster"]["clusterName"]


@pytest.fixture
def instance(ecs, cluster):
    return register(ecs, cluster)


def register(ecs, cluster, **more):
    return ecs.register_container_instance(
        cluster=cluster,
        instanceIdentityDocument=json.dumps(IDENTITY),
        instanceIdentityDocumentSignature="unchecked",
        totalResources=RESOURCES,
        versionInfo={"agentVersion": "1.90.0", "agentHash": "abc", "dockerVersion": "DockerVersion: 25"},
        attributes=[{"name": "ecs.os-type", "value": "linux"}, {"name": "rack", "value": "7"}],
        platformDevices=[{"id": "gpu-0", "type": "GPU"}],
        tags=[{"key": "team", "value": "web"}],
        **more,
    )["containerInstance"]


def test_a_node_says_what_it_is(ecs, server, cluster, instance):
    assert instance["containerInstanceArn"].startswith(server.arn(f"container-instance/{cluster}/"))
    seen = ecs.describe_container_instances(
        cluster=cluster,
        containerInstances=[instance["containerInstanceArn"]],
        include=["TAGS", "CONTAINER_INSTANCE_HEALTH"],
    )
    assert seen["failures"] == []
    [node] = seen["containerInstances"]
    assert (node["status"], node["agentConnected"], node["ec2InstanceId"]) == ("ACTIVE", False, IDENTITY["instanceId"])
    assert node["versionInfo"]["agentVersion"] == "1.90.0"
    assert node["tags"] == [{"key": "team", "value": "web"}]
    attributes = {attribute["name"]: attribute.get("value") for attribute in node["attributes"]}
    assert attributes["rack"] == "7"
    assert attributes["ecs.availability-zone"] == IDENTITY["availabilityZone"]
    assert attributes["ecs.instance-type"] == IDENTITY["instanceType"]
    amounts = {resource["name"]: resource for resource in node["registeredResources"]}
    assert amounts["CPU"]["integerValue"] == 2048
    assert amounts["PORTS"]["stringSetValue"] == ["22", "2375"]
    assert amounts["GPU"]["stringSetValue"] == ["gpu-0"]
    assert node["remainingResources"] == node["registeredResources"]
    assert node["healthStatus"]["overallStatus"] == "IMPAIRED"  # nobody is connected


def test_a_node_that_comes_again_is_the_same(ecs, cluster, instance):
    again = register(ecs, cluster, containerInstanceArn=instance["containerInstanceArn"])
    assert again["containerInstanceArn"] == instance["containerInstanceArn"]
    assert again["registeredAt"] == instance["registeredAt"]
    assert again["version"] > instance["version"]
    pages = ecs.get_paginator("list_container_instances").paginate(cluster=cluster)
    assert [arn for page in pages for arn in page["containerInstanceArns"]] == [instance["containerInstanceArn"]]


def test_nodes_are_listed_by_status_and_query(ecs, cluster):
    arns = [register(ecs, cluster)["containerInstanceArn"] for _ in range(3)]
    arns.sort()
    ecs.put_attributes(
        cluster=cluster,
        attributes=[
            {"name": "stack", "value": "blue", "targetId": arns[0]},
            {"name": "stack", "value": "green", "targetId": arns[1]},
        ],
    )

    def listed(**filters):
        pages = ecs.get_paginator("list_container_instances").paginate(
            cluster=cluster, PaginationConfig={"PageSize": 2}, **filters
        )
        return sorted(arn for page in pages for arn in page["containerInstanceArns"])

    assert listed() == arns
    assert listed(filter="attribute:stack == blue") == arns[:1]
    assert listed(filter="attribute:stack in [blue, green] and attribute:rack == 7") == arns[:2]
    assert listed(filter="attribute:stack !exists") == arns[2:]
    changed = ecs.update_container_instances_state(cluster=cluster, containerInstances=arns[:1], status="DRAINING")
    assert changed["containerInstances"][0]["status"] == "DRAINING"
    assert listed(status="DRAINING") == arns[:1]
    assert listed(status="ACTIVE") == arns[1:]
    assert refused(ecs.list_container_instances, cluster=cluster, filter="attribute:")[1] == "InvalidParameterException"


def test_attributes_are_put_listed_and_deleted(ecs, cluster, instance):
    arn = instance["containerInstanceArn"]
    short = arn.rsplit("/", 1)[1]
    ecs.put_attributes(cluster=cluster, attributes=[{"name": "stack", "value": "blue", "targetId": arn}])
    ecs.put_attributes(
        cluster=cluster,
        attributes=[{"name": "stack", "value": "green", "targetType": "container-instance", "targetId": short}],
    )

    def listed(**filters):
        pages = ecs.get_paginator("list_attributes").paginate(
            cluster=cluster, targetType="container-instance", **filters
        )
        return [attribute for page in pages for attribute in page["attributes"]]

    put = {"name": "stack", "value": "green", "targetId": arn}
    seen = listed(attributeName="stack")
    assert [{key: attribute[key] for key in put} for attribute in seen] == [put]
    assert listed(attributeName="stack", attributeValue="blue") == []
    assert {"ecs.availability-zone", "rack", "stack"} <= {attribute["name"] for attribute in listed()}
    ecs.delete_attributes(cluster=cluster, attributes=[{"name": "stack", "targetId": arn}])
    assert listed(attributeName="stack") == []


def test_attributes_have_rules(ecs, server, cluster, instance):
    put = lambda **attribute: refused(ecs.put_attributes, cluster=cluster, attributes=[attribute])
    arn = instance["containerInstanceArn"]
    assert put(name="ecs.mine", targetId=arn)[:2] == (400, "InvalidParameterException")
    assert put(name="not a name", targetId=arn)[:2] == (400, "InvalidParameterException")
    missing = server.arn(f"container-instance/{cluster}/{'0' * 32}")
    assert put(name="stack", targetId=missing)[:2] == (400, "TargetNotFoundException")
    delete = refused(ecs.delete_attributes, cluster=cluster, attributes=[{"name": "a", "targetId": missing}])
    assert delete[1] == "TargetNotFoundException"
    for i in range(8):
        ecs.put_attributes(cluster=cluster, attributes=[{"name": f"a{i}", "value": "1", "targetId": arn}])
    more = [{"name": f"b{i}", "targetId": arn} for i in range(3)]
    assert refused(ecs.put_attributes, cluster=cluster, attributes=more)[1] == "AttributeLimitExceededException"


def test_a_deregistered_node_stays_inactive(ecs, cluster, instance):
    arn = instance["containerInstanceArn"]
    told = refused(ecs.delete_cluster, cluster=cluster)
    assert told[1] == "ClusterContainsContainerInstancesException"
    gone = ecs.deregister_container_instance(cluster=cluster, containerInstance=arn)["containerInstance"]
    assert gone["status"] == "INACTIVE"
    [node] = ecs.describe_container_instances(cluster=cluster, containerInstances=[arn])["containerInstances"]
    assert node["status"] == "INACTIVE"
    assert ecs.list_container_instances(cluster=cluster)["containerInstanceArns"] == []
    assert ecs.delete_cluster(cluster=cluster)["cluster"]["status"] == "INACTIVE"


def test_nodes_that_are_not_there(ecs, server, cluster, instance):
    unknown = server.arn(f"container-instance/{cluster}/{'0' * 32}")
    known = instance["containerInstanceArn"]
    missing = [{"arn": unknown, "reason": "MISSING"}]
    seen = ecs.describe_container_instances(cluster=cluster, containerInstances=[known, unknown])
    assert (len(seen["containerInstances"]), seen["failures"]) == (1, missing)
    changed = ecs.update_container_instances_state(
        cluster=cluster, containerInstances=[known, unknown], status="ACTIVE"
    )
    assert (len(changed["containerInstances"]), changed["failures"]) == (1, missing)
    told = refused(ecs.deregister_container_instance, cluster=cluster, containerInstance=unknown)
    assert told[:2] == (400, "InvalidParameterException")
    assert "not found" in told[2]
    elsewhere = known.replace(f"/{cluster}/", "/other/")
    told = refused(ecs.describe_container_instances, cluster=cluster, containerInstances=[elsewhere])
    assert told[:2] == (400, "InvalidParameterException")
    assert "Identifier is for cluster other" in told[2]


def test_a_task_finds_no_node_that_is_connected(ecs, cluster, instance, name):
    ecs.register_task_definition(family=name, containerDefinitions=[{"name": "app", "image": "a", "memory": 8}])
    answer = ecs.run_task(cluster=cluster, taskDefinition=name)
    assert answer["tasks"] == []
    [failure] = answer["failures"]
    assert failure["arn"] == instance["containerInstanceArn"]
    assert failure["reason"] == "AGENT"


def test_agents_are_not_updated_from_here(ecs, cluster, instance):
    told = refused(ecs.update_container_agent, cluster=cluster, containerInstance=instance["containerInstanceArn"])
    assert told[:2] == (400, "NoUpdateAvailableException")
    silent = ecs.register_container_instance(cluster=cluster)["containerInstance"]["containerInstanceArn"]
    told = refused(ecs.update_container_agent, cluster=cluster, containerInstance=silent)
    assert told[:2] == (400, "MissingVersionException")


@pytest.mark.parametrize(
    "members, says",
    [
        ({"totalResources": [{"name": "CPU", "type": "INTEGER", "integerValue": -1}]}, "CPU"),
        ({"totalResources": RESOURCES + RESOURCES[:1]}, "more than once"),
        ({"totalResources": [{"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["http"]}]}, "http"),
        ({"instanceIdentityDocument": "{"}, "JSON"),
        ({"instanceIdentityDocument": json.dumps(IDENTITY | {"region": "eu-west-1"})}, "eu-west-1"),
        ({"attributes": [{"name": "a b"}]}, "a b"),
    ],
)
def test_a_node_that_cannot_be(ecs, cluster, members, says):
    status, code, message = refused(ecs.register_container_instance, cluster=cluster, **members)
    assert (status, code) == (400, "InvalidParameterException")
    assert says in message
