"""Who may come in: good signatures of every kind, and what each bad one is told, in the words of each protocol."""

import datetime

import pytest
from botocore.credentials import Credentials
from support.clients import client, refused

MISMATCH = "The request signature we calculated does not match the signature you provided."


def test_a_good_signature_is_let_in(caller):
    assert caller.call().json() == {"clusterArns": []}


def test_somebody_who_does_not_say_who_he_is(caller):
    assert caller.send(caller.request()).fault() == (
        400,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_nobody_has_this_key(caller):
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
    told = caller.send(caller.sign(caller.request(), keys=keys)).fault()
    assert told == (400, "UnrecognizedClientException", "The security token included in the request is invalid.")


def test_the_secret_is_another(caller):
    keys = Credentials(caller.keys.access_key, "not the secret")
    status, code, message = caller.send(caller.sign(caller.request(), keys=keys)).fault()
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith(MISMATCH)


def test_a_session_token_that_nobody_was_given(caller):
    keys = Credentials(caller.keys.access_key, caller.keys.secret_key, "token")
    assert caller.send(caller.sign(caller.request(), keys=keys)).fault()[:2] == (400, "UnrecognizedClientException")


@pytest.mark.parametrize("change", ["body", "target", "header", "method", "query"])
def test_what_was_signed_cannot_be_changed(caller, change):
    prepared = caller.sign(caller.request("ListClusters", b'{"maxResults": 1}')).prepare()
    headers, body, method, path = dict(prepared.headers.items()), prepared.body, "POST", "/"
    match change:
        case "body":
            body = b'{"maxResults": 2}'
        case "target":
            headers["X-Amz-Target"] = (
                headers["X-Amz-Target"].decode().replace("List", "Delete")
                if isinstance(headers["X-Amz-Target"], bytes)
                else headers["X-Amz-Target"].replace("List", "Delete")
            )
        case "header":
            headers["Content-Type"] = "application/x-amz-json-1.0"
        case "method":
            method = "PUT"
        case "query":
            path = "/?a=b"
    status, code, message = caller.exchange(method, path, headers, body).fault()
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith(MISMATCH)


def test_a_scope_of_somewhere_else(caller):
    status, code, message = caller.send(caller.sign(caller.request(), region="eu-west-1")).fault()
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith("Credential should be scoped to a valid region.")


def test_a_scope_of_something_else(caller):
    status, code, message = caller.send(caller.sign(caller.request(), service="ec2")).fault()
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith("Credential should be scoped to correct service: 'ecs'.")


@pytest.mark.parametrize("minutes_ago, says", [(16, "Signature expired: "), (-16, "Signature not yet current: ")])
def test_a_signature_is_good_for_a_quarter_of_an_hour(caller, minutes_ago, says):
    assert caller.send(caller.sign(caller.request(), minutes_ago=minutes_ago * 14 // 16)).status == 200
    status, code, message = caller.send(caller.sign(caller.request(), minutes_ago=minutes_ago)).fault()
    assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith(says)


@pytest.mark.parametrize("authorization", ["Basic dXNlcjpwYXNz", "Bearer token", "", "nonsense"])
def test_another_way_to_say_who_one_is_says_nothing(caller, authorization):
    request = caller.request(headers={"Authorization": authorization})
    assert caller.send(request).fault()[:2] == (400, "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    "authorization, says",
    [
        ("AWS4-HMAC-SHA256", "Authorization header requires 'Credential' parameter."),
        ("AWS4-HMAC-SHA256 Credential=a", "Authorization header requires 'Signature' parameter."),
        ("AWS4-HMAC-SHA256 Credential", "not a valid key=value pair"),
        ("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0", "exactly 5 slash-delimited elements"),
        ("AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0", "AWS4-ECDSA-P256-SHA256"),
        ("AWS4-HMAC-SHA256 " + "a" * 20_000, "too long"),
    ],
)
def test_an_authorization_that_is_none(caller, authorization, says):
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": authorization,
    }
    status, code, message = caller.exchange("POST", "/", headers, b"{}").fault()
    assert (status, code) == (400, "IncompleteSignatureException")
    assert says in message


def sts(caller, **how):
    path = "/?Action=GetCallerIdentity&Version=2011-06-15"
    request = caller.request(None, b"", method="GET", path=path)
    del request.headers["Content-Type"]
    return caller.sign(request, service="sts", **how)


def test_a_presigned_url_is_good_until_it_ends(caller):
    answer = caller.send(sts(caller, expires=600))
    assert answer.status == 200
    assert b"<GetCallerIdentityResult>" in answer.body
    assert caller.send(sts(caller, expires=3600, minutes_ago=59)).status == 200
    status, code, message = caller.send(sts(caller, expires=60, minutes_ago=2)).xml_fault()
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith("Signature expired: ")
    assert caller.send(sts(caller, expires=8 * 24 * 3600)).xml_fault()[1] == "IncompleteSignature"


def test_boto3_presigns_what_we_accept(server, caller):
    url = client(server, "sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    answer = caller.exchange("GET", url.removeprefix(caller.endpoint), {})
    assert answer.status == 200
    changed = url.replace("GetCallerIdentity", "GetSessionToken")
    assert caller.exchange("GET", changed.removeprefix(caller.endpoint), {}).xml_fault()[:2] == (
        403,
        "SignatureDoesNotMatch",
    )


def test_query_services_have_their_own_words(server, caller):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = lambda: caller.request(None, "Action=GetCallerIdentity&Version=2011-06-15", headers=form)
    assert caller.send(request()).xml_fault() == (
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    )
    wrong = caller.send(caller.sign(request(), service="sts", region="eu-west-1")).xml_fault()
    assert wrong[:2] == (403, "SignatureDoesNotMatch")
    assert "not 'eu-west-1'" in wrong[2]
    nobody = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
    assert caller.send(caller.sign(request(), service="sts", keys=nobody)).xml_fault()[:2] == (
        403,
        "InvalidClientTokenId",
    )
    old = caller.send(caller.sign(request(), service="sts", minutes_ago=20)).xml_fault()
    assert old[:2] == (403, "SignatureDoesNotMatch")


def test_ec2_tells_strangers_little(caller):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = lambda: caller.request(None, "Action=DescribeRegions&Version=2016-11-15", headers=form)
    keys = Credentials(caller.keys.access_key, "not the secret")
    told = caller.send(caller.sign(request(), service="ec2", keys=keys)).xml_fault()
    assert told == (401, "AuthFailure", "AWS was not able to validate the provided access credentials")
    told = caller.send(caller.sign(request(), service="ec2", minutes_ago=20)).xml_fault()
    assert told == (400, "RequestExpired", "Request has expired.")


def test_rest_services_say_403(caller):
    request = caller.request(None, b"", method="GET", path="/schedule-groups")
    del request.headers["Content-Type"]
    answer = caller.send(caller.sign(request, service="scheduler", keys=Credentials(caller.keys.access_key, "wrong")))
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"].startswith("InvalidSignatureException")


def test_clients_hear_it_in_their_own_terms(server):
    known, server.known_env = server.known_env, server.known_env | {"AWS_SECRET_ACCESS_KEY": "wrong"}
    try:
        for service, operation, code in (
            ("ecs", "list_clusters", "InvalidSignatureException"),
            ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
            ("ec2", "describe_regions", "AuthFailure"),
            ("cloudwatch", "list_metrics", "InvalidSignatureException"),
            ("scheduler", "list_schedules", "InvalidSignatureException"),
        ):
            assert refused(getattr(client(server, service), operation))[1] == code, service
    finally:
        server.known_env = known


def test_one_page_needs_no_signature(caller):
    answer = caller.exchange("GET", "/_gantry/health", {})
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    for page in ("events", "secrets"):
        answer = caller.exchange("GET", f"/_gantry/{page}", {})
        assert answer.fault()[1] == "MissingAuthenticationTokenException", page


def test_what_requests_are_dated_by(caller):
    """The clock that counts is ours, and every answer tells it."""
    answer = caller.call()
    told = datetime.datetime.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(told - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)) < datetime.timedelta(minutes=5)
