"""The second implementation of the ciphertext against real servers: with the master key's passphrase and the key store it
opens what the service sealed, and the service opens what it sealed."""

from __future__ import annotations

import struct
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cluster import Cluster
from fieldseal import Client, Value, raise_for
from fieldseal.v1 import audit_pb2
from psycopg.rows import dict_row

sys.path.insert(0, str(Path(__file__).parent / "ciphertext"))

import fieldseal_ciphertext as fs  # noqa: E402

KINDS = {"master": 1, "dek": 2, "fek": 3, "index": 4, "audit-hash": 5, "store-integrity": 6, "subject-wrapping": 7, "unseal": 8}
USER = uuid.UUID("7b0c3f52-9a51-4a53-8b0e-0d6f2f6f9d11")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEY_COLUMNS = {
    "id": "uuid", "key_type": "text", "key_id": "uuid", "version": "integer", "parent_key_id": "uuid",
    "parent_version": "integer", "encrypted_key": "binary", "key_hash": "binary", "algorithm": "text",
    "created_at": "moment", "expires_at": "moment", "state": "text", "state_at": "moment", "compromised_at": "moment",
    "is_active": "boolean", "rotation_count": "integer", "suite": "integer", "row_bound": "boolean",
    "record_keys": "boolean", "metadata": "text",
}
# Enter a row's MAC, in this order, only where they say something.
LATER_KEY_COLUMNS = {
    "subject_keys": "boolean", "deactivated_at": "moment", "refused_at": "moment", "partner_version": "integer",
    "leased": "integer",
}
WRAP_COLUMNS = {
    "id": "uuid", "version": "integer", "custodian": "text", "provider": "text", "algorithm": "text", "wrapped": "binary",
    "added_at": "moment", "drilled_at": "moment", "drill_outcome": "text",
}
CASES = {
    "users.email": (USER, [("uuid", str(USER))]),
    "api_keys.key_hash": (42, [("integer", 42)]),
    "conversations.user_query": (-7, [("integer", -7)]),
}


def unsigned(version: int) -> int:
    return struct.unpack(">Q", struct.pack(">q", version))[0]


class KeyStore:
    """The key store, opened without Fieldseal: passphrase, then master key, then everything below."""

    def __init__(self, cluster: Cluster) -> None:
        self.passphrase = (cluster.state / "passphrase").read_bytes().rstrip(b"\n")
        with cluster.database("fieldseal_keys") as connection:
            self.rows = self.read(connection, "SELECT *, metadata::text AS metadata_text FROM encryption_keys")
            self.subject_rows = self.read(connection, "SELECT * FROM subject_keys")
            self.wraps = self.read(connection, "SELECT * FROM master_key_wraps")
            self.names = {
                f"{row['table_name']}.{row['name']}": row
                for row in self.read(
                    connection,
                    "SELECT f.id, f.name, f.table_id, t.name AS table_name FROM catalog_fields f"
                    " JOIN catalog_tables t ON t.id = f.table_id WHERE NOT f.is_removed",
                )
            }
        self.opened: dict[int, bytes] = {}

    @staticmethod
    def read(connection: psycopg.Connection, query: str) -> list[dict[str, Any]]:
        return connection.cursor(row_factory=dict_row).execute(query).fetchall()

    def row(self, kind: str, **wanted: Any) -> dict[str, Any]:
        (row,) = (r for r in self.rows if r["key_type"] == kind and all(r[name] == value for name, value in wanted.items()))
        return row

    @staticmethod
    def identity(row: dict[str, Any]) -> bytes:
        parent = None
        if row["parent_key_id"] is not None:
            parent = row["parent_key_id"], unsigned(row["parent_version"])
        return fs.identity(KINDS[row["key_type"]], row["id"], row["key_id"], unsigned(row["version"]), parent)

    def key(self, row: dict[str, Any]) -> bytes:
        if row["version"] in self.opened:
            return self.opened[row["version"]]
        wrapped, binding = bytes(row["encrypted_key"]), b""
        if row["key_type"] == "master":
            assert wrapped == b""
            (wrap,) = (w for w in self.wraps if w["version"] == row["version"] and w["provider"] == "passphrase")
            wrapped = bytes(wrap["wrapped"])
            binding, wrapped = wrapped[:36], wrapped[36:]
            assert (binding[0], binding[2]) == (1, 8)
            parent = fs.passphrase_key(self.passphrase, binding[4:], binding[1], binding[3])
        else:
            (above,) = (r for r in self.rows if r["version"] == row["parent_version"])
            parent = self.key(above)
        key = fs.unwrap(parent, wrapped, self.identity(row), binding)
        assert fs.check_value(key, self.identity(row)) == bytes(row["key_hash"])
        return self.opened.setdefault(row["version"], key)

    def field(self, name: str, version: int, subject: fs.Subject | None = None) -> fs.Field:
        (row,) = (r for r in self.rows if r["key_type"] == "fek" and unsigned(r["version"]) == version)
        assert row["key_id"] == self.names[name]["id"]
        return fs.Field(
            row["key_id"], version, row["suite"], self.key(row), row["row_bound"], row["record_keys"], subject)

    def subject(self, table: str, name: bytes) -> fs.Subject:
        """The key of a subject, found by the table's hash of its name."""
        (table_id,) = {row["table_id"] for field, row in self.names.items() if field.startswith(f"{table}.")}
        rows = [row for row in self.subject_rows if row["table_id"] == table_id]
        (lookup,) = (row for row in rows if row["lookup"] is None)
        wanted = fs.subject_lookup(self.subject_key(lookup), table_id, name)
        (found,) = (row for row in rows if row["lookup"] == wanted and row["compromised_at"] is None)
        return fs.Subject(found["id"], self.subject_key(found))

    def subject_key(self, row: dict[str, Any]) -> bytes:
        (wrapping,) = (r for r in self.rows if r["version"] == row["wrapping_version"])
        assert (wrapping["key_type"], wrapping["key_id"]) == ("subject-wrapping", row["table_id"])
        return fs.unwrap_subject_key(
            self.key(wrapping), bytes(row["encrypted_key"]), row["id"], row["table_id"], unsigned(wrapping["version"]))


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> Client:
    client = cluster.client()
    raise_for(client.encrypt([Value(name, b"", record=row) for name, (row, _) in CASES.items()]))
    return client


@pytest.fixture(scope="module")
def store(cluster: Cluster, client: Client) -> KeyStore:
    return KeyStore(cluster)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("context", [None, b"", b"tenant 7"], ids=["no context", "empty", "context"])
def test_both_open_what_the_other_sealed(client: Client, store: KeyStore, name: str, context: bytes | None) -> None:
    row, columns = CASES[name]
    record = fs.record_id(columns)
    for plaintext in (b"", b"a", "naïve 美咲".encode() * 20):
        (sealed,) = raise_for(client.encrypt([Value(name, plaintext, record=row, context=context)]))
        field = store.field(name, int.from_bytes(sealed.ciphertext[3:11]))
        assert field.open(sealed.ciphertext, record, context) == plaintext
        ours = field.seal(plaintext, record, context)
        assert raise_for(client.decrypt([Value(name, ours, record=row, context=context)])) == [plaintext]
        text = fs.to_text(ours).encode()
        assert raise_for(client.decrypt([Value(name, text, record=row, context=context)], text=True)) == [plaintext]


def test_both_compute_the_same_blind_index(client: Client, store: KeyStore, cluster: Cluster) -> None:
    with cluster.database("fieldseal_keys") as connection:
        (index,) = store.read(connection, "SELECT * FROM catalog_indexes WHERE NOT is_removed")
    key = store.key(store.row("index", key_id=index["id"], is_active=True))
    value = " Jürgen.STRAẞE@Example.ORG\u3000".encode()
    (answer,) = raise_for(client.blind_index([Value("users.email", value, indexes=("equality",))]))
    assert answer == (fs.blind_index(key, index["id"], 3, index["bits"], value),)


def test_the_audit_log_names_the_record_by_its_hash(client: Client, store: KeyStore, cluster: Cluster) -> None:
    user = uuid.uuid4()
    raise_for(client.encrypt([Value("users.email", b"a", record=user)]))
    key = store.key(store.row("audit-hash", is_active=True))
    table = store.names["users.email"]["table_id"]
    expected = fs.audit_hash(key, table, fs.record_id([("uuid", str(user))]))

    def names_the_record(event: audit_pb2.Event) -> bool:
        return expected in (event.record_hashes[at : at + 16] for at in range(0, len(event.record_hashes), 16))

    cluster.event_where(names_the_record, "the encryption of the row", operations=[audit_pb2.ENCRYPT])


def microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def canonical(table: str, kinds: dict[str, str], row: dict[str, Any]) -> bytes:
    columns = []
    for name, kind in kinds.items():
        value = microseconds(row[name]) if kind == "moment" else str(row[name]) if kind == "uuid" else row[name]
        columns.append((name, None if row[name] is None else kind.replace("moment", "integer"), value))
    return fs.canonical_row(table, row["revision"], columns)


def test_every_key_of_the_store_carries_its_mac(store: KeyStore) -> None:
    integrity = store.key(store.row("store-integrity", is_active=True))
    for row in store.rows:
        columns = KEY_COLUMNS | {name: kind for name, kind in LATER_KEY_COLUMNS.items() if row[name]}
        encoded = canonical("encryption_keys", columns, row | {"metadata": row["metadata_text"]})
        assert fs.row_mac(integrity, encoded) == bytes(row["row_mac"])


def test_every_wrap_of_the_master_key_carries_its_mac_and_stands_in_the_keys_row(store: KeyStore) -> None:
    integrity = store.key(store.row("store-integrity", is_active=True))
    for wrap in store.wraps:
        encoded = canonical("master_key_wraps", WRAP_COLUMNS, wrap)
        assert fs.row_mac(integrity, encoded) == bytes(wrap["row_mac"])
    master = store.row("master", is_active=True)
    custodians = [w["custodian"] for w in store.wraps if w["version"] == master["version"]]
    assert custodians and master["metadata"] == {"custodians": sorted(custodians)}
