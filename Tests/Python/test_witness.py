"""A witness is the memory that whoever owns the log's database cannot reach."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import ROOT, Cluster, eventually
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from test_audit_tree import published, vkey
from tlog import Checkpoint, consistency, cosigned_at, key_id, leaf_hash, root
from witness import NAME, Witness


class WitnessedCluster(Cluster):
    """Has a second witness besides fieldseal's own; both must cosign."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.witness = Witness(lambda: vkey(self))
        self.compose = folder / "compose"
        shutil.copytree(ROOT / "compose", self.compose, ignore=shutil.ignore_patterns("state"))
        template = self.compose / "config" / "audit-service.yaml"
        own = "{key: @WITNESS_KEY@, url: @WITNESS_URL@}"
        both = f'{own}, {{key: "{self.witness.vkey}", url: "{self.witness.url}"}}'
        template.write_text(template.read_text().replace(own, both))

    def close(self) -> None:
        super().close()
        self.witness.close()

    def cut_log(self, below: int) -> int:
        """What an owner of the database can do: back to an append before this size. Answers the size that is left."""
        with self.database("fieldseal_audit") as database:
            row = database.execute("SELECT max(size) FROM audit_tree_heads WHERE size < %s", (below,)).fetchone()
            assert row is not None
            size = int(row[0])
            database.execute("SET LOCAL session_replication_role = replica")
            for table, column in (
                ("events", "position"),
                ("blocks", "position"),
                ("tree_heads", "size"),
                ("checkpoints", "size"),
                ("cosignatures", "size"),
            ):
                database.execute(f"DELETE FROM audit_{table} WHERE {column} > %s", (size,))
        return size


def test_a_log_that_was_cut_is_refused(tmp_path: Path) -> None:
    cluster = WitnessedCluster(tmp_path)
    try:
        cluster.start()
        cluster.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
        auditor = cluster.channel("audit", "auditor")
        checkpoint = published(cluster, auditor, 5)
        note = auditor.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse).note.decode()
        assert f"\u2014 {NAME} " in note
        assert cosigned_at(note.encode(), witness_key(cluster)) > 0
        assert cluster.witness.size >= checkpoint.size
        assert not cluster.audit_status().refused

        cluster.kill("audit-service")
        size = cluster.cut_log(checkpoint.size)
        log = cluster.state / "log" / "second-start.log"
        program = Path(cluster.environment["FIELDSEAL_BIN"]) / "audit-service"
        service = subprocess.Popen([program, "--config", cluster.configuration_file("audit-service")], stderr=log.open("wb"))
        try:
            eventually(lambda: "rolled-back" in log.read_text(), "the log is refused")
            cluster.run_tool("status", role="operator", expected=4)
            status = cluster.audit_status()
            assert status.refused and status.tree_size == size
            with cluster.database("fieldseal_audit") as database:
                assert database.execute("SELECT kind FROM audit_findings").fetchall() == [("rolled-back",)]
        finally:
            os.kill(service.pid, signal.SIGTERM)
            service.wait(60)
    finally:
        cluster.close()


def witness_key(cluster: Cluster) -> str:
    return (cluster.state / "witness.vkey").read_text().strip()


@pytest.fixture(scope="module")
def witnessed() -> Iterator[Cluster]:
    """With fieldseal's own witness alone."""
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def state_size(cluster: Cluster) -> int:
    """Of the only log in the witness' state."""
    lines = (cluster.state / "witness" / "state").read_text().splitlines()
    assert lines[0] == "fieldseal-witness/v1" and lines[2] == "fieldseal.local/audit-log"
    return int(lines[3])


def test_the_log_is_cosigned_and_remembered_over_a_crash(witnessed: Cluster) -> None:
    auditor = witnessed.channel("audit", "auditor")
    begun = int(time.time())
    witnessed.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    first = published(witnessed, auditor, 5)
    note = auditor.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse).note
    assert begun - 60 <= cosigned_at(note, witness_key(witnessed)) <= time.time() + 1
    assert state_size(witnessed) >= first.size

    witnessed.kill("witness")
    remembered = state_size(witnessed)
    witnessed.restart("witness")
    witnessed.client().encrypt([Value("users.email", b"ada@example.org", record=2)])
    published(witnessed, auditor, remembered + 1)
    assert state_size(witnessed) > remembered
    assert not witnessed.audit_status().refused


class Forger:
    """Somebody who has the log's key, and signs whatever helps."""

    def __init__(self, cluster: Cluster) -> None:
        _, _, name, _, key = (cluster.state / "audit-log.key").read_text().strip().split("+", 4)
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key)[1:])
        self._url = f"http://127.0.0.1:{int(cluster.environment['FIELDSEAL_PORT_BASE']) + 3}/add-checkpoint"

    def ask(self, old: int, size: int, tree: bytes, proof: list[bytes], origin: str = "", forged: bytes = b"") -> tuple[int, str, bytes]:
        """Status, content type and body."""
        text = f"{origin or self.name}\n{size}\n{base64.b64encode(tree).decode()}\n"
        public = self._key.public_key().public_bytes_raw()
        signed = key_id(self.name, 1, public) + (forged or self._key.sign(text.encode()))
        lines = [f"old {old}", *(base64.b64encode(node).decode() for node in proof), ""]
        body = "\n".join(lines) + f"\n{text}\n\u2014 {self.name} {base64.b64encode(signed).decode()}\n"
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url, body.encode(), method="POST"), timeout=10) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.headers["Content-Type"], refusal.read()


def test_a_forked_log_is_refused(witnessed: Cluster) -> None:
    published(witnessed, witnessed.channel("audit", "auditor"), 5)
    # Nobody else asks meanwhile.
    witnessed.kill("audit-service")
    size = state_size(witnessed)
    with witnessed.database("fieldseal_audit") as database:
        rows = database.execute("SELECT leaf_hash FROM audit_blocks WHERE position <= %s ORDER BY position", (size,)).fetchall()
    hashes = [bytes(row[0]) for row in rows]
    assert len(hashes) == size
    forger, mark = Forger(witnessed), leaf_hash(b"forged")
    honest, forked = [*hashes, mark], [mark, *hashes[1:], mark]
    before = (witnessed.state / "witness" / "state").read_bytes()

    assert forger.ask(size, size + 1, root(forked), consistency(forked, size))[0] == 422
    assert forger.ask(size, size + 1, root(honest), [])[0] == 422
    assert forger.ask(size, size, root(forked[:size]), [])[0] == 409
    status, kind, body = forger.ask(0, size + 1, root(honest), [])
    assert (status, kind, body) == (409, "text/x.tlog.size", f"{size}\n".encode())
    assert forger.ask(size - 1, size - 1, root(hashes[:-1]), [])[0] == 409
    assert forger.ask(size + 2, size + 1, root(honest), [])[0] == 400
    assert forger.ask(size, size + 1, root(honest), consistency(honest, size), origin="example.org/other")[0] == 404
    assert forger.ask(size, size + 1, root(honest), consistency(honest, size), forged=bytes(64))[0] == 403
    assert (witnessed.state / "witness" / "state").read_bytes() == before

    # What continues the log is cosigned, whoever has signed it with the log's key: the log itself is found out then.
    status, _, lines = forger.ask(size, size + 1, root(honest), consistency(honest, size))
    assert status == 200
    text = f"{forger.name}\n{size + 1}\n{base64.b64encode(root(honest)).decode()}\n"
    assert cosigned_at(text.encode() + b"\n" + lines, witness_key(witnessed)) > 0
    program = Path(witnessed.environment["FIELDSEAL_BIN"]) / "audit-service"
    log = witnessed.state / "log" / "forged.log"
    service = subprocess.Popen([program, "--config", witnessed.configuration_file("audit-service")], stderr=log.open("wb"))
    try:
        eventually(lambda: "rolled-back" in log.read_text() or "forked-tree" in log.read_text(), "the log is refused")
    finally:
        os.kill(service.pid, signal.SIGTERM)
        service.wait(60)


def test_a_witness_without_its_memory_does_not_start(witnessed: Cluster, tmp_path: Path) -> None:
    state = tmp_path / "state"
    shutil.copy(witnessed.state / "witness" / "state", state)
    command = [witnessed.tool, "audit", "witness", "--key", str(witnessed.state / "witness" / "key"), "--listen", "127.0.0.1:0"]
    log_key = ["--log-key", str(witnessed.state / "audit-log.vkey")]

    def refusal(*options: str) -> tuple[int, str]:
        result = subprocess.run([*command, *options], capture_output=True, text=True, timeout=30)
        return result.returncode, result.stderr

    in_use = refusal("--state", str(witnessed.state / "witness" / "state"), *log_key)
    assert in_use[0] == 1 and "in use by another witness" in in_use[1]
    whole = state.read_bytes()
    for damaged in (b"", whole[:-1], whole.replace(b"\nsha256 ", b"\nsha255 "), whole + b"\n"):
        state.write_bytes(damaged)
        status, text = refusal("--state", str(state), *log_key)
        assert status == 1 and "is damaged" in text, damaged
    state.write_bytes(whole)
    wrong_key = refusal("--state", str(state), "--log-key", witness_key(witnessed))
    assert wrong_key[0] == 2 and "--log-key wants" in wrong_key[1]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        serving = subprocess.Popen([*command, "--state", str(state), *log_key], stderr=errors)
    eventually(lambda: " listening " in log.read_text(), "a witness that serves")
    serving.terminate()
    assert serving.wait(60) == 0 and " stopped" in log.read_text()
    command[4] = str(witnessed.state / "audit-log.key")
    no_witness = refusal("--state", str(state), *log_key)
    assert no_witness[0] == 2 and "no key of a witness" in no_witness[1]
    assert state.read_bytes() == whole
