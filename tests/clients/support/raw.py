"""Requests below the clients: signed as botocore signs them, or wrong on purpose."""

import datetime
import http.client
import json
import socket
import xml.etree.ElementTree
from unittest import mock

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TARGET = "AmazonEC2ContainerServiceV20141113"
SECONDS = 60


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def fault(self):
        """Status, code and message of a JSON fault."""
        told = self.json()
        return self.status, told["__type"], told.get("message", told.get("Message"))

    def xml_fault(self):
        """Status, code and message of a fault in either of the query protocols' envelopes."""
        told = {
            element.tag.rsplit("}", 1)[-1]: element.text
            for element in xml.etree.ElementTree.fromstring(self.body).iter()
        }
        return self.status, told["Code"], told["Message"]

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:400]!r}>"


class Caller:
    """Somebody who can sign, and need not."""

    def __init__(self, server):
        env = server.known_env
        self.host, self.port = "127.0.0.1", server.port
        self.endpoint, self.region = env["AWS_ENDPOINT_URL"], env["AWS_REGION"]
        self.keys = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])

    def request(self, target="ListClusters", body=b"{}", method="POST", path="/", headers=None):
        """An ECS request, not signed yet."""
        body = body.encode() if isinstance(body, str) else body
        all_headers = {"Content-Type": "application/x-amz-json-1.1"}
        if target is not None:
            all_headers["X-Amz-Target"] = target if "." in target else f"{TARGET}.{target}"
        return AWSRequest(method, self.endpoint + path, data=body, headers=all_headers | (headers or {}))

    def sign(self, request, service="ecs", region=None, keys=None, minutes_ago=0, expires=None):
        """Signs as of some time ago; with `expires`, in the URL instead of in the headers."""
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
        keys, region = keys or self.keys, region or self.region
        signer = SigV4Auth(keys, service, region) if expires is None else SigV4QueryAuth(keys, service, region, expires)
        with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: at.replace(tzinfo=None)):
            signer.add_auth(request)
        return request

    def send(self, request):
        prepared = request.prepare()
        path = prepared.url.removeprefix(self.endpoint) or "/"
        return self.exchange(prepared.method, path, dict(prepared.headers.items()), prepared.body or b"")

    def call(self, target="ListClusters", body=b"{}", **how):
        """A good signature around whatever the body is."""
        return self.send(self.sign(self.request(target, body, **how)))

    def exchange(self, method, path, headers, body=b""):
        connection = self.keep()
        try:
            return self.on(connection, method, path, headers, body)
        finally:
            connection.close()

    def keep(self):
        """A connection for more than one request."""
        return http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)

    def on(self, connection, method, path, headers, body=b""):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def connect(self):
        """A bare connection, for what is no HTTP."""
        return socket.create_connection((self.host, self.port), SECONDS)


def head(request, **more):
    """The head of a signed request as bytes, with further headers."""
    prepared = request.prepare()
    headers = {"Host": prepared.url.split("/")[2]} | dict(prepared.headers.items()) | more
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    lines = [f"{prepared.method} / HTTP/1.1"] + [f"{name}: {text(value)}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_answer(connection, method="POST"):
    """The answer that comes over a bare connection."""
    answer = http.client.HTTPResponse(connection, method=method)
    answer.begin()
    return Answer(answer.status, dict(answer.getheaders()), answer.read())
