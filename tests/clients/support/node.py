"""A server whose node is this very machine, what its containers say, and what they leave behind.

Words: *traces* are what tasks have on the machine: mounts, namespaces, groups, links, rules, processes and files.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess

from support import images, tasks
from support.clients import client, connected
from support.server import Server, gantry
from support.wait import until

GROUPS = pathlib.Path("/sys/fs/cgroup")
LOGS = "/node"
# Ends at once when it is told to; what does not is killed after stopTimeout.
STAY = "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"


class RealNode:
    def __init__(self, *words):
        # Several nodes may be on this machine: each has a VPC of its own.
        self.server = Server("--vpc-cidr", f"10.{random.randrange(256)}.0.0/16", *words)
        self.families, self.started_before = 0, False

    def start(self):
        self.server.start()
        assert self.server.said["node"], "this machine is to run tasks"
        self.ecs, self.ec2, self.logs = (client(self.server, name) for name in ("ecs", "ec2", "logs"))
        connected(self.ecs)
        if not self.started_before:
            self.add_image()
            self.logs.create_log_group(logGroupName=LOGS)
        self.started_before = True
        return self

    def add_image(self, name="busybox:latest", **about):
        path = self.server.home / "image.tar"
        images.archive(path, name, **about)
        told = gantry("images", "import", path, "--data", self.server.data)
        assert told.returncode == 0, told.stderr
        path.unlink()

    # Tasks

    def define(self, *containers, family=None, **members):
        """Registers a definition and gives its family."""
        if not family:
            self.families += 1
            family = f"t{self.families}"
        self.ecs.register_task_definition(
            family=family, containerDefinitions=[container(**words) for words in containers], **members
        )
        return family

    def run(self, *containers, run=None, **members):
        """Runs one task and gives its ARN."""
        [arn] = tasks.run(self.ecs, taskDefinition=self.define(*containers, **members), **(run or {}))
        return arn

    def task(self, arn, **more):
        [task] = self.ecs.describe_tasks(tasks=[arn], **more)["tasks"]
        return task

    def running(self, arn):
        return self.reaches(arn, "RUNNING")

    def stopped(self, arn):
        return self.reaches(arn, "STOPPED")

    def reaches(self, arn, status):
        def look():
            task = self.task(arn)
            assert status == "STOPPED" or task["lastStatus"] != "STOPPED", task
            return task["lastStatus"] == status and task

        return until(look, f"{arn} is {status}", seconds=60)

    def stop(self, *arns, **more):
        """Stops tasks and waits until they are."""
        for arn in arns:
            self.ecs.stop_task(task=arn, **more)
        return [self.stopped(arn) for arn in arns]

    def ends(self, *containers, **members):
        """Runs a task that ends by itself, to its end."""
        return self.stopped(self.run(*containers, **members))

    def events(self, task, name="app"):
        """All that a container said, page by page."""
        words = {"logGroupName": LOGS, "logStreamName": f"t/{name}/{task_id(task)}", "startFromHead": True}
        found, token = [], {}
        while (page := self.logs.get_log_events(**words, **token))["events"]:
            found += page["events"]
            token = {"nextToken": page["nextForwardToken"]}
        return found

    def said(self, task, name="app"):
        """What a container said, line by line."""
        return [event["message"] for event in self.events(task, name)]

    def says(self, arn, line, name="app"):
        """Waits until a container that runs has said that."""

        def look():
            try:
                return line in self.said(arn, name)
            except self.logs.exceptions.ResourceNotFoundException:
                return False

        until(look, f"{name} says {line!r}")
        return self.said(arn, name)

    def tells(self, words, **members):
        """What a shell command prints in a container of its own, line by line; it must go well."""
        words = {"command": words} if isinstance(words, str) else words
        task = self.ends(words, **members)
        [app] = task["containers"]
        assert app.get("exitCode") == 0, (app, task.get("stoppedReason"), self.said(task))
        return self.said(task)

    # Traces

    @property
    def instance(self):
        text = (self.server.data / "node/identity").read_text()
        return dict(line.split(" = ") for line in text.splitlines())["instance"]

    def traces(self):
        node, own = self.server.data / "node", f"gty{self.instance}"
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        links = json.loads(output("ip", "-json", "link"))
        found = {
            "mounts": [line for line in mounts if str(self.server.data) in line],
            "groups": [str(path) for path in self.groups() if path.name != ".keepers"],
            "links": [link["ifname"] for link in links if link["ifname"].startswith(own)],
            "rules": self.bindings(),
            "processes": processes(str(self.server.data), but=self.server.process.pid),
            "files": [
                str(path)
                for folder in ("node/tasks", "node/containers", "node/network/netns", "node/network/attachments")
                for path in (self.server.data / folder).glob("*")
            ]
            + [str(path) for path in (self.server.data / "images/holders").glob("*")]
            + [str(path) for path in (node / "journal").glob("*")],
        }
        found["links"] = [name for name in found["links"] if name not in (f"{own}b", f"{own}v")]
        return {kind: what for kind, what in found.items() if what}

    def groups(self):
        return [path for path in GROUPS.glob(f"*/gantry/{self.instance}/*") if path.is_dir()] + [
            path for path in GROUPS.glob(f"gantry/{self.instance}/*") if path.is_dir()
        ]

    def bindings(self):
        """The ports that lead into containers."""
        table = json.loads(output("nft", "-j", "list", "table", "ip", f"gantry_{self.instance}"))["nftables"]
        return [str(part["map"]["elem"]) for part in table if part.get("map", {}).get("elem")]

    def at_rest(self):
        """Stops everything; then nothing of it may be left."""
        left = [arn for page in self.ecs.get_paginator("list_tasks").paginate() for arn in page["taskArns"]]
        self.stop(*left)
        last = {}

        def gone():
            last.clear()
            last.update(self.traces())
            return not last

        try:
            until(gone, "nothing is left")
        except AssertionError as error:
            raise AssertionError(f"left on the machine: {last}") from error

    def left_the_machine(self):
        """Ended in good order with no tasks, it leaves no bridge, no rule and no group either."""
        assert f"gty{self.instance}" not in output("ip", "link")
        assert f"gantry_{self.instance}" not in output("nft", "list", "tables")
        assert [*GROUPS.glob(f"*/gantry/{self.instance}"), *GROUPS.glob(f"gantry/{self.instance}")] == []

    def remove(self):
        """Takes everything away, whatever happened."""
        server = self.server
        if server.process and server.process.poll() is None:
            server.kill()
        try:
            instance = self.instance
        except OSError:
            instance = None
        for pid in processes(str(server.data)):
            os.kill(pid, 9)
        if instance:
            remove_groups(instance)
            subprocess.run(["nft", "delete", "table", "ip", f"gantry_{instance}"], capture_output=True)
            for link in json.loads(output("ip", "-json", "link")):
                if link["ifname"].startswith(f"gty{instance}"):
                    subprocess.run(["ip", "link", "delete", link["ifname"]], capture_output=True)
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            place = line.split()[4]
            if place.startswith(str(server.data)):
                subprocess.run(["umount", "-l", place], capture_output=True)
        server.remove()


def container(command=None, **words):
    """A container definition: a shell command, or Docker's words, that logs where `said` looks."""
    if isinstance(command, str):
        command = ["sh", "-c", command]
    words = {"name": "app", "image": "busybox", "memory": 64, "stopTimeout": 5, "logConfiguration": awslogs()} | words
    words = {name: value for name, value in words.items() if value is not None}
    return words | ({"command": command} if command else {})


def awslogs(**options):
    options = {"group": LOGS, "region": "us-east-1", "stream-prefix": "t"} | options
    names = {name: name if name in ("mode", "max-buffer-size") else f"awslogs-{name}" for name in options}
    return {"logDriver": "awslogs", "options": {names[k]: v for k, v in options.items() if v is not None}}


def task_id(task):
    return (task if isinstance(task, str) else task["taskArn"]).rsplit("/", 1)[1]


def output(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def processes(word, but=None):
    """Processes with a word in their command line."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            pass  # it has ended
    return [pid for pid in found if pid not in (but, os.getpid())]


def remove_groups(instance):
    """Kills what is in the groups of an instance and removes them, deepest first."""
    for root in [*GROUPS.glob(f"*/gantry/{instance}"), *GROUPS.glob(f"gantry/{instance}")]:
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):

            def gone(folder=folder):
                try:
                    for pid in (folder / "cgroup.procs").read_text().split():
                        os.kill(int(pid), 9)
                    folder.rmdir()
                except FileNotFoundError:
                    return True
                except OSError:
                    return False
                return True

            until(gone, f"{folder} is removed")
