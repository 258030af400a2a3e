"""The command line tool against a real cluster: an operator's year, in a minute."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, eventually
from fieldseal import FieldsealError, Value, raise_for

FIELD = "knowledge.content"


class Operated(Cluster):
    """Keys are compromised and destroyed in it: nobody else uses it."""

    def start(self) -> None:
        super().start()
        self.backend = self.client()


@pytest.fixture(scope="module")
def own() -> Iterator[Operated]:
    cluster = Operated()
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()


def ask(cluster: Operated, *arguments: str, role: str = "operator", expected: int = 0) -> Any:
    result = subprocess.run(
        [cluster.tool, *arguments, "--json", "--config", str(cluster.configuration_file(role))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == expected, f"fieldseal {arguments}: {result.returncode} {result.stdout} {result.stderr}"
    return json.loads(result.stdout) if result.stdout else result.stderr


def seal(cluster: Operated, field: str, text: bytes) -> bytes:
    (value,) = raise_for(cluster.backend.encrypt([Value(field, text, record=1)], text=True))
    return value.ciphertext


def opened(cluster: Operated, field: str, ciphertext: bytes) -> bytes | FieldsealError:
    (result,) = cluster.backend.decrypt([Value(field, ciphertext, record=1)], text=True)
    return result


def active(cluster: Operated, name: str) -> str:
    return ask(cluster, "keys", "show", name)["key"]["version"]


def test_rotates_a_table_and_rolls_back(own: Operated) -> None:
    sealed = seal(own, FIELD, b"before")
    before = active(own, FIELD)
    preview = ask(own, "keys", "rotate", "--type", "fek", "--under", "knowledge", "--dry-run")
    assert preview["keys"][0]["result"]["version"] == before and active(own, FIELD) == before
    ask(own, "keys", "rotate", "--type", "fek", "--under", "knowledge")
    assert active(own, FIELD) != before
    newer = seal(own, FIELD, b"after")
    assert opened(own, FIELD, sealed) == b"before"
    ask(own, "keys", "rollback", FIELD)
    assert active(own, FIELD) == before
    assert opened(own, FIELD, newer) == b"after"


def test_shows_the_schedule_and_pauses_it(own: Operated) -> None:
    seal(own, FIELD, b"x")
    schedule = ask(own, "keys", "schedule", FIELD)
    entries = [entry for entry in schedule["entries"] if entry["action"] == "rotate"]
    assert entries and not entries[0]["late"]
    paused = ask(own, "keys", "pause", "knowledge", "--until", "2h")["paused"]
    assert [entry["name"] for entry in paused] == ["knowledge"]
    assert ask(own, "keys", "resume", "knowledge")["paused"] == []
    assert ask(own, "keys", "schedule", "--late")["entries"] == []


def test_retires_restores_and_plans_a_destruction(own: Operated) -> None:
    field = "metrics.tags"
    sealed = seal(own, field, b"x")
    old = active(own, field)
    ask(own, "keys", "rotate", field)
    ask(own, "keys", "retire", field, old)
    eventually(lambda: isinstance(opened(own, field, sealed), FieldsealError), "a retired version opens nothing")
    ask(own, "keys", "census", "report", field, "--count", f"{old}=1", "--begun", "1s", "--primary")
    (census,) = ask(own, "keys", "census", "show", field)
    assert {"version": old, "rows": 1} in census["counts"]
    destruction = ask(own, "keys", "destroy", field, old)
    assert destruction["state"] == "scheduled" and destruction["waits-for"] in {"undeclared", "census", "waiting-period"}
    assert ask(own, "keys", "destroy", field, old, "--cancel")["state"] == "cancelled"
    ask(own, "keys", "restore", field, old)
    eventually(lambda: opened(own, field, sealed) == b"x", "a restored version opens")


def test_force_takes_two_administrators(own: Operated) -> None:
    field = "sessions.data"
    seal(own, field, b"x")
    old = active(own, field)
    ask(own, "keys", "rotate", field)
    ask(own, "keys", "retire", field, old)
    assert ask(own, "keys", "destroy", field, old, "--force", role="migration", expected=3)
    assert ask(own, "keys", "destroy", field, old, "--force")["state"] == "proposed"
    assert ask(own, "keys", "destroy", field, old, "--force")["state"] == "proposed"
    done = ask(own, "keys", "destroy", field, old, "--force", role="second-operator")
    assert done["state"] == "done" and done["key"]["state"] == "destroyed"


def test_a_compromise_tells_who_used_the_key_and_who_knows(own: Operated) -> None:
    field = "workflows.context"
    sealed = seal(own, field, b"secret")
    old = active(own, field)
    own.event_where(lambda event: event.key_version == int(old, 16), "the seal", table="workflows", field="context")
    report = ask(
        own, "keys", "compromise", field, "--reason", "a test", "--suspected-since", "1h", "--wait",
    )
    assert [key["version"] for key in report["compromised"]] == [old]
    assert active(own, field) != old
    assert report["affected"][0]["field"] == field
    assert any(use["actor"].endswith("/backend/demo") for use in report["use"]["uses"])
    assert report["watchers"] and all(watcher["acknowledged"] for watcher in report["watchers"])
    assert isinstance(opened(own, field, sealed), FieldsealError)
    (moved,) = raise_for(own.client("migration").rewrap([Value(field, sealed, record=1)], text=True))
    assert opened(own, field, moved) == b"secret"
    assert any(alert["kind"] == "key-compromised" for alert in ask(own, "keys", "alerts", "--since", "1h"))


def test_shows_and_drills_the_custodian(own: Operated) -> None:
    report = ask(own, "master", "show")
    assert [custodian["holds"] for custodian in report["custodians"]] == [True]
    (drilled,) = ask(own, "master", "drill")
    assert drilled["drill-passed"]
    ask(own, "master", "remove", drilled["name"], expected=1)


def test_without_a_backup_key_there_is_no_backup(own: Operated, tmp_path: Path) -> None:
    ask(own, "master", "backup", "--out", str(tmp_path / "store.backup"), expected=1)
    assert list(tmp_path.iterdir()) == []


def test_an_open_service_wants_no_share(own: Operated) -> None:
    (replica,) = ask(own, "unseal", "--dry-run")
    assert replica["result"]["sealed"] is False


def test_a_store_that_was_not_restored_is_not_accepted(own: Operated) -> None:
    revision = str(own.keys_status().revision)
    ask(own, "restore", "accept", "--revision", revision, "--dry-run", expected=1)
