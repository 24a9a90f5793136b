"""Images pushed to Gantry and pulled from it: by skopeo, by hand, by tasks, and through sudden deaths."""

import http.client
import json
import pathlib
import random
import threading

import pytest
from support import images
from support.clients import client
from support.node import STAY, output
from support.pusher import ECR_HOST, Hand, Skopeo, digest_of, manifest_of, password
from support.server import gantry


def test_what_is_pushed_is_pulled_again(server):
    skopeo = Skopeo(server)
    archive = images.archive(server.home / "image.tar", "any:thing")
    skopeo.push(f"docker-archive:{archive}", "team/app:v1")
    skopeo.push(f"docker-archive:{archive}", "team/app:oci", "--format", "oci")
    assert skopeo.ask("list-tags", "team/app")["Tags"] == ["oci", "v1"]
    seen = skopeo.ask("inspect", "team/app:v1")
    out = server.home / "out"
    skopeo.pull("team/app:v1", f"dir:{out}")
    manifest = (out / "manifest.json").read_bytes()
    assert digest_of(manifest) == seen["Digest"]
    for layer in json.loads(manifest)["layers"]:
        assert digest_of((out / layer["digest"].removeprefix("sha256:")).read_bytes()) == layer["digest"]
    # The same by its digest, and from one repository to another.
    skopeo.pull(f"team/app@{seen['Digest']}", f"dir:{server.home / 'again'}")
    assert (server.home / "again/manifest.json").read_bytes() == manifest
    skopeo.push(skopeo.at("team/app:v1"), "other/app:v2", "--src-tls-verify=false", "--src-authfile", skopeo.auth)
    assert skopeo.ask("inspect", "other/app:v2")["Digest"] == seen["Digest"]
    skopeo.ask("delete", "team/app:v1")
    with pytest.raises(AssertionError, match="manifest unknown|there is no"):
        skopeo.ask("inspect", "team/app:v1")
    assert skopeo.ask("inspect", "other/app:v2")["Digest"] == seen["Digest"]


def test_nobody_gets_in_without_a_token_that_was_made_here(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/v2/")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["errors"][0]["code"]) == (401, "UNAUTHORIZED")
    realm = f'Basic realm="https://127.0.0.1:{server.port}/",service="ecr.amazonaws.com"'
    assert answer.headers["www-authenticate"] == realm
    assert Hand(server, "forged").ask("GET", "/v2/")[0] == 401
    assert Hand(server, password(server)).ask("GET", "/v2/")[0] == 200


def test_a_token_is_good_after_a_restart(fresh):
    server = fresh().start()
    token = password(server)
    Hand(server, token).image("app", "v1", b"layer")
    server.kill()
    server.start()
    status, _, body = Hand(server, token).ask("GET", "/v2/app/manifests/v1")
    assert (status, body) == (200, manifest_of(b"layer"))


def test_what_was_acknowledged_survives_a_kill_in_the_middle_of_pushes(fresh):
    """Fifty push at once, each image after image, until the server dies; what it said is there is there, and whole."""
    server = fresh().start()
    token, acknowledged, dice = password(server), [], random.Random(7)
    contents = [dice.randbytes(dice.randint(1, 200_000)) for _ in range(200)]
    some = threading.Event()

    def push(me):
        try:
            hand = Hand(server, token)
            for n in range(1000):
                content = contents[(me * 31 + n) % len(contents)] + bytes([me])
                acknowledged.append((f"app{me % 5}", f"v{me}-{n}", hand.image(f"app{me % 5}", f"v{me}-{n}", content), content))
                if len(acknowledged) > 150:
                    some.set()
        except (OSError, http.client.HTTPException):
            some.set()  # the server is gone

    for _ in range(2):
        some.clear()
        pushing = [threading.Thread(target=push, args=(me,)) for me in range(50)]
        for thread in pushing:
            thread.start()
        assert some.wait(120)
        server.kill()
        for thread in pushing:
            thread.join(60)
            assert not thread.is_alive()
        server.start()
        hand = Hand(server, token)
        for name, tag, manifest, content in acknowledged:
            status, headers, body = hand.ask("GET", f"/v2/{name}/manifests/{tag}")
            assert (status, body, headers["docker-content-digest"]) == (200, manifest, digest_of(manifest)), (name, tag)
            assert hand.ask("GET", f"/v2/{name}/blobs/{digest_of(content)}")[2] == content
        assert len(acknowledged) > 100
    server.stop()
    told = gantry("admin", "doctor", "--data", server.data)
    assert told.returncode == 0, told.stdout + told.stderr
    # Somebody takes a file away, and the doctor misses it.
    lost = digest_of(acknowledged[0][3])
    digits = lost.removeprefix("sha256:")
    (server.data / "registry" / "blobs" / digits[:2] / digits).unlink()
    told = gantry("admin", "doctor", "--data", server.data)
    assert told.returncode == 1 and f"blob {lost} is not there" in told.stdout, told.stdout


def test_a_task_runs_what_was_pushed_without_a_second_copy(node):
    skopeo = Skopeo(node.server)
    archive = images.archive(node.server.home / "pushed.tar", "any:thing", files={"etc/who": b"pushed"})
    skopeo.push(f"docker-archive:{archive}", "team/app:v1")
    digest = skopeo.ask("inspect", "team/app:v1")["Digest"]
    for image in (f"127.0.0.1:{node.server.port}/team/app:v1", f"localhost:{node.server.port}/team/app:v1",
                  f"{ECR_HOST}/team/app:v1", f"{ECR_HOST}/team/app@{digest}"):
        task = node.run({"command": "cat /etc/who", "image": image})
        task_ended = node.stopped(task)
        [container] = task_ended["containers"]
        assert (container.get("exitCode"), container["imageDigest"]) == (0, digest), task_ended
        assert node.said(task) == ["pushed"]
    layers = list((pathlib.Path(node.server.data) / "images/layers").iterdir())
    assert len(layers) == 2, "the node's own image and this one, each unpacked once"
    # A tag that moves means something else from then on.
    archive = images.archive(node.server.home / "moved.tar", "any:thing", files={"etc/who": b"moved"})
    skopeo.push(f"docker-archive:{archive}", "team/app:v1")
    moved = node.run({"command": "cat /etc/who", "image": f"{ECR_HOST}/team/app:v1"})
    assert node.stopped(moved)["containers"][0]["exitCode"] == 0 and node.said(moved) == ["moved"]
    unknown = node.stopped(node.run({"command": STAY, "image": f"{ECR_HOST}/team/app:none"}))
    reason = unknown["containers"][0]["reason"]
    assert reason.startswith("CannotPullContainerError:") and reason.endswith("not found"), unknown


def test_a_policy_keeps_tasks_from_pulling(node):
    ecr, skopeo = client(node.server, "ecr"), Skopeo(node.server)
    archive = images.archive(node.server.home / "closed.tar", "any:thing", files={"etc/who": b"closed"})
    skopeo.push(f"docker-archive:{archive}", "team/closed:v1")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "ecr:GetDownloadUrlForLayer"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ecr.set_repository_policy(repositoryName="team/closed", policyText=text)
    image = {"command": "cat /etc/who", "image": f"{ECR_HOST}/team/closed:v1"}
    reason = node.stopped(node.run(image))["containers"][0]["reason"]
    assert "pull access denied" in reason and "ecr:GetDownloadUrlForLayer" in reason, reason
    ecr.delete_repository_policy(repositoryName="team/closed")
    assert node.stopped(node.run(image))["containers"][0]["exitCode"] == 0


def test_what_buildah_builds_is_pushed_pulled_and_run(node):
    skopeo, home = Skopeo(node.server), node.server.home
    where = ["--storage-driver", "vfs", "--root", home / "buildah", "--runroot", home / "buildah-run"]

    def buildah(*words):
        return output("buildah", *where, *words).strip()

    made = buildah("from", "scratch")
    buildah("copy", made, "/bin/busybox", "/bin/busybox")
    buildah("config", "--cmd", "/bin/busybox echo built", made)
    image = buildah("commit", "--quiet", made, "built:1")
    far = ["--tls-verify=false", "--authfile", skopeo.auth]
    buildah("push", "--quiet", *far, "built:1", skopeo.at("built/app:1"))
    buildah("rm", made)
    buildah("rmi", image)
    assert buildah("pull", "--quiet", *far, skopeo.at("built/app:1")) == image
    task = node.run({"image": f"{ECR_HOST}/built/app:1"})
    assert node.stopped(task)["containers"][0].get("exitCode") == 0 and node.said(task) == ["built"]
    # A list of images for several machines.
    buildah("manifest", "create", "many", image)
    buildah("manifest", "push", "--all", *far, "many", skopeo.at("built/many:1"))
    raw = skopeo.ask("inspect", "built/many:1", "--raw")
    assert len(raw["manifests"]) == 1
    task = node.run({"image": f"{ECR_HOST}/built/many:1"})
    assert node.stopped(task)["containers"][0].get("exitCode") == 0 and node.said(task) == ["built"]


def test_get_authorization_token_says_where_and_how_long(server):
    [data] = client(server, "ecr").get_authorization_token()["authorizationData"]
    assert data["proxyEndpoint"] == server.endpoint
    two = client(server, "ecr").get_authorization_token(registryIds=["000000000000", "111111111111"])
    assert len(two["authorizationData"]) == 2


@pytest.mark.parametrize("running", [True, False])
def test_an_archive_is_pushed_from_a_file(fresh, running):
    server = fresh().start()
    skopeo = Skopeo(server)
    saved = images.archive(server.home / "saved.tar", "any:thing")
    oci = server.home / "oci.tar"
    output("skopeo", "copy", f"docker-archive:{saved}", f"oci-archive:{oci}:any")
    if not running:
        server.stop()
    pushed = {}
    for name, file in (("from/docker", saved), ("from/oci", oci)):
        told = gantry("images", "import", file, "--push", f"{name}:v1", "--data", server.data, "--json")
        assert told.returncode == 0, told.stderr
        pushed[name] = json.loads(told.stdout)["digest"]
        again = gantry("images", "import", file, "--push", f"{name}:v1", "--data", server.data, "--json")
        assert json.loads(again.stdout)["digest"] == pushed[name]
    bad = gantry("images", "import", saved, "--push", "Not/A/Name:v1", "--data", server.data)
    assert bad.returncode == 1 and "invalid repository name" in bad.stderr
    # A layer that is not what its image says is not pushed.
    torn = server.home / "torn.tar"
    torn.write_bytes(saved.read_bytes().replace(b"nobody:x:65534:65534", b"nobody:x:65534:00000"))
    bad = gantry("images", "import", torn, "--push", "from/torn:v1", "--data", server.data)
    assert bad.returncode == 1 and "wrong content" in bad.stderr
    if not running:
        server.start()
        skopeo = Skopeo(server)
    assert "from/torn" not in [one["repositoryName"] for one in client(server, "ecr").describe_repositories()["repositories"]]
    for name, digest in pushed.items():
        assert skopeo.ask("inspect", f"{name}:v1")["Digest"] == digest
        skopeo.pull(f"{name}:v1", f"dir:{server.home / name.replace('/', '-')}")
