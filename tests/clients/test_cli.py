"""The AWS CLI, by somebody who typed `eval "$(gantry env)"`: the session that the README shows, and what goes wrong."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from support.clients import Aws
from support.images import archive
from support.server import BIN, ROOT, gantry

CONTAINERS = json.dumps([{"name": "app", "image": "busybox", "cpu": 64, "memory": 64, "command": ["sleep", "60"]}])


@pytest.fixture(scope="module")
def aws(simulated):
    return Aws(simulated)


def test_a_first_session(aws, simulated):
    cluster = aws("ecs", "create-cluster", "--cluster-name", "default")["cluster"]
    assert cluster["clusterArn"] == simulated.arn("cluster/default")
    registered = aws("ecs", "register-task-definition", "--family", "web", "--container-definitions", CONTAINERS)
    assert registered["taskDefinition"]["revision"] == 1
    [task] = aws("ecs", "run-task", "--task-definition", "web")["tasks"]
    aws("ecs", "stop-task", "--task", task["taskArn"], "--reason", "done")
    aws("ecs", "wait", "tasks-stopped", "--tasks", task["taskArn"])
    [task] = aws("ecs", "describe-tasks", "--tasks", task["taskArn"])["tasks"]
    assert (task["lastStatus"], task["stoppedReason"]) == ("STOPPED", "done")


def test_the_session_of_the_readme(node):
    """Every command that the README shows behind a prompt is run, and must say what the README says it says."""
    page = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    session = "".join(block for block in blocks if "aws ecs" in block and "Stop with" not in block)
    archive(node.server.home / "busybox.tar")
    aws = Aws(node.server)
    steps = re.split(r"^# ", session, flags=re.MULTILINE)[1:]
    assert steps[0].startswith("eval ")
    for step in steps[1:]:
        command, shown = command_and_answer(step)
        done = aws.shell(command.replace("target/release/gantry", BIN), cwd=node.server.home)
        assert without_chance(done.stdout + done.stderr) == without_chance(shown), command


def command_and_answer(step):
    """A command goes on as long as its lines are continued or a quote is open."""
    lines = step.splitlines()
    for last in range(1, len(lines) + 1):
        command = "\n".join(lines[:last])
        if not command.endswith("\\") and command.count("'") % 2 == 0:
            break
    return command, "\n".join(lines[last:])


def without_chance(text):
    """Ids and digests are random, and so is what is free; blank lines are for the eye."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "ID", text)
    text = re.sub(r"\b\d+ are free", "N are free", text)
    text = re.sub(r"\b127.0.0.1:\d+", "HERE", text)
    return [line for line in text.splitlines() if line.strip()]


def test_other_services(aws, simulated):
    assert aws("sts", "get-caller-identity")["Account"] == simulated.said["account"]
    assert len(aws("ec2", "describe-availability-zones")["AvailabilityZones"]) == 3
    assert aws("cloudwatch", "describe-alarms")["MetricAlarms"] == []


def test_a_fault_is_an_error_that_says_why(aws):
    done = aws.run("ecs", "describe-task-definition", "--task-definition", "nobody")
    assert done.returncode != 0
    assert (
        "(ClientException) when calling the DescribeTaskDefinition operation: Unable to describe task definition."
        in done.stderr
    )


def test_shells_evaluate_what_env_prints(simulated):
    exports = gantry("env", "--data", simulated.data).stdout
    where = ("AWS_ENDPOINT_URL", "AWS_DISABLE_HOST_PREFIX_INJECTION", "AWS_REGION", "AWS_DEFAULT_REGION")
    names = ("GANTRY_DATA", *where, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    script = exports + "\n".join(f'printf "%s\\n" "${name}"' for name in names)
    said = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout
    env = simulated.env()
    assert list(env) == list(names)
    assert said.splitlines() == list(env.values())


def test_boto3_needs_nothing_but_the_environment(simulated):
    env = simulated.env() | {"PATH": os.environ["PATH"], "HOME": str(simulated.home)}
    script = "import boto3; print(boto3.client('ecs').list_clusters()['clusterArns'])"
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, str([simulated.arn("cluster/default")])), done.stderr


def test_credentials_can_be_read_as_a_shared_file(simulated):
    file = pathlib.Path(simulated.data) / "credentials"
    env = {"PATH": os.environ["PATH"], "HOME": str(simulated.home), "AWS_SHARED_CREDENTIALS_FILE": str(file)}
    script = (
        "import boto3, sys; "
        "print(boto3.client('sts', endpoint_url=sys.argv[1], region_name='us-east-1').get_caller_identity()['Account'])"
    )
    done = subprocess.run([sys.executable, "-c", script, simulated.endpoint], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, simulated.said["account"]), done.stderr
