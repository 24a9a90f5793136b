"""StartLiveTail with boto3 and the AWS CLI: what is said while they listen, for as long as they listen."""

import contextlib
import signal
import socket
import subprocess
import threading
import time

import pytest
from botocore.exceptions import EventStreamError
from support.clients import Aws, client, refused
from support.wait import until

SESSIONS = 15


@pytest.fixture(scope="module")
def logs(server):
    return client(server, "logs")


@pytest.fixture
def group(logs, server, name):
    """The ARN of a group of the test's own with stream `s`."""
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield server.arn(f"log-group:{name}", "logs")
    logs.delete_log_group(logGroupName=name)


def put(logs, group, *messages, stream="s"):
    events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
    group = group.rsplit(":", 1)[1]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


@contextlib.contextmanager
def tail(logs, *groups, **more):
    """A session that has begun: its start, and what comes after."""
    stream = logs.start_live_tail(logGroupIdentifiers=list(groups), **more)["responseStream"]
    try:
        events = iter(stream)
        yield next(events)["sessionStart"], events
    finally:
        stream.close()


def results(events):
    """Log events, one by one."""
    for event in events:
        yield from event["sessionUpdate"]["sessionResults"]


def test_a_session_hears_what_is_said_while_it_lasts(logs, group):
    put(logs, group, "before")
    with tail(logs, group, logEventFilterPattern="?one ?größer") as (start, events):
        assert (start["logGroupIdentifiers"], start["logEventFilterPattern"]) == ([group], "?one ?größer")
        assert len(start["sessionId"]) == len(start["requestId"]) == 36
        put(logs, group, "one", "two")
        put(logs, group, "größer \x00 \u2028")
        heard = results(events)
        first = next(heard)
        assert (first["message"], first["logStreamName"], first["logGroupIdentifier"]) == ("one", "s", group)
        assert abs(first["timestamp"] - first["ingestionTime"]) < 60_000
        assert next(heard)["message"] == "größer \x00 \u2028"


def test_an_update_comes_even_when_nothing_is_said(logs, group):
    with tail(logs, group) as (_, events):
        for _ in range(2):
            assert next(events)["sessionUpdate"] == {"sessionMetadata": {"sampled": False}, "sessionResults": []}


def test_streams_are_chosen_by_name_or_prefix(logs, group):
    for stream in ["web-1", "web-2", "job"]:
        logs.create_log_stream(logGroupName=group.rsplit(":", 1)[1], logStreamName=stream)
    for choice, wanted in [
        ({"logStreamNames": ["job"]}, ["to job"]),
        ({"logStreamNamePrefixes": ["web-", "other"]}, ["to web-1", "to web-2"]),
    ]:
        with tail(logs, group, **choice) as (start, events):
            assert {member: start[member] for member in choice} == choice
            for stream in ["s", "job", "web-1", "web-2"]:
                put(logs, group, f"to {stream}", stream=stream)
            heard = results(events)
            assert [next(heard)["message"] for _ in wanted] == wanted


def test_a_flood_is_sampled(logs, group):
    with tail(logs, group) as (_, events):
        said = [f"{i:05}" for i in range(9_000)]
        put(logs, group, *said)
        update = next(event["sessionUpdate"] for event in events if event["sessionUpdate"]["sessionResults"])
        heard = [event["message"] for event in update["sessionResults"]]
        assert update["sessionMetadata"] == {"sampled": True}
        assert len(heard) == 500 and heard == sorted(heard) and set(heard) < set(said)


def test_what_is_refused(logs, group, server):
    def start(*groups, **more):
        return refused(logs.start_live_tail, logGroupIdentifiers=list(groups), **more)[1]

    nowhere = server.arn("log-group:nowhere", "logs")
    assert start(nowhere) == "ResourceNotFoundException"
    assert start("by-name") == start(group + ":*") == "InvalidParameterException"
    assert start(*[group] * 11) == "InvalidParameterException"
    assert start(group, logEventFilterPattern="{ $.a") == "InvalidParameterException"
    assert start(group, group, logStreamNames=["s"]) == "InvalidParameterException"
    assert start(group, logStreamNames=["s"], logStreamNamePrefixes=["s"]) == "InvalidParameterException"


def test_sessions_are_bounded_and_end_with_their_client(logs, group):
    with contextlib.ExitStack() as sessions:
        for _ in range(SESSIONS):
            sessions.enter_context(tail(logs, group))
        assert refused(logs.start_live_tail, logGroupIdentifiers=[group])[1] == "LimitExceededException"

    def begins():
        with contextlib.suppress(logs.exceptions.LimitExceededException), tail(logs, group):
            return True

    until(begins, "the server notices that its clients are gone")


def test_the_word_before_the_host_does_no_harm(server, group, monkeypatch):
    """SDKs put `stream-` or `streaming-` before the host of this operation; here, every such name leads home."""
    resolve, asked = socket.getaddrinfo, []

    def home(host, *more, **words):
        asked.append(host)
        return resolve("127.0.0.1" if host.endswith("gantry.test") else host, *more, **words)

    monkeypatch.setattr(socket, "getaddrinfo", home)
    endpoint = f"http://logs.gantry.test:{server.port}"
    monkeypatch.setattr(server, "known_env", server.known_env | {"AWS_ENDPOINT_URL": endpoint})
    logs = client(server, "logs", inject_host_prefix=True)
    with tail(logs, group) as (_, events):
        put(logs, group, "hello")
        assert next(results(events))["message"] == "hello"
    assert {"logs.gantry.test", "stream-logs.gantry.test"} >= set(asked) > {"logs.gantry.test"}


def test_the_cli_follows(server, logs, group):
    aws = Aws(server)
    words = ["aws", "logs", "start-live-tail", "--log-group-identifiers", group, "--log-event-filter-pattern", "ERROR"]
    process = subprocess.Popen(words, env=aws.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    enough = threading.Event()

    def write():
        # Nothing tells when the CLI begins to listen.
        while not enough.wait(0.2):
            put(logs, group, "fine", "ERROR here")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert process.stdout.readline() == "ERROR here\n"
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=60)
        assert (process.returncode, complaint) == (0, "")
        assert set(said.splitlines()) <= {"ERROR here"}
    finally:
        enough.set()
        writer.join()
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_server_that_stops_says_so_and_waits_for_nobody(fresh):
    server = fresh().start()
    logs = client(server, "logs")
    logs.create_log_group(logGroupName="g")
    group = server.arn("log-group:g", "logs")
    with tail(logs, group) as (_, events), tail(logs, group):  # the second one reads nothing
        next(events)
        server.stop()
        with pytest.raises(EventStreamError) as ended:
            for _ in events:
                pass
    assert ended.value.response["Error"] == {"Code": "ServiceUnavailable", "Message": "The server is stopping."}
