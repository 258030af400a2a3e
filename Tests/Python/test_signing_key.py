"""The log's signing key goes from a file to a token, while everybody goes on verifying the log."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from test_audit_tree import vkey
from tlog import Checkpoint, cosigned_at

MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")]
MODULE = next((path for path in MODULES if path.exists()), None)
PIN = "864209"
SERVERS = ("audit-service", "key-management-service", "encryption-service")
pytestmark = pytest.mark.skipif(MODULE is None, reason="softhsm2 is not installed")


@pytest.fixture(scope="module")
def cluster_with_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    cluster = Cluster()
    cluster.environment["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    try:
        command = ["softhsm2-util", "--init-token", "--free", "--label", "log", "--pin", PIN, "--so-pin", "12345678"]
        subprocess.run(command, env=cluster.environment, check=True, capture_output=True)
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def configure(cluster: Cluster, changes: dict[str, str]) -> None:
    """Changes texts in the servers' configurations, and starts all servers with them."""
    for server in SERVERS:
        file = cluster.configuration_file(server)
        text = file.read_text()
        for old, new in changes.items():
            assert old in text or server != "audit-service", old
            text = text.replace(old, new)
        file.write_text(text)
        # `compose/local up` would write them anew.
        process = cluster.process(server)
        os.kill(process, 15)
        eventually(lambda: not Path(f"/proc/{process}/stat").exists() or _is_over(process), f"{server} stops")  # noqa: B023
        program = Path(cluster.environment["FIELDSEAL_BIN"]) / server
        with (cluster.state / "log" / f"{server}.log").open("ab") as log:
            started = subprocess.Popen([program, "--config", file], env=cluster.environment, stderr=log, start_new_session=True)
        (cluster.state / "run" / f"{server}.pid").write_text(str(started.pid))


def _is_over(process: int) -> bool:
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def newest(cluster: Cluster, above: int) -> bytes:
    auditor = cluster.channel("audit", "auditor")
    cluster.client().encrypt([Value("users.email", b"ada@example.org", record=above)])

    def find() -> bytes | None:
        note: bytes = auditor.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse).note
        return note if int(note.split(b"\n")[1]) > above else None

    return eventually(find, f"a checkpoint above {above}")


def test_the_key_moves_to_a_token(cluster_with_token: Cluster, tmp_path: Path) -> None:
    cluster = cluster_with_token
    old, witness = vkey(cluster), (cluster.state / "witness.vkey").read_text().strip()
    pin = tmp_path / "pin"
    pin.write_text(PIN)
    pin.chmod(0o600)
    made = subprocess.run(
        [cluster.tool, "audit", "make-key", "--origin", "fieldseal.local/audit-log", "--module", str(MODULE)]
        + ["--token", "log", "--key-label", "signing", "--pin-file", str(pin)],
        env=cluster.environment, capture_output=True, text=True, timeout=60,
    )
    assert made.returncode == 0, made.stderr
    new = made.stdout.strip()
    token = f"{{module: {MODULE}, token-label: log, key-label: signing, pin-file: {pin}}}"
    size = Checkpoint.verified(newest(cluster, 0), old).size

    # Both keys sign; servers learn of the new one.
    log_key = f'log-key: "{old}"'
    both = {
        "signing-key: ../audit-log.key": f"signing-key: ../audit-log.key\n  next-signing-token: {token}",
        log_key: f'{log_key}\n  next-log-key: "{new}"',
    }
    configure(cluster, both)
    note = newest(cluster, size + 10)
    first = Checkpoint.verified(note, old)
    assert Checkpoint.verified(note, new) == first and cosigned_at(note, witness) > 0

    # The witness, too, is told of the new key.
    (cluster.state / "audit-log.vkey").write_text(new + "\n")
    witness_process = cluster.process("witness")
    words = Path(f"/proc/{witness_process}/cmdline").read_bytes().decode().split("\0")[:-1]
    cluster.kill("witness")
    with (cluster.state / "log" / "witness.log").open("ab") as log:
        started = subprocess.Popen([*words, "--log-key", old], stderr=log, start_new_session=True)
    (cluster.state / "run" / "witness.pid").write_text(str(started.pid))

    # The old key is put away.
    alone = {
        f"signing-key: ../audit-log.key\n  next-signing-token: {token}": f"signing-token: {token}",
        f'{log_key}\n  next-log-key: "{new}"': f'log-key: "{new}"',
    }
    configure(cluster, alone)
    note = newest(cluster, first.size + 10)
    assert Checkpoint.verified(note, new).size > first.size and cosigned_at(note, witness) > 0
    with pytest.raises(AssertionError):
        Checkpoint.verified(note, old)
    status = cluster.audit_status()
    assert not status.refused, [finding.kind for finding in status.findings]
    cluster.run_tool("audit", "verify", "--log-key", new, "--witness", witness, role="auditor")
    for server in SERVERS:
        assert (cluster.state / "spool" / server / "checkpoint").exists()
        assert "not to be trusted" not in (cluster.state / "log" / f"{server}.log").read_text(), server
