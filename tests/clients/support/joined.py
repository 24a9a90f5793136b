"""Machines that join: each is a network namespace of its own, with a wire to this one, in which `gantry agent` runs."""

import itertools
import json
import os
import pathlib
import random
import signal
import subprocess

from support import images
from support.node import processes, remove_groups
from support.server import BIN, END_SECONDS, gantry, plain_environment
from support.wait import until


class Machine:
    """Its address is that of this machine's end, plus one. All it makes is named after its namespace."""

    made = itertools.count(1)

    def __init__(self, home):
        number = next(Machine.made)
        self.name = f"gtyj{os.getpid() % 100000}{number}"
        self.home = home / f"machine{number}"
        self.home.mkdir()
        self.data, self.log = self.home / "data", self.home / "stderr.txt"
        # Of the addresses that are kept for tests of networks; the same tests may run beside these.
        net = f"198.{random.choice((18, 19))}.{random.randrange(256)}"
        first = 4 * random.randrange(64)
        self.here, self.there = f"{net}.{first + 1}", f"{net}.{first + 2}"
        self.wire, self.process = f"{self.name}w", None
        ip("netns", "add", self.name)
        ip("link", "add", self.wire, "type", "veth", "peer", "name", "wire", "netns", self.name)
        ip("address", "add", f"{self.here}/30", "dev", self.wire)
        ip("link", "set", self.wire, "up")
        ip("-n", self.name, "address", "add", f"{self.there}/30", "dev", "wire")
        ip("-n", self.name, "link", "set", "wire", "up")
        ip("-n", self.name, "link", "set", "lo", "up")

    def add_image(self, name="busybox:latest"):
        path = self.home / "image.tar"
        images.archive(path, name)
        told = gantry("images", "import", path, "--data", self.data)
        assert told.returncode == 0, told.stderr
        path.unlink()

    def spawn(self, *words):
        # Not `ip netns exec`, which would hide the control groups.
        words = ["nsenter", f"--net=/run/netns/{self.name}", BIN, "agent", "--data", self.data, *words]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words],
                env=plain_environment(self.home),
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(END_SECONDS)
        assert status == 0, self.said()

    def kill(self):
        self.process.kill()
        self.process.wait(END_SECONDS)

    def ended(self):
        """Ends by itself, not well, and says why."""
        assert self.process.wait(END_SECONDS) == 1, self.said()
        return self.said()

    def said(self):
        return self.log.read_text(errors="replace")

    def says(self, words):
        until(lambda: words in self.said(), f"{self.name} says {words!r}", seconds=60)

    def cut(self):
        ip("link", "set", self.wire, "down")

    def mend(self):
        ip("link", "set", self.wire, "up")

    def meets(self, other):
        """A wire between two machines, so that each reaches the other's address."""
        there = ("peer", f"to{self.name[4:]}", "netns", other.name)
        ip("-n", self.name, "link", "add", f"to{other.name[4:]}", "type", "veth", *there)
        for one, far in ((self, other), (other, self)):
            wire = f"to{far.name[4:]}"
            ip("-n", one.name, "link", "set", wire, "up")
            ip("-n", one.name, "route", "add", far.there, "dev", wire, "src", one.there)

    def left(self):
        """What a node has left on the machine: links, rules and mounts."""
        links = [line.split(": ")[1] for line in self.inside("ip", "-o", "link").splitlines()]
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        left = [link for link in links if link.startswith("gty")]
        left += [line for line in self.inside("nft", "list", "tables").splitlines() if "gantry" in line]
        left += [line for line in mounts if str(self.data) in line]
        return left + processes(str(self.data))

    def inside(self, *words):
        words = ["nsenter", f"--net=/run/netns/{self.name}", *words]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def remove(self):
        """Takes everything away, whatever happened."""
        if self.process and self.process.poll() is None:
            self.kill()
        for pid in processes(str(self.data)):
            os.kill(pid, 9)
        identity = self.data / "node/identity"
        if identity.exists():
            text = identity.read_text()
            remove_groups(dict(line.split(" = ") for line in text.splitlines())["instance"])
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            place = line.split()[4]
            if place.startswith(str(self.data)):
                subprocess.run(["umount", "-l", place], capture_output=True)
        # With the namespace go its links and rules.
        for words in (["link", "delete", self.wire], ["netns", "delete", self.name]):
            subprocess.run(["ip", *words], capture_output=True)


def token(server, *words):
    told = gantry("admin", "join-token", "--data", server.data, "--json", *words)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)["token"]


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
