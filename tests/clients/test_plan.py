"""`gantry plan`: what a request would come to, and that nothing of it happens before it is applied."""

import json

import pytest
from support.clients import client, connected
from support.server import gantry


@pytest.fixture(scope="module")
def ecs(simulated):
    ecs = client(simulated, "ecs")
    connected(ecs)
    for image in ("web:1", "web:2"):
        ecs.register_task_definition(
            family="web", containerDefinitions=[{"name": "web", "image": image, "cpu": 256, "memory": 128}]
        )
    return ecs


def plan(server, *words, good=True):
    told = gantry("plan", *words, "--data", server.data)
    assert (told.returncode == 0) == good, (told.stdout, told.stderr)
    return told.stdout if good else told.stderr


def plan_json(server, *words):
    return json.loads(plan(server, *words, "--json"))


def test_a_plan_is_applied_only_as_it_was_seen(simulated, ecs):
    words = ["create-service", "--service-name", "a", "--task-definition", "web:1"]
    told = plan_json(simulated, *words, "--desired-count", 3)
    assert told["fits"] and told["ends"] == "SUCCESSFUL"
    assert sum(step["started"] for step in told["steps"]) == 3
    assert told["peak"]["cpu"] == 768
    assert ecs.list_services()["serviceArns"] == [], "nothing happened"
    refused = plan(simulated, *words, "--desired-count", 4, "--apply", told["hash"], good=False)
    assert "ConflictException" in refused and "Nothing was changed" in refused
    text = plan(simulated, *words, "--desired-count", 3, "--apply", told["hash"])
    assert "is applied" in text
    ecs.get_waiter("services_stable").wait(services=["a"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    [service] = ecs.describe_services(services=["a"])["services"]
    assert service["runningCount"] == 3


def test_an_update_tells_what_changes(simulated, ecs):
    ecs.create_service(serviceName="b", taskDefinition="web:1", desiredCount=2)
    ecs.get_waiter("services_stable").wait(services=["b"], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    text = plan(simulated, "update-service", "--service", "b", "--task-definition", "web:2")
    assert "definition.containerDefinitions.web.image: web:1 -> web:2" in text
    assert "of 2 desired at least 2 stay, at most 4 are there" in text
    assert "it fits" in text and "--apply" in text


def test_what_does_not_fit_says_so(simulated, ecs):
    told = plan_json(
        simulated, "create-service", "--service-name", "c", "--task-definition", "web:1", "--desired-count", 5000
    )
    assert not told["fits"]
    assert "unable" in told["lacks"][0] or "no container instance" in told["lacks"][0]
    assert "ServiceNotFoundException" in plan(simulated, "update-service", "--service", "none", good=False)
