"""`gantry admin leave`, and an end in good order: what a node made on the machine is gone, counted before and after."""

import json
import pathlib

import pytest
from support.node import GROUPS, STAY, RealNode, output, processes
from support.server import gantry


@pytest.fixture
def node():
    node = RealNode()
    try:
        yield node.start()
    finally:
        node.remove()


def made(node):
    """What is on the machine under the node's name, of each kind."""
    instance, data = node.instance, str(node.server.data)
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        "mounts": sum(data in line for line in mounts),
        "groups": sum(len(list(GROUPS.glob(f"{way}gantry/{instance}{below}"))) for way in ("", "*/") for below in ("", "/**/")),
        "links": output("ip", "link").count(f"gty{instance}"),
        "tables": output("nft", "list", "tables").count(f"gantry_{instance}"),
        "processes": len(processes(data)),
    }


def leave(node, *words):
    return gantry("admin", "leave", "--data", node.server.data, *words)


def test_a_stopped_node_leaves_nothing_of_its_tasks_but_what_they_came_to(node):
    subnets = [subnet["SubnetId"] for subnet in node.ec2.describe_subnets()["Subnets"]]
    where = {"awsvpcConfiguration": {"subnets": subnets}}
    bridged = node.run({"command": STAY, "portMappings": [{"containerPort": 80}]})
    own = node.run({"command": STAY}, networkMode="awsvpc", run={"networkConfiguration": where})
    node.running(bridged), node.running(own)
    refused = leave(node)
    assert refused.returncode == 1 and "another node is running" in refused.stderr
    node.server.kill()
    before = made(node)
    assert all(before.values()), before

    refused = leave(node)
    assert refused.returncode == 1 and "2 of its containers still run" in refused.stderr and "--kill" in refused.stderr
    assert made(node) == before
    left = leave(node, "--kill", "--json")
    assert left.returncode == 0, left.stderr
    assert json.loads(left.stdout) | {"mounts": None} == {"instance": node.instance, "containers": 2, "mounts": None}
    assert made(node) == dict.fromkeys(before, 0)
    assert leave(node).returncode == 0, "once more does no harm"

    node.start()
    for arn in (bridged, own):
        task = node.stopped(arn)
        assert task["containers"][0]["exitCode"] == 137
    assert node.tells("echo well") == ["well"]
    node.at_rest()
    node.server.stop()
    assert made(node) == dict.fromkeys(before, 0), "an end in good order needs no help"


def test_there_must_be_a_node_to_leave(tmp_path):
    told = gantry("admin", "leave", "--data", tmp_path)
    assert told.returncode == 1 and "there was never a node" in told.stderr
