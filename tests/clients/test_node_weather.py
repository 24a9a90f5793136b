"""Bad weather on a real node: floods of output, a line without an end, forks without an end, registries that are down,
a disk that is full, and programs that try to get out. What `support.churn` does to a node is not repeated here.

A machine's clock cannot be set for one server alone: what a node does then is in `crates/agent/src/tests/clock.rs`.
"""

import http.server
import os
import pathlib
import signal
import socket
import subprocess
import threading

import pytest
from support.kernel import Kernel
from support.node import RealNode, awslogs, task_id
from support.wait import until

MIB = 1 << 20
# What may wait for a reader of a blocking log; the keeper may hold a piece more.
MOST_WAITING = 12 * MIB


class Stilled:
    """The server does nothing for a while, as one that is busy with other things."""

    def __init__(self, node):
        self.pid = node.server.process.pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def run_dir(node, arn):
    """What the runtime keeps of the one container of a task."""
    [path] = (node.server.data / "node/containers").glob(f"{task_id(arn)}-*")
    return path


def log_bytes(path):
    total = 0
    for segment in (path / "log").glob("*"):
        try:
            total += segment.stat().st_size
        except FileNotFoundError:
            pass  # read, and taken away
    return total


def memory_kib(pid, what):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def keeper_of(path):
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            session = (entry / "stat").read_text().split()[5]
            if words[1:3] == [b"keeper", str(path).encode()] and session == entry.name:
                return int(entry.name)
        except (OSError, IndexError):
            pass  # it has ended
    raise AssertionError(f"{path} has no keeper")


def every_line(node, arn):
    said, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        page = node.logs.get_log_events(
            logGroupName="/node", logStreamName=f"t/app/{task_id(arn)}", startFromHead=True, **more
        )
        said += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return said
        token = page["nextForwardToken"]


# Floods

LINES, LINE_BYTES = 20_000, 1000
PRINT = f"BEGIN {{ for (i = 1; i <= {LINES}; i++) printf \"%d %0{LINE_BYTES}d\\n\", i, 0 }}"
FLOOD = f"read go < /go/pipe; awk '{PRINT}'; exit 3"


def flooding(node, tmp_path, **options):
    """A task that says twenty megabytes when it is told to."""
    os.mkfifo(tmp_path / "pipe")
    go = {"sourceVolume": "go", "containerPath": "/go"}
    words = {"command": FLOOD, "mountPoints": [go], "logConfiguration": awslogs(**options)}
    arn = node.run(words, volumes=[{"name": "go", "host": {"sourcePath": str(tmp_path)}}])
    node.running(arn)
    return arn


def test_without_blocking_a_flood_is_cut_and_says_so(node, tmp_path):
    arn = flooding(node, tmp_path, mode="non-blocking", **{"max-buffer-size": "1m"})
    path = run_dir(node, arn)
    with Stilled(node):
        (tmp_path / "pipe").write_text("go\n")
        # Nobody reads, and it comes to its end all the same.
        until(lambda: (path / "exit").exists(), "it has ended")
        assert log_bytes(path) <= 1.5 * MIB
    task = node.stopped(arn)
    assert task["containers"][0]["exitCode"] == 3
    said = every_line(node, arn)
    dropped = [int(line.split()[0]) for line in said if "lines were dropped here" in line]
    kept = [int(line.split()[0]) for line in said if "lines were dropped here" not in line]
    assert dropped and len(kept) + sum(dropped) == LINES
    assert kept == sorted(set(kept))


def test_with_blocking_a_flood_waits_and_loses_nothing(node, tmp_path):
    arn = flooding(node, tmp_path)
    path = run_dir(node, arn)
    with Stilled(node):
        (tmp_path / "pipe").write_text("go\n")
        until(lambda: log_bytes(path) >= 9 * MIB, "what may wait is waiting")
        assert not (path / "exit").exists()
        assert log_bytes(path) <= MOST_WAITING
    task = node.stopped(arn)
    assert task["containers"][0]["exitCode"] == 3
    assert [int(line.split()[0]) for line in every_line(node, arn)] == list(range(1, LINES + 1))


GIGABYTE = 1_000_000_000


def test_a_line_of_a_gigabyte_needs_no_memory(node):
    log = awslogs(mode="non-blocking")
    before = memory_kib(node.server.process.pid, "VmRSS")
    line = f"head -c {GIGABYTE} /dev/zero; echo; echo after; read x"
    arn = node.run({"command": line, "logConfiguration": log, "interactive": True})
    node.running(arn)
    keeper = keeper_of(run_dir(node, arn))
    io = pathlib.Path(f"/proc/{keeper}/io")
    read = lambda: int(next(line for line in io.read_text().splitlines() if line.startswith("rchar")).split()[1])
    until(lambda: read() >= GIGABYTE, "all of it was read", seconds=180)
    assert memory_kib(keeper, "RssAnon") < 2048
    assert memory_kib(node.server.process.pid, "VmRSS") < before + 96 * 1024
    node.stop(arn)


# Too many processes


def test_forks_end_at_the_limit_and_with_the_task(node):
    # A shell that cannot fork ends by itself; one that can goes on.
    bomb = "b() { b | b & }; b; i=0; while sleep 1000 & do i=$((i+1)); done; read x"
    arn = node.run({"command": bomb, "memory": 512, "interactive": True, "stopTimeout": 2})
    node.running(arn)
    [group] = [path for path in node.groups() if path.name == task_id(arn) and (path / "pids.max").exists()]
    most = int((group / "pids.max").read_text())
    assert most <= 4096
    until(lambda: int((group / "pids.current").read_text()) > 200, "it has forked")
    assert int((group / "pids.current").read_text()) <= most
    node.stop(arn)
    assert node.tells("echo well") == ["well"]


# What images come from


def test_registries_that_are_down(node):
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    task = node.ends({"image": f"127.0.0.1:{closed.getsockname()[1]}/some/image:1"})
    closed.close()
    assert task["stopCode"] == "TaskFailedToStart"
    assert "CannotPullContainerError" in task["stoppedReason"] and "refused" in task["stoppedReason"]

    class Broken(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    for handler, why in ((Broken, "503"), (None, "")):
        with http.server.HTTPServer(("127.0.0.1", 0), handler or http.server.BaseHTTPRequestHandler) as registry:
            if handler is None:  # hangs up on everybody
                registry.finish_request = lambda *_: None
            thread = threading.Thread(target=registry.serve_forever)
            thread.start()
            try:
                task = node.ends({"image": f"127.0.0.1:{registry.server_port}/some/image:1"})
            finally:
                registry.shutdown()
                thread.join()
        assert "CannotPullContainerError" in task["stoppedReason"] and why in task["stoppedReason"]


# Ways out

TRIES = """
try() { what=$1; shift; if "$@" > /dev/null 2>&1; then echo "$what"; fi; }
write() { echo "$2" > "$1"; }
for g in /sys/fs/cgroup /sys/fs/cgroup/*; do
  try "a limit in $g" write $g/pids.max max; try "a limit in $g" write $g/memory.limit_in_bytes -1
  try "a group in $g" mkdir $g/out; try "the groups of another in $g" ls $g/../..//gantry
  try "an agent of release in $g" write $g/release_agent /x
done
for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches /sys/kernel/uevent_helper \\
  /proc/irq/default_smp_affinity; do
  try "write $f" write $f 1
done
for f in /proc/kcore /proc/keys /proc/timer_list; do try "read $f" grep -q . $f; done
try "mount" mount -t tmpfs x /mnt; try "mount proc" mount -t proc x /tmp
try "remount" mount -o remount,rw /proc/sys; try "unmount" umount /proc/sys; try "unmount" umount /sys
try "bind" mount -o bind /proc/sys /tmp
try "namespaces" busybox unshare -m true; try "users" busybox unshare -U true
try "chroot out" busybox nsenter -t 1 -m true
for n in "8 0" "254 0" "252 0" "259 0" "7 0"; do
  rm -f /tmp/disk; mknod /tmp/disk b $n 2> /dev/null && try "read disk $n" head -c 512 /tmp/disk
done
rm -f /tmp/mem; mknod /tmp/mem c 1 1 2> /dev/null && try "read memory" head -c 1 /tmp/mem
rm -f /tmp/kvm; mknod /tmp/kvm c 10 232 2> /dev/null && try "use kvm" cat /tmp/kvm
try "load a module" busybox insmod /x.ko
try "set a name" busybox hostname out; try "another root" busybox pivot_root / /tmp
echo tried
"""


def test_ways_out_are_shut(node):
    assert node.tells(TRIES) == ["tried"]


def test_the_host_before_ones_eyes_is_still_not_to_be_had(node):
    # The container is root with the usual capabilities, and sees all processes.
    looks = """
    exec 2> /dev/null
    for p in $(ls /proc | grep -E '^[0-9]+$'); do
      c=$(tr '\\0' ' ' < /proc/$p/cmdline 2> /dev/null)
      case "$c" in *$DATA*) ;; *) continue;; esac
      echo seen >> /tmp/seen
      for f in environ mem maps root/etc/passwd fd/0 cwd/exit; do
        [ "$(head -c 1 /proc/$p/$f | wc -c)" = 0 ] || echo "$f of $c"
      done
    done
    head -c 1 /proc/$SERVER/root$DATA/credentials > /dev/null && echo credentials
    [ -s /tmp/seen ] && echo looked
    """
    names = {"DATA": str(node.server.data), "SERVER": str(node.server.process.pid)}
    env = [{"name": name, "value": value} for name, value in names.items()]
    assert node.tells({"command": looks, "environment": env}, pidMode="host") == ["looked"]


def test_another_tasks_credentials(node):
    role = "arn:aws:iam::000000000000:role/other"
    echo = "echo $AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; echo $ECS_CONTAINER_METADATA_URI_V4; sleep 1000"
    arn = node.run({"command": echo, "stopTimeout": 2}, taskRoleArn=role)
    until(lambda: node.task(arn)["lastStatus"] == "RUNNING", "it runs")
    until(lambda: _said(node, arn, 2), "it has said where its keys are")
    uri = node.said(arn)[0]
    key = uri.rsplit("/", 1)[1]
    other = key[:-1] + ("0" if key[-1] != "0" else "1")
    paths = [f"/v2/credentials/{name}" for name in (other, task_id(arn), "", "..", key[:8])]
    paths += [f"/v4/{task_id(arn)}", f"{uri}/../..", "/v2/credentials?id="]
    tries = [f"http://169.254.170.2{path}" for path in paths]
    words = "; ".join(f"wget -q -O - '{one}' 2> /dev/null | grep -i -E 'secret|token|DockerId'" for one in tries)
    assert node.tells(words + "; echo tried") == ["tried"]
    node.stop(arn)


def _said(node, arn, lines):
    try:
        return len(node.said(arn)) >= lines
    except node.logs.exceptions.ResourceNotFoundException:
        return False


def test_the_doors_of_the_node_are_shut_to_containers(node):
    own = {node.server.port}
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout.splitlines()
    mine = [line.split()[3] for line in listening if f"pid={node.server.process.pid}," in line]
    own |= {int(address.rsplit(":", 1)[1]) for address in mine}
    with socket.create_server(("0.0.0.0", 0)) as another:
        # One of somebody else, which is not the node's business, shows that the way is right.
        another = another.getsockname()[1]
        ports = " ".join(map(str, [*sorted(own), another]))
        words = f"g=$(ip route | grep default | cut -d' ' -f3); for p in {ports}; do for h in $g 127.0.0.1; do "
        # It says 1 when it does not get through, and else listens for what may never come.
        words += "timeout 3 nc -w 2 $h $p < /dev/null 2> /dev/null; [ $? = 1 ] || echo open $p; done; done"
        assert node.tells(words) == [f"open {another}"]


@pytest.mark.logs("No space left on device")
def test_a_container_that_fills_the_nodes_disk_ends_and_makes_room_again():
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "in CI these tests must run, as root"
        pytest.skip("needs root")
    node = RealNode()
    try:
        node.server.data.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "gantry-full", node.server.data]
        subprocess.run(mount, check=True)
        node.start()
        task = node.ends({"command": "echo begin; dd if=/dev/zero of=/big bs=1M; exit 9"})
        assert task["containers"][0]["exitCode"] == 9
        assert [line for line in node.said(task) if "No space left on device" in line]
        assert node.tells("echo well") == ["well"]
        machine = Kernel(node.server.data)
        until(lambda: not machine.left(), "nothing is left")
    finally:
        node.remove()
