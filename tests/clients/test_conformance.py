"""Our codecs against botocore's, for every operation of crates/api/api.toml in every protocol that its service speaks.

What botocore's serializers write must be routed to the operation and decoded to the same values; what we encode must
be parsed by botocore's parsers to the same values. Nothing here is written by hand for an operation: a new line in
api.toml is tested from then on.
"""

import functools
import tomllib

import pytest
from botocore import parsers, serialize
from botocore.awsrequest import HeadersDict
from botocore.exceptions import EventStreamError
from botocore.model import ServiceModel
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support import values
from support.clients import LOADER
from support.codec import ROOT, Codec

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
# The same values in every run, and a bound on how many; what fails is made small before it is shown.
SETTINGS = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@functools.cache
def model(service):
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


def protocols(service):
    metadata = model(service).metadata
    return metadata.get("protocols") or [metadata["protocol"]]


def ours(service, protocol):
    """Our name for botocore's protocol: there are two versions of JSON."""
    return f"json-{model(service).metadata['jsonVersion']}" if protocol == "json" else protocol


def listed():
    """Service and operations, as api.toml lists them."""
    for service, operations in tomllib.loads((ROOT / "crates/api/api.toml").read_text()).items():
        yield service, model(service).operation_names if operations == "*" else operations


CASES = [(s, name, protocol) for s, names in listed() for name in names for protocol in protocols(s)]


def declared(service, names):
    """The faults that these operations declare."""
    operations = [model(service).operation_model(name) for name in names]
    return list({shape.name: shape for operation in operations for shape in operation.error_shapes}.values())


FAULTS = [(s, protocol, declared(s, names)) for s, names in listed() if declared(s, names) for protocol in protocols(s)]


STREAMS = [(s, n, p) for s, n, p in CASES if model(s).operation_model(n).has_event_stream_output]


@pytest.fixture(scope="module")
def codec():
    codec = Codec()
    yield codec
    codec.close()


@pytest.mark.parametrize("service, names", list(listed()), ids=[service for service, _ in listed()])
def test_the_operations_are_those_of_the_list(codec, service, names):
    assert sorted(codec.ask("operations", service=service)["operations"]) == sorted(names)


@pytest.mark.parametrize("service, name, protocol", CASES)
def test_requests_are_understood(codec, service, name, protocol):
    operation = model(service).operation_model(name)
    shape = operation.input_shape
    serializer = serialize.create_serializer(protocol, include_validation=False)

    def check(members):
        decoded = codec.decode(service, serializer.serialize_to_request(members, operation))
        assert (decoded["operation"], decoded["protocol"]) == (name, ours(service, protocol))
        assert decoded["members"] == (values.plain(shape, members) if shape else {})
        return decoded

    def check_random(members):
        # Values are drawn within all bounds but patterns.
        assert [told for told in check(members)["broken"] if "regular expression" not in told] == []

    if shape is None:
        check({})
        return
    check(values.whole(shape))
    SETTINGS(given(values.value(shape, protocol, "request"))(check_random))()


@pytest.mark.parametrize("service, name, protocol", [case for case in CASES if case not in STREAMS])
def test_answers_are_understood(codec, service, name, protocol):
    shape = model(service).operation_model(name).output_shape
    parser = parsers.create_parser(protocol)

    def check(members):
        wanted = values.plain(shape, members) if shape else {}
        answer = codec.answer(service, name, ours(service, protocol), wanted)
        parsed = parser.parse(response(answer), shape)
        metadata = parsed.pop("ResponseMetadata", {})
        assert metadata.get("RequestId") == REQUEST_ID
        assert metadata["HTTPStatusCode"] == answer["status"] < 300
        assert (values.plain(shape, parsed) if shape else parsed) == wanted

    if shape is None:
        check({})
        return
    check(values.whole(shape))
    SETTINGS(given(values.value(shape, protocol, "answer"))(check))()


class Raw:
    """A connection that gives what it has a few bytes at a time."""

    def __init__(self, body):
        self.body = body

    def stream(self):
        yield from (self.body[at : at + 100] for at in range(0, len(self.body), 100))


@pytest.mark.parametrize("service, name, protocol", STREAMS)
def test_streams_are_understood(codec, service, name, protocol):
    shape = model(service).operation_model(name).output_shape
    [(member, stream)] = [(m, s) for m, s in shape.members.items() if s.serialization.get("eventstream")]
    parser = parsers.create_parser(protocol)
    ends = {event for event, its in stream.members.items() if its.metadata.get("exception")}

    def heard(events):
        answer = codec.stream(service, name, ours(service, protocol), [{member: event} for event in events])
        assert answer["headers"]["content-type"] == "application/vnd.amazon.eventstream"
        parsed = parser.parse(response(answer) | {"body": Raw(answer["body"]), "context": {"operation_name": name}}, shape)
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
        told = []
        with pytest.raises(EventStreamError) as ended:
            told.extend(parsed[member])
        return told, ended.value.response["Error"]

    def check(events):
        plain = [{event: values.plain(stream.members[event], it)} for event, it in events]
        told, ended = heard(plain)
        assert [{event: values.plain(stream.members[event], it) for event, it in one.items()} for one in told] == plain
        assert ended == {"Code": "TheEnd", "Message": "Nothing more."}

    def one(event):
        return st.tuples(st.just(event), values.value(stream.members[event], protocol, "answer"))

    check([(event, values.whole(stream.members[event])) for event in stream.members if event not in ends])
    SETTINGS(given(st.lists(st.one_of([one(event) for event in stream.members if event not in ends])))(check))()
    for event in ends:
        assert heard([{event: {"message": "why"}}]) == ([], {"Code": event, "Message": "why"})


@pytest.mark.parametrize("service, protocol, faults", FAULTS, ids=[f"{s}-{protocol}" for s, protocol, _ in FAULTS])
def test_faults_are_understood(codec, service, protocol, faults):
    parser = parsers.create_parser(protocol)

    def check(shape, message):
        answer = codec.fault(service, ours(service, protocol), shape.name, message)
        assert answer["status"] == shape.metadata.get("error", {}).get("httpStatusCode", answer["status"]) >= 400
        parsed = parser.parse(response(answer), None)
        assert parsed["Error"]["Code"] == shape.error_code
        # The parsers of XML make nothing of an empty text.
        assert (parsed["Error"]["Message"] or "") == message
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID

    text = values.XML_TEXT if protocol in ("query", "ec2") else values.TEXT
    SETTINGS(given(st.sampled_from(faults), text)(check))()


def response(answer):
    headers = HeadersDict()
    for name, value in answer["headers"].items():
        headers[name] = value
    return {"status_code": answer["status"], "headers": headers, "body": answer["body"]}
