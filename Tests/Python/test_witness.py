"""A witness is the memory that whoever owns the log's database cannot reach."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from cluster import ROOT, Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2
from test_audit_tree import published, vkey
from witness import NAME, Witness


class WitnessedCluster(Cluster):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.witness = Witness(lambda: vkey(self))
        self.compose = folder / "compose"
        shutil.copytree(ROOT / "compose", self.compose, ignore=shutil.ignore_patterns("state"))
        template = self.compose / "config" / "audit-service.yaml"
        entry = f'  witnesses: [{{key: "{self.witness.vkey}", url: "{self.witness.url}"}}]\n'
        template.write_text(template.read_text().replace("  signing-key:", entry + "  signing-key:"))

    def close(self) -> None:
        super().close()
        self.witness.close()

    def audit_status(self) -> audit_pb2.AuditStatusResponse:
        return self.channel("audit", "auditor").call("Status", audit_pb2.AuditStatusRequest(), audit_pb2.AuditStatusResponse)

    def cut_log(self, below: int) -> int:
        """What an owner of the database can do: back to an append before this size. Answers the size that is left."""
        with self.database("fieldseal_audit") as database:
            row = database.execute("SELECT max(size) FROM audit_tree_heads WHERE size < %s", (below,)).fetchone()
            assert row is not None
            size = int(row[0])
            database.execute("SET LOCAL session_replication_role = replica")
            for table, column in (
                ("events", "position"),
                ("blocks", "position"),
                ("tree_heads", "size"),
                ("checkpoints", "size"),
                ("cosignatures", "size"),
            ):
                database.execute(f"DELETE FROM audit_{table} WHERE {column} > %s", (size,))
        return size


def test_a_log_that_was_cut_is_refused(tmp_path: Path) -> None:
    cluster = WitnessedCluster(tmp_path)
    try:
        cluster.start()
        cluster.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
        auditor = cluster.channel("audit", "auditor")
        checkpoint = published(cluster, auditor, 5)
        note = auditor.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse).note.decode()
        assert f"\u2014 {NAME} " in note
        assert cluster.witness.size >= checkpoint.size
        assert not cluster.audit_status().refused

        cluster.kill("audit-service")
        size = cluster.cut_log(checkpoint.size)
        log = cluster.state / "log" / "second-start.log"
        program = Path(cluster.environment["FIELDSEAL_BIN"]) / "audit-service"
        service = subprocess.Popen([program, "--config", cluster.configuration_file("audit-service")], stderr=log.open("wb"))
        try:
            eventually(lambda: "rolled-back" in log.read_text(), "the log is refused")
            cluster.run_tool("status", role="operator", expected=4)
            status = cluster.audit_status()
            assert status.refused and status.tree_size == size
            with cluster.database("fieldseal_audit") as database:
                assert database.execute("SELECT kind FROM audit_findings").fetchall() == [("rolled-back",)]
        finally:
            os.kill(service.pid, signal.SIGTERM)
            service.wait(60)
    finally:
        cluster.close()
