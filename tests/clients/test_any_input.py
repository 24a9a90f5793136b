"""Random inputs that the models allow, for every operation: whatever they mean, they are answered or refused.

Most texts name things that are there, so that requests get past the first check; what they do to each other's things is
part of it. A panic is an ERROR on stderr, which the log guard sees.
"""

import json

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from support import values
from support.clients import client
from support.pusher import MANIFEST, Hand, digest_of, password
from support.server import gantry
from test_conformance import listed, model

# Without shrinking: a request changes what the next one finds, so a smaller one would not fail the same way.
SETTINGS = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CASES = [(service, name) for service, names in listed() for name in names]
# What takes things away comes last, so that the others find some.
CASES.sort(key=lambda case: case[1].startswith(("Delete", "Deregister")))


def registry(server):
    """Names in the registry, where ECR's operations find something."""
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    manifests = [hand.image(name, tag, tag.encode()) for name in ("web", "team/app") for tag in ("v1", "latest")]
    digests = [digest_of(manifest) for manifest in manifests[:2]]
    layers = [digest_of(b"v1"), digest_of(b"latest")]
    uploads = [ecr.initiate_layer_upload(repositoryName="web")["uploadId"] for _ in range(3)]
    ecr.create_repository_creation_template(prefix="team", appliedFor=["CREATE_ON_PUSH"])
    rule = '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", '
    rule += '"countNumber": 9}, "action": {"type": "expire"}}]}'
    return {
        "repositoryName": ["web", "web", "team/app", "other"],
        "repositoryNames": ["web", "team/app"],
        "registryId": ["000000000000"],
        "registryIds": ["000000000000"],
        "imageDigest": digests,
        "imageTag": ["v1", "latest", "v2"],
        "imageManifest": [manifest.decode() for manifest in manifests],
        "imageManifestMediaType": [MANIFEST],
        "layerDigest": layers,
        "layerDigests": layers,
        "uploadId": uploads,
        "partFirstByte": [0, 1],
        "partLastByte": [0, 1],
        "lifecyclePolicyText": [rule],
        "prefix": ["team", "ROOT"],
        "prefixes": ["team", "ROOT"],
        "ecrRepositoryPrefix": ["team", "cache"],
        "region": ["us-east-1", "eu-west-1"],
    }


@pytest.fixture(scope="module")
def likely(simulated):
    """Names and ARNs of things that are there, and words that mean something here and there."""
    ecs = client(simulated, "ecs")
    ecs.create_cluster(clusterName="web", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    container = {"name": "app", "image": "app", "memory": 8, "portMappings": [{"containerPort": 80}]}
    definitions = [ecs.register_task_definition(family="web", containerDefinitions=[container]) for _ in range(3)]
    ecs.deregister_task_definition(taskDefinition="web:1")
    ecs.create_capacity_provider(name="group", autoScalingGroupProvider={"autoScalingGroupArn": "group"})
    tasks = ecs.run_task(taskDefinition="web", count=3)["tasks"]
    nodes = ecs.list_container_instances()["containerInstanceArns"]
    arns = [definition["taskDefinition"]["taskDefinitionArn"] for definition in definitions]
    tasks = [task["taskArn"] for task in tasks]
    resources = [simulated.arn("cluster/web"), simulated.arn("capacity-provider/group"), *arns, *tasks, *nodes]
    role = "arn:aws:iam::000000000000:role/task"
    ec2 = client(simulated, "ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]]
    images = registry(simulated)
    return images | {
        "cluster": ["default", "default", "web", simulated.arn("cluster/default")],
        "clusters": ["default", "web"],
        "clusterName": ["default", "web", "other"],
        "family": ["web", "other"],
        "familyPrefix": ["web"],
        "taskDefinition": ["web", "web:2", *arns],
        "taskDefinitions": ["web:1", *arns],
        "task": tasks,
        "tasks": tasks,
        "containerInstance": nodes,
        "containerInstances": nodes,
        "targetId": nodes,
        "resourceArn": resources,
        "principalArn": ["arn:aws:iam::000000000000:root"],
        "capacityProvider": ["FARGATE", "FARGATE_SPOT", "group"],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT", "group"],
        "containerName": ["app", "side"],
        "taskRoleArn": [role],
        "executionRoleArn": [role],
        "group": ["batch", "family:web"],
        "cpu": ["256", "512", "1 vCPU"],
        "memory": ["512", "1024", "2GB"],
        "networkMode": ["bridge", "awsvpc", "host"],
        "expression": ["attribute:ecs.os-type == linux", "attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"],
        "filter": ["attribute:ecs.os-type == linux", "task:group == batch"],
        "field": ["instanceId", "cpu", "memory"],
        "subnets": subnets,
        "SubnetIds": subnets,
        "securityGroups": groups,
        "GroupIds": groups,
        "platformVersion": ["LATEST", "1.4.0"],
        "clientToken": ["a", "b"],
        "startedBy": ["me"],
        "key": ["a", "b", "c"],
        "hostPortRange": ["8000-8010"],
        "containerPortRange": ["8000-8010"],
        "status": ["RUNNING", "STOPPED", "ACTIVE", "DRAINING"],
        "logDriver": ["json-file", "awslogs"],
        # The names of containers, volumes, settings, resources and attributes alike.
        "name": ["app", "app", "side", "data", "CPU", "MEMORY", "PORTS", "GPU", "containerInsights", "rack"],
        "": ["app", "side", "data", "1", "0", "enabled", "/srv", *subnets],
    }


# The plainest value of each kind.
PLAIN = {"string": lambda: "default", "integer": int, "long": int, "boolean": bool, "blob": bytes}
PLAIN |= {"list": list, "map": dict, "structure": dict}


@pytest.fixture(scope="module")
def rejected():
    """The members that the ledger says are refused: nothing would be learnt from them."""
    lines = map(json.loads, gantry("admin", "fidelity", "--json").stdout.splitlines())
    return {line["what"] for line in lines if line["level"] == "rejected"}


@pytest.mark.parametrize("service, name", CASES)
def test_an_input_is_answered_or_refused(simulated, likely, rejected, service, name):
    aws = client(simulated, service, parameter_validation=False)
    shape = model(service).operation_model(name).input_shape

    def ask(members):
        code = None
        try:
            aws._make_api_call(name, members)
        except ClientError as error:
            told, code = error.response, error.response["Error"]["Code"]
            assert 400 <= told["ResponseMetadata"]["HTTPStatusCode"] < 500, told
            assert code not in ("SerializationException", "Unknown"), told
            assert told["Error"]["Message"], told
        assert simulated.is_alive()
        return code

    def check(members):
        ask(members)

    # What is not there yet reads no input.
    required = {member: PLAIN[shape.members[member].type_name]() for member in shape.required_members} if shape else {}
    if ask({} if service == "ecs" else required) != "UnsupportedFeatureException" and shape is not None:
        SETTINGS(given(values.value(shape, "json", "request", likely, rejected))(check))()


def test_the_laws_hold_after_all_of_it(simulated):
    """The doctor looks at what is left, with the server down."""
    simulated.stop()
    told = gantry("admin", "doctor", "--data", simulated.data)
    simulated.start()
    assert told.returncode == 0, told.stdout
