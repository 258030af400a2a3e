"""The log's signing key goes from a file to a token or a key service, while everybody goes on verifying the log."""

from __future__ import annotations

import re
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from stand_ins import Process
from test_audit_tree import vkey
from tlog import Checkpoint, cosigned_at

MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")]
MODULE = next((path for path in MODULES if path.exists()), None)
PIN = "864209"
SERVERS = ("audit-service", "key-management-service", "encryption-service")
FILE = "signing-key: ../audit-log.key"


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


def configure(cluster: Cluster, changes: dict[str, str], servers: Sequence[str] = SERVERS) -> None:
    """Changes texts in the servers' configurations, and starts the servers with them."""
    for server in servers:
        file = cluster.configuration_file(server)
        text = file.read_text()
        for old, new in changes.items():
            assert old in text or server != "audit-service", old
            text = text.replace(old, new)
        file.write_text(text)
        # `compose/local up` would write them anew.
        cluster.stop(server)
        cluster.spawn(server)


def newest(cluster: Cluster, above: int) -> bytes:
    auditor = cluster.channel("audit", "auditor")
    cluster.client().encrypt([Value("users.email", b"ada@example.org", record=above)])

    def find() -> bytes | None:
        note: bytes = auditor.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse).note
        return note if int(note.split(b"\n")[1]) > above else None

    return eventually(find, f"a checkpoint above {above}")


def log(cluster: Cluster, server: str = "audit-service") -> str:
    return (cluster.state / "log" / f"{server}.log").read_text()


def let_both_sign(cluster: Cluster, section: str) -> tuple[str, Checkpoint]:
    """Names the next key, and tells the servers of it: the verifier key that the log tells, and a checkpoint by both keys."""
    old, witness = vkey(cluster), (cluster.state / "witness.vkey").read_text().strip()
    size = Checkpoint.verified(newest(cluster, 0), old).size
    before = len(log(cluster))
    configure(cluster, {FILE: f"{FILE}\n  next-{section}"}, ["audit-service"])
    known = re.compile(re.escape(old.split("+")[0]) + r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+")

    def told() -> str | None:
        return next((key for key in known.findall(log(cluster)[before:]) if key != old), None)

    new: str = eventually(told, "the log tells the next key")
    configure(cluster, {f'log-key: "{old}"': f'log-key: "{old}"\n  next-log-key: "{new}"'})
    note = newest(cluster, size + 10)
    checkpoint = Checkpoint.verified(note, old)
    assert Checkpoint.verified(note, new) == checkpoint and cosigned_at(note, witness) > 0
    return new, checkpoint


def tell_the_witness(cluster: Cluster, new: str) -> None:
    old = vkey(cluster)
    (cluster.state / "audit-log.vkey").write_text(new + "\n")
    cluster.extend("witness", "--log-key", old)


def put_the_old_away(cluster: Cluster, section: str, old: str, new: str, first: Checkpoint) -> None:
    """The new key signs alone, and everybody takes that."""
    witness = (cluster.state / "witness.vkey").read_text().strip()
    alone = {f"{FILE}\n  next-{section}": section, f'log-key: "{old}"\n  next-log-key: "{new}"': f'log-key: "{new}"'}
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
        assert "not to be trusted" not in log(cluster, server), server


@pytest.mark.skipif(MODULE is None, reason="softhsm2 is not installed")
def test_the_key_moves_to_a_token(cluster_with_token: Cluster, tmp_path: Path) -> None:
    cluster = cluster_with_token
    old = vkey(cluster)
    pin = tmp_path / "pin"
    pin.write_text(PIN)
    pin.chmod(0o600)
    made = subprocess.run(
        [cluster.tool, "audit", "make-key", "--origin", "fieldseal.local/audit-log", "--module", str(MODULE)]
        + ["--token", "log", "--key-label", "signing", "--pin-file", str(pin)],
        env=cluster.environment, capture_output=True, text=True, timeout=60,
    )
    assert made.returncode == 0, made.stderr
    section = f"signing-token: {{module: {MODULE}, token-label: log, key-label: signing, pin-file: {pin}}}"
    new, first = let_both_sign(cluster, section)
    assert new == made.stdout.strip()
    tell_the_witness(cluster, new)
    put_the_old_away(cluster, section, old, new, first)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Process]:
    process = Process("vault_transit", tmp_path / "vault")
    try:
        yield process
    finally:
        process.stop()


def vault_section(vault: Process, key: str = "log") -> str:
    login = f"login: approle, role-id: {vault['role_id']}, secret-id-file: {vault['secret_id_file']}"
    address = f'address: "{vault["url"]}", ca: {vault["authorities"]}'
    return f"signing-kms: {{provider: vault, {address}, key: {key}, key-version: 2, {login}}}"


def test_the_key_moves_to_a_key_service(own_cluster: Cluster, vault: Process) -> None:
    cluster, section = own_cluster, vault_section(vault)
    old = vkey(cluster)
    new, first = let_both_sign(cluster, section)
    assert b64decode(new.split("+", 2)[2])[1:] == b64decode(vault["public_keys"][1]), "the version that was asked for"
    tell_the_witness(cluster, new)
    put_the_old_away(cluster, section, old, new, first)

    # Away, and too slow: blocks are appended, and signed when it is back.
    for absent, back in [({"mode": "down"}, {"mode": ""}), ({"slow": 60}, {"slow": 0})]:
        before = log(cluster).count("no checkpoint was made")
        vault.switch(**absent)
        cluster.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
        eventually(lambda: log(cluster).count("no checkpoint was made") > before, "it says so")  # noqa: B023
        signed, stored = cluster.audit_status().checkpoint_size, sequences(cluster)
        cluster.client().encrypt([Value("users.email", b"ada@example.org", record=2)])
        producer = "spiffe://fieldseal.local/service/encryption"
        eventually(lambda: sequences(cluster)[producer] > stored[producer], "the block is appended")  # noqa: B023
        status = cluster.audit_status()
        assert status.checkpoint_size == signed < status.tree_size and not status.refused
        vault.switch(**back)
        assert Checkpoint.verified(newest(cluster, status.tree_size), new).size > status.tree_size

    # A start without it says why it is none.
    vault.switch(mode="down")
    assert refused_start(cluster, section, section) == (69, "the log's signing key: Vault is sealed or in maintenance: unseal it")
    vault.switch(mode="")
    code, reason = refused_start(cluster, section, vault_section(vault, "fieldseal"))
    assert code == 78 and reason.startswith("the log's signing key: Vault key transit/fieldseal is of type aes256-gcm96")
    cluster.kill("audit-service")
    vault.switch(mode="unsigned")
    code, reason = refused_start(cluster, section, section)
    assert code == 78 and reason.startswith("the log's signing key: Vault denies the use of transit/log")
    vault.switch(mode="")
    cluster.spawn("audit-service")
    assert Checkpoint.verified(newest(cluster, first.size + 20), new).size > first.size + 20


def sequences(cluster: Cluster) -> dict[str, int]:
    return {producer.producer: producer.sequence for producer in cluster.audit_status().producers}


def refused_start(cluster: Cluster, section: str, other: str) -> tuple[int, str]:
    """How an audit service of another section ends: its code, and its last line without what stands before the reason."""
    file = cluster.configuration_file("audit-service").with_name("other.yaml")
    text = cluster.configuration_file("audit-service").read_text()
    assert section in text
    file.write_text(text.replace(section, other))
    program = Path(cluster.environment["FIELDSEAL_BIN"]) / "audit-service"
    ended: Any = subprocess.run(
        [program, "--config", file], env=cluster.environment, capture_output=True, text=True, timeout=60
    )
    return ended.returncode, ended.stderr.strip().splitlines()[-1].removeprefix("audit-service: ")
