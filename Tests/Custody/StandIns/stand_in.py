"""What the stand-ins of key management services share: TLS under an authority of their own, and switches to misbehave.

A stand-in prints one line of JSON when it serves (its addresses, the file of its authority, and what its tests need)
and ends when its standard input does, so that none outlives its test. `--port` and `--folder` bring one back where, and
with the keys with which, another was.

`POST /control` with a JSON object sets switches; all begin off:

    mode     down: answers 503; drop: closes connections without an answer; and each stand-in's own
    slow     seconds to wait before each answer

`GET /control` tells the switches and how often each path was called.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import ipaddress
import json
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes
    #: Whether it came by plain HTTP, as to metadata servers.
    is_plain: bool

    def json(self) -> dict[str, Any]:
        value = json.loads(self.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("no object")
        return value

    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode()))


@dataclass
class Answer:
    status: int
    #: An object is sent as JSON.
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


class StandIn:
    def __init__(self, arguments: list[str] | None = None) -> None:
        parser = argparse.ArgumentParser(description=self.__doc__)
        parser.add_argument("--port", type=int, default=0)
        parser.add_argument("--folder", type=Path)
        options = parser.parse_args(arguments)
        self.folder = options.folder or Path(tempfile.mkdtemp(prefix="fieldseal-stand-in-"))
        self.folder.mkdir(exist_ok=True)
        self.switches: dict[str, Any] = {"mode": "", "slow": 0}
        self.calls: collections.Counter[str] = collections.Counter()
        self.lock = threading.Lock()
        self._certify()
        self.server = self._server(options.port, is_plain=False)
        self.metadata = self._server(0, is_plain=True)
        self.url = f"https://localhost:{self.server.server_port}"
        self.metadata_host = f"127.0.0.1:{self.metadata.server_port}"

    @property
    def mode(self) -> str:
        return str(self.switches["mode"])

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def ready(self) -> dict[str, Any]:
        """What the tests need to know beside the addresses."""
        return {}

    def start(self) -> dict[str, Any]:
        for server in (self.server, self.metadata):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return {
            "url": self.url,
            "port": self.server.server_port,
            "metadata": self.metadata_host,
            "authorities": str(self.folder / "ca.pem"),
            "folder": str(self.folder),
            **self.ready(),
        }

    def run(self) -> None:
        print(json.dumps(self.start()), flush=True)
        sys.stdin.read()

    def stop(self) -> None:
        for server in (self.server, self.metadata):
            server.shutdown()
            server.server_close()

    def _handle(self, request: Request) -> Answer | None:
        if request.path == "/control":
            if request.method == "POST":
                self.switches.update(request.json())
            return Answer(200, {**self.switches, "calls": dict(self.calls)})
        with self.lock:
            self.calls[request.path] += 1
        time.sleep(float(self.switches["slow"]))
        if self.mode == "drop":
            return None
        if self.mode == "down":
            return Answer(503)
        try:
            return self.answer(request)
        except (KeyError, ValueError) as error:
            return Answer(400, {"error": f"malformed: {error}"})

    def _server(self, port: int, is_plain: bool) -> ThreadingHTTPServer:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                target = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(target.query))
                answer = stand_in._handle(Request(self.command, target.path, query, self.headers, body, is_plain))
                if answer is None:
                    self.close_connection = True
                    return
                is_json = not isinstance(answer.body, bytes)
                data = json.dumps(answer.body).encode() if is_json else answer.body
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _serve

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # Clients that give up are part of the tests.

        server = Server(("127.0.0.1", port), Handler)
        if not is_plain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.folder / "leaf.pem", self.folder / "leaf.key")
            # The handshake belongs to the connection's thread, not to the one that accepts.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        return server

    def _certify(self) -> None:
        if (self.folder / "ca.pem").exists():
            return
        now = datetime.datetime.now(datetime.timezone.utc)
        authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in authority")])
        authority = ec.generate_private_key(ec.SECP256R1())
        key = ec.generate_private_key(ec.SECP256R1())

        def builder(name: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
            made = x509.CertificateBuilder().subject_name(name).issuer_name(authority_name).public_key(public)
            made = made.serial_number(x509.random_serial_number())
            return made.not_valid_before(now - DAY).not_valid_after(now + DAY)

        root = builder(authority_name, authority.public_key())
        root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        root = root.add_extension(usage, critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
        root = root.add_extension(identifier, critical=False)
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        leaf = builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), key.public_key())
        leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        leaf = leaf.add_extension(issuer, critical=False)
        pem = serialization.Encoding.PEM
        (self.folder / "leaf.pem").write_bytes(leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
        (self.folder / "leaf.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        (self.folder / "ca.pem").write_bytes(root.sign(authority, hashes.SHA256()).public_bytes(pem))

    def secret_file(self, name: str, text: str) -> str:
        """A file with a secret in it that its owner alone may read; returns its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return str(path)

    def kept(self, name: str, make: Any) -> bytes:
        """Bytes that a stand-in in the same folder finds again."""
        path = self.folder / name
        if not path.exists():
            path.write_bytes(make())
        return path.read_bytes()
