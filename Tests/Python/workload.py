"""Calls under which servers are hurt, and what the log must say of them afterwards."""

from __future__ import annotations

import json
import secrets
import subprocess
import threading
from collections import defaultdict
from types import TracebackType
from typing import Any

from cluster import Cluster, eventually
from fieldseal import FieldsealError
from fieldseal.records import record_id
from fieldseal.v1 import audit_pb2, encryption_pb2
from test_verify import key, tool

TABLE, FIELD = "metrics", "tags"


class Caller(threading.Thread):
    """Encrypts one value after the other until told to stop. Each call is named; a call that failed is not repeated."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self._channel = cluster.channel("encryption", "backend", patience=0)
        #: The names of the calls that were answered, in their order.
        self.acknowledged: list[bytes] = []
        self.attempts: set[bytes] = set()
        self.refusals: list[FieldsealError] = []
        self.stop = threading.Event()

    def run(self) -> None:
        item = encryption_pb2.EncryptItem(field=f"{TABLE}.{FIELD}", plaintext=b"a value", record_id=record_id(7))
        request = encryption_pb2.EncryptRequest(items=[item])
        while not self.stop.is_set():
            name = secrets.token_bytes(16)
            self.attempts.add(name)
            try:
                response = self._channel.call("Encrypt", request, encryption_pb2.EncryptResponse, request_id=name)
                (result,) = response.results
                if result.WhichOneof("outcome") != "ciphertext":
                    raise FieldsealError(result.error.code, result.error.message)
            except FieldsealError as error:
                self.refusals.append(error)
                self.stop.wait(0.02)
                continue
            self.acknowledged.append(name)


class Workload:
    """Callers at work while the block runs, which begins when each has been answered."""

    def __init__(self, cluster: Cluster, callers: int = 4) -> None:
        self._cluster = cluster
        self.callers = [Caller(cluster) for _ in range(callers)]

    def __enter__(self) -> Workload:
        for caller in self.callers:
            caller.start()
        eventually(lambda: all(caller.acknowledged for caller in self.callers), "every caller is answered")
        for caller in self.callers:
            caller.refusals.clear()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for caller in self.callers:
            caller.stop.set()
        for caller in self.callers:
            caller.join(60)

    @property
    def acknowledged(self) -> int:
        return sum(len(caller.acknowledged) for caller in self.callers)

    @property
    def refusals(self) -> list[FieldsealError]:
        return [error for caller in self.callers for error in caller.refusals]

    def goes_on(self, calls: int, patience: float = 120) -> None:
        """Waits until so many more calls were answered."""
        goal = self.acknowledged + calls
        eventually(lambda: self.acknowledged >= goal, f"{calls} calls are answered", patience)

    def check(self, patience: float = 120) -> None:
        """Every call that was answered stands in the log once, in its caller's order; none stands there twice."""
        answered = {name for caller in self.callers for name in caller.acknowledged}
        assert answered

        # A service that could not record says no more than that until it looks again.
        eventually(lambda: spool(self._cluster).get("spool-waiting") == 0, "the spool is empty", patience)
        found = in_log(self._cluster)
        assert answered <= found.keys(), "every answered call is in the log"
        for caller in self.callers:
            assert {name: found[name] for name in caller.attempts if len(found.get(name, [])) > 1} == {}
            indexes = [found[name][0] for name in caller.acknowledged]
            assert indexes == sorted(indexes) and len(set(indexes)) == len(indexes)
        verified = tool(self._cluster, "verify", "--json", *key(self._cluster))
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert json.loads(verified.stdout)["verified"] is True


def in_log(cluster: Cluster) -> dict[bytes, list[int]]:
    """For each call, where in the log it stands: the indexes of the events that name it."""
    places: dict[bytes, list[int]] = defaultdict(list)
    sequences: dict[tuple[str, bytes], int] = {}
    for stored in cluster.events(operations=[audit_pb2.ENCRYPT], table=TABLE, field=FIELD):
        producer = (stored.producer, stored.epoch)
        assert sequences.get(producer, 0) < stored.event.sequence, "the producer's order"
        sequences[producer] = stored.event.sequence
        names = stored.event.request_ids
        for start in range(0, len(names), 16):
            places[names[start : start + 16]].append(stored.index)
    return places


def spool(cluster: Cluster) -> dict[str, Any]:
    """What the encryption service says of its spool, whether other servers answer or not."""
    command = [cluster.tool, "status", "--json", "--timeout", "2", "--config", str(cluster.configuration_file("operator"))]
    reports = json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout)
    details: dict[str, Any] = next(report["details"] for report in reports if report["service"] == "encryption")
    return details


def log_grows(cluster: Cluster, blocks: int) -> None:
    """Waits until the database holds so many more blocks."""
    with cluster.database("fieldseal_audit") as connection:
        connection.autocommit = True

        def size() -> int:
            row = connection.execute("SELECT coalesce(max(position), 0) FROM audit_blocks").fetchone()
            assert row is not None
            return int(row[0])

        goal = size() + blocks
        eventually(lambda: size() >= goal, f"the log grows by {blocks} blocks", 120)
