"""What benches with real containers share: cgroups that count, fifos that tell, and the end of a server with its tasks."""

import json
import os
import pathlib
import select
import sys
import time

from servers import PATIENCE_SECONDS, Server


class Group:
    """A cgroup that counts processor time; it has a v1 or a v2 face."""

    V1 = pathlib.Path("/sys/fs/cgroup/cpuacct")

    def __init__(self, path):
        self.path = path
        self.base = self.V1 if self.V1.is_dir() else pathlib.Path("/sys/fs/cgroup")
        self.folder = self.base / path.strip("/")
        self.folder.mkdir(exist_ok=True)

    def enter(self):
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def cpu_seconds(self, *others):
        return sum(self._of(self.base / path.strip("/")) for path in (self.path, *others))

    @staticmethod
    def _of(folder):
        if (folder / "cpuacct.usage").exists():
            return int((folder / "cpuacct.usage").read_text()) / 1e9
        if (folder / "cpu.stat").exists():
            return int((folder / "cpu.stat").read_text().split()[1]) / 1e6
        return 0

    @staticmethod
    def remove(path):
        """Of every controller, with what is below."""
        for top in pathlib.Path("/sys/fs/cgroup").glob(f"**/{path.strip('/')}"):
            for folder, _, _ in os.walk(top, topdown=False):
                os.rmdir(folder)


class Fifo:
    """Where containers say that they run: a byte each."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        os.mkfifo(self.folder / "fifo", 0o666)
        # Also open for writing, so that it has no end.
        self.fd = os.open(self.folder / "fifo", os.O_RDWR | os.O_NONBLOCK)

    def wait(self, count=1):
        while count > 0:
            if not select.select([self.fd], [], [], PATIENCE_SECONDS)[0]:
                sys.exit("a container did not say that it runs")
            count -= len(os.read(self.fd, count))


def server_knows_its_node(server, ready):
    began = time.monotonic()
    until(lambda: json.loads(server.call("ListContainerInstances", "{}"))["containerInstanceArns"]
          if "default" in server.call("ListClusters", "{}") else None, "the node is there", 0.001)
    return ready + time.monotonic() - began


def instance(server):
    identity = (server.folder / "data/node/identity").read_text()
    return dict(line.split(" = ") for line in identity.splitlines())["instance"]


def end(server: Server):
    """Its containers would outlive it, so they go first."""
    if server.process.poll() is None:
        arns = json.loads(server.call("ListTasks", "{}"))["taskArns"]
        for arn in arns:
            server.call("StopTask", json.dumps({"task": arn}))
        until(lambda: not list((server.folder / "data/node/containers").glob("[!.]*")), "all containers are gone", 0.05)
        server.stop()
        Group.remove(f"gantry/{instance(server)}")


def until(seen, what, pause=0.01):
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        if found := seen():
            return found
        time.sleep(pause)
    sys.exit(f"this did not come about: {what}")
