"""Docker from Debian's packages, apart from the machine: in namespaces of its own, which end with it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

PATIENCE_SECONDS = 60


class Docker:
    """A daemon with its own data, socket, network, mounts and processes; `group` takes its share of the processor."""

    name = "docker"

    def __init__(self, packages, folder, group):
        self.packages, self.folder, self.group = pathlib.Path(packages), pathlib.Path(folder), group
        self.socket = self.folder / "docker.sock"
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(self.folder),
                            "PATH": f"{packages}/usr/sbin:{packages}/usr/bin:{os.environ['PATH']}"}
        self.containers = f"{group.path}-containers"

    def start(self):
        """Starts it and gives the seconds until it first answered."""
        self.folder.mkdir(parents=True)
        log = open(self.folder / "log.txt", "ab")
        began = time.monotonic()
        words = f"ip link set lo up && exec dockerd --data-root={self.folder}/data --exec-root={self.folder}/run " \
                f"--pidfile={self.folder}/pid --host=unix://{self.socket} --bridge=none --iptables=false " \
                f"--ip-forward=false --ip-masq=false --storage-driver=overlay2 --cgroup-parent={self.containers}"
        # The first process of the namespace: when it ends, so does everything in it.
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", words],
            stdout=log, stderr=log, env=self.environment, preexec_fn=self.group.enter)
        while subprocess.run(["docker", "version"], env=self.environment, capture_output=True).returncode:
            if self.process.poll() is not None or time.monotonic() - began > PATIENCE_SECONDS:
                sys.exit(f"dockerd does not start:\n{(self.folder / 'log.txt').read_text()}")
            time.sleep(0.01)
        return time.monotonic() - began

    def __call__(self, *words):
        done = subprocess.run(["docker", *words], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"docker {' '.join(words)}: {done.stderr}")
        return done.stdout.strip()

    def inside(self, argv):
        """A process in its network, which has nothing but a loopback."""
        daemon = children(self.process.pid)[0]
        return subprocess.Popen(["nsenter", f"--net=/proc/{daemon}/ns/net", *argv],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def rss_mib(self):
        """Of the daemons."""
        family, found = [self.process.pid], 0
        while family:
            pid = family.pop()
            family += children(pid)
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            if status.startswith(("Name:\tdockerd", "Name:\tcontainerd\n")):
                found += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
        return found / 1024

    def stop(self):
        if self.process.poll() is None:
            os.kill(children(self.process.pid)[0], signal.SIGKILL)
            self.process.wait(PATIENCE_SECONDS)


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def load(docker, archive):
    """Takes up an image from an archive and gives its id."""
    docker("load", "--quiet", "--input", str(archive))
    return json.loads(docker("images", "--format", "{{json .}}").splitlines()[0])["ID"]
