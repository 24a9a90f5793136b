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


@pytest.mark.parametrize("service, name, protocol", CASES)
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
