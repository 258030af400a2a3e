"""A witness of one log (C2SP tlog-witness and tlog-cosignature), with its memory in this process."""

from __future__ import annotations

import base64
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog import Checkpoint, check_consistency, key_id

NAME = "witness.test/python"
COSIGNATURE = 4


class Witness:
    def __init__(self, log_key: Callable[[], str]) -> None:
        self.size, self.root = 0, b""
        self._log_key = log_key
        self._key = Ed25519PrivateKey.generate()
        self._lock = threading.Lock()
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = witness._answer(body) if self.path == "/add-checkpoint" else (404, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def vkey(self) -> str:
        return f"{NAME}+{self._id.hex()}+{base64.b64encode(bytes([COSIGNATURE]) + self._public).decode()}"

    def close(self) -> None:
        self._server.shutdown()

    @property
    def _public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    @property
    def _id(self) -> bytes:
        return key_id(NAME, COSIGNATURE, self._public)

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        head, _, note = body.partition(b"\n\n")
        first, *proof = head.decode().split("\n")
        old = int(first.removeprefix("old "))
        checkpoint = Checkpoint.verified(note, self._log_key())
        with self._lock:
            if old != self.size or (old == checkpoint.size > 0 and checkpoint.root != self.root):
                return 409, f"{self.size}\n".encode()
            if old > 0:
                try:
                    check_consistency(old, self.root, checkpoint.size, checkpoint.root, [base64.b64decode(line) for line in proof])
                except AssertionError:
                    return 422, b""
            self.size, self.root = checkpoint.size, checkpoint.root
        text = note.decode().rpartition("\n\n")[0] + "\n"
        now = int(time.time())
        signature = self._key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        line = base64.b64encode(self._id + struct.pack(">Q", now) + signature).decode()
        return 200, f"\u2014 {NAME} {line}\n".encode()
