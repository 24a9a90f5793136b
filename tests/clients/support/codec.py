"""Our codecs as a process: one JSON object a line in, one out. See crates/api/examples/conformance.rs."""

import base64
import json
import os
import pathlib
import subprocess
import tempfile

from botocore.awsrequest import create_request_object, prepare_request_dict

ROOT = pathlib.Path(__file__).resolve().parents[3]
CODEC = os.environ.get("GANTRY_CODEC", str(ROOT / "target/debug/examples/conformance"))
HOST = "http://gantry"
END_SECONDS = 30


class Codec:
    def __init__(self):
        assert os.path.exists(CODEC), f"no {CODEC}; cargo build -p api --example conformance makes it"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([CODEC], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(END_SECONDS)
        self.process.stdout.close()
        self.log.close()
        assert status == 0

    def ask(self, what, **words):
        self.process.stdin.write(json.dumps({"ask": what} | words).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise AssertionError(f"the codecs ended at {what} {words}:\n{self.log.read().decode()}")
        told = json.loads(line)
        assert "error" not in told, f"{told['error']}: {what} {words}"
        return told

    def decode(self, service, serialized):
        """What we make of a request as botocore's serializers leave it."""
        prepare_request_dict(serialized, endpoint_url=HOST)
        request = create_request_object(serialized).prepare()
        path, _, query = request.url.removeprefix(HOST).partition("?")
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        text = lambda value: value.decode() if isinstance(value, bytes) else value
        headers = {name: text(value) for name, value in request.headers.items()}
        told = self.ask(
            "decode",
            service=service,
            method=request.method,
            path=path,
            query=query,
            headers=headers,
            body=base64.b64encode(body).decode(),
        )
        return told | {"members": json.loads(told["members"])}

    def answer(self, service, operation, protocol, members):
        """An answer of ours as botocore's parsers take it."""
        return parts(
            self.ask(
                "answer",
                service=service,
                operation=operation,
                protocol=protocol,
                members=json.dumps(members),
            )
        )

    def stream(self, service, operation, protocol, outputs):
        """An answer of ours that goes on, with everything that it says until it breaks off."""
        return parts(self.ask("stream", service=service, operation=operation, protocol=protocol, outputs=outputs))

    def fault(self, service, protocol, fault, message):
        return parts(self.ask("fault", service=service, protocol=protocol, fault=fault, message=message))


def parts(told):
    return told | {"body": base64.b64decode(told["body"])}
