"""A bucket: moto's server on loopback, which speaks S3 to any client."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys

import boto3
from support.wait import until

KEY, SECRET = "AKIDBUCKET", "not-a-secret"


class Bucket:
    def __init__(self, folder, name="images"):
        self.folder, self.name, self.process = folder, name, None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.key = folder / "bucket-key"
        self.key.write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")

    def __enter__(self):
        server = pathlib.Path(sys.executable).parent / "moto_server"
        with open(self.folder / "bucket.log", "wb") as log:
            words = [server, "-H", "127.0.0.1", "-p", self.endpoint.rsplit(":", 1)[1]]
            environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
            self.process = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        until(self._answers, "the bucket's server answers")
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        self.client.create_bucket(Bucket=self.name)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _answers(self):
        port = int(self.endpoint.rsplit(":", 1)[1])
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True

    def url(self, prefix):
        return f"s3://{self.name}/{prefix}?endpoint={self.endpoint}"

    def words(self, prefix):
        return ["--registry-bucket", self.url(prefix), "--registry-bucket-key", self.key]

    def objects(self, prefix):
        listed = self.client.list_objects_v2(Bucket=self.name, Prefix=f"{prefix}/blobs/").get("Contents", [])
        return {"sha256:" + one["Key"].rsplit("/", 1)[1]: one["Size"] for one in listed}
