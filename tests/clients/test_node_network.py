"""Networks of tasks: ports that lead in, links, addresses of their own, and what containers ask of their agent."""

import json
import os
import socket
import urllib.request

import pytest
from support import tasks
from support.node import STAY
from support.wait import until

SERVE = f"mkdir -p /www && echo $WHO > /www/index.html && httpd -p 80 -h /www && echo up; {STAY}"


ROLE = "arn:aws:iam::000000000000:role/app"


def who(name):
    return [{"name": "WHO", "value": name}]


def fetch(port, address="127.0.0.1"):
    with urllib.request.urlopen(f"http://{address}:{port}/", timeout=10) as answer:
        return answer.read().decode().strip()


@pytest.fixture(scope="module")
def subnets(node):
    return [subnet["SubnetId"] for subnet in node.ec2.describe_subnets()["Subnets"]]


@pytest.fixture(scope="module")
def vpc(subnets):
    return {"networkConfiguration": {"awsvpcConfiguration": {"subnets": subnets}}}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bindings(task, name="app"):
    [one] = [one for one in task["containers"] if one["name"] == name]
    return one["networkBindings"]


def test_two_tasks_on_one_container_port(node):
    words = {"command": SERVE, "portMappings": [{"containerPort": 80}, {"containerPort": 53, "protocol": "udp"}]}
    arns = [node.run(words | {"environment": who(name)}) for name in ("one", "two")]
    ports = []
    for arn, name in zip(arns, ("one", "two"), strict=True):
        node.says(arn, "up")
        task = node.running(arn)
        found = {(b["containerPort"], b["protocol"]): b for b in bindings(task)}
        assert set(found) == {(80, "tcp"), (53, "udp")}
        assert found[80, "tcp"]["bindIP"] == "0.0.0.0"
        ports.append(found[80, "tcp"]["hostPort"])
        assert fetch(ports[-1]) == name
    assert len(set(ports)) == 2 and all(port >= 1024 for port in ports)
    node.stop(*arns)
    for port in ports:
        with pytest.raises(OSError):
            fetch(port)


def test_a_port_of_ones_choice_and_one_that_is_taken(node):
    port = free_port()
    words = {"command": SERVE, "environment": who("mine"), "portMappings": [{"containerPort": 80, "hostPort": port}]}
    family = node.define(words)
    [arn] = tasks.run(node.ecs, taskDefinition=family)
    node.says(arn, "up")
    assert fetch(port) == "mine" and bindings(node.task(arn))[0]["hostPort"] == port
    failures = node.ecs.run_task(taskDefinition=family)["failures"]
    assert [one["reason"] for one in failures] == ["RESOURCE:PORTS"]
    node.stop(arn)
    [arn] = tasks.run(node.ecs, taskDefinition=family)  # it was given back
    node.says(arn, "up")
    assert fetch(port) == "mine"
    node.stop(arn)
    # Somebody who is no task has the port.
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("0.0.0.0", port))
        other.listen()
        task = node.stopped(tasks.run(node.ecs, taskDefinition=family)[0])
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotStartContainerError: "), task["stoppedReason"]
    assert str(port) in task["stoppedReason"]


def test_a_range_of_ports(node):
    arn = node.run({"command": SERVE, "environment": who("range"), "portMappings": [{"containerPortRange": "80-82"}]})
    node.says(arn, "up")
    found = bindings(node.running(arn))
    ports = {b["containerPort"]: b["hostPort"] for b in found if "containerPort" in b}
    # As ECS tells of ranges: those whose ports on both sides lie side by side are told as one.
    for b in found:
        if "containerPortRange" in b:
            (first, last), (host, _) = (map(int, b[side].split("-")) for side in ("containerPortRange", "hostPortRange"))
            ports |= {port: host + port - first for port in range(first, last + 1)}
    assert sorted(ports) == [80, 81, 82]
    assert fetch(ports[80]) == "range"
    node.stop(arn)


def test_links_and_neighbours(node):
    arn = node.run(
        {"name": "web", "command": SERVE, "environment": who("linked"), "memory": 32, "essential": False},
        {
            "command": "for name in w web; do until wget -q -O - http://$name/ 2>/dev/null; do sleep 0.05; done; done",
            "links": ["web:w"],
            "memory": 32,
        },
    )
    assert node.said(node.stopped(arn)) == ["linked", "linked"]


def test_the_machines_own_network(node):
    port = free_port()
    command = f"mkdir /www && echo host > /www/index.html && httpd -p {port} -h /www && readlink /proc/self/ns/net; "
    command += f"echo up; {STAY}"
    arn = node.run({"command": command, "portMappings": [{"containerPort": port}]}, networkMode="host")
    said = node.says(arn, "up")
    assert said[0] == os.readlink("/proc/self/ns/net") and fetch(port) == "host"
    [binding] = bindings(node.running(arn))
    assert (binding["containerPort"], binding["hostPort"]) == (port, port)
    node.stop(arn)


def test_no_network(node):
    assert node.tells("ls /sys/class/net", networkMode="none") == ["lo"]
    assert node.tells({"command": "ls /sys/class/net", "disableNetworking": True}) == ["lo"]


@pytest.mark.parametrize("launch_type", ["EC2", "FARGATE"])
def test_an_address_of_its_own(node, vpc, subnets, launch_type):
    fargate = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512", "executionRoleArn": ROLE}
    fargate = fargate if launch_type == "FARGATE" else {}
    # The kernel's own files must show its link, and not the machine's of that name.
    kernel = "echo ether $(cat /sys/class/net/eth0/address)"
    look = f"ip -4 -o addr show eth0; ip link show eth0 | grep -o 'ether [0-9a-f:]*'; {kernel}; {SERVE}"
    neighbour = "until wget -q -O - http://127.0.0.1/ 2>/dev/null; do sleep 0.05; done"
    arn = node.run(
        {"command": look, "environment": who("vpc"), "portMappings": [{"containerPort": 80}]},
        {"name": "side", "command": neighbour, "essential": False},
        networkMode="awsvpc",
        run=vpc | {"launchType": launch_type},
        **fargate,
    )
    said = node.says(arn, "up")
    task = node.running(arn)
    assert task["launchType"] == launch_type
    assert ("containerInstanceArn" in task) == (launch_type == "EC2")
    [attachment] = task["attachments"]
    assert (attachment["type"], attachment["status"]) == ("ElasticNetworkInterface", "ATTACHED")
    details = {one["name"]: one["value"] for one in attachment["details"]}
    address = details["privateIPv4Address"]
    assert details["subnetId"] in subnets
    app = next(one for one in task["containers"] if one["name"] == "app")
    assert app["networkInterfaces"][0]["privateIpv4Address"] == address
    assert f" {address}/" in said[0] and said[1] == said[2] == f"ether {details['macAddress']}"
    assert fetch(80, address) == "vpc"
    # Containers of one task share the network.
    until(lambda: node.said(arn, "side") == ["vpc"], "the sidecar reaches it over 127.0.0.1")
    filters = [{"Name": "network-interface-id", "Values": [details["networkInterfaceId"]]}]
    [interface] = node.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    assert (interface["PrivateIpAddress"], interface["Status"]) == (address, "in-use")
    if launch_type == "FARGATE":
        assert task["platformVersion"] and task["platformFamily"].lower() == "linux"
    node.stop(arn)
    interfaces = lambda: node.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    until(lambda: not interfaces(), "the interface is gone")
    [attachment] = node.task(arn)["attachments"]
    assert attachment["status"] in ("DETACHED", "DELETED")


def test_tasks_of_the_vpc_reach_each_other(node, vpc):
    server = node.run({"command": SERVE, "environment": who("there")}, networkMode="awsvpc", run=vpc)
    node.says(server, "up")
    details = {one["name"]: one["value"] for one in node.running(server)["attachments"][0]["details"]}
    address = details["privateIPv4Address"]
    other = node.run({"command": f"timeout 5 wget -q -O - http://{address}/"}, networkMode="awsvpc", run=vpc)
    assert node.said(node.stopped(other)) == ["there"]
    bridge = node.ends({"command": f"timeout 5 wget -q -O - http://{address}/"})
    assert node.said(bridge) == ["there"]
    node.stop(server)


# What containers ask of their agent


def test_what_a_container_learns_of_itself(node, vpc):
    ask = (
        'for p in "" /task /stats /task/stats; do echo "$p $(wget -q -O - $ECS_CONTAINER_METADATA_URI_V4$p)"; done; '
        'echo "v3 $(wget -q -O - $ECS_CONTAINER_METADATA_URI)"; env | grep -E "^(ECS|AWS)" | sort'
    )
    for mode, run in (("bridge", {}), ("awsvpc", vpc)):
        task = node.ends({"command": "sleep 0.1; " + ask, "cpu": 10}, networkMode=mode, run=run)
        lines = node.said(task)
        assert task["containers"][0]["exitCode"] == 0, lines
        told = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines[:5]}
        told = {name: json.loads(text) for name, text in told.items()}
        own, whole = told[""], told["/task"]
        assert (own["Name"], own["DockerId"]) == ("app", task["containers"][0]["runtimeId"])
        assert own["ContainerARN"] == task["containers"][0]["containerArn"]
        assert own["Labels"]["com.amazonaws.ecs.task-arn"] == task["taskArn"]
        assert own["Limits"]["CPU"] == 10 and own["Networks"][0]["NetworkMode"] == mode
        assert (whole["TaskARN"], whole["LaunchType"]) == (task["taskArn"], "EC2")
        assert whole["Containers"][0]["Name"] == "app" and whole["Family"] in task["taskDefinitionArn"]
        assert told["v3"]["DockerId"] == own["DockerId"]
        if mode == "awsvpc":
            details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
            assert own["Networks"][0]["IPv4Addresses"] == [details["privateIPv4Address"]]
        stats = told["/stats"]
        assert stats["memory_stats"]["usage"] > 0 and stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0
        assert list(told["/task/stats"]) == [own["DockerId"]]
        env = dict(line.split("=", 1) for line in lines[5:])
        assert env["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2" and "ECS_AGENT_URI" in env
        assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in env  # it has no role


def test_credentials_are_for_those_who_have_a_role(node):
    words = {
        "command": "wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo; "
        "wget -q -O - http://169.254.170.2/v2/credentials/00000000-0000-0000-0000-000000000000 2>/dev/null || echo none"
    }
    lines = node.tells(words, taskRoleArn=ROLE)
    told = json.loads(lines[0])
    assert told["RoleArn"] == ROLE and told["AccessKeyId"] and told["SecretAccessKey"] and told["Expiration"]
    assert lines[1:] == ["none"]


def test_protection_is_for_tasks_of_services(node):
    task = node.ends({"command": "wget -q -O - $ECS_AGENT_URI/task-protection/v1/state"}, taskRoleArn=ROLE)
    told = json.loads(node.said(task)[0])
    assert told["failure"]["Arn"] == task["taskArn"] and told["failure"]["Reason"] == "TASK_NOT_VALID"
