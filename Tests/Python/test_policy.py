"""The policy file: exact identities, patterns, reload, and a bad file that changes nothing."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from certificates import Authority
from cluster import Cluster, eventually
from fieldseal import Client, Code, FieldsealError, Value
from fieldseal.v1 import audit_pb2

READER = "spiffe://fieldseal.local/backend/reader"


@pytest.fixture
def policy(cluster: Cluster) -> Iterator[Path]:
    path = cluster.state / "config" / "policy.yaml"
    before = path.read_text()
    yield path
    path.write_text(before)
    os.kill(cluster.process("encryption-service"), signal.SIGHUP)


def reader(cluster: Cluster, folder: Path) -> Client:
    certificates = cluster.state / "certificates"
    files = Authority.load(certificates / "ca.pem", certificates / "ca.key").issue(folder, [READER])
    return Client(dataclasses.replace(cluster.configuration("backend"), certificate=files[0], key=files[1]))


def outcome(client: Client, *fields: str) -> list[Code]:
    """What encrypting each field answers; a denial of the whole call counts for every field."""
    try:
        results = client.encrypt([Value(field, b"secret", record=1) for field in fields])
    except FieldsealError as error:
        return [error.code] * len(fields)
    return [result.code if isinstance(result, FieldsealError) else Code.OK for result in results]


def test_a_reloaded_policy_counts_for_open_connections_and_a_bad_one_changes_nothing(
    cluster: Cluster, policy: Path, tmp_path: Path
) -> None:
    process = cluster.process("encryption-service")
    client = reader(cluster, tmp_path)
    fields = ("knowledge.content", "metrics.tags")
    assert outcome(client, *fields) == [Code.PERMISSION_DENIED] * 2

    document = yaml.safe_load(policy.read_text())
    document["rules"].append({"identity": READER, "operations": ["encrypt"], "fields": ["metrics.*"]})
    policy.write_text(yaml.safe_dump(document))
    os.kill(process, signal.SIGHUP)
    eventually(lambda: outcome(client, *fields) == [Code.PERMISSION_DENIED, Code.OK], "the new policy counts")

    policy.write_text("rules: [")
    os.kill(process, signal.SIGHUP)
    cluster.event_where(
        lambda event: event.operation == audit_pb2.POLICY_RELOAD and event.outcome != 0, "the refused policy file"
    )
    assert outcome(client, *fields) == [Code.PERMISSION_DENIED, Code.OK]


def test_a_denied_item_does_not_hinder_its_neighbours_and_is_recorded(cluster: Cluster, policy: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(policy.read_text())
    document["rules"].append({"identity": READER, "operations": ["encrypt"], "fields": ["metrics.tags"]})
    policy.write_text(yaml.safe_dump(document))
    os.kill(cluster.process("encryption-service"), signal.SIGHUP)
    client = reader(cluster, tmp_path)
    expected = [Code.OK, Code.PERMISSION_DENIED, Code.OK]
    fields = ("metrics.tags", "agents.config", "metrics.tags")
    eventually(lambda: outcome(client, *fields) == expected, "the new policy counts")
    since = int(time.time() * 1e6)
    assert outcome(client, *fields) == expected
    cluster.event_where(
        lambda event: event.outcome == Code.PERMISSION_DENIED and event.cause == "policy" and event.count == 1,
        "the denied item of this very call",
        from_unix_us=since,
        actor=READER,
        operations=[audit_pb2.ENCRYPT],
    )
