"""Other machines as nodes: joining with a token, tasks over there, and all that can go wrong in between."""

import os
import re

import pytest
from support import joined, tasks
from support.clients import client
from support.node import LOGS, STAY, container, task_id
from support.server import Server, gantry
from support.wait import until

MANY = 60


class Site:
    """A server without a node of its own, and two machines that joined."""

    def __init__(self, server):
        self.server = server
        server.start()
        self.ecs, self.logs = client(server, "ecs"), client(server, "logs")
        self.ecs.create_cluster(clusterName="default")
        self.logs.create_log_group(logGroupName=LOGS)
        self.port = re.search(r"nodes = .*:(\d+)", (server.data / "server").read_text()).group(1)
        self.machines = []

    def machine(self):
        self.machines.append(joined.Machine(self.server.home, len(self.machines) + 1))
        return self.machines[-1]

    def token(self, machine, *words):
        return joined.token(self.server, "--address", f"{machine.here}:{self.port}", *words)

    def nodes(self):
        arns = self.ecs.list_container_instances()["containerInstanceArns"]
        if not arns:
            return []
        return self.ecs.describe_container_instances(containerInstances=arns)["containerInstances"]

    def connected(self):
        return {node["containerInstanceArn"] for node in self.nodes() if node["agentConnected"]}

    def joins(self, machine):
        """Joins a machine and gives the ARN of the node that it is."""
        before = self.connected()
        machine.add_image()
        machine.spawn("--join", self.token(machine))
        new = until(lambda: self.connected() - before, "a machine joins", seconds=MANY)
        [arn] = new
        return arn

    def run(self, family, command, node=None, **members):
        self.ecs.register_task_definition(
            family=family, containerDefinitions=[container(command=command)], **members
        )
        if node:
            started = self.ecs.start_task(taskDefinition=family, containerInstances=[node])
            assert not started["failures"], started
            return started["tasks"][0]["taskArn"]
        [arn] = tasks.run(self.ecs, taskDefinition=family)
        return arn

    def task(self, arn):
        return self.ecs.describe_tasks(tasks=[arn])["tasks"][0]

    def reaches(self, arn, status):
        def look():
            task = self.task(arn)
            assert status == "STOPPED" or task["lastStatus"] != "STOPPED", task
            return task["lastStatus"] == status and task

        return until(look, f"{arn} is {status}", seconds=MANY)

    def said(self, task):
        stream = f"t/app/{task_id(task)}"
        events = self.logs.get_log_events(logGroupName=LOGS, logStreamName=stream, startFromHead=True)["events"]
        return [event["message"] for event in events]

    def restart(self):
        words = list(self.server.words)
        self.server.words = [word if word != "0.0.0.0:0" else f"0.0.0.0:{self.port}" for word in words]
        self.server.start()
        self.ecs, self.logs = client(self.server, "ecs"), client(self.server, "logs")

    def remove(self):
        for machine in self.machines:
            machine.remove()
        self.server.remove()


@pytest.fixture(scope="module")
def site():
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "in CI these tests must run, as root"
        pytest.skip("needs root")
    site = Site(Server("--no-node", "--nodes", "0.0.0.0:0"))
    try:
        yield site
        for machine in site.machines:
            if machine.process and machine.process.poll() is None:
                machine.stop()
        site.server.stop()
    finally:
        site.remove()


@pytest.fixture(scope="module")
def pair(site):
    """Two machines that joined, and the nodes they are."""
    return [(machine, site.joins(machine)) for machine in (site.machine(), site.machine())]


def test_tasks_run_on_both_and_tell(site, pair):
    for number, (_, node) in enumerate(pair):
        arn = site.run(f"both{number}", f"hostname && echo from {number}; exit {number + 3}", node=node)
        task = site.reaches(arn, "STOPPED")
        assert task["containerInstanceArn"] == node
        assert [c["exitCode"] for c in task["containers"]] == [number + 3], task
        assert f"from {number}" in site.said(task)


def test_tasks_are_placed_on_machines_that_joined(site, pair):
    arns = [site.run("placed", STAY) for _ in range(4)]
    placed = {site.reaches(arn, "RUNNING")["containerInstanceArn"] for arn in arns}
    assert placed <= {node for _, node in pair}
    for arn in arns:
        site.ecs.stop_task(task=arn)
    for arn in arns:
        assert site.reaches(arn, "STOPPED")["stopCode"] == "UserInitiated"


def test_a_port_is_one_of_the_machine_that_joined(site, pair):
    machine, node = pair[0]
    site.ecs.register_task_definition(
        family="port",
        containerDefinitions=[
            container(
                command=f"mkdir /www && echo here > /www/index.html && httpd -p 80 -h /www; {STAY}",
                portMappings=[{"containerPort": 80}],
            )
        ],
    )
    started = site.ecs.start_task(taskDefinition="port", containerInstances=[node])
    assert not started["failures"], started
    arn = started["tasks"][0]["taskArn"]
    [app] = site.reaches(arn, "RUNNING")["containers"]
    [binding] = app["networkBindings"]

    def fetch():
        import urllib.request

        try:
            with urllib.request.urlopen(f"http://{machine.there}:{binding['hostPort']}/", timeout=10) as answer:
                return answer.read().decode().strip()
        except OSError:
            return None

    assert until(fetch, "it answers") == "here"
    site.ecs.stop_task(task=arn)
    site.reaches(arn, "STOPPED")


def test_no_task_with_an_address_of_its_own_is_placed_there(site, pair):
    site.ecs.register_task_definition(family="vpc", networkMode="awsvpc", containerDefinitions=[container(command="true")])
    subnets = [one["SubnetId"] for one in client(site.server, "ec2").describe_subnets()["Subnets"]]
    answer = site.ecs.run_task(
        taskDefinition="vpc", networkConfiguration={"awsvpcConfiguration": {"subnets": subnets}}
    )
    assert answer["tasks"] == [] and answer["failures"]


def test_a_machine_that_falls_silent_is_known_as_such_and_comes_back(site, pair):
    machine, node = pair[0]
    arn = site.run("silent", f"echo first; while [ ! -e /go ]; do sleep 0.1; done; echo after; {STAY}", node=node)
    site.reaches(arn, "RUNNING")
    machine.cut()
    until(lambda: node not in site.connected(), "the silence is noticed", seconds=MANY)
    assert site.task(arn)["lastStatus"] == "RUNNING", "nobody has seen it end"
    assert pair[1][1] in site.connected()
    site.ecs.stop_task(task=arn)
    machine.mend()
    until(lambda: node in site.connected(), "it comes back", seconds=MANY)
    assert "first" in site.said(site.reaches(arn, "STOPPED"))


def test_an_agent_that_is_killed_comes_back_as_the_same_node(site, pair):
    machine, node = pair[0]
    arn = site.run("killed", STAY, node=node)
    site.reaches(arn, "RUNNING")
    machine.kill()
    until(lambda: node not in site.connected(), "it is noticed", seconds=MANY)
    machine.spawn()
    until(lambda: node in site.connected(), "it comes back, and needs no token", seconds=MANY)
    assert site.task(arn)["lastStatus"] == "RUNNING"
    site.ecs.stop_task(task=arn)
    site.reaches(arn, "STOPPED")


def test_nodes_come_back_to_a_server_that_was_killed(site, pair):
    arn = site.run("survives", STAY, node=pair[1][1])
    site.reaches(arn, "RUNNING")
    site.server.kill()
    site.restart()
    until(lambda: site.connected() == {node for _, node in pair}, "both come back", seconds=MANY)
    assert site.reaches(arn, "RUNNING")["startedAt"]
    site.ecs.stop_task(task=arn)
    site.reaches(arn, "STOPPED")


@pytest.mark.logs("join token was used already", "join token is not known")
def test_a_token_is_used_once(site, pair):
    machine = site.machine()
    token = site.token(machine)
    machine.spawn("--join", token)
    until(lambda: len(site.connected()) == 3, "it joins", seconds=MANY)
    machine.stop()
    other = site.machine()
    # The address of the first machine's wire does not lead there from the other one's.
    token = site.token(other, "--uses", "1")
    other.spawn("--join", token)
    until(lambda: len(site.connected()) == 3, "it joins", seconds=MANY)
    other.stop()
    (other.data / "node/membership").unlink()
    assert "the join token was used already" in other.spawn("--join", token).ended()
    hashes = list((site.server.data / "members/tokens").iterdir())
    token = site.token(other)
    [new] = set((site.server.data / "members/tokens").iterdir()) - set(hashes)
    new.unlink()
    assert "the join token is not known to the server" in other.spawn("--join", token).ended()
    assert "the join token is damaged" in gantry("agent", "--join", token[:-3], "--data", other.data).stderr


@pytest.mark.logs("certificate was revoked")
def test_a_node_that_was_deregistered_is_refused_for_ever(site, pair):
    machine = site.machine()
    before = site.connected()
    machine.spawn("--join", site.token(machine))
    [node] = until(lambda: site.connected() - before, "it joins", seconds=MANY)
    site.ecs.deregister_container_instance(containerInstance=node)
    machine.says("was revoked: the node was deregistered")
    machine.stop()
    site.server.kill()
    site.restart()
    machine.spawn()
    machine.log.write_text("")
    machine.says("was revoked: the node was deregistered")
    machine.stop()
    assert node not in site.connected()


def test_a_server_that_takes_no_nodes_makes_no_tokens(fresh):
    server = fresh().start()
    told = gantry("admin", "join-token", "--data", server.data)
    assert told.returncode == 1 and "up --nodes" in told.stderr
