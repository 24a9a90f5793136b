"""Tasks on simulated nodes, from RunTask to STOPPED."""

import pytest
from botocore.exceptions import ClientError, WaiterError
from support.clients import refused
from support.wait import until

APP = {"name": "app", "image": "app", "cpu": 128, "memory": 64}
WAIT = {"Delay": 0.1, "MaxAttempts": 300}


@pytest.fixture
def define(sim, name):
    """Registers a definition of the given containers and gives its family."""

    def register(*containers, **members):
        sim.register_task_definition(family=name, containerDefinitions=list(containers) or [APP], **members)
        return name

    return register


@pytest.fixture
def cleanly(sim):
    """Stops what a test leaves running: the nodes are shared by the file."""
    yield
    pages = sim.get_paginator("list_tasks").paginate()
    left = [arn for page in pages for arn in page["taskArns"]]
    for arn in left:
        sim.stop_task(task=arn)
    if left:
        until(lambda: all(task["lastStatus"] == "STOPPED" for task in describe(sim, left)), "all tasks stopped")


pytestmark = pytest.mark.usefixtures("cleanly")


def describe(sim, arns, **more):
    chunks = [arns[i:i + 100] for i in range(0, len(arns), 100)]
    return [task for chunk in chunks for task in sim.describe_tasks(tasks=chunk, **more)["tasks"]]


def run(sim, **members):
    answer = sim.run_task(**members)
    assert answer["failures"] == []
    return [task["taskArn"] for task in answer["tasks"]]


def wait(sim, waiter, arns):
    sim.get_waiter(waiter).wait(tasks=arns, WaiterConfig=WAIT)


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
    assert (task["stopCode"], task["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    assert {c["name"]: c["exitCode"] for c in task["containers"]} == {"app": 3, "side": 0}


def test_published_ports_differ_on_a_node(sim, define):
    ports = [{"containerPort": 80}, {"containerPort": 53, "protocol": "udp"}]
    arns = run(sim, taskDefinition=define(APP | {"portMappings": ports}), count=8)
    wait(sim, "tasks_running", arns)
    seen = set()
    for task in describe(sim, arns):
        [container] = task["containers"]
        bindings = container["networkBindings"]
        assert [(b["containerPort"], b["protocol"]) for b in bindings] == [(80, "tcp"), (53, "udp")]
        for binding in bindings:
            seen.add((task["containerInstanceArn"], binding["protocol"], binding["hostPort"]))
    assert len(seen) == 16


def test_a_fixed_port_is_taken_once_on_each_node(sim, define):
    family = define(APP | {"portMappings": [{"containerPort": 80, "hostPort": 8080}]})
    answer = sim.run_task(taskDefinition=family, count=4)
    assert len({task["containerInstanceArn"] for task in answer["tasks"]}) == 3
    assert {failure["reason"] for failure in answer["failures"]} == {"RESOURCE:PORTS"}


def test_what_does_not_fit_is_told_node_by_node(sim, simulated, define):
    answer = sim.run_task(taskDefinition=define(APP | {"memory": 100_000}))
    assert answer["tasks"] == []
    assert {failure["reason"] for failure in answer["failures"]} == {"RESOURCE:MEMORY"}
    nodes = sim.list_container_instances()["containerInstanceArns"]
    assert {failure["arn"] for failure in answer["failures"]} == set(nodes)
    assert all("MiB" in failure["detail"] for failure in answer["failures"])


def test_tasks_spread_and_constraints_hold(sim, define):
    family = define()
    spread = [{"type": "spread", "field": "attribute:ecs.availability-zone"}]
    zones = [task["availabilityZone"] for task in describe(sim, run(sim, taskDefinition=family, count=3, placementStrategy=spread))]
    assert sorted(zones) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    one_zone = [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1b"}]
    arns = run(sim, taskDefinition=family, count=2, placementConstraints=one_zone)
    assert {task["availabilityZone"] for task in describe(sim, arns)} == {"us-east-1b"}
    distinct = sim.run_task(taskDefinition=family, count=4, group="alone", placementConstraints=[{"type": "distinctInstance"}])
    assert len({task["containerInstanceArn"] for task in distinct["tasks"]}) == len(distinct["tasks"]) == 3
    packed = run(sim, taskDefinition=family, count=3, placementStrategy=[{"type": "binpack", "field": "memory"}])
    assert len({task["containerInstanceArn"] for task in describe(sim, packed)}) == 1


def test_start_task_goes_where_it_is_told(sim, simulated, define):
    node = sim.list_container_instances()["containerInstanceArns"][0]
    nobody = simulated.arn(f"container-instance/default/{'0' * 32}")
    answer = sim.start_task(taskDefinition=define(), containerInstances=[node, nobody])
    assert answer["failures"] == [{"arn": nobody, "reason": "MISSING"}]
    [task] = answer["tasks"]
    assert task["containerInstanceArn"] == node
    wait(sim, "tasks_running", [task["taskArn"]])


def test_what_a_task_takes_is_given_back(sim, define):
    node = sim.list_container_instances()["containerInstanceArns"][0]

    def free():
        [seen] = sim.describe_container_instances(containerInstances=[node])["containerInstances"]
        amounts = {resource["name"]: resource["integerValue"] for resource in seen["remainingResources"]}
        return amounts["CPU"], amounts["MEMORY"], seen["runningTasksCount"]

    cpu, memory, running = free()
    [task] = sim.start_task(taskDefinition=define(), containerInstances=[node])["tasks"]
    wait(sim, "tasks_running", [task["taskArn"]])
    assert free() == (cpu - 128, memory - 64, running + 1)
    sim.stop_task(task=task["taskArn"])
    wait(sim, "tasks_stopped", [task["taskArn"]])
    assert free() == (cpu, memory, running)


def test_fargate_tasks_need_no_node_of_ones_own(sim, define):
    family = define(
        {"name": "app", "image": "app"}, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512"
    )
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}}
    arns = run(sim, taskDefinition=family, launchType="FARGATE", networkConfiguration=network)
    wait(sim, "tasks_running", arns)
    [task] = describe(sim, arns)
    assert (task["launchType"], task["platformVersion"], task["platformFamily"]) == ("FARGATE", "1.4.0", "Linux")
    assert (task["cpu"], task["memory"], task["ephemeralStorage"]) == ("256", "512", {"sizeInGiB": 20})
    assert "containerInstanceArn" not in task
    told = refused(sim.run_task, taskDefinition=family, launchType="FARGATE")
    assert told[:2] == (400, "InvalidParameterException")
    assert told[2] == "Network Configuration must be provided when networkMode 'awsvpc' is specified."
    told = refused(sim.run_task, taskDefinition=family, launchType="FARGATE", networkConfiguration=network, platformVersion="9.9.9")
    assert told[:2] == (400, "PlatformUnknownException")


def test_a_capacity_provider_strategy_divides_tasks(sim, define, name):
    family = define(
        {"name": "app", "image": "app"}, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512"
    )
    sim.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    strategy = [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}]
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
    arns = run(sim, taskDefinition=family, count=5, capacityProviderStrategy=strategy, networkConfiguration=network)
    providers = [task["capacityProviderName"] for task in describe(sim, arns)]
    assert sorted(providers) == ["FARGATE"] * 2 + ["FARGATE_SPOT"] * 3
    told = refused(sim.run_task, taskDefinition=family, capacityProviderStrategy=strategy, launchType="FARGATE")
    assert told[:2] == (400, "InvalidParameterException")


def test_overrides_are_laid_over_the_definition(sim, define):
    override = {
        "containerOverrides": [{
            "name": "app", "command": ["other"], "environment": [{"name": "A", "value": "1"}], "cpu": 256, "memory": 512,
        }],
        "taskRoleArn": "arn:aws:iam::000000000000:role/other",
    }
    [task] = describe(sim, run(sim, taskDefinition=define(), overrides=override))
    assert task["overrides"]["containerOverrides"] == override["containerOverrides"]
    assert task["overrides"]["taskRoleArn"] == override["taskRoleArn"]
    assert (task["containers"][0]["cpu"], task["containers"][0]["memory"]) == ("256", "512")
    nobody = {"containerOverrides": [{"name": "nobody"}]}
    told = refused(sim.run_task, taskDefinition=define(), overrides=nobody)
    assert told == (400, "InvalidParameterException", "Override for container named nobody is not a container in the TaskDefinition.")


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


@pytest.mark.parametrize("members", [
    {"count": 11}, {"count": 0}, {"startedBy": "me and you"}, {"group": "service:web"}, {"launchType": "MOON"},
    {"clientToken": "t" * 65}, {"placementConstraints": [{"type": "memberOf", "expression": "attribute:"}]},
    {"placementStrategy": [{"type": "spread", "field": "rack"}]}, {"enableExecuteCommand": True},
    {"platformVersion": "1.4.0"}, {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}},
    {"overrides": {"containerOverrides": [{"name": "app", "command": ["a" * 9000]}]}},
], ids=lambda members: next(iter(members)))
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


def test_a_draining_node_gets_no_tasks(sim, define):
    nodes = sim.list_container_instances()["containerInstanceArns"]
    sim.update_container_instances_state(containerInstances=nodes[:1], status="DRAINING")
    try:
        arns = run(sim, taskDefinition=define(), count=6)
        assert nodes[0] not in {task["containerInstanceArn"] for task in describe(sim, arns)}
    finally:
        sim.update_container_instances_state(containerInstances=nodes[:1], status="ACTIVE")


def test_only_tasks_of_services_are_protected(sim, define):
    arns = run(sim, taskDefinition=define())
    answer = sim.update_task_protection(cluster="default", tasks=arns, protectionEnabled=True)
    assert answer["protectedTasks"] == []
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID"]
    answer = sim.get_task_protection(cluster="default", tasks=arns)
    assert [failure["reason"] for failure in answer["failures"]] == ["TASK_NOT_VALID"]


def test_a_node_registered_by_hand_is_taken_up(sim, simulated, define, name):
    """Somebody should run its tasks; without simulated nodes nobody would."""
    sim.create_cluster(clusterName=name)
    resources = [
        {"name": "CPU", "type": "INTEGER", "integerValue": 256}, {"name": "MEMORY", "type": "INTEGER", "integerValue": 128},
    ]
    node = sim.register_container_instance(cluster=name, totalResources=resources)["containerInstance"]["containerInstanceArn"]

    def connected():
        [seen] = sim.describe_container_instances(cluster=name, containerInstances=[node])["containerInstances"]
        return seen["agentConnected"]

    until(connected, "the node is taken up")
    answer = sim.run_task(cluster=name, taskDefinition=define(), count=3)
    assert [task["containerInstanceArn"] for task in answer["tasks"]] == [node, node]
    assert [failure["arn"] for failure in answer["failures"]] == [node]
    arns = [task["taskArn"] for task in answer["tasks"]]
    sim.get_waiter("tasks_running").wait(cluster=name, tasks=arns, WaiterConfig=WAIT)
    assert refused(sim.delete_cluster, cluster=name)[1] == "ClusterContainsContainerInstancesException"
    told = refused(sim.deregister_container_instance, cluster=name, containerInstance=node)
    assert told == (400, "InvalidParameterException", "Found running tasks on the instance.")
    sim.deregister_container_instance(cluster=name, containerInstance=node, force=True)
    tasks = sim.describe_tasks(cluster=name, tasks=arns)["tasks"]
    assert {(task["lastStatus"], task["stoppedReason"]) for task in tasks} == {
        ("STOPPED", "Container instance deregistration forced by user")
    }
    assert sim.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
