"""Where images come from: registries behind TLS, mirrors, proxies, plain HTTP by name; and a disk too small for all."""

import base64
import contextlib
import os
import subprocess

import pytest
from support.clients import CLI_SECONDS
from support.node import RealNode
from support.registry import DOMAIN, Authority, Proxy, Registry
from support.server import gantry

MIB = 1 << 20


class Around:
    """Everything on loopback that the node may be told of."""


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    if os.geteuid() != 0:
        assert "CI" not in os.environ, "in CI these tests must run, as root"
        pytest.skip("needs root")
    folder, around = tmp_path_factory.mktemp("registries"), Around()
    around.trusted, around.stranger = Authority(folder, "trusted"), Authority(folder, "stranger")
    with contextlib.ExitStack() as stack:
        around.proxy = stack.enter_context(Proxy())
        around.tls = stack.enter_context(Registry(folder, "tls", around.trusted))
        around.strange = stack.enter_context(Registry(folder, "strange", around.stranger))
        around.plain = stack.enter_context(Registry(folder, "plain"))
        around.tls.push("app", files={"where": b"registry"})
        around.tls.push("only-there", files={"where": b"registry"})
        around.strange.push("app")
        around.plain.push("app", files={"where": b"mirror"})
        yield around


@pytest.fixture(scope="module")
def node(around):
    mirrored, plain = f"mirrored.{DOMAIN}:{around.tls.port}", f"plain.{DOMAIN}:{around.plain.port}"
    node = RealNode(
        *("--registry-ca", around.trusted.ca),
        *("--registry-mirror", f"{mirrored}=http://127.0.0.1:{around.plain.port}"),
        *("--registry-mirror", f"local.{DOMAIN}=https://127.0.0.1:{around.tls.port}"),
        *("--plain-http", plain),
    )
    node.server.more_environment = {
        "HTTPS_PROXY": around.proxy.url,
        "http_proxy": around.proxy.url,
        "NO_PROXY": f"127.0.0.0/8, direct.{DOMAIN}",
    }
    try:
        yield node.start()
        node.at_rest()
        node.server.stop()
        node.left_the_machine()
    finally:
        node.remove()


def said(node, image):
    return node.tells({"command": "cat /where; echo", "image": image})


def reason(node, image):
    task = node.ends({"command": "true", "image": image})
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["containers"][0]["reason"] in task["stoppedReason"]
    return task["containers"][0]["reason"]


def test_a_registry_behind_tls_is_reached_through_the_proxys_tunnel(node, around):
    host = f"registry.{DOMAIN}:{around.tls.port}"
    assert said(node, f"{host}/app") == ["registry"]
    who = "Basic " + base64.b64encode(b"node:p@ss").decode()
    assert set(around.proxy.asked) == {("CONNECT", host, who)}
    around.proxy.asked.clear()


def test_plain_http_by_name_takes_the_detour(node, around):
    host = f"plain.{DOMAIN}:{around.plain.port}"
    assert said(node, f"{host}/app") == ["mirror"]
    assert {asked[:2] for asked in around.proxy.asked} == {("HEAD", host), ("GET", host)}
    around.proxy.asked.clear()


def test_what_is_not_to_be_proxied_is_not(node, around):
    told = reason(node, f"direct.{DOMAIN}:{around.tls.port}/app")
    assert "no such host" in told and around.proxy.asked == []
    told = reason(node, "unknown.example/app")
    assert told.endswith("proxyconnect tcp: 502 Unknown host"), told
    around.proxy.asked.clear()


def test_a_mirror_is_asked_first_and_the_registry_for_the_rest(node, around):
    host = f"mirrored.{DOMAIN}:{around.tls.port}"
    assert said(node, f"{host}/app") == ["mirror"]
    assert around.proxy.asked == [], "the mirror is on this machine"
    assert said(node, f"{host}/only-there") == ["registry"]
    around.proxy.asked.clear()
    assert said(node, f"local.{DOMAIN}/app") == ["registry"], "over TLS, with the mirror's own name"
    assert around.proxy.asked == []


def test_a_certificate_that_nobody_vouches_for_ends_the_pull_at_once(node, around):
    host = f"strange.{DOMAIN}:{around.strange.port}"
    assert reason(node, f"{host}/app") == (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
        f'{host}/app:latest: failed to do request: Head "https://{host}/v2/app/manifests/latest": '
        "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    )
    # A certificate of the right authority for another name is no better.
    elsewhere = f"a.b.{DOMAIN}:{around.tls.port}"
    assert reason(node, f"{elsewhere}/app").endswith(f"x509: certificate is not valid for a.b.{DOMAIN}")


def test_certificates_that_are_none_are_refused_at_the_start(tmp_path):
    for file, why in [(tmp_path / "nowhere.pem", "No such file"), (tmp_path / "empty.pem", "certificates in it, in PEM")]:
        if "empty" in file.name:
            file.write_text("nothing\n")
        told = gantry("up", "--data", tmp_path / "data", "--registry-ca", file)
        assert told.returncode == 2 and why in told.stderr, told


@pytest.mark.logs("the disk is full: images that nobody uses were taken away")
def test_what_nobody_uses_makes_room_for_what_somebody_wants(around):
    for name in ("large-1", "large-2"):
        around.plain.push(name, files={"large": os.urandom(24 * MIB), "where": name.encode()})
    node = RealNode("--pull", "once")
    try:
        node.server.data.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=44m", "gantry-small", node.server.data]
        subprocess.run(mount, check=True, timeout=CLI_SECONDS)
        node.start()
        for name in ("large-1", "large-2", "large-1"):
            assert said(node, f"127.0.0.1:{around.plain.port}/{name}") == [name]
        listed = gantry("images", "ls", "--data", node.server.data).stdout
        assert "large-1" in listed and "large-2" not in listed
        assert "busybox" in listed, "what was imported comes from nowhere again"
    finally:
        node.remove()
