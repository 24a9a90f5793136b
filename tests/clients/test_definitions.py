"""Task definitions: what was given comes back, revisions count up, and a definition that can't be is refused."""

import copy

import pytest
from support.clients import refused

MINIMAL = {"name": "app", "image": "busybox", "memory": 64}

# Every field that a definition for EC2 on Linux can have.
EC2 = {
    "taskRoleArn": "arn:aws:iam::000000000000:role/task",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "networkMode": "bridge",
    "pidMode": "task",
    "ipcMode": "task",
    "cpu": "512",
    "memory": "1024",
    "requiresCompatibilities": ["EC2"],
    "placementConstraints": [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}],
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "enableFaultInjection": False,
    "volumes": [
        {"name": "host", "host": {"sourcePath": "/srv"}},
        {"name": "docker", "dockerVolumeConfiguration": {
            "scope": "shared", "autoprovision": True, "driver": "local", "driverOpts": {"type": "tmpfs"}, "labels": {"a": "b"},
        }},
        {"name": "efs", "efsVolumeConfiguration": {
            "fileSystemId": "fs-1", "rootDirectory": "/", "transitEncryption": "ENABLED", "transitEncryptionPort": 2049,
            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
        }},
    ],
    "containerDefinitions": [
        {
            "name": "app",
            "image": "registry.example.com/app:1",
            "repositoryCredentials": {"credentialsParameter": "arn:aws:secretsmanager:us-east-1:000000000000:secret:r"},
            "cpu": 128,
            "memory": 256,
            "memoryReservation": 128,
            "links": ["side:side"],
            "portMappings": [
                {"containerPort": 80, "hostPort": 8080, "protocol": "tcp", "name": "http", "appProtocol": "http"},
                {"containerPort": 53, "hostPort": 0, "protocol": "udp"},
            ],
            "essential": True,
            "entryPoint": ["sh", "-c"],
            "command": ["exec app", "--größe=1"],
            "environment": [{"name": "B", "value": "2"}, {"name": "A", "value": ""}],
            "environmentFiles": [{"value": "arn:aws:s3:::bucket/app.env", "type": "s3"}],
            "mountPoints": [{"sourceVolume": "host", "containerPath": "/srv", "readOnly": True}],
            "volumesFrom": [{"sourceContainer": "side", "readOnly": False}],
            "linuxParameters": {
                "capabilities": {"add": ["SYS_PTRACE"], "drop": ["MKNOD"]},
                "devices": [{"hostPath": "/dev/fuse", "containerPath": "/dev/fuse", "permissions": ["read", "write"]}],
                "initProcessEnabled": True,
                "sharedMemorySize": 64,
                "tmpfs": [{"containerPath": "/run", "size": 16, "mountOptions": ["noexec"]}],
                "maxSwap": 128,
                "swappiness": 60,
            },
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:us-east-1:000000000000:parameter/key"}],
            "dependsOn": [{"containerName": "side", "condition": "HEALTHY"}],
            "startTimeout": 30,
            "stopTimeout": 60,
            "hostname": "app",
            "user": "1000:1000",
            "workingDirectory": "/srv",
            "privileged": False,
            "readonlyRootFilesystem": True,
            "dnsServers": ["10.0.0.2"],
            "dnsSearchDomains": ["internal"],
            "extraHosts": [{"hostname": "db", "ipAddress": "10.0.0.3"}],
            "dockerSecurityOptions": ["no-new-privileges"],
            "interactive": True,
            "pseudoTerminal": True,
            "dockerLabels": {"com.example.team": "web"},
            "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
                "secretOptions": [],
            },
            "systemControls": [{"namespace": "net.core.somaxconn", "value": "1024"}],
            "restartPolicy": {"enabled": True, "ignoredExitCodes": [0, 2], "restartAttemptPeriod": 120},
            "versionConsistency": "enabled",
        },
        {
            "name": "side",
            "image": "side",
            "cpu": 0,
            "memory": 128,
            "essential": False,
            "portMappings": [],
            "environment": [],
            "mountPoints": [],
            "volumesFrom": [],
            "systemControls": [],
            "healthCheck": {
                "command": ["CMD-SHELL", "true"], "interval": 10, "timeout": 5, "retries": 2, "startPeriod": 30,
            },
        },
    ],
}

FARGATE = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
    "ephemeralStorage": {"sizeInGiB": 50},
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "proxyConfiguration": {
        "type": "APPMESH", "containerName": "envoy",
        "properties": [{"name": "ProxyIngressPort", "value": "15000"}, {"name": "AppPorts", "value": "80"},
                       {"name": "EgressIgnoredIPs", "value": "169.254.170.2"}, {"name": "IgnoredUID", "value": "1337"},
                       {"name": "ProxyEgressPort", "value": "15001"}],
    },
    "containerDefinitions": [
        MINIMAL | {"logConfiguration": {"logDriver": "awsfirelens", "options": {"Name": "stdout"}}},
        {"name": "envoy", "image": "envoy", "essential": True, "user": "1337"},
        {"name": "logs", "image": "fluent-bit", "essential": True,
         "firelensConfiguration": {"type": "fluentbit", "options": {"enable-ecs-log-metadata": "true"}}},
    ],
}


def assert_within(given, seen, at=""):
    """Everything that was given is there; more may have been filled in."""
    if isinstance(given, dict):
        for key, value in given.items():
            assert key in seen, f"{at}.{key} is gone"
            assert_within(value, seen[key], f"{at}.{key}")
    elif isinstance(given, list):
        assert len(given) == len(seen), at
        for i, (one, other) in enumerate(zip(given, seen)):
            assert_within(one, other, f"{at}[{i}]")
    else:
        assert given == seen, at


@pytest.mark.parametrize("given", [EC2, FARGATE], ids=["ec2", "fargate"])
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
        "cpu": 0, "essential": True, "portMappings": [], "environment": [], "mountPoints": [], "volumesFrom": [],
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


@pytest.mark.parametrize("members, says", [
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
], ids=lambda value: value if isinstance(value, str) else "")
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
