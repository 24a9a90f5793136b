"""The ECS API of Gantry beside moto_server: calls, processor time, footprint, and a restart with many tasks.

Both run on the last core, and wrk on the others sends calls that were signed beforehand, so that what is measured is
the server. Rounds alternate between the two, and the median counts. Gantry's calls are durable, moto's are not.
Prints tables in Markdown; progress goes to standard error.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from servers import gantry, moto

TASKS = 10
DEFINITION = {
    "family": "bench",
    "networkMode": "bridge",
    "containerDefinitions": [
        {"name": name, "image": "docker/app:1", "cpu": 1, "memory": 6, "essential": name == "app",
         "environment": [{"name": f"NAME_{n}", "value": f"value-{n}"} for n in range(5)]}
        for name in ("app", "proxy")
    ],
}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("binary")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=int, default=2, help="of load, for each call, server and round")
    words.add_argument("--connections", type=int, default=32, help="that call at the same time")
    words.add_argument("--tasks", type=int, default=100_000, help="in the store at the restart; 0 leaves it out")
    words = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        folder = pathlib.Path(folder)
        calls_and_footprint(words, folder)
        if words.tasks:
            restart(words, folder)


def calls_and_footprint(words, folder):
    servers = [gantry(words.binary, folder / "gantry", "--simulated-nodes", "1"), moto(folder / "moto")]
    started = [server.start() for server in servers]
    idle = [server.rss_mib() for server in servers]
    try:
        calls = {server.name: prepare(server) for server in servers}
        table = []
        for call in ("RegisterTaskDefinition", "DescribeTasks", "ListTasks"):
            rounds = {server.name: [] for server in servers}
            for number in range(words.rounds):
                for server in servers:
                    say(f"{call}, round {number + 1} of {words.rounds}, {server.name}")
                    rounds[server.name].append(load(server, call, calls[server.name][call], words, folder))
            table.append([call] + [median(rounds[server.name]) for server in servers])
        busy = [server.rss_mib() for server in servers]
    finally:
        for server in servers:
            server.stop(signal.SIGKILL)

    print("| call | gantry calls/s | moto calls/s | ratio | gantry CPU µs/call | moto CPU µs/call | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for call, (ours, our_cpu), (theirs, their_cpu) in table:
        print(f"| {call} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f}x "
              f"| {our_cpu:,.1f} | {their_cpu:,.1f} | {their_cpu / our_cpu:.1f}x |")
    print()
    print("| footprint | gantry | moto | ratio |")
    print("|---|--:|--:|--:|")
    print(f"| start to the first signed call answered | {started[0] * 1e3:,.0f} ms | {started[1] * 1e3:,.0f} ms "
          f"| {started[1] / started[0]:.1f}x |")
    for what, (ours, theirs) in (("resident when idle", idle), ("resident after the calls above", busy)):
        print(f"| {what} | {ours:,.1f} MiB | {theirs:,.1f} MiB | {theirs / ours:.1f}x |")


def prepare(server):
    """Makes what the calls need, and gives the body of each call."""
    server.call("CreateCluster", json.dumps({"clusterName": "default"}))
    server.call("RegisterTaskDefinition", json.dumps(DEFINITION))
    if server.name == "moto_server":
        register_instance(server)
    tasks = json.loads(server.call("RunTask", json.dumps({"taskDefinition": "bench", "count": TASKS})))["tasks"]
    if len(tasks) != TASKS:
        sys.exit(f"{server.name} started {len(tasks)} of {TASKS} tasks")
    return {
        "RegisterTaskDefinition": json.dumps(DEFINITION),
        "DescribeTasks": json.dumps({"tasks": [task["taskArn"] for task in tasks]}),
        "ListTasks": json.dumps({"cluster": "default"}),
    }


def register_instance(server):
    """moto starts tasks only on instances that its EC2 knows."""
    import boto3

    ec2 = boto3.client("ec2", region_name="us-east-1", endpoint_url=server.endpoint,
                       aws_access_key_id="AKIATEST", aws_secret_access_key="test")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    document = {"instanceId": instance, "accountId": "123456789012", "region": "us-east-1", "imageId": image,
                "instanceType": "m5.large", "version": "2017-09-30"}
    server.call("RegisterContainerInstance", json.dumps({
        "cluster": "default", "instanceIdentityDocument": json.dumps(document),
    }))


def load(server, operation, body, words, folder):
    """Calls per second and processor microseconds per call."""
    script = folder / "call.lua"
    headers = "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n"
                      for name, value in server.headers(operation, body).items())
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n{headers}')
    before = server.cpu_seconds()
    run = subprocess.run(
        ["taskset", "-c", f"0-{max(os.cpu_count() - 2, 0)}", "wrk", "-t1", f"-c{words.connections}",
         f"-d{words.seconds:g}s", "-s", str(script), server.endpoint + "/"],
        capture_output=True, text=True, check=True,
    )
    spent = server.cpu_seconds() - before
    if bad := re.search(r"Non-2xx.*|Socket errors.*", run.stdout):
        sys.exit(f"{server.name} {operation}: {bad[0]}")
    done, took, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", run.stdout).groups()
    took = float(took) * {"ms": 0.001, "s": 1, "m": 60}[unit]
    return int(done) / took, spent / int(done) * 1e6


def median(rounds):
    return tuple(statistics.median(figures) for figures in zip(*rounds))


def restart(words, folder):
    """How long a restart takes when many tasks are in the store, after a kill."""
    server = gantry(words.binary, folder / "restart", "--simulated-nodes", "50")
    server.start()
    server.call("CreateCluster", json.dumps({"clusterName": "default"}))
    server.call("RegisterTaskDefinition", json.dumps(DEFINITION))
    ten = json.dumps({"taskDefinition": "bench", "count": 10})
    began, made = time.monotonic(), 0
    while made < words.tasks:
        say(f"{made:,} of {words.tasks:,} tasks")
        for _ in range(1000):
            made += len(json.loads(server.call("RunTask", ten))["tasks"])
            if made >= words.tasks:
                break
    took = time.monotonic() - began
    full = server.rss_mib()
    server.stop(signal.SIGKILL)
    again = statistics.median(kill_and_start(server) for _ in range(words.rounds))
    after = server.rss_mib()
    server.stop(signal.SIGKILL)
    print()
    print(f"| restart with {made:,} tasks in the store | gantry |")
    print("|---|--:|")
    print(f"| start to the first signed call answered, after kill -9 | {again * 1e3:,.0f} ms |")
    print(f"| resident before the kill, after the restart | {full:,.0f} MiB, {after:,.0f} MiB |")
    print(f"| making them with RunTask, ten a call, one caller | {made / took:,.0f} tasks/s |")


def kill_and_start(server):
    if server.process.poll() is None:
        server.stop(signal.SIGKILL)
    return server.start()


def say(what):
    print(what, file=sys.stderr, flush=True)


main()
