"""Pull-through caches: what is not here is fetched from the registry that a rule names, and served from here then on."""

import json
import threading

import pytest
from support.clients import client, refused
from support.pusher import MANIFEST, Hand, digest_of, password
from support.registry import Registry
from support.server import gantry

INDEX = "application/vnd.oci.image.index.v1+json"
SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/other"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upstream")
    with Registry(folder, "upstream") as registry:
        registry.push("team/app", files={"etc/who": b"upstream"})
        yield registry


@pytest.fixture(scope="module")
def ecr(server):
    return client(server, "ecr")


def rule(ecr, prefix, registry, **more):
    url = f"127.0.0.1:{registry.port}"
    return ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl=url, **more)


def test_rules_are_kept_changed_and_taken_back(ecr, upstream):
    made = rule(ecr, "kept", upstream, upstreamRepositoryPrefix="team")
    assert (made["registryId"], made["upstreamRepositoryPrefix"]) == ("000000000000", "team")
    for same in ("kept", "kept/"):
        told = refused(rule, ecr=ecr, prefix=same, registry=upstream)
        assert told[1] == "PullThroughCacheRuleAlreadyExistsException"
    bad = {"ecrRepositoryPrefix": "bad", "upstreamRegistryUrl": "http://registry.example"}
    assert refused(ecr.create_pull_through_cache_rule, **bad)[1] == "UnsupportedUpstreamRegistryException"
    updated = ecr.update_pull_through_cache_rule(ecrRepositoryPrefix="kept", credentialArn=SECRET)
    assert updated["credentialArn"] == SECRET
    [seen] = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["kept"])["pullThroughCacheRules"]
    assert (seen["credentialArn"], seen["createdAt"] <= seen["updatedAt"]) == (SECRET, True)
    told = ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="kept")
    assert told["isValid"] is False and "secret" in told["failure"]
    assert ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="kept")["upstreamRegistryUrl"] == made["upstreamRegistryUrl"]
    for gone in (ecr.delete_pull_through_cache_rule, ecr.update_pull_through_cache_rule):
        assert refused(gone, ecrRepositoryPrefix="kept")[1] == "PullThroughCacheRuleNotFoundException"
    none = refused(ecr.describe_pull_through_cache_rules, ecrRepositoryPrefixes=["kept"])
    assert none[1] == "PullThroughCacheRuleNotFoundException"


def test_what_many_ask_for_at_once_is_fetched_once(server, ecr, upstream):
    rule(ecr, "hub", upstream)
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="hub")["isValid"] is True
    token, got = password(server), []

    def pull():
        status, _, body = Hand(server, token).ask("GET", "/v2/hub/team/app/manifests/latest")
        got.append((status, body))

    pulling = [threading.Thread(target=pull) for _ in range(12)]
    for thread in pulling:
        thread.start()
    for thread in pulling:
        thread.join(120)
    assert len(got) == 12 and len(set(got)) == 1 and got[0][0] == 200, got
    manifest = json.loads(got[0][1])
    hand, layer = Hand(server, token), manifest["layers"][0]["digest"]
    assert digest_of(hand.ask("GET", f"/v2/hub/team/app/blobs/{layer}")[2]) == layer
    log = (upstream.folder / "upstream.log").read_text()
    fetched = [line for line in log.splitlines() if f'"GET /v2/team/app/blobs/{layer}' in line]
    assert len(fetched) == 1, fetched
    assert hand.ask("GET", "/v2/hub/team/app/manifests/none")[0] == 404
    assert hand.ask("GET", "/v2/hub/team/none/manifests/latest")[0] == 404


def test_who_may_not_fetch_has_nothing_fetched(server, ecr, upstream):
    rule(ecr, "denied", upstream)
    hand = Hand(server, password(server))
    where = "arn:aws:ecr:us-east-1:000000000000:repository/denied/*"
    for action in ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository"):
        deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": where}
        ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": deny}))
        status, _, said = hand.ask("GET", "/v2/denied/team/app/manifests/latest")
        assert status == 403 and action in said.decode(), said
    assert not [one for one in ecr.describe_repositories()["repositories"] if one["repositoryName"].startswith("denied/")]
    ecr.delete_registry_policy()
    assert hand.ask("GET", "/v2/denied/team/app/manifests/latest")[0] == 200
    # What is here may be had all the same.
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchImportUpstreamImage", "Resource": where}
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": deny}))
    assert hand.ask("GET", "/v2/denied/team/app/manifests/latest")[0] == 200
    ecr.delete_registry_policy()


def test_a_cache_has_what_it_fetched_when_upstream_is_gone(server, ecr, tmp_path):
    with Registry(tmp_path, "brief") as brief:
        brief.push("app", files={"etc/who": b"brief"})
        rule(ecr, "brief", brief)
        hand = Hand(server, password(server))
        status, _, manifest = hand.ask("GET", "/v2/brief/app/manifests/latest")
        assert status == 200
    assert hand.ask("GET", "/v2/brief/app/manifests/latest")[2] == manifest
    status, _, said = hand.ask("GET", "/v2/brief/app/manifests/other")
    assert status == 502 and b"upstream" in said


def test_another_gantry_is_asked_with_credentials_and_indexes_come_whole(fresh):
    other = fresh().start()
    theirs = Hand(other, password(other))
    child = theirs.image("team/app", "child", b"child")
    about = [{"mediaType": MANIFEST, "digest": digest_of(child), "size": len(child)}]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": about}).encode()
    assert theirs.ask("PUT", "/v2/team/app/manifests/all", index, content_type=INDEX)[0] == 201
    server = fresh()
    secrets = server.home / "secrets.json"
    secrets.write_text(json.dumps({SECRET: {"username": "AWS", "accessToken": password(other)}}))
    server.words += ["--upstream-credentials", str(secrets)]
    server.start()
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    rule(ecr, "without", other)
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="without")["isValid"] is False
    assert hand.ask("GET", "/v2/without/team/app/manifests/all")[0] == 502
    rule(ecr, "with", other, credentialArn=SECRET, upstreamRepositoryPrefix="team")
    assert ecr.validate_pull_through_cache_rule(ecrRepositoryPrefix="with")["isValid"] is True
    assert hand.ask("GET", "/v2/with/app/manifests/all")[2] == index
    other.kill()
    assert hand.ask("GET", f"/v2/with/app/manifests/{digest_of(child)}")[2] == child
    assert hand.ask("GET", f"/v2/with/app/blobs/{digest_of(b'child')}")[2] == b"child"
    # What was fetched is whole after a death too.
    server.kill()
    server.start()
    assert Hand(server, password(server)).ask("GET", "/v2/with/app/manifests/all")[2] == index
    server.stop()
    told = gantry("admin", "doctor", "--data", server.data)
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_task_runs_what_only_upstream_has(node, upstream):
    ecr = client(node.server, "ecr")
    rule(ecr, "hub", upstream)
    where = "arn:aws:ecr:us-east-1:000000000000:repository/hub/*"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "ecr:BatchImportUpstreamImage", "Resource": where}
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": deny}))
    task = node.run({"command": "cat /etc/who", "image": f"127.0.0.1:{node.server.port}/hub/team/app:latest"})
    assert "not authorized to perform: ecr:BatchImportUpstreamImage" in node.stopped(task)["stoppedReason"]
    assert ecr.describe_repositories()["repositories"] == []
    ecr.delete_registry_policy()
    task = node.run({"command": "cat /etc/who", "image": f"127.0.0.1:{node.server.port}/hub/team/app:latest"})
    assert node.stopped(task)["containers"][0]["exitCode"] == 0
    assert node.said(task) == ["upstream"]
