"""What a complete log would not show: found by the audit service, shown to the auditor and signed off by him."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2

ENCRYPTION = "spiffe://fieldseal.local/service/encryption"


def findings(cluster: Cluster, *arguments: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(cluster.run_tool("audit", "findings", "--json", *arguments, role="auditor"))
    return shown


def serves(cluster: Cluster) -> bool:
    command = [cluster.tool, "status", "--health", "--config", str(cluster.configuration_file("auditor"))]
    return subprocess.run(command, capture_output=True, timeout=60).returncode == 0


def epochs(cluster: Cluster) -> list[bytes]:
    stored = cluster.events(operations=[audit_pb2.ENCRYPT])
    return list(dict.fromkeys(event.epoch for event in stored if event.producer == ENCRYPTION))


def test_an_epoch_that_nobody_closed_is_found_and_signed_off(own_cluster: Cluster) -> None:
    client = own_cluster.client()
    client.encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: len(epochs(own_cluster)) == 1, "the first epoch stands in the log")
    own_cluster.kill("encryption-service")
    own_cluster.spawn("encryption-service")
    client.encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: len(epochs(own_cluster)) == 2, "the epoch after it stands in the log")
    # It looks when it starts.
    own_cluster.kill("audit-service")
    own_cluster.spawn("audit-service")
    eventually(lambda: serves(own_cluster), "it is back")
    found = eventually(lambda: findings(own_cluster), "the open epoch is found")
    opened = [finding for finding in found if finding["producer"] == ENCRYPTION]
    assert [(finding["kind"], finding["epoch"]) for finding in opened] == [("open-epoch", epochs(own_cluster)[0].hex())]

    name = [opened[0]["kind"], opened[0]["producer"], opened[0]["epoch"], str(opened[0]["block"])]
    own_cluster.run_tool("audit", "review", *name, "--note", "The host lost power on the 3rd.", role="auditor")
    assert [finding for finding in findings(own_cluster) if finding["producer"] == ENCRYPTION] == []
    (reviewed,) = [finding for finding in findings(own_cluster, "--all") if finding["producer"] == ENCRYPTION]
    assert reviewed["note"] == "The host lost power on the 3rd." and "auditor" in reviewed["reviewer"]
    own_cluster.run_tool("audit", "review", *name, "--note", "Another word.", role="auditor")
    (again,) = [finding for finding in findings(own_cluster, "--all") if finding["producer"] == ENCRYPTION]
    assert again == reviewed, "the first review stays"


def test_a_finding_that_nobody_made_cannot_be_signed_off(own_cluster: Cluster) -> None:
    name = ["gap", ENCRYPTION, "00" * 16, "7"]
    assert "finding" in own_cluster.run_tool("audit", "review", *name, "--note", "Nothing to see.", role="auditor", expected=1)
