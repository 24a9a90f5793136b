"""Clusters, as somebody with boto3 uses them."""

import pytest
from support.clients import refused

WHOLE = {
    "settings": [{"name": "containerInsights", "value": "enhanced"}],
    "configuration": {
        "executeCommandConfiguration": {
            "kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/1",
            "logging": "OVERRIDE",
            "logConfiguration": {
                "cloudWatchLogGroupName": "exec",
                "cloudWatchEncryptionEnabled": True,
                "s3BucketName": "exec",
                "s3EncryptionEnabled": True,
                "s3KeyPrefix": "logs",
            },
        },
        "managedStorageConfiguration": {
            "kmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/2",
            "fargateEphemeralStorageKmsKeyId": "arn:aws:kms:us-east-1:000000000000:key/3",
        },
    },
    "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    "defaultCapacityProviderStrategy": [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
        {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
    ],
    "serviceConnectDefaults": {"namespace": "internal"},
    "tags": [{"key": "team", "value": "web"}, {"key": "Größe", "value": ""}],
}


def test_a_cluster_is_what_it_was_created_as(ecs, server, name):
    made = ecs.create_cluster(clusterName=name, **WHOLE)["cluster"]
    assert made["clusterArn"] == server.arn(f"cluster/{name}")
    assert made["status"] == "ACTIVE"
    seen = ecs.describe_clusters(
        clusters=[made["clusterArn"]], include=["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]
    )
    assert seen["failures"] == []
    [cluster] = seen["clusters"]
    for member in ("settings", "configuration", "capacityProviders", "defaultCapacityProviderStrategy", "tags"):
        assert cluster[member] == made[member] == WHOLE[member], member
    assert cluster["serviceConnectDefaults"] == WHOLE["serviceConnectDefaults"]
    assert cluster["attachmentsStatus"] == "UPDATE_COMPLETE"
    counts = ("registeredContainerInstancesCount", "runningTasksCount", "pendingTasksCount", "activeServicesCount")
    assert [cluster[count] for count in counts] == [0, 0, 0, 0]
    assert {"name": "runningEC2TasksCount", "value": "0"} in cluster["statistics"]


def test_what_is_not_asked_for_is_not_shown(ecs, name):
    ecs.create_cluster(clusterName=name, **WHOLE)
    [cluster] = ecs.describe_clusters(clusters=[name])["clusters"]
    assert (cluster["settings"], cluster["tags"], cluster["statistics"]) == ([], [], [])
    assert "configuration" not in cluster


def test_without_a_name_it_is_the_default_one(ecs, server):
    made = ecs.create_cluster()["cluster"]
    assert made["clusterArn"] == server.arn("cluster/default")
    [cluster] = ecs.describe_clusters()["clusters"]
    assert cluster["clusterName"] == "default"


def test_creating_again_answers_with_what_is_there(ecs, name):
    first = ecs.create_cluster(clusterName=name, capacityProviders=["FARGATE"])["cluster"]
    assert ecs.create_cluster(clusterName=name, capacityProviders=["FARGATE"])["cluster"] == first
    status, code, message = refused(ecs.create_cluster, clusterName=name, capacityProviders=["FARGATE_SPOT"])
    assert (status, code) == (400, "InvalidParameterException")
    assert message.startswith("Arguments on this idempotent request are inconsistent")


def test_a_deleted_cluster_is_inactive_and_not_listed(ecs, server, name):
    arn = ecs.create_cluster(clusterName=name, tags=[{"key": "a", "value": "1"}])["cluster"]["clusterArn"]
    assert arn in listed(ecs)
    assert ecs.delete_cluster(cluster=name)["cluster"]["status"] == "INACTIVE"
    assert arn not in listed(ecs)
    [cluster] = ecs.describe_clusters(clusters=[name], include=["TAGS"])["clusters"]
    assert (cluster["status"], cluster["tags"]) == ("INACTIVE", [])
    assert refused(ecs.update_cluster, cluster=name)[1] == "ClusterNotFoundException"
    # The name is free again, and is a new cluster then.
    assert ecs.create_cluster(clusterName=name)["cluster"]["status"] == "ACTIVE"


def listed(ecs):
    pages = ecs.get_paginator("list_clusters").paginate()
    return [arn for page in pages for arn in page["clusterArns"]]


def test_lists_come_in_pages(ecs, name):
    made = {ecs.create_cluster(clusterName=f"{name}-{i}")["cluster"]["clusterArn"] for i in range(5)}
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 2}))
    assert all(len(page["clusterArns"]) == 2 for page in pages[:-1])
    arns = [arn for page in pages for arn in page["clusterArns"]]
    assert len(arns) == len(set(arns))
    assert made <= set(arns)


def test_what_is_not_there_is_a_failure_beside_what_is(ecs, server, name):
    ecs.create_cluster(clusterName=name)
    elsewhere = "arn:aws:ecs:us-east-1:111111111111:cluster/theirs"
    seen = ecs.describe_clusters(clusters=[name, "nobody", elsewhere])
    assert [cluster["clusterName"] for cluster in seen["clusters"]] == [name]
    assert seen["failures"] == [
        {"arn": server.arn("cluster/nobody"), "reason": "MISSING"},
        {"arn": elsewhere, "reason": "MISSING"},
    ]


def test_an_update_changes_what_it_names(ecs, name):
    ecs.create_cluster(clusterName=name, **WHOLE)
    updated = ecs.update_cluster(
        cluster=name,
        settings=[{"name": "containerInsights", "value": "disabled"}],
        configuration={"executeCommandConfiguration": {"logging": "NONE"}},
    )["cluster"]
    assert updated["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    assert updated["configuration"]["executeCommandConfiguration"] == {"logging": "NONE"}
    assert (
        updated["configuration"]["managedStorageConfiguration"] == WHOLE["configuration"]["managedStorageConfiguration"]
    )
    assert updated["serviceConnectDefaults"] == WHOLE["serviceConnectDefaults"]
    settings = [{"name": "containerInsights", "value": "enabled"}]
    assert ecs.update_cluster_settings(cluster=name, settings=settings)["cluster"]["settings"] == settings


def test_capacity_providers_are_put_as_a_whole(ecs, name):
    ecs.create_cluster(clusterName=name, **WHOLE)
    put = ecs.put_cluster_capacity_providers(
        cluster=name,
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )["cluster"]
    assert put["capacityProviders"] == ["FARGATE"]
    assert put["defaultCapacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]


@pytest.mark.parametrize(
    "operation, members",
    [
        ("update_cluster", {}),
        ("update_cluster_settings", {"settings": [{"name": "containerInsights", "value": "enabled"}]}),
        ("delete_cluster", {}),
        ("put_cluster_capacity_providers", {"capacityProviders": [], "defaultCapacityProviderStrategy": []}),
        ("list_container_instances", {}),
        ("list_tasks", {}),
        ("describe_tasks", {"tasks": ["0" * 32]}),
        ("stop_task", {"task": "0" * 32}),
        ("describe_container_instances", {"containerInstances": ["0" * 32]}),
        ("list_attributes", {"targetType": "container-instance"}),
    ],
)
def test_who_names_an_unknown_cluster_hears_so(ecs, operation, members):
    told = refused(getattr(ecs, operation), cluster="nobody", **members)
    assert told == (400, "ClusterNotFoundException", "Cluster not found.")


@pytest.mark.parametrize(
    "members, says",
    [
        ({"clusterName": "not a name"}, "Cluster must match"),
        ({"clusterName": "a" * 256}, "Cluster must match"),
        (
            {"clusterName": "a", "settings": [{"name": "containerInsights", "value": "maybe"}]},
            "Invalid cluster setting",
        ),
        ({"clusterName": "a", "tags": [{"key": "aws:a", "value": "1"}]}, "reserved for system use"),
        (
            {"clusterName": "a", "tags": [{"key": str(i), "value": ""} for i in range(51)]},
            "length less than or equal to 50",
        ),
        ({"clusterName": "a", "tags": [{"key": "a", "value": ""}] * 2}, "Duplicate tag keys"),
        (
            {"clusterName": "a", "configuration": {"executeCommandConfiguration": {"logging": "OVERRIDE"}}},
            "logConfiguration is required",
        ),
        (
            {"clusterName": "a", "configuration": {"executeCommandConfiguration": {"logging": "LOUD"}}},
            "1 validation error detected: Value 'LOUD' at 'configuration.executeCommandConfiguration.logging' failed to "
            "satisfy constraint: Member must satisfy enum value set: [NONE, DEFAULT, OVERRIDE]",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_what_a_cluster_cannot_be(ecs, members, says):
    status, code, message = refused(ecs.create_cluster, **members)
    assert (status, code) == (400, "InvalidParameterException")
    assert says in message


def test_capacity_that_is_not_there_is_refused(ecs, name):
    status, code, message = refused(ecs.create_cluster, clusterName=name, capacityProviders=["nobody"])
    assert (status, code) == (400, "InvalidParameterException")
    assert "capacity provider" in message


def test_a_page_has_a_size_and_a_token_of_its_own(ecs):
    assert refused(ecs.list_clusters, maxResults=101)[:2] == (400, "InvalidParameterException")
    assert refused(ecs.list_clusters, maxResults=0)[:2] == (400, "InvalidParameterException")
    assert refused(ecs.list_clusters, nextToken="AAAA")[:2] == (400, "InvalidParameterException")
    assert refused(ecs.describe_clusters, clusters=["a"] * 101)[:2] == (400, "InvalidParameterException")
