"""The registry's content in a bucket: pushed, lost with the disk, pulled again, and nobody else's."""

import random
import shutil

import pytest
from support.bucket import Bucket
from support.pusher import Hand, digest_of, manifest_of, password
from support.server import gantry


@pytest.fixture
def bucket(tmp_path):
    with Bucket(tmp_path) as bucket:
        yield bucket


def test_what_the_disk_lost_is_pulled_from_the_bucket(fresh, bucket):
    server = fresh(*bucket.words("a")).start()
    large = random.Random(1).randbytes(20_000_000)  # of more than one part
    hand = Hand(server, password(server))
    manifest = hand.image("app", "v1", large)
    assert bucket.objects("a") == {digest_of(b): len(b) for b in (b"{}", large, manifest)}
    server.kill()
    for name in ("blobs", "uploads"):
        shutil.rmtree(server.data / "registry" / name)
    server.words = ["--no-node"]  # it remembers where its content is
    server.start()
    hand = Hand(server, password(server))
    assert hand.ask("GET", "/v2/app/manifests/v1")[2] == manifest == manifest_of(large)
    assert hand.ask("GET", f"/v2/app/blobs/{digest_of(large)}")[2] == large
    assert hand.ask("HEAD", f"/v2/app/blobs/{digest_of(b'{}')}")[0] == 200
    # Another one that is named later is not where the content is.
    server.stop()
    told = gantry("up", "--data", server.data, "--listen", "127.0.0.1:0", "--no-node", *bucket.words("b"))
    assert told.returncode == 1 and "/a" in told.stderr and "try:" in told.stderr


def test_what_was_in_the_directory_goes_to_the_bucket(fresh, bucket):
    server = fresh().start()
    manifest = Hand(server, password(server)).image("app", "v1", b"layer")
    server.stop()
    server.words += map(str, bucket.words("a"))
    server.start()
    assert set(bucket.objects("a")) == {digest_of(blob) for blob in (b"{}", b"layer", manifest)}
    assert "goes to the bucket" in "".join(server.unexpected())  # said once for a person who waits
    server.stop()
    shutil.rmtree(server.data / "registry" / "blobs")
    server.start()
    assert Hand(server, password(server)).ask("GET", "/v2/app/manifests/v1")[2] == manifest


@pytest.mark.logs("another registry")
def test_a_bucket_is_one_registrys(fresh, bucket):
    first, second = (fresh(*bucket.words("a")).start() for _ in range(2))
    Hand(first, password(first)).image("app", "v1", b"layer")
    hand = Hand(second, password(second))
    _, headers, _ = hand.ask("POST", "/v2/app/blobs/uploads/")
    status, _, said = hand.ask("PUT", f"{headers['location']}?digest={digest_of(b'x')}", b"x")
    assert status == 500, said
    assert set(bucket.objects("a")) == {digest_of(b) for b in (b"{}", b"layer", manifest_of(b"layer"))}


@pytest.mark.logs("the registry could not be collected")
def test_without_its_bucket_nothing_is_taken_in_and_nothing_is_lost(fresh, tmp_path):
    with Bucket(tmp_path) as bucket:
        server = fresh(*bucket.words("a")).start()
        hand = Hand(server, password(server))
        manifest = hand.image("app", "v1", b"layer")
    assert hand.ask("GET", "/v2/app/manifests/v1")[2] == manifest  # what was used lately is near
    server.kill()
    server.start()  # it comes up all the same
    hand = Hand(server, password(server))
    assert hand.ask("GET", f"/v2/app/blobs/{digest_of(b'layer')}")[2] == b"layer"


def test_a_bucket_that_is_none_is_refused(tmp_path):
    for url in ("images", "s3://images?endpoint=http://far.example"):
        told = gantry("up", "--data", tmp_path / "d", "--registry-bucket", url)
        assert told.returncode == 2 and "registry-bucket" in told.stderr
    told = gantry("up", "--data", tmp_path / "d", "--registry-bucket", "s3://x", "--registry-bucket-key", "/nowhere")
    assert told.returncode == 1 and "/nowhere" in told.stderr
