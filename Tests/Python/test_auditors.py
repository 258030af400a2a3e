"""What auditors ask the log by the command line tool, on real servers."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from certificates import Authority
from cluster import Cluster
from fieldseal import Value, raise_for
from fieldseal.v1 import audit_pb2
from test_audit_tree import vkey

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
    whole = audited.run_tool("audit", "query", "--limit", "0", "--csv", "--time-zone", "Europe/Berlin", role="auditor")
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


def test_events_of_one_record_are_found_by_whoever_may(audited: Cluster) -> None:
    arguments = ["audit", "query", "--record", "int:1", "--field", FIELD, "--json"]
    events = json.loads(audited.run_tool(*arguments, role="auditor"))["events"]
    assert [event["operation"] for event in events if event["operation"] in {"encrypt", "decrypt"}] == ["encrypt", "decrypt"]
    other = json.loads(audited.run_tool(*[*arguments[:3], "int:2", *arguments[4:]], role="auditor"))["events"]
    assert {event["outcome"] for event in other if event["operation"] == "decrypt"} == {"invalid-argument"}
    audited.run_tool(*arguments, role="operator", expected=3)
    audited.event_where(lambda event: event.outcome == 7, "the denial", operations=[audit_pb2.HASH_RECORD])


def test_a_report_shows_use_failures_and_denials(audited: Cluster) -> None:
    markdown = audited.run_tool("audit", "report", "--from", "1h", role="auditor")
    assert f"| {FIELD} | spiffe://fieldseal.local/backend/demo | decrypt | 1 | 1 |" in markdown
    assert "| spiffe://fieldseal.local/operator/second | rotate-key | - | 1 |" in markdown
    assert "apply-catalog" in markdown and "The newest published checkpoint of fieldseal.local/audit-log" in markdown
    html = audited.run_tool("audit", "report", "--from", "1h", "--format", "html", role="auditor")
    assert html.startswith("<!DOCTYPE html>") and f"<td>{FIELD}</td>" in html and "ada@example.org" not in html


def test_an_auditor_of_some_fields_sees_no_others_and_every_query_is_told(audited: Cluster, tmp_path: Path) -> None:
    identity = "spiffe://fieldseal.local/auditor/users"
    certificates = audited.state / "certificates"
    files = Authority.load(certificates / "ca.pem", certificates / "ca.key").issue(tmp_path, [identity])
    configuration = yaml.safe_load(audited.configuration_file("auditor").read_text())
    configuration["tls"] |= {"certificate": files[0], "key": files[1], "ca": str(certificates / "ca.pem")}
    audited.configuration_file("restricted").write_text(yaml.safe_dump(configuration))
    policy = audited.configuration_file("policy")
    document = yaml.safe_load(policy.read_text())
    document["rules"] += [
        {"identity": identity, "operations": ["query-audit", "tail-audit"], "fields": ["users.*"]},
        {"identity": identity, "operations": ["read-leaves", "prove-audit", "read-checkpoint", "status"]},
    ]
    policy.write_text(yaml.safe_dump(document))
    os.kill(audited.process("audit-service"), signal.SIGHUP)
    audited.event_where(
        lambda event: event.operation == audit_pb2.POLICY_RELOAD and event.object == "policy", "the new policy"
    )
    raise_for(audited.client().encrypt([Value("agents.config", b"{}", record=1)]))
    audited.event_where(lambda event: event.field == "config", "another field", table="agents")

    answer = json.loads(audited.run_tool("audit", "query", "--limit", "0", "--json", role="restricted"))
    assert answer["restricted-to"] == ["users.*"]
    assert {event["table"] for event in answer["events"]} == {"users"}
    assert FIELD.split(".")[1] in {event.get("field") for event in answer["events"]}
    denied = json.loads(audited.run_tool("audit", "query", "--table", "agents", "--json", role="restricted"))
    assert denied["events"] == []
    report = audited.run_tool("audit", "report", "--from", "1h", role="restricted")
    assert "**Restricted to the fields**: users.\\*" in report and "agents" not in report and "apply-catalog" not in report
    index = str(answer["events"][0]["index"])
    audited.run_tool("audit", "prove", index, str(tmp_path / "proof"), "--log-key", vkey(audited), role="restricted", expected=3)
    audited.run_tool("audit", "export", str(tmp_path / "bundle"), role="restricted", expected=3)
    for operation in (audit_pb2.PROVE_AUDIT, audit_pb2.READ_LEAVES):
        audited.event_where(lambda event: event.cause == "field-restricted", "the denial", actor=identity, operations=[operation])
    audited.event_where(lambda event: event.object == "table=agents", "the query", actor=identity, operations=[audit_pb2.QUERY_AUDIT])


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
