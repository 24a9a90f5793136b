"""The registry beside Debian's docker-registry: pushes and pulls, processor time for each byte, memory.

Rounds alternate between the two, and the median counts. The client sends from a file and throws away what it gets, both
without a copy, so that what is measured is the server; its processor time is what Linux counted for its process. Prints
a table in Markdown; progress goes to standard error.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import pathlib
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
# For recv: what comes is thrown away by the kernel.
TRUNCATE = socket.MSG_TRUNC


def main():
    words = argparse.ArgumentParser()
    words.add_argument("binary")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--mib", type=int, default=200, help="of the layer that is pushed and pulled")
    words.add_argument("--large-mib", type=int, default=1024, help="of the layer that shows the bound on memory; 4096 for the whole truth")
    words.add_argument("--clients", type=int, default=64, help="that pull at the same time")
    words.add_argument("--heads", type=int, default=2000)
    words = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="gantry-bench-registry-") as folder:
        folder = pathlib.Path(folder)
        blob = Blob(folder / "blob", words.mib)
        sides = [Gantry(folder, words.binary), Distribution(folder)]
        try:
            for side in sides:
                side.start()
            for number in range(words.rounds):
                for side in sides:
                    blob.change(number)
                    side.round(blob, words)
                    print(f"round {number + 1}: {side.name}: {side.last()}", file=sys.stderr)
            large = Blob(folder / "large", words.large_mib)
            for side in sides:
                side.measure("large", large.size, lambda side=side: side.push("large", large))
                side.high = side.memory("VmHWM")
            tell(sides, words)
        finally:
            for side in sides:
                side.stop()


class Blob:
    """A file of bytes that nothing makes smaller, different in each round."""

    def __init__(self, path, mib):
        self.path, self.size = path, mib * MIB
        with open(path, "wb") as file:
            for _ in range(mib):
                file.write(os.urandom(MIB))
        self.change(0)

    def change(self, number):
        with open(self.path, "r+b") as file:
            file.write(os.urandom(16) + number.to_bytes(4))
        with open(self.path, "rb") as file:
            self.digest = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


class Side:
    headers = {}

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.figures = {}

    def spawn(self, words, log):
        with open(log, "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("GET", "/v2/")
                connection.getresponse().read()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"{self.name} does not start")
                time.sleep(0.01)

    def stop(self):
        if getattr(self, "process", None):
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def cpu(self):
        """Seconds of processor time so far."""
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK

    def memory(self, what):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) / 1024

    def measure(self, what, count, work):
        cpu, began = self.cpu(), time.monotonic()
        work()
        self.figures.setdefault(what, []).append((count, time.monotonic() - began, self.cpu() - cpu))

    def last(self):
        return {what: f"{figures[-1][1]:.2f} s, {figures[-1][2]:.2f} s CPU" for what, figures in self.figures.items()}

    def round(self, blob, words):
        self.measure("push", blob.size, lambda: self.push("bench", blob))
        for _ in range(2):  # the second time no disk is asked
            self.measure("pull", blob.size, lambda: self.pull("bench", blob, 1))
        self.measure("pulls", blob.size * words.clients, lambda: self.pull("bench", blob, words.clients))
        manifest = self.manifest("bench", blob)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.measure("heads", words.heads, lambda: self.heads(connection, manifest, words.heads))

    def push(self, name, blob):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request("POST", f"/v2/{name}/blobs/uploads/", headers=self.headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 202, answer.status
        at = self.path(answer.headers["location"])
        connection.putrequest("PATCH", at)
        for header, value in {**self.headers, "content-length": str(blob.size), "content-type": "application/octet-stream"}.items():
            connection.putheader(header, value)
        connection.endheaders()
        with open(blob.path, "rb") as file:
            connection.sock.sendfile(file)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 202, answer.status
        at = self.path(answer.headers["location"])
        connection.request("PUT", f"{at}{'&' if '?' in at else '?'}digest={blob.digest}", b"", self.headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status

    @staticmethod
    def path(location):
        return location if location.startswith("/") else "/" + location.split("/", 3)[3]

    def pull(self, name, blob, clients):
        """Pulls the blob so many times at once."""
        ask = f"GET /v2/{name}/blobs/{blob.digest} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
        ask += "".join(f"{header}: {value}\r\n" for header, value in self.headers.items()) + "\r\n"
        selector, left = selectors.DefaultSelector(), {}
        for _ in range(clients):
            sock = socket.create_connection(("127.0.0.1", self.port))
            sock.sendall(ask.encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(1)
            assert b" 200 " in head.split(b"\r\n")[0], head
            left[sock] = blob.size
            selector.register(sock, selectors.EVENT_READ)
        nothing = memoryview(bytearray(4 * MIB))
        while left:
            for key, _ in selector.select():
                sock = key.fileobj
                got = sock.recv_into(nothing, 0, TRUNCATE)
                assert got > 0, "the connection ended early"
                left[sock] -= got
                if left[sock] == 0:
                    selector.unregister(sock)
                    sock.close()
                    del left[sock]

    def manifest(self, name, blob):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        config = b"{}"
        digest = "sha256:" + hashlib.sha256(config).hexdigest()
        connection.request("POST", f"/v2/{name}/blobs/uploads/", headers=self.headers)
        answer = connection.getresponse()
        answer.read()
        at = self.path(answer.headers["location"])
        connection.request("PUT", f"{at}{'&' if '?' in at else '?'}digest={digest}", config, self.headers)
        connection.getresponse().read()
        kind = "application/vnd.oci.image"
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": f"{kind}.config.v1+json", "digest": digest, "size": len(config)},
            "layers": [{"mediaType": f"{kind}.layer.v1.tar", "digest": blob.digest, "size": blob.size}],
        }).encode()
        connection.request("PUT", f"/v2/{name}/manifests/latest", manifest, {**self.headers, "content-type": MANIFEST})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 201, said
        return f"/v2/{name}/manifests/latest"

    def heads(self, connection, path, count):
        for _ in range(count):
            connection.request("HEAD", path, headers={**self.headers, "accept": MANIFEST})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status


class Gantry(Side):
    name = "Gantry"

    def __init__(self, folder, binary):
        super().__init__()
        self.folder, self.binary = folder, binary

    def start(self):
        data = self.folder / "gantry"
        self.spawn([self.binary, "up", "--no-node", "--data", data, "--listen", f"127.0.0.1:{self.port}"], self.folder / "gantry.log")
        env = json.loads(subprocess.run([self.binary, "env", "--json", "--data", data], capture_output=True, check=True).stdout)
        import botocore.session

        session = botocore.session.Session()
        session.set_credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])
        ecr = session.create_client("ecr", region_name=env["AWS_REGION"], endpoint_url=env["AWS_ENDPOINT_URL"])
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        assert base64.b64decode(token).startswith(b"AWS:")
        self.headers = {"authorization": f"Basic {token}"}


class Distribution(Side):
    name = "docker-registry"

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def start(self):
        config = self.folder / "registry.yml"
        lines = ["version: 0.1", "log:", "  level: error", "  accesslog:", "    disabled: true", "storage:", "  filesystem:"]
        lines += [f"    rootdirectory: {self.folder / 'distribution'}", "http:", f"  addr: 127.0.0.1:{self.port}"]
        config.write_text("\n".join(lines) + "\n")
        self.spawn(["docker-registry", "serve", config], self.folder / "registry.log")


def tell(sides, words):
    def figure(side, what, which):
        return statistics.median(which(*one) for one in side.figures[what])

    def rate(count, seconds, _cpu):
        return count / MIB / seconds

    def cost(count, _seconds, cpu):
        return max(cpu, 1 / TICK) / count * 1e9

    names = [side.name for side in sides]
    print(f"| | {' | '.join(names)} | ratio |\n|---|---|---|---|")
    rows = [
        (f"push of {words.mib} MiB, MiB/s", "push", rate, True),
        ("push, CPU ns a byte", "push", cost, False),
        (f"pull of {words.mib} MiB, MiB/s", "pull", rate, True),
        ("pull, CPU ns a byte", "pull", cost, False),
        (f"{words.clients} pulls at once, MiB/s together", "pulls", rate, True),
        (f"{words.clients} pulls at once, CPU ns a byte", "pulls", cost, False),
        ("HEAD of a manifest, CPU µs", "heads", lambda count, s, cpu: cost(count, s, cpu) / 1000, False),
        (f"push of {words.large_mib} MiB, CPU ns a byte", "large", cost, False),
    ]
    for name, what, which, more_is_better in rows:
        ours, theirs = (figure(side, what, which) for side in sides)
        ratio = ours / theirs if more_is_better else theirs / ours
        print(f"| {name} | {ours:.3g} | {theirs:.3g} | {ratio:.1f} |")
    ours, theirs = (side.high for side in sides)
    print(f"| most memory, after all of it, MiB | {ours:.0f} | {theirs:.0f} | {theirs / ours:.1f} |")


if __name__ == "__main__":
    main()
