"""Values of subjects and values that two versions seal, through real servers: what the service seals the second
implementation opens, and after an erasure nobody does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Cluster, eventually
from fieldseal import Client, FieldsealError, Value, raise_for
from fieldseal.v1 import audit_pb2, keys_pb2
from test_second_implementation import KeyStore, fs

FIELD = "conversations.whose"
ROW = 7
RECORD = fs.record_id([("integer", ROW)])
ANN, BEN = b"ann@example.org", b"ben@example.org"
ERASED = "the subject was erased"
COMPROMISED = "subject key is compromised"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    own = Cluster()
    try:
        own.start()
        catalog = own.state / "config" / "catalog.yaml"
        before = "      - {name: agent_response,"
        assert before in catalog.read_text()
        field = "      - {name: whose, sensitivity: high, row-bound: true, subject-keys: true, dual: true}\n"
        catalog.write_text(catalog.read_text().replace(before, field + before, 1))
        own.run_tool("catalog", "apply", str(catalog), role="operator")
        yield own
    finally:
        own.close()


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> Client:
    return cluster.client()


def seal(client: Client, subject: bytes, text: bytes = b"text") -> bytes:
    (sealed,) = raise_for(client.encrypt([Value(FIELD, text, record=ROW, subject=subject)]))
    return sealed.ciphertext


def opened(client: Client, sealed: bytes) -> bytes | FieldsealError:
    (result,) = client.decrypt([Value(FIELD, sealed, record=ROW)])
    return result


def test_a_value_of_a_subject_opens_with_its_key(cluster: Cluster, client: Client) -> None:
    sealed = seal(client, ANN)
    store = KeyStore(cluster)
    subject = store.subject("conversations", ANN)
    front = fs.read_front(sealed)
    assert (front.suite, front.subject) == (1, subject.id)
    field = store.field(FIELD, front.version, subject)
    assert field.open(sealed, RECORD) == b"text"
    assert opened(client, field.seal(b"ours", RECORD)) == b"ours"
    (refused,) = client.encrypt([Value(FIELD, b"text", record=ROW)])
    assert isinstance(refused, FieldsealError) and "demands a subject" in str(refused)


def test_in_a_transition_two_versions_seal(cluster: Cluster, client: Client) -> None:
    old = seal(client, ANN)
    cluster.run_tool("keys", "rotate", FIELD, role="operator")
    # Rewrap asks for the newest version, whatever is cached.
    (moved,) = raise_for(client.rewrap([Value(FIELD, old, record=ROW)]))
    assert moved[1] == fs.DUAL and opened(client, moved) == b"text"
    sealed = seal(client, ANN)
    assert sealed[1] == fs.DUAL
    store = KeyStore(cluster)
    subject = store.subject("conversations", ANN)
    before = fs.read_front(old).version
    after = fs.read_front(sealed).version
    assert before != after
    newer, older = (store.field(FIELD, version, subject) for version in (after, before))
    assert newer.open(sealed, RECORD) == older.open(sealed, RECORD) == b"text"
    assert older.open(moved, RECORD) == b"text"
    assert opened(client, newer.seal_dual(older, b"ours", RECORD)) == b"ours"


def test_after_a_compromise_a_rewrap_moves_values_to_the_subjects_next_key(cluster: Cluster, client: Client) -> None:
    old = seal(client, ANN)
    arguments = ("keys", "compromise", "conversations/subjects", "--reason", "found in a dump", "--suspected-since", "1h")
    cluster.run_tool(*arguments, role="operator")
    eventually(lambda: isinstance(opened(client, old), FieldsealError), "the end of the compromised key")
    assert COMPROMISED in str(opened(client, old))
    (refused,) = client.rewrap([Value(FIELD, old, record=ROW)])
    assert isinstance(refused, FieldsealError) and COMPROMISED in str(refused)

    (moved,) = raise_for(cluster.client("migration").rewrap([Value(FIELD, old, record=ROW)]))
    assert opened(client, moved) == b"text"
    subject = KeyStore(cluster).subject("conversations", ANN)
    assert fs.read_front(moved).subject == subject.id == fs.read_front(seal(client, ANN)).subject
    assert fs.read_front(old).subject != subject.id


def test_an_erased_subjects_values_open_nowhere(cluster: Cluster, client: Client) -> None:
    ann, ben = seal(client, ANN), seal(client, BEN)
    keys = cluster.channel("keys", "operator")
    request = keys_pb2.EraseSubjectRequest(table="conversations", subject_id=ANN)
    answer = keys.call("EraseSubject", request, keys_pb2.EraseSubjectResponse)
    assert answer.found and answer.subject_key_id == fs.read_front(ann).subject.bytes

    # A service that starts now has no key of the time before.
    cluster.kill("encryption-service")
    cluster.restart("encryption-service")
    result = opened(client, ann)
    assert isinstance(result, FieldsealError) and ERASED in str(result)
    assert opened(client, ben) == b"text"
    (refused,) = client.encrypt([Value(FIELD, b"again", record=ROW, subject=ANN)])
    assert isinstance(refused, FieldsealError) and ERASED in str(refused)
    store = KeyStore(cluster)
    (row,) = (row for row in store.subject_rows if row["id"] == fs.read_front(ann).subject)
    assert bytes(row["encrypted_key"]) == b"" and row["erased_at"] is not None

    erasures: list[audit_pb2.Event] = []
    keys_of_ann = {f"conversations/subjects/{row['id']}" for row in store.subject_rows if row["erased_at"] is not None}
    assert f"conversations/subjects/{fs.read_front(ann).subject}" in keys_of_ann and len(keys_of_ann) == 2

    def are_recorded() -> bool:
        erasures[:] = [stored.event for stored in cluster.events(operations=[audit_pb2.ERASE_SUBJECT])]
        return {(name, cause) for name in keys_of_ann for cause in ("intent", "")} == {
            (event.object, event.cause) for event in erasures
        }

    eventually(are_recorded, "intent and erasure of each of the subject's keys stand in the log")
    for event in erasures:
        assert ANN not in event.SerializeToString()
