"""Services of real containers beside Docker Swarm: until all run, until all are replaced, until a killed one is.

Every container says that it runs with a byte in a fifo, and ends at once when it is told to; the clock runs from the
request (a signed call, or the command's own start) to the byte. On both sides containers are in the network of the
machine (which is one of the bench's own), and have no health checks, and no delay before one is started again. Prints
tables in Markdown; progress goes to standard error.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import images
from docker import Docker, load
from machine import Fifo, Group, end, server_knows_its_node, until
from servers import gantry

SCRIPT = "trap 'exit 0' TERM; echo > /sync/fifo; while :; do sleep 600 & wait $!; done"
SMALL, LARGE = 20, 100


class Side:
    """What both have: containers that are known by a word in their first process."""

    def __init__(self, name, folder):
        self.name, self.word = name, f"gantry-bench-{name}-{os.getpid()}"
        self.fifo = Fifo(folder)
        self.command = ["sh", "-c", SCRIPT, self.word]

    def processes(self):
        found = []
        for one in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                argv = (one / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue  # it has ended
            if argv[0] == b"sh" and self.word.encode() in argv:
                found.append(int(one.name))
        return found

    def timed(self, act, count):
        began = time.monotonic()
        act()
        self.fifo.wait(count)
        return time.monotonic() - began

    def replaced(self):
        """Seconds from the death of a container to the first word of its replacement."""
        victim = self.processes()[0]
        return self.timed(lambda: os.kill(victim, signal.SIGKILL), 1)

    def alone(self, count):
        until(lambda: len(self.processes()) == count, f"{count} containers of {self.name}", 0.02)


class Ours(Side):
    def __init__(self, server, folder):
        super().__init__("gantry", folder)
        self.server = server
        definition = {"family": "service", "networkMode": "host", "memory": "16", "containerDefinitions": [
            {"name": "app", "image": "bench:small", "command": self.command,
             "mountPoints": [{"sourceVolume": "sync", "containerPath": "/sync"}]}],
            "volumes": [{"name": "sync", "host": {"sourcePath": str(self.fifo.folder)}}]}
        self.ask("RegisterTaskDefinition", **definition)

    def ask(self, operation, **members):
        return json.loads(self.server.call(operation, json.dumps(members)))

    def create(self, count):
        self.ask("CreateService", serviceName="web", taskDefinition="service", desiredCount=count)

    def update(self):
        self.ask("UpdateService", service="web", forceNewDeployment=True)

    def is_over(self):
        one = self.ask("DescribeServices", services=["web"])["services"][0]
        return len(one["deployments"]) == 1 and one["deployments"][0]["rolloutState"] == "COMPLETED"

    def remove(self):
        self.ask("DeleteService", service="web", force=True)
        self.alone(0)
        until(lambda: self.ask("DescribeServices", services=["web"])["services"][0]["status"] == "INACTIVE", "its end")


class Swarm(Side):
    def __init__(self, docker, image, folder):
        super().__init__("swarm", folder)
        self.docker, self.image = docker, "bench:small"
        docker("tag", image, self.image)  # of an image without a name services know nothing
        docker("swarm", "init", "--advertise-addr=127.0.0.1", "--listen-addr=127.0.0.1:2377")

    def create(self, count):
        self.docker("service", "create", "--detach", "--quiet", "--name=web", f"--replicas={count}", "--network=host",
                    "--ulimit=nofile=1024:1024", "--no-resolve-image", "--restart-delay=0s", "--update-parallelism=0", "--update-monitor=0s",
                    "--update-order=start-first", f"--mount=type=bind,source={self.fifo.folder},target=/sync",
                    self.image, *self.command)

    def update(self):
        self.docker("service", "update", "--detach", "--quiet", "--force", "web")

    def is_over(self):
        return self.docker("service", "inspect", "web", "--format={{.UpdateStatus.State}}") == "completed"

    def remove(self):
        self.docker("service", "rm", "web")
        self.alone(0)


def main():
    words = argparse.ArgumentParser()
    words.add_argument("binary")
    words.add_argument("--rounds", type=int, default=3, help="of services; kills are three times as many")
    words.add_argument("--docker", default="target/tools/docker", help="where its packages are unpacked")
    words.add_argument("--no-docker", action="store_true")
    words = words.parse_args()
    if os.getuid():
        sys.exit("containers need root")
    if "GANTRY_BENCH_APART" not in os.environ:
        # In a network of its own: neither the machine's nor anybody else's on it is touched.
        os.environ["GANTRY_BENCH_APART"] = "1"
        os.execvp("unshare", ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh",
                              sys.executable, "-B", *sys.argv])
    group = f"/gantry-bench-{os.getpid()}"
    running = []
    with tempfile.TemporaryDirectory(prefix="gantry-bench-", dir="/var/tmp") as folder:
        try:
            bench(words, pathlib.Path(folder), group, running)
        finally:
            for one in reversed(running):
                one()
            for part in ("-gantry", "-docker", "-docker-containers"):
                Group.remove(group + part)


def bench(words, folder, group, running):
    archive = images.small(folder / "small.tar", "bench:small")
    server = gantry(words.binary, folder / "gantry", "--log", "warn", "--settle-ms", "0", free=True,
                    prepare=Group(f"{group}-gantry").enter)
    subprocess.run([words.binary, "images", "import", archive, "--data", folder / "gantry/data"], check=True,
                   stdout=subprocess.DEVNULL)
    ready = server.start()
    running.append(lambda: end(server))
    server_knows_its_node(server, ready)
    sides = [Ours(server, folder / "ours")]
    if not words.no_docker:
        docker = Docker(pathlib.Path(words.docker).resolve(), folder / "docker", Group(f"{group}-docker"))
        running.append(docker.stop)
        docker.start()
        sides.append(Swarm(docker, load(docker, archive), folder / "theirs"))
    rows = {}

    def note(side, what, seconds):
        rows.setdefault(what, {}).setdefault(side.name, []).append(seconds)
        say(f"  {side.name}: {what}: {seconds:.3f} s")

    for number in range(words.rounds):
        for side in sides:
            say(f"round {number + 1} of {words.rounds}, {side.name}")
            note(side, f"service of {LARGE}, all run", side.timed(lambda: side.create(LARGE), LARGE))
            side.remove()
            note(side, f"service of {SMALL}, all run", side.timed(lambda: side.create(SMALL), SMALL))
            until(lambda: not isinstance(side, Ours) or side.is_over(), "the first deployment is over")
            began = time.monotonic()
            note(side, f"{SMALL} replaced, all new ones run", side.timed(side.update, SMALL))
            until(side.is_over, "the update is over")
            side.alone(SMALL)
            note(side, f"{SMALL} replaced, none of the old is left", time.monotonic() - began)
            for _ in range(3):
                note(side, "a container killed, its replacement runs", side.replaced())
                side.alone(SMALL)
            side.remove()
    show(rows, sides)


def show(rows, sides):
    names = [side.name for side in sides]
    print(f"| medians | {' | '.join(names)} | ratio |\n|---|{'--:|' * (len(names) + 1)}")
    for what, figures in rows.items():
        medians = [statistics.median(figures[name]) for name in names]
        ratio = f"{medians[1] / medians[0]:.1f}x" if len(medians) > 1 else ""
        print(f"| {what} | {' | '.join(f'{median * 1e3:,.0f} ms' for median in medians)} | {ratio} |")


def say(what):
    print(what, file=sys.stderr, flush=True)


main()
