"""Services of real containers: up, rolled out, rolled back, healed, and gone."""

import json

import pytest
from support.clients import Aws
from support.node import STAY, task_id
from support.wait import until

QUICK = {"Delay": 1, "MaxAttempts": 120}


@pytest.fixture
def web(node):
    """A service's life around a test."""

    class Web:
        name, ecs = "web", node.ecs

        def create(self, *containers, count=3, **words):
            family = node.define(*(containers or [{"command": STAY, "cpu": 16, "memoryReservation": 8}]))
            return node.ecs.create_service(
                serviceName=self.name, taskDefinition=family, desiredCount=count, **words
            )["service"]

        def update(self, *containers, **words):
            family = node.define(*containers) if containers else None
            more = {"taskDefinition": family} if family else {}
            return node.ecs.update_service(service=self.name, **more, **words)["service"]

        def seen(self):
            [service] = node.ecs.describe_services(services=[self.name])["services"]
            return service

        def stable(self):
            node.ecs.get_waiter("services_stable").wait(services=[self.name], WaiterConfig=QUICK)

        def steady(self):
            until(lambda: self.words()[:1] == ["(service web) has reached a steady state."], "a steady state", 90)

        def tasks(self, **words):
            arns = node.ecs.list_tasks(serviceName=self.name, **words)["taskArns"]
            return node.ecs.describe_tasks(tasks=arns)["tasks"] if arns else []

        def running(self):
            return [task for task in self.tasks() if task["lastStatus"] == "RUNNING"]

        def words(self):
            return [event["message"] for event in self.seen()["events"]]

    service = Web()
    yield service
    if service.seen()["status"] == "ACTIVE":
        node.ecs.delete_service(service=service.name, force=True)
    node.ecs.get_waiter("services_inactive").wait(services=[service.name], WaiterConfig=QUICK)


def small(command):
    return {"command": command, "cpu": 16, "memoryReservation": 8}


def test_a_service_comes_up_and_a_killed_container_is_replaced(node, web):
    made = web.create()
    assert (made["status"], made["desiredCount"], made["schedulingStrategy"]) == ("ACTIVE", 3, "REPLICA")
    web.stable()
    web.steady()
    tasks = web.running()
    assert len(tasks) == 3
    [deployment] = web.seen()["deployments"]
    assert (deployment["status"], deployment["rolloutState"]) == ("PRIMARY", "COMPLETED")
    assert {task["startedBy"] for task in tasks} == {deployment["id"]}
    assert {task["group"] for task in tasks} == {"service:web"}
    victim = tasks[0]["taskArn"]
    node.ecs.stop_task(task=victim, reason="to see what happens")
    until(lambda: len(web.running()) == 3 and victim not in [t["taskArn"] for t in web.running()], "three again")
    assert any("has started 1 tasks" in word for word in web.words())


def test_a_pipeline_renders_registers_updates_and_waits(node, web):
    web.create(small(f"echo one; {STAY}"))
    web.stable()
    aws = Aws(node.server)
    described = aws("ecs", "describe-task-definition", "--task-definition", web.seen()["taskDefinition"])
    described = described["taskDefinition"]
    document = {
        "family": described["family"],
        "containerDefinitions": described["containerDefinitions"],
    }
    document["containerDefinitions"][0]["environment"] = [{"name": "VERSION", "value": "2"}]
    path = node.server.home / "rendered.json"
    path.write_text(json.dumps(document))
    told = aws("ecs", "register-task-definition", "--cli-input-json", f"file://{path}")
    arn = told["taskDefinition"]["taskDefinitionArn"]
    aws("ecs", "update-service", "--service", "web", "--task-definition", arn)
    aws("ecs", "wait", "services-stable", "--services", "web")
    assert {task["taskDefinitionArn"] for task in web.running()} == {arn}
    [deployment] = web.seen()["deployments"]
    assert deployment["taskDefinition"] == arn


def test_a_broken_rollout_goes_back_by_itself(node, web):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    web.create(count=2, deploymentConfiguration=breaker)
    web.steady()
    good = web.seen()["taskDefinition"]
    before = {task["taskArn"] for task in web.running()}
    web.update(small("exit 3"))
    until(lambda: web.seen()["taskDefinition"] == good, "back", 90)
    web.steady()
    assert before <= {task["taskArn"] for task in web.running()}, "healthy tasks of the old revision stay"
    words = web.words()
    assert any("deployment failed: tasks failed to start" in word for word in words), words
    assert any("rolling back to" in word for word in words), words


def test_an_image_that_is_not_there_trips_the_breaker(node, web):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    web.create({"image": "127.0.0.1:1/none", "command": STAY}, count=1, deploymentConfiguration=breaker)

    def failed():
        [deployment] = web.seen()["deployments"]
        return deployment["rolloutState"] == "FAILED" and deployment

    deployment = until(failed, "given up", 120)
    assert deployment["rolloutStateReason"].startswith("ECS deployment circuit breaker")
    mine = [task for task in web.tasks(desiredStatus="STOPPED") if task["startedBy"] == deployment["id"]]
    reasons = {task["stoppedReason"] for task in mine}
    assert reasons and all(reason.startswith("CannotPullContainerError") for reason in reasons), reasons


def test_tasks_that_are_found_unhealthy_are_replaced(node, web):
    check = {"command": ["CMD-SHELL", "test ! -f /tmp/sick"], "interval": 5, "retries": 1, "timeout": 2}
    web.create({**small(f"(sleep 8; touch /tmp/sick) & {STAY}"), "healthCheck": check}, count=1)
    first = until(lambda: web.running(), "one")[0]["taskArn"]
    until(lambda: first not in [task["taskArn"] for task in web.running()], "replaced", 60)
    assert node.task(first)["stoppedReason"] == "Task failed container health checks"


def test_a_service_survives_the_servers_death(node, web):
    web.create(count=3)
    web.steady()
    before = {task["taskArn"]: task["containers"][0]["runtimeId"] for task in web.running()}
    node.server.kill()
    node.start()
    web.ecs = node.ecs
    after = until(lambda: len(web.running()) == 3 and web.running(), "three")
    assert {task["taskArn"]: task["containers"][0]["runtimeId"] for task in after} == before


def test_a_daemon_has_one_task_on_the_node(node, web):
    family = node.define(small(STAY))
    node.ecs.create_service(serviceName="web", taskDefinition=family, schedulingStrategy="DAEMON")
    web.steady()
    [task] = web.running()
    assert web.seen()["desiredCount"] == 1
    assert task_id(task["taskArn"])


def test_all_tasks_of_a_revision_have_one_image(node, web):
    node.add_image("web:1", Env=["V=1"])
    web.create({**small(STAY), "image": "web:1"}, count=1)
    web.steady()
    [one] = web.running()
    node.add_image("web:1", Env=["V=2"])
    node.ecs.update_service(service="web", desiredCount=2)
    both = until(lambda: len(web.running()) == 2 and web.running(), "two")
    assert {task["containers"][0]["imageDigest"] for task in both} == {one["containers"][0]["imageDigest"]}
    node.ecs.update_service(service="web", forceNewDeployment=True)
    web.stable()
    digests = {task["containers"][0]["imageDigest"] for task in web.running()}
    assert len(digests) == 1 and digests != {one["containers"][0]["imageDigest"]}
