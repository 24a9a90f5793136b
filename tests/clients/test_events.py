"""Events of a real server: their shapes, cursors through restarts and kills, and `gantry why` of what ended."""

import datetime
import json
import subprocess

import pytest
from support import clients, tasks
from support.raw import Caller
from support.server import BIN, gantry, plain_environment
from support.wait import until

TYPES = {
    "ECS Task State Change",
    "ECS Container Instance State Change",
    "ECS Service Action",
    "ECS Deployment State Change",
}


def events(server, *words):
    done = gantry("events", "--data", server.data, "--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def lines(server, *words):
    done = gantry("events", "--data", server.data, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def page(server, query):
    caller = Caller(server)
    return caller.send(caller.sign(caller.request(None, "", "GET", f"/_gantry/events{query}")))


def run(ecs, family):
    ecs.register_task_definition(family=family, containerDefinitions=[tasks.APP])
    return ecs.run_task(taskDefinition=family)["tasks"][0]["taskArn"]


def ended(ecs, arn):
    ecs.stop_task(task=arn)
    until(lambda: tasks.describe(ecs, [arn])[0]["lastStatus"] == "STOPPED", "the task stopped")


def test_a_tasks_life_is_told_in_eventbridges_shape(simulated, sim, name):
    begin = page(simulated, "").json()["cursor"]
    arn = run(sim, name)
    ended(sim, arn)
    told = events(simulated, "--after", begin, "--type", "task")
    assert {event["detail-type"] for event in told} == {"ECS Task State Change"}
    first, last = told[0], told[-1]
    assert set(first) == {
        "version",
        "id",
        "detail-type",
        "source",
        "account",
        "time",
        "region",
        "resources",
        "detail",
    }
    assert (first["version"], first["source"], first["resources"]) == ("0", "aws.ecs", [arn])
    assert (first["account"], first["region"]) == (simulated.said["account"], simulated.said["region"])
    assert last["detail"]["lastStatus"] == "STOPPED"
    assert last["detail"]["stopCode"] == "UserInitiated"
    assert last["detail"]["stoppedAt"].endswith("Z"), "times are text"
    described = tasks.describe(sim, [arn])[0]
    assert last["detail"]["version"] == described["version"]
    created = described["createdAt"].astimezone(datetime.timezone.utc)
    assert last["detail"]["createdAt"][:19] == created.strftime("%Y-%m-%dT%H:%M:%S")
    versions = [event["detail"]["version"] for event in told]
    assert versions == sorted(set(versions)), "each change is told once, in order"
    short = arn.rsplit("/", 1)[1][:12]
    said = lines(simulated, "--after", begin, "--type", "task")
    assert len(said) == len(told)
    assert all(f" default  task {short} {name}:1 " in line for line in said)
    assert "UserInitiated" in said[-1]


def test_instances_are_told_too_and_clusters_kept_apart(simulated):
    told = events(simulated, "--type", "instance")
    assert {event["detail-type"] for event in told} == {"ECS Container Instance State Change"}
    detail = told[-1]["detail"]
    assert detail["agentConnected"] is True
    assert detail["clusterArn"] == simulated.arn("cluster/default")
    assert {one["name"] for one in detail["registeredResources"]} >= {"CPU", "MEMORY"}
    assert events(simulated, "--cluster", "default")
    assert events(simulated, "--cluster", "elsewhere") == []
    assert {event["detail-type"] for event in events(simulated)} <= TYPES


def test_a_cursor_survives_restarts_and_kills(fresh):
    server = fresh("--simulated-nodes", "1")
    server.start()
    ecs = clients.connected(clients.client(server, "ecs"))
    begin = page(server, "").json()["cursor"]
    for n in range(3):
        ended(ecs, run(ecs, f"before-{n}"))
    before = [event["id"] for event in events(server, "--after", begin)]
    assert before and len(before) == len(set(before))
    half = before[len(before) // 2]
    for end in (server.stop, server.kill):
        end()
        server.start()
        ecs = clients.connected(clients.client(server, "ecs"))
        ended(ecs, run(ecs, f"after-{end.__name__}"))
        now = [event["id"] for event in events(server, "--after", begin)]
        assert now[: len(before)] == before, "what was told is told again, the same"
        assert len(now) > len(before) and len(now) == len(set(now))
        assert [event["id"] for event in events(server, "--after", half)] == now[now.index(half) + 1 :]
        before = now


def test_somebody_who_follows_gets_all_of_it_through_a_restart(fresh):
    server = fresh("--simulated-nodes", "1")
    server.start()
    ecs = clients.connected(clients.client(server, "ecs"))
    begin = page(server, "").json()["cursor"]
    ended(ecs, run(ecs, "one"))
    words = [BIN, "events", "-f", "--json", "--data", str(server.data), "--after", begin]
    out = server.home / "events.txt"
    with open(out, "w") as file:
        process = subprocess.Popen(words, env=plain_environment(server.home), stdout=file, stderr=subprocess.PIPE)
    try:
        until(lambda: "STOPPED" in out.read_text(), "the first task was heard of")
        server.kill()
        server.start()
        ecs = clients.connected(clients.client(server, "ecs"))
        arn = run(ecs, "two")
        ended(ecs, arn)
        wanted = [event["id"] for event in events(server, "--after", begin)]

        def heard():
            whole = out.read_text().rpartition("\n")[0]
            return [json.loads(line)["id"] for line in whole.splitlines()]

        until(lambda: len(heard()) >= len(wanted), "everything was heard of")
        assert heard()[: len(wanted)] == wanted
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_question_that_waits_is_answered_when_something_happens(simulated, sim, name):
    cursor = page(simulated, "").json()["cursor"]
    arn = run(sim, name)
    answer = page(simulated, f"?after={cursor}&type=task&wait=20").json()
    assert answer["events"][0]["event"]["resources"] == [arn]
    ended(sim, arn)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?after=x", "InvalidParameterException"),
        ("?after=99999999", "InvalidParameterException"),
        ("?after=00000000-0000-8000-8000-000000000000", "InvalidParameterException"),
        ("?since=yesterday", "InvalidParameterException"),
        ("?type=weather", "InvalidParameterException"),
        ("?limit=many", "InvalidParameterException"),
    ],
)
def test_bad_questions_are_refused(simulated, query, code):
    assert page(simulated, query).fault()[:2] == (400, code)


def test_pages_go_on_where_the_last_one_ended(simulated):
    whole = page(simulated, "?since=2000-01-01T00%3A00%3A00Z").json()
    pieces, query = [], "since=2000-01-01T00%3A00%3A00Z"
    while True:
        piece = page(simulated, f"?{query}&limit=3").json()
        assert len(piece["events"]) <= 3
        pieces += piece["events"]
        query = f"after={piece['cursor']}"
        if not piece["more"]:
            break
    assert [event["event"]["id"] for event in pieces] == [event["event"]["id"] for event in whole["events"]]


def why(server, *words, status=0):
    done = gantry("why", "--data", server.data, *words)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def test_why_tells_of_a_task_that_was_stopped(simulated, sim, name):
    arn = run(sim, name)
    ended(sim, arn)
    told = json.loads(why(simulated, arn, "--json").stdout)
    assert (told["kind"], told["arn"], told["stopCode"]) == ("task", arn, "UserInitiated")
    assert told["timeline"][0]["line"].startswith("task ")
    assert told["placement"]["node"] and told["times"]["stopped"]
    text = why(simulated, arn.rsplit("/", 1)[1][:16]).stdout
    assert text.splitlines()[1] == told["verdict"]
    error = why(simulated, "nobody-knows-this", status=1).stderr
    assert "nobody-knows-this" in error


def explain(server, *words, status=0):
    done = gantry("explain", "--data", server.data, *words)
    assert done.returncode == status, (done.stdout, done.stderr)
    return done


def test_explain_says_what_each_node_lacks(simulated, sim, name):
    sim.register_task_definition(family=name, containerDefinitions=[tasks.APP | {"memory": 10_000_000}])
    told = json.loads(explain(simulated, "--task-definition", name, "--json").stdout)
    (capacity,) = told["capacity"]
    assert (told["definition"], capacity["fits"], capacity["nodes"]) == (f"{name}:1", 0, 3)
    assert all(verdict["misfits"][0]["reason"] == "RESOURCE:MEMORY" for verdict in capacity["verdicts"])
    text = explain(simulated, "--task-definition", name).stdout
    assert "it fits on none of 3 nodes" in text and "smallest change" in text
    fits = json.loads(explain(simulated, "--task-definition", f"{name}:1", "--launch-type", "EC2", "--json").stdout)
    assert fits["capacity"][0]["next"] is None
    sim.register_task_definition(family=name, containerDefinitions=[tasks.APP])
    text = explain(simulated, "--task-definition", name).stdout
    assert "it fits on 3 of 3 nodes" in text and "The next one goes to node" in text
    assert "nobody" in explain(simulated, "nobody", status=1).stderr


def test_explain_and_why_of_a_service_without_room(simulated, sim, name):
    sim.register_task_definition(family=name, containerDefinitions=[tasks.APP | {"memory": 10_000_000}])
    begin = page(simulated, "").json()["cursor"]
    sim.create_service(serviceName=name, taskDefinition=name, desiredCount=1)
    until(lambda: events(simulated, "--after", begin, "--type", "service"), "the service said something")
    told = events(simulated, "--after", begin, "--type", "service", "--type", "deployment")
    assert told[0]["detail-type"] == "ECS Deployment State Change"
    assert told[0]["detail"]["eventName"] == "SERVICE_DEPLOYMENT_IN_PROGRESS"
    failure = told[1]["detail"]
    assert (failure["eventName"], failure["eventType"]) == ("SERVICE_TASK_PLACEMENT_FAILURE", "ERROR")
    assert told[1]["resources"] == [simulated.arn(f"service/default/{name}")]
    looked = json.loads(explain(simulated, name, "--json").stdout)
    assert (looked["kind"], looked["capacity"][0]["fits"]) == ("service", 0)
    post_mortem = json.loads(why(simulated, name, "--json").stdout)
    assert post_mortem["kind"] == "service" and post_mortem["unplaced"]
    assert post_mortem["deployment"]["status"] in ("PENDING", "IN_PROGRESS")
    sim.delete_service(service=name, force=True)
