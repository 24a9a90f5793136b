"""What the machine itself says of one node: read from the kernel and the node's directories, never from its API.

`left` is what tasks have there and must be nothing once they are over; `standing` is what a node keeps between tasks.
Everything is found by the node's instance name or its data directory, so nodes beside it are never seen, and
`sweep` takes away that and nothing else.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

from support.wait import until

CGROUPS = pathlib.Path("/sys/fs/cgroup")


class Kernel:
    def __init__(self, data):
        self.data = pathlib.Path(data)
        self.node = self.data / "node"
        lines = (self.node / "identity").read_text().splitlines()
        self.instance = dict(line.split(" = ", 1) for line in lines)["instance"]

    # Containers

    def runs(self):
        """What every container's directory says: its first process, whether it was started, how it ended."""
        runs = {}
        for path in _entries(self.node / "containers"):
            if path.name.startswith("."):
                continue
            status, end = _words(path / "status"), _words(path / "exit")
            runs[path.name] = {
                "pid": int(status[0]) if status else None,
                # Both end with the time of it; what is being removed may have only one of them.
                "started": any(words and words[-1] != "0" for words in (status, end)),
                "code": (int(end[1]) + (128 if end[0] == "signal" else 0)) if end else None,
                "over": bool(end) or (path / "lost").exists(),
            }
        return runs

    def keepers(self):
        """The keeper of each container by its process id. Its children before they become programs look the same."""
        found, top = {}, f"{self.node / 'containers'}/"
        for pid in _pids():
            words = _text(f"/proc/{pid}/cmdline").split("\0")
            if words[1:2] == ["keeper"] and words[2].startswith(top) and _session(pid) == pid:
                found[words[2].removeprefix(top)] = pid
        return found

    def processes(self):
        """The living processes in the group of each run, by process id."""
        found = {}
        for group in self.cgroups():
            for pid in _text(group / "cgroup.procs").split():
                if _state(pid) not in ("Z", "X", None):
                    found.setdefault(group.name, set()).add(int(pid))
        return found

    def cgroups(self):
        """The groups of tasks and their containers, in every hierarchy."""
        return [path for path in self._groups() if path.name != ".keepers"]

    def _groups(self):
        # Unlike a glob a walk does not mind what goes away meanwhile.
        walks = [walk for top in self._tops() for walk in os.walk(top, topdown=False)]
        return [pathlib.Path(path, name) for path, below, _ in walks for name in below]

    def _tops(self):
        tops = [CGROUPS / "gantry" / self.instance, *(p / "gantry" / self.instance for p in _entries(CGROUPS))]
        return [top for top in tops if top.is_dir()]

    # Leaks

    def left(self):
        """All that tasks have on the machine, by kind; what is empty is left out."""
        links = [name for name in self.links() if len(name) > len("gty") + len(self.instance) + 1]
        found = {
            "keepers": [f"{pid} {run}" for run, pid in self.keepers().items()],
            "processes": [f"{pid} {run}" for run, pids in self.processes().items() for pid in pids],
            "cgroups": [str(path) for path in self.cgroups()],
            "mounts": self.mounts(),
            "loops": self.loops(),
            "links": links,
            "namespaces": self.names("network/netns"),
            "attachments": self.names("network/attachments"),
            "containers": [name for name in self.names("containers") if not name.startswith(".")],
            "tasks": self.names("tasks"),
            "journal": self.names("journal"),
            "holders": [path.name for path in _entries(self.data / "images" / "holders")],
            "rules": self.rules(),
        }
        return {kind: things for kind, things in found.items() if things}

    def standing(self):
        """What a node keeps on the machine between tasks."""
        found = {"links": self.links(), "tables": self.tables(), "cgroups": [str(top) for top in self._tops()]}
        return {kind: things for kind, things in found.items() if things}

    def names(self, below):
        return [path.name for path in _entries(self.node / below)]

    def mounts(self):
        return [line.split()[4] for line in _text("/proc/self/mountinfo").splitlines() if f"{self.data}/" in line]

    def loops(self):
        files = [_text(path / "loop/backing_file").strip() for path in _entries(pathlib.Path("/sys/block"))]
        return [file for file in files if file.startswith(f"{self.data}/")]

    def links(self):
        return [link["ifname"] for link in _json("ip", "link") if link["ifname"].startswith(f"gty{self.instance}")]

    def tables(self):
        tables = _run("nft", "list", "tables").splitlines()
        return [table for table in tables if table.endswith(f" gantry_{self.instance}")]

    def rules(self):
        """What the firewall's table has of attachments: elements of its maps and sets."""
        if not self.tables():
            return []
        table = _run("nft", "--json", "list", "table", "ip", f"gantry_{self.instance}")
        maps = [entry["map"] for entry in json.loads(table)["nftables"] if "map" in entry]
        return [str(element) for one in maps for element in one.get("elem", [])]

    def sweep(self):
        """Takes everything away by force: for when a test failed. The server must have ended."""
        for pid in [*self.keepers().values(), *(pid for pids in self.processes().values() for pid in pids)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not self.keepers() and not self.processes(), "the processes of all tasks are gone")
        for mount in reversed(self.mounts()):
            subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
        for link in self.links():
            subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
        for table in self.tables():
            subprocess.run(["nft", "delete", *table.split()], capture_output=True, check=False)
        for path in [*self._groups(), *self._tops(), *(top.parent for top in self._tops())]:
            with contextlib.suppress(OSError):  # what others still use
                path.rmdir()
        shutil.rmtree(self.node, ignore_errors=True)


def _state(pid):
    """What a process is doing, as one letter; `None` when there is none."""
    stat = _text(f"/proc/{pid}/stat")
    return stat.rsplit(") ", 1)[1][0] if ") " in stat else None


def _session(pid):
    stat = _text(f"/proc/{pid}/stat")
    return int(stat.rsplit(") ", 1)[1].split()[3]) if ") " in stat else None


def _pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _entries(path):
    try:
        return sorted(path.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _text(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _words(path):
    return _text(path).split()


def _run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def _json(command, *words):
    return json.loads(_run(command, "-json", *words) or "[]")
