"""How long a task's start takes, beside `runc run` and `docker run` of the same root, in turns.

Every contestant runs `sh -c 'echo > /sync/fifo'` with a network namespace of its own and a directory of the machine
mounted at /sync; the clock runs from the request (a signed RunTask, or the command's own start) to the byte in the
fifo, and on to where the client knows the end. CPU is that of everything that took part: servers, keepers and shims,
commands, the containers themselves. Prints tables in Markdown; progress goes to standard error.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import images
from docker import Docker, load
from machine import Fifo, Group, end, instance, server_knows_its_node, until
from servers import PATIENCE_SECONDS, free_port, gantry

WORDS = ["sh", "-c", "echo > /sync/fifo"]
AT_ONCE = 100


class Ours:
    """Gantry; `mode` is the task's network mode."""

    def __init__(self, server, group, fifo, mode):
        self.server, self.group, self.fifo, self.mode = server, group, fifo, mode
        self.name = f"gantry, {mode}"
        definition = {"family": mode, "networkMode": mode, "memory": "64", "containerDefinitions": [
            {"name": "app", "image": "bench:small", "command": WORDS,
             "mountPoints": [{"sourceVolume": "sync", "containerPath": "/sync"}]}],
            "volumes": [{"name": "sync", "host": {"sourcePath": str(fifo.folder)}}]}
        server.call("RegisterTaskDefinition", json.dumps(definition))
        self.request = {"taskDefinition": mode, "count": 1}
        if mode == "awsvpc":
            self.request["networkConfiguration"] = {"awsvpcConfiguration": {"subnets": subnets(server)}}
        self.body = json.dumps(self.request)
        self.headers = server.headers("RunTask", self.body)

    def once(self):
        """Seconds to the first byte, and to the end as a client sees it; and what the records say."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        connection.connect()
        began = time.monotonic()
        connection.request("POST", "/", self.body, self.headers)
        self.fifo.wait()
        first = time.monotonic() - began
        answer = json.loads(connection.getresponse().read())
        if answer["failures"]:
            sys.exit(f"no task was started: {answer['failures']}")
        task = self.ended([answer["tasks"][0]["taskArn"]])[0]
        end = time.monotonic() - began
        connection.close()
        return first, end, task["startedAt"] - task["createdAt"]

    def ended(self, arns, pause=0.001):
        body = json.dumps({"tasks": arns})
        while True:
            tasks = json.loads(self.server.call("DescribeTasks", body))["tasks"]
            if bad := [task for task in tasks if "startedAt" not in task and task["lastStatus"] == "STOPPED"]:
                sys.exit(f"a task did not start: {bad[0].get('stoppedReason')} {bad[0]['containers']}")
            if all(task["lastStatus"] == "STOPPED" for task in tasks):
                return tasks
            time.sleep(pause)

    def cpu_seconds(self):
        return self.group.cpu_seconds(f"gantry/{instance(self.server)}")

    def quietly(self):
        """As [`once`], with nobody asking after it."""
        answer = json.loads(self.server.call("RunTask", self.body))
        self.fifo.wait()
        return answer["tasks"][0]["taskArn"]

    def cpu_of(self, rounds):
        before = self.cpu_seconds()
        arns = [self.quietly() for _ in range(rounds)]
        self.ended(arns[-100:], pause=0.2)
        return (self.cpu_seconds() - before) / rounds

    def many(self, count):
        """Seconds until all of them said that they run, ten a call."""
        body = json.dumps({**self.request, "count": 10})
        headers = self.server.headers("RunTask", body)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            calls = [pool.submit(self.call, body, headers) for _ in range(count // 10)]
            self.fifo.wait(count)
            took = time.monotonic() - began
        self.ended([task["taskArn"] for call in calls for task in call.result()["tasks"]], pause=0.2)
        return took

    def call(self, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/", body, headers)
        return json.loads(connection.getresponse().read())


class Runc:
    """The command alone: no image, no network but an empty one, nobody who keeps anything."""

    name = "runc run"

    def __init__(self, folder, fifo, group):
        self.folder, self.fifo, self.count = pathlib.Path(folder), fifo, 0
        images.unpack(self.folder / "rootfs")
        subprocess.run(["runc", "spec"], cwd=self.folder, check=True)
        config = json.loads((self.folder / "config.json").read_text())
        config["process"].update(terminal=False, args=WORDS, env=["PATH=/bin"], rlimits=[])
        config["root"]["readonly"] = False
        config["linux"]["cgroupsPath"] = f"{group}-runc/c"
        config["mounts"].append({"destination": "/sync", "source": str(fifo.folder), "type": "bind",
                                 "options": ["rbind", "rw"]})
        (self.folder / "config.json").write_text(json.dumps(config))

    def once(self):
        self.count += 1
        began = time.monotonic()
        run = subprocess.Popen(["runc", "--root", self.folder / "state", "run", f"c{self.count}"], cwd=self.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.fifo.wait()
        first = time.monotonic() - began
        if run.wait():
            sys.exit("runc failed")
        return first, time.monotonic() - began

    def cpu_of(self, rounds):
        before = of_children()
        for _ in range(rounds):
            self.once()
        return (of_children() - before) / rounds


class DockerRun:
    """The command and its daemon, with a writable layer, and a network namespace that is empty."""

    name = "docker run"

    def __init__(self, docker, image, fifo):
        self.docker, self.fifo = docker, fifo
        self.argv = ["docker", "run", "--rm", "--network=none", "--ulimit=nofile=1024:1024",
                     f"--volume={fifo.folder}:/sync", image, *WORDS]

    def once(self):
        began = time.monotonic()
        run = self.begin()
        self.fifo.wait()
        first = time.monotonic() - began
        if run.wait():
            sys.exit("docker run failed")
        return first, time.monotonic() - began

    def begin(self):
        return subprocess.Popen(self.argv, env=self.docker.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)

    def cpu_of(self, rounds):
        before = of_children() + self.docker.group.cpu_seconds(self.docker.containers)
        for _ in range(rounds):
            self.once()
        return (of_children() + self.docker.group.cpu_seconds(self.docker.containers) - before) / rounds

    def many(self, count):
        """With ten commands at work at a time."""
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            for _ in range(count):
                pool.submit(lambda: self.begin().wait())
            self.fifo.wait(count)
            return time.monotonic() - began


def main():
    words = argparse.ArgumentParser()
    words.add_argument("binary")
    words.add_argument("--rounds", type=int, default=30)
    words.add_argument("--docker", default="target/tools/docker", help="where its packages are unpacked")
    words.add_argument("--no-docker", action="store_true")
    words.add_argument("--pulls", type=int, default=3, help="of a large image each; 0 leaves them out")
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
            for part in ("-gantry", "-docker", "-docker-containers", "-runc"):
                Group.remove(group + part)


def bench(words, folder, group, running):
    fifo = Fifo(folder / "sync")
    archive = images.small(folder / "small.tar", "bench:small")
    server = gantry(words.binary, folder / "gantry", "--log", "warn", free=True, prepare=Group(f"{group}-gantry").enter)
    subprocess.run([words.binary, "images", "import", archive, "--data", folder / "gantry/data"], check=True,
                   stdout=subprocess.DEVNULL)
    ready = server.start()
    running.append(lambda: end(server))
    node = server_knows_its_node(server, ready)
    footprint = [("ready for the first signed call", f"{ready * 1e3:,.0f} ms", None),
                 ("its node takes tasks", f"{node * 1e3:,.0f} ms", None)]
    counts = Group(f"{group}-gantry")
    ours = [Ours(server, counts, fifo, mode) for mode in ("none", "host", "bridge", "awsvpc")]
    runc = Runc(folder / "runc", fifo, group)
    contestants, docker = [*ours, runc], None
    if not words.no_docker:
        docker = Docker(pathlib.Path(words.docker).resolve(), folder / "docker", Group(f"{group}-docker"))
        running.append(docker.stop)
        footprint[0] = (*footprint[0][:2], f"{docker.start() * 1e3:,.0f} ms")
        contestants.append(DockerRun(docker, load(docker, archive), fifo))
    say("idle")
    time.sleep(3)
    idle = (ours[0].cpu_seconds(), time.monotonic())
    time.sleep(5)
    spent = (ours[0].cpu_seconds() - idle[0]) / (time.monotonic() - idle[1])
    footprint.append(("resident when idle", f"{server.rss_mib():.1f} MiB", docker and f"{docker.rss_mib():.1f} MiB"))
    footprint.append(("CPU when idle", f"{spent * 1e3:.2f} ms/s", None))
    starts(words, contestants, runc)
    at_once(contestants, ours[0])
    keepers(server, footprint)
    show_footprint(footprint)
    if words.pulls:
        pulls(words, folder, server, docker, running)


def starts(words, contestants, runc):
    series = {one.name: [] for one in contestants}
    for number in range(words.rounds + 2):
        say(f"start, round {number + 1} of {words.rounds + 2}")
        for one in contestants:
            figures = one.once()
            if number >= 2:  # the first two warm up
                series[one.name].append(figures)
    cpu = {}
    for one in contestants:
        say(f"CPU of {one.name}")
        cpu[one.name] = one.cpu_of(max(words.rounds // 2, 5))
    # A short one for each: of what others did in between, every contestant had its share.
    floor = [statistics.median(column) for column in zip(*series[runc.name])] + [cpu[runc.name]]
    print(f"Medians of {words.rounds} rounds in turns, the tenth percentile in brackets.\n")
    print("| start of a task | first byte, ms | end known, ms | placed to executed, ms | CPU, ms | `runc run` is |")
    print("|---|--:|--:|--:|--:|--:|")
    for one in contestants:
        columns = list(zip(*series[one.name]))
        first, end = (statistics.median(column) for column in columns[:2])
        print(f"| {one.name} | {shown(columns[0])} | {shown(columns[1])} | {shown(columns[2]) if columns[2:] else ''} "
              f"| {cpu[one.name] * 1e3:.1f} | {floor[0] / first:.1f}x, {floor[1] / end:.1f}x, "
              f"CPU {floor[2] / cpu[one.name]:.1f}x |")
    if docker := next((one.name for one in contestants if isinstance(one, DockerRun)), None):
        mine = contestants[0].name
        ratios = [statistics.median(theirs) / statistics.median(own)
                  for theirs, own in zip(zip(*series[docker]), zip(*series[mine]))]
        print(f"\n`docker run` takes {ratios[0]:.0f}x as long to the first byte, {ratios[1]:.0f}x to the end, "
              f"and {cpu[docker] / cpu[mine]:.0f}x the CPU.")


def at_once(contestants, ours):
    print(f"\n| {AT_ONCE} tasks at once | all run after | |\n|---|--:|--:|")
    many = [one for one in contestants if hasattr(one, "many")]
    took = {}
    for one in many:
        say(f"{AT_ONCE} at once, {one.name}")
        took[one.name] = one.many(AT_ONCE)
    for name, seconds in took.items():
        print(f"| {name} | {seconds:.2f} s | {seconds / took[ours.name]:.1f}x |")


def keepers(server, footprint):
    """What the process beside each container takes."""
    say("keepers")
    definition = {"family": "keepers", "networkMode": "none", "memory": "32", "containerDefinitions": [
        {"name": "app", "image": "bench:small", "command": ["sleep", "600"]}]}
    server.call("RegisterTaskDefinition", json.dumps(definition))
    arns = [task["taskArn"] for task in json.loads(server.call("RunTask", json.dumps(
        {"taskDefinition": "keepers", "count": 10})))["tasks"]]
    until_all(server, arns, "RUNNING")
    dirty, private, share = [], [], []
    for line in subprocess.run(["pgrep", "-f", f"^[^ ]+ keeper {server.folder}/"], capture_output=True,
                               text=True).stdout.split():
        sizes = {row.split(":")[0]: int(row.split()[1]) for row in
                 pathlib.Path(f"/proc/{line}/smaps_rollup").read_text().splitlines()[1:]}
        dirty.append(sizes["Private_Dirty"])
        private.append(sizes["Private_Dirty"] + sizes["Private_Clean"])
        share.append(sizes["Pss"])
    footprint.append((f"memory of a keeper, of {len(dirty)}: private, with its share of what is common",
                      f"{statistics.median(private)} kB, {statistics.median(share)} kB", None))
    for arn in arns:
        server.call("StopTask", json.dumps({"task": arn}))


def show_footprint(rows):
    print("\n| footprint | gantry | dockerd and containerd |\n|---|--:|--:|")
    for what, ours, theirs in rows:
        print(f"| {what} | {ours} | {theirs or ''} |")


def pulls(words, folder, server, docker, running):
    storage = folder / "registry"
    outside, inside = free_port(), free_port()
    ends_with(running, images.registry(storage, outside, quietly))
    if docker:
        ends_with(running, images.registry(storage, inside, docker.inside))
    registry = f"http://127.0.0.1:{outside}"
    until(lambda: answers(registry), "the registry answers")
    ours, theirs = [], []
    for number in range(words.pulls):
        say(f"pull {number + 1} of {words.pulls}")
        packed, whole = images.push_large(registry, f"large{number}", number, 200_000_000)
        ours.append(pull(server, f"127.0.0.1:{outside}/large{number}:latest"))
        if docker:
            began = time.monotonic()
            docker("pull", "--quiet", f"127.0.0.1:{inside}/large{number}:latest")
            theirs.append(time.monotonic() - began)
    ours, theirs = statistics.median(ours), theirs and statistics.median(theirs)
    print(f"\n| pull of {packed / 1e6:.0f} MB in 4 layers, {whole / 1e6:.0f} MB unpacked | seconds | ratio |")
    print(f"|---|--:|--:|\n| gantry | {ours:.2f} | |")
    if theirs:
        print(f"| docker pull | {theirs:.2f} | {theirs / ours:.1f}x |")


def pull(server, image):
    """Seconds that a task spent in pulling."""
    definition = {"family": "pull", "networkMode": "none", "memory": "64", "containerDefinitions": [
        {"name": "app", "image": image, "command": ["true"]}]}
    server.call("RegisterTaskDefinition", json.dumps(definition))
    answer = json.loads(server.call("RunTask", json.dumps({"taskDefinition": "pull"})))
    task = until_all(server, [answer["tasks"][0]["taskArn"]], "STOPPED")[0]
    if "startedAt" not in task:
        sys.exit(f"{image}: {task['stoppedReason']} {task['containers'][0].get('reason')}")
    return task["pullStoppedAt"] - task["pullStartedAt"]


def until_all(server, arns, status):
    def seen():
        tasks = json.loads(server.call("DescribeTasks", json.dumps({"tasks": arns})))["tasks"]
        return tasks if all(task["lastStatus"] in (status, "STOPPED") for task in tasks) else None
    return until(seen, f"tasks are {status}", 0.02)


def subnets(server):
    """One of each zone of the default VPC."""
    import boto3

    from servers import KEYS

    ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=server.endpoint,
                       aws_access_key_id=KEYS.access_key, aws_secret_access_key=KEYS.secret_key)
    return [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]


def answers(registry):
    try:
        return images.ask(f"{registry}/v2/", "GET", None).status == 200
    except OSError:
        return False


def ends_with(running, process):
    running.append(lambda: (process.kill(), process.wait()))


def quietly(argv):
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def of_children():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def shown(column):
    return f"{statistics.median(column) * 1e3:.1f} ({statistics.quantiles(column, n=10)[0] * 1e3:.1f})"


def say(what):
    print(what, file=sys.stderr, flush=True)


main()
