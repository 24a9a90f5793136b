"""Pushing and pulling through the registry's own door: with skopeo, and by hand where a test must see each answer."""

import base64
import hashlib
import http.client
import json

from support.clients import client
from support.node import output

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ECR_HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com"


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def password(server):
    """What `aws ecr get-login-password` prints."""
    [data] = client(server, "ecr").get_authorization_token()["authorizationData"]
    user, token = base64.b64decode(data["authorizationToken"]).decode().split(":", 1)
    assert user == "AWS" and data["proxyEndpoint"] == server.endpoint
    return token


class Skopeo:
    """Skopeo, logged in as people log in."""

    def __init__(self, server):
        self.host, self.auth = f"127.0.0.1:{server.port}", server.home / "auth.json"
        output(
            "skopeo", "login", "--authfile", self.auth, "--tls-verify=false", "-u", "AWS", "-p", password(server), self.host
        )

    def at(self, name):
        return f"docker://{self.host}/{name}"

    def push(self, source, name, *more):
        output("skopeo", "copy", *more, "--dest-authfile", self.auth, "--dest-tls-verify=false", source, self.at(name))

    def pull(self, name, target, *more):
        output("skopeo", "copy", *more, "--src-authfile", self.auth, "--src-tls-verify=false", self.at(name), target)

    def ask(self, verb, name, *more):
        said = output("skopeo", verb, *more, "--authfile", self.auth, "--tls-verify=false", self.at(name))
        return json.loads(said) if said else None


class Hand:
    """One connection to the door, by hand."""

    def __init__(self, server, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.basic = "Basic " + base64.b64encode(f"AWS:{token}".encode()).decode()

    def ask(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body, {"authorization": self.basic, **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def blob(self, name, content):
        status, headers, said = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202, said
        status, _, said = self.ask("PUT", f"{headers['location']}?digest={digest_of(content)}", content)
        assert status == 201, said

    def image(self, name, tag, content):
        """Pushes an image of one layer; gives the manifest as it was acknowledged."""
        for blob in (b"{}", content):
            self.blob(name, blob)
        manifest = manifest_of(content)
        status, headers, said = self.ask("PUT", f"/v2/{name}/manifests/{tag}", manifest, content_type=MANIFEST)
        assert status == 201 and headers["docker-content-digest"] == digest_of(manifest), said
        return manifest


def manifest_of(content):
    def about(kind, blob):
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest_of(blob), "size": len(blob)}

    layers = [about("layer.v1.tar", content)]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": about("config.v1+json", b"{}"), "layers": layers}
    return json.dumps(manifest).encode()
