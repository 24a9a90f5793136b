"""A cluster of simulated nodes: a stream of RunTask, and one large service, in the real binary on a real disk.

Calls that were signed beforehand come from wrk on the other cores, as in the bench of the door. A task is assigned when
it is durable and has its node, which RunTask's answer says; of a service its counts say so. Simulated nodes then report
each task as RUNNING. There is no peer that does this on one machine; `bench store` measures what such peers keep their
state in. Prints tables in Markdown; progress goes to standard error.
"""

import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from servers import gantry

PATIENCE_SECONDS = 900
DEFINITION = {"family": "bench", "networkMode": "none", "containerDefinitions": [
    {"name": "app", "image": "docker/app:1", "cpu": 1, "memory": 6}]}
TO_MS = {"us": 0.001, "ms": 1, "s": 1000}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("binary")
    words.add_argument("--nodes", type=int, default=10_000)
    words.add_argument("--tasks", type=int, default=20_000, help="of the service")
    words.add_argument("--full", action="store_true", help="a service of 100,000 tasks")
    words.add_argument("--seconds", type=int, default=5, help="of each stream of RunTask")
    words = words.parse_args()
    if words.full:
        words.tasks = 100_000
    with tempfile.TemporaryDirectory(prefix="gantry-bench-", dir="/var/tmp") as folder:
        folder = pathlib.Path(folder)
        server = gantry(words.binary, folder / "gantry", "--simulated-nodes", str(words.nodes), "--settle-ms", "0",
                        "--log", "warn", free=True)
        say(f"a server with {words.nodes:,} nodes")
        ready = server.start()
        try:
            bench(words, folder, server, ready)
        finally:
            if server.process.poll() is None:
                server.stop(signal.SIGKILL)


def bench(words, folder, server, ready):
    server.call("RegisterTaskDefinition", json.dumps(DEFINITION))
    until(lambda: cluster(server)["registeredContainerInstancesCount"] == words.nodes, "all nodes are there")
    server.call("RunTask", json.dumps({"taskDefinition": "bench"}))  # the first look at all nodes
    print(f"{words.nodes:,} nodes, first answer after {ready * 1e3:,.0f} ms.\n")
    print("| RunTask | calls/s | tasks/s, durable and assigned | p50, ms | p99, ms | CPU µs/task |")
    print("|---|--:|--:|--:|--:|--:|")
    for callers, count in ((1, 1), (32, 1), (32, 10)):
        say(f"RunTask, {callers} at a time, {count} a call")
        calls, p50, p99, cpu = stream(words, folder, server, callers, count)
        print(f"| {callers} at a time, {count} a call | {calls:,.0f} | {calls * count:,.0f} | {p50:.1f} | {p99:.1f} "
              f"| {cpu / count:,.0f} |", flush=True)
    say("the nodes tell of them all")
    until(lambda: cluster(server)["pendingTasksCount"] == 0, "all tasks are RUNNING")
    service(words, server)
    restart(server)


def stream(words, folder, server, callers, count):
    """Calls a second, milliseconds at the median and the 99th percentile, processor microseconds a call."""
    body = json.dumps({"taskDefinition": "bench", "count": count})
    script = folder / "call.lua"
    headers = "".join(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n"
                      for name, value in server.headers("RunTask", body).items())
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n{headers}')
    before = server.cpu_seconds()
    run = subprocess.run(["wrk", "-t1", f"-c{callers}", f"-d{words.seconds}s", "--latency", "-s", str(script),
                          server.endpoint + "/"], capture_output=True, text=True, check=True)
    spent = server.cpu_seconds() - before
    if bad := re.search(r"Non-2xx.*|Socket errors.*", run.stdout):
        sys.exit(f"RunTask: {bad[0]}")
    done, took, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", run.stdout).groups()
    took = float(took) * {"ms": 0.001, "s": 1, "m": 60}[unit]
    p50, p99 = (float(value) * TO_MS[unit] for value, unit in
                re.findall(r"^\s+(?:50|99)%\s+([\d.]+)(us|ms|s)$", run.stdout, re.MULTILINE))
    return int(done) / took, p50, p99, spent / int(done) * 1e6


def service(words, server):
    say(f"a service of {words.tasks:,} tasks")
    resident, spent = server.rss_mib(), server.cpu_seconds()
    began = time.monotonic()
    server.call("CreateService", json.dumps({"serviceName": "large", "taskDefinition": "bench",
                                             "desiredCount": words.tasks}))
    until(lambda: sum(counts(server)) >= words.tasks, "all tasks are assigned")
    assigned, cpu_assigned = time.monotonic() - began, server.cpu_seconds() - spent
    until(lambda: counts(server)[0] >= words.tasks, "all tasks are RUNNING")
    running, cpu = time.monotonic() - began, server.cpu_seconds() - spent
    until(lambda: "COMPLETED" in describe(server), "the deployment is over")
    over = time.monotonic() - began
    more = (server.rss_mib() - resident) * 2**20 / words.tasks
    print(f"\n| service of {words.tasks:,} tasks | seconds | tasks/s | CPU µs/task |")
    print("|---|--:|--:|--:|")
    print(f"| all durable and assigned | {assigned:.2f} | {words.tasks / assigned:,.0f} "
          f"| {cpu_assigned / words.tasks * 1e6:,.0f} |")
    print(f"| all RUNNING | {running:.2f} | {words.tasks / running:,.0f} | {cpu / words.tasks * 1e6:,.0f} |")
    print(f"| deployment COMPLETED | {over:.2f} | | |")
    print(f"| resident memory for each task, with what is remembered of its changes | {more:,.0f} bytes | | |",
          flush=True)


def restart(server):
    say("restart after a kill")
    resident = server.rss_mib()
    there = sum(cluster(server)[f"{kind}TasksCount"] for kind in ("running", "pending"))
    server.stop(signal.SIGKILL)
    ready = server.start()
    print(f"\n| restart with {there:,} tasks, after kill -9 | |")
    print("|---|--:|")
    print(f"| start to the first signed call answered | {ready * 1e3:,.0f} ms |")
    print(f"| resident before the kill, after the restart | {resident:,.0f} MiB, {server.rss_mib():,.0f} MiB |")


def cluster(server):
    return json.loads(server.call("DescribeClusters", "{}"))["clusters"][0]


def describe(server):
    return server.call("DescribeServices", json.dumps({"services": ["large"]}))


def counts(server):
    one = json.loads(describe(server))["services"][0]
    return one["runningCount"], one["pendingCount"]


def until(seen, what, pause=0.02):
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > PATIENCE_SECONDS:
            sys.exit(f"this did not come about: {what}")
        time.sleep(pause)


def say(what):
    print(what, file=sys.stderr, flush=True)


main()
