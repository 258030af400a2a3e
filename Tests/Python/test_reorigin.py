"""The log's database is lost and an old copy restored: a new log takes the old one's place, and misses nothing of the last day."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from test_verify import key, tool, verify

OLD, NEW = "fieldseal.local/audit-log", "fieldseal.local/second-log"
SERVERS = ("key-management-service", "encryption-service", "audit-service")
DATABASE = "fieldseal_audit"


def encrypt(cluster: Cluster, numbers: range) -> None:
    client = cluster.client()
    for number in numbers:
        client.encrypt([Value("users.email", b"ada@example.org", record=number)])


def encrypted(cluster: Cluster) -> int:
    events = cluster.events(operations=[audit_pb2.ENCRYPT])
    return sum(event.event.count for event in events if "backend" in event.event.actor and event.event.outcome == 0)


def reorigin(cluster: Cluster, reason: str, *more: str) -> subprocess.CompletedProcess[str]:
    program = Path(cluster.environment["FIELDSEAL_BIN"]) / "audit-service"
    command = [program, "--config", cluster.configuration_file("audit-service"), "--reorigin", reason, *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=cluster.environment)


def replace(cluster: Cluster, server: str, changes: dict[str, str]) -> None:
    file = cluster.configuration_file(server)
    text = file.read_text()
    for old, new in changes.items():
        text = text.replace(old, new)
    file.write_text(text)


def test_a_new_log_takes_the_place_of_a_lost_one(own_cluster: Cluster, tmp_path: Path) -> None:
    cluster = own_cluster
    encrypt(cluster, range(20))
    eventually(lambda: encrypted(cluster) == 20, "the log has them")

    # A copy of the database, as a backup would be.
    cluster.stop("audit-service")
    with cluster.database() as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE fieldseal_copy TEMPLATE {DATABASE}")
        owner = connection.execute("SELECT datdba::regrole::text FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
    cluster.spawn("audit-service")

    # The log goes on; a producer ends an epoch, begins another, and trims what is published.
    encrypt(cluster, range(20, 30))
    cluster.stop("encryption-service")
    cluster.spawn("encryption-service")
    encrypt(cluster, range(30, 40))
    eventually(lambda: list((cluster.state / "spool" / "encryption-service").glob("*.kept")), "a segment is trimmed")
    eventually(lambda: encrypted(cluster) == 40, "the log has them")
    # The database is lost; the copy takes its place.
    cluster.kill("audit-service")
    assert owner is not None
    with cluster.database() as connection:
        connection.autocommit = True
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        connection.execute(f"ALTER DATABASE fieldseal_copy RENAME TO {DATABASE}")
        connection.execute(f"ALTER DATABASE {DATABASE} OWNER TO {owner[0]}")
    cluster.spawn("audit-service")
    eventually(lambda: cluster.audit_status().refused, "the copy is refused")
    cluster.kill("audit-service")
    same = reorigin(cluster, "restored")
    assert same.returncode == 65 and "already" in same.stderr

    # A new log, with a key of its own, told to all.
    signing = tmp_path / "second.key"
    made = subprocess.run([cluster.tool, "audit", "make-key", "--origin", NEW, str(signing)], capture_output=True, text=True, check=True)
    vkey = made.stdout.strip()
    old_vkey = (cluster.state / "audit-log.vkey").read_text().strip()
    audit = cluster.configuration_file("audit-service").read_text()
    old_signing = next(line.split(":", 1)[1].strip() for line in audit.splitlines() if line.strip().startswith("signing-key:"))
    for server in SERVERS:
        if server != "audit-service":
            cluster.stop(server)
        replace(cluster, server, {old_vkey: vkey, f"origin: {OLD}": f"origin: {NEW}", old_signing: str(signing)})
    os.chmod(tmp_path, 0o755)
    seen = [cluster.state / "spool" / server / "checkpoint" for server in SERVERS]
    last = max(seen, key=lambda file: int(file.read_text().split("\n")[1]))
    known = int(last.read_text().split("\n")[1])
    began = reorigin(cluster, "restored from last night's copy", "--last-checkpoint", str(last))
    assert began.returncode == 0, began.stderr
    assert NEW in began.stdout and OLD in began.stdout and "audit_before_1" in began.stdout
    second = cluster.state / "second.vkey"
    second.write_text(vkey + "\n")
    cluster.extend("witness", "--log-key", str(second))
    for server in reversed(SERVERS):
        cluster.spawn(server)

    # Whatever was done in the last day is in the new log, once.
    eventually(lambda: encrypted(cluster) >= 40, "producers send again what they have")
    encrypt(cluster, range(40, 45))
    eventually(lambda: encrypted(cluster) == 45, "the log goes on")
    assert not cluster.audit_status().refused

    def verified(log_key: str) -> dict[str, Any]:
        (cluster.state / "audit-log.vkey").write_text(log_key + "\n")
        return verify(cluster)

    report = eventually(lambda: (found := verified(vkey))["events"] > 45 and found, "a checkpoint of it all")
    assert report["verified"] and report["origin"] == NEW
    replaced = report["takes-the-place-of"]
    assert replaced["origin"] == OLD and replaced["reason"] == "restored from last night's copy"
    assert replaced["size"] == known > replaced["database-size"], "more was known than the copy held"
    assert "lost" not in " ".join(finding.kind for finding in cluster.audit_status().findings)
    assert OLD in tool(cluster, "verify", *key(cluster)).stdout
    other = verified(old_vkey)
    assert not other["verified"], "who knows the old log's key believes no other"
    (cluster.state / "audit-log.vkey").write_text(vkey + "\n")

    # Spools empty themselves as before.
    def is_published() -> bool:
        status = cluster.audit_status()
        return status.published_size == status.tree_size

    eventually(is_published, "all is published")
    assert reorigin(cluster, "again").returncode == 65
    with cluster.database(DATABASE) as connection:
        row = connection.execute("SELECT count(*) FROM audit_before_1.audit_blocks").fetchone()
        assert row is not None and row[0] == replaced["database-size"]
