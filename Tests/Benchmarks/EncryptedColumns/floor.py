"""What a service costs that does nothing: the bytes of rows over mutual TLS on this machine and back, with a flush to disk between.

As a program it is that service: `floor.py CERTIFICATE KEY CA` says its port and answers one connection."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

#: A record of the flush, and as much as is written before the file is begun anew.
RECORD, ROOM = 1_024, 1 << 20


@dataclass(frozen=True)
class Floor:
    """Microseconds: of a page's exchange for each of its rows, of one row's exchange, and of such a flush alone."""

    row_of_page: float
    row: float
    flush: float

    def document(self) -> dict[str, float]:
        return {
            "rowOfPageMicroseconds": round(self.row_of_page, 1),
            "rowMicroseconds": round(self.row, 1),
            "flushMicroseconds": round(self.flush, 1),
        }

    def __str__(self) -> str:
        return (
            f"a service that does nothing but take the bytes over TLS, flush {RECORD} bytes to disk and send the bytes back:\n"
            f"{self.row_of_page:.1f} µs a row of a page, {self.row:,.0f} µs for a single row, such a flush alone {self.flush:,.0f} µs"
        )


def measure(config: str, page: int, row_bytes: int, exchanges: int = 300) -> Floor:
    """Medians, with the certificates that lie beside the client's."""
    from fieldseal.configuration import Configuration

    own = Configuration.load(config)
    service = Path(own.certificate).with_name("encryption-service.pem"), Path(own.key).with_name("encryption-service.key")
    command = [sys.executable, __file__, *map(str, service), own.ca]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            context = ssl.create_default_context(cafile=own.ca)
            context.check_hostname = False
            context.load_cert_chain(own.certificate, own.key)
            with context.wrap_socket(socket.create_connection(("127.0.0.1", port))) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pages = _median(connection, page * row_bytes, exchanges)
                rows = _median(connection, row_bytes, exchanges)
        finally:
            process.kill()
    return Floor(pages / page * 1e6, rows * 1e6, _flush(exchanges) * 1e6)


def _median(connection: ssl.SSLSocket, size: int, exchanges: int) -> float:
    message = size.to_bytes(4, "big") + os.urandom(size)
    taken = []
    for _ in range(exchanges):
        began = time.perf_counter()
        connection.sendall(message)
        _receive(connection, len(message))
        taken.append(time.perf_counter() - began)
    return median(taken)


def _flush(exchanges: int) -> float:
    taken = []
    flushes = _Flushes()
    for _ in range(exchanges):
        began = time.perf_counter()
        flushes.flush()
        taken.append(time.perf_counter() - began)
    return median(taken)


class _Flushes:
    """Writes records over zeros, each flushed."""

    def __init__(self) -> None:
        self._file, self._at = tempfile.TemporaryFile(), 0
        self._file.write(bytes(ROOM))
        self._file.flush()
        os.fsync(self._file.fileno())

    def flush(self) -> None:
        os.pwrite(self._file.fileno(), b"x" * RECORD, self._at)
        os.fdatasync(self._file.fileno())
        self._at = (self._at + RECORD) % ROOM


def _receive(connection: ssl.SSLSocket, size: int) -> bytearray:
    buffer, done = bytearray(size), 0
    view = memoryview(buffer)
    while done < size:
        count = connection.recv_into(view[done:])
        if not count:
            raise EOFError
        done += count
    return buffer


def serve(certificate: str, key: str, ca: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    flushes = _Flushes()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        plain, _ = listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_side=True) as connection:
            while True:
                size = _receive(connection, 4)
                body = _receive(connection, int.from_bytes(size, "big"))
                flushes.flush()
                connection.sendall(size + body)


if __name__ == "__main__":
    try:
        serve(*sys.argv[1:])
    except EOFError:
        pass
