"""What auditors ask the log by the command line tool, on real servers."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterator

import pytest
from cluster import Cluster
from fieldseal import Value, raise_for
from fieldseal.v1 import audit_pb2

FIELD = "users.email"


@pytest.fixture(scope="module")
def audited() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        (sealed,) = raise_for(cluster.client().encrypt([Value(FIELD, b"ada@example.org", record=1)]))
        raise_for(cluster.client().decrypt([Value(FIELD, sealed.ciphertext, record=1)]))
        cluster.client().decrypt([Value(FIELD, sealed.ciphertext, record=2)])
        cluster.run_tool("keys", "rotate", FIELD, role="second-operator", expected=3)
        cluster.event_where(lambda event: event.outcome != 0, "the failed decrypt", operations=[audit_pb2.DECRYPT])
        cluster.event_where(lambda event: event.outcome == 7, "the denial", operations=[audit_pb2.ROTATE_KEY])
        yield cluster
    finally:
        cluster.close()


def test_csv_and_cursors_give_each_event_once(audited: Cluster) -> None:
    whole = audited.run_tool("audit", "query", "--limit", "0", "--until", "1s", "--csv", "--time-zone", "Europe/Berlin", role="auditor")
    rows = list(csv.DictReader(io.StringIO(whole)))
    uses = [row for row in rows if row["field"] == "email" and row["operation"] == "decrypt"]
    assert {row["outcome"] for row in uses} == {"success", "invalid-argument"}
    assert all(row["first"][-6:] in {"+01:00", "+02:00"} for row in rows)
    found: list[int] = []
    arguments = ["audit", "query", "--oldest", "--limit", "3", "--json"]
    cursor: list[str] = []
    while len(found) < len(rows):
        page = json.loads(audited.run_tool(*arguments, *cursor, role="auditor"))
        found += [event["index"] for event in page["events"]]
        cursor = ["--cursor", page["cursor"]]
    assert found[: len(rows)] == [int(row["index"]) for row in rows]


def test_a_report_shows_use_failures_and_denials(audited: Cluster) -> None:
    markdown = audited.run_tool("audit", "report", "--from", "1h", role="auditor")
    assert f"| {FIELD} | spiffe://fieldseal.local/backend/demo | decrypt | 1 | 1 |" in markdown
    assert "| spiffe://fieldseal.local/operator/second | rotate-key | - | 1 |" in markdown
    assert "apply-catalog" in markdown and "The newest published checkpoint of fieldseal.local/audit-log" in markdown
    html = audited.run_tool("audit", "report", "--from", "1h", "--format", "html", role="auditor")
    assert html.startswith("<!DOCTYPE html>") and f"<td>{FIELD}</td>" in html and "ada@example.org" not in html


def test_reconcile_agrees_until_rows_are_missing(audited: Cluster) -> None:
    reconciled = json.loads(audited.run_tool("audit", "reconcile", "--json", role="operator"))
    assert reconciled["differences"] == 0 and not reconciled["unanswered"]
    running = [epoch for epoch in reconciled["epochs"] if epoch["state"] == "runs"]
    assert sorted(epoch["producer"].rsplit("/", 1)[1] for epoch in running) == ["audit", "encryption", "key-management"]

    with audited.database("fieldseal_audit") as database:
        database.execute("SET LOCAL session_replication_role = replica")
        database.execute("DELETE FROM audit_events WHERE operation = %s AND outcome <> 0", (audit_pb2.DECRYPT,))
    differing = subprocess.run(
        [audited.tool, "audit", "reconcile", "--config", str(audited.configuration_file("operator"))],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert differing.returncode == 1 and "events are missing" in differing.stdout
