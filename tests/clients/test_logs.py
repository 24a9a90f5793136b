"""CloudWatch Logs with boto3 and the AWS CLI: events in, out again, searched, followed, and kept through a kill."""

import time

import pytest
from support.clients import Aws, client, refused
from support.wait import until

NO_GROUP = (400, "ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = (400, "ResourceNotFoundException", "The specified log stream does not exist.")


def now():
    return int(time.time() * 1000)


@pytest.fixture(scope="module")
def logs(server):
    return client(server, "logs")


@pytest.fixture
def group(logs, name):
    """A group of the test's own with stream `s`."""
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    yield name
    logs.delete_log_group(logGroupName=name)


def put(logs, group, *messages, stream="s", at=None):
    at = at or now()
    events = [{"timestamp": at + i, "message": message} for i, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_events_come_back_as_they_were(logs, group):
    said = ["plain", "größer", "\u2028 odd \x00 \x1b[31m", "x" * 100_000, '{"json": true}']
    at = now()
    answer = put(logs, group, *said, at=at)
    assert "rejectedLogEventsInfo" not in answer
    events = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in events] == said
    assert [event["timestamp"] for event in events] == [at + i for i in range(len(said))]
    assert all(abs(event["ingestionTime"] - at) < 60_000 for event in events)


def test_a_stream_is_read_to_its_end_and_back(logs, group):
    said = [str(i) for i in range(25)]
    put(logs, group, *said)
    read, token = [], {}
    while True:
        page = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, limit=10, **token)
        if token.get("nextToken") == page["nextForwardToken"]:
            break
        read += messages(page)
        token = {"nextToken": page["nextForwardToken"]}
    assert read == said
    newest = logs.get_log_events(logGroupName=group, logStreamName="s", limit=10)
    assert messages(newest) == said[-10:]
    before = logs.get_log_events(
        logGroupName=group, logStreamName="s", limit=10, nextToken=newest["nextBackwardToken"]
    )
    assert messages(before) == said[5:15]


def test_a_search_goes_over_all_streams_page_by_page(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    at = now()
    put(logs, group, *[f"ERROR s{i}" for i in range(10)], "fine", at=at)
    put(logs, group, *[f"ERROR t{i}" for i in range(10)], "fine", stream="t", at=at)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern="ERROR", PaginationConfig={"PageSize": 3}
    )
    events = [event for page in pages for event in page["events"]]
    assert [e["timestamp"] for e in events] == sorted(e["timestamp"] for e in events)
    assert len({e["eventId"] for e in events}) == 20
    assert {e["logStreamName"] for e in events} == {"s", "t"}
    found = logs.filter_log_events(logGroupName=group, filterPattern='"s7"', startFromHead=False)
    assert messages(found) == ["ERROR s7"]
    found = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="t", filterPattern="-ERROR")
    assert messages(found) == ["fine"]


@pytest.mark.parametrize(
    "pattern, wanted",
    [
        ("{ $.status >= 500 }", ["b"]),
        ('{ $.path = "/api/*" && $.user NOT EXISTS }', ["b"]),
        ("{ $.tags[*] = x || $.status = 200 }", ["a", "c"]),
        ("?alpha ?beta", ["d", "e"]),
        ('"alpha beta"', ["d"]),
        ("%be[ts]a$%", ["d", "e"]),
        ("[level = WARN, ..., ms > 10]", ["f"]),
    ],
)
def test_patterns(logs, group, pattern, wanted):
    said = {
        "a": '{"status": 200, "path": "/api/x", "user": 1}',
        "b": '{"status": 500, "path": "/api/y"}',
        "c": '{"tags": ["y", "x"]}',
        "d": "alpha beta",
        "e": "gamma beta",
        "f": "WARN slow [a b] 11",
    }
    put(logs, group, *said.values())
    found = messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern))
    assert found == [said[letter] for letter in wanted]


def test_what_is_refused(logs, group):
    assert refused(logs.create_log_group, logGroupName=group)[1] == "ResourceAlreadyExistsException"
    assert refused(logs.create_log_stream, logGroupName=group, logStreamName="s")[1] == "ResourceAlreadyExistsException"
    assert refused(logs.create_log_stream, logGroupName="nowhere", logStreamName="s") == NO_GROUP
    assert refused(logs.get_log_events, logGroupName="nowhere", logStreamName="s") == NO_GROUP
    assert refused(logs.get_log_events, logGroupName=group, logStreamName="t") == NO_STREAM
    assert refused(logs.filter_log_events, logGroupName="nowhere") == NO_GROUP
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="{ $.a")[1] == "InvalidParameterException"
    events = [{"timestamp": now(), "message": "x"}, {"timestamp": now() - 1000, "message": "y"}]
    words = refused(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=events)
    assert words[1:] == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
    )
    events = [{"timestamp": now(), "message": "x"}]
    assert refused(logs.put_log_events, logGroupName=group, logStreamName="t", logEvents=events) == NO_STREAM
    assert refused(logs.put_retention_policy, logGroupName=group, retentionInDays=2)[1] == "InvalidParameterException"
    bad = {"logGroupName": group, "logStreamName": "s", "nextToken": "f/1"}
    assert refused(logs.get_log_events, **bad)[2] == "The specified nextToken is invalid."


def test_old_events_are_told_apart(logs, group):
    day = 24 * 3600 * 1000
    events = [{"timestamp": now() - 15 * day, "message": "old"}, {"timestamp": now(), "message": "good"}]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events, sequenceToken="whatever")
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == ["good"]


def test_groups_tell_of_themselves(logs, group, server):
    put(logs, group, "12345")
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    [shown] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert (shown["retentionInDays"], shown["storedBytes"]) == (7, 5)
    logs.delete_retention_policy(logGroupName=group)
    [shown] = logs.describe_log_groups(logGroupIdentifiers=[shown["logGroupArn"]])["logGroups"]
    assert "retentionInDays" not in shown
    [stream] = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    assert stream["arn"] == shown["logGroupArn"] + ":log-stream:s"
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"]
    logs.tag_resource(resourceArn=shown["logGroupArn"], tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=shown["logGroupArn"], tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=shown["logGroupArn"])["tags"] == {"b": "2"}
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"b": "2"}


def test_the_cli_reads_and_searches(server, logs, group):
    aws = Aws(server)
    put(logs, group, "first", "second ERROR")
    where = ["--log-group-name", group]
    assert messages(aws("logs", "get-log-events", *where, "--log-stream-name", "s")) == ["first", "second ERROR"]
    assert messages(aws("logs", "filter-log-events", *where, "--filter-pattern", "ERROR")) == ["second ERROR"]
    [stream] = aws("logs", "describe-log-streams", *where, "--order-by", "LastEventTime")["logStreams"]
    assert stream["logStreamName"] == "s"


def follow(logs, group, since):
    """What is said since, for ever: the calls of `aws logs tail --follow`, which only the CLI's second generation has."""
    seen, asked = set(), {"logGroupName": group, "interleaved": True, "startTime": since}
    while True:
        page = logs.filter_log_events(**asked)
        for event in page["events"]:
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                asked["startTime"] = max(asked["startTime"], event["timestamp"])
                yield event["message"]
        asked.pop("nextToken", None)
        if "nextToken" in page:
            asked["nextToken"] = page["nextToken"]
        else:
            yield None  # nothing more for now


def test_a_follower_hears_everything_once(logs, group):
    at = now()
    put(logs, group, "too early", at=at - 600_000)
    put(logs, group, "one", at=at)
    heard, follower = [], follow(logs, group, at - 300_000)

    def hears(message):
        heard.extend(filter(None, [next(follower)]))
        return message in heard

    until(lambda: hears("one"), "the follower hears what was said before")
    put(logs, group, "two", at=at)
    put(logs, group, "three", at=at + 1)
    until(lambda: hears("three"), "and what is said since, also at the same millisecond")
    assert heard == ["one", "two", "three"]


def test_events_survive_a_kill(fresh):
    server = fresh().start()
    logs = client(server, "logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for i in range(50):
        put(logs, "g", f"line {i}")
    server.kill()
    server.start()
    logs = client(server, "logs")
    said = messages(logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True))
    assert said == [f"line {i}" for i in range(50)]
    logs.delete_log_group(logGroupName="g")
    logs.create_log_group(logGroupName="g")
    assert logs.describe_log_streams(logGroupName="g")["logStreams"] == []
    server.stop()
