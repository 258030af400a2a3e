"""A month of the log goes into a bundle, which anybody can verify; the log goes on behind it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from test_audit_tree import vkey
from test_verify import key, tool, verify
from tlog import Checkpoint, check_consistency, leaf_hash, root

OLD = 202501
ARCHIVED = 200
"""Leaves that are put into the old month; below 256, those of a tile that is complete."""


@pytest.fixture(scope="module")
def aged(own_cluster: Cluster) -> Cluster:
    """A cluster whose log has more leaves than a tile."""
    client = own_cluster.client()
    for number in range(280):
        client.encrypt([Value("users.email", b"ada@example.org", record=number)])
    eventually(lambda: verify(own_cluster)["size"] > 280, "a log of more than one tile")
    return own_cluster


def age(cluster: Cluster) -> None:
    """Puts the first blocks into a month that is long over. The rows stay what they are."""
    with cluster.database("fieldseal_audit") as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute("SELECT min(month) FROM audit_months").fetchone()
        assert row is not None
        current = row[0]
        behind = current + 1 if current % 100 < 12 else current + 89
        connection.execute("INSERT INTO audit_months VALUES (%s)", (OLD,))
        for parent in ("audit_events", "audit_blocks"):
            owner = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = %s", (parent,)).fetchone()
            assert owner is not None
            first, old = f"{parent}_{current}", f"{parent}_{OLD}"
            connection.execute(f"ALTER TABLE {parent} DETACH PARTITION {first}")
            connection.execute(f"CREATE TABLE {old} (LIKE {parent} INCLUDING CONSTRAINTS INCLUDING STORAGE)")
            connection.execute(f"ALTER TABLE {old} OWNER TO {owner[0]}")
            connection.execute(f"INSERT INTO {old} SELECT * FROM {first} WHERE position <= {ARCHIVED}")
            connection.execute(f"UPDATE {old} SET month = {OLD}")
            connection.execute(f"DELETE FROM {first} WHERE position <= {ARCHIVED}")
            connection.execute(f"ALTER TABLE {parent} ATTACH PARTITION {old} FOR VALUES FROM (MINVALUE) TO ({OLD + 1})")
            connection.execute(f"ALTER TABLE {parent} ATTACH PARTITION {first} FOR VALUES FROM ({OLD + 1}) TO ({behind})")


def hashes_of(bundle: list[str]) -> list[bytes]:
    leaves = [json.loads(line) for line in bundle[1:]]
    assert [leaf["index"] for leaf in leaves] == list(range(len(leaves)))
    return [leaf_hash(base64.b64decode(leaf["leaf"])) for leaf in leaves]


def test_a_month_is_archived_and_the_log_goes_on(aged: Cluster, tmp_path: Path) -> None:
    whole = verify(aged)
    memory = str(tmp_path / "memory")
    aged.run_tool("audit", "hold", "place", "case-7", "--from", "2025-01", "--through", "2025-01", "--reason", "a lawsuit", role="auditor")
    assert "case-7" in aged.run_tool("audit", "hold", "list", role="auditor")
    assert aged.run_tool("audit", "archives", role="auditor").strip() == "Nothing is archived."
    folder = aged.state / "archive"
    folder.mkdir()
    folder.chmod(0o777)

    aged.kill("audit-service")
    age(aged)
    file = aged.configuration_file("audit-service")
    file.write_text(file.read_text() + f"\nretention:\n  months: 12\n  archive: {folder}\n")
    aged.spawn("audit-service")
    eventually(lambda: aged.audit_status().published_size, "the audit service serves")
    small = verify(aged, "--memory", memory)
    assert small["verified"] and small["first"] == 0 and not list(folder.iterdir()), "the month is held"
    aged.run_tool("audit", "hold", "release", "case-7", "--reason", "settled", role="auditor")
    aged.kill("audit-service")
    aged.spawn("audit-service")

    archives = eventually(lambda: aged.audit_status().archives, "the month is archived", patience=150)
    assert [(archive.month, archive.first, archive.end) for archive in archives] == [("2025-01", 0, ARCHIVED)]
    path = folder / archives[0].bundle
    assert hashlib.sha256(path.read_bytes()).digest() == archives[0].digest
    assert path.stat().st_mode & 0o777 == 0o600

    # The bundle by itself, as somebody reads it who knows AUDITLOG.md alone.
    lines = path.read_text().splitlines()
    header = json.loads(lines[0])
    checkpoint = Checkpoint.verified(header["checkpoint"].encode(), vkey(aged))
    hashes = hashes_of(lines)
    assert len(hashes) == ARCHIVED and "first" not in header
    proof = [base64.b64decode(part) for part in header["consistency"]]
    check_consistency(ARCHIVED, root(hashes), checkpoint.size, checkpoint.root, proof)

    # The same by the tool; then what is left, all of it, and all of it to somebody who knew the log before.
    assert verify(aged, "--bundle", str(path))["verified"]

    def at_one_size() -> tuple[dict[str, Any], dict[str, Any]] | None:
        # Servers write on meanwhile.
        rest, both = verify(aged), verify(aged, "--archive", str(path), "--memory", memory)
        return (rest, both) if rest["size"] == both["size"] else None

    rest, both = eventually(at_one_size, "two verifications of one checkpoint")
    assert rest["verified"] and rest["first"] == ARCHIVED
    assert both["verified"] and both["first"] == 0 and both["events"] >= whole["events"]
    assert both["events"] == rest["events"] + archives[0].last_event
    assert verify(aged, "--memory", memory)["verified"]

    # What is archived is said to be.
    assert "archived" in tool(aged, "query", "--limit", "0").stderr
    refused = tool(aged, "prove", "5", str(tmp_path / "proof"), *key(aged))
    assert refused.returncode != 0 and "archived" in refused.stderr
    done = aged.events(operations=[audit_pb2.ARCHIVE_AUDIT])
    assert [(event.event.object, event.event.cause) for event in done] == [("2025-01", "intent"), ("2025-01", "")]

    # Producers go on with their epochs, and exports begin where the archive ends.
    before = aged.audit_status().events
    aged.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    eventually(lambda: aged.audit_status().events > before, "the log grows")
    kinds = {(finding.kind, finding.producer) for finding in aged.audit_status().findings}
    assert kinds <= {("open-epoch", "spiffe://fieldseal.local/service/audit")}, "the service was killed, nothing else"
    export = tmp_path / "export"
    assert tool(aged, "export", str(export)).returncode == 0
    joined = verify(aged, "--bundle", str(path), "--bundle", str(export))
    assert joined["verified"] and joined["first"] == 0 and joined["size"] > ARCHIVED
    alone = verify(aged, "--bundle", str(export))
    assert alone["verified"] and alone["first"] == ARCHIVED
    swapped = verify(aged, "--bundle", str(export), "--bundle", str(path))
    assert not swapped["verified"]

    # A touched bundle.
    leaf = json.loads(lines[8])
    edited = leaf["leaf"][:100] + ("A" if leaf["leaf"][100] != "A" else "B") + leaf["leaf"][101:]
    touched = tmp_path / "touched"
    touched.write_text("\n".join([*lines[:8], json.dumps({**leaf, "leaf": edited}), *lines[9:]]) + "\n")
    assert verify(aged, "--archive", str(touched))["first-bad-leaf"] == 7
    touched.write_text("\n".join(lines[:-1]) + "\n")
    assert not verify(aged, "--bundle", str(touched))["verified"]
    assert not verify(aged, "--archive", str(touched))["verified"]
