"""What containers say: all of it is in CloudWatch Logs, or kept on the node, when their end can be seen."""

import re

from support.clients import refused
from support.node import LOGS, STAY, awslogs, container, task_id


def streams(node, group):
    return [stream["logStreamName"] for stream in node.logs.describe_log_streams(logGroupName=group)["logStreams"]]


def test_every_line_is_there_when_the_end_is(node):
    command = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; echo oops >&2; printf 'no newline'"
    task = node.ends({"command": command})
    events = node.events(task)
    said = [event["message"] for event in events]
    said.remove("oops")  # the two streams are in no order
    assert said == [*(f"line {i}" for i in range(1, 3001)), "no newline"]
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert task["createdAt"].timestamp() * 1000 <= times[0] <= times[-1] <= task["stoppedAt"].timestamp() * 1000


def test_lines_that_are_long_odd_or_empty(node):
    odd = r"printf 'a\n\nb\n'; printf '\377\376\n'; printf 'gr\303\266\303\237er\n'; "
    task = node.ends({"command": odd + r"head -c 40000 /dev/zero | tr '\0' x; echo"})
    said = node.said(task)
    assert said[0] == "a" and "b" in said and "größer" in said
    assert sum(len(line) for line in said if set(line) == {"x"}) == 40000
    assert "�" in "".join(said)


def test_where_it_goes(node):
    say = lambda **options: {"command": "echo here", "logConfiguration": awslogs(**options)}
    task = node.ends(say(group="made-for-it", **{"create-group": "true"}))
    assert streams(node, "made-for-it") == [f"t/app/{task_id(task)}"]
    # Without a prefix a stream is named as its container.
    task = node.ends(say(group="made-for-it", **{"stream-prefix": None}))
    assert task["containers"][0]["runtimeId"] in streams(node, "made-for-it") or any(
        name.startswith(task_id(task)) for name in streams(node, "made-for-it")
    )
    # Two containers, two streams.
    task = node.ends({"name": "a", "command": "echo a"}, {"name": "b", "command": "echo b"})
    assert (node.said(task, "a"), node.said(task, "b")) == (["a"], ["b"])


def test_a_group_that_is_not_there(node):
    task = node.ends({"command": "echo here", "logConfiguration": awslogs(group="nobody-made-it")})
    assert task["stopCode"] == "TaskFailedToStart", task
    assert task["stoppedReason"].startswith("CannotStartContainerError") or task["stoppedReason"].startswith(
        "ResourceInitializationError"
    )
    assert "nobody-made-it" in task["stoppedReason"] or "log group does not exist" in task["stoppedReason"]
    assert refused(node.logs.describe_log_streams, logGroupName="nobody-made-it")[1] == "ResourceNotFoundException"


def test_events_of_several_lines(node):
    """Each of their lines ends as it did, the last one too, as Docker's driver has it."""
    trace = "printf 'ERROR one\\n  at a\\n  at b\\nERROR two\\n  at c\\nfine\\n'"
    task = node.ends({"command": trace, "logConfiguration": awslogs(**{"multiline-pattern": "^(ERROR|fine)"})})
    assert node.said(task) == ["ERROR one\n  at a\n  at b\n", "ERROR two\n  at c\n", "fine\n"]
    dated = "printf '[2026-01-02 10:00:00] one\\nmore\\n[2026-01-02 10:00:01] two\\n'"
    task = node.ends({"command": dated, "logConfiguration": awslogs(**{"datetime-format": "\\[%Y-%m-%d %H:%M:%S\\]"})})
    assert node.said(task) == ["[2026-01-02 10:00:00] one\nmore\n", "[2026-01-02 10:00:01] two\n"]


def test_lines_of_a_container_that_still_runs(node):
    arn = node.run({"command": f"echo first; {STAY}"})
    assert node.says(arn, "first") == ["first"]
    node.stop(arn)


def test_searched_and_found(node):
    task = node.ends({"command": "echo ERROR needle-$((40 + 2)); echo fine"})
    found = node.logs.filter_log_events(
        logGroupName=LOGS, logStreamNamePrefix=f"t/app/{task_id(task)}", filterPattern='"needle-42"'
    )["events"]
    assert [event["message"] for event in found] == ["ERROR needle-42"]


def test_without_a_driver_they_are_kept_on_the_node(node):
    quiet = container("echo kept; echo too >&2") | {"logConfiguration": {"logDriver": "json-file"}}
    del quiet["name"]
    task = node.ends(quiet)
    folder = node.server.data / "node/logs" / task_id(task) / "app"
    kept = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert re.search(b"kept", kept) and re.search(b"too", kept)


def test_non_blocking_is_as_good_while_there_is_room(node):
    options = awslogs(mode="non-blocking", **{"max-buffer-size": "1m"})
    task = node.ends({"command": "for i in 1 2 3; do echo $i; done", "logConfiguration": options})
    assert node.said(task) == ["1", "2", "3"]
