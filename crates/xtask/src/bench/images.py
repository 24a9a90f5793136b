"""Images for the benches, made here: one small and static, and large ones as registries have them."""

import gzip
import hashlib
import io
import json
import pathlib
import random
import subprocess
import tarfile
import urllib.request

BUSYBOX = "/bin/busybox"
APPLETS = ("sh", "echo", "sleep", "true", "cat")
WORDS_BYTES = 4 << 20
FILE_BYTES = 25_000


def small(path, name):
    """An archive as `docker save` writes it, of one image with busybox."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        busybox(tar)
    layer = layer.getvalue()
    config, digest = described([layer])
    with tarfile.open(path, "w") as tar:
        add(tar, "config.json", config)
        add(tar, "layer.tar", layer)
        add(tar, "manifest.json", json.dumps(
            [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode())
    return path


def unpack(folder):
    """The same as a directory, for who needs a root."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as into:
        busybox(into)
    tar.seek(0)
    with tarfile.open(fileobj=tar) as out:
        out.extractall(folder, filter="fully_trusted")


def busybox(tar):
    for name in ("bin", "etc", "dev", "proc", "sys", "sync"):
        add(tar, name, kind=tarfile.DIRTYPE, mode=0o755)
    add(tar, "bin/busybox", pathlib.Path(BUSYBOX).read_bytes(), mode=0o755)
    for applet in APPLETS:
        add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, link="busybox")
    add(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")


def push_large(registry, name, seed, bytes_in_all, layers=4):
    """Pushes an image of many files, the same for the same seed; gives the bytes that its layers have packed."""
    dice = random.Random(seed)
    words = [bytes(dice.choices(b"etaoinshrdlu_-0123456789", k=dice.randint(2, 11))) for _ in range(3000)]
    text = b" ".join(dice.choices(words, k=WORDS_BYTES // 7))
    tars = []
    for number in range(layers):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            if number == 0:
                busybox(tar)
            for file in range(bytes_in_all // layers // FILE_BYTES):
                at = dice.randrange(len(text) - 2 * FILE_BYTES)
                add(tar, f"usr/share/{number}/{file % 97}/{file}", text[at:at + dice.randint(1000, 2 * FILE_BYTES)])
        tars.append(layer.getvalue())
    packed = [gzip.compress(tar, 6, mtime=0) for tar in tars]
    config, _ = described(tars)
    described_blobs = []
    for blob in (config, *packed):
        digest = "sha256:" + hashlib.sha256(blob).hexdigest()
        upload(registry, name, blob, digest)
        described_blobs.append({"digest": digest, "size": len(blob)})
    kinds = "application/vnd.docker."
    manifest = {"schemaVersion": 2, "mediaType": f"{kinds}distribution.manifest.v2+json",
                "config": {"mediaType": f"{kinds}container.image.v1+json", **described_blobs[0]},
                "layers": [{"mediaType": f"{kinds}image.rootfs.diff.tar.gzip", **blob} for blob in described_blobs[1:]]}
    ask(f"{registry}/v2/{name}/manifests/latest", "PUT", json.dumps(manifest).encode(), manifest["mediaType"])
    return sum(map(len, packed)), sum(map(len, tars))


def described(tars):
    ids = ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in tars]
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ids},
                         "config": {"Cmd": ["true"], "Env": ["PATH=/bin"]}}).encode()
    return config, "sha256:" + hashlib.sha256(config).hexdigest()


def upload(registry, name, blob, digest):
    where = ask(f"{registry}/v2/{name}/blobs/uploads/", "POST", b"").headers["Location"]
    where = where if where.startswith("http") else registry + where
    ask(f"{where}{'&' if '?' in where else '?'}digest={digest}", "PUT", blob, "application/octet-stream")


def ask(url, method, body, kind="application/octet-stream"):
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method=method)
    return urllib.request.urlopen(request, timeout=60)


def add(tar, name, content=b"", *, kind=tarfile.REGTYPE, mode=0o644, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname, entry.size = kind, mode, link, len(content)
    tar.addfile(entry, io.BytesIO(content))


def registry(storage, port, start=subprocess.Popen):
    """Debian's registry over a directory, on the loopback."""
    config = pathlib.Path(f"{storage}-{port}.yml")
    config.write_text(f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {storage}\n"
                      f"http:\n  addr: 127.0.0.1:{port}\nlog:\n  level: error\n")
    return start(["docker-registry", "serve", str(config)])
