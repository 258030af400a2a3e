"""A server that knows the log's key trims what the log has proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value
from test_audit_tree import vkey


@pytest.fixture(scope="module")
def verifying() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        cluster.local("down")
        cluster.environment["FIELDSEAL_AUDIT_LOG_KEY"] = vkey(cluster)
        cluster.local("up")
        yield cluster
    finally:
        cluster.close()


def spool(cluster: Cluster) -> dict[str, Any]:
    reports = json.loads(cluster.run_tool("status", "--json", role="operator"))
    return next(report["details"] for report in reports if report["service"] == "encryption")


def test_what_is_proven_is_trimmed_and_kept(verifying: Cluster) -> None:
    folder = verifying.state / "spool" / "encryption-service"
    verifying.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: (folder / "checkpoint").exists(), "a checkpoint is verified")
    # The segment of the epoch before.
    eventually(lambda: list(folder.glob("*.kept")), "a segment is trimmed")
    assert len(list(folder.glob("*.blocks"))) == 1
    details = spool(verifying)
    assert details["log-verified"] is True and details["spool-accepting"] is True
    assert details["spool-mode"] == "strict" and details["spool-dropped"] == 0
    assert "log-distrusted" not in details
