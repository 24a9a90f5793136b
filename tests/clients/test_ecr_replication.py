"""Images copied to another region of the registry, and to another Gantry."""

import json
import random
import urllib.request

from support.clients import client, refused
from support.pusher import MANIFEST, Hand, digest_of, password
from support.registry import Authority, BehindTls
from support.wait import until

OWN = "000000000000"
OTHER = "111111111111"
INDEX = "application/vnd.oci.image.index.v1+json"


def rules(*destinations, prefixes=()):
    rule = {"destinations": [{"region": region, "registryId": account} for account, region in destinations]}
    if prefixes:
        rule["repositoryFilters"] = [{"filter": prefix, "filterType": "PREFIX_MATCH"} for prefix in prefixes]
    return {"rules": [rule]}


def peer_of(server, endpoint):
    """What another one must be told of it."""
    env = server.known_env
    keys = {"accessKeyId": env["AWS_ACCESS_KEY_ID"], "secretAccessKey": env["AWS_SECRET_ACCESS_KEY"]}
    return {"account": OTHER, "region": "eu-west-1", "endpoint": endpoint, **keys}


def statuses(ecr, name, **image):
    told = ecr.describe_image_replication_status(repositoryName=name, imageId=image)["replicationStatuses"]
    return {(one["registryId"], one["region"]): (one["status"], one.get("failureCode")) for one in told}


def completes(ecr, name, **image):
    def all_are():
        told = statuses(ecr, name, **image)
        return told and all(status == ("COMPLETE", None) for status in told.values())

    until(all_are, f"copies of {name} are made")


def at(hand, account, region, name, reference):
    host = f"{account}.dkr.ecr.{region}.amazonaws.com"
    status, _, body = hand.ask("GET", f"/v2/{name}/manifests/{reference}", host=host)
    return body if status == 200 else status


def push_index(hand, name, tag, *manifests):
    about = [{"mediaType": MANIFEST, "digest": digest_of(one), "size": len(one)} for one in manifests]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": about}).encode()
    status, _, said = hand.ask("PUT", f"/v2/{name}/manifests/{tag}", index, content_type=INDEX)
    assert status == 201, said
    return index


def test_rules_are_kept_and_nonsense_is_refused(server):
    ecr = client(server, "ecr")
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": []}
    wanted = rules((OWN, "eu-west-1"), prefixes=["prod/"])
    assert ecr.put_replication_configuration(replicationConfiguration=wanted)["replicationConfiguration"] == wanted
    assert ecr.describe_registry()["replicationConfiguration"] == wanted
    for bad, told in (
        (rules((OWN, "us-east-1")), "same as the source registry"),
        (rules((OWN, "eu-west-1"), (OWN, "eu-west-1")), "twice"),
        (rules((OWN, "mars-1")), "no region 'mars-1'"),
        (rules(), "must have a destination"),
        ({"rules": [rules((OWN, f"eu-west-{n}"))["rules"][0] for n in range(11)]}, "at most 10"),
        (rules(*((OWN, f"eu-west-{n}") for n in range(26))), "at most 25"),
    ):
        status, code, message = refused(ecr.put_replication_configuration, replicationConfiguration=bad)
        assert (status, code) == (400, "InvalidParameterException") and told in message, message
    deletes = rules((OWN, "eu-west-1"), (OTHER, "eu-west-1"))
    deletes["rules"][0]["deleteReplication"] = {"enabled": True}
    assert "not to another one" in refused(ecr.put_replication_configuration, replicationConfiguration=deletes)[2]
    assert ecr.describe_registry()["replicationConfiguration"] == wanted
    ecr.put_replication_configuration(replicationConfiguration={"rules": []})


def test_images_are_copied_to_another_region(server):
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    ecr.put_replication_configuration(replicationConfiguration=rules((OWN, "eu-west-1"), prefixes=["prod/"]))
    manifest = hand.image("prod/app", "v1", b"layer")
    hand.image("dev/app", "v1", b"layer")
    child = hand.image("prod/app", "child", b"child")
    index = push_index(hand, "prod/app", "all", child)
    for image in ({"imageTag": "v1"}, {"imageDigest": digest_of(index)}):
        completes(ecr, "prod/app", **image)
    assert statuses(ecr, "dev/app", imageTag="v1") == {}
    assert at(hand, OWN, "eu-west-1", "prod/app", "v1") == manifest
    assert at(hand, OWN, "eu-west-1", "prod/app", "all") == index
    assert at(hand, OWN, "eu-west-1", "prod/app", digest_of(child)) == child
    assert at(hand, OWN, "eu-west-1", "dev/app", "v1") == 404
    # A tag that moves moves there too.
    moved = hand.image("prod/app", "v1", b"moved")
    until(lambda: at(hand, OWN, "eu-west-1", "prod/app", "v1") == moved, "the tag moves")
    assert refused(ecr.describe_image_replication_status, repositoryName="prod/app", imageId={"imageTag": "x"})[1] == (
        "ImageNotFoundException"
    )
    assert refused(ecr.describe_image_replication_status, repositoryName="none", imageId={"imageTag": "x"})[1] == (
        "RepositoryNotFoundException"
    )
    # What is there is told of, tagged and deleted there.
    there = client(server, "ecr", region="eu-west-1")
    [copy] = there.describe_repositories()["repositories"]
    assert copy["repositoryUri"] == f"{OWN}.dkr.ecr.eu-west-1.amazonaws.com/prod/app"
    assert copy["repositoryArn"] == f"arn:aws:ecr:eu-west-1:{OWN}:repository/prod/app"
    [image] = there.batch_get_image(repositoryName="prod/app", imageIds=[{"imageTag": "all"}])["images"]
    assert image["imageManifest"].encode() == index
    url = there.get_download_url_for_layer(repositoryName="prod/app", layerDigest=digest_of(b"child"))["downloadUrl"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"child"
    elsewhere = client(server, "ecr", region="ap-south-1")
    assert refused(elsewhere.describe_repositories)[1] == "InvalidSignatureException"
    nowhere = f"{OWN}.dkr.ecr.ap-south-1.amazonaws.com"
    assert hand.ask("POST", "/v2/prod/app/blobs/uploads/", host=nowhere)[0] == 404
    # Nobody told of a registry of that account.
    ecr.put_replication_configuration(replicationConfiguration=rules((OTHER, "eu-west-1")))
    hand.image("prod/app", "nowhere", b"nowhere")
    wanted = {(OTHER, "eu-west-1"): ("FAILED", "DestinationUnknown")}
    until(
        lambda: wanted.items() <= statuses(ecr, "prod/app", imageTag="nowhere").items(), "the copy is given up"
    )
    ecr.delete_repository(repositoryName="prod/app", force=True)
    there.delete_repository(repositoryName="prod/app", force=True)
    ecr.put_replication_configuration(replicationConfiguration={"rules": []})
    assert refused(there.describe_repositories)[1] == "InvalidSignatureException"


def test_copies_in_another_region_go_with_their_images_where_a_rule_says_so(server):
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    wanted = rules((OWN, "eu-west-1"), prefixes=["gone/"])
    wanted["rules"][0]["deleteReplication"] = {"enabled": True}
    wanted["rules"] += rules((OWN, "eu-west-1"), prefixes=["stays/"])["rules"]
    ecr.put_replication_configuration(replicationConfiguration=wanted)
    assert ecr.describe_registry()["replicationConfiguration"] == wanted
    for name in ("gone/app", "stays/app"):
        hand.image(name, "v1", b"layer")
        manifest = hand.image(name, "v2", b"layer")
        completes(ecr, name, imageTag="v2")
        until(lambda name=name: at(hand, OWN, "eu-west-1", name, "v2") == manifest, "both tags are there")
        ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])
    assert at(hand, OWN, "eu-west-1", "stays/app", "v1") == manifest
    assert at(hand, OWN, "eu-west-1", "gone/app", "v1") == 404
    assert at(hand, OWN, "eu-west-1", "gone/app", "v2") == manifest
    hand.ask("DELETE", f"/v2/gone/app/manifests/{digest_of(manifest)}")
    assert at(hand, OWN, "eu-west-1", "gone/app", digest_of(manifest)) == 404
    ecr.put_replication_configuration(replicationConfiguration={"rules": []})


def test_images_are_copied_to_another_gantry_whatever_befalls_it(fresh):
    other = fresh("--account", OTHER, "--region", "eu-west-1").start()
    port = other.port
    source = fresh()
    peers = source.home / "peers.json"
    peers.write_text(json.dumps([peer_of(other, other.endpoint)]))
    source.words += ["--replicate-to", str(peers)]
    source.start()
    ecr, hand = client(source, "ecr"), Hand(source, password(source))
    wanted = rules((OTHER, "eu-west-1"), (OWN, "eu-west-1"))
    ecr.put_replication_configuration(replicationConfiguration=wanted)
    # There, repositories are made for copies as its template has it, and copies are not copied further.
    far = client(other, "ecr", region="eu-west-1")
    far.create_repository_creation_template(prefix="ROOT", appliedFor=["REPLICATION"], imageTagMutability="IMMUTABLE")
    far.put_replication_configuration(replicationConfiguration=rules((OTHER, "eu-west-3")))
    large = random.Random(5).randbytes(11 << 20)  # several parts
    manifest = hand.image("app", "v1", large)
    index = push_index(hand, "app", "all", manifest)
    completes(ecr, "app", imageTag="v1")
    completes(ecr, "app", imageTag="all")
    assert far.describe_repositories()["repositories"][0]["imageTagMutability"] == "IMMUTABLE"
    assert statuses(far, "app", imageTag="v1") == {}
    there = Hand(other, password(other))
    assert there.ask("GET", "/v2/app/manifests/v1")[2] == manifest
    assert there.ask("GET", "/v2/app/manifests/all")[2] == index
    assert there.ask("GET", f"/v2/app/blobs/{digest_of(large)}")[2] == large

    # While the other is down the copy is in progress; both may die; when they are back it is made.
    other.kill()
    late = hand.image("app", "late", b"late")
    until(
        lambda: statuses(ecr, "app", imageTag="late").get((OWN, "eu-west-1")) == ("COMPLETE", None),
        "the copy in the other region does not wait",
    )
    assert statuses(ecr, "app", imageTag="late")[(OTHER, "eu-west-1")] == ("IN_PROGRESS", None)
    source.kill()
    other.process = other.spawn(listen=f"127.0.0.1:{port}")
    other.first_line()
    source.start()
    ecr = client(source, "ecr")
    completes(ecr, "app", imageTag="late")
    assert Hand(other, password(other)).ask("GET", "/v2/app/manifests/late")[2] == late
    source.stop()
    other.stop()


def test_another_gantry_may_be_behind_tls(fresh, tmp_path):
    other = fresh("--account", OTHER, "--region", "eu-west-1").start()
    trusted, stranger = Authority(tmp_path, "trusted"), Authority(tmp_path, "stranger")
    source = fresh()
    peers = source.home / "peers.json"
    source.words += ["--replicate-to", str(peers), "--registry-ca", str(trusted.ca)]
    with BehindTls(other.port, stranger) as strange, BehindTls(other.port, trusted) as front:
        peers.write_text(json.dumps([peer_of(other, strange.url)]))
        source.start()
        ecr, hand = client(source, "ecr"), Hand(source, password(source))
        ecr.put_replication_configuration(replicationConfiguration=rules((OTHER, "eu-west-1")))
        manifest = hand.image("app", "v1", b"layer")
        # Whom nobody vouches for is sent nothing.
        until(lambda: strange.refused, "the stranger is not believed")
        assert statuses(ecr, "app", imageTag="v1") == {(OTHER, "eu-west-1"): ("IN_PROGRESS", None)}
        assert refused(client(other, "ecr", region="eu-west-1").list_images, repositoryName="app")[0] == 400
        source.stop()
        peers.write_text(json.dumps([peer_of(other, front.url)]))
        source.start()
        completes(client(source, "ecr"), "app", imageTag="v1")
    assert Hand(other, password(other)).ask("GET", "/v2/app/manifests/v1")[2] == manifest


def test_what_was_there_before_a_rule_is_copied_by_a_backfill(fresh):
    server = fresh().start()
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    to, wild = {"region": "eu-west-1", "registryId": OWN}, {"region": "eu-west-3", "registryId": OWN}
    assert refused(ecr.start_replication_backfill, destination=to)[1] == "InvalidParameterException"
    before = [hand.image("team/web", f"v{n}", f"layer {n}".encode()) for n in range(5)]
    index = push_index(hand, "team/web", "all", *before[:2])
    hand.image("edge", "v1", b"of no rule")
    nowhere = rules((OWN, "eu-west-1"), (OTHER, "eu-west-2"), prefixes=["team/"])
    ecr.put_replication_configuration(replicationConfiguration=nowhere)
    assert refused(ecr.start_replication_backfill, destination=wild)[1] == "InvalidParameterException"

    begun = ecr.start_replication_backfill(destination=to)
    assert (begun["status"], begun["destination"]) == ("PREPARING", to)
    me = {"replicationBackfillId": begun["replicationBackfillId"]}
    server.kill()
    server.start()
    ecr, hand = client(server, "ecr"), Hand(server, password(server))

    def ended(me):
        def is_over():
            told = ecr.describe_replication_backfill_results(**me)
            return told if told["status"] in ("COMPLETE", "STOPPED") else None

        return until(is_over, "the backfill ends")

    told = ended(me)
    counts = {"totalReplicationCount": 6, "completedReplicationCount": 6, "failedReplicationCount": 0, "failureCodes": []}
    assert (told["status"], told["progress"]) == ("COMPLETE", counts)
    results = [(one["repositoryName"], one["imageId"]["imageTag"], one["status"]) for one in told["results"]]
    tags = ["all", *(f"v{n}" for n in range(5))]
    assert sorted(results) == [("team/web", tag, "COMPLETE") for tag in tags]
    for n, manifest in enumerate(before):
        assert at(hand, OWN, "eu-west-1", "team/web", f"v{n}") == manifest
    assert at(hand, OWN, "eu-west-1", "team/web", "all") == index
    assert at(hand, OWN, "eu-west-1", "edge", "v1") == 404
    first = ecr.describe_replication_backfill_results(maxResults=4, **me)
    rest = ecr.describe_replication_backfill_results(maxResults=4, nextToken=first["nextToken"], **me)
    assert first["results"] + rest["results"] == told["results"] and "nextToken" not in rest

    # Where nobody is it comes to failures, each with its code.
    other = ecr.start_replication_backfill(destination={"region": "eu-west-2", "registryId": OTHER})
    failed = ended({"replicationBackfillId": other["replicationBackfillId"]})
    assert failed["progress"]["failedReplicationCount"] == 6
    assert failed["progress"]["failureCodes"] == ["DestinationUnknown"]
    stop = {"replicationBackfillId": other["replicationBackfillId"]}
    assert refused(ecr.stop_replication_backfill, **stop)[1] == "ReplicationBackfillInvalidStatusException"
    unknown = {"replicationBackfillId": "00000000-0000-0000-0000-000000000000"}
    for ask in (ecr.stop_replication_backfill, ecr.describe_replication_backfill_results):
        assert refused(ask, **unknown)[1] == "ReplicationBackfillNotFoundException"
    listed = ecr.list_replication_backfills()["backfills"]
    ids = {one["replicationBackfillId"]: one["status"] for one in listed}
    assert ids == {begun["replicationBackfillId"]: "COMPLETE", other["replicationBackfillId"]: "COMPLETE"}
    server.stop()


def test_what_is_to_be_signed_is_kept_and_said_not_to_be(server):
    ecr, hand = client(server, "ecr"), Hand(server, password(server))
    assert refused(ecr.get_signing_configuration)[1] == "SigningConfigurationNotFoundException"
    profile = f"arn:aws:signer:us-east-1:{OWN}:/signing-profiles/ours"
    filters = [{"filter": "signed/*", "filterType": "WILDCARD_MATCH"}]
    wanted = {"rules": [{"signingProfileArn": profile, "repositoryFilters": filters}]}
    assert ecr.put_signing_configuration(signingConfiguration=wanted)["signingConfiguration"] == wanted
    assert ecr.get_signing_configuration()["signingConfiguration"] == wanted
    for name in ("signed/app", "unsigned/app"):
        hand.image(name, "v1", b"layer")
    where = {"imageId": {"imageTag": "v1"}}
    [told] = ecr.describe_image_signing_status(repositoryName="signed/app", **where)["signingStatuses"]
    assert (told["signingProfileArn"], told["status"]) == (profile, "FAILED")
    assert told["failureCode"] == "SignerUnavailable" and told["failureReason"]
    assert ecr.describe_image_signing_status(repositoryName="unsigned/app", **where)["signingStatuses"] == []
    nothing = {"repositoryName": "signed/app", "imageId": {"imageTag": "v2"}}
    assert refused(ecr.describe_image_signing_status, **nothing)[1] == "ImageNotFoundException"
    assert ecr.delete_signing_configuration()["signingConfiguration"] == wanted
    assert refused(ecr.delete_signing_configuration)[1] == "SigningConfigurationNotFoundException"


def test_a_file_that_tells_of_no_gantries_is_refused(fresh):
    server = fresh()
    server.home.joinpath("peers.json").write_text('[{"account": "1"}]')
    process = server.spawn("--replicate-to", str(server.home / "peers.json"))
    assert process.wait(60) == 1
    process.stdout.close()
    [*_, told] = [line for line in server.unexpected() if "peers.json" in line or "endpoint" in line]
    assert "endpoint" in told
