"""Churn: tasks of every kind come and go at random while the server and keepers are killed, and what DescribeTasks says
is held against what the machine itself says, all the time.

Words: a *kind* is a task definition and what is expected of its tasks; the *witness* is a directory that containers
write to, so that what they did is known without asking anybody; a task was *hurt* when its keeper or its first process
was killed behind the node's back; *lag* is how long the API went on saying RUNNING of what had already ended.

    python -m support.churn --minutes 30 [--seed N]

from `tests/clients`, as root, on a machine with no other node (or in a network namespace of its own). The same seed
gives the same plan of actions, not the same timing.
"""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import sys
import time

from botocore.exceptions import ClientError
from support import clients, images, kernel, tasks
from support.server import Server, gantry
from support.wait import until

MOST_TASKS = 12
# How long the server may be up and something not be so that must become so. Generous: only "never" is a failure.
PATIENCE_SECONDS = 60
KILL = signal.SIGKILL
HURT = "ContainerVanishedError"

# `$N` names the task's file in the witness. A first process has no default for TERM, so each says what it does on it.
QUIT = "trap 'echo end 7 >> /w/$N; exit 7' TERM; echo up >> /w/$N; "
WAIT = "while :; do sleep 1 & wait $!; done"
KINDS = {
    "serve": QUIT + "httpd -p 80 -h /w; " + WAIT,
    "vpc": QUIT + WAIT,
    "fargate": QUIT + "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo line $i; sleep 0.02; done",
    "brief": "echo up >> /w/$N; sleep $NAP; echo end $CODE >> /w/$N; exit $CODE",
    "stubborn": "trap '' TERM; echo up >> /w/$N; " + WAIT,
    "checked": QUIT + "touch /tmp/fine; " + WAIT,
    "talk": QUIT + "i=0; while [ $i -lt $LINES ]; do i=$((i+1)); echo line $i; done; "
    "echo lines $i >> /w/$N; echo end $CODE >> /w/$N; exit $CODE",
    "pair": QUIT + WAIT,
    "broken": None,
}


class Difference(AssertionError):
    """The API and the machine say different things."""


class Task:
    def __init__(self, arn, kind, number, expects):
        self.arn, self.kind, self.number, self.expects = arn, kind, number, expects
        self.id = arn.rsplit("/", 1)[1]
        self.hurt = self.asked = False
        self.since = time.monotonic()
        self.seen = None
        self.pids = {}
        self.ended_at = None


class Churn:
    def __init__(self, seed, *words, most=MOST_TASKS):
        self.seed, self.most = seed, most
        self.dice = random.Random(seed)
        # Another node of this machine may have the usual VPC.
        self.server = Server("--vpc-cidr", f"10.{random.randrange(256)}.0.0/16", *words)
        self.figures = collections.Counter()
        self.kinds = collections.Counter()
        self.most_lag = 0.0
        self.memory = []
        self.tasks = {}
        self.up_since = None
        self.kernel = None
        self.witness = self.server.home / "witness"

    def __enter__(self):
        try:
            return self.begin()
        except BaseException:
            self.__exit__()
            raise

    def begin(self):
        self.witness.mkdir()
        self.start()
        self.kernel = kernel.Kernel(self.server.data)
        archive = images.archive(self.server.home / "image.tar")
        imported = gantry("images", "import", archive, "--data", self.server.data)
        assert imported.returncode == 0, imported.stderr
        subnets = clients.client(self.server, "ec2").describe_subnets()["Subnets"]
        self.network = {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"] for subnet in subnets]}}
        for kind in KINDS:
            self.ecs.register_task_definition(family=kind, **self.definition(kind))
        return self

    def __exit__(self, *_):
        if self.server.process and self.server.is_alive():
            self.server.kill()
        if self.kernel:
            self.kernel.sweep()
        self.server.remove()

    def definition(self, kind):
        script = KINDS[kind]
        app = {"name": "app", "image": "busybox", "memory": 32, "stopTimeout": 20}
        app["command"] = ["sh", "-c", script] if script else ["/no/such/program"]
        app["mountPoints"] = [{"sourceVolume": "w", "containerPath": "/w"}]
        volume = {"name": "w", "host": {"sourcePath": str(self.witness)}}
        definition = {"volumes": [volume], "containerDefinitions": [app]}
        logs = {"awslogs-group": "churn", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "c"}
        if kind in ("talk", "fargate"):
            app["logConfiguration"] = {"logDriver": "awslogs", "options": logs | {"awslogs-create-group": "true"}}
        if kind == "serve":
            app["portMappings"] = [{"containerPort": 80}]
        if kind in ("vpc", "fargate"):
            definition["networkMode"] = "awsvpc"
        if kind == "fargate":
            definition |= {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "volumes": []}
            definition["executionRoleArn"] = "arn:aws:iam::000000000000:role/logs"
            del app["memory"], app["mountPoints"]
            app["command"] = ["sh", "-c", "mkdir /w; " + script]
        if kind == "stubborn":
            app["stopTimeout"] = 2
        if kind == "checked":
            app["healthCheck"] = {"command": ["CMD-SHELL", "test -e /tmp/fine"], "interval": 5}
        if kind == "pair":
            side = {"name": "side", "image": "busybox", "memory": 32, "essential": False, "command": ["sleep", "1"]}
            app["dependsOn"] = [{"containerName": "side", "condition": "START"}]
            definition |= {"pidMode": "task", "containerDefinitions": [app, side]}
        return definition

    # The server

    def start(self):
        self.server.start()
        self.ecs = clients.connected(clients.client(self.server, "ecs"))
        self.logs = clients.client(self.server, "logs")
        self.up_since = time.monotonic()

    def kill_server(self):
        self.server.kill()
        self.up_since = None
        self.figures["server kills"] += 1
        for _ in range(self.dice.choice([0, 0, 1, 3])):
            self.hurt_somebody()
        time.sleep(self.dice.choice([0, 0, 0.2, 1]))  # weather, not waiting: some end while nobody looks
        self.start()

    # Actions

    def act(self):
        living = [task for task in self.tasks.values() if task.seen != "STOPPED"]
        actions = {
            self.run: 30 if len(living) < self.most else 0,
            self.stop: 12 if living else 0,
            self.hurt_somebody: 5,
            self.kill_server: 2,
            self.burst: 1,
            self.look: 20,
        }
        action = self.dice.choices(list(actions), list(actions.values()))[0]
        action()

    def run(self, kind=None):
        kind = kind or self.dice.choice(list(KINDS))
        number = self.figures["runs"]
        expects = {"CODE": self.dice.randrange(120), "NAP": self.dice.choice(["0", "0.1", "1", "3"])}
        expects["LINES"] = self.dice.choice([0, 1, 100, 3000])
        env = [{"name": name, "value": str(value)} for name, value in ({"N": number} | expects).items()]
        request = {"taskDefinition": kind, "overrides": {"containerOverrides": [{"name": "app", "environment": env}]}}
        if kind in ("vpc", "fargate"):
            request["networkConfiguration"] = self.network
        if kind == "fargate":
            request["launchType"] = "FARGATE"
        answer = self.ecs.run_task(**request)
        if answer["failures"]:  # such as no more memory on the node: what ended may not be cleared away yet
            self.figures["not placed"] += 1
            return
        task = Task(answer["tasks"][0]["taskArn"], kind, number, expects)
        self.tasks[task.arn] = task
        self.figures["runs"] += 1
        self.kinds[kind] += 1

    def stop(self):
        task = self.dice.choice([task for task in self.tasks.values() if task.seen != "STOPPED"])
        task.asked = True
        self.ecs.stop_task(task=task.arn, reason="churn")
        self.figures["stops"] += 1

    def burst(self):
        """Much at once, and the server is killed in the middle of it."""
        for _ in range(self.dice.randrange(1, 5)):
            self.run()
        living = [task for task in self.tasks.values() if task.seen != "STOPPED"]
        for task in self.dice.sample(living, min(2, len(living))):
            task.asked = True
            self.ecs.stop_task(task=task.arn)
            self.figures["stops"] += 1
        time.sleep(self.dice.choice([0, 0.01, 0.05, 0.1, 0.3]))  # weather: how far they have come
        self.kill_server()

    def hurt_somebody(self):
        """Kills a keeper, or the first process of a container."""
        runs, keepers = self.kernel.runs(), self.kernel.keepers()
        tell = [run for run in keepers if run in runs]
        if not tell:
            return
        run = self.dice.choice(sorted(tell))
        task = next((task for task in self.tasks.values() if run.startswith(task.id)), None)
        if task is None or task.kind == "pair" and run.endswith("-shared"):
            return
        at_keeper = self.dice.random() < 0.5
        pid = keepers[run] if at_keeper else runs[run]["pid"]
        # The first process is a child of its keeper, so its number is its own as long as that lives.
        if pid and (at_keeper or _parent(pid) == keepers[run]):
            task.hurt = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, KILL)
            self.figures["keeper kills" if at_keeper else "process kills"] += 1

    # Holding one against the other

    def look(self):
        open_tasks = [task for task in self.tasks.values() if task.seen != "STOPPED"]
        before = self.kernel.runs()
        dead_before = {run for run, seen in before.items() if seen["over"]}
        described = {task["taskArn"]: task for task in tasks.describe(self.ecs, [task.arn for task in open_tasks])}
        after = self.kernel.runs()
        self.figures["looks"] += 1
        for task in open_tasks:
            told = described.get(task.arn)
            if told is None:
                raise Difference(f"{task.kind} {task.arn} is not known any more")
            self.figures["task looks"] += 1
            task.seen = told["lastStatus"]
            for container in told["containers"]:
                self.hold(task, told, container, before, after, dead_before)
            if task.seen == "STOPPED":
                self.stopped(task, told)
            else:
                self.is_not_stuck(task, told)

    def hold(self, task, told, container, before, after, dead_before):
        run = container.get("runtimeId")
        if container["lastStatus"] != "RUNNING":
            task.pids.pop(run, None)
            return
        self.figures["container looks"] += 1
        if not run:
            raise Difference(f"{container} of {task.kind} {task.id} runs, and has no id in the runtime")
        seen = after.get(run) or before.get(run)
        started = seen is not None and seen["started"]
        if not started and (run in task.pids or self.notes(task)):
            # It has run, ended and is being cleared away, as the API is about to hear.
            self.lags(task, run)
            return
        if not started:
            # It may have done all of that between the two; then the next look does not say RUNNING.
            again = tasks.describe(self.ecs, [task.arn])[0]
            name = container["name"]
            if next(c for c in again["containers"] if c["name"] == name)["lastStatus"] == "RUNNING":
                raise Difference(f"{name} of {task.kind} {task.id} is RUNNING, and was never started: {seen}")
            return
        # A directory that is being removed may have lost its status before its exit.
        pid = seen["pid"]
        if pid is not None and task.pids.setdefault(run, pid) != pid:
            raise Difference(f"{run} of {task.kind} became another process: {task.pids[run]} to {pid}")
        if run in dead_before:
            self.lags(task, run)

    def lags(self, task, run):
        self.figures["lags"] += 1
        now = time.monotonic()
        task.ended_at = max(task.ended_at or now, self.up_since)
        self.most_lag = max(self.most_lag, now - task.ended_at)
        if now - task.ended_at > PATIENCE_SECONDS:
            raise Difference(f"{run} of {task.kind} has ended, and is still RUNNING")

    def notes(self, task):
        """What the task wrote to the witness."""
        path = self.witness / str(task.number)
        return path.read_text().split() if path.exists() else []

    def is_not_stuck(self, task, told):
        want = told["desiredStatus"]
        if (want, task.seen) != getattr(task, "was", None):
            task.was, task.since = (want, task.seen), time.monotonic()
        if task.seen == want:
            return
        since = max(task.since, self.up_since)
        if time.monotonic() - since > PATIENCE_SECONDS:
            told = json.dumps(told, default=str)
            raise Difference(f"{task.kind} {task.id} should be {want} and stays {task.seen}: {told}")

    def stopped(self, task, told):
        """What ended has told how, truly, and has left nothing."""
        self.figures["ends"] += 1
        left = {kind: [x for x in things if task.id in str(x)] for kind, things in self.kernel.left().items()}
        # The journal is kept until the server has heard; the kernel unmounts what nobody uses when it comes to it.
        left = {kind: things for kind, things in left.items() if things and kind not in ("journal", "loops")}
        if left:
            raise Difference(f"{task.kind} {task.id} is STOPPED, and has {left}")
        app = next(container for container in told["containers"] if container["name"] == "app")
        code, reason = app.get("exitCode"), app.get("reason", "")
        notes = self.notes(task)
        ends = [int(notes[i + 1]) for i, word in enumerate(notes) if word == "end"]
        fine = self.codes(task, ends, "up" in notes)
        self.figures["vanished"] += reason.startswith(HURT)
        if code not in fine or (reason.startswith(HURT) and not task.hurt):
            raise Difference(
                f"{task.kind} {task.id} ended with {code} ({reason}; {told.get('stoppedReason')}), and should have "
                f"with {fine}: witness {notes}, asked {task.asked}, hurt {task.hurt}; {told['containers']}"
            )
        if notes.count("up") > 1:
            raise Difference(f"{task.kind} {task.id} ran twice: {notes}")
        if task.kind in ("talk", "fargate"):
            self.lines(task, notes)

    def codes(self, task, ends, was_up):
        """The exit codes that may be told of it."""
        if task.kind == "broken":
            # Its first process may have been killed while it was no program yet.
            return {127} | ({None, 137} if task.hurt else {None} if task.asked else set())
        if task.hurt:
            return {None, 137, 7, 143, *ends}
        if ends:
            return set(ends)
        if not task.asked:
            # Nobody asked it to stop, nobody hurt it, and it did not end by itself.
            return {7} if task.kind == "pair" else set()
        if task.kind == "fargate":  # it has no witness
            return {7, 137, None}
        # Asked before it could hear: killed, or where it is not first among its processes, ended by the signal itself.
        # Asked before it was started: nothing.
        deaf = {137, None, 143} if task.kind == "pair" else {137, None}
        return {137} if was_up else deaf

    def lines(self, task, notes):
        """What it said is all there, once, in its order."""
        stream, said, token = f"c/app/{task.id}", [], None
        while True:
            more = {"nextToken": token} if token else {}
            try:
                page = self.logs.get_log_events(logGroupName="churn", logStreamName=stream, startFromHead=True, **more)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                break  # it never came to opening it
            said += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        self.figures["lines"] += len(said)
        if said != [f"line {i + 1}" for i in range(len(said))]:
            wrong = next(i for i, line in enumerate(said) if line != f"line {i + 1}")
            raise Difference(f"{task.kind} {task.id}: line {wrong + 1} of {len(said)} is {said[wrong - 1 : wrong + 2]}")
        if "lines" in notes and not task.hurt and len(said) != int(notes[notes.index("lines") + 1]):
            raise Difference(f"{task.kind} {task.id} wrote {notes}, and {len(said)} lines are kept")

    def knock(self):
        """A task that serves and says so is reached through its port on the machine."""
        well = [task for task in self.tasks.values() if task.seen == "RUNNING" and not task.hurt and not task.asked]
        for task in [task for task in well if task.kind == "serve"][:1]:
            told = tasks.describe(self.ecs, [task.arn])[0]
            if told["lastStatus"] != "RUNNING":
                continue
            port = told["containers"][0]["networkBindings"][0]["hostPort"]
            until(lambda port=port, task=task: _answers(port) or task.hurt, f"an answer of {task.id} at port {port}")
            self.figures["knocks"] += 1

    # All of it

    def churn(self, seconds, tell=lambda text: None):
        end, told = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end:
            self.act()
            self.look()
            if self.dice.random() < 0.05:
                self.knock()
            self.memory.append(_memory_kib(self.server.process.pid))
            if time.monotonic() - told > 30:
                told = time.monotonic()
                tell(self.told())
        self.settle()

    def settle(self):
        """Everything is stopped; nothing is left, on the machine or in the books."""
        for task in self.tasks.values():
            if task.seen != "STOPPED":
                task.asked = True
                self.ecs.stop_task(task=task.arn)
        until(self.all_are_over, "every task is STOPPED", PATIENCE_SECONDS * 2)
        until(lambda: not self.kernel.left(), "nothing is left of any task")
        [node] = self.ecs.list_container_instances()["containerInstanceArns"]
        [node] = self.ecs.describe_container_instances(containerInstances=[node])["containerInstances"]
        books = {kind: {r["name"]: r for r in node[kind]} for kind in ("registeredResources", "remainingResources")}
        if books["registeredResources"] != books["remainingResources"]:
            raise Difference(f"the node's books do not come out even: {books}")
        counts = {name: node[name] for name in ("runningTasksCount", "pendingTasksCount")}
        interfaces = clients.client(self.server, "ec2").describe_network_interfaces()["NetworkInterfaces"]
        if any(counts.values()) or interfaces:
            raise Difference(f"of no task there are {counts} and {interfaces}")

    def all_are_over(self):
        self.look()
        return all(task.seen == "STOPPED" for task in self.tasks.values())

    def told(self):
        figures = dict(sorted(self.figures.items())) | {"kinds": dict(sorted(self.kinds.items()))}
        figures |= {"most lag ms": round(self.most_lag * 1000), "seed": self.seed}
        if self.memory:
            medians = [_median(part) for part in _tenths(self.memory)]
            figures["server memory KiB (median of first and last tenth)"] = medians
        return json.dumps(figures)


def _answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as there:
        there.sendall(b"GET /none HTTP/1.0\r\n\r\n")
        return there.recv(100).startswith(b"HTTP/1")
    return False


def _parent(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat")
    with contextlib.suppress(OSError):
        return int(stat.read_text().rsplit(") ", 1)[1].split()[1])
    return None


def _memory_kib(pid):
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def _tenths(values):
    size = max(1, len(values) // 10)
    return values[:size], values[-size:]


def _median(values):
    return sorted(values)[len(values) // 2]


def main():
    words = argparse.ArgumentParser(prog="python -m support.churn", description=__doc__.split("\n\n", maxsplit=1)[0])
    words.add_argument("--minutes", type=float, default=30)
    words.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    words.add_argument("--most", type=int, default=MOST_TASKS, help="tasks at a time")
    wanted = words.parse_args()
    print(f"seed {wanted.seed}", file=sys.stderr)
    with Churn(wanted.seed, most=wanted.most) as churn:
        try:
            churn.churn(wanted.minutes * 60, lambda text: print(text, file=sys.stderr, flush=True))
        finally:
            said = collections.Counter(_kind_of(line) for line in churn.server.unexpected())
            print(json.dumps(said.most_common(20), indent=1), file=sys.stderr)
            print(churn.told())


def _kind_of(line):
    """A line of the server's log without what differs from one task to the next."""
    words = [word for word in line.split()[1:] if not any(c.isdigit() for c in word)]
    return " ".join(words)[:200]


if __name__ == "__main__":
    main()
