"""The real binary as a process: started on a port of its own, watched, and ended by its own process id."""

import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = os.environ.get("GANTRY_BIN", str(ROOT / "target/debug/gantry"))
# Generous: the machine may be busy with other things. No test is about how long something takes.
READY_SECONDS = 60
END_SECONDS = 60
VERB_SECONDS = 60


def plain_environment(home):
    """An environment in which nobody has set up anything."""
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def gantry(*words, home="/nonexistent"):
    """Runs a verb to its end."""
    words = [BIN, *map(str, words)]
    return subprocess.run(words, env=plain_environment(home), capture_output=True, text=True, timeout=VERB_SECONDS)


class Server:
    """One `gantry up` after the other on one data directory."""

    # All that were not removed yet, so that the log guard finds them.
    known = []

    def __init__(self, *words):
        self.words = [str(word) for word in words]
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gantry-clients-"))
        self.data = self.home / "data"
        self.log = self.home / "stderr.txt"
        self.read = 0
        self.process = None
        self.more_environment = {}
        # What it said when it was ready, and what `gantry env` said then.
        self.said, self.known_env = {}, {}
        Server.known.append(self)

    # What users do with it

    def start(self):
        self.process = self.spawn()
        self.said = json.loads(self.first_line())
        self.known_env = self.env()
        return self

    def spawn(self, *more, listen="127.0.0.1:0", for_people=False):
        """The process, which may not have come up yet."""
        words = [BIN, "up", "--data", str(self.data), "--listen", listen, *self.words, *more]
        words += [] if for_people else ["--json"]
        with open(self.log, "ab") as log:
            env = plain_environment(self.home) | self.more_environment
            return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=log)

    def env(self):
        told = gantry("env", "--data", self.data, "--json")
        assert told.returncode == 0, told.stderr
        return json.loads(told.stdout)

    def stop(self):
        """As an operator does. It must end by itself, well, and without complaint."""
        self.process.send_signal(signal.SIGTERM)
        status = self.ended()
        assert status == 0, f"ended with {status}:\n{self.log.read_text()}"
        assert self.unexpected() == []

    def kill(self):
        self.process.kill()
        self.ended()

    def ended(self):
        status = self.process.wait(END_SECONDS)
        self.process.stdout.close()
        return status

    def remove(self):
        """Leaves nothing behind, whatever happened."""
        Server.known.remove(self)
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    # How it is doing

    @property
    def endpoint(self):
        return self.said["endpoint"]

    @property
    def port(self):
        return int(self.endpoint.rsplit(":", 1)[1])

    def arn(self, resource, service="ecs"):
        return f"arn:aws:{service}:{self.said['region']}:{self.said['account']}:{resource}"

    def is_alive(self):
        return self.process.poll() is None

    def unexpected(self, allowed=()):
        """The lines of its log since the last look that nobody expected. At level `warn` a good run has none at all."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines, self.read = text[self.read :].splitlines(), len(text)
        return [line for line in lines if line.strip() and not any(re.search(one, line) for one in allowed)]

    def first_line(self):
        """What it says once it is ready, read without ever blocking for longer than it may take."""
        end, line, pipe = time.monotonic() + READY_SECONDS, b"", self.process.stdout
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(0, end - time.monotonic()))
            piece = os.read(pipe.fileno(), 4096) if ready else b""
            assert piece, f"not ready after {line!r}:\n{self.log.read_text(errors='replace')}"
            line += piece
        return line
