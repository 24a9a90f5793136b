"""ECR's own API beside the door: repositories, images, layers, policies, settings; with boto3, the CLI and skopeo."""

import gzip
import json
import os
import urllib.error
import urllib.request

import pytest
from support import images
from support.clients import Aws, client, refused
from support.node import output
from support.pusher import MANIFEST, Hand, Skopeo, digest_of, manifest_of, password
from support.server import gantry

ACCOUNT = "000000000000"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
INDEX = "application/vnd.oci.image.index.v1+json"
PART = 5 << 20


@pytest.fixture(scope="module")
def ecr(server):
    return client(server, "ecr")


@pytest.fixture(scope="module")
def hand(server):
    return Hand(server, password(server))


def statement(effect, *actions, principal="*", **more):
    return {"Effect": effect, "Principal": principal, "Action": list(actions), **more}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def push_index(hand, name, tag, *manifests):
    about = [{"mediaType": MANIFEST, "digest": digest_of(one), "size": len(one)} for one in manifests]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": about}).encode()
    status, _, said = hand.ask("PUT", f"/v2/{name}/manifests/{tag}", index, content_type=INDEX)
    assert status == 201, said
    return index


def test_repositories_are_made_listed_and_pushed_to(server, ecr, name):
    made = ecr.create_repository(
        repositoryName=f"{name}/app", tags=[{"Key": "team", "Value": "web"}], imageScanningConfiguration={"scanOnPush": True}
    )["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}/app"
    assert made["repositoryUri"] == f"127.0.0.1:{server.port}/{name}/app"
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert refused(ecr.create_repository, repositoryName=f"{name}/app")[1] == "RepositoryAlreadyExistsException"
    skopeo = Skopeo(server)
    archive = images.archive(server.home / "image.tar", "any:thing")
    # The address that the API tells is the one to push to.
    target = f"docker://{made['repositoryUri']}:v1"
    output("skopeo", "copy", "--dest-authfile", skopeo.auth, "--dest-tls-verify=false", f"docker-archive:{archive}", target)
    [detail] = ecr.describe_images(repositoryName=f"{name}/app")["imageDetails"]
    seen = skopeo.ask("inspect", f"{name}/app:v1")
    assert (detail["imageDigest"], detail["imageTags"], detail["imageStatus"]) == (seen["Digest"], ["v1"], "ACTIVE")
    assert detail["imageSizeInBytes"] > 1000 and detail["imagePushedAt"] >= made["createdAt"]
    for n in range(5):
        ecr.create_repository(repositoryName=f"{name}/{n}")
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
    found = [one["repositoryName"] for page in pages for one in page["repositories"]]
    assert sorted(one for one in found if one.startswith(name)) == sorted(f"{name}/{n}" for n in [*range(5), "app"])
    assert refused(ecr.delete_repository, repositoryName=f"{name}/app")[1] == "RepositoryNotEmptyException"
    ecr.delete_repository(repositoryName=f"{name}/app", force=True)
    told = refused(ecr.describe_images, repositoryName=f"{name}/app")
    message = f"The repository with name '{name}/app' does not exist in the registry with id '{ACCOUNT}'"
    assert told == (400, "RepositoryNotFoundException", message)


def test_the_cli_makes_and_finds_repositories(server, name):
    aws = Aws(server)
    made = aws("ecr", "create-repository", "--repository-name", name, "--image-tag-mutability", "IMMUTABLE")["repository"]
    assert aws("ecr", "describe-repositories", "--repository-names", name)["repositories"] == [made]
    aws("ecr", "tag-resource", "--resource-arn", made["repositoryArn"], "--tags", "Key=a,Value=b")
    assert aws("ecr", "list-tags-for-resource", "--resource-arn", made["repositoryArn"])["tags"] == [{"Key": "a", "Value": "b"}]
    text = policy(statement("Allow", "ecr:*", principal={"AWS": ROOT}))
    aws("ecr", "set-repository-policy", "--repository-name", name, "--policy-text", text)
    assert aws("ecr", "get-repository-policy", "--repository-name", name)["policyText"] == text
    aws("ecr", "delete-repository", "--repository-name", name)


def test_tags_that_are_fixed_stay_whoever_pushes(ecr, hand, name):
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    ecr.create_repository(repositoryName=name)
    where = {"repositoryName": name}
    fixed = ecr.put_image_tag_mutability(
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=filters, **where
    )
    assert fixed["imageTagMutabilityExclusionFilters"] == filters
    for tag in ("v1", "dev-1"):
        hand.image(name, tag, b"one")
    hand.image(name, "dev-1", b"two")
    other = manifest_of(b"two").decode()
    assert hand.ask("PUT", f"/v2/{name}/manifests/v1", other.encode(), content_type=MANIFEST)[0] == 400
    told = refused(ecr.put_image, imageManifest=other, imageTag="v1", **where)
    assert told[1] == "ImageTagAlreadyExistsException", told
    assert refused(ecr.put_image, imageManifest=other, imageTag="dev-1", **where)[1] == "ImageAlreadyExistsException"
    assert ecr.put_image(imageManifest=other, imageTag="v2", **where)["image"]["imageId"]["imageTag"] == "v2"
    bare = json.dumps({key: value for key, value in json.loads(other).items() if key != "mediaType"})
    assert refused(ecr.put_image, imageManifest=bare, imageTag="v3", **where)[1] == "InvalidParameterException"
    ecr.put_image(imageManifest=bare, imageManifestMediaType=MANIFEST, imageTag="v3", **where)
    missing = manifest_of(b"nobody has sent this").decode()
    assert refused(ecr.put_image, imageManifest=missing, **where)[1] == "LayersNotFoundException"
    wrong = {"imageDigest": digest_of(b"other"), "imageTag": "v4"}
    assert refused(ecr.put_image, imageManifest=other, **wrong, **where)[1] == "ImageDigestDoesNotMatchException"


def test_an_image_goes_in_and_comes_out_through_the_api_alone(ecr, name):
    where = {"repositoryName": name}
    ecr.create_repository(**where)
    layer, config = gzip.compress(os.urandom(PART + 1000), compresslevel=0), b"{}"
    assert len(layer) > PART

    def upload(blob, parts):
        begun = ecr.initiate_layer_upload(**where)
        assert begun["partSize"] == 2 * PART
        here, first = {"uploadId": begun["uploadId"], **where}, 0
        for part in parts:
            span = {"partFirstByte": first, "partLastByte": first + len(part) - 1}
            took = ecr.upload_layer_part(layerPartBlob=part, **span, **here)
            first += len(part)
            assert took["lastByteReceived"] == first - 1
        return here

    digests = [digest_of(config), digest_of(layer), digest_of(b"none")]
    before = ecr.batch_check_layer_availability(layerDigests=[*digests, "nonsense"], **where)
    assert [one["layerAvailability"] for one in before["layers"]] == ["UNAVAILABLE"] * 3
    assert [one["failureCode"] for one in before["failures"]] == ["InvalidLayerDigest"]

    here = upload(layer, [layer[:PART], layer[PART:]])
    done = ecr.complete_layer_upload(layerDigests=[digests[1]], **here)
    assert done["layerDigest"] == digests[1]
    assert refused(ecr.complete_layer_upload, layerDigests=[digests[1]], **here)[1] == "UploadNotFoundException"
    ecr.complete_layer_upload(layerDigests=[digests[0]], **upload(config, [config]))

    # What is not as it should be.
    again = upload(config, [config])
    assert refused(ecr.complete_layer_upload, layerDigests=[digests[0]], **again)[1] == "LayerAlreadyExistsException"
    empty = upload(b"", [])
    assert refused(ecr.complete_layer_upload, layerDigests=[digests[2]], **empty)[1] == "EmptyUploadException"
    small = upload(b"abcd", [b"ab", b"cd"])
    assert refused(ecr.complete_layer_upload, layerDigests=[digests[2]], **small)[1] == "LayerPartTooSmallException"
    other = upload(b"xy", [b"xy"])
    gap = {"partFirstByte": 5, "partLastByte": 6, "layerPartBlob": b"zz", **other}
    assert refused(ecr.upload_layer_part, **gap)[1] == "InvalidLayerPartException"
    long = {"partFirstByte": 2, "partLastByte": 9, "layerPartBlob": b"zz", **other}
    assert refused(ecr.upload_layer_part, **long)[1] == "InvalidLayerPartException"
    assert refused(ecr.complete_layer_upload, layerDigests=[digests[2]], **other)[1] == "InvalidLayerException"

    # A part has 20 MiB at most.
    large = bytes(4 * PART)
    one = ecr.complete_layer_upload(layerDigests=[digest_of(large)], **upload(large, [large]))
    assert one["layerDigest"] == digest_of(large)
    larger = {"partFirstByte": 0, "partLastByte": 4 * PART, "layerPartBlob": large + b"1", **upload(b"", [])}
    assert refused(ecr.upload_layer_part, **larger)[1] == "InvalidParameterException"

    manifest = manifest_of(layer).decode()
    assert refused(ecr.get_download_url_for_layer, layerDigest=digests[1], **where)[1] == "LayersNotFoundException"
    put = ecr.put_image(imageManifest=manifest, imageTag="v1", **where)["image"]
    assert put["imageId"] == {"imageDigest": digest_of(manifest.encode()), "imageTag": "v1"}
    [there, _] = ecr.batch_check_layer_availability(layerDigests=digests[1:], **where)["layers"]
    assert (there["layerAvailability"], there["layerSize"]) == ("AVAILABLE", len(layer))
    assert there["mediaType"] == "application/vnd.oci.image.layer.v1.tar"

    got = ecr.batch_get_image(imageIds=[{"imageTag": "v1"}, {"imageTag": "v2"}, {}], **where)
    assert [one["imageManifest"] for one in got["images"]] == [manifest]
    assert [one["failureCode"] for one in got["failures"]] == ["ImageNotFound", "MissingDigestAndTag"]
    unwanted = ecr.batch_get_image(imageIds=[{"imageTag": "v1"}], acceptedMediaTypes=["text/plain"], **where)
    assert not unwanted["images"] and unwanted["failures"][0]["failureCode"] == "ImageNotFound"
    assert ecr.describe_images(imageIds=[{"imageTag": "v1"}], **where)["imageDetails"][0]["lastRecordedPullTime"]

    url = ecr.get_download_url_for_layer(layerDigest=digests[1], **where)["downloadUrl"]
    assert urllib.request.urlopen(url).read() == layer
    ranged = urllib.request.Request(url, headers={"range": "bytes=10-19"})
    assert urllib.request.urlopen(ranged).read() == layer[10:20]
    for bad in (url.replace(digests[1], digests[0]), url[:-2] + "00", url.split("?")[0], url.replace(name, "other")):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(bad)
        assert error.value.code in (401, 403), bad


@pytest.mark.logs("the content of a blob is lost")
def test_a_layer_that_was_lost_is_sent_again(server, ecr, name):
    where = {"repositoryName": name}
    ecr.create_repository(**where)
    layer = os.urandom(1000)
    digest = digest_of(layer)

    def upload():
        here = {"uploadId": ecr.initiate_layer_upload(**where)["uploadId"], **where}
        ecr.upload_layer_part(partFirstByte=0, partLastByte=len(layer) - 1, layerPartBlob=layer, **here)
        return ecr.complete_layer_upload(layerDigests=[digest], **here)

    def availability():
        [told] = ecr.batch_check_layer_availability(layerDigests=[digest], **where)["layers"]
        return told["layerAvailability"]

    upload()
    kept = next((server.data / "registry/blobs").glob(f"*/{digest.removeprefix('sha256:')}"))
    for lose in (kept.unlink, lambda: os.truncate(kept, 10)):
        assert availability() == "AVAILABLE" and refused(upload)[1] == "LayerAlreadyExistsException"
        lose()
        assert availability() == "UNAVAILABLE"
        assert upload()["layerDigest"] == digest and kept.read_bytes() == layer


def test_images_are_listed_described_and_deleted(ecr, hand, name):
    where = {"repositoryName": name}
    manifests = [hand.image(name, f"v{n}", f"layer {n}".encode()) for n in range(4)]
    digests = [digest_of(one) for one in manifests]
    hand.image(name, "stable", b"layer 3")
    index = digest_of(push_index(hand, name, "many", *manifests[:2]))
    ecr.batch_delete_image(imageIds=[{"imageTag": "many"}], **where)  # its last tag, and so the index itself
    index = digest_of(push_index(hand, name, "many", *manifests[:2]))

    def ids(**filters):
        pages = ecr.get_paginator("list_images").paginate(**where, filter=filters, PaginationConfig={"PageSize": 1})
        return sorted((one["imageDigest"], one.get("imageTag")) for page in pages for one in page["imageIds"])

    named = [(digests[n], f"v{n}") for n in range(4)] + [(digests[3], "stable"), (index, "many")]
    assert ids() == ids(tagStatus="TAGGED") == sorted(named) and ids(tagStatus="UNTAGGED") == []
    pages = ecr.get_paginator("describe_images").paginate(**where, PaginationConfig={"PageSize": 2})
    details = {one["imageDigest"]: one for page in pages for one in page["imageDetails"]}
    assert sorted(details) == sorted([*digests, index])
    assert sorted(details[digests[3]]["imageTags"]) == ["stable", "v3"]
    assert details[index]["imageManifestMediaType"] == INDEX
    assert details[index]["imageSizeInBytes"] == details[digests[0]]["imageSizeInBytes"]
    missing = refused(ecr.describe_images, imageIds=[{"imageTag": "none"}], **where)
    assert missing[1] == "ImageNotFoundException" and "imageTag:'none'" in missing[2]

    def delete(*ids):
        answer = ecr.batch_delete_image(imageIds=list(ids), **where)
        gone = sorted((one["imageDigest"], one.get("imageTag")) for one in answer["imageIds"])
        return gone, [one["failureCode"] for one in answer["failures"]]

    assert delete({"imageTag": "stable"}) == ([(digests[3], "stable")], [])
    assert delete({"imageDigest": digests[0]}) == ([], ["ImageReferencedByManifestList"])
    wrong = [{"imageTag": "none"}, {"imageDigest": "none"}, {"imageDigest": digests[1], "imageTag": "v2"}, {}]
    codes = ["ImageNotFound", "InvalidImageDigest", "ImageTagDoesNotMatchDigest", "MissingDigestAndTag"]
    assert delete(*wrong) == ([], codes)
    both = delete({"imageDigest": digests[0]}, {"imageTag": "v1"}, {"imageDigest": index})
    assert both == (sorted([(digests[0], "v0"), (digests[1], "v1"), (index, "many")]), [])
    assert ids() == sorted([(digests[2], "v2"), (digests[3], "v3")])


def test_what_is_about_an_image_is_listed(ecr, hand, name):
    subject = hand.image(name, "v1", b"subject")
    about = {"mediaType": MANIFEST, "digest": digest_of(subject), "size": len(subject)}
    made = []
    for n, kind in enumerate(["example/sbom", "example/signature", "example/sbom"]):
        referrer = {**json.loads(manifest_of(b"subject")), "artifactType": kind, "subject": about, "annotations": {"n": str(n)}}
        body = json.dumps(referrer).encode()
        made.append(digest_of(body))
        assert hand.ask("PUT", f"/v2/{name}/manifests/{made[-1]}", body, content_type=MANIFEST)[0] == 201
    where = {"repositoryName": name, "subjectId": {"imageDigest": digest_of(subject)}}
    sboms = ecr.list_image_referrers(filter={"artifactTypes": ["example/sbom"]}, **where)["referrers"]
    assert sorted(one["digest"] for one in sboms) == sorted([made[0], made[2]])
    assert sorted(one["annotations"]["n"] for one in sboms) == ["0", "2"]
    first = ecr.list_image_referrers(maxResults=2, **where)
    rest = ecr.list_image_referrers(maxResults=2, nextToken=first["nextToken"], **where)
    assert sorted(one["digest"] for one in first["referrers"] + rest["referrers"]) == sorted(made)
    [signed] = ecr.describe_images(repositoryName=name, imageIds=[{"imageDigest": made[1]}])["imageDetails"]
    assert (signed["subjectManifestDigest"], signed["artifactMediaType"]) == (digest_of(subject), "example/signature")


def test_nothing_is_pulled_from_the_archive(server, ecr, hand, name):
    where = {"repositoryName": name}
    one = hand.image(name, "v1", b"one")
    hand.image(name, "v2", b"two")
    listed = [hand.image(name, "v3", b"three")]
    index = digest_of(push_index(hand, name, "many", *listed))
    here = {"imageId": {"imageTag": "v1"}, **where}
    assert ecr.update_image_storage_class(targetStorageClass="ARCHIVE", **here)["imageStatus"] == "ARCHIVED"
    assert hand.ask("GET", f"/v2/{name}/manifests/v1")[0] == 403
    got = ecr.batch_get_image(imageIds=[{"imageTag": "v1"}], **where)
    assert not got["images"] and got["failures"][0]["failureCode"] == "ImageInaccessible"
    told = refused(ecr.get_download_url_for_layer, layerDigest=digest_of(b"one"), **where)
    assert told[1] == "LayerInaccessibleException"
    [layer] = ecr.batch_check_layer_availability(layerDigests=[digest_of(b"one")], **where)["layers"]
    assert layer["layerAvailability"] == "ARCHIVED"
    tags = {tag for one in ecr.describe_images(**where)["imageDetails"] for tag in one["imageTags"]}
    assert tags == {"v2", "v3", "many"}
    [away] = ecr.describe_images(filter={"imageStatus": "ARCHIVED"}, **where)["imageDetails"]
    assert away["imageDigest"] == digest_of(one) and away["lastArchivedAt"]
    # What an index lists moves with it, and not by itself.
    alone = {"imageId": {"imageTag": "v3"}, "targetStorageClass": "ARCHIVE", **where}
    assert refused(ecr.update_image_storage_class, **alone)[1] == "ImageStorageClassUpdateNotSupportedException"
    ecr.update_image_storage_class(imageId={"imageDigest": index}, targetStorageClass="ARCHIVE", **where)
    assert hand.ask("GET", f"/v2/{name}/manifests/v3")[0] == 403
    ecr.update_image_storage_class(imageId={"imageDigest": index}, targetStorageClass="STANDARD", **where)
    assert hand.ask("GET", f"/v2/{name}/manifests/v3")[0] == 200
    assert refused(ecr.start_image_scan, **here)[1] == "ImageArchivedException"
    assert ecr.update_image_storage_class(targetStorageClass="STANDARD", **here)["imageStatus"] == "ACTIVE"
    assert hand.ask("GET", f"/v2/{name}/manifests/v1")[2] == one
    # Whoever pushes it again takes it back, too.
    ecr.update_image_storage_class(targetStorageClass="ARCHIVE", **here)
    ecr.put_image(imageManifest=one.decode(), imageTag="v1", **where)
    assert hand.ask("GET", f"/v2/{name}/manifests/v1")[2] == one
    again = refused(ecr.put_image, imageManifest=one.decode(), imageTag="v1", **where)
    assert again[1] == "ImageAlreadyExistsException"


def test_a_policy_holds_at_both_doors(server, ecr, hand, name):
    where = {"repositoryName": name}
    manifest = hand.image(name, "v1", b"one")
    text = policy(statement("Deny", "ecr:PutImage", "ecr:BatchDeleteImage", "ecr:GetDownloadUrlForLayer"))
    ecr.set_repository_policy(policyText=text, **where)
    status, _, body = hand.ask("PUT", f"/v2/{name}/manifests/v2", manifest, content_type=MANIFEST)
    assert (status, json.loads(body)["errors"][0]["code"]) == (403, "DENIED")
    assert hand.ask("DELETE", f"/v2/{name}/manifests/v1")[0] == 403
    assert hand.ask("GET", f"/v2/{name}/blobs/{digest_of(b'one')}")[0] == 403
    assert hand.ask("GET", f"/v2/{name}/manifests/v1")[0] == 200
    status, code, message = refused(ecr.put_image, imageManifest=manifest.decode(), imageTag="v2", **where)
    assert (status, code) == (400, "AccessDeniedException")
    assert message.startswith(f"User: {ROOT} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:")
    with pytest.raises(AssertionError, match="DENIED|denied"):
        Skopeo(server).ask("delete", f"{name}:v1")
    past = {"DateGreaterThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}
    ecr.set_repository_policy(policyText=policy(statement("Deny", "ecr:*", Condition=past)), **where)
    assert hand.ask("PUT", f"/v2/{name}/manifests/v2", manifest, content_type=MANIFEST)[0] == 201
    for block, taken in (("127.0.0.0/8", 403), ("10.0.0.0/8", 201)):
        near = {"IpAddress": {"aws:SourceIp": block}}
        ecr.set_repository_policy(policyText=policy(statement("Deny", "ecr:PutImage", Condition=near)), **where)
        assert hand.ask("PUT", f"/v2/{name}/manifests/v2", manifest, content_type=MANIFEST)[0] == taken
        there = {"imageManifest": manifest.decode(), "imageTag": "v2", **where}
        assert refused(ecr.put_image, **there)[1].startswith("AccessDenied" if taken == 403 else "ImageAlreadyExists")
    locked = policy(statement("Deny", "ecr:*"))
    assert refused(ecr.set_repository_policy, policyText=locked, **where)[1] == "InvalidParameterException"
    ecr.set_repository_policy(policyText=locked, force=True, **where)
    assert hand.ask("GET", f"/v2/{name}/tags/list")[0] == 403
    assert ecr.delete_repository_policy(**where)["policyText"] == locked
    assert hand.ask("GET", f"/v2/{name}/tags/list")[0] == 200
    for bad in ("", "{}", policy(statement("Perhaps", "ecr:*")), policy(statement("Allow", "ecr:*", More=1)),
                policy(statement("Deny", "ecr:PutImagee")), policy(statement("Deny", "s3:Get*"))):
        assert refused(ecr.set_repository_policy, policyText=bad, **where)[1] == "InvalidParameterException", bad


def test_the_registrys_policy_keeps_repositories_from_being_made(ecr, hand, name):
    there = {"Resource": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}/closed/*"}
    put = ecr.put_registry_policy(policyText=policy(statement("Deny", "ecr:CreateRepository", **there)))
    assert ecr.get_registry_policy()["policyText"] == put["policyText"]
    try:
        assert refused(ecr.create_repository, repositoryName=f"{name}/closed/a")[1] == "AccessDeniedException"
        assert hand.ask("POST", f"/v2/{name}/closed/a/blobs/uploads/")[0] == 403
        assert hand.ask("POST", f"/v2/{name}/open/a/blobs/uploads/")[0] == 202
    finally:
        ecr.delete_registry_policy()
    assert hand.ask("POST", f"/v2/{name}/closed/a/blobs/uploads/")[0] == 202
    assert refused(ecr.get_registry_policy)[1] == "RegistryPolicyNotFoundException"


def test_the_registrys_policy_is_asked_before_the_registry_is_configured(ecr):
    asks = {
        "put_replication_configuration": {"replicationConfiguration": {"rules": []}},
        "describe_registry": {},
        "put_registry_scanning_configuration": {"scanType": "BASIC"},
        "get_registry_scanning_configuration": {},
        "describe_pull_through_cache_rules": {},
        "delete_pull_through_cache_rule": {"ecrRepositoryPrefix": "nowhere"},
        "describe_repository_creation_templates": {},
        "delete_repository_creation_template": {"prefix": "nowhere"},
        "get_account_setting": {"name": "BLOB_MOUNTING"},
        "list_pull_time_update_exclusions": {},
        "get_authorization_token": {},
    }
    ecr.put_registry_policy(policyText=policy(statement("Deny", "ecr:*", Resource="*")))
    try:
        for ask, words in asks.items():
            status, code, message = refused(getattr(ecr, ask), **words)
            assert (status, code) == (400, "AccessDeniedException"), ask
            assert " on resource: * " in message, message
        # The account's root is not kept from the policy itself.
        only = policy(statement("Deny", "ecr:DescribeRegistry", Resource="*"))
        assert ecr.put_registry_policy(policyText=only)["policyText"] == only
        assert ecr.get_registry_policy()["policyText"] == only
        assert refused(ecr.describe_registry)[1] == "AccessDeniedException"
        ecr.describe_pull_through_cache_rules()
    finally:
        ecr.delete_registry_policy()
    ecr.describe_registry()


def test_what_is_pushed_to_is_made_as_its_template_has_it(ecr, hand, name):
    lifecycle = json.dumps({"rules": [{
        "rulePriority": 1, "action": {"type": "expire"},
        "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
    }]})
    made = ecr.create_repository_creation_template(
        prefix=f"{name}/team", description="for the team", appliedFor=["CREATE_ON_PUSH", "REPLICATION"],
        imageTagMutability="IMMUTABLE", resourceTags=[{"Key": "team", "Value": "web"}], lifecyclePolicy=lifecycle,
        repositoryPolicy=policy(statement("Deny", "ecr:BatchDeleteImage")),
    )["repositoryCreationTemplate"]
    assert made["imageTagMutability"] == "IMMUTABLE" and sorted(made["appliedFor"]) == ["CREATE_ON_PUSH", "REPLICATION"]
    again = {"prefix": f"{name}/team/", "appliedFor": ["REPLICATION"]}
    assert refused(ecr.create_repository_creation_template, **again)[1] == "TemplateAlreadyExistsException"
    ecr.create_repository_creation_template(prefix=f"{name}/team/cache", appliedFor=["PULL_THROUGH_CACHE"])
    for repository in (f"{name}/team/a", f"{name}/team/cache/b", f"{name}/teams"):
        hand.image(repository, "v1", b"one")
    a, b, teams = ecr.describe_repositories(
        repositoryNames=[f"{name}/team/a", f"{name}/team/cache/b", f"{name}/teams"]
    )["repositories"]
    assert [one["imageTagMutability"] for one in (a, b, teams)] == ["IMMUTABLE", "IMMUTABLE", "MUTABLE"]
    assert ecr.list_tags_for_resource(resourceArn=a["repositoryArn"])["tags"] == [{"Key": "team", "Value": "web"}]
    assert ecr.get_lifecycle_policy(repositoryName=f"{name}/team/a")["lifecyclePolicyText"] == lifecycle
    assert hand.ask("DELETE", f"/v2/{name}/team/a/manifests/v1")[0] == 403
    updated = ecr.update_repository_creation_template(prefix=f"{name}/team", imageTagMutability="MUTABLE", repositoryPolicy="")
    kept = updated["repositoryCreationTemplate"]
    assert (kept["imageTagMutability"], kept.get("repositoryPolicy")) == ("MUTABLE", None)
    assert kept["lifecyclePolicy"] == lifecycle and kept["description"] == "for the team"
    hand.image(f"{name}/team/c", "v1", b"one")
    hand.image(f"{name}/team/c", "v1", b"two")
    found = ecr.describe_repository_creation_templates(prefixes=[f"{name}/team", "none"])["repositoryCreationTemplates"]
    assert [one["prefix"] for one in found] == [f"{name}/team"]
    for prefix in (f"{name}/team", f"{name}/team/cache"):
        ecr.delete_repository_creation_template(prefix=prefix)
    gone = refused(ecr.delete_repository_creation_template, prefix=f"{name}/team")
    assert gone[1] == "TemplateNotFoundException"


def test_settings_of_the_account_have_effect(ecr, hand, name):
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"
    assert ecr.get_account_setting(name="REGISTRY_POLICY_SCOPE")["value"] == "V2"
    hand.image(f"{name}/a", "v1", b"one")
    mount = f"/v2/{name}/b/blobs/uploads/?mount={digest_of(b'one')}&from={name}/a"
    ecr.put_account_setting(name="BLOB_MOUNTING", value="DISABLED")
    try:
        assert hand.ask("POST", mount)[0] == 202
    finally:
        ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")
    assert hand.ask("POST", mount)[0] == 201
    assert refused(ecr.put_account_setting, name="BLOB_MOUNTING", value="PERHAPS")[1] == "InvalidParameterException"
    assert refused(ecr.get_account_setting, name="NOTHING")[1] == "InvalidParameterException"


def test_those_whose_pulls_are_not_noted_are_listed(ecr):
    roles = [f"arn:aws:iam::{ACCOUNT}:role/scanner-{n}" for n in range(3)]
    for role in roles:
        ecr.register_pull_time_update_exclusion(principalArn=role)
    twice = refused(ecr.register_pull_time_update_exclusion, principalArn=roles[0])
    assert twice[1] == "ExclusionAlreadyExistsException"
    first = ecr.list_pull_time_update_exclusions(maxResults=2)
    rest = ecr.list_pull_time_update_exclusions(nextToken=first["nextToken"])
    assert first["pullTimeUpdateExclusions"] + rest["pullTimeUpdateExclusions"] == roles
    for role in roles:
        ecr.deregister_pull_time_update_exclusion(principalArn=role)
    gone = refused(ecr.deregister_pull_time_update_exclusion, principalArn=roles[0])
    assert gone[1] == "ExclusionNotFoundException"


def test_tokens_are_taken_back_at_once(fresh):
    server = fresh().start()
    token = password(server)
    assert Hand(server, token).ask("GET", "/v2/")[0] == 200
    somebody = gantry("admin", "revoke-tokens", "--user", f"arn:aws:iam::{ACCOUNT}:user/eve", "--data", server.data)
    assert somebody.returncode == 0, somebody.stderr
    assert Hand(server, token).ask("GET", "/v2/")[0] == 200
    told = gantry("admin", "revoke-tokens", "--data", server.data, "--json")
    assert (told.returncode, json.loads(told.stdout)) == (0, {"principal": "*"}), told.stderr
    status, _, body = Hand(server, token).ask("GET", "/v2/")
    assert (status, json.loads(body)["errors"][0]["code"]) == (403, "DENIED")
    token = password(server)
    assert Hand(server, token).ask("GET", "/v2/")[0] == 200
    # As well while no server runs.
    server.stop()
    assert gantry("admin", "revoke-tokens", "--user", ROOT, "--data", server.data).returncode == 0
    server.start()
    assert Hand(server, token).ask("GET", "/v2/")[0] == 403
    assert Hand(server, password(server)).ask("GET", "/v2/")[0] == 200
    assert gantry("admin", "revoke-tokens", "--user", "eve", "--data", server.data).returncode != 0


def test_parts_of_a_layer_are_there_after_a_kill(fresh):
    server = fresh().start()
    ecr, where = client(server, "ecr"), {"repositoryName": "app"}
    ecr.create_repository(**where)
    layer = os.urandom(2 * PART + 1000)

    def begin():
        return {"uploadId": ecr.initiate_layer_upload(**where)["uploadId"], **where}

    def part(here, first, last):
        span = {"partFirstByte": first, "partLastByte": last - 1, "layerPartBlob": layer[first:last]}
        return ecr.upload_layer_part(**span, **here)["lastByteReceived"]

    long, short = begin(), begin()
    assert part(long, 0, PART) == PART - 1 and part(short, 0, 1000) == 999
    server.kill()
    server.start()
    ecr = client(server, "ecr")
    # Whoever does not know what came is told.
    with pytest.raises(ecr.exceptions.InvalidLayerPartException) as error:
        part(long, 0, PART)
    told = error.value.response
    assert {name: told[name] for name in ("repositoryName", "uploadId")} == long
    assert (told["registryId"], told["lastValidByteReceived"]) == (ACCOUNT, PART - 1)
    part(long, told["lastValidByteReceived"] + 1, 2 * PART)
    part(long, 2 * PART, len(layer))
    assert ecr.complete_layer_upload(layerDigests=[digest_of(layer)], **long)["layerDigest"] == digest_of(layer)
    # That a part was short is known, too, and what was short alone may be the last.
    part(short, 1000, 2000)
    assert refused(ecr.complete_layer_upload, layerDigests=[digest_of(layer)], **short)[1] == "LayerPartTooSmallException"
    with pytest.raises(ecr.exceptions.InvalidLayerPartException) as error:
        part(begin(), 5, 10)
    assert "lastValidByteReceived" not in error.value.response
