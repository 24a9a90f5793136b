"""Managed daemons on simulated nodes and on this machine, and tasks that wait for capacity."""

import pytest
from support.clients import client, connected, refused
from support.node import LOGS, STAY
from support.wait import until

AGENT = {"name": "agent", "image": "agent", "cpu": 64, "memory": 32}


@pytest.fixture
def town(fresh):
    """Four simulated nodes of their own."""
    server = fresh("--simulated-nodes", "4", "--settle-ms", "100")
    server.start()
    yield connected(client(server, "ecs"))
    server.stop()


def define(ecs, family="agent", **container):
    answer = ecs.register_daemon_task_definition(family=family, containerDefinitions=[AGENT | container])
    return answer["daemonTaskDefinitionArn"]


def create(ecs, name, definition, providers=("EC2",), **more):
    return ecs.create_daemon(
        daemonName=name, daemonTaskDefinitionArn=definition, capacityProviderArns=list(providers), **more
    )


def ends(ecs, deployment, status):
    def look():
        [seen] = ecs.describe_daemon_deployments(daemonDeploymentArns=[deployment])["daemonDeployments"]
        assert seen["status"] in (status, "PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS"), seen
        return seen["status"] == status and seen

    return until(look, f"{deployment} is {status}")


def live(ecs, daemon):
    arns = ecs.list_tasks(daemonName=daemon)["taskArns"]
    seen = ecs.describe_tasks(tasks=arns)["tasks"] if arns else []
    return [task for task in seen if task["lastStatus"] != "STOPPED"]


def nodes(ecs):
    return sorted(ecs.list_container_instances()["containerInstanceArns"])


def test_one_task_is_on_every_node(town):
    made = create(town, "watch", define(town))
    ends(town, made["deploymentArn"], "SUCCESSFUL")
    tasks = live(town, "watch")
    assert sorted(task["containerInstanceArn"] for task in tasks) == nodes(town)
    assert {(task["group"], task["lastStatus"]) for task in tasks} == {("daemon:watch", "RUNNING")}
    assert {task["taskDefinitionArn"].rsplit("/")[-2:][0].rsplit(":")[-1] for task in tasks} == {
        "daemon-task-definition"
    }
    [current] = town.describe_daemon(daemonArn=made["daemonArn"])["daemon"]["currentRevisions"]
    assert (current["totalRunningCount"], current["totalWithoutDaemonCount"]) == (4, 0)

    told = town.update_task_protection(cluster="default", tasks=[tasks[0]["taskArn"]], protectionEnabled=True)
    assert [failure["reason"] for failure in told["failures"]] == ["TASK_NOT_VALID"], "it is no service's"

    gone = tasks[0]
    town.stop_task(task=gone["taskArn"])

    def is_back():
        there = {task["containerInstanceArn"]: task for task in live(town, "watch")}
        task = there.get(gone["containerInstanceArn"])
        return task and task["taskArn"] != gone["taskArn"] and task["lastStatus"] == "RUNNING"

    until(is_back, "another task is in its place")

    made = town.delete_daemon(daemonArn=made["daemonArn"])
    assert made["status"] == "DELETE_IN_PROGRESS"
    ends(town, made["deploymentArn"], "SUCCESSFUL")
    assert live(town, "watch") == []
    assert refused(town.describe_daemon, daemonArn=made["daemonArn"])[1] == "DaemonNotFoundException"


def test_an_update_replaces_and_a_bad_one_is_taken_back(town):
    made = create(town, "watch", define(town))
    ends(town, made["deploymentArn"], "SUCCESSFUL")
    words = {"daemonArn": made["daemonArn"], "capacityProviderArns": ["EC2"]}
    good = define(town, image="agent:2")
    updated = town.update_daemon(daemonTaskDefinitionArn=good, **words)
    ends(town, updated["deploymentArn"], "SUCCESSFUL")
    tasks = live(town, "watch")
    assert (len(tasks), {task["taskDefinitionArn"] for task in tasks}) == (4, {good})

    bad = define(town, image="simulated/cannot-pull")
    updated = town.update_daemon(daemonTaskDefinitionArn=bad, **words)
    seen = ends(town, updated["deploymentArn"], "ROLLBACK_SUCCESSFUL")
    assert seen["circuitBreaker"] == {"failureCount": 3, "status": "TRIGGERED", "threshold": 3}
    assert seen["rollback"]["rollbackCapacityProviders"][0].endswith("capacity-provider/EC2")
    tasks = live(town, "watch")
    assert (len(tasks), {task["taskDefinitionArn"] for task in tasks}) == (4, {good})
    listed = town.list_daemon_deployments(daemonArn=made["daemonArn"])["daemonDeployments"]
    assert [one["status"] for one in listed] == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL"]


def provider(ecs, name):
    group = {"autoScalingGroupArn": name, "managedScaling": {"status": "ENABLED"}}
    arn = ecs.create_capacity_provider(name=name, autoScalingGroupProvider=group)["capacityProvider"][
        "capacityProviderArn"
    ]
    ecs.put_cluster_capacity_providers(
        cluster="default", capacityProviders=[name], defaultCapacityProviderStrategy=[]
    )
    return arn


def join(ecs, node, name):
    attribute = {"name": "gantry/capacity-provider", "value": name, "targetId": node}
    ecs.put_attributes(attributes=[attribute])


def test_tasks_wait_for_a_node_and_its_daemon_comes_first(town):
    arn = provider(town, "grows")
    made = create(town, "watch", define(town), [arn])
    ends(town, made["deploymentArn"], "SUCCESSFUL")  # there are no nodes yet
    town.register_task_definition(family="web", containerDefinitions=[AGENT | {"name": "app"}])
    strategy = [{"capacityProvider": "grows"}]
    ran = town.run_task(taskDefinition="web", count=2, capacityProviderStrategy=strategy)
    assert (ran["failures"], {task["lastStatus"] for task in ran["tasks"]}) == ([], {"PROVISIONING"})
    arns = [task["taskArn"] for task in ran["tasks"]]
    stopped = town.stop_task(task=arns[1])["task"]
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "UserInitiated")

    [node, *_] = nodes(town)
    join(town, node, "grows")
    town.get_waiter("tasks_running").wait(tasks=arns[:1], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    [task] = town.describe_tasks(tasks=arns[:1])["tasks"]
    assert (task["containerInstanceArn"], task["capacityProviderName"]) == (node, "grows")
    [daemon] = live(town, "watch")
    assert (daemon["containerInstanceArn"], daemon["capacityProviderName"]) == (node, "grows")
    assert daemon["startedAt"] <= task["startedAt"]

    # It is the last to leave.
    town.update_container_instances_state(containerInstances=[node], status="DRAINING")
    assert town.describe_tasks(tasks=[daemon["taskArn"]])["tasks"][0]["desiredStatus"] == "RUNNING"
    town.stop_task(task=arns[0])
    until(lambda: live(town, "watch") == [], "the daemon has left too")


def test_a_daemon_really_runs(node):
    definition = node.ecs.register_daemon_task_definition(
        family="real",
        containerDefinitions=[
            {
                "name": "agent",
                "image": "busybox",
                "memory": 32,
                "entryPoint": ["sh", "-c"],
                "command": [f"echo I am $(hostname); {STAY}"],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": LOGS,
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "d",
                    },
                },
            }
        ],
        pidMode="shared",
    )["daemonTaskDefinitionArn"]
    made = create(node.ecs, "real", definition)
    ends(node.ecs, made["deploymentArn"], "SUCCESSFUL")
    [task] = live(node.ecs, "real")
    assert task["lastStatus"] == "RUNNING"
    stream = f"d/agent/{task['taskArn'].rsplit('/', 1)[-1]}"

    def says():
        try:
            events = node.logs.get_log_events(logGroupName=LOGS, logStreamName=stream)["events"]
        except node.logs.exceptions.ResourceNotFoundException:
            return False
        return any("I am" in event["message"] for event in events)

    until(says, "the daemon says who it is")
    going = node.ecs.delete_daemon(daemonArn=made["daemonArn"])
    ends(node.ecs, going["deploymentArn"], "SUCCESSFUL")
