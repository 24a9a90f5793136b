"""boto3 and the AWS CLI, pointed at a server and at nothing else."""

import json
import os
import pathlib
import shlex
import subprocess
import sys

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from support.wait import until

CLI_SECONDS = 120
# A failure is shown as it is, not tried again until it goes away.
CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)


class OneProtocol(Loader):
    """The models as they are, except that a service speaks one protocol only."""

    protocol = None

    def load_service_model(self, service_name, type_name, api_version=None):
        model = super().load_service_model(service_name, type_name, api_version)
        if self.protocol and type_name == "service-2":
            assert self.protocol in model["metadata"]["protocols"], "botocore's model knows no such protocol"
            model = model | {"metadata": model["metadata"] | {"protocols": [self.protocol], "protocol": self.protocol}}
        return model


# Parsing the models takes longer than using them, so all sessions share what is read.
LOADER = OneProtocol()


def client(server, service, protocol=None, region=None, **config):
    """A boto3 client that knows what `gantry env` says, and nothing that this machine may have set up."""
    env, loader = server.known_env, LOADER
    plain = Config(inject_host_prefix=env["AWS_DISABLE_HOST_PREFIX_INJECTION"] != "true")
    if protocol:
        loader = OneProtocol()
        loader.protocol = protocol
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    return boto3.Session(botocore_session=session).client(
        service,
        endpoint_url=env["AWS_ENDPOINT_URL"],
        region_name=region or env["AWS_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        config=CONFIG.merge(plain).merge(Config(**config)),
    )


def connected(ecs):
    """Waits until tasks can run on every node of the default cluster: nodes connect once the door is open."""

    def all_are():
        nodes = ecs.list_container_instances()["containerInstanceArns"]
        seen = ecs.describe_container_instances(containerInstances=nodes)["containerInstances"]
        return all(node["agentConnected"] for node in seen)

    until(all_are, "all nodes are connected")
    return ecs


def refused(call, **members):
    """Status, code and message of the fault that a boto3 call gets."""
    try:
        answer = call(**members)
    except ClientError as error:
        told = error.response["Error"]
        return error.response["ResponseMetadata"]["HTTPStatusCode"], told["Code"], told["Message"]
    raise AssertionError(f"this should be refused, and was answered with {answer}")


class Aws:
    """The AWS CLI, run by somebody who did `eval "$(gantry env)"` and nothing else."""

    def __init__(self, server):
        # The CLI of these tests' own environment comes before any that the machine may have.
        path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
        self.env = server.known_env | {"PATH": path, "HOME": str(server.home)}

    def shell(self, command, cwd=None):
        """What somebody types."""
        return subprocess.run(
            ["sh", "-c", command], env=self.env, cwd=cwd, capture_output=True, text=True, timeout=CLI_SECONDS
        )

    def run(self, *words):
        return self.shell(shlex.join(["aws", *map(str, words)]))

    def __call__(self, *words):
        """What it answers; it must go well."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None
