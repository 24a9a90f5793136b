"""Servers and clients for every test here, and the log guard.

`server` is one without nodes, `simulated` one with three simulated nodes; both are shared by the tests of a file, which
therefore name what they make. The *log guard* fails a test during which a server said something on stderr that the test
did not announce with `@pytest.mark.logs("regular expression")`.
"""

import os

import pytest
from support import clients
from support.raw import Caller
from support.server import Server


def pytest_configure(config):
    config.addinivalue_line("markers", "logs(*patterns): what a server may say on stderr during this test")
    # Neither tests nor what they start may find what the machine has set up for AWS.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    outcome = yield
    marks = item.iter_markers("logs")
    allowed = [pattern for mark in marks for pattern in mark.args]
    said = [line for server in list(Server.known) for line in server.unexpected(allowed)]
    assert not said, f"the log guard: {said}"
    return outcome


def run(*words):
    server = Server(*words)
    try:
        server.start()
        server.known_env = server.env()
        yield server
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


@pytest.fixture
def fresh():
    """Servers that a test starts by itself: `fresh("--strict")` is not started yet, and removed at the end."""
    made = []

    def make(*words):
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


@pytest.fixture
def name(request):
    """A name that no other test of the file uses."""
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_"))
    return words.strip("-")[:100]
