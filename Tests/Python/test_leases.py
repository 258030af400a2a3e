"""Seals of random 96-bit nonces, counted over processes that are killed at any time: no version seals more than it may."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import ROOT, Cluster, eventually
from fieldseal import Client, Configuration, Value, raise_for
from fieldseal.v1 import audit_pb2

FIELD = "metrics.tags"
ROTATES, REFUSES = 4096, 8192
LOAD_SECONDS = 12.0
AES_256_GCM, XAES_256_GCM = 1, 3


class Leased(Cluster):
    """Versions of few seals, and a second encryption service beside the first."""

    def __init__(self, folder: Path, lease: str) -> None:
        super().__init__()
        self.compose = folder / "compose"
        shutil.copytree(ROOT / "compose", self.compose, ignore=shutil.ignore_patterns("state"))
        with (self.compose / "config" / "key-management-service.yaml").open("a") as file:
            file.write(f"lease: {lease}\n")
        self._second: subprocess.Popen[bytes] | None = None
        self._second_port = int(self.environment["FIELDSEAL_PORT_BASE"]) + 4

    def start(self) -> None:
        super().start()
        text = self.configuration_file("encryption-service").read_text()
        text = text.replace(f":{self.environment['FIELDSEAL_PORT_BASE']}", f":{self._second_port}")
        self.configuration_file("second-encryption-service").write_text(text.replace("spool/encryption", "spool/second-encryption"))
        self.start_second()

    def start_second(self) -> None:
        program = Path(self.environment["FIELDSEAL_BIN"]) / "encryption-service"
        with (self.state / "log" / "second-encryption-service.log").open("ab") as log:
            self._second = subprocess.Popen(
                [program, "--config", self.configuration_file("second-encryption-service")], stdout=log, stderr=log
            )

    def kill_second(self) -> None:
        assert self._second
        self._second.kill()
        self._second.wait()

    def close(self) -> None:
        if self._second:
            self.kill_second()
        super().close()

    def second_client(self) -> Client:
        configuration: Configuration = self.configuration("backend")
        endpoint = dataclasses.replace(configuration.endpoints["encryption"], addresses=(("127.0.0.1", self._second_port),))
        client = Client(dataclasses.replace(configuration, endpoints=configuration.endpoints | {"encryption": endpoint}), patience=60)
        self._channels.append(client)
        return client

    def ask(self, *arguments: str) -> Any:
        return json.loads(self.run_tool(*arguments, "--json", role="operator"))


@pytest.fixture
def cluster_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Leased]]:
    made: list[Leased] = []

    def make(lease: str) -> Leased:
        made.append(Leased(tmp_path_factory.mktemp("leases"), lease))
        made[-1].start()
        return made[-1]

    yield make
    for cluster in made:
        cluster.close()


class Writer(threading.Thread):
    """Encrypts single values and batches until told to stop; keeps what was acknowledged."""

    def __init__(self, client: Client, number: int) -> None:
        super().__init__(daemon=True)
        self._client, self._next, self._chance = client, number * 1_000_000, random.Random(number)
        self.acknowledged: dict[int, bytes] = {}
        self.failures: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._write(self._chance.choice([1, 1, 1, 1, 20, 400]))
        except Exception as error:  # noqa: BLE001
            self.failures.append(repr(error))

    def _write(self, count: int) -> None:
        numbers = range(self._next, self._next + count)
        self._next += count
        sealed = raise_for(self._client.encrypt([Value(FIELD, b"%d" % number, record=number) for number in numbers]))
        self.acknowledged.update((number, item.ciphertext) for number, item in zip(numbers, sealed))


def written(writers: list[Writer]) -> dict[int, bytes]:
    return {number: sealed for writer in writers for number, sealed in writer.acknowledged.copy().items()}


def stop(writers: list[Writer]) -> dict[int, bytes]:
    for writer in writers:
        writer.stop.set()
    for writer in writers:
        writer.join(90)
    assert [failure for writer in writers for failure in writer.failures] == []
    return written(writers)


def suite_of(ciphertext: bytes) -> int:
    return ciphertext[1]


def version_of(ciphertext: bytes) -> int:
    return int.from_bytes(ciphertext[3:11], "big")


def assert_opens(client: Client, sealed: dict[int, bytes]) -> None:
    opened = client.decrypt([Value(FIELD, value, record=number) for number, value in sealed.items()])
    assert opened == [b"%d" % number for number in sealed]


def near_limit(cluster: Leased) -> list[Any]:
    return [alert for alert in cluster.ask("keys", "alerts", "--since", "1h") if alert["kind"] == "budget-near-limit"]


def test_no_version_seals_more_than_it_may_whoever_dies(cluster_of: Callable[[str], Leased]) -> None:
    cluster = cluster_of(f"{{rotate-at: {ROTATES}, refuse-at: {REFUSES}, exhaustion-suite: stay}}")
    writers = [Writer(cluster.client() if number % 2 else cluster.second_client(), number) for number in range(4)]
    for writer in writers:
        writer.start()
    until, chance = time.monotonic() + LOAD_SECONDS, random.Random(7)
    for victim in ["encryption-service", "second", "key-management-service", "second", "encryption-service"]:
        seen = len(written(writers))
        goal = seen + chance.randrange(200, 3_000)
        eventually(lambda: len(written(writers)) >= goal or not any(writer.is_alive() for writer in writers), "it goes on")
        if victim == "second":
            cluster.kill_second()
            cluster.start_second()
        else:
            cluster.kill(victim)
            cluster.restart(victim)
    eventually(lambda: time.monotonic() > until and len(written(writers)) > 4 * ROTATES, "enough is written")
    sealed = stop(writers)

    counts = Counter(version_of(value) for value in sealed.values())
    assert {suite_of(value) for value in sealed.values()} == {AES_256_GCM}
    assert len(counts) >= 4 and max(counts.values()) <= REFUSES
    assert_opens(cluster.client(), sealed)
    versions = {int(key["version"], 16): key for key in cluster.ask("keys", "show", FIELD)["versions"]}
    for version, count in counts.items():
        assert count <= versions[version]["leased"] <= REFUSES
    assert "Seals leased" in cluster.run_tool("keys", "show", FIELD, role="operator")
    assert near_limit(cluster)
    leases = cluster.events(operations=[audit_pb2.LEASE], table="metrics", field="tags")
    leased = sum(stored.event.count for stored in leases if stored.event.outcome == 0)
    assert leased >= len(sealed)


def test_a_field_that_needs_a_version_in_less_than_a_week_moves(cluster_of: Callable[[str], Leased]) -> None:
    cluster = cluster_of(f"{{rotate-at: {ROTATES}, refuse-at: {REFUSES}}}")
    writers = [Writer(cluster.client(), 1), Writer(cluster.second_client(), 2)]
    for writer in writers:
        writer.start()

    def moved() -> bool:
        return {XAES_256_GCM} == {suite_of(list(writer.acknowledged.values())[-1]) for writer in writers if writer.acknowledged}

    eventually(moved, "values are of suite 3")
    sealed = stop(writers)
    counts = Counter(version_of(value) for value in sealed.values() if suite_of(value) == AES_256_GCM)
    assert len(counts) == 1 and max(counts.values()) <= REFUSES
    assert_opens(cluster.client(), sealed)
    assert near_limit(cluster)
    cluster.event_where(lambda event: event.cause == "exhausted", "the move", operations=[audit_pb2.APPLY_CATALOG])
