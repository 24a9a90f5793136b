"""Restart policies, in a task of its own: what ran for the whole period is started again, what did not is not.

The period cannot be shorter than a minute, so one task shows everything in the same minute, and the server is killed
and started again within it.
"""

import time

from support.wait import until

PERIOD = 60
# All runs of a container write into the same file of a volume of the task.
COUNT = "echo run >> /shared/$NAME; n=$(wc -l < /shared/$NAME)"


def part(name, command, *ignored, essential=False):
    policy = {"enabled": True, "restartAttemptPeriod": PERIOD, "ignoredExitCodes": list(ignored)}
    return {
        "name": name,
        "essential": essential,
        "command": f"{COUNT}; echo {name} $n; {command}",
        "environment": [{"name": "NAME", "value": name}],
        "mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared"}],
        "restartPolicy": policy,
    }


def test_what_ran_long_enough_is_started_again(node):
    stay = "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"
    arn = node.run(
        part("again", f"[ $n -gt 1 ] || {{ sleep {PERIOD + 1}; exit 1; }}; {stay}", essential=True),
        part("ignored", f"sleep {PERIOD + 1}; exit 7", 7),
        part("soon", "exit 1"),
        volumes=[{"name": "shared", "host": {}}],
    )
    began = node.running(arn)
    node.says(arn, "again 1", "again")
    node.server.kill()
    node.start()
    until(lambda: "again 2" in node.said(arn, "again"), "the essential container runs again", seconds=PERIOD + 60)
    task = until(lambda: ended(node.task(arn)), "the container with the ignored code has ended")
    assert task["lastStatus"] == "RUNNING" and task["startedAt"] == began["startedAt"]
    assert time.time() - began["startedAt"].timestamp() >= PERIOD
    parts = {container["name"]: container for container in task["containers"]}
    assert (parts["ignored"]["exitCode"], parts["soon"]["exitCode"]) == (7, 1)
    assert parts["again"]["lastStatus"] == "RUNNING" and "exitCode" not in parts["again"]
    [stopped] = node.stop(arn)
    assert {c["name"]: c["exitCode"] for c in stopped["containers"]} == {"again": 0, "ignored": 7, "soon": 1}
    for name, said in [("again", ["again 1", "again 2"]), ("ignored", ["ignored 1"]), ("soon", ["soon 1"])]:
        assert node.said(arn, name) == said, "each run is heard once"


def ended(task):
    [ignored] = [container for container in task["containers"] if container["name"] == "ignored"]
    return ignored["lastStatus"] == "STOPPED" and task
