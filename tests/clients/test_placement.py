"""Where tasks go: ports, room, strategies, constraints, capacity providers, and nodes that come and drain."""

import pytest
from support.clients import refused
from support.tasks import APP, describe, run, wait
from support.wait import until

pytestmark = pytest.mark.usefixtures("cleanly")


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
    zones = [
        task["availabilityZone"]
        for task in describe(sim, run(sim, taskDefinition=family, count=3, placementStrategy=spread))
    ]
    assert sorted(zones) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    one_zone = [{"type": "memberOf", "expression": "attribute:ecs.availability-zone == us-east-1b"}]
    arns = run(sim, taskDefinition=family, count=2, placementConstraints=one_zone)
    assert {task["availabilityZone"] for task in describe(sim, arns)} == {"us-east-1b"}
    distinct = sim.run_task(
        taskDefinition=family, count=4, group="alone", placementConstraints=[{"type": "distinctInstance"}]
    )
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


def test_a_capacity_provider_strategy_divides_tasks(sim, network, define, name):
    family = define(
        {"name": "app", "image": "app"},
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
    )
    sim.put_cluster_capacity_providers(
        cluster="default", capacityProviders=["FARGATE", "FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )
    strategy = [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
    ]
    arns = run(sim, taskDefinition=family, count=5, capacityProviderStrategy=strategy, networkConfiguration=network)
    providers = [task["capacityProviderName"] for task in describe(sim, arns)]
    assert sorted(providers) == ["FARGATE"] * 2 + ["FARGATE_SPOT"] * 3
    told = refused(sim.run_task, taskDefinition=family, capacityProviderStrategy=strategy, launchType="FARGATE")
    assert told[:2] == (400, "InvalidParameterException")


def test_a_draining_node_gets_no_tasks(sim, define):
    nodes = sim.list_container_instances()["containerInstanceArns"]
    sim.update_container_instances_state(containerInstances=nodes[:1], status="DRAINING")
    try:
        arns = run(sim, taskDefinition=define(), count=6)
        assert nodes[0] not in {task["containerInstanceArn"] for task in describe(sim, arns)}
    finally:
        sim.update_container_instances_state(containerInstances=nodes[:1], status="ACTIVE")


def test_a_node_registered_by_hand_is_taken_up(sim, simulated, define, name):
    """Somebody should run its tasks; without simulated nodes nobody would."""
    sim.create_cluster(clusterName=name)
    resources = [
        {"name": "CPU", "type": "INTEGER", "integerValue": 256},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": 128},
    ]
    node = sim.register_container_instance(cluster=name, totalResources=resources)["containerInstance"][
        "containerInstanceArn"
    ]

    def connected():
        [seen] = sim.describe_container_instances(cluster=name, containerInstances=[node])["containerInstances"]
        return seen["agentConnected"]

    until(connected, "the node is taken up")
    answer = sim.run_task(cluster=name, taskDefinition=define(), count=3)
    assert [task["containerInstanceArn"] for task in answer["tasks"]] == [node, node]
    assert [failure["arn"] for failure in answer["failures"]] == [node]
    arns = [task["taskArn"] for task in answer["tasks"]]
    wait(sim, "tasks_running", arns, cluster=name)
    assert refused(sim.delete_cluster, cluster=name)[1] == "ClusterContainsContainerInstancesException"
    told = refused(sim.deregister_container_instance, cluster=name, containerInstance=node)
    assert told == (400, "InvalidParameterException", "Found running tasks on the instance.")
    sim.deregister_container_instance(cluster=name, containerInstance=node, force=True)
    tasks = sim.describe_tasks(cluster=name, tasks=arns)["tasks"]
    assert {(task["lastStatus"], task["stoppedReason"]) for task in tasks} == {
        ("STOPPED", "Container instance deregistration forced by user")
    }
    assert sim.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
