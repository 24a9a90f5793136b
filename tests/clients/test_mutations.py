"""Ten thousand requests that were good before some of their bytes changed."""

import base64
import json
import random

from support.raw import TARGET


def test_ten_thousand_mutilated_requests(server, caller):
    """Bytes of good requests changed, taken out, put in and doubled; the signature is right for what is sent. Whatever
    is wrong is the caller's fault, never ours."""
    dice = random.Random(20261121)
    definition = {
        "family": "f",
        "containerDefinitions": [
            {
                "name": "app",
                "image": "a",
                "memory": 64,
                "portMappings": [{"containerPort": 80}],
                "dockerLabels": {"a": "b"},
                "environment": [{"name": "A", "value": "1"}],
                "logConfiguration": {"logDriver": "json-file", "options": {}},
            }
        ],
    }
    samples = [
        ("json", f"{TARGET}.{name}", json.dumps(members).encode())
        for name, members in (
            ("CreateCluster", {"clusterName": "c", "tags": [{"key": "a", "value": "é"}]}),
            ("RegisterTaskDefinition", definition),
            ("RunTask", {"taskDefinition": "f:1", "count": 1, "overrides": {}}),
            ("ListTasks", {"maxResults": 10, "nextToken": "bm9uZQ"}),
            ("DescribeClusters", {"clusters": ["a"], "include": ["TAGS"]}),
            ("PutAccountSetting", {"name": "awsvpcTrunking", "value": "enabled"}),
            ("CreateService", {"serviceName": "s"}),
        )
    ] + [
        ("form", "sts", b"Action=GetCallerIdentity&Version=2011-06-15"),
        (
            "form",
            "ec2",
            b"Action=DescribeAvailabilityZones&Version=2016-11-15&Filter.1.Name=zone-name&Filter.1.Value.1=a%2A",
        ),
        (
            "cbor",
            "ListMetrics",
            base64.b64decode("v2lOYW1lc3BhY2VnQVdTL0VDU2pEaW1lbnNpb25zgb9kTmFtZWFhZVZhbHVlYWL//w=="),
        ),
    ]
    connections = Connections(caller)
    seen = {}
    for i in range(10_000):
        kind, name, body = samples[i % len(samples)]
        body = mutilated(dice, body)
        if kind == "json":
            request, service = caller.request(name, body), "ecs"
        elif kind == "form":
            request = caller.request(None, body, headers={"Content-Type": "application/x-www-form-urlencoded"})
            service = name
        else:
            headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            path = f"/service/GraniteServiceVersion20100801/operation/{name}"
            request, service = caller.request(None, body, path=path, headers=headers), "monitoring"
        answer = connections.send(request, service)
        seen[answer.status] = seen.get(answer.status, 0) + 1
        assert answer.status < 500, (kind, name, body, answer)
        assert server.is_alive()
    # They were not all cut short at the door.
    assert seen[200] > 100 and seen[400] > 1000, seen


def mutilated(dice, body):
    body = bytearray(body)
    for _ in range(dice.choice([0, 1, 1, 1, 2, 3, 8])):
        at = dice.randrange(len(body) + 1)
        match dice.randrange(6):
            case 0 if at < len(body):
                body[at] = dice.randrange(256)
            case 1 if at < len(body):
                body[at] ^= 1 << dice.randrange(8)
            case 2:
                del body[at : at + dice.randrange(1, 9)]
            case 3:
                body[at:at] = dice.randbytes(dice.randrange(1, 9))
            case 4:
                start = dice.randrange(len(body) + 1)
                body[at:at] = body[start : start + dice.randrange(1, 33)]
            case _:
                body[at:at] = dice.choice(
                    [b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"null", b"1e999", b"%", b"&", b".1", b"\xff"]
                )
    return bytes(body)


class Connections:
    """One connection for as long as it lasts: ten thousand would be many."""

    def __init__(self, caller):
        self.caller, self.connection = caller, None

    def send(self, request, service):
        prepared = self.caller.sign(request, service=service).prepare()
        path = prepared.url.removeprefix(self.caller.endpoint)
        if self.connection is None:
            self.connection = self.caller.keep()
        try:
            return self.caller.on(self.connection, prepared.method, path, dict(prepared.headers.items()), prepared.body)
        finally:
            if self.connection.sock is None:
                self.connection = None
