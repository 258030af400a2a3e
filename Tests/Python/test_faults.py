"""Servers killed under load: what was acknowledged is still there, and in the log."""

from __future__ import annotations

import random
import threading

import pytest
from cluster import SERVERS, Cluster
from fieldseal import Client, FieldsealError, Value, raise_for
from fieldseal.v1 import audit_pb2

KILLS_EACH = 3


class Writer(threading.Thread):
    """Encrypts until told to stop; keeps what was acknowledged, and how often it asked."""

    def __init__(self, client: Client, first: int) -> None:
        super().__init__(daemon=True)
        self._client, self._next = client, first
        self.acknowledged: dict[int, bytes] = {}
        self.failures: list[FieldsealError] = []
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            numbers = range(self._next, self._next + 20)
            self._next += 20
            try:
                sealed = raise_for(self._client.encrypt([Value("metrics.tags", b"%d" % n, record=n) for n in numbers]))
            except FieldsealError as error:
                self.failures.append(error)
                return
            self.acknowledged.update((number, item.ciphertext) for number, item in zip(numbers, sealed))


@pytest.mark.parametrize("server", SERVERS)
def test_a_killed_server_loses_nothing_acknowledged(own_cluster: Cluster, server: str) -> None:
    cluster, chance = own_cluster, random.Random(server)
    recorded_before = encrypted(cluster)
    base = SERVERS.index(server) * 10_000_000
    writers = [Writer(cluster.client(), base + number * 1_000_000) for number in range(3)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS_EACH):
        seen = sum(len(writer.acknowledged) for writer in writers)
        goal = seen + chance.randrange(20, 400)
        while sum(len(writer.acknowledged) for writer in writers) < goal and any(writer.is_alive() for writer in writers):
            writers[0].join(0.005)
        cluster.kill(server)
        cluster.restart(server)
    for writer in writers:
        writer.stop.set()
    for writer in writers:
        writer.join(120)
    assert [str(error) for writer in writers for error in writer.failures] == []

    acknowledged = {number: value for writer in writers for number, value in writer.acknowledged.items()}
    assert len(acknowledged) > 100
    back = cluster.client().decrypt([Value("metrics.tags", value, record=number) for number, value in acknowledged.items()])
    assert back == [b"%d" % number for number in acknowledged]
    from cluster import eventually

    eventually(lambda: encrypted(cluster) >= recorded_before + len(acknowledged), "every acknowledged encryption is in the log")


def encrypted(cluster: Cluster) -> int:
    """Values that the log says were encrypted in metrics.tags."""
    events = cluster.events(operations=[audit_pb2.ENCRYPT], table="metrics", field="tags", outcome=audit_pb2.OUTCOME_SUCCESS)
    return sum(stored.event.count for stored in events)


def test_no_event_stands_in_the_log_twice(own_cluster: Cluster) -> None:
    events = own_cluster.events()
    names = [(stored.producer, stored.epoch, stored.event.sequence) for stored in events]
    assert len(set(names)) == len(names) > 0
    indexes = [stored.index for stored in events]
    assert sorted(indexes) == list(range(min(indexes), min(indexes) + len(indexes)))
