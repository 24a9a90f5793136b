"""Account settings, tags and capacity providers."""

import pytest
from support.clients import refused

ROOT = "arn:aws:iam::000000000000:root"
ANNA = "arn:aws:iam::000000000000:user/anna"


def settings(ecs, **filters):
    pages = ecs.get_paginator("list_account_settings").paginate(**filters)
    return [setting for page in pages for setting in page["settings"]]


def test_a_setting_that_was_put_holds_and_one_that_was_deleted_does_not(ecs):
    put = ecs.put_account_setting(name="awsvpcTrunking", value="enabled")["setting"]
    assert put == {"name": "awsvpcTrunking", "value": "enabled", "principalArn": ROOT, "type": "user"}
    assert settings(ecs, name="awsvpcTrunking") == [put]
    # What the root user chose holds for everybody who did not choose.
    [held] = settings(ecs, name="awsvpcTrunking", principalArn=ANNA, effectiveSettings=True)
    assert (held["value"], held["principalArn"]) == ("enabled", ROOT)
    ecs.put_account_setting(name="awsvpcTrunking", value="disabled", principalArn=ANNA)
    [held] = settings(ecs, name="awsvpcTrunking", principalArn=ANNA, effectiveSettings=True)
    assert (held["value"], held["principalArn"]) == ("disabled", ANNA)
    ecs.delete_account_setting(name="awsvpcTrunking", principalArn=ANNA)
    ecs.delete_account_setting(name="awsvpcTrunking")
    assert settings(ecs, name="awsvpcTrunking") == []
    [held] = settings(ecs, name="awsvpcTrunking", effectiveSettings=True)
    assert held["value"] == "disabled"


def test_all_settings_have_a_value_that_holds(ecs):
    known = ecs.meta.service_model.shape_for("SettingName").enum
    held = settings(ecs, effectiveSettings=True)
    assert {setting["name"] for setting in held} >= set(known)
    assert all(setting["value"] for setting in held)


def test_the_default_of_container_insights_is_what_new_clusters_get(ecs, name):
    ecs.put_account_setting_default(name="containerInsights", value="enabled")
    try:
        made = ecs.create_cluster(clusterName=name)["cluster"]
        assert made["settings"] == [{"name": "containerInsights", "value": "enabled"}]
    finally:
        ecs.delete_account_setting(name="containerInsights")


@pytest.mark.parametrize(
    "members",
    [
        {"name": "nothing", "value": "enabled"},
        {"name": "awsvpcTrunking", "value": "maybe"},
        {"name": "guardDutyActivate", "value": "on"},
        {"name": "awsvpcTrunking", "value": "enabled", "principalArn": "anna"},
    ],
)
def test_a_setting_that_cannot_be(ecs, members):
    assert refused(ecs.put_account_setting, **members)[:2] == (400, "InvalidParameterException")


@pytest.fixture
def tagged(ecs, name):
    """An ARN of every kind of thing that can be tagged and made without a node."""
    cluster = ecs.create_cluster(clusterName=name)["cluster"]["clusterArn"]
    container = {"name": "app", "image": "a", "memory": 8}
    definition = ecs.register_task_definition(family=name, containerDefinitions=[container])["taskDefinition"]
    instance = ecs.register_container_instance(cluster=name)["containerInstance"]
    provider = ecs.create_capacity_provider(
        name=f"p-{name}", autoScalingGroupProvider={"autoScalingGroupArn": f"group-{name}"}
    )["capacityProvider"]
    return [
        cluster,
        definition["taskDefinitionArn"],
        instance["containerInstanceArn"],
        provider["capacityProviderArn"],
    ]


def test_tags_are_put_over_each_other_and_taken_away(ecs, tagged):
    tags = lambda arn: ecs.list_tags_for_resource(resourceArn=arn)["tags"]
    for arn in tagged:
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "1"}])
        ecs.tag_resource(
            resourceArn=arn, tags=[{"key": "b", "value": "2"}, {"key": "größer als", "value": "a:b/c=d+e-f@g"}]
        )
        assert tags(arn) == [
            {"key": "a", "value": "1"},
            {"key": "b", "value": "2"},
            {"key": "größer als", "value": "a:b/c=d+e-f@g"},
        ]
        ecs.untag_resource(resourceArn=arn, tagKeys=["a", "nobody", "größer als"])
        assert tags(arn) == [{"key": "b", "value": "2"}]


def test_a_resource_has_at_most_fifty_tags(ecs, tagged):
    fifty = [{"key": f"k{i}", "value": "v"} for i in range(50)]
    for arn in tagged:
        ecs.tag_resource(resourceArn=arn, tags=fifty)
        status, code, message = refused(ecs.tag_resource, resourceArn=arn, tags=[{"key": "more", "value": ""}])
        assert status == 400
        assert code in ("InvalidParameterException", "LimitExceededException")
        assert "50" in message


@pytest.mark.parametrize(
    "resource, code",
    [
        ("cluster/nobody", "ClusterNotFoundException"),
        ("task-definition/nobody:1", "ResourceNotFoundException"),
        ("task/default/00000000000000000000000000000000", "ResourceNotFoundException"),
        ("container-instance/default/00000000000000000000000000000000", "ResourceNotFoundException"),
        ("capacity-provider/nobody", "ResourceNotFoundException"),
        ("task/00000000000000000000000000000000", "InvalidParameterException"),
        ("nothing/at-all", "InvalidParameterException"),
        ("capacity-provider/FARGATE", "InvalidParameterException"),
    ],
)
def test_what_cannot_be_tagged(ecs, server, resource, code):
    told = refused(ecs.tag_resource, resourceArn=server.arn(resource), tags=[{"key": "a", "value": "1"}])
    assert told[:2] == (400, code)


def test_who_tags_what_is_not_his_is_refused(ecs):
    arn = "arn:aws:ecs:us-east-1:111111111111:cluster/theirs"
    assert refused(ecs.tag_resource, resourceArn=arn, tags=[])[1] == "AccessDeniedException"
    assert refused(ecs.tag_resource, resourceArn="theirs", tags=[])[:2] == (400, "InvalidParameterException")


GROUP = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:1-2:autoScalingGroupName/"


def test_a_capacity_provider_comes_updates_and_goes(ecs, server, name):
    scaling = {
        "status": "ENABLED",
        "targetCapacity": 80,
        "minimumScalingStepSize": 2,
        "maximumScalingStepSize": 20,
        "instanceWarmupPeriod": 60,
    }
    group = {
        "autoScalingGroupArn": GROUP + name,
        "managedScaling": scaling,
        "managedTerminationProtection": "ENABLED",
        "managedDraining": "DISABLED",
    }
    tags = [{"key": "a", "value": "1"}]
    made = ecs.create_capacity_provider(name=name, autoScalingGroupProvider=group, tags=tags)["capacityProvider"]
    assert made["capacityProviderArn"] == server.arn(f"capacity-provider/{name}")
    assert (made["status"], made["autoScalingGroupProvider"], made["tags"]) == ("ACTIVE", group, tags)
    updated = ecs.update_capacity_provider(
        name=name, autoScalingGroupProvider={"managedScaling": {"targetCapacity": 100}}
    )["capacityProvider"]
    assert updated["autoScalingGroupProvider"]["managedScaling"] == scaling | {"targetCapacity": 100}
    seen = ecs.describe_capacity_providers(capacityProviders=[name, "nobody"], include=["TAGS"])
    [provider] = seen["capacityProviders"]
    assert provider["autoScalingGroupProvider"] == updated["autoScalingGroupProvider"]
    assert provider["tags"] == tags
    assert seen["failures"] == [{"arn": server.arn("capacity-provider/nobody"), "reason": "MISSING"}]
    gone = ecs.delete_capacity_provider(capacityProvider=name)["capacityProvider"]
    assert (gone["status"], gone["updateStatus"]) == ("INACTIVE", "DELETE_COMPLETE")


def test_a_provider_in_use_stays(ecs, name):
    group = {"autoScalingGroupArn": GROUP + name}
    ecs.create_capacity_provider(name=name, autoScalingGroupProvider=group)
    ecs.create_cluster(clusterName=name, capacityProviders=[name])
    stays = ecs.delete_capacity_provider(capacityProvider=name)["capacityProvider"]
    assert (stays["status"], stays["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    assert name in stays["updateStatusReason"]
    ecs.put_cluster_capacity_providers(cluster=name, capacityProviders=[], defaultCapacityProviderStrategy=[])
    assert ecs.delete_capacity_provider(capacityProvider=name)["capacityProvider"]["status"] == "INACTIVE"


def test_fargate_is_always_there(ecs):
    names = []
    token = {}
    while True:  # there is no paginator of this operation
        page = ecs.describe_capacity_providers(maxResults=1, **token)
        names += [provider["name"] for provider in page["capacityProviders"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert {"FARGATE", "FARGATE_SPOT"} <= set(names)
    assert len(names) == len(set(names))
    told = refused(ecs.delete_capacity_provider, capacityProvider="FARGATE")
    assert told[:2] == (400, "InvalidParameterException")


def test_a_managed_provider_lives_in_its_cluster(ecs, name):
    ecs.create_cluster(clusterName=name)
    managed = {
        "infrastructureRoleArn": "arn:aws:iam::000000000000:role/infrastructure",
        "instanceLaunchTemplate": {
            "ec2InstanceProfileArn": "arn:aws:iam::000000000000:instance-profile/node",
            "networkConfiguration": {
                "subnets": ["subnet-0123456789abcdef0"],
                "securityGroups": ["sg-0123456789abcdef0"],
            },
            "instanceRequirements": {"vCpuCount": {"min": 2, "max": 8}, "memoryMiB": {"min": 4096}},
        },
    }
    made = ecs.create_capacity_provider(name=name, cluster=name, managedInstancesProvider=managed)["capacityProvider"]
    assert (made["cluster"], made["type"]) == (name, "MANAGED_INSTANCES")
    template = made["managedInstancesProvider"]["instanceLaunchTemplate"]
    assert template["instanceRequirements"] == managed["instanceLaunchTemplate"]["instanceRequirements"]
    assert refused(ecs.delete_cluster, cluster=name)[1] == "ClusterContainsCapacityProviderException"
    # Where it was born must be said.
    assert refused(ecs.delete_capacity_provider, capacityProvider=name)[:2] == (400, "ClientException")
    ecs.delete_capacity_provider(capacityProvider=name, cluster=name)
    assert ecs.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"


@pytest.mark.parametrize(
    "members, code, says",
    [
        (
            {"name": "aws-mine", "autoScalingGroupProvider": {"autoScalingGroupArn": "g"}},
            "InvalidParameterException",
            "prefixed",
        ),
        ({"name": "mine"}, "InvalidParameterException", "Auto Scaling group"),
        (
            {"name": "mine", "autoScalingGroupProvider": {"autoScalingGroupArn": "arn:aws:s3:::b"}},
            "InvalidParameterException",
            "ARN",
        ),
        (
            {
                "name": "mine",
                "autoScalingGroupProvider": {
                    "autoScalingGroupArn": "g",
                    "managedTerminationProtection": "ENABLED",
                },
            },
            "ClientException",
            "managed scaling must be enabled",
        ),
        (
            {
                "name": "mine",
                "autoScalingGroupProvider": {
                    "autoScalingGroupArn": "g",
                    "managedScaling": {"targetCapacity": 101},
                },
            },
            "InvalidParameterException",
            "managedScaling.targetCapacity",
        ),
    ],
)
def test_a_provider_that_cannot_be(ecs, members, code, says):
    told = refused(ecs.create_capacity_provider, **members)
    assert told[:2] == (400, code)
    assert says in told[2]
