"""A server that knows the keys of the log and its witness trims what the log has proven."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value


@pytest.fixture(scope="module")
def verifying() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        cluster.local("down")
        cluster.local("up")
        yield cluster
    finally:
        cluster.close()


def spools(cluster: Cluster) -> dict[str, dict[str, Any]]:
    reports = json.loads(cluster.run_tool("status", "--json", role="operator"))
    return {report["service"]: report["details"] for report in reports}


def test_what_is_proven_is_trimmed_and_kept(verifying: Cluster) -> None:
    verifying.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    for server in ("encryption-service", "key-management-service", "audit-service"):
        folder = verifying.state / "spool" / server
        eventually((folder / "checkpoint").exists, f"{server} verifies a checkpoint")
        # The segment of the epoch before.
        eventually(lambda: list(folder.glob("*.kept")), f"{server} trims a segment")  # noqa: B023
        assert len(list(folder.glob("*.blocks"))) == 1, server
    for service, details in spools(verifying).items():
        assert details["log-verified"] is True and details["spool-accepting"] is True, service
        assert details["spool-mode"] == "strict" and details["spool-dropped"] == 0, service
        assert "log-distrusted" not in details, service


def test_without_the_witness_nothing_is_published_and_work_goes_on(verifying: Cluster) -> None:
    def published() -> int:
        return int(spools(verifying)["audit"]["published-size"])

    verifying.kill("witness")
    # What it had cosigned before it went away.
    before = eventually(published, "a published checkpoint")
    client = verifying.client()
    grown = before + 5
    eventually(
        lambda: client.encrypt([Value("users.email", b"ada@example.org", record=2)]) and spools(verifying)["audit"]["tree-size"] > grown,
        "the log grows",
    )
    assert published() <= grown
    verifying.restart("witness")
    eventually(lambda: published() > grown, "the witness is asked again")
    assert "log-distrusted" not in spools(verifying)["encryption"]
