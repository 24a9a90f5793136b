"""Registries (Debian's docker-registry), certificates for them, and a proxy that knows where they are.

Everything is on loopback. The proxy takes every name that ends in `gantry.test` for this machine, which no resolver does.
"""

import contextlib
import http.server
import select
import socket
import socketserver
import ssl
import subprocess
import threading

from support import images
from support.node import output
from support.wait import until

DOMAIN = "gantry.test"


class Authority:
    """Vouches for one certificate, that of every name under the domain and of this machine."""

    def __init__(self, folder, name):
        self.ca, key = folder / f"{name}-ca.pem", folder / f"{name}-ca.key"
        self.certificate, self.key, ask = (folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        about = folder / f"{name}.txt"
        about.write_text(f"subjectAltName=DNS:*.{DOMAIN},IP:127.0.0.1\n")
        new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        output(*new, "-x509", "-days", "2", "-subj", f"/CN={name} CA", "-keyout", key, "-out", self.ca)
        output(*new, "-subj", "/CN=registry", "-keyout", self.key, "-out", ask)
        sign = ["openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-extfile", about]
        output(*sign, "-in", ask, "-CA", self.ca, "-CAkey", key, "-out", self.certificate)


class Registry:
    def __init__(self, folder, name, authority=None):
        self.folder, self.name, self.authority, self.process = folder, name, authority, None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def __enter__(self):
        config, storage = self.folder / f"{self.name}.yml", self.folder / self.name
        lines = ["version: 0.1", "storage:", "  filesystem:", f"    rootdirectory: {storage}"]
        lines += ["http:", f"  addr: 127.0.0.1:{self.port}"]
        if self.authority:
            lines += ["  tls:", f"    certificate: {self.authority.certificate}", f"    key: {self.authority.key}"]
        config.write_text("\n".join(lines) + "\n")
        with open(self.folder / f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=log, stderr=log)
        until(self._answers, f"registry {self.name} answers")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True

    def push(self, name, **about):
        archive = self.folder / "push.tar"
        images.archive(archive, f"{name}:latest", **about)
        copy = ["skopeo", "copy", "--insecure-policy", "--quiet", "--dest-tls-verify=false"]
        output(*copy, f"docker-archive:{archive}", f"docker://127.0.0.1:{self.port}/{name}:latest")
        archive.unlink()


class BehindTls:
    """What listens on a port, on another one behind TLS; remembers who would not have it."""

    def __init__(self, port, authority):
        refused = self.refused = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.certificate, authority.key)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    secret = context.wrap_socket(self.request, server_side=True)
                except OSError as error:
                    return refused.append(error)
                with contextlib.suppress(OSError), secret, socket.create_connection(("127.0.0.1", port)) as there:
                    relay(secret, there)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def relay(secret, plain):
    """Both ways in one thread: a TLS connection is not for two."""
    while True:
        for one in [secret] if secret.pending() else select.select([secret, plain], [], [])[0]:
            piece = one.recv(65536)
            if not piece:
                return
            (plain if one is secret else secret).sendall(piece)


class Proxy:
    """One for plain HTTP and for tunnels, that remembers what it was asked for."""

    def __enter__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_CONNECT(self):
                self.pass_on(b"", "HTTP/1.1 200 Connection established\r\n\r\n".encode())

            def do_GET(self):
                _, _, host, path = self.path.split("/", 3)
                head = [f"{self.command} /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
                self.path = host
                self.pass_on("\r\n".join([*head, "Connection: close", "", ""]).encode(), b"")

            do_HEAD = do_GET

            def pass_on(self, first, answer):
                host, _, port = self.path.partition(":")
                asked.append((self.command, self.path, self.headers.get("Proxy-Authorization")))
                self.close_connection = True
                if not host.endswith(DOMAIN):
                    return self.send_error(502, "Unknown host")
                with socket.create_connection(("127.0.0.1", int(port))) as there:
                    there.sendall(first)
                    self.connection.sendall(answer)
                    back = threading.Thread(target=pump, args=(there, self.connection))
                    back.start()
                    pump(self.connection, there)
                    back.join()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://node:p%40ss@127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def pump(here, there):
    with contextlib.suppress(OSError):
        while piece := here.recv(65536):
            there.sendall(piece)
    with contextlib.suppress(OSError):
        there.shutdown(socket.SHUT_WR)
