"""Services on simulated nodes: made, rolled out, stopped half way, deployed from outside, and gone."""

import pytest
from support import clients
from support.clients import Aws, refused
from support.server import Server
from support.tasks import APP
from support.wait import until

QUICK = {"Delay": 0.2, "MaxAttempts": 300}


@pytest.fixture(scope="module")
def simulated():
    """Tasks without health checks count as healthy soon."""
    server = Server("--simulated-nodes", "3", "--settle-ms", "100")
    try:
        server.start()
        clients.connected(clients.client(server, "ecs"))
        yield server
        server.stop()
    finally:
        server.remove()


@pytest.fixture
def web(sim, define, name):
    """A service's life around a test."""

    class Web:
        def create(self, *containers, **words):
            words = {"taskDefinition": define(*containers), "desiredCount": 2} | words
            return sim.create_service(serviceName=name, **words)["service"]

        def update(self, **words):
            return sim.update_service(service=name, **words)["service"]

        def seen(self, **words):
            [service] = sim.describe_services(services=[name], **words)["services"]
            return service

        def stable(self):
            sim.get_waiter("services_stable").wait(services=[name], WaiterConfig=QUICK)

        def deployment(self):
            arn = self.seen()["currentServiceDeployment"]
            [deployment] = sim.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"]
            return deployment

        def becomes(self, status):
            until(lambda: self.deployment()["status"] == status, status)
            return self.deployment()

        def tasks(self):
            arns = sim.list_tasks(serviceName=name)["taskArns"]
            return sim.describe_tasks(tasks=arns, include=["TAGS"])["tasks"] if arns else []

        def running(self):
            return [task for task in self.tasks() if task["lastStatus"] == "RUNNING"]

    service = Web()
    yield service
    told = sim.describe_services(services=[name])["services"]
    if told and told[0]["status"] == "ACTIVE":
        sim.delete_service(service=name, force=True)
    if told:
        sim.get_waiter("services_inactive").wait(services=[name], WaiterConfig=QUICK)


def test_a_service_lives_until_it_is_deleted(sim, simulated, web, define, name):
    tags = [{"key": "team", "value": "web"}]
    made = web.create(tags=tags, propagateTags="SERVICE", enableECSManagedTags=True)
    assert made["serviceArn"] == simulated.arn(f"service/default/{name}")
    assert (made["status"], made["schedulingStrategy"], made["launchType"]) == ("ACTIVE", "REPLICA", "EC2")
    assert (made["tags"], made["createdBy"]) == (tags, f"arn:aws:iam::{simulated.said['account']}:root")
    web.stable()
    seen = web.seen()
    assert (seen["runningCount"], seen["pendingCount"], seen["desiredCount"]) == (2, 0, 2)
    assert "tags" not in seen
    [deployment] = seen["deployments"]
    tasks = web.running()
    assert {task["startedBy"] for task in tasks} == {deployment["id"]}
    assert {task["group"] for task in tasks} == {f"service:{name}"}
    managed = {"aws:ecs:serviceName": name, "aws:ecs:clusterName": "default", "team": "web"}
    assert {tag["key"]: tag["value"] for tag in tasks[0]["tags"]} == managed
    first = web.becomes("SUCCESSFUL")
    assert first["sourceServiceRevisions"] == []
    assert first["targetServiceRevision"]["runningTaskCount"] == 2
    web.update(desiredCount=3)
    web.stable()
    assert len(web.running()) == 3
    assert web.seen()["currentServiceDeployment"] == first["serviceDeploymentArn"]
    define()
    updated = web.update(taskDefinition=name)
    assert updated["taskDefinition"] == simulated.arn(f"task-definition/{name}:2")
    web.stable()
    second = web.becomes("SUCCESSFUL")
    assert [source["arn"] for source in second["sourceServiceRevisions"]] == [first["targetServiceRevision"]["arn"]]
    assert {task["taskDefinitionArn"] for task in web.running()} == {simulated.arn(f"task-definition/{name}:2")}
    listed = sim.list_service_deployments(service=name)["serviceDeployments"]
    assert [d["serviceDeploymentArn"] for d in listed] == [
        second["serviceDeploymentArn"],
        first["serviceDeploymentArn"],
    ]
    target = second["targetServiceRevision"]["arn"]
    [revision] = sim.describe_service_revisions(serviceRevisionArns=[target])["serviceRevisions"]
    assert revision["taskDefinition"] == updated["taskDefinition"]
    assert revision["containerImages"][0]["image"] == "app"
    assert simulated.arn(f"service/default/{name}") in sim.list_services()["serviceArns"]
    told = refused(sim.delete_service, service=name)
    assert told == (
        400,
        "InvalidParameterException",
        "The service cannot be stopped while it is scaled above 0.",
    )
    assert sim.delete_service(service=name, force=True)["service"]["status"] == "DRAINING"
    sim.get_waiter("services_inactive").wait(services=[name], WaiterConfig=QUICK)
    assert sim.list_services()["serviceArns"] == []
    assert refused(sim.update_service, service=name, desiredCount=1)[1] == "ServiceNotActiveException"
    assert web.tasks() == []
    web.create()
    web.stable()


def test_the_command_line_makes_and_waits_for_services(simulated, web, define, name):
    aws = Aws(simulated)
    family = define()
    made = aws("ecs", "create-service", "--service-name", name, "--task-definition", family, "--desired-count", 1)
    assert made["service"]["serviceName"] == name
    aws("ecs", "wait", "services-stable", "--services", name)
    forced = aws("ecs", "update-service", "--service", name, "--force-new-deployment")["service"]
    assert len(forced["deployments"]) == 2
    aws("ecs", "wait", "services-stable", "--services", name)
    assert len(web.seen()["deployments"]) == 1
    events = [event["message"] for event in web.seen()["events"]]
    assert f"(service {name}) has reached a steady state." in events
    aws("ecs", "delete-service", "--service", name, "--force")
    aws("ecs", "wait", "services-inactive", "--services", name)


def test_a_daemon_runs_on_every_node(sim, web, define, name):
    made = sim.create_service(serviceName=name, taskDefinition=define(), schedulingStrategy="DAEMON")["service"]
    percents = made["deploymentConfiguration"]
    assert (percents["minimumHealthyPercent"], percents["maximumPercent"]) == (0, 100)
    until(lambda: len(web.running()) == 3, "one on each node")
    assert len({task["containerInstanceArn"] for task in web.running()}) == 3
    assert refused(sim.update_service, service=name, desiredCount=1)[1] == "InvalidParameterException"
    sim.delete_service(service=name)


def test_what_is_not_allowed_is_said(sim, web, define, name):
    family = define()
    base = {"serviceName": name, "taskDefinition": family, "desiredCount": 1}
    both = "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
    percents = {"minimumHealthyPercent": 100, "maximumPercent": 100}
    hook = {"hookTargetArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "lifecycleStages": ["PRE_SCALE_UP"]}
    blue_green = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [hook]}
    group = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/a/1"
    balancer = {"targetGroupArn": group, "containerName": "other", "containerPort": 80}
    for change, words in (
        ({"deploymentConfiguration": percents}, both),
        ({"taskDefinition": "nothing"}, "TaskDefinition not found."),
        ({"schedulingStrategy": "DAEMON"}, "does not support a desired count"),
        ({"deploymentConfiguration": blue_green}, "Lambda"),
        ({"loadBalancers": [balancer]}, "The container other does not exist in the task definition."),
        ({"launchType": "FARGATE"}, "does not support launch_type FARGATE"),
    ):
        status, code, message = refused(sim.create_service, **base | change)
        assert (status, code) in ((400, "InvalidParameterException"), (400, "ClientException"))
        assert words in message, message
    told = sim.describe_services(services=[name])
    assert (told["services"], told["failures"][0]["reason"]) == ([], "MISSING")
    sim.create_service(**base)
    assert refused(sim.create_service, **base)[2] == "Creation of service was not idempotent."
    assert refused(sim.delete_cluster, cluster="default")[0] == 400


def test_a_broken_rollout_goes_back(sim, web, define, name):
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    web.create(deploymentConfiguration=breaker)
    web.stable()
    good = web.seen()["taskDefinition"]
    define(APP | {"image": "simulated/cannot-pull"})
    web.update(taskDefinition=f"{name}:2")
    back = web.becomes("ROLLBACK_SUCCESSFUL")
    assert back["deploymentCircuitBreaker"]["status"] == "TRIGGERED"
    assert back["rollback"]["serviceRevisionArn"] == back["sourceServiceRevisions"][0]["arn"]
    assert web.seen()["taskDefinition"] == good
    target, source = back["targetServiceRevision"], back["sourceServiceRevisions"][0]
    assert (target["requestedTaskCount"], target["runningTaskCount"]) == (0, 0)
    assert (target["requestedProductionTrafficWeight"], source["requestedProductionTrafficWeight"]) == (0, 100)
    # The same update is another try.
    web.update(taskDefinition=f"{name}:2")
    assert web.deployment()["serviceDeploymentArn"] != back["serviceDeploymentArn"]
    web.becomes("ROLLBACK_SUCCESSFUL")


def test_a_rollout_that_failed_does_not_freeze_its_service(sim, web, define, name):
    web.create(deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}})
    web.stable()
    define(APP | {"image": "simulated/cannot-pull"})
    web.update(taskDefinition=f"{name}:2")
    web.becomes("STOPPED")
    for desired in (3, 1, 0, 2):
        web.update(desiredCount=desired)
        until(lambda desired=desired: len(web.running()) == desired, f"{desired} run")
    good = {task["taskDefinitionArn"].rsplit(":", 1)[1] for task in web.running()}
    assert good == {"1"}, "of what failed nothing is started"
    [stopped, kept] = [task["taskArn"] for task in web.running()]
    sim.stop_task(task=stopped)
    until(lambda: {task["taskArn"] for task in web.running()} - {stopped, kept}, "it is made good")


def test_a_pause_waits_for_its_answer(sim, web, name):
    pause = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}
    blue_green = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [pause]}
    web.create(deploymentConfiguration=blue_green)

    def awaited():
        hooks = web.deployment().get("lifecycleHookDetails", [])
        return next((hook for hook in hooks if hook["status"] == "AWAITING_ACTION"), None)

    def go_on(action):
        hook = until(awaited, "a pause")
        arn = web.deployment()["serviceDeploymentArn"]
        sim.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook["hookId"], action=action)

    go_on("CONTINUE")
    web.becomes("SUCCESSFUL")
    blue = web.seen()["deployments"][0]["id"]
    web.update(forceNewDeployment=True)
    until(awaited, "a pause")
    assert len(web.running()) == 4, "both stand side by side"
    go_on("ROLLBACK")
    web.becomes("ROLLBACK_SUCCESSFUL")
    assert {task["startedBy"] for task in web.running()} == {blue}


def test_a_deployment_is_stopped_and_goes_back(sim, web, define, name):
    web.create()
    web.stable()
    before = {task["taskArn"] for task in web.running()}
    define(APP | {"image": "simulated/cannot-pull"})
    web.update(taskDefinition=f"{name}:2")
    arn = web.deployment()["serviceDeploymentArn"]
    assert sim.stop_service_deployment(serviceDeploymentArn=arn)["serviceDeploymentArn"] == arn
    web.becomes("ROLLBACK_SUCCESSFUL")
    assert {task["taskArn"] for task in web.running()} == before
    assert refused(sim.stop_service_deployment, serviceDeploymentArn=arn)[1] == "ConflictException"
    unknown = refused(sim.stop_service_deployment, serviceDeploymentArn=arn[:-1] + "-")
    assert unknown[1] == "ServiceDeploymentNotFoundException"


def test_task_sets_have_their_share(sim, simulated, web, define, name):
    sim.create_service(serviceName=name, deploymentController={"type": "EXTERNAL"}, desiredCount=4)
    family = define()
    words = {"cluster": "default", "service": name}
    half = {"value": 50.0, "unit": "PERCENT"}
    share = words | {"taskDefinition": family, "launchType": "EC2", "scale": half}
    blue = sim.create_task_set(**share, externalId="blue")["taskSet"]
    assert (blue["computedDesiredCount"], blue["status"], blue["externalId"]) == (2, "ACTIVE", "blue")
    sim.update_service_primary_task_set(**words, primaryTaskSet=blue["id"])
    green = sim.create_task_set(**share)["taskSet"]

    def sets():
        return {s["id"]: s for s in sim.describe_task_sets(**words)["taskSets"]}

    def steady(set, count):
        seen = sets()[set["id"]]
        return seen["stabilityStatus"] == "STEADY_STATE" and seen["runningCount"] == count

    until(lambda: steady(blue, 2) and steady(green, 2), "both have two tasks")
    assert sets()[blue["id"]]["status"] == "PRIMARY"
    sim.update_task_set(**words, taskSet=green["id"], scale={"value": 100.0, "unit": "PERCENT"})
    until(lambda: steady(green, 4), "four of green")
    assert refused(sim.delete_task_set, **words, taskSet=blue["id"])[1] == "InvalidParameterException"
    sim.delete_task_set(**words, taskSet=blue["id"], force=True)
    until(lambda: set(sets()) == {green["id"]}, "blue is gone")
    assert {task["startedBy"] for task in web.running()} == {green["id"]}
    assert refused(sim.update_service, service=name, taskDefinition=family)[1] == "InvalidParameterException"
    web.update(desiredCount=2)
    until(lambda: steady(green, 2), "two of green")


def test_a_protected_task_stays_when_its_service_shrinks(sim, web):
    web.create(desiredCount=3)
    web.stable()
    kept = web.running()[0]["taskArn"]
    told = sim.update_task_protection(cluster="default", tasks=[kept], protectionEnabled=True, expiresInMinutes=10)
    assert (told["failures"], told["protectedTasks"][0]["protectionEnabled"]) == ([], True)
    assert "expirationDate" in told["protectedTasks"][0]
    web.update(desiredCount=1)
    until(lambda: [task["taskArn"] for task in web.running()] == [kept], "the protected one is left")
    sim.update_task_protection(cluster="default", tasks=[kept], protectionEnabled=False)
    told = sim.get_task_protection(cluster="default", tasks=[kept])
    assert told["protectedTasks"] == [{"taskArn": kept, "protectionEnabled": False}]


def test_services_are_tagged_and_counted(sim, web, name):
    arn = web.create()["serviceArn"]
    sim.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}])
    assert sim.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]
    assert web.seen(include=["TAGS"])["tags"] == [{"key": "a", "value": "1"}]
    [cluster] = sim.describe_clusters(include=["STATISTICS"])["clusters"]
    statistics = {pair["name"]: pair["value"] for pair in cluster["statistics"]}
    assert (cluster["activeServicesCount"], statistics["activeEC2ServiceCount"]) == (1, "1")
