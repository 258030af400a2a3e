"""The drill: a key is compromised under load, its data moved away, the old version destroyed, and the log tells who used it."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter

import pytest
from cluster import Cluster, eventually
from fieldseal import Client, Code, FieldsealError, Value, raise_for
from fieldseal.v1 import audit_pb2, common_pb2, keys_pb2

FIELD, OTHER = "metrics.tags", "agents.config"
# What an encryption service holds ends by itself after its time to live, should no push reach it.
LAPSE = 330.0


def version_of(ciphertext: bytes) -> int:
    """The key version that a ciphertext names; Protos/CIPHERTEXT.md."""
    return int.from_bytes(ciphertext[3:11], "big")


class Rows:
    """The application's table: the current ciphertext of each row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, int], bytes] = {}

    def put(self, field: str, number: int, sealed: bytes) -> None:
        with self._lock:
            self._rows[field, number] = sealed

    def replace(self, field: str, number: int, old: bytes, new: bytes) -> None:
        """As a migration does it: only where nobody wrote meanwhile."""
        with self._lock:
            if self._rows[field, number] == old:
                self._rows[field, number] = new

    def of(self, field: str) -> dict[int, bytes]:
        with self._lock:
            return {number: sealed for (name, number), sealed in self._rows.items() if name == field}


class Load(threading.Thread):
    """Encrypts and decrypts a field until told to stop; what fails for another reason than the compromise is kept."""

    def __init__(self, client: Client, rows: Rows, field: str, first: int) -> None:
        super().__init__(daemon=True)
        self._client, self._rows, self._field, self._next = client, rows, field, first
        self._chance = random.Random(first)
        self.failures: list[str] = []
        self.refused = 0
        self.served = Counter[str]()
        self.stop = threading.Event()

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._write()
                self._read()
        except Exception as error:  # noqa: BLE001
            self.failures.append(repr(error))

    def _write(self) -> None:
        numbers = range(self._next, self._next + 10)
        self._next += 10
        sealed = raise_for(self._client.encrypt([Value(self._field, b"%d" % number, record=number) for number in numbers]))
        for number, item in zip(numbers, sealed):
            self._rows.put(self._field, number, item.ciphertext)
        self.served["encrypt"] += len(numbers)

    def _read(self) -> None:
        rows = list(self._rows.of(self._field).items())
        chosen = self._chance.sample(rows, min(10, len(rows)))
        opened = self._client.decrypt([Value(self._field, sealed, record=number) for number, sealed in chosen])
        for (number, _), value in zip(chosen, opened):
            if isinstance(value, FieldsealError):
                if value.code != Code.FAILED_PRECONDITION or "compromised" not in str(value):
                    self.failures.append(f"{number}: {value}")
                self.refused += 1
            elif value != b"%d" % number:
                self.failures.append(f"{number}: another value")
            else:
                self.served["decrypt"] += 1


def keys_of(cluster: Cluster, name: str) -> dict[int, keys_pb2.KeyInfo]:
    answer = cluster.channel("keys", "operator").call("ListKeys", keys_pb2.ListKeysRequest(name=name), keys_pb2.ListKeysResponse)
    return {key.version: key for key in answer.keys}


def use_of(cluster: Cluster, version: int) -> list[audit_pb2.UseSummary]:
    """Who used a version, from the log alone."""
    request = audit_pb2.SummarizeUseRequest(key_versions=[version])
    answer = cluster.channel("audit", "auditor").call("SummarizeUse", request, audit_pb2.SummarizeUseResponse)
    assert not answer.truncated
    return list(answer.uses)


def migrate(client: Client, rows: Rows, field: str, old: int) -> int:
    """Moves every value away from a version; answers how many it moved."""
    stale = {number: sealed for number, sealed in rows.of(field).items() if version_of(sealed) == old}
    moved = raise_for(client.rewrap([Value(field, sealed, record=number) for number, sealed in stale.items()]))
    for (number, sealed), anew in zip(stale.items(), moved):
        rows.replace(field, number, sealed, anew)
    return len(stale)


def test_the_drill(own_cluster: Cluster) -> None:
    cluster, rows = own_cluster, Rows()
    backend, migration = cluster.client(), cluster.client("migration")
    first = raise_for(backend.encrypt([Value(FIELD, b"%d" % number, record=number) for number in range(100)]))
    for number, item in enumerate(first):
        rows.put(FIELD, number, item.ciphertext)
    old = version_of(first[0].ciphertext)
    kept = first[0].ciphertext
    loads = [Load(cluster.client(), rows, field, 1_000_000 * n) for n, field in enumerate((FIELD, OTHER), start=1)]
    for load in loads:
        load.start()
    eventually(lambda: all(load.served["decrypt"] >= 50 or load.failures for load in loads), "the load runs")

    # Compromised: new values go under another version, the old one opens for nobody but the migration.
    arguments = ("keys", "compromise", FIELD, "--reason", "found in a core dump", "--suspected-since", "1h", "--json")
    planned = json.loads(cluster.run_tool(*arguments, "--dry-run", role="operator"))
    assert keys_of(cluster, FIELD)[old].state == common_pb2.ACTIVE, planned
    report = json.loads(cluster.run_tool(*arguments, role="operator"))
    states = keys_of(cluster, FIELD)
    assert states[old].state == common_pb2.COMPROMISED, report
    new = next(version for version, key in states.items() if key.state == common_pb2.ACTIVE)

    def refused() -> bool:
        result = backend.decrypt([Value(FIELD, kept, record=0)])[0]
        return isinstance(result, FieldsealError) and result.code == Code.FAILED_PRECONDITION

    def renewed() -> bool:
        return version_of(raise_for(backend.encrypt([Value(FIELD, b"x", record=5)]))[0].ciphertext) == new

    eventually(refused, "the encryption service has forgotten the old version", LAPSE)
    eventually(renewed, "new values go under the new version", LAPSE)
    plain = backend.rewrap([Value(FIELD, kept, record=0)])[0]
    assert isinstance(plain, FieldsealError) and plain.code == Code.FAILED_PRECONDITION

    # Moved away, while the application goes on.
    moved = 0
    while count := migrate(migration, rows, FIELD, old):
        moved += count
    assert moved >= 100
    census = Counter(version_of(sealed) for sealed in rows.of(FIELD).values())
    assert census[old] == 0 and census[new] >= moved
    assert {number: sealed for number, sealed in rows.of(FIELD).items() if number < 100}.keys() == set(range(100))
    raise_for(backend.decrypt([Value(FIELD, sealed, record=number) for number, sealed in rows.of(FIELD).items()]))

    for load in loads:
        load.stop.set()
    for load in loads:
        load.join(60)
    assert [load.failures for load in loads] == [[], []]
    assert loads[1].refused == 0, "another field's values were served all the time"

    # The log alone tells who used the version.
    expected = {
        ("spiffe://fieldseal.local/backend/demo", audit_pb2.ENCRYPT),
        ("spiffe://fieldseal.local/backend/demo", audit_pb2.DECRYPT),
        ("spiffe://fieldseal.local/migration/demo", audit_pb2.REWRAP),
    }

    def complete() -> bool:
        uses = {(use.actor, use.operation): use for use in use_of(cluster, old)}
        return expected <= uses.keys() and uses["spiffe://fieldseal.local/migration/demo", audit_pb2.REWRAP].succeeded >= moved

    eventually(complete, "all use of the version is in the log")
    users = {use.actor for use in use_of(cluster, old) if use.operation in (audit_pb2.ENCRYPT, audit_pb2.DECRYPT) and use.succeeded}
    assert users == {"spiffe://fieldseal.local/backend/demo"}
    event = cluster.event_where(lambda event: event.key_version == old, "the compromise", operations=[audit_pb2.COMPROMISE_KEY])
    assert event.actor == "spiffe://fieldseal.local/operator/admin" and event.object == FIELD

    destroy(cluster, old)
    # Gone from the table, and it opens nowhere.
    with cluster.database("fieldseal_keys") as database:
        version = old - 2**64 if old >= 2**63 else old
        row = database.execute("SELECT state, octet_length(encrypted_key) FROM encryption_keys WHERE version = %s", (version,)).fetchone()
    assert row == ("destroyed", 0)
    for client, call in ((backend, "decrypt"), (migration, "rewrap")):

        def gone() -> bool:
            result = getattr(client, call)([Value(FIELD, kept, record=0)])[0]
            return isinstance(result, FieldsealError) and "destroyed" in str(result)

        eventually(gone, f"{call} finds the version destroyed")
    raise_for(backend.decrypt([Value(FIELD, sealed, record=number) for number, sealed in rows.of(FIELD).items()]))


def destroy(cluster: Cluster, version: int) -> None:
    """Before its time: one administrator proposes, another agrees."""
    try:
        request = keys_pb2.KeyVersionRequest(key=FIELD, version=version, dry_run=True)
        cluster.channel("keys", "operator").call("ForceDestruction", request, keys_pb2.DestructionResponse)
    except FieldsealError as error:
        if error.code == Code.UNIMPLEMENTED:
            pytest.skip("key management destroys nothing yet")
        raise
    arguments = ("keys", "destroy", FIELD, f"{version:016x}", "--force")
    cluster.run_tool(*arguments, role="operator")
    assert keys_of(cluster, FIELD)[version].state == common_pb2.COMPROMISED, "one alone destroys nothing"
    cluster.run_tool(*arguments, role="second-operator")
    assert keys_of(cluster, FIELD)[version].state == common_pb2.DESTROYED
