"""What happens to containers when Gantry itself is killed, and what an operator does with a node."""

import os
import signal

import pytest
from support import tasks
from support.clients import refused
from support.node import STAY, processes, task_id
from support.wait import until

COUNT = "trap 'echo end; exit 6' TERM; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo $i; sleep 0.01; done"


def container_pids(node, arn):
    """The processes of a task, outermost first."""
    groups = [path for path in node.groups() if path.name == task_id(arn)]
    found = {int(pid) for path in groups for procs in path.rglob("cgroup.procs") for pid in procs.read_text().split()}
    return sorted(found)


def test_a_kill_of_the_server_harms_no_container(node):
    count = node.run({"command": COUNT})
    quick = node.run(
        {
            "command": "until [ -e /v/go ]; do sleep 0.02; done; echo bye; exit 9",
            "mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}],
        },
        volumes=[{"name": "v", "host": {"sourcePath": str(node.server.home / "v")}}],
    )
    health = node.run({"command": STAY, "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 5}})
    before = {arn: node.running(arn) for arn in (count, quick, health)}
    node.says(count, "10")
    first = container_pids(node, count)[0]
    node.server.kill()
    # Meanwhile one goes on, and one ends.
    gone = container_pids(node, quick)
    (node.server.home / "v/go").write_text("")
    until(lambda: not alive(gone[0]), "it has ended")
    node.start()
    assert first in container_pids(node, count)
    task = node.task(count)
    assert (task["lastStatus"], task["startedAt"]) == ("RUNNING", before[count]["startedAt"])
    assert task["containers"][0]["runtimeId"] == before[count]["containers"][0]["runtimeId"]
    ended = node.stopped(quick)
    assert ended["containers"][0]["exitCode"] == 9 and ended["stopCode"] == "EssentialContainerExited"
    assert node.said(quick) == ["bye"]
    # Twice more, at moments of nobody's choice.
    for _ in range(2):
        last = int(node.said(count)[-1])
        node.server.kill()
        node.start()
        node.says(count, str(last + 30))
    [task] = node.stop(count)
    assert task["containers"][0]["exitCode"] == 6
    said = node.said(count)
    assert said[-1] == "end"
    assert said[:-1] == [str(i) for i in range(1, len(said))]  # none lost, none twice
    until(lambda: node.task(health)["healthStatus"] == "HEALTHY", "health goes on being asked for")
    node.stop(health)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_keeper_is_a_container_lost(node):
    arn = node.run({"command": STAY})
    node.running(arn)
    [keeper] = [pid for pid in keepers(node) if task_id(arn) in command(pid)]
    os.kill(keeper, signal.SIGKILL)
    task = node.stopped(arn)
    assert "exitCode" not in task["containers"][0]
    assert task["containers"][0]["reason"].startswith("ContainerVanishedError")
    assert container_pids(node, arn) == []


def keepers(node):
    return processes(str(node.server.data), but=node.server.process.pid)


def command(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read().decode()


def test_a_stop_and_a_start_in_good_order(node):
    arn = node.run({"command": STAY})
    before = node.running(arn)["containers"][0]["runtimeId"]
    pids = container_pids(node, arn)
    node.server.stop()
    assert container_pids(node, arn) == pids
    node.start()
    assert node.running(arn)["containers"][0]["runtimeId"] == before
    node.stop(arn)


def the_node(node):
    [arn] = node.ecs.list_container_instances()["containerInstanceArns"]
    return arn


def test_what_the_node_says_it_has(node):
    arn = the_node(node)
    [here] = node.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"]
    assert (here["status"], here["agentConnected"], here["runningTasksCount"]) == ("ACTIVE", True, 0)
    has = lambda here, kind: {r["name"]: r.get("integerValue") for r in here[kind]}
    registered, free = has(here, "registeredResources"), has(here, "remainingResources")
    assert registered == free and registered["CPU"] == os.cpu_count() * 1024 and registered["MEMORY"] > 256
    task = node.run({"command": STAY, "cpu": 100, "memory": 50})
    [here] = node.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"]
    free = has(here, "remainingResources")
    assert (registered["CPU"] - free["CPU"], registered["MEMORY"] - free["MEMORY"]) == (100, 50)
    node.running(task)
    node.stop(task)

    def given_back():
        [here] = node.ecs.describe_container_instances(containerInstances=[arn])["containerInstances"]
        return has(here, "remainingResources") == registered and here["runningTasksCount"] == 0

    until(given_back, "all is free again")


def test_a_drained_node_takes_no_tasks(node):
    arn = the_node(node)
    task = node.run({"command": STAY})
    node.running(task)
    node.ecs.update_container_instances_state(containerInstances=[arn], status="DRAINING")
    family = node.define({"command": "true"})
    told = refused(node.ecs.run_task, taskDefinition=family)
    assert told == (400, "InvalidParameterException", "No Container Instances were found in your cluster.")
    assert node.task(task)["lastStatus"] == "RUNNING"  # one that no service has goes on
    node.ecs.update_container_instances_state(containerInstances=[arn], status="ACTIVE")
    tasks.run(node.ecs, taskDefinition=family)
    node.stop(task)


@pytest.mark.logs("the session with the server ended")
def test_a_node_that_is_deregistered_comes_back_as_another(node):
    """As in AWS its containers run on, orphaned. Gantry ends them when the machine comes back as another node."""
    before = the_node(node)
    task = node.run({"command": STAY})
    node.running(task)
    assert refused(node.ecs.deregister_container_instance, containerInstance=before)[1] == "InvalidParameterException"
    gone = node.ecs.deregister_container_instance(containerInstance=before, force=True)["containerInstance"]
    assert (gone["containerInstanceArn"], gone["status"]) == (before, "INACTIVE")
    assert container_pids(node, task) != []
    assert node.ecs.list_container_instances()["containerInstanceArns"] == []
    node.server.kill()
    node.start()
    assert the_node(node) != before
    until(lambda: container_pids(node, task) == [], "the orphan was ended")
    assert node.task(task)["lastStatus"] == "STOPPED"
    assert node.tells("echo as before") == ["as before"]
