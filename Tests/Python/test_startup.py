"""How a server starts and stops: what is wrong is said in one line, with an exit code that tells kinds of wrong apart."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import PATIENCE, ROOT, eventually

BINARIES = Path(os.environ.get("FIELDSEAL_BIN", ROOT / ".build" / "debug"))
USAGE, SYSTEM, CONFIGURATION = 64, 71, 78


class Server:
    """An encryption service whose neighbours do not run: it starts all the same, not ready."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        addresses = {f"FIELDSEAL_{name}_ADDRESS": "127.0.0.1:1" for name in ("KEYS", "AUDIT")}
        addresses["FIELDSEAL_ENCRYPTION_ADDRESS"] = f"127.0.0.1:{self.port}"
        subprocess.run([ROOT / "compose" / "certificates", folder / "certificates"], check=True, capture_output=True)
        subprocess.run([ROOT / "compose" / "configure", folder / "config"], check=True, env=os.environ | addresses)
        (folder / "spool").mkdir()
        self.file = folder / "config" / "encryption-service.yaml"

    def run(self, *arguments: str, prefix: tuple[str, ...] = (), **environment: str) -> tuple[int, str]:
        """Runs it to its end; its exit code, and what it wrote to standard error."""
        command = [*prefix, str(BINARIES / "encryption-service"), *(arguments or ("--config", str(self.file)))]
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=os.environ | environment)
        return result.returncode, result.stderr

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [BINARIES / "encryption-service", "--config", self.file], stderr=(self.folder / "log").open("wb")
        )
        eventually(lambda: "listening" in self.log() or process.poll() is not None, "it listens")
        assert process.poll() is None, self.log()
        return process

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def change(self, before: str, after: str) -> None:
        text = self.file.read_text()
        assert before in text
        self.file.write_text(text.replace(before, after))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def running(server: Server) -> Iterator[subprocess.Popen[bytes]]:
    process = server.start()
    yield process
    process.kill()
    process.wait()


def assert_one_line(errors: str) -> str:
    lines = [line for line in errors.splitlines() if line.startswith("encryption-service: ")]
    assert len(lines) == 1, errors
    return lines[0]


def test_a_wrong_command_line_is_told(server: Server) -> None:
    for arguments in (("--bogus",), ("--config",)):
        code, errors = server.run(*arguments)
        assert code == USAGE and "--help" in assert_one_line(errors)
    assert server.run("--help")[0] == server.run("--version")[0] == 0


def test_a_configuration_is_checked_without_starting(server: Server) -> None:
    check = ("--config", str(server.file), "--check-config")
    assert server.run(*check) == (0, "")
    assert list((server.folder / "spool").iterdir()) == []
    code, errors = server.run(*check, FIELDSEAL_CACHE_TTL_SECONDS="hunter2")
    assert code == CONFIGURATION and "FIELDSEAL_CACHE_TTL_SECONDS: cache.ttl-seconds" in assert_one_line(errors)
    assert "hunter2" not in errors
    server.file.write_text(server.file.read_text() + "polcy: x\n")
    line = len(server.file.read_text().splitlines())
    code, errors = server.run(*check)
    assert code == CONFIGURATION and f"encryption-service.yaml:{line}: polcy: unknown key" in assert_one_line(errors)


def test_a_bad_policy_stops_the_start(server: Server) -> None:
    policy = server.folder / "config" / "policy.yaml"
    policy.write_text("version: 1\nrules:\n  - {identity: spiffe://a/b, operations: [everything]}\n")
    code, errors = server.run()
    assert code == CONFIGURATION and "policy.yaml:3: rules[0].operations[0]: unknown operation" in assert_one_line(errors)


@pytest.mark.parametrize("party", ["backend", "audit-service"])
def test_a_certificate_of_another_identity_stops_the_start(server: Server, party: str) -> None:
    server.change("../certificates/encryption-service.", f"../certificates/{party}.")
    code, errors = server.run()
    assert code == CONFIGURATION and "not of the configured spiffe://fieldseal.local/service/encryption" in assert_one_line(errors)


def test_a_missing_key_stops_the_start(server: Server) -> None:
    (server.folder / "certificates" / "encryption-service.key").unlink()
    code, errors = server.run()
    assert code == CONFIGURATION and "encryption-service.key" in assert_one_line(errors)


def test_a_memory_lock_limit_that_is_too_small_is_named(server: Server) -> None:
    limit = ("prlimit", f"--memlock={256 << 10}:{256 << 10}")
    if os.geteuid() == 0:
        # Root may lock more than its limit, unless it gives the capability up.
        limit += ("setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock")
    code, errors = server.run(prefix=limit)
    assert code == SYSTEM
    assert "RLIMIT_MEMLOCK is 262144 bytes" in assert_one_line(errors)


def test_a_second_server_gets_neither_port_nor_spool(server: Server, running: subprocess.Popen[bytes]) -> None:
    code, errors = server.run()
    assert code == SYSTEM and "spool" in assert_one_line(errors)
    (server.folder / "other").mkdir()
    code, errors = server.run(FIELDSEAL_AUDIT_SPOOL=str(server.folder / "other"))
    assert code == SYSTEM and "Address already in use" in assert_one_line(errors)
    assert running.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(server: Server, running: subprocess.Popen[bytes], number: signal.Signals) -> None:
    running.send_signal(number)
    assert running.wait(PATIENCE) == 0
    assert "stopped" in server.log()


def test_it_leaves_no_core_dump_and_refuses_debuggers(running: subprocess.Popen[bytes]) -> None:
    assert resource.prlimit(running.pid, resource.RLIMIT_CORE) == (0, 0)
    # The files of a process that may not be dumped belong to root, whoever runs it.
    if os.geteuid() != 0:
        assert Path(f"/proc/{running.pid}/mem").stat().st_uid == 0
