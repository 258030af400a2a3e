"""`fieldseal audit verify` against a log that somebody with the database in his hands has touched."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value

SERVERS = ["encryption", "key-management", "audit"]


@pytest.fixture(scope="module")
def touched() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.start()
        for number in range(30):
            cluster.client().encrypt([Value("users.email", b"ada@example.org", record=number)])
        eventually(lambda: verify(cluster)["size"] >= 20, "a log with leaves to touch")
        yield cluster
    finally:
        cluster.close()


def tool(cluster: Cluster, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [cluster.tool, "audit", *arguments, "--config", str(cluster.configuration_file("auditor"))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def key(cluster: Cluster) -> list[str]:
    return ["--log-key", str(cluster.state / "audit-log.vkey"), "--witness", str(cluster.state / "witness.vkey")]


def verify(cluster: Cluster, *arguments: str) -> dict[str, Any]:
    result = tool(cluster, "verify", "--json", *key(cluster), *arguments)
    assert result.returncode in (0, 1), result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["verified"] == (result.returncode == 0)
    return report


def change(cluster: Cluster, *statements: str) -> None:
    """As a superuser to whom triggers are no hindrance."""
    with cluster.database("fieldseal_audit") as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


def test_an_honest_log_is_verified_and_remembered(touched: Cluster, tmp_path: Path) -> None:
    memory = str(tmp_path / "memory")
    producers = [option for server in SERVERS for option in ("--producer", f"spiffe://fieldseal.local/service/{server}")]
    first = verify(touched, "--memory", memory, *producers)
    assert first["verified"] and first["events"] > 20 and first["origin"] == "fieldseal.local/audit-log"
    touched.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: verify(touched)["size"] > first["size"], "the log grows")
    second = verify(touched, "--memory", memory, "--new-only", *producers)
    assert second["verified"] and second["size"] > first["size"] and second["events"] < verify(touched)["events"]
    found = verify(touched, *producers[:-2])
    assert {finding["kind"] for finding in found["findings"]} == {"unknown-producer"} and found["first-bad-leaf"] is not None


def test_an_export_proves_itself(touched: Cluster, tmp_path: Path) -> None:
    bundle, memory = tmp_path / "bundle", str(tmp_path / "memory")
    assert tool(touched, "export", str(bundle)).returncode == 0
    report = verify(touched, "--bundle", str(bundle))
    assert report["verified"] and report["size"] > 20
    lines = bundle.read_text().splitlines()

    leaf = json.loads(lines[8])
    edited = leaf["leaf"][:100] + ("A" if leaf["leaf"][100] != "A" else "B") + leaf["leaf"][101:]
    bundle.write_text("\n".join([*lines[:8], json.dumps({**leaf, "leaf": edited}), *lines[9:]]) + "\n")
    assert verify(touched, "--bundle", str(bundle))["first-bad-leaf"] == 7

    header = json.loads(lines[0])
    origin, size, root, *rest = header["checkpoint"].split("\n")
    forged = "\n".join([origin, size, ("A" if root[0] != "A" else "B") + root[1:], *rest])
    bundle.write_text("\n".join([json.dumps({**header, "checkpoint": forged}), *lines[1:]]) + "\n")
    kinds = {finding["kind"] for finding in verify(touched, "--bundle", str(bundle))["findings"]}
    assert kinds == {"checkpoint", "root"}

    # An old copy of the log, to somebody who has seen a newer one.
    bundle.write_text("\n".join(lines) + "\n")
    eventually(lambda: verify(touched, "--memory", memory)["size"] > report["size"], "the log grows")
    old = verify(touched, "--bundle", str(bundle), "--memory", memory)
    assert [finding["kind"] for finding in old["findings"]] == ["rolled-back"]
    assert tool(touched, "verify", "--bundle", str(bundle)).returncode == 2, "nobody vouches for the log"


def test_an_event_is_proved_to_others(touched: Cluster, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    assert tool(touched, "prove", "5", str(proof), *key(touched)).returncode == 0
    check = [touched.tool, "audit", "check-proof", str(proof), *key(touched)]
    held = subprocess.run(check, capture_output=True, text=True, timeout=30)
    assert held.returncode == 0 and "fieldseal.local/audit-log: leaf " in held.stdout
    text = proof.read_text()
    line = text.index("\n", text.index("index ")) + 1
    proof.write_text(text[:line] + ("A" if text[line] != "A" else "B") + text[line + 1 :])
    refused = subprocess.run(check, capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1 and "does not hold" in refused.stderr


@pytest.mark.parametrize(
    ("name", "statements", "undo"),
    [
        (
            "an edited column",
            ["CREATE TABLE kept AS SELECT * FROM audit_events WHERE index = 9", "UPDATE audit_events SET actor = 'x' WHERE index = 9"],
            ["UPDATE audit_events SET actor = kept.actor FROM kept WHERE audit_events.index = 9", "DROP TABLE kept"],
        ),
        (
            "a deleted row",
            ["CREATE TABLE kept AS SELECT * FROM audit_events WHERE index = 9", "DELETE FROM audit_events WHERE index = 9"],
            ["INSERT INTO audit_events SELECT * FROM kept", "DROP TABLE kept"],
        ),
        (
            "two swapped rows",
            [f"UPDATE audit_events SET index = {new} WHERE index = {old}" for old, new in [(9, -9), (12, 9), (-9, 12)]],
            [f"UPDATE audit_events SET index = {new} WHERE index = {old}" for old, new in [(9, -9), (12, 9), (-9, 12)]],
        ),
        (
            "an edited leaf",
            [
                "CREATE TABLE kept AS SELECT * FROM audit_blocks WHERE position = (SELECT position FROM audit_events WHERE index = 9)",
                "UPDATE audit_blocks SET block = set_byte(block, 90, (get_byte(block, 90) + 1) % 256)"
                " WHERE position = (SELECT position FROM kept)",
            ],
            ["UPDATE audit_blocks SET block = kept.block FROM kept WHERE audit_blocks.position = kept.position", "DROP TABLE kept"],
        ),
    ],
)
def test_what_was_touched_is_named(touched: Cluster, name: str, statements: list[str], undo: list[str]) -> None:
    with touched.database("fieldseal_audit") as connection:
        row = connection.execute("SELECT position - 1 FROM audit_events WHERE index = 9").fetchone()
    assert row is not None
    change(touched, "ALTER TABLE audit_events DROP CONSTRAINT audit_events_index_check", *statements)
    try:
        report = verify(touched)
        assert report["first-bad-leaf"] == row[0], (name, report)
        if "leaf" not in name:
            assert 9 in [finding["event"] for finding in report["findings"]], (name, report)
    finally:
        change(touched, *undo, "ALTER TABLE audit_events ADD CONSTRAINT audit_events_index_check CHECK (index > 0)")
    assert verify(touched)["verified"], name


def test_a_truncated_tail_is_named(touched: Cluster) -> None:
    size = verify(touched)["size"]
    change(
        touched,
        f"DELETE FROM audit_events WHERE position > {size - 3}",
        f"DELETE FROM audit_blocks WHERE position > {size - 3}",
    )
    report = verify(touched)
    assert report["first-bad-leaf"] == size - 3 and report["findings"][0]["kind"] == "missing"
