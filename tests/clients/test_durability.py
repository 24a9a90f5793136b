"""What was acknowledged is there after kill -9, whatever the moment; what was not is there whole or not at all."""

import json
import random
import threading

from botocore.exceptions import BotoCoreError
from support.clients import client, connected
from support.server import gantry
from support.wait import until

ROUNDS = 6
WRITERS = 4
TOGETHER = 3  # tasks of one request


class Writer(threading.Thread):
    """A client that writes and writes, and remembers what was acknowledged, until the server is gone."""

    def __init__(self, server, round_, number):
        super().__init__(daemon=True)
        self.ecs = client(server, "ecs")
        self.name = f"r{round_}w{number}"
        self.clusters, self.definitions, self.tasks, self.tags = [], [], [], []
        self.asked = []  # the startedBy of every RunTask that was sent
        self.trouble = None

    def run(self):
        try:
            for i in range(100_000):
                self.write(f"{self.name}n{i}")
        except BotoCoreError:
            pass  # the server was killed
        except Exception as trouble:
            self.trouble = trouble

    def write(self, name):
        arn = self.ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
        self.clusters.append(arn)
        self.ecs.tag_resource(resourceArn=arn, tags=[{"key": "n", "value": name}])
        self.tags.append((arn, name))
        container = {"name": "app", "image": "app", "memory": 8}
        made = self.ecs.register_task_definition(family=self.name, containerDefinitions=[container])
        self.definitions.append(made["taskDefinition"]["taskDefinitionArn"])
        self.asked.append(name)
        ran = self.ecs.run_task(taskDefinition=self.name, startedBy=name, count=TOGETHER)
        self.tasks += [task["taskArn"] for task in ran["tasks"]]
        assert len(ran["tasks"]) == TOGETHER, ran["failures"]

    def acknowledged(self):
        return len(self.clusters) + len(self.definitions) + len(self.tasks) + len(self.tags)


def test_what_was_acknowledged_survives_kill_9(fresh):
    dice = random.Random(20261121)
    server = fresh("--simulated-nodes", "3")
    writers = []
    for round_ in range(ROUNDS):
        server.start()
        check(server, writers)
        connected(client(server, "ecs"))
        now = [Writer(server, round_, number) for number in range(WRITERS)]
        for writer in now:
            writer.start()
        enough = dice.randrange(1, 150)
        until(lambda: sum(w.acknowledged() for w in now) >= enough or any(w.trouble for w in now), "some writes")
        server.kill()
        for writer in now:
            writer.join(60)
            assert not writer.is_alive()
            assert writer.trouble is None
        writers += now
    server.start()
    check(server, writers)
    server.stop()
    told = gantry("admin", "doctor", "--data", server.data, "--json")
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout)["broken"] == []


def check(server, writers):
    ecs = client(server, "ecs")
    every = lambda operation, member, **filters: [
        item for page in ecs.get_paginator(operation).paginate(**filters) for item in page[member]
    ]
    clusters, definitions = (
        set(every("list_clusters", "clusterArns")),
        set(every("list_task_definitions", "taskDefinitionArns")),
    )
    tasks = set(every("list_tasks", "taskArns"))
    for writer in writers:
        assert set(writer.clusters) <= clusters
        assert set(writer.definitions) <= definitions
        assert set(writer.tasks) <= tasks
        for started_by in writer.asked:
            assert len(every("list_tasks", "taskArns", startedBy=started_by)) in (0, TOGETHER)
    if writers:
        for arn, value in writers[-1].tags:
            assert ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "n", "value": value}]


def test_tasks_go_on_where_they_were(fresh):
    server = fresh("--simulated-nodes", "1").start()
    ecs = connected(client(server, "ecs"))
    container = {"name": "app", "image": "app", "memory": 8}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    arns = [task["taskArn"] for task in ecs.run_task(taskDefinition="web", count=5)["tasks"]]
    server.kill()
    server.start()
    ecs = client(server, "ecs")
    ecs.get_waiter("tasks_running").wait(tasks=arns, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    ecs.stop_task(task=arns[0], reason="before")
    server.kill()
    server.start()
    ecs = client(server, "ecs")
    ecs.get_waiter("tasks_stopped").wait(tasks=arns[:1], WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    stopped, *others = ecs.describe_tasks(tasks=arns)["tasks"]
    assert stopped["stoppedReason"] == "before"
    assert {task["lastStatus"] for task in others} == {"RUNNING"}
    server.stop()


def test_a_client_token_holds_over_a_crash(fresh):
    server = fresh("--simulated-nodes", "1").start()
    container = {"name": "app", "image": "app", "memory": 8}
    connected(client(server, "ecs")).register_task_definition(family="web", containerDefinitions=[container])
    run = lambda: client(server, "ecs").run_task(taskDefinition="web", clientToken="once")["tasks"][0]["taskArn"]
    first = run()
    server.kill()
    server.start()
    assert run() == first
    server.stop()
