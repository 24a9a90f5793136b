"""What people have: docker and podman log in, push and pull, each what the other one pushed."""

import json
import subprocess

import pytest
from support import images
from support.docker import Docker
from support.pusher import Hand, password


class Podman:
    """With storage, sockets and logins of its own. It wants short paths."""

    def __init__(self, folder):
        self.words = ["podman", "--root", folder / "root", "--runroot", folder / "run", "--tmpdir", folder / "tmp"]
        self.words += ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs"]
        self.login = ["--authfile", folder / "podman.json", "--tls-verify=false"]

    def __call__(self, *words, said=None):
        words = [str(word) for word in [*self.words, *words]]
        done = subprocess.run(words, input=said, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def docker(tmp_path_factory):
    with Docker(tmp_path_factory.mktemp("docker")) as docker:
        yield docker


def test_docker_and_podman_push_and_pull(server, docker, tmp_path):
    host, token = f"127.0.0.1:{server.port}", password(server)
    archive = images.archive(tmp_path / "image.tar", "docker.io/library/any:thing")

    assert "Login Succeeded" in docker("login", "--username", "AWS", "--password-stdin", host, said=token)
    docker("load", "--input", archive)
    docker("tag", "any:thing", f"{host}/team/docker:v1")
    docker("push", f"{host}/team/docker:v1")

    podman = Podman(server.home)
    podman("login", *podman.login, "--username", "AWS", "--password-stdin", host, said=token)
    podman("load", "--input", archive)
    podman("tag", "docker.io/library/any:thing", f"{host}/team/podman:v1")
    podman("push", *podman.login, f"{host}/team/podman:v1")

    docker("rmi", "any:thing", f"{host}/team/docker:v1")
    podman("rmi", "--all", "--force")
    podman("pull", *podman.login, f"{host}/team/docker:v1")
    docker("pull", f"{host}/team/podman:v1")
    [theirs] = json.loads(podman("inspect", f"{host}/team/docker:v1"))
    [ours] = json.loads(docker("inspect", f"{host}/team/podman:v1"))
    assert theirs["RootFS"]["Layers"] == ours["RootFS"]["Layers"] and ours["RootFS"]["Layers"]

    status, headers, _ = Hand(server, token).ask("HEAD", "/v2/team/docker/manifests/v1")
    assert (status, headers["docker-content-digest"]) == (200, theirs["Digest"])


def test_docker_is_told_what_is_wrong(server, docker):
    host = f"127.0.0.1:{server.port}"
    with pytest.raises(AssertionError, match="unauthorized|401|Not Authorized"):
        docker("login", "--username", "AWS", "--password-stdin", host, said="forged")
    with pytest.raises(AssertionError, match="not found|manifest unknown|does not exist"):
        docker("login", "--username", "AWS", "--password-stdin", host, said=password(server))
        docker("pull", f"{host}/team/none:v1")
