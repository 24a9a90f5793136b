"""Many clients at once: what is counted is counted once, and what there is one of goes to one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from support.clients import client

AT_ONCE = 8
APP = {"name": "app", "image": "app", "cpu": 1, "memory": 8}


@pytest.fixture(scope="module")
def clients(simulated):
    return [client(simulated, "ecs") for _ in range(AT_ONCE)]


def at_once(clients, call):
    """What each client gets, in no order: an answer or a fault's code."""

    def one(number):
        try:
            return call(clients[number], number)
        except ClientError as refusal:
            return refusal.response["Error"]["Code"]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_a_cluster_is_made_once(clients, name):
    made = at_once(clients, lambda ecs, _: ecs.create_cluster(clusterName=name)["cluster"])
    assert all(cluster == made[0] for cluster in made)


def test_every_revision_is_given_once(clients, name):
    def register(ecs, number):
        make = lambda: ecs.register_task_definition(family=name, containerDefinitions=[APP | {"cpu": number}])
        return [make()["taskDefinition"]["revision"] for _ in range(5)]

    given = at_once(clients, register)
    assert sorted(revision for mine in given for revision in mine) == list(range(1, 5 * AT_ONCE + 1))
    assert all(mine == sorted(mine) for mine in given)
    # Each revision holds what came with it.
    for number, mine in enumerate(given):
        seen = clients[0].describe_task_definition(taskDefinition=f"{name}:{mine[0]}")["taskDefinition"]
        assert seen["containerDefinitions"][0]["cpu"] == number


def test_a_token_is_used_once(clients, name):
    clients[0].register_task_definition(family=name, containerDefinitions=[APP])
    answers = at_once(
        clients, lambda ecs, _: ecs.run_task(taskDefinition=name, count=2, clientToken=name, startedBy="once")
    )
    arns = {tuple(task["taskArn"] for task in answer["tasks"]) for answer in answers}
    assert len(arns) == 1
    assert sorted(clients[0].list_tasks(startedBy="once")["taskArns"]) == sorted(arns.pop())


def test_a_port_goes_to_one_task_on_each_node(clients, name):
    ports = [{"containerPort": 80, "hostPort": 8080}]
    clients[0].register_task_definition(family=name, containerDefinitions=[APP | {"portMappings": ports}])
    answers = at_once(clients, lambda ecs, _: ecs.run_task(taskDefinition=name))
    nodes = [task["containerInstanceArn"] for answer in answers for task in answer["tasks"]]
    assert len(nodes) == len(set(nodes)) == 3
    assert all(answer["failures"] for answer in answers if not answer["tasks"])


def test_memory_is_never_given_out_twice(clients, name):
    [node, *_] = clients[0].list_container_instances()["containerInstanceArns"]
    [seen] = clients[0].describe_container_instances(containerInstances=[node])["containerInstances"]
    [free] = [resource["integerValue"] for resource in seen["remainingResources"] if resource["name"] == "MEMORY"]
    clients[0].register_task_definition(family=name, containerDefinitions=[APP | {"memory": free // 3}])

    def fill(ecs, _):
        answers = [ecs.start_task(taskDefinition=name, containerInstances=[node]) for _ in range(2)]
        return [bool(answer["tasks"]) for answer in answers]

    assert sum(took for mine in at_once(clients, fill) for took in mine) == 3
    [seen] = clients[0].describe_container_instances(containerInstances=[node])["containerInstances"]
    [left] = [resource["integerValue"] for resource in seen["remainingResources"] if resource["name"] == "MEMORY"]
    assert 0 <= left == free - 3 * (free // 3)


def test_tags_of_all_are_kept(clients, name):
    arn = clients[0].create_cluster(clusterName=name)["cluster"]["clusterArn"]
    at_once(
        clients,
        lambda ecs, n: [ecs.tag_resource(resourceArn=arn, tags=[{"key": f"{n}.{i}", "value": ""}]) for i in range(5)],
    )
    keys = {tag["key"] for tag in clients[0].list_tags_for_resource(resourceArn=arn)["tags"]}
    assert keys == {f"{n}.{i}" for n in range(AT_ONCE) for i in range(5)}


def test_one_of_many_deletes_and_makes(clients, name):
    """Making and deleting the same cluster at once ends in one of the two, for everybody."""

    def both(ecs, _):
        for _ in range(5):
            ecs.create_cluster(clusterName=name)
            ecs.delete_cluster(cluster=name)
        return ecs.describe_clusters(clusters=[name])["clusters"][0]["status"]

    assert set(at_once(clients, both)) <= {"ACTIVE", "INACTIVE"}
    assert clients[0].describe_clusters(clusters=[name])["clusters"][0]["status"] == "INACTIVE"


def test_a_list_that_changes_meanwhile_shows_what_stays(clients, name):
    """A page's token names a place, not a number: who stays is seen once, whoever comes and goes."""
    stay = [f"{name}-{i:02}" for i in range(0, 40, 2)]
    for cluster in stay:
        clients[0].create_cluster(clusterName=cluster)

    def look_or_change(ecs, number):
        if number % 2:
            for i in range(1, 40, 2):
                ecs.create_cluster(clusterName=f"{name}-{i:02}")
                ecs.delete_cluster(cluster=f"{name}-{i:02}")
            return None
        pages = ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 3})
        return [arn.rsplit("/", 1)[1] for page in pages for arn in page["clusterArns"]]

    for seen in at_once(clients, look_or_change):
        if seen is not None:
            assert [cluster for cluster in seen if cluster in stay] == stay
