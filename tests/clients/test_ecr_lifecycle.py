"""Lifecycle policies: what they say, what they would do, and what they do."""

import json

import pytest
from botocore.exceptions import ClientError
from support import images
from support.clients import client, refused
from support.node import STAY
from support.pusher import MANIFEST, Hand, Skopeo, digest_of, manifest_of, password
from support.wait import until

INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture(scope="module")
def ecr(server):
    return client(server, "ecr")


@pytest.fixture(scope="module")
def hand(server):
    return Hand(server, password(server))


def policy(*rules):
    return json.dumps({"rules": [{"action": {"type": "expire"}, **rule} for rule in rules]})


def rule(priority, number, **selection):
    return {
        "rulePriority": priority,
        "description": f"rule {priority}",
        "selection": {"countType": "imageCountMoreThan", "countNumber": number, **selection},
    }


def there(hand, name, *manifests):
    """Which of these digests the door still has."""
    return [hand.ask("GET", f"/v2/{name}/manifests/{digest}")[0] == 200 for digest in manifests]


def push_index(hand, name, tag, *manifests):
    about = [{"mediaType": MANIFEST, "digest": digest_of(one), "size": len(one)} for one in manifests]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": about, "annotations": {"of": tag}}).encode()
    status, _, said = hand.ask("PUT", f"/v2/{name}/manifests/{tag}", index, content_type=INDEX)
    assert status == 201, said
    return digest_of(index)


def test_a_policy_is_kept_as_it_was_given(ecr, hand):
    hand.image("kept", "v1", b"one")
    where = {"repositoryName": "kept"}
    assert refused(ecr.get_lifecycle_policy, **where)[1] == "LifecyclePolicyNotFoundException"
    assert refused(ecr.delete_lifecycle_policy, **where)[1] == "LifecyclePolicyNotFoundException"
    text = policy(rule(1, 100, tagStatus="tagged", tagPatternList=["v*"]), rule(2, 100, tagStatus="any"))
    put = ecr.put_lifecycle_policy(lifecyclePolicyText=text, **where)
    assert (put["lifecyclePolicyText"], put["registryId"], put["repositoryName"]) == (text, "000000000000", "kept")
    got = ecr.get_lifecycle_policy(**where)
    assert got["lifecyclePolicyText"] == text and got["lastEvaluatedAt"]
    assert ecr.delete_lifecycle_policy(**where)["lifecyclePolicyText"] == text
    assert refused(ecr.get_lifecycle_policy, **where)[1] == "LifecyclePolicyNotFoundException"


def test_what_is_no_policy_is_refused(ecr, hand):
    hand.image("refused", "v1", b"one")

    def put(text):
        return refused(ecr.put_lifecycle_policy, repositoryName="refused", lifecyclePolicyText=text)

    two = policy(rule(1, 1, tagStatus="untagged"), rule(1, 1, tagStatus="any"))
    status, code, message = put(two)
    assert (status, code) == (400, "InvalidParameterException") and "Lifecycle policy validation failure" in message
    assert "rulePriority 1 is given twice" in message
    no_list = policy(rule(1, 1, tagStatus="tagged")) + " " * 100
    assert "tagPrefixList" in put(no_list)[2]
    good = policy(rule(1, 1, tagStatus="untagged"), rule(2, 1, tagStatus="any"))
    assert refused(ecr.put_lifecycle_policy, repositoryName="nowhere", lifecyclePolicyText=good)[1] == (
        "RepositoryNotFoundException"
    )


def test_what_a_policy_would_do_it_then_does(ecr, hand):
    manifests = [hand.image("acts", "latest", bytes([n])) for n in range(4)]  # all but the last have no tag any more
    for tag in ("dev-1", "dev-2", "dev-3"):
        manifests.append(hand.image("acts", tag, tag.encode()))
    digests = [digest_of(manifest) for manifest in manifests]
    child = hand.image("acts", "child", b"child")
    index = push_index(hand, "acts", "dev-0", child)
    assert hand.ask("DELETE", "/v2/acts/manifests/child")[0] == 202
    text = policy(rule(1, 2, tagStatus="tagged", tagPrefixList=["dev-"]), rule(2, 1, tagStatus="untagged"))
    where = {"repositoryName": "acts"}
    missing = refused(ecr.get_lifecycle_policy_preview, **where)
    assert missing[1] == "LifecyclePolicyPreviewNotFoundException"
    assert refused(ecr.start_lifecycle_policy_preview, **where)[1] == "LifecyclePolicyNotFoundException"
    started = ecr.start_lifecycle_policy_preview(lifecyclePolicyText=text, **where)
    assert (started["status"], started["lifecyclePolicyText"]) == ("IN_PROGRESS", text)
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(**where)
    seen = ecr.get_lifecycle_policy_preview(**where)
    # dev-3 and the index of dev-0 are the newest; of those without a tag the newest stays, and the index's child.
    wanted = {digests[0]: 2, digests[1]: 2, digests[4]: 1, digests[5]: 1}
    assert {one["imageDigest"]: one["appliedRulePriority"] for one in seen["previewResults"]} == wanted
    assert seen["summary"]["expiringImageTotalCount"] == 4
    assert {one["action"]["type"] for one in seen["previewResults"]} == {"EXPIRE"}
    pages = ecr.get_paginator("get_lifecycle_policy_preview").paginate(**where, PaginationConfig={"PageSize": 1})
    assert [one["imageDigest"] for page in pages for one in page["previewResults"]] == sorted(wanted)
    tagged = ecr.get_lifecycle_policy_preview(filter={"tagStatus": "TAGGED"}, **where)["previewResults"]
    assert [one["imageTags"] for one in sorted(tagged, key=lambda one: one["imageTags"])] == [["dev-1"], ["dev-2"]]
    [one] = ecr.get_lifecycle_policy_preview(imageIds=[{"imageTag": "dev-1"}], **where)["previewResults"]
    assert one["imageDigest"] == digests[4]
    assert there(hand, "acts", *digests, index) == [True] * 8, "it was only a preview"

    ecr.put_lifecycle_policy(lifecyclePolicyText=text, **where)
    until(lambda: not any(there(hand, "acts", *wanted)), "images are gone that the preview named")
    assert there(hand, "acts", digests[2], digests[3], digests[6], index, digest_of(child)) == [True] * 5
    # And when the index goes, what it lists goes along.
    only = policy(rule(1, 1, tagStatus="tagged", tagPrefixList=["dev-"]))
    hand.image("acts", "dev-9", b"newest")
    ecr.put_lifecycle_policy(lifecyclePolicyText=only + " " * 20, **where)
    until(lambda: there(hand, "acts", index, digest_of(child)) == [False, False], "the index is gone")


def test_what_runs_keeps_its_image(node):
    server = node.server
    ecr, skopeo, hand = client(server, "ecr"), Skopeo(server), Hand(server, password(server))
    archive = images.archive(server.home / "runs.tar", "any:thing", files={"etc/who": b"runs"})
    skopeo.push(f"docker-archive:{archive}", "runs/app:v1")
    used = skopeo.ask("inspect", "runs/app:v1")["Digest"]
    task = node.run({"command": STAY, "image": f"127.0.0.1:{server.port}/runs/app:v1"})
    node.running(task)
    for n in range(3):
        hand.image("runs/app", "v1", bytes([n]))
    keep_one = policy(rule(1, 1, tagStatus="any"))
    ecr.put_lifecycle_policy(repositoryName="runs/app", lifecyclePolicyText=keep_one)
    others = [digest_of(manifest_of(bytes([n]))) for n in range(2)]
    until(lambda: not any(there(hand, "runs/app", *others)), "what nobody runs is gone")
    assert there(hand, "runs/app", used) == [True]
    node.ecs.stop_task(task=task)
    node.stopped(task)
    ecr.put_lifecycle_policy(repositoryName="runs/app", lifecyclePolicyText=keep_one)
    until(lambda: there(hand, "runs/app", used) == [False], "it goes when the task has stopped")
