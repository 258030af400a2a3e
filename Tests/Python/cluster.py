"""A cluster of its own for tests: private PostgreSQL, certificates and the three servers, run by compose/local."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from fieldseal import Client, Configuration
from fieldseal.channel import Channel
from fieldseal.connection import tls_context
from fieldseal.v1 import audit_pb2, keys_pb2

ROOT = Path(__file__).resolve().parents[2]
SERVERS = ("key-management-service", "audit-service", "encryption-service")
PATIENCE = 60.0


def eventually(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The condition's first true value; fails after `patience` seconds."""
    until = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {patience:.0f} s: {what}")
        time.sleep(0.05)
    return value


def free_port_base() -> int:
    """The first of five neighbouring ports that are free now."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            base = probe.getsockname()[1]
        if base < 65_000 and all(_is_free(port) for port in range(base, base + 5)):
            return base


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def started() -> Iterator[Cluster]:
    """For fixtures: a cluster that runs, and is stopped and deleted when it is used no more."""
    running = Cluster()
    try:
        running.start()
        yield running
    finally:
        running.close()


class Cluster:
    """`state` holds everything that the cluster writes; `close` stops and deletes it."""

    def __init__(self) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="fieldseal-test-"))
        self.state.chmod(0o711)
        binaries = os.environ.get("FIELDSEAL_BIN", str(ROOT / ".build" / "debug"))
        self.environment = os.environ | {
            "FIELDSEAL_STATE": str(self.state),
            "FIELDSEAL_BIN": binaries,
            "FIELDSEAL_PORT_BASE": str(free_port_base()),
        }
        self.tool = str(Path(binaries) / "fieldseal")
        #: Where the scripts and templates are; a test that configures servers otherwise has a copy of its own.
        self.compose = ROOT / "compose"
        self._channels: list[Any] = []
        self._spawned: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.local("up")
        self.run_tool("catalog", "apply", str(self.state / "config" / "catalog.yaml"), role="operator")

    def close(self) -> None:
        for channel in self._channels:
            channel.close()
        self.local("down")
        for process in self._spawned:
            process.wait(10)
        subprocess.run([ROOT / "compose" / "postgres", "remove", self.state / "postgres"], check=False, capture_output=True)
        shutil.rmtree(self.state, ignore_errors=True)

    def local(self, *arguments: str) -> str:
        result = subprocess.run(
            [self.compose / "local", *arguments], env=self.environment, capture_output=True, text=True, timeout=300
        )
        assert result.returncode == 0, f"compose/local {arguments}: {result.stdout}\n{result.stderr}\n{self.logs()}"
        return result.stdout

    def logs(self) -> str:
        tails = []
        for log in sorted(self.state.glob("**/*.log")):
            tails.append(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
        return "\n".join(tails)

    def run_tool(self, *arguments: str, role: str, expected: int = 0) -> str:
        result = subprocess.run(
            [self.tool, *arguments, "--config", str(self.configuration_file(role))], capture_output=True, text=True, timeout=60
        )
        assert result.returncode == expected, f"fieldseal {arguments}: {result.returncode} {result.stdout} {result.stderr}"
        return result.stdout if expected == 0 else result.stderr

    def configuration_file(self, role: str) -> Path:
        return self.state / "config" / f"{role}.yaml"

    def configuration(self, role: str) -> Configuration:
        return Configuration.load(self.configuration_file(role))

    def client(self, role: str = "backend", patience: float = PATIENCE) -> Client:
        client = Client(self.configuration(role), patience=patience)
        self._channels.append(client)
        return client

    def channel(self, service: str, role: str, patience: float = PATIENCE) -> Channel:
        configuration = self.configuration(role)
        context = tls_context(configuration.certificate, configuration.key, configuration.ca)
        name = {"encryption": "Encryption", "keys": "Keys", "audit": "Audit"}[service]
        channel = Channel(context, configuration.endpoints[service], f"fieldseal.v1.{name}", patience)
        self._channels.append(channel)
        return channel

    def process(self, server: str) -> int:
        return int((self.state / "run" / f"{server}.pid").read_text())

    def kill(self, server: str) -> None:
        self._end(server, signal.SIGKILL)

    def stop(self, server: str) -> None:
        """In order, so that its epoch is closed."""
        self._end(server, signal.SIGTERM)

    def _end(self, server: str, how: signal.Signals) -> None:
        process = self.process(server)
        os.kill(process, how)

        def is_gone() -> bool:
            for spawned in self._spawned:
                spawned.poll()
            return not _is_alive(process)

        eventually(is_gone, f"{server} is gone")

    def restart(self, server: str) -> None:
        self.local("up")

    def spawn(self, server: str, *within: str) -> None:
        """Starts a server that does not run, by the command `within` if there is one, and does not wait until it is ready."""
        command = [*within, str(Path(self.tool).with_name(server)), "--config", str(self.configuration_file(server))]
        self._launch(server, command)

    def extend(self, server: str, *options: str) -> None:
        """Kills a process and starts it again with the options that it had and these."""
        command = Path(f"/proc/{self.process(server)}/cmdline").read_bytes().decode().split("\0")[:-1]
        self.kill(server)
        self._launch(server, [*command, *options])

    def _launch(self, server: str, command: list[str]) -> None:
        with open(self.state / "log" / f"{server}.log", "ab") as log:
            process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._spawned.append(process)
        (self.state / "run" / f"{server}.pid").write_text(f"{process.pid}\n")

    def events(self, role: str = "auditor", **filters: Any) -> list[audit_pb2.StoredEvent]:
        """All events that match, oldest first."""
        channel = self.channel("audit", role)
        request = audit_pb2.QueryRequest(page_size=1000, **filters)
        found: list[audit_pb2.StoredEvent] = []
        while True:
            page = channel.call("Query", request, audit_pb2.QueryResponse)
            found += page.events
            if not page.cursor:
                return found
            request.cursor = page.cursor

    def event_where(self, test: Callable[[audit_pb2.Event], bool], what: str, **filters: Any) -> audit_pb2.Event:
        """The first event that passes `test`, once it is in the log."""

        def find() -> audit_pb2.Event | None:
            return next((stored.event for stored in self.events(**filters) if test(stored.event)), None)

        return eventually(find, f"an audit event: {what}")

    def database(self, name: str = "postgres") -> psycopg.Connection:
        result = subprocess.run(
            [ROOT / "compose" / "postgres", "status", self.state / "postgres"], capture_output=True, text=True, check=True
        )
        return psycopg.connect(psycopg.conninfo.make_conninfo(result.stdout.strip(), dbname=name))

    def audit_status(self) -> audit_pb2.AuditStatusResponse:
        return self.channel("audit", "auditor").call("Status", audit_pb2.AuditStatusRequest(), audit_pb2.AuditStatusResponse)

    def keys_status(self) -> keys_pb2.KeysStatusResponse:
        return self.channel("keys", "operator").call("Status", keys_pb2.KeysStatusRequest(), keys_pb2.KeysStatusResponse)


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
