"""The encryption service through its protocol: values, bindings, batches and their errors."""

from __future__ import annotations

import uuid

import pytest
from cluster import Cluster
from fieldseal import Client, Code, FieldsealError, Value, raise_for
from fieldseal.v1 import encryption_pb2

ROW = uuid.UUID("00000000-0000-4000-8000-000000000001")
OTHER_ROW = uuid.UUID("00000000-0000-4000-8000-000000000002")
PLAINTEXTS = [b"", b"a", "naïve 美咲 🙂".encode(), b"\x00\xff" * 100, b"x" * 70_000]


@pytest.fixture(scope="module")
def client(cluster: Cluster) -> Client:
    return cluster.client()


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("plaintext", PLAINTEXTS, ids=lambda value: f"{len(value)} bytes")
def test_round_trip(client: Client, plaintext: bytes, text: bool) -> None:
    (sealed,) = raise_for(client.encrypt([Value("users.email", plaintext, record=ROW)], text=text))
    assert sealed.ciphertext.startswith(b"fs1:" if text else b"\xf5")
    assert len(plaintext) < 8 or plaintext not in sealed.ciphertext
    assert raise_for(client.decrypt([Value("users.email", sealed.ciphertext, record=ROW)], text=text)) == [plaintext]


def test_one_batch_carries_many_fields_and_answers_each_in_order(client: Client) -> None:
    values = [Value("users.email", b"a", record=ROW), Value("no.such", b"b", record=ROW), Value("api_keys.key_hash", b"c", record=7)]
    first, unknown, last = client.encrypt(values)
    assert isinstance(unknown, FieldsealError) and unknown.code in (Code.NOT_FOUND, Code.PERMISSION_DENIED)
    back = client.decrypt([Value("users.email", first.ciphertext, record=ROW), Value("api_keys.key_hash", last.ciphertext, record=7)])
    assert back == [b"a", b"c"]


@pytest.mark.parametrize(
    "moved",
    [
        Value("users.password_hash", b"", record=ROW),
        Value("users.email", b"", record=OTHER_ROW),
        Value("users.email", b"", record=ROW, context=b"tenant"),
        Value("users.email", b"", record=ROW, context=b""),
    ],
    ids=["field", "row", "context", "empty context"],
)
def test_a_moved_ciphertext_does_not_open(client: Client, moved: Value) -> None:
    (sealed,) = raise_for(client.encrypt([Value("users.email", b"secret", record=ROW)]))
    (result,) = client.decrypt([Value(moved.field, sealed.ciphertext, record=moved.record, context=moved.context)])
    assert isinstance(result, FieldsealError)
    assert (result.code, result.message) == (Code.INVALID_ARGUMENT, "ciphertext rejected")


def test_every_changed_byte_is_refused_with_the_same_words(client: Client) -> None:
    (sealed,) = raise_for(client.encrypt([Value("users.email", b"secret", record=ROW)]))
    broken = [bytes(byte ^ (index == place) for index, byte in enumerate(sealed.ciphertext)) for place in range(len(sealed.ciphertext))]
    broken += [sealed.ciphertext + b"\0", sealed.ciphertext[:-1], b"", b"\xf5"]
    results = client.decrypt([Value("users.email", value, record=ROW) for value in broken])
    assert {(result.code, result.message) for result in results} == {(Code.INVALID_ARGUMENT, "ciphertext rejected")}


def test_a_row_bound_field_demands_a_record_id_of_the_declared_shape(client: Client) -> None:
    for record in (None, (), (ROW, ROW)):
        (result,) = client.encrypt([Value("users.email", b"secret", record=record)])
        assert isinstance(result, FieldsealError) and result.code is Code.INVALID_ARGUMENT


def test_the_type_of_a_record_id_counts(client: Client) -> None:
    (sealed,) = raise_for(client.encrypt([Value("api_keys.key_hash", b"secret", record=42)]))
    (as_text,) = client.decrypt([Value("api_keys.key_hash", sealed.ciphertext, record="42")])
    assert isinstance(as_text, FieldsealError)


def test_the_blind_index_follows_the_normalised_value_alone(client: Client) -> None:
    sealed = raise_for(
        client.encrypt(
            [
                Value("users.email", b"Ada@Example.com", record=ROW, indexes=("equality",)),
                Value("users.email", b" ada@example.COM ", record=OTHER_ROW, indexes=("equality",)),
                Value("users.email", b"bob@example.com", record=OTHER_ROW, indexes=("equality",)),
            ]
        )
    )
    asked = raise_for(client.blind_index([Value("users.email", b"ada@example.com", indexes=("equality",))]))
    assert sealed[0].indexes == sealed[1].indexes == asked[0] != sealed[2].indexes
    assert sealed[0].ciphertext != sealed[1].ciphertext


def test_rebind_moves_a_value_to_another_row(cluster: Cluster, client: Client) -> None:
    from fieldseal.records import record_id

    (sealed,) = raise_for(client.encrypt([Value("users.email", b"secret", record=ROW)]))
    item = encryption_pb2.RebindItem(
        field="users.email", ciphertext=sealed.ciphertext, record_id=record_id(ROW), new_record_id=record_id(OTHER_ROW)
    )
    answer = cluster.channel("encryption", "backend").call(
        "Rebind", encryption_pb2.RebindRequest(items=[item]), encryption_pb2.RebindResponse
    )
    moved = answer.results[0].ciphertext
    assert raise_for(client.decrypt([Value("users.email", moved, record=OTHER_ROW)])) == [b"secret"]
    assert isinstance(client.decrypt([Value("users.email", moved, record=ROW)])[0], FieldsealError)


def test_rotation_and_rewrap(cluster: Cluster, client: Client) -> None:
    (old,) = raise_for(client.encrypt([Value("knowledge.content", b"secret", record=1)]))
    cluster.run_tool("keys", "rotate", "knowledge.content", role="operator")
    assert raise_for(client.decrypt([Value("knowledge.content", old.ciphertext, record=1)])) == [b"secret"]
    (new,) = raise_for(client.rewrap([Value("knowledge.content", old.ciphertext, record=1)]))
    assert new[3:11] != old.ciphertext[3:11]
    assert raise_for(client.decrypt([Value("knowledge.content", new, record=1)])) == [b"secret"]
    assert raise_for(client.rewrap([Value("knowledge.content", new, record=1)])) == [new]


def test_ten_thousand_values_in_one_call_of_the_client(client: Client) -> None:
    values = [Value("metrics.tags", b"%d" % number, record=number) for number in range(10_000)]
    sealed = raise_for(client.encrypt(values))
    assert len({item.ciphertext for item in sealed}) == len(values)
    back = client.decrypt([Value("metrics.tags", item.ciphertext, record=number) for number, item in enumerate(sealed)])
    assert back == [value.data for value in values]
