"""Other machines as nodes: joining with a token, tasks over there, and all that can go wrong in between."""

import json
import os
import random
import re

import pytest
from support import images, joined, tasks
from support.clients import client
from support.kernel import Kernel
from support.node import LOGS, STAY, container, task_id
from support.pusher import ECR_HOST
from support.server import Server, gantry
from support.wait import until

MANY = 60
FARGATE = {
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "256",
    "memory": "512",
    "executionRoleArn": "arn:aws:iam::000000000000:role/logs",
}


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
        self.machines.append(joined.Machine(self.server.home))
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

    def run(self, family, command, node=None, run=None, **members):
        self.ecs.register_task_definition(
            family=family, containerDefinitions=[container(command=command)], **members
        )
        if node:
            started = self.ecs.start_task(taskDefinition=family, containerInstances=[node], **(run or {}))
            assert not started["failures"], started
            return started["tasks"][0]["taskArn"]
        [arn] = tasks.run(self.ecs, taskDefinition=family, **(run or {}))
        return arn

    def vpc(self):
        subnets = [one["SubnetId"] for one in client(self.server, "ec2").describe_subnets()["Subnets"]]
        return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}

    def ends(self, arn):
        """Stops tasks, or sees them stop; tells what the app said."""
        task = self.reaches(arn, "STOPPED")
        return task["containers"][0].get("exitCode"), self.said(task)

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
                assert machine.left() == []
        site.server.stop()
    finally:
        site.remove()


@pytest.fixture(scope="module")
def pair(site):
    """Two machines that joined, and the nodes they are."""
    machines = [(machine, site.joins(machine)) for machine in (site.machine(), site.machine())]
    machines[0][0].meets(machines[1][0])
    return machines


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


def test_images_of_the_servers_registry_are_pulled_over_the_nodes_own_connection(site, pair):
    """The machine reaches neither the API's port nor any registry; names mean there what they mean on the server."""
    server, (_, node) = site.server, pair[0]
    archive = images.archive(server.home / "pushed.tar", "any:thing", files={"etc/said": b"from the registry\n"})
    for name in ("team/app:v1", f"127.0.0.1:{server.port}/team/app:v1", f"{ECR_HOST}/team/app:v1"):
        pushed = gantry("images", "import", archive, "--push", name, "--data", server.data)
        assert pushed.returncode == 0, pushed.stderr
    pushed = gantry("images", "import", archive, "--push", "127.0.0.1:1/team/app:v1", "--data", server.data)
    assert pushed.returncode != 0 and "127.0.0.1:1 is another registry" in pushed.stderr, pushed.stderr
    for number, host in enumerate((f"127.0.0.1:{server.port}", ECR_HOST)):
        image = f"{host}/team/app:v1"
        site.ecs.register_task_definition(
            family=f"pulled{number}", containerDefinitions=[container(command="cat /etc/said", image=image)]
        )
        started = site.ecs.start_task(taskDefinition=f"pulled{number}", containerInstances=[node])
        task = site.reaches(started["tasks"][0]["taskArn"], "STOPPED")
        assert [one.get("exitCode") for one in task["containers"]] == [0], task
        assert site.said(task) == ["from the registry"]
        assert task["containers"][0]["imageDigest"].startswith("sha256:")
    # What the server does not have, and what is not the server's to say: a registry on the machine's own loopback.
    for port, why in ((server.port, "not found"), (1, "connection refused")):
        none = container(image=f"127.0.0.1:{port}/team/none:v1")
        site.ecs.register_task_definition(family="none", containerDefinitions=[none])
        started = site.ecs.start_task(taskDefinition="none", containerInstances=[node])
        task = site.reaches(started["tasks"][0]["taskArn"], "STOPPED")
        assert why in task["containers"][0]["reason"], task


def test_fargate_tasks_run_on_machines_that_joined(site, pair):
    look = "wget -qO- $ECS_CONTAINER_METADATA_URI_V4/task; echo; ip -4 -o address show eth0"
    arns = [site.run("fargate", look, run=site.vpc() | {"launchType": "FARGATE"}, **FARGATE) for _ in range(6)]
    addresses = set()
    for arn in arns:
        task = site.reaches(arn, "STOPPED")
        [code] = [container.get("exitCode") for container in task["containers"]]
        assert code == 0, (task, site.said(task))
        assert "containerInstanceArn" not in task
        told, interface = "".join(site.said(task)[:-1]), site.said(task)[-1]
        told = json.loads(told)
        assert (told["TaskARN"], told["LaunchType"]) == (arn, "FARGATE")
        [attachment] = task["attachments"]
        address = {one["name"]: one["value"] for one in attachment["details"]}["privateIPv4Address"]
        assert f" {address}/" in interface
        addresses.add(address)
    assert len(addresses) == 6
    assert client(site.server, "ec2").describe_network_interfaces()["NetworkInterfaces"] == []


def test_addresses_of_their_own_reach_each_other_between_machines(site, pair):
    serve = f"mkdir /w && hostname > /w/name && httpd -p 80 -h /w; {STAY}"
    own = {"networkMode": "awsvpc"}
    there = [site.run("there", serve, node=node, run=site.vpc(), **own) for _, node in pair]
    tasks_there = [site.reaches(arn, "RUNNING") for arn in there]
    addresses = [task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in tasks_there]
    fetch = "; ".join(
        f"for i in 1 2 3 4 5 6 7 8; do timeout 5 wget -qO- http://{address}/name && break; sleep 1; done"
        for address in addresses
    )
    callers = [site.run("caller", fetch, node=node, run=site.vpc(), **own) for _, node in pair]
    callers.append(site.run("caller-fargate", fetch, run=site.vpc() | {"launchType": "FARGATE"}, **FARGATE))
    names = []
    for arn in callers:
        code, said = site.ends(arn)
        assert code == 0 and len(said) == 2, said
        names.append(said)
    assert names[0] == names[1] == names[2] and names[0][0] != names[0][1]

    # What was on the one is on the other, under the same address or another: nobody is sent where it was.
    machine, _ = pair[0]
    machine.kill()
    machine.spawn()
    until(lambda: len(site.connected()) == 2, "it comes back", seconds=MANY)
    code, said = site.ends(site.run("caller", fetch, node=pair[0][1], run=site.vpc(), **own))
    assert (code, said) == (0, names[0])
    for arn in there:
        site.ecs.stop_task(task=arn)
    for arn in there:
        site.reaches(arn, "STOPPED")


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
    machine.log.write_text("")
    machine.spawn()
    machine.says("was revoked: the node was deregistered")
    machine.stop()
    assert node not in site.connected()


def test_a_server_that_takes_no_nodes_makes_no_tokens(fresh):
    server = fresh().start()
    told = gantry("admin", "join-token", "--data", server.data)
    assert told.returncode == 1 and "up --nodes" in told.stderr


def test_the_servers_own_node_has_a_part_in_the_vpc(site):
    """Its tasks and those of a machine that joined reach each other, and in the end nothing is left of either."""
    both = Site(Server("--nodes", "0.0.0.0:0", "--vpc-cidr", f"10.{random.randrange(256)}.0.0/16"))
    try:
        images.archive(both.server.home / "image.tar", "busybox:latest")
        told = gantry("images", "import", both.server.home / "image.tar", "--data", both.server.data)
        assert told.returncode == 0, told.stderr
        [own] = until(both.connected, "the server's own node is there")
        machine = both.machine()
        joined_node = both.joins(machine)
        serve = f"mkdir /w && echo here > /w/name && httpd -p 80 -h /w; {STAY}"
        for one, other in ((own, joined_node), (joined_node, own)):
            arn = both.run("serve", serve, node=one, run=both.vpc(), networkMode="awsvpc")
            task = both.reaches(arn, "RUNNING")
            address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
            fetch = f"for i in 1 2 3 4 5 6 7 8; do timeout 5 wget -qO- http://{address}/name && break; sleep 1; done"
            caller = both.run("call", fetch, node=other, run=both.vpc(), networkMode="awsvpc")
            assert both.ends(caller) == (0, ["here"])
            both.ecs.stop_task(task=arn)
            both.reaches(arn, "STOPPED")
        machine.stop()
        assert machine.left() == []
        both.server.stop()
        standing = Kernel(both.server.data).standing()
        assert "links" not in standing and "tables" not in standing
    finally:
        if both.server.is_alive():
            both.server.kill()
        Kernel(both.server.data).sweep()
        both.remove()
