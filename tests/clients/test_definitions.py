"""Task definitions: what was given comes back, revisions count up, and a definition that can't be is refused."""

import copy

import pytest
from support.clients import refused
from support.definitions import FARGATE, MINIMAL, SAMPLES
from test_conformance import model


def assert_within(given, seen, at=""):
    """Everything that was given is there; more may have been filled in."""
    if isinstance(given, dict):
        for key, value in given.items():
            assert key in seen, f"{at}.{key} is gone"
            assert_within(value, seen[key], f"{at}.{key}")
    elif isinstance(given, list):
        assert len(given) == len(seen), at
        for i, (one, other) in enumerate(zip(given, seen, strict=True)):
            assert_within(one, other, f"{at}[{i}]")
    else:
        assert given == seen, at


def members_of(shape, value=None):
    """`Shape.member` of everything that the value has; without a value, of everything that the shape may have."""
    found = set()
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value is None or name in value:
                found |= {f"{shape.name}.{name}"} | members_of(member, value and value[name])
    elif shape.type_name == "list":
        for one in [None] if value is None else value:
            found |= members_of(shape.member, one)
    return found


def test_the_samples_have_every_field_that_there_is():
    shape = model("ecs").operation_model("RegisterTaskDefinition").input_shape
    given = set().union(*(members_of(shape, sample) for sample in SAMPLES.values()))
    own = {"RegisterTaskDefinitionRequest.family", "RegisterTaskDefinitionRequest.tags", "Tag.key", "Tag.value"}
    # Gone from AWS, and refused here.
    refused_here = {
        "RegisterTaskDefinitionRequest.inferenceAccelerators",
        "InferenceAccelerator.deviceName",
        "InferenceAccelerator.deviceType",
    }
    assert members_of(shape) - given == own | refused_here


@pytest.mark.parametrize("given", SAMPLES.values(), ids=SAMPLES)
def test_all_fields_come_back(ecs, server, name, given):
    tags = [{"key": "team", "value": "web"}]
    made = ecs.register_task_definition(family=name, tags=tags, **given)
    assert made["tags"] == tags
    assert_within(given, made["taskDefinition"])
    seen = ecs.describe_task_definition(taskDefinition=name, include=["TAGS"])
    assert seen["tags"] == tags
    assert seen["taskDefinition"] == made["taskDefinition"]
    definition = seen["taskDefinition"]
    assert definition["taskDefinitionArn"] == server.arn(f"task-definition/{name}:1")
    assert (definition["family"], definition["revision"], definition["status"]) == (name, 1, "ACTIVE")
    assert definition["registeredBy"].endswith(":root")
    assert set(given["requiresCompatibilities"]) <= set(definition["compatibilities"])
    assert all(set(attribute) == {"name"} for attribute in definition["requiresAttributes"])


def test_what_was_left_out_is_filled_in(ecs, name):
    definition = ecs.register_task_definition(family=name, containerDefinitions=[MINIMAL])["taskDefinition"]
    assert definition["volumes"] == definition["placementConstraints"] == []
    assert {"EC2", "EXTERNAL"} <= set(definition["compatibilities"])
    [container] = definition["containerDefinitions"]
    assert container == MINIMAL | {
        "cpu": 0,
        "essential": True,
        "portMappings": [],
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }


def test_revisions_count_up_and_never_come_again(ecs, server, name):
    register = lambda: ecs.register_task_definition(family=name, containerDefinitions=[MINIMAL])["taskDefinition"]
    assert [register()["revision"] for _ in range(3)] == [1, 2, 3]
    assert ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["revision"] == 3
    gone = ecs.deregister_task_definition(taskDefinition=f"{name}:3")["taskDefinition"]
    assert gone["status"] == "INACTIVE"
    assert gone["deregisteredAt"] >= gone["registeredAt"]
    # The newest ACTIVE one is meant by the family's name; an INACTIVE one is found by its revision.
    assert ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]["revision"] == 2
    assert ecs.describe_task_definition(taskDefinition=f"{name}:3")["taskDefinition"]["status"] == "INACTIVE"
    assert register()["revision"] == 4
    assert definitions(ecs, familyPrefix=name) == [server.arn(f"task-definition/{name}:{n}") for n in (1, 2, 4)]
    assert definitions(ecs, familyPrefix=name, sort="DESC") == definitions(ecs, familyPrefix=name)[::-1]
    assert definitions(ecs, familyPrefix=name, status="INACTIVE") == [server.arn(f"task-definition/{name}:3")]


def definitions(ecs, size=2, **filters):
    pages = ecs.get_paginator("list_task_definitions").paginate(**filters, PaginationConfig={"PageSize": size})
    return [arn for page in pages for arn in page["taskDefinitionArns"]]


def test_deleting_takes_inactive_ones_only(ecs, server, name):
    for _ in range(2):
        ecs.register_task_definition(family=name, containerDefinitions=[MINIMAL])
    ecs.deregister_task_definition(taskDefinition=f"{name}:1")
    answer = ecs.delete_task_definitions(taskDefinitions=[f"{name}:1", f"{name}:2", f"{name}:9", name])
    [deleted] = answer["taskDefinitions"]
    assert (deleted["revision"], deleted["status"]) == (1, "DELETE_IN_PROGRESS")
    assert [failure["arn"] for failure in answer["failures"]] == [f"{name}:2", f"{name}:9", name]
    assert "still in ACTIVE status" in answer["failures"][0]["reason"]
    assert "does not exist" in answer["failures"][1]["reason"]


def test_families_are_listed_by_what_they_have(ecs, name):
    for family in (f"{name}-a", f"{name}-b"):
        ecs.register_task_definition(family=family, containerDefinitions=[MINIMAL])
    ecs.deregister_task_definition(taskDefinition=f"{name}-b:1")

    def families(**filters):
        pages = ecs.get_paginator("list_task_definition_families").paginate(familyPrefix=name, **filters)
        return [family for page in pages for family in page["families"]]

    assert families() == [f"{name}-a", f"{name}-b"]
    assert families(status="ACTIVE") == [f"{name}-a"]
    assert families(status="INACTIVE") == [f"{name}-b"]


def test_a_definition_that_is_not_there(ecs):
    missing = (400, "ClientException", "Unable to describe task definition.")
    assert refused(ecs.describe_task_definition, taskDefinition="nobody") == missing
    assert refused(ecs.describe_task_definition, taskDefinition="nobody:7") == missing
    assert refused(ecs.deregister_task_definition, taskDefinition="nobody:7")[:2] == (400, "ClientException")
    assert refused(ecs.deregister_task_definition, taskDefinition="nobody")[:2] == (400, "ClientException")


def container(**members):
    return {"containerDefinitions": [MINIMAL | members]}


def fargate(**members):
    return copy.deepcopy(FARGATE) | members


@pytest.mark.parametrize(
    "members, says",
    [
        ({"containerDefinitions": []}, "Container list cannot be empty"),
        ({"containerDefinitions": [MINIMAL, MINIMAL]}, "must be unique"),
        ({"containerDefinitions": [{"name": "app", "image": "busybox"}]}, "memory"),
        ({"containerDefinitions": [MINIMAL | {"essential": False}]}, "essential"),
        ({"family": "not a family", **container()}, "amily"),
        (container(memory=3), "memory"),
        (container(memoryReservation=128), "emory"),
        (container(image=""), "mage"),
        (container(name="not a name"), "name"),
        (container(portMappings=[{"containerPort": 70000}]), "ort"),
        (container(portMappings=[{"containerPort": 80, "hostPort": 80}, {"containerPort": 81, "hostPort": 80}]), "ort"),
        (container(links=["app"]), "link"),
        (container(dependsOn=[{"containerName": "app", "condition": "START"}]), "app"),
        (container(dependsOn=[{"containerName": "nobody", "condition": "START"}]), "nobody"),
        (container(mountPoints=[{"sourceVolume": "nobody", "containerPath": "/a"}]), "nobody"),
        (container(healthCheck={"command": []}), "ealth"),
        (container(healthCheck={"command": ["CMD", "a"], "interval": 1}), "nterval"),
        (container(ulimits=[{"name": "nofile", "softLimit": 2, "hardLimit": 1}]), "imit"),
        (container(stopTimeout=-1), "imeout"),
        ({"networkMode": "host", **container(portMappings=[{"containerPort": 80, "hostPort": 81}])}, "ort"),
        ({"placementConstraints": [{"type": "memberOf", "expression": "attribute:a ="}], **container()}, "xpression"),
        (fargate(cpu="300"), "No Fargate configuration exists for given values"),
        (fargate(cpu="256", memory="8192"), "emory"),
        (fargate(networkMode="bridge"), "awsvpc"),
        (fargate(ephemeralStorage={"sizeInGiB": 20}), "torage"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_definition_cannot_be(ecs, members, says):
    status, code, message = refused(ecs.register_task_definition, **({"family": "refused"} | members))
    assert (status, code) == (400, "ClientException"), message
    assert says in message


def test_a_definition_has_a_greatest_size(ecs, name):
    environment = [{"name": f"N{i}", "value": "v" * 1000} for i in range(70)]
    status, code, message = refused(ecs.register_task_definition, family=name, **container(environment=environment))
    assert (status, code) == (400, "ClientException")
    assert message.endswith("Max allowed length is '65536' bytes.")


def test_a_value_that_the_model_does_not_know(ecs, name):
    told = refused(ecs.register_task_definition, family=name, networkMode="wire", containerDefinitions=[MINIMAL])
    assert told[0] == 400
    assert "networkMode" in told[2]
    assert "[bridge, host, awsvpc, none]" in told[2]
