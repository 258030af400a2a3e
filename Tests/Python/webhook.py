"""A receiver of alerts on the loopback, which believes only what is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class WebhookReceiver:
    """`alerts` holds what came, each alert once, in the order of its arrival."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._ids: set[str] = set()
        self.alerts: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(204 if receiver._take(self.headers, body) else 401)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def write_secret(self, path: Path) -> None:
        path.touch(mode=0o600)
        path.write_text("whsec_" + base64.b64encode(self._key).decode())

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [alert for alert in self.alerts if alert["kind"] == kind]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, headers: Any, body: bytes) -> bool:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256)).decode()
        if f"v1,{signature}" not in headers["webhook-signature"].split():
            return False
        if headers["webhook-id"] not in self._ids:
            self._ids.add(headers["webhook-id"])
            self.alerts.append(json.loads(body)["data"])
        return True
