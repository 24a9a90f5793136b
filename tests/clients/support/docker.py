"""Docker's daemon and client from Debian's packages, which `cargo xtask test` unpacks: with mounts and processes of its
own that end with it, on the machine's loopback, and without a bridge or a rule of its own anywhere."""

import os
import signal
import subprocess

from support.server import ROOT
from support.wait import until

PACKAGES = ROOT / "target/tools/docker"


class Docker:
    def __init__(self, folder):
        assert (PACKAGES / "usr/sbin/dockerd").exists(), f"no docker in {PACKAGES}; cargo xtask test unpacks it"
        self.folder, self.log, self.process = folder, folder / "docker.log", None
        path = f"{PACKAGES}/usr/sbin:{PACKAGES}/usr/bin:{os.environ['PATH']}"
        self.socket = f"unix://{folder}/docker.sock"
        self.environment = {"PATH": path, "HOME": str(folder), "DOCKER_HOST": self.socket, "DOCKER_CONFIG": str(folder)}

    def __enter__(self):
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "dockerd"]
        words += [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/run", f"--pidfile={self.folder}/pid"]
        words += [f"--host={self.socket}", "--bridge=none", "--iptables=false", "--ip6tables=false"]
        words += ["--ip-forward=false", "--ip-masq=false", "--storage-driver=vfs"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=self.environment)
        until(self._answers, "dockerd answers")
        return self

    def __exit__(self, *_):
        # It is the first process of its namespace: all that is in there ends with it.
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children) as listed:
            for child in listed.read().split():
                os.kill(int(child), signal.SIGKILL)
        self.process.wait(60)

    def __call__(self, *words, said=None):
        words = ["docker", *map(str, words)]
        done = subprocess.run(words, env=self.environment, input=said, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()
        return subprocess.run(["docker", "version"], env=self.environment, capture_output=True).returncode == 0
