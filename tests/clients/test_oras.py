"""What oras does: logs in with the password that the AWS CLI prints, pushes what is no image, and pulls it back."""

import json

import pytest
from oras.client import OrasClient
from oras.oci import Subject
from support.clients import Aws
from support.pusher import digest_of

OCTETS = "application/octet-stream"


@pytest.fixture
def oras(server, tmp_path):
    host = f"127.0.0.1:{server.port}"
    said = Aws(server).shell("aws ecr get-login-password")
    assert said.returncode == 0, said.stderr
    client = OrasClient(hostname=host, insecure=True, auth_backend="basic")
    # The login is kept where no other client has its own.
    told = client.login("AWS", said.stdout.strip(), hostname=host, config_path=str(tmp_path / "config.json"))
    assert told["Status"] == "Login Succeeded"
    return client


@pytest.mark.parametrize("chunked", [False, True], ids=["whole", "in-chunks"])
def test_an_artifact_is_pushed_and_pulled_back(server, oras, tmp_path, chunked):
    name = f"127.0.0.1:{server.port}/team/artifact-{chunked}".lower()
    files = {"notes.txt": b"what is no image", "data.bin": bytes(range(256)) * 1000}
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    sent = [f"{tmp_path / file}:{OCTETS}" for file in files]
    words = {"files": sent, "disable_path_validation": True, "do_chunked": chunked, "chunk_size": 100_000}
    assert oras.push(f"{name}:v1", quiet=True, **words).status_code == 201
    assert oras.get_tags(name) == ["v1"]
    pulled = oras.pull(f"{name}:v1", outdir=str(tmp_path / "out"))
    assert len(pulled) == len(files)
    for file, content in files.items():
        assert (tmp_path / "out" / file).read_bytes() == content

    # Something about it, which is found by asking what is about it.
    manifest = oras.get_manifest(f"{name}:v1")
    content = json.dumps(manifest)
    subject = Subject.from_manifest(manifest)
    assert digest_of(content.encode()) == subject.digest
    oras.push(f"{name}:about", quiet=True, subject=subject, **words)
    path = name.replace("/", "/v2/", 1)
    found = oras.do_request(f"http://{path}/referrers/{subject.digest}")
    assert found.status_code == 200
    [about] = found.json()["manifests"]
    assert about["digest"] == digest_of(oras.do_request(f"http://{path}/manifests/about").content)
    assert sorted(oras.get_tags(name)) == ["about", "v1"]
