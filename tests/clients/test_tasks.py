"""Tasks on simulated nodes, from RunTask to STOPPED."""

import pytest
from botocore.exceptions import ClientError, WaiterError
from support.clients import refused
from support.tasks import APP, describe, run, wait

pytestmark = pytest.mark.usefixtures("cleanly")


def test_a_task_runs_until_it_is_stopped(sim, simulated, define, name):
    tags = [{"key": "team", "value": "web"}]
    answer = sim.run_task(taskDefinition=define(), count=2, startedBy="me", tags=tags, group="batch")
    assert answer["failures"] == []
    assert [task["lastStatus"] for task in answer["tasks"]] == ["PENDING"] * 2
    arns = [task["taskArn"] for task in answer["tasks"]]
    wait(sim, "tasks_running", arns)
    for task in describe(sim, arns, include=["TAGS"]):
        assert task["taskArn"].startswith(simulated.arn("task/default/"))
        assert task["clusterArn"] == simulated.arn("cluster/default")
        assert task["taskDefinitionArn"] == simulated.arn(f"task-definition/{name}:1")
        assert (task["desiredStatus"], task["launchType"], task["connectivity"]) == ("RUNNING", "EC2", "CONNECTED")
        assert (task["startedBy"], task["group"], task["tags"]) == ("me", "batch", tags)
        assert (task["cpu"], task["memory"]) == ("128", "64")
        assert task["createdAt"] <= task["pullStartedAt"] <= task["pullStoppedAt"] <= task["startedAt"]
        [container] = task["containers"]
        assert (container["name"], container["image"], container["lastStatus"]) == ("app", "app", "RUNNING")
        assert container["taskArn"] == task["taskArn"]
    stopped = sim.stop_task(task=arns[0], reason="enough")["task"]
    assert stopped["desiredStatus"] == "STOPPED"
    wait(sim, "tasks_stopped", arns[:1])
    task, other = describe(sim, arns)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["stoppingAt"] <= task["executionStoppedAt"] <= task["stoppedAt"]
    assert task["containers"][0]["exitCode"] == 0
    assert other["lastStatus"] == "RUNNING"


def test_a_waiter_for_running_gives_up_on_a_task_that_stopped(sim, define):
    arns = run(sim, taskDefinition=define(APP | {"image": "simulated/cannot-pull"}))
    with pytest.raises(WaiterError, match="STOPPED"):
        wait(sim, "tasks_running", arns)
    [task] = describe(sim, arns)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "startedAt" not in task


def test_a_task_ends_with_its_essential_container(sim, define):
    side = {"name": "side", "image": "side", "memory": 8, "essential": False}
    arns = run(sim, taskDefinition=define(APP | {"image": "simulated/exits-after-10ms-with-3"}, side))
    wait(sim, "tasks_stopped", arns)
    [task] = describe(sim, arns)
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert {c["name"]: c["exitCode"] for c in task["containers"]} == {"app": 3, "side": 0}


def test_fargate_tasks_need_no_node_of_ones_own(sim, network, define):
    family = define(
        {"name": "app", "image": "app"},
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )
    network = {"awsvpcConfiguration": network["awsvpcConfiguration"] | {"assignPublicIp": "ENABLED"}}
    arns = run(sim, taskDefinition=family, launchType="FARGATE", networkConfiguration=network)
    wait(sim, "tasks_running", arns)
    [task] = describe(sim, arns)
    assert (task["launchType"], task["platformVersion"], task["platformFamily"]) == ("FARGATE", "1.4.0", "Linux")
    assert (task["cpu"], task["memory"], task["ephemeralStorage"]) == ("256", "512", {"sizeInGiB": 20})
    assert "containerInstanceArn" not in task
    told = refused(sim.run_task, taskDefinition=family, launchType="FARGATE")
    assert told[:2] == (400, "InvalidParameterException")
    assert told[2] == "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    told = refused(
        sim.run_task, taskDefinition=family, launchType="FARGATE", networkConfiguration=network, platformVersion="9.9.9"
    )
    assert told[:2] == (400, "PlatformUnknownException")


def test_overrides_are_laid_over_the_definition(sim, define):
    override = {
        "containerOverrides": [
            {
                "name": "app",
                "command": ["other"],
                "environment": [{"name": "A", "value": "1"}],
                "cpu": 256,
                "memory": 512,
            }
        ],
        "taskRoleArn": "arn:aws:iam::000000000000:role/other",
    }
    [task] = describe(sim, run(sim, taskDefinition=define(), overrides=override))
    assert task["overrides"]["containerOverrides"] == override["containerOverrides"]
    assert task["overrides"]["taskRoleArn"] == override["taskRoleArn"]
    assert (task["containers"][0]["cpu"], task["containers"][0]["memory"]) == ("256", "512")
    nobody = {"containerOverrides": [{"name": "nobody"}]}
    told = refused(sim.run_task, taskDefinition=define(), overrides=nobody)
    assert told == (
        400,
        "InvalidParameterException",
        "Override for container named nobody is not a container in the TaskDefinition.",
    )


def test_a_client_token_makes_a_request_happen_once(sim, define):
    request = {"taskDefinition": define(), "count": 2, "clientToken": "only-once", "startedBy": "once"}
    first, again = run(sim, **request), run(sim, **request)
    assert first == again
    assert sorted(sim.list_tasks(startedBy="once")["taskArns"]) == sorted(first)
    with pytest.raises(ClientError) as told:
        sim.run_task(**request | {"count": 1})
    assert told.value.response["Error"]["Code"] == "ConflictException"
    assert told.value.response["resourceIds"] == first


def test_tasks_are_listed_by_what_they_are(sim, define):
    family = define()
    arns = sorted(run(sim, taskDefinition=family, count=5, startedBy="lister"))
    one = run(sim, taskDefinition=family, startedBy="other")

    def listed(**filters):
        pages = sim.get_paginator("list_tasks").paginate(**filters, PaginationConfig={"PageSize": 2})
        return sorted(arn for page in pages for arn in page["taskArns"])

    assert listed(family=family) == sorted(arns + one)
    assert listed(startedBy="lister") == arns
    assert listed(family=family, launchType="FARGATE") == []
    assert listed(family="nobody") == []
    [task] = describe(sim, one)
    assert one[0] in listed(containerInstance=task["containerInstanceArn"], family=family)
    sim.stop_task(task=one[0])
    # What counts is where a task should go, not how far it has come.
    assert listed(family=family, desiredStatus="STOPPED") == one
    assert listed(family=family) == arns
    told = refused(sim.list_tasks, startedBy="lister", family=family)
    assert told[:2] == (400, "InvalidParameterException")
    assert refused(sim.list_tasks, serviceName="web")[:2] == (400, "ServiceNotFoundException")


def test_tasks_that_are_not_there(sim, simulated, define):
    unknown = simulated.arn(f"task/default/{'0' * 32}")
    seen = sim.describe_tasks(tasks=[unknown])
    assert (seen["tasks"], seen["failures"]) == ([], [{"arn": unknown, "reason": "MISSING"}])
    told = refused(sim.stop_task, task=unknown)
    assert told == (400, "InvalidParameterException", "The referenced task was not found.")
    assert refused(sim.describe_tasks, tasks=[])[:2] == (400, "InvalidParameterException")
    assert refused(sim.describe_tasks, tasks=[unknown] * 101)[:2] == (400, "InvalidParameterException")
    assert refused(sim.run_task, taskDefinition="nobody") == (400, "ClientException", "TaskDefinition not found.")
    family = define()
    sim.deregister_task_definition(taskDefinition=f"{family}:1")
    assert refused(sim.run_task, taskDefinition=f"{family}:1") == (400, "ClientException", "TaskDefinition is inactive")
    assert refused(sim.run_task, taskDefinition=family)[1] == "ClientException"


@pytest.mark.parametrize(
    "members",
    [
        {"count": 11},
        {"count": 0},
        {"startedBy": "me and you"},
        {"group": "service:web"},
        {"launchType": "MOON"},
        {"clientToken": "t" * 65},
        {"placementConstraints": [{"type": "memberOf", "expression": "attribute:"}]},
        {"placementStrategy": [{"type": "spread", "field": "rack"}]},
        {"enableExecuteCommand": True},
        {"platformVersion": "1.4.0"},
        {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
        {"overrides": {"containerOverrides": [{"name": "app", "command": ["a" * 9000]}]}},
    ],
    ids=lambda members: next(iter(members)),
)
def test_a_run_that_cannot_be(sim, define, members):
    told = refused(sim.run_task, **({"taskDefinition": define()} | members))
    assert told[:2] == (400, "InvalidParameterException")


def test_stopping_twice_keeps_the_first_reason(sim, define):
    arns = run(sim, taskDefinition=define())
    wait(sim, "tasks_running", arns)
    sim.stop_task(task=arns[0], reason="first")
    sim.stop_task(task=arns[0], reason="second")
    wait(sim, "tasks_stopped", arns)
    sim.stop_task(task=arns[0], reason="third")
    [task] = describe(sim, arns)
    assert (task["lastStatus"], task["stoppedReason"]) == ("STOPPED", "first")


def test_a_cluster_with_tasks_is_not_deleted(sim, define):
    arns = run(sim, taskDefinition=define())
    told = refused(sim.delete_cluster, cluster="default")
    assert told[:2] == (400, "ClusterContainsContainerInstancesException")
    [cluster] = sim.describe_clusters(include=["STATISTICS"])["clusters"]
    assert cluster["registeredContainerInstancesCount"] >= 3
    wait(sim, "tasks_running", arns)
    [cluster] = sim.describe_clusters()["clusters"]
    assert cluster["runningTasksCount"] == 1


def test_only_tasks_of_services_are_protected(sim, define):
    arns = run(sim, taskDefinition=define())
    answer = sim.update_task_protection(cluster="default", tasks=arns, protectionEnabled=True)
    assert answer["protectedTasks"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID"]
    answer = sim.get_task_protection(cluster="default", tasks=arns)
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID"]


def test_a_cluster_without_nodes_has_fargate_tasks_all_the_same(sim, simulated, network, define, name):
    sim.create_cluster(clusterName=name)
    family = define(
        {"name": "app", "image": "app"},
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )
    request = {"cluster": name, "taskDefinition": family, "launchType": "FARGATE", "networkConfiguration": network}
    arns = run(sim, **request)
    assert arns[0].startswith(simulated.arn(f"task/{name}/"))
    wait(sim, "tasks_running", arns, cluster=name)
    assert refused(sim.delete_cluster, cluster=name)[:2] == (400, "ClusterContainsTasksException")
    sim.stop_task(cluster=name, task=arns[0])
    wait(sim, "tasks_stopped", arns, cluster=name)
    assert sim.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
    # Its tasks can still be looked at, and nothing runs in it any more.
    assert [task["taskArn"] for task in sim.describe_tasks(cluster=name, tasks=arns)["tasks"]] == arns
    assert refused(sim.run_task, **request)[1] == "ClusterNotFoundException"
