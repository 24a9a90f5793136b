"""Images for containers, made from the machine's own busybox: an archive as `docker save` writes it."""

import hashlib
import io
import json
import tarfile

BUSYBOX = "/bin/busybox"
APPLETS = """[ awk basename cat chmod chown cp cut date dd df dirname echo env expr false find free grep head hostname httpd id
ip kill killall ln ls md5sum mkdir mknod mount mv nc nslookup od ping printenv printf ps pwd readlink realpath rm rmdir
sed seq sh sleep sort stat stty sync tail tar tee test timeout top touch tr traceroute true umount uname uniq vi wc wget
which whoami xargs yes""".split()


def archive(path, name="busybox:latest", *, files=(), **config):
    """Writes an archive with one image. `config` is laid over the image's, with Docker's names: Cmd, User, Env, .."""
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for folder in ("bin", "etc", "tmp", "root", "home", "var"):
            _add(tar, folder, kind=tarfile.DIRTYPE, mode=0o1777 if folder == "tmp" else 0o755)
        with open(BUSYBOX, "rb") as binary:
            _add(tar, "bin/busybox", binary.read(), mode=0o755)
        for applet in APPLETS:
            _add(tar, f"bin/{applet}", kind=tarfile.SYMTYPE, link="busybox")
        users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
        _add(tar, "etc/passwd", users.encode())
        _add(tar, "etc/group", b"root:x:0:\nnobody:x:65534:\n")
        for file, content in dict(files).items():
            _add(tar, file, content, mode=0o755)
    layer = layer.getvalue()
    digest = hashlib.sha256(layer).hexdigest()
    settings = {"Cmd": ["sh"], "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], **config}
    image = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        }
    ).encode()
    config_name = hashlib.sha256(image).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [f"{digest}/layer.tar"]}]
    with tarfile.open(path, mode="w") as tar:
        _add(tar, config_name, image)
        _add(tar, f"{digest}/layer.tar", layer)
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    return path


def _add(tar, name, content=b"", *, kind=tarfile.REGTYPE, mode=0o644, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname, entry.size = kind, mode, link, len(content)
    tar.addfile(entry, io.BytesIO(content))
