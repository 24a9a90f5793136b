"""Servers and clients for every test here, and the log guard.

`server` is one without nodes, `simulated` one with three simulated nodes, `node` one that really runs containers on
this machine; each is shared by the tests of a file, which therefore name what they make. The *log guard* fails a test
during which a server said something on stderr that the test did not announce with
`@pytest.mark.logs("regular expression")`.

`cargo xtask test` runs all of it. One file while writing, once that has made the environment and a build the binaries:
`target/tools/venv/bin/python -m pytest tests/clients/test_tasks.py`.
"""

import os

import pytest
from support import clients, tasks
from support.node import RealNode
from support.raw import Caller
from support.server import Server
from support.wait import until


def pytest_configure(config):
    config.addinivalue_line("markers", "logs(*patterns): what a server may say on stderr during this test")
    # Neither tests nor what they start may find what the machine has set up for AWS.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    allowed = [pattern for mark in item.iter_markers("logs") for pattern in mark.args]
    try:
        outcome = yield
    finally:
        said = [line for server in list(Server.known) for line in server.unexpected(allowed)]
        if said:
            item.add_report_section("call", "stderr of servers", "\n".join(said))
    assert not said, f"the log guard: {said}"
    return outcome


def run(*words):
    server = Server(*(words or ["--no-node"]))
    try:
        yield server.start()
        server.stop()
    finally:
        server.remove()


@pytest.fixture(scope="module")
def server():
    yield from run()


@pytest.fixture(scope="module")
def simulated():
    for server in run("--simulated-nodes", "3"):
        clients.connected(clients.client(server, "ecs"))
        yield server


@pytest.fixture(scope="module")
def node():
    """A server whose node is this machine. At the end nothing may be left on the machine of what its tasks had."""
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "in CI these tests must run, as root"
        pytest.skip("needs root")
    node = RealNode()
    try:
        yield node.start()
        node.at_rest()
        node.server.stop()
        node.left_the_machine()
    finally:
        node.remove()


@pytest.fixture
def fresh():
    """Servers that a test starts by itself: `fresh("--strict")` is not started yet, and removed at the end. They run no
    tasks on this machine unless asked to."""
    made = []

    def make(*words, node=False):
        words = [*words] if node or "--simulated-nodes" in words else ["--no-node", *words]
        made.append(Server(*words))
        return made[-1]

    yield make
    for one in made:
        one.remove()


@pytest.fixture(scope="module")
def ecs(server):
    return clients.client(server, "ecs")


@pytest.fixture(scope="module")
def sim(simulated):
    return clients.client(simulated, "ecs")


@pytest.fixture(scope="module")
def caller(server):
    return Caller(server)


@pytest.fixture(scope="module")
def network(simulated):
    """A network configuration in the default VPC: every zone, in each of which there is a simulated node."""
    subnets = clients.client(simulated, "ec2").describe_subnets()["Subnets"]
    return {"awsvpcConfiguration": {"subnets": [subnet["SubnetId"] for subnet in subnets]}}


@pytest.fixture
def name(request):
    """A name that no other test of the file uses."""
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_"))
    return words.strip("-")[:100]


@pytest.fixture
def define(sim, name):
    """Registers a definition of the given containers and gives its family."""

    def register(*containers, **members):
        sim.register_task_definition(family=name, containerDefinitions=list(containers) or [tasks.APP], **members)
        return name

    return register


@pytest.fixture
def cleanly(sim):
    """Stops what a test leaves running: the nodes are shared by the file."""
    yield
    pages = sim.get_paginator("list_tasks").paginate()
    left = [arn for page in pages for arn in page["taskArns"]]
    for arn in left:
        sim.stop_task(task=arn)
    if left:
        until(lambda: all(task["lastStatus"] == "STOPPED" for task in tasks.describe(sim, left)), "all tasks stopped")
