"""What the generator writes for models that have in them what makes generating hard."""

import pytest
from model import Model, Refused
from names import fields, raw, snake, types
from write import write_service


def text(shapes, **more):
    """The file for a service with one operation, whose input is the shape `In`."""
    operation = {"name": "Do", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "In"}}
    metadata = {
        "apiVersion": "2026-01-01", "endpointPrefix": "toy", "protocol": "json", "jsonVersion": "1.1",
        "serviceFullName": "Toy",
    }
    model = {
        "metadata": metadata | more.get("metadata", {}),
        "operations": {"Do": operation | more.get("operation", {})},
        "shapes": shapes | {"Unreached": {"type": "string"}},
    }
    return write_service(Model("toy", model, "*"), "0")


def structure(**members):
    return {"type": "structure", "members": {name: {"shape": shape} for name, shape in members.items()}}


@pytest.mark.parametrize(
    "name, wanted",
    [
        ("clusterArn", "cluster_arn"),
        ("ARN", "arn"),
        ("ARNs", "arns"),
        ("ec2InstanceId", "ec2_instance_id"),
        ("vpcLatticeConfigurations", "vpc_lattice_configurations"),
        ("KMSKeyId", "kms_key_id"),
        ("SubnetIDs", "subnet_ids"),
        ("IPv6Addresses", "ipv6_addresses"),
        ("x-amz-meta", "x_amz_meta"),
    ],
)
def test_a_member_is_named_in_snake_case(name, wanted):
    assert snake(name) == wanted


def test_fields_are_identifiers_and_differ():
    assert fields(["type", "self", "in", "2nd", "Arn", "ARN"]) == ["r#type", "self_", "r#in", "_2nd", "arn", "arn_"]


def test_types_are_capitalised_and_differ():
    assert types(["StringType", "stringType", "arnType", "Self"]) == {
        "StringType": "StringType", "stringType": "StringType_", "arnType": "ArnType", "Self": "Self_",
    }


def test_a_pattern_is_raw_whatever_is_in_it():
    assert raw(r"\d+") == r'r"\d+"'
    assert raw('a"b') == 'r#"a"b"#'
    assert raw('a"#b') == 'r##"a"#b"##'


def test_only_what_is_reached_is_written():
    assert "Unreached" not in text({"In": structure()})


def test_a_cycle_is_boxed_once_where_it_closes_and_not_through_a_list():
    shapes = {
        "In": structure(a="A"),
        "A": structure(b="B", many="As"),
        "B": structure(a="A"),
        "As": {"type": "list", "member": {"shape": "A"}},
    }
    written = text(shapes)
    assert written.count("<boxed>") == 1
    assert 'a "a": A<boxed>;' in written


def test_members_carry_their_facts():
    shapes = {
        "In": {
            "type": "structure",
            "required": ["id"],
            "payload": "body",
            "members": {
                "id": {"shape": "Id", "location": "uri", "locationName": "Id"},
                "page": {"shape": "Id", "location": "querystring", "locationName": "page"},
                "rest": {"shape": "Map", "location": "querystring"},
                "when": {"shape": "When", "location": "header", "locationName": "X-When", "timestampFormat": "rfc822"},
                "meta": {"shape": "Map", "location": "headers", "locationName": "x-meta-"},
                "token": {"shape": "Id", "idempotencyToken": True},
                "body": {"shape": "Named"},
                "code": {"shape": "Count", "location": "statusCode"},
                "ec2": {"shape": "Id", "locationName": "ec2", "queryName": "Ec2"},
            },
        },
        "Id": {"type": "string", "min": 1, "max": 9, "pattern": ".*", "enum": ["a", 'b"'], "sensitive": True},
        "When": {"type": "timestamp", "timestampFormat": "iso8601"},
        "Map": {
            "type": "map", "flattened": True,
            "key": {"shape": "Id", "locationName": "k"}, "value": {"shape": "Id", "locationName": "v"},
        },
        "Named": structure() | {"locationName": "Thing", "sensitive": True},
        "Count": {"type": "integer"},
    }
    written = text(shapes)
    for line in [
        'id "id": Id .uri("Id").required();',
        'page "page": Id .query("page");',
        'rest "rest": Map .query_map();',
        'when "when": When .header("X-When").time(wire::schema::TimeFormat::Rfc822);',
        'meta "meta": Map .headers("x-meta-");',
        'token "token": Id .token();',
        'body "body": Named .payload().named("Thing");',
        'code "code": Count .status_code();',
        'ec2 "ec2": Id .named("ec2").ec2("Ec2");',
        r'Text Id .min(1.0).max(9.0).pattern(r".*").one_of(&["a", "b\""]).sensitive();',
        "Time When .time(wire::schema::TimeFormat::Iso8601);",
        'Map of Id Id .flat().element("v").key_named("k");',
        "Structure::new Named {} .sensitive()",
        "Int Count;",
    ]:
        assert line in written


def test_a_document_is_open():
    assert "Document In;" in text({"In": structure() | {"document": True}})


def test_faults_have_a_code_and_a_status():
    shapes = {
        "In": structure(),
        "Plain": structure() | {"exception": True},
        "Ours": structure() | {"exception": True, "fault": True},
        "Coded": structure() | {"exception": True, "error": {"code": "Code", "httpStatusCode": 404}},
    }
    errors = [{"shape": "Plain"}, {"shape": "Ours"}, {"shape": "Coded"}]
    written = text(shapes, operation={"errors": errors})
    for line in ['Plain "Plain" 400;', 'Ours "Ours" 500;', 'Coded "Code" 404;', "[Coded, Ours, Plain];"]:
        assert line in written


def test_answers_stream_events():
    stream = structure(started="Started", Broken="Broken") | {"eventstream": True}
    shapes = {
        "In": structure(), "Out": structure(stream="Stream"), "Stream": stream,
        "Started": structure() | {"event": True}, "Broken": structure() | {"exception": True},
    }
    written = text(shapes, operation={"output": {"shape": "Out"}})
    for line in ["Structure::events Stream {", 'started "started": Started;', 'broken "Broken": Broken .exception();']:
        assert line in written


def test_requests_that_stream_events_are_refused_by_name():
    shapes = {"In": structure(stream="Stream"), "Stream": structure() | {"eventstream": True}}
    with pytest.raises(Refused, match="toy Do streams events"):
        text(shapes)


def test_an_unknown_operation_is_refused_by_name():
    model = {"metadata": {}, "operations": {}, "shapes": {}}
    with pytest.raises(Refused, match="toy has no operation Nope"):
        Model("toy", model, ["Nope"])
