"""What ECS says of tasks that really run: their lives, exit codes, order, health and reasons."""

import os
import pathlib
import re

import pytest
from support import tasks
from support.clients import Aws, refused
from support.node import LOGS, STAY, task_id
from support.wait import until

TIMES = ["createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "executionStoppedAt", "stoppedAt"]


def pids_of(node, arn):
    """The processes in a task's groups, as the kernel says."""
    found = set()
    for path in node.groups():
        if path.name == task_id(arn):
            for procs in path.rglob("cgroup.procs"):
                found |= {int(pid) for pid in procs.read_text().split()}
    return found


def test_a_task_from_its_start_to_its_end(node):
    arn = node.run(
        {"command": f"echo here; {STAY}", "cpu": 64, "memoryReservation": 32},
        run={"startedBy": "me", "group": "web", "tags": [{"key": "a", "value": "b"}]},
    )
    task = node.running(arn)
    [nodes] = node.ecs.list_container_instances()["containerInstanceArns"]
    assert (task["desiredStatus"], task["launchType"], task["connectivity"]) == ("RUNNING", "EC2", "CONNECTED")
    assert (task["startedBy"], task["group"], task["containerInstanceArn"]) == ("me", "web", nodes)
    assert (task["healthStatus"], task["attachments"], task["version"] > 1) == ("UNKNOWN", [], True)
    assert "stoppedAt" not in task and "stopCode" not in task and "stoppedReason" not in task
    [app] = task["containers"]
    assert (app["name"], app["lastStatus"], app["image"]) == ("app", "RUNNING", "busybox")
    assert (app["cpu"], app["memory"], app["memoryReservation"]) == ("64", "64", "32")
    assert re.fullmatch("sha256:[0-9a-f]{64}", app["imageDigest"])
    assert app["runtimeId"].startswith(task_id(arn)) and "exitCode" not in app and "reason" not in app
    node.says(arn, "here")
    assert len(pids_of(node, arn)) >= 2  # the shell and its sleep
    assert node.ecs.list_tasks(startedBy="me")["taskArns"] == [arn]

    asked = node.ecs.stop_task(task=arn, reason="enough")["task"]
    assert (asked["desiredStatus"], asked["stopCode"], asked["stoppedReason"]) == ("STOPPED", "UserInitiated", "enough")
    task = node.stopped(arn)
    assert pids_of(node, arn) == set()
    assert (task["stopCode"], task["stoppedReason"], task["desiredStatus"]) == ("UserInitiated", "enough", "STOPPED")
    assert (task["containers"][0]["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", 0)
    assert [task[name] for name in TIMES] == sorted(task[name] for name in TIMES)
    assert node.ecs.list_tasks(desiredStatus="STOPPED", startedBy="me")["taskArns"] == [arn]


def test_exit_codes_of_a_program_and_of_a_signal(node):
    assert node.ends({"command": "exit 0"})["containers"][0]["exitCode"] == 0
    task = node.ends({"command": "exit 42"})
    assert (task["containers"][0]["exitCode"], task["stopCode"]) == (42, "EssentialContainerExited")
    assert task["stoppedReason"] == "Essential container in task exited"
    task = node.ends({"command": "sh -c 'kill -9 $$'; exit $?"})
    assert task["containers"][0]["exitCode"] == 137
    # A signal ends the first process itself, or what the init process waits for.
    direct = node.run({"command": "exec sleep 1000"})
    below = node.run({"command": "exec sleep 1000", "linuxParameters": {"initProcessEnabled": True}})
    for arn, signal in ((direct, 9), (below, 15)):
        pid = until(lambda arn=arn: sleeper(node, arn), "it sleeps")
        os.kill(pid, signal)
        assert node.stopped(arn)["containers"][0]["exitCode"] == 128 + signal


def sleeper(node, arn):
    return next((pid for pid in pids_of(node, arn) if command_of(pid) == "sleep 1000"), None)


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def test_what_does_not_end_when_told_is_killed_after_its_patience(node):
    deaf = node.run({"command": "trap '' TERM; echo up; while :; do sleep 1; done", "stopTimeout": 2})
    node.says(deaf, "up")
    told = node.run({"command": f"trap 'echo told; exit 7' TERM; echo up; while :; do sleep 1000 & wait; done"})
    node.says(told, "up")
    node.ecs.stop_task(task=deaf)
    [one] = node.stop(told)
    assert one["containers"][0]["exitCode"] == 7 and "told" in node.said(told)
    one = node.stopped(deaf)
    assert one["containers"][0]["exitCode"] == 137
    assert (one["stoppedAt"] - one["stoppingAt"]).total_seconds() >= 2


def test_the_stop_signal_of_the_image(node):
    node.add_image("signals:1", StopSignal="SIGUSR1")
    command = "trap 'echo usr1; exit 3' USR1; echo up; while :; do sleep 1000 & wait; done"
    arn = node.run({"image": "signals:1", "command": command})
    node.says(arn, "up")
    [task] = node.stop(arn)
    assert task["containers"][0]["exitCode"] == 3 and "usr1" in node.said(task)


def test_commands_entry_points_and_variables_as_docker_merges_them(node, tmp_path):
    node.add_image("merge:1", Entrypoint=["echo", "entry"], Cmd=["cmd"], Env=["A=image", "B=image"])
    env = tmp_path / "one.env"
    env.write_text("# none\n\nB=file\nC=file\nD=a b = c\n")
    entry = {"image": "merge:1", "memory": 32}
    task = node.ends(
        entry | {"name": "image", "essential": False},
        entry | {"name": "command", "command": ["given"], "essential": False},
        entry | {"name": "entry", "entryPoint": ["echo", "only"], "essential": False},
        entry
        | {
            "name": "env",
            "entryPoint": ["sh", "-c"],
            "command": ["echo $A $B $C $D $E"],
            "environment": [{"name": "C", "value": "plan"}, {"name": "E", "value": "plan"}],
            "environmentFiles": [{"type": "s3", "value": f"file://{env}"}],
        },
    )
    assert node.said(task, "image") == ["entry cmd"]
    assert node.said(task, "command") == ["entry given"]
    assert node.said(task, "entry") == ["only"]
    assert node.said(task, "env") == ["image file plan a b = c plan"]


def test_overrides_are_laid_over_the_definition(node):
    family = node.define(
        {"command": "echo $A $B", "environment": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}]}
    )
    over = {"name": "app", "environment": [{"name": "B", "value": "other"}]}
    over["command"] = ["sh", "-c", "echo over $A $B; exit 5"]
    [arn] = tasks.run(node.ecs, taskDefinition=family, overrides={"containerOverrides": [over]})
    task = node.stopped(arn)
    assert node.said(task) == ["over a other"] and task["containers"][0]["exitCode"] == 5
    assert task["overrides"]["containerOverrides"] == [over]


def test_started_on_a_node_of_ones_choice(node):
    [here] = node.ecs.list_container_instances()["containerInstanceArns"]
    family = node.define({"command": "exit 3"})
    [task] = node.ecs.start_task(taskDefinition=family, containerInstances=[here])["tasks"]
    task = node.stopped(task["taskArn"])
    assert (task["containerInstanceArn"], task["containers"][0]["exitCode"]) == (here, 3)


def test_the_waiters(node):
    arns = [node.run({"command": STAY}), node.run({"command": STAY})]
    tasks.wait(node.ecs, "tasks_running", arns)
    assert all(task["lastStatus"] == "RUNNING" for task in tasks.describe(node.ecs, arns))
    [node.ecs.stop_task(task=arn) for arn in arns]
    tasks.wait(node.ecs, "tasks_stopped", arns)
    assert all(not pids_of(node, arn) for arn in arns)


def test_the_command_line_runs_a_task_and_reads_its_logs(node):
    aws = Aws(node.server)
    family = node.define({"command": "echo from the command line; exit 4"})
    arn = aws("ecs", "run-task", "--task-definition", family)["tasks"][0]["taskArn"]
    node.stopped(arn)
    assert node.task(arn)["containers"][0]["exitCode"] == 4
    told = aws("logs", "get-log-events", "--log-group-name", LOGS, "--log-stream-name", f"t/app/{task_id(arn)}")
    assert [event["message"] for event in told["events"]] == ["from the command line"]


# Order


def test_who_waits_for_whom(node):
    """All four conditions in one task, told apart by who wrote when into a volume that all share."""
    point = {"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}], "memory": 32}
    def one(name, command, *depends, **more):
        depends = [{"containerName": on, "condition": condition} for on, condition in depends]
        return point | {"name": name, "command": command, "dependsOn": depends or None} | more

    task = node.ends(
        one("setup", "sleep 0.3; echo setup >> /v/order", essential=False),
        one("fails", "sleep 0.2; exit 9", essential=False),
        one(
            "db",
            f"touch /v/up; {STAY}",
            ("setup", "SUCCESS"),
            essential=False,
            healthCheck={"command": ["CMD-SHELL", "echo check >> /v/order; test -f /v/up"], "interval": 5},
        ),
        one("after", "echo after >> /v/order", ("fails", "COMPLETE"), ("setup", "COMPLETE"), essential=False),
        one("app", "cat /v/order", ("db", "HEALTHY"), ("after", "START")),
        volumes=[{"name": "v"}],
    )
    said = node.said(task)
    assert said[0] == "setup" and sorted(said) == ["after", "check", "setup"]
    code = {one["name"]: one.get("exitCode") for one in task["containers"]}
    assert code == {"setup": 0, "fails": 9, "db": 0, "after": 0, "app": 0}
    # Who is needed ends last.
    assert task["stopCode"] == "EssentialContainerExited"


def test_what_is_waited_for_in_vain(node):
    def waits(condition, command, **more):
        return node.run(
            {"name": "first", "command": command, "essential": False, "memory": 32} | more,
            {"command": "exit 0", "memory": 32, "dependsOn": [{"containerName": "first", "condition": condition}]},
        )

    failed = waits("SUCCESS", "exit 1")
    late = waits("COMPLETE", STAY, startTimeout=2)
    task = node.stopped(failed)
    assert task["stopCode"] == "TaskFailedToStart"
    assert "did not exit successfully" in task["stoppedReason"], task["stoppedReason"]
    app = next(one for one in task["containers"] if one["name"] == "app")
    assert app["lastStatus"] == "STOPPED"
    task = node.stopped(late)
    assert "has timed out after 2s" in task["stoppedReason"] and task["stopCode"] == "TaskFailedToStart"
    assert "startedAt" not in task
    first = next(one for one in task["containers"] if one["name"] == "first")
    assert first["exitCode"] == 0  # it was told to end, and did


def test_only_what_is_essential_ends_a_task(node):
    arn = node.run(
        {"name": "side", "command": "exit 1", "essential": False, "memory": 32},
        {"command": f"echo up; {STAY}", "memory": 32},
    )
    node.running(arn)
    task = until(lambda: ended_one(node.task(arn)), "the sidecar has ended")
    states = {one["name"]: (one["lastStatus"], one.get("exitCode")) for one in task["containers"]}
    assert states == {"side": ("STOPPED", 1), "app": ("RUNNING", None)}
    node.stop(arn)
    task = node.ends({"name": "side", "command": STAY, "memory": 32}, {"command": "exit 2", "memory": 32})
    assert task["stoppedReason"] == "Essential container in task exited"
    assert {one["name"]: one["exitCode"] for one in task["containers"]} == {"side": 0, "app": 2}


def ended_one(task):
    return task if any(one["lastStatus"] == "STOPPED" for one in task["containers"]) else None


# Health


def test_health_is_what_the_checks_say(node):
    check = lambda command, **more: {"command": ["CMD-SHELL", command], "interval": 5, "retries": 1} | more
    x = [{"name": "X", "value": "1"}]
    good = node.run(
        {"command": STAY, "memory": 32, "healthCheck": check("test $X = 1"), "environment": x},
        {"name": "side", "command": STAY, "memory": 32, "essential": False},
    )
    bad = node.run({"command": STAY, "healthCheck": check("exit 1")})
    slow = node.run({"command": STAY, "healthCheck": check("sleep 30", timeout=2)})
    assert node.running(good)["healthStatus"] == "UNKNOWN"
    task = until(lambda: (one := node.task(good))["healthStatus"] != "UNKNOWN" and one, "a verdict")
    assert task["healthStatus"] == "HEALTHY"
    assert {one["name"]: one["healthStatus"] for one in task["containers"]} == {"app": "HEALTHY", "side": "UNKNOWN"}
    for arn in (bad, slow):
        task = until(lambda: (one := node.task(arn))["healthStatus"] != "UNKNOWN" and one, "a verdict")
        assert task["healthStatus"] == "UNHEALTHY" and task["lastStatus"] == "RUNNING"
    node.stop(good, bad, slow)


# What cannot be


def reason_of(task, name="app"):
    return next(one.get("reason", "") for one in task["containers"] if one["name"] == name)


def test_what_cannot_start_says_why(node):
    task = node.ends({"command": ["/no/such"]})
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("TaskFailedToStart", 127)
    assert reason_of(task).startswith("CannotStartContainerError: ") and "/no/such" in reason_of(task)
    assert task["stoppedReason"] == reason_of(task) and "startedAt" not in task
    task = node.ends({"command": ["/etc/passwd/x"]})
    assert task["stopCode"] == "TaskFailedToStart", task
    task = node.ends({"command": "id", "user": "stranger"})
    assert task["stopCode"] == "TaskFailedToStart" and "stranger" in task["stoppedReason"], task["stoppedReason"]
    task = node.ends({"command": "id", "environmentFiles": [{"type": "s3", "value": "file:///no/such.env"}]})
    assert task["stoppedReason"].startswith("ResourceInitializationError: "), task["stoppedReason"]
    task = node.ends({"command": "id", "image": "127.0.0.1:1/none:1"})
    assert task["stopCode"] == "TaskFailedToStart"
    assert reason_of(task).startswith("CannotPullContainerError: "), reason_of(task)
    assert task["stoppedReason"] == reason_of(task)


def test_too_much_memory(node):
    task = node.ends({"command": "x=0123456789abcdef; while :; do x=$x$x; done", "memory": 16})
    app = task["containers"][0]
    assert (app["exitCode"], app["reason"]) == (137, "OutOfMemoryError: Container killed due to memory usage")
    assert task["stoppedReason"] == "Essential container in task exited"


def test_one_that_ends_too_early_is_not_started_again(node):
    policy = {"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [3]}
    task = node.ends({"command": "echo once; exit 1", "restartPolicy": policy})
    assert node.said(task) == ["once"] and task["containers"][0]["exitCode"] == 1


def test_more_than_the_node_has(node):
    family = node.define({"command": "id", "memory": 10_000_000})
    answer = node.ecs.run_task(taskDefinition=family)
    assert (answer["tasks"], [one["reason"] for one in answer["failures"]]) == ([], ["RESOURCE:MEMORY"])
    assert refused(node.ecs.run_task, taskDefinition="nobody")[1] == "ClientException"


def test_many_at_once(node):
    family = node.define({"command": "echo $((6 * 7))", "memory": 32})
    arns = tasks.run(node.ecs, taskDefinition=family, count=10)
    for arn in arns:
        task = node.stopped(arn)
        assert task["containers"][0]["exitCode"] == 0 and node.said(task) == ["42"]
