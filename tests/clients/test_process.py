"""The binary as an operator meets it: starting, refusing to start, ending, and what it keeps in its data directory."""

import http.client
import json
import os
import pathlib
import signal
import stat
import subprocess

import pytest
from support.clients import client, refused
from support.raw import Caller, head, read_answer
from support.server import END_SECONDS, gantry
from support.wait import until


def refusal(process, server):
    """What a process says that could not start."""
    try:
        assert process.wait(END_SECONDS) == 1
    finally:
        process.kill()
        process.stdout.close()
    return "\n".join(server.unexpected())


def test_env_before_the_first_start_is_an_error(tmp_path):
    told = gantry("env", "--data", tmp_path / "data")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("error: no Gantry was ever started in ")
    assert not (tmp_path / "data").exists()


def test_what_it_says_when_it_is_ready(fresh):
    server = fresh().start()
    assert set(server.said) == {"endpoint", "region", "account", "pid", "node"}
    assert server.said["node"] is False  # it was told --no-node
    assert (server.said["region"], server.said["account"]) == ("us-east-1", "000000000000")
    assert server.said["pid"] == server.process.pid
    assert Caller(server).call().status == 200
    server.stop()


def test_a_greeting_for_people(fresh):
    server = fresh()
    process = server.spawn(for_people=True)
    try:
        lines = []
        while not lines or not lines[-1].startswith("Stop with"):
            lines.append(process.stdout.readline().decode())
            assert lines[-1], lines
        endpoint = lines[0].split()[3]
        assert lines[0] == f"Gantry answers on {endpoint} as account 000000000000 in us-east-1.\n"
        # What it tells people to type works.
        [typed] = [line.strip() for line in lines if "eval" in line]
        said = subprocess.run(
            ["sh", "-c", f"{typed}; echo $AWS_ENDPOINT_URL"], capture_output=True, text=True, timeout=60
        )
        assert (said.stdout, said.stderr) == (f"{endpoint}\n", "")
        process.send_signal(signal.SIGINT)
        assert process.wait(END_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert server.unexpected() == []


def test_nobody_else_reads_what_it_keeps(fresh):
    server = fresh().start()
    mode = lambda path: stat.S_IMODE(os.stat(path).st_mode)
    assert mode(server.data) == 0o700
    assert mode(server.data / "credentials") == 0o600
    secret = server.env()["AWS_SECRET_ACCESS_KEY"]
    assert len(secret) == 40
    server.stop()
    assert secret not in server.log.read_text()


def test_a_second_one_on_the_same_data_is_refused(fresh):
    server = fresh().start()
    told = refusal(server.spawn(), server)
    assert told.startswith(f"error: another Gantry is running on {server.data}\n")
    assert "--data DIR" in told
    # The first one was not disturbed, and is still the one that `env` names.
    assert server.env()["AWS_ENDPOINT_URL"] == server.endpoint
    assert Caller(server).call().status == 200
    server.stop()


def test_a_port_that_is_taken(fresh):
    first, second = fresh().start(), fresh()
    told = refusal(second.spawn(listen=f"127.0.0.1:{first.port}"), second)
    assert told.startswith(f"error: cannot listen on 127.0.0.1:{first.port}\n")
    assert "another --listen ADDR" in told
    first.stop()
    second.start().stop()  # nothing is left in the way


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it(fresh, how):
    server = fresh().start()
    server.process.send_signal(how)
    assert server.ended() == 0
    assert server.unexpected() == []
    assert not (server.data / "server").exists()


def test_open_connections_do_not_keep_it(fresh):
    server = fresh().start()
    caller = Caller(server)
    idle = caller.keep()
    prepared = caller.sign(caller.request()).prepare()
    assert caller.on(idle, "POST", "/", dict(prepared.headers.items()), prepared.body).status == 200
    with caller.connect(), caller.connect() as half:
        half.sendall(b"POST / HTTP/1.1\r\n")
        assert caller.call().status == 200  # those before were accepted by then
        server.process.send_signal(signal.SIGTERM)
        assert server.ended() == 0
    idle.close()


def test_a_request_in_flight_is_answered_before_it_ends(fresh):
    server = fresh().start()
    caller = Caller(server)
    body = b'{"clusterName": "last"}'
    request = caller.sign(caller.request("CreateCluster", body))
    with caller.connect() as connection:
        connection.sendall(head(request, **{"Content-Length": str(len(body)), "Expect": "100-continue"}))
        # It asks for the body, so the request is in its hands.
        assert b"100" in connection.recv(100)
        server.process.send_signal(signal.SIGTERM)
        wait_until_closed(server)
        connection.sendall(body)
        assert read_answer(connection).json()["cluster"]["clusterName"] == "last"
    assert server.ended() == 0
    server.start()
    assert [c["clusterName"] for c in client(server, "ecs").describe_clusters(clusters=["last"])["clusters"]] == [
        "last"
    ]
    server.stop()


def wait_until_closed(server):
    def is_closed():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        try:
            connection.connect()
        except ConnectionRefusedError:
            return True
        finally:
            connection.close()

    until(is_closed, "the door is closed")


def test_a_restart_keeps_who_it_is(fresh):
    server = fresh("--region", "eu-central-1", "--account", "123456789012").start()
    before = server.env()
    arn = client(server, "ecs").create_cluster(clusterName="web")["cluster"]["clusterArn"]
    assert arn == "arn:aws:ecs:eu-central-1:123456789012:cluster/web"
    server.stop()
    server.words = ["--no-node"]  # who it is need not be said again
    server.start()
    after = server.env()
    assert (server.said["region"], server.said["account"]) == ("eu-central-1", "123456789012")
    assert after == before | {"AWS_ENDPOINT_URL": after["AWS_ENDPOINT_URL"]}
    assert client(server, "ecs").list_clusters()["clusterArns"] == [arn]
    server.stop()


@pytest.mark.parametrize(
    "words, says",
    [
        (["--region", "eu-west-1"], "was made for region us-east-1"),
        (["--account", "111111111111"], "was made for account 000000000000"),
    ],
)
def test_it_cannot_become_another(fresh, words, says):
    server = fresh().start()
    server.stop()
    assert says in refusal(server.spawn(*words), server)


def test_services_of_another_region(fresh):
    server = fresh("--region", "eu-central-1").start()
    assert client(server, "iam").get_user()["User"]["Arn"] == "arn:aws:iam::000000000000:root"
    assert client(server, "sts").get_caller_identity()["Account"] == "000000000000"
    assert client(server, "ec2").describe_availability_zones()["AvailabilityZones"][0]["ZoneName"] == "eu-central-1a"
    told = refused(
        client(server, "ecs").describe_clusters, clusters=["arn:aws:ecs:eu-central-1:000000000000:cluster/web"] * 101
    )
    assert told[1] == "InvalidParameterException"
    server.stop()


def test_strict_refuses_what_is_only_stored(fresh):
    server = fresh("--strict").start()
    ecs = client(server, "ecs")
    container = {"name": "app", "image": "a", "memory": 8}
    ecs.register_task_definition(family="web", containerDefinitions=[container])
    status, code, message = refused(
        ecs.register_task_definition, family="web", containerDefinitions=[container | {"versionConsistency": "disabled"}]
    )
    assert (status, code) == (400, "UnsupportedFeatureException")
    assert (
        message
        == "The field 'containerDefinitions[0].versionConsistency' is stored but has no effect yet, and strict mode is on."
    )
    server.stop()


def test_what_is_rejected_is_refused_without_being_strict(fresh):
    server = fresh().start()
    accelerators = [{"deviceName": "d", "deviceType": "eia2.medium"}]
    container = {"name": "app", "image": "a", "memory": 8}
    told = refused(
        client(server, "ecs").register_task_definition,
        family="web",
        containerDefinitions=[container],
        inferenceAccelerators=accelerators,
    )
    assert told == (400, "UnsupportedFeatureException", "The field 'inferenceAccelerators' is not supported.")
    server.stop()


def test_simulated_nodes_are_the_same_after_a_restart(fresh):
    server = fresh("--simulated-nodes", "2").start()
    nodes = client(server, "ecs").list_container_instances()["containerInstanceArns"]
    assert len(nodes) == 2
    server.stop()
    server.start()
    assert client(server, "ecs").list_container_instances()["containerInstanceArns"] == nodes
    server.stop()


def test_fidelity_is_printed(server):
    lines = [json.loads(line) for line in gantry("admin", "fidelity", "--json").stdout.splitlines()]
    assert {"service": "ecs", "what": "operation RunTask", "level": "enforced"}.items() <= next(
        line for line in lines if line["what"] == "operation RunTask"
    ).items()
    assert {line["level"] for line in lines} == {"enforced", "stored", "rejected"}
    only = [json.loads(line) for line in gantry("admin", "fidelity", "--json", "sts").stdout.splitlines()]
    assert {line["service"] for line in only} == {"sts"}
    told = gantry("admin", "fidelity", "moon")
    assert (told.returncode, told.stderr.splitlines()[0]) == (1, "error: there is no service moon")


def test_the_doctor_looks_when_nobody_is_there(fresh):
    server = fresh().start()
    told = gantry("admin", "doctor", "--data", server.data)
    assert told.returncode == 1
    assert told.stderr.startswith("error: another Gantry is running on ")
    server.stop()
    told = gantry("admin", "doctor", "--data", server.data, "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["broken"] == []


@pytest.mark.parametrize(
    "words, status",
    [
        (["--help"], 0),
        (["up", "--help"], 0),
        (["--version"], 0),
        ([], 2),
        (["down"], 2),
        (["up", "--listen", "here"], 2),
        (["up", "--region", "moon"], 2),
        (["up", "--account", "1"], 2),
        (["up", "--simulated-nodes", "-1"], 2),
        (["admin"], 2),
    ],
)
def test_exit_statuses(words, status):
    told = gantry(*words)
    assert told.returncode == status
    assert told.stderr if status else told.stdout
    assert "panicked" not in told.stderr


def test_a_directory_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    told = gantry("up", "--data", tmp_path / "file" / "data", "--listen", "127.0.0.1:0")
    assert told.returncode == 1
    assert told.stderr.startswith("error: ")


def test_a_directory_that_was_damaged(fresh):
    server = fresh().start()
    server.stop()
    identity = pathlib.Path(server.data) / "identity"
    identity.write_text("region\n")
    assert f"error: {identity} is damaged" in refusal(server.spawn(), server)


def test_a_port_of_ones_own_choice_is_what_env_says_after_a_kill(fresh):
    server = fresh().start()
    server.kill()
    killed = server.endpoint
    assert server.env()["AWS_ENDPOINT_URL"] == killed  # the last that is known
    server.start()
    assert server.env()["AWS_ENDPOINT_URL"] == server.endpoint
    server.stop()
