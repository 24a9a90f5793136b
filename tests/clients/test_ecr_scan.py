"""Scans: what the packages of an image are held against, what is found, and what is said when nothing can be."""

import json

import pytest
from support import images
from support.clients import client, refused
from support.pusher import MANIFEST, Hand, Skopeo, digest_of, password
from support.server import Server
from support.wait import until

RELEASE = b'NAME="Debian"\nID=debian\nVERSION_ID="12"\n'
STATUS = b"""Package: libssl3
Status: install ok installed
Source: openssl
Version: 3.0.11-1~deb12u1

Package: bash
Status: install ok installed
Version: 5.2.15-2
"""
ADVISORIES = {
    "advisories": [
        {
            "id": "CVE-2026-1",
            "system": "debian:12",
            "package": "openssl",
            "fixed": "3.0.11-1~deb12u2",
            "severity": "CRITICAL",
            "description": "It leaks.",
            "uri": "https://example.com/CVE-2026-1",
        },
        {"id": "CVE-2026-2", "system": "debian:12", "package": "bash", "fixed": "5.2.15-2", "severity": "LOW"},
        {"id": "CVE-2026-3", "system": "debian:12", "package": "bash", "severity": "MEDIUM"},
        {"id": "CVE-2026-4", "system": "alpine:3.20", "package": "bash", "severity": "HIGH"},
    ]
}


@pytest.fixture(scope="module")
def server():
    server = Server("--no-node")
    try:
        file = server.home / "advisories.json"
        file.write_text(json.dumps(ADVISORIES))
        server.words += ["--advisories", str(file)]
        yield server.start()
        server.stop()
    finally:
        server.remove()


@pytest.fixture(scope="module")
def ecr(server):
    return client(server, "ecr")


def push(server, name, **files):
    files = {path.replace("__", "/").replace("_", "-"): content for path, content in files.items()}
    archive = images.archive(server.home / "scan.tar", "any:thing", files=files)
    Skopeo(server).push(f"docker-archive:{archive}", name)
    archive.unlink()


def scanned(ecr, name, tag):
    """What is told when the scan has ended."""
    image = {"repositoryName": name, "imageId": {"imageTag": tag}}
    until(
        lambda: ecr.describe_image_scan_findings(**image)["imageScanStatus"]["status"] != "IN_PROGRESS", "the scan ends"
    )
    return ecr.describe_image_scan_findings(**image)


def test_packages_are_held_against_advisories(server, ecr):
    push(server, "scans/debian:v1", var__lib__dpkg__status=STATUS, etc__os_release=RELEASE)
    image = {"repositoryName": "scans/debian", "imageId": {"imageTag": "v1"}}
    assert refused(ecr.describe_image_scan_findings, **image)[1] == "ScanNotFoundException"
    started = ecr.start_image_scan(**image)
    assert started["imageScanStatus"]["status"] == "IN_PROGRESS" and started["imageId"]["imageDigest"]
    ecr.get_waiter("image_scan_complete").wait(**image)
    told = scanned(ecr, "scans/debian", "v1")
    found = told["imageScanFindings"]
    assert found["findingSeverityCounts"] == {"CRITICAL": 1, "MEDIUM": 1}
    assert [one["name"] for one in found["findings"]] == ["CVE-2026-1", "CVE-2026-3"], "the worse first"
    first = found["findings"][0]
    assert (first["severity"], first["description"]) == ("CRITICAL", "It leaks.")
    about = {one["key"]: one["value"] for one in first["attributes"]}
    assert about == {"package_name": "libssl3", "package_version": "3.0.11-1~deb12u1"}
    pages = ecr.get_paginator("describe_image_scan_findings").paginate(**image, PaginationConfig={"PageSize": 1})
    assert [one["name"] for page in pages for one in page["imageScanFindings"]["findings"]] == ["CVE-2026-1", "CVE-2026-3"]
    # Not twice a day.
    assert refused(ecr.start_image_scan, **image)[1] == "LimitExceededException"


def test_what_cannot_be_scanned_is_said(server, ecr):
    push(server, "scans/plain:v1")
    ecr.start_image_scan(repositoryName="scans/plain", imageId={"imageTag": "v1"})
    told = scanned(ecr, "scans/plain", "v1")["imageScanStatus"]
    assert told["status"] == "UNSUPPORTED_IMAGE" and "dpkg or apk" in told["description"]
    hand = Hand(server, password(server))
    manifest = hand.image("scans/index", "v1", b"layer")
    about = [{"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}]
    kind = "application/vnd.oci.image.index.v1+json"
    index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": about}).encode()
    assert hand.ask("PUT", "/v2/scans/index/manifests/all", index, content_type=kind)[0] == 201
    where = {"repositoryName": "scans/index"}
    assert refused(ecr.start_image_scan, imageId={"imageTag": "all"}, **where)[1] == "UnsupportedImageTypeException"
    assert refused(ecr.start_image_scan, imageId={"imageTag": "none"}, **where)[1] == "ImageNotFoundException"


def test_what_is_pushed_is_scanned_where_rules_say_so(server, ecr):
    everything = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "auto/*", "filterType": "WILDCARD"}]}
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}
    put = ecr.put_registry_scanning_configuration(scanType="BASIC", rules=[everything])
    assert put["registryScanningConfiguration"]["rules"] == [everything]
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"]["rules"] == [everything]
    assert refused(ecr.put_registry_scanning_configuration, scanType="ENHANCED")[1] == "InvalidParameterException"
    push(server, "auto/debian:v1", var__lib__dpkg__status=STATUS, etc__os_release=RELEASE)
    push(server, "other/debian:v1", var__lib__dpkg__status=STATUS, etc__os_release=RELEASE)
    assert scanned(ecr, "auto/debian", "v1")["imageScanStatus"]["status"] == "COMPLETE"
    none = refused(ecr.describe_image_scan_findings, repositoryName="other/debian", imageId={"imageTag": "v1"})
    assert none[1] == "ScanNotFoundException"
    told = ecr.batch_get_repository_scanning_configuration(repositoryNames=["auto/debian", "other/debian", "nowhere"])
    assert [(one["repositoryName"], one["scanOnPush"]) for one in told["scanningConfigurations"]] == [
        ("auto/debian", True),
        ("other/debian", False),
    ]
    assert [one["failureCode"] for one in told["failures"]] == ["REPOSITORY_NOT_FOUND"]


def test_without_advisories_nothing_is_pretended(fresh):
    server = fresh().start()
    Hand(server, password(server)).image("app", "v1", b"layer")
    ecr = client(server, "ecr")
    ecr.start_image_scan(repositoryName="app", imageId={"imageTag": "v1"})
    told = scanned(ecr, "app", "v1")
    assert told["imageScanStatus"]["status"] == "FAILED" and "--advisories" in told["imageScanStatus"]["description"]
    assert "imageScanFindings" not in told
    server.stop()
