"""What a complete log would not show: found by the audit service, shown to the auditor and signed off by him."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2

ENCRYPTION = "spiffe://fieldseal.local/service/encryption"


@pytest.fixture(scope="module")
def cut() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def findings(cluster: Cluster, *arguments: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(cluster.run_tool("audit", "findings", "--json", *arguments, role="auditor"))
    return shown


def epochs(cluster: Cluster) -> list[bytes]:
    stored = cluster.events(operations=[audit_pb2.ENCRYPT])
    return list(dict.fromkeys(event.epoch for event in stored if event.producer == ENCRYPTION))


def test_an_epoch_that_nobody_closed_is_found_and_signed_off(cut: Cluster) -> None:
    client = cut.client()
    client.encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: len(epochs(cut)) == 1, "the first epoch stands in the log")
    cut.kill("encryption-service")
    cut.spawn("encryption-service")
    client.encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: len(epochs(cut)) == 2, "the epoch after it stands in the log")
    # It looks when it starts.
    cut.kill("audit-service")
    cut.spawn("audit-service")
    eventually(lambda: subprocess.run([cut.tool, "status", "--health", "--config", str(cut.configuration_file("auditor"))], capture_output=True).returncode == 0, "it is back")
    found = eventually(lambda: findings(cut), "the open epoch is found")
    opened = [finding for finding in found if finding["producer"] == ENCRYPTION]
    assert [(finding["kind"], finding["epoch"]) for finding in opened] == [("open-epoch", epochs(cut)[0].hex())]

    name = [opened[0]["kind"], opened[0]["producer"], opened[0]["epoch"], str(opened[0]["block"])]
    cut.run_tool("audit", "review", *name, "--note", "The host lost power on the 3rd.", role="auditor")
    assert [finding for finding in findings(cut) if finding["producer"] == ENCRYPTION] == []
    (reviewed,) = [finding for finding in findings(cut, "--all") if finding["producer"] == ENCRYPTION]
    assert reviewed["note"] == "The host lost power on the 3rd." and "auditor" in reviewed["reviewer"]
    cut.run_tool("audit", "review", *name, "--note", "Another word.", role="auditor")
    (again,) = [finding for finding in findings(cut, "--all") if finding["producer"] == ENCRYPTION]
    assert again == reviewed, "the first review stays"


def test_a_finding_that_nobody_made_cannot_be_signed_off(cut: Cluster) -> None:
    name = ["gap", ENCRYPTION, "00" * 16, "7"]
    assert "finding" in cut.run_tool("audit", "review", *name, "--note", "Nothing to see.", role="auditor", expected=1)
