"""The verbs for people who look at what runs: `gantry logs` and `gantry top`, on real containers."""

import functools
import json
import os
import pty
import select
import signal
import subprocess
import time
from collections import Counter

import pytest
from support.node import STAY, task_id
from support.server import BIN, END_SECONDS, gantry, plain_environment
from support.wait import until

# Says nothing of logs, so that the node keeps them.
HERE = {"logConfiguration": None}


@pytest.fixture(scope="module")
def told(node):
    """A task of two containers that has ended, whose lines the node keeps, and which came one after the other."""
    first = "echo one; sleep 0.1; echo two >&2; sleep 0.1; echo tail-less; printf three"
    second = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo four"
    task = node.ends(
        {"name": "first", "command": ["sh", "-c", first], "essential": False, **HERE},
        {
            "name": "second",
            "command": ["sh", "-c", second],
            "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}],
            **HERE,
        },
    )
    return task_id(task)


def logs(node, *words, status=0):
    done = gantry("logs", "--data", node.server.data, *words)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def lines(node, *words):
    return logs(node, *words).stdout.splitlines()


def objects(node, *words):
    return [json.loads(line) for line in lines(node, *words, "--json")]


class Following:
    """`gantry logs -f`, read line by line as it comes."""

    def __init__(self, node, *words):
        words = [BIN, "logs", "--follow", "--data", str(node.server.data), *words]
        self.process = subprocess.Popen(
            words, env=plain_environment(node.server.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def says(self, line):
        end = time.monotonic() + END_SECONDS
        while line.encode() not in self.text.splitlines():
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            assert piece, f"{line!r} was not said: {self.text!r}"
            self.text += piece

    def rest(self):
        """What it said in all, once it has ended by itself."""
        out, err = self.process.communicate(timeout=END_SECONDS)
        assert (self.process.returncode, err) == (0, b"")
        return (self.text + out).decode().splitlines()


def test_kept_lines_of_all_containers_in_order(node, told):
    seen = objects(node, told)
    assert [(line["container"], line["message"][:9]) for line in seen] == [
        ("first", "one"),
        ("first", "two"),
        ("first", "tail-less"),
        ("first", "three"),
        ("second", "xxxxxxxxx"),
        ("second", "four"),
    ]
    by_message = {line["message"]: line for line in seen}
    assert (by_message["one"]["stream"], by_message["two"]["stream"]) == ("stdout", "stderr")
    assert seen[4]["message"] == "x" * 40000, "a long line is one line"
    assert [line["time"] for line in seen] == sorted(line["time"] for line in seen)


def test_for_people_the_container_stands_in_front(node, told):
    assert lines(node, told)[:2] == ["first  | one", "first  | two"]
    assert lines(node, told, "--container", "first") == ["one", "two", "tail-less", "three"]
    [stamped] = lines(node, told, "--container", "first", "--tail", "1", "-t")
    assert stamped.endswith("Z three")


def test_a_beginning_and_an_arn_name_a_task(node, told):
    whole = lines(node, told)
    assert lines(node, node.server.arn(f"task/default/{told}")) == whole
    assert lines(node, told[:20]) == whole


def test_the_last_lines_and_those_since(node, told):
    assert [line["message"] for line in objects(node, told, "--tail", "2")][1:] == ["four"]
    assert lines(node, told, "--tail", "0") == []
    two = next(line["time"] for line in objects(node, told) if line["message"] == "two")
    assert [line["message"] for line in objects(node, told, "--since", two, "--container", "first")][0] == "two"
    assert len(lines(node, told, "--since", "1h")) == 6
    assert lines(node, told, "--since", "2999-01-01T00:00:00Z") == []


def test_lines_with_the_server(node):
    task = node.ends({"command": "echo hello; sleep 0.1; echo world >&2"})
    assert lines(node, task_id(task)) == ["hello", "world"]
    [first, _] = objects(node, task_id(task))
    assert (first["container"], first["message"]) == ("app", "hello")


@pytest.mark.parametrize("where", ["here", "server"])
def test_following_until_the_end(node, where):
    command = "echo begun; trap 'echo over; exit 0' TERM; while :; do sleep 1000 & wait; done"
    arn = node.run({"command": command} | (HERE if where == "here" else {}))
    node.running(arn)
    with Following(node, task_id(arn)) as follower:
        follower.says("begun")
        node.stop(arn)
        assert follower.rest() == ["begun", "over"]


def test_following_from_the_node_to_where_lines_are_kept(node):
    """The files move when the task is taken away, under the eyes of who follows."""
    many = "for n in $(seq 3000); do echo line $n; done; trap 'echo over; exit 0' TERM; while :; do sleep 1000 & wait; done"
    arn = node.run({"command": many} | HERE)
    node.running(arn)
    with Following(node, "--tail", "1", task_id(arn)) as follower, Following(node, task_id(arn)) as whole:
        whole.says("line 3000")
        node.stop(arn)
        assert whole.rest() == [*(f"line {n}" for n in range(1, 3001)), "over"]
        assert follower.rest()[-1] == "over"
    assert lines(node, task_id(arn), "--tail", "2") == ["line 3000", "over"]


def test_kept_lines_without_a_server(node, told):
    before = lines(node, told)
    node.server.stop()
    try:
        assert lines(node, told) == before
        assert lines(node, told[:20]) == before
    finally:
        node.start()


def test_what_cannot_be_read(node, told, tmp_path):
    said = logs(node, told, "--container", "third", status=1).stderr
    assert said.splitlines() == [f"error: task {told} has no container third", "  try: one of first, second"]
    assert "error: there is no task 0000" in logs(node, "0" * 32, status=1).stderr
    assert "names no task" in logs(node, "../x", status=1).stderr
    assert "neither 90s" in logs(node, told, "--since", "soon", status=2).stderr
    assert gantry("logs", "--data", tmp_path / "none", told).returncode == 1


def test_an_unclear_beginning_names_the_candidates(node):
    pages = node.ecs.get_paginator("list_tasks").paginate(desiredStatus="STOPPED")
    ids = [task_id(arn) for page in pages for arn in page["taskArns"]]
    shared = lambda: [digit for digit, many in Counter(one[0] for one in ids).items() if many > 1]
    while not shared():  # there are sixteen digits
        ids.append(task_id(node.ends({"command": "true"})))
    [first, *_] = shared()
    same = sorted(one for one in ids if one.startswith(first))
    said = logs(node, first, status=1).stderr.splitlines()
    assert said == [
        f"error: {first} could be {len(same)} tasks: {', '.join(same)}",
        "  try: give more of the id",
    ]


def test_a_reader_that_has_read_enough(node, told):
    shell = f"{BIN} logs --data '{node.server.data}' {told} | head -n 1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("first  | one\n", "")


def top(node, *words):
    done = gantry("top", "--data", node.server.data, "--once", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_top_tells_what_runs(node):
    health = {"command": ["CMD-SHELL", "true"], "interval": 5, "startPeriod": 0}
    busy = node.run(
        {"name": "busy", "command": ["sh", "-c", "while :; do :; done"], "memory": 32, "cpu": 256},
        {"name": "calm", "command": ["sh", "-c", STAY], "memory": 48, "healthCheck": health},
        networkMode="bridge",
    )
    alone = node.run({"command": STAY}, networkMode="host")
    for arn in (busy, alone):
        node.running(arn)
    until(lambda: "HEALTHY" in [c.get("healthStatus") for c in node.task(busy)["containers"]], "calm is healthy")
    rows = {(row["task"], row["container"]): row for row in map(json.loads, top(node, "--json"))}
    row = rows[task_id(busy), "busy"]
    assert (row["status"], row["cluster"], row["health"]) == ("RUNNING", "default", None)
    assert row["uses"]["memoryLimitBytes"] == 32 << 20
    assert 0 < row["uses"]["memoryBytes"] <= 32 << 20
    assert row["uses"]["cpuPercent"] > rows[task_id(busy), "calm"]["uses"]["cpuPercent"]
    assert row["uses"]["pids"] == 1
    assert os.path.exists(f"/proc/{row['uses']['pid']}")
    assert row["uses"]["receivedBytes"] is not None
    assert rows[task_id(busy), "calm"]["health"] == "HEALTHY"
    assert rows[task_id(alone), "app"]["uses"]["receivedBytes"] is None, "that network is the machine's"
    head, *table = top(node)
    assert head.split()[:4] == ["TASK", "DEFINITION", "CONTAINER", "STATUS"]
    assert any(line.startswith(task_id(busy)[:12]) and " busy " in line for line in table)
    # The same without a server.
    node.server.kill()
    try:
        assert len(top(node, "--json")) == 3
    finally:
        node.start()
    node.stop(busy, alone)
    assert top(node, "--json") == []


def test_top_on_a_terminal_draws_over_itself(node):
    leader, follower = pty.openpty()
    words = [BIN, "top", "--data", str(node.server.data), "--every", "1"]
    # Whoever runs the tests in the background has the signal ignored, and what it starts would have, too.
    heeds = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    environment = plain_environment(node.server.home)
    process = subprocess.Popen(words, env=environment, stdout=follower, stderr=follower, preexec_fn=heeds)
    try:
        os.close(follower)
        drawn = b""
        end = time.monotonic() + END_SECONDS
        while drawn.count(b"\x1b[H") < 2 and time.monotonic() < end:
            ready, _, _ = select.select([leader], [], [], 1)
            drawn += os.read(leader, 4096) if ready else b""
        assert drawn.count(b"\x1b[H") >= 2 and b"TASK" in drawn, drawn
        process.send_signal(signal.SIGINT)
        process.wait(END_SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def test_top_where_nothing_ran(tmp_path):
    done = gantry("top", "--once", "--data", tmp_path)
    assert (done.returncode, done.stderr.startswith("error: no tasks ever ran here")) == (1, True)
