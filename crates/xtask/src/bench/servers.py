"""The servers that benches drive, and what Linux says of their processes."""

import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEYS = Credentials("AKIABENCHBENCHBENCH1", "bench-secret-that-only-this-run-knows-of1")
TARGET = "AmazonEC2ContainerServiceV20141113"
PATIENCE_SECONDS = 60


class Server:
    """A process that speaks the ECS API on a port of its own. The last core is its own too, unless it is `free`."""

    def __init__(self, name, folder, argv, free=False, prepare=None):
        self.name, self.folder = name, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.argv = [] if free else ["taskset", "-c", str(os.cpu_count() - 1)]
        self.argv += [word.replace("PORT", str(self.port)) for word in argv]
        self.prepare = prepare

    def start(self):
        """Starts it and gives the seconds until it first answered a signed call with 200."""
        log = open(self.folder / "log.txt", "ab")
        began = time.monotonic()
        self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, preexec_fn=self.prepare)
        while True:
            try:
                self.call("ListClusters", "{}")
                return time.monotonic() - began
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
                    sys.exit(f"{self.name} does not start:\n{(self.folder / 'log.txt').read_text()}")
                time.sleep(0.001)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE_SECONDS)

    def headers(self, operation, body):
        """The headers of a signed call, good for fifteen minutes and any number of calls."""
        request = AWSRequest("POST", self.endpoint + "/", data=body.encode(), headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGET}.{operation}",
        })
        SigV4Auth(KEYS, "ecs", "us-east-1").add_auth(request)
        return dict(request.headers)

    def call(self, operation, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/", body, self.headers(operation, body))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            sys.exit(f"{self.name} answers {operation} with {answer.status}: {text}")
        return text

    def cpu_seconds(self):
        """What it has run so far, in user and kernel mode, with threads that have ended."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, kernel = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(kernel)) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def gantry(binary, folder, *more, **how):
    """Gantry on a fresh data directory, whose keys are known before it starts."""
    folder = pathlib.Path(folder)
    data = folder / "data"
    data.mkdir(parents=True, mode=0o700)
    keys = f"[default]\naws_access_key_id = {KEYS.access_key}\naws_secret_access_key = {KEYS.secret_key}\n"
    (data / "credentials").write_text(keys)
    return Server("gantry", folder, [binary, "up", "--data", str(data), "--listen", "127.0.0.1:PORT", *more],
                  **how)


def moto(folder):
    return Server("moto_server", folder, [str(pathlib.Path(sys.executable).parent / "moto_server"), "-p", "PORT"])
