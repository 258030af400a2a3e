"""The rules of the policy file over the log, on real servers, to a webhook."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cluster import ROOT, Cluster, eventually
from fieldseal import FieldsealError, Value, raise_for
from fieldseal.v1 import audit_pb2
from webhook import WebhookReceiver

BACKEND = "spiffe://fieldseal.local/backend/demo"


class WatchedCluster(Cluster):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.receiver = WebhookReceiver()
        self.receiver.write_secret(self.state / "webhook-secret")
        self.compose = folder / "compose"
        shutil.copytree(ROOT / "compose", self.compose, ignore=shutil.ignore_patterns("state"))
        template = self.compose / "config" / "audit-service.yaml"
        destination = f"{{name: duty, kind: webhook, url: '{self.receiver.url}', secret-file: ../webhook-secret}}"
        template.write_text(template.read_text() + f"alerts:\n  destinations: [{destination}]\n")

    def set_rules(self, **rules: Any) -> None:
        path = self.configuration_file("policy")
        document = yaml.safe_load(path.read_text())
        document["security-alerts"] = {name.replace("_", "-"): rule for name, rule in rules.items()}
        path.write_text(yaml.safe_dump(document))

    def reload(self) -> None:
        os.kill(self.process("audit-service"), signal.SIGHUP)

    def close(self) -> None:
        super().close()
        self.receiver.close()

    def forge(self, field: str, sealed: bytes, count: int) -> None:
        damaged = sealed[:-1] + bytes([sealed[-1] ^ 1])
        results = self.client().decrypt([Value(field, damaged, record=1)] * count)
        assert all(isinstance(result, FieldsealError) for result in results)

    def alert(self, kind: str, test: Callable[[dict[str, Any]], bool] = lambda alert: True) -> dict[str, Any]:
        return eventually(
            lambda: next((alert for alert in self.receiver.of_kind(kind) if test(alert)), None),
            f"an alert: {kind}",
            patience=120,  # Open epochs are looked for every minute.
        )


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedCluster]:
    cluster = WatchedCluster(tmp_path_factory.mktemp("watched"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def test_rules_are_read_again_and_bad_ones_change_nothing(watched: WatchedCluster) -> None:
    (sealed,) = raise_for(watched.client().encrypt([Value("users.email", b"ada@example.org", record=1)]))
    watched.set_rules(failed_decrypts={"count": 0})
    policy = str(watched.configuration_file("policy"))
    checked = subprocess.run([watched.tool, "policy", "check", policy], capture_output=True, text=True)
    assert checked.returncode != 0 and "security-alerts.failed-decrypts.count" in checked.stderr
    watched.reload()
    watched.event_where(lambda event: event.operation == audit_pb2.POLICY_RELOAD and event.outcome != 0, "the refused rules")

    watched.set_rules(
        failed_decrypts={"count": 5, "minutes": 1}, first_seen_actor={"fields": ["agents.*"], "learn-hours": 0},
    )
    watched.reload()
    watched.event_where(
        lambda event: event.operation == audit_pb2.POLICY_RELOAD and event.outcome == 0 and event.object == "policy",
        "the rules",
        actor="spiffe://fieldseal.local/service/audit",
    )
    watched.forge("users.email", sealed.ciphertext, 4)
    watched.forge("users.email", sealed.ciphertext, 1)
    burst = watched.alert("failed-decrypts")
    assert burst["object"] == BACKEND and burst["severity"] == "critical"
    assert burst["source"] == "spiffe://fieldseal.local/service/audit"
    assert "5 values within 1 minutes" in burst["text"] and "users.email" in burst["text"]
    assert b"ada@example.org".decode() not in burst["text"]

    (listed,) = json.loads(watched.run_tool("audit", "alerts", "--json", role="auditor"))
    assert (listed["kind"], listed["object"], listed["text"]) == ("failed-decrypts", BACKEND, burst["text"])

    raise_for(watched.client().encrypt([Value("agents.config", b"{}", record=1)]))
    assert watched.alert("first-seen-actor")["object"] == f"agents.config {BACKEND}"


def test_denied_administration_and_revoked_keys_are_told(watched: WatchedCluster) -> None:
    field = "metrics.tags"
    watched.run_tool("keys", "rotate", field, role="second-operator", expected=3)
    denied = watched.alert("denied-administration")
    assert denied["object"].endswith("/operator/second") and "rotate-key" in denied["text"]

    (sealed,) = raise_for(watched.client().encrypt([Value(field, b"x", record=1)]))
    version = sealed.ciphertext[3:11].hex()
    watched.run_tool("keys", "rotate", field, role="operator")
    watched.run_tool("keys", "retire", field, version, role="operator")

    def refused() -> bool:
        (result,) = watched.client().decrypt([Value(field, sealed.ciphertext, record=1)])
        return isinstance(result, FieldsealError)

    eventually(refused, "a retired version opens nothing")
    assert "(retired)" in watched.alert("revoked-key-used", lambda alert: alert["object"] == BACKEND)["text"]
    watched.run_tool("audit", "alerts", role="migration", expected=3)
    watched.event_where(lambda event: event.operation == audit_pb2.LIST_ALERTS and event.outcome != 0, "the denial")


def test_a_producer_that_dies_leaves_a_gap_which_is_told_once_over_a_restart(watched: WatchedCluster) -> None:
    raise_for(watched.client().encrypt([Value("users.email", b"x", record=1)]))
    watched.kill("encryption-service")
    watched.local("up")
    producer = "spiffe://fieldseal.local/service/encryption"
    gap = watched.alert("log-gap", lambda alert: alert["object"] == f"open-epoch {producer}")
    assert gap["severity"] == "warning"
    watched.kill("audit-service")
    watched.local("up")
    raise_for(watched.client().encrypt([Value("users.email", b"x", record=1)]))
    place = watched.database("fieldseal_audit")
    last = place.execute("SELECT max(index) FROM audit_events").fetchone()
    eventually(lambda: place.execute("SELECT last_event >= %s FROM audit_watch", last).fetchone() == (True,), "it is judged")
    assert len(watched.receiver.of_kind("log-gap")) == len({alert["object"] for alert in watched.receiver.of_kind("log-gap")})
    assert len(watched.receiver.of_kind("first-seen-actor")) == 1
