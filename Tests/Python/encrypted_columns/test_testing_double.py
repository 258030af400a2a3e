"""fieldseal.testing keeps the service's contract: the same scenario has the same outcomes against both."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from fieldseal import Client, Code, FieldsealError, Moved, Unavailable, Value
from fieldseal.sqlalchemy import EncryptionMiddleware
from fieldseal.testing import AsyncInsecureFakeClient, FakeField, FakeIndex, InsecureFakeClient, InsecureWarning, declared_fields
from sealed_database import address, person
from sealed_models import Base, Person
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ROOT = Path(__file__).resolve().parents[3]
ROW, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
FIELDS = [
    FakeField("users.email", ("id",), (FakeIndex("equality", 128, "email"),)),
    FakeField("users.password_hash", ("id",)),
]


@pytest.fixture
def fake() -> InsecureFakeClient:
    with pytest.warns(InsecureWarning, match="protects nothing"):
        return InsecureFakeClient(FIELDS)


@pytest.fixture(params=["service", "double"])
def client(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Client]:
    yield cluster.client() if request.param == "service" else request.getfixturevalue("fake")


def outcome(results: list[Any]) -> list[Any]:
    return [(type(result).__name__, result.code) if isinstance(result, FieldsealError) else result for result in results]


REJECTED = ("CiphertextRejected", Code.INVALID_ARGUMENT)


@pytest.mark.parametrize("text", [False, True])
def test_values_open_for_their_field_row_and_context_alone(client: Client, text: bool) -> None:
    for plaintext in (b"", b"secret", b"\x00\xff" * 1000):
        value = Value("users.email", plaintext, ROW, b"context")
        (sealed,) = client.encrypt([value], text)
        assert not isinstance(sealed, FieldsealError)
        assert sealed.ciphertext.startswith(b"fs1:" if text else b"\xf5") and (b"secret" not in sealed.ciphertext)
        value = dataclasses.replace(value, data=sealed.ciphertext)
        moved = [
            dataclasses.replace(value, **change)
            for change in (
                {"field": "users.password_hash"},
                {"record": OTHER},
                {"record": 1},
                {"context": None},
                {"context": b""},
            )
        ]
        broken = [dataclasses.replace(value, data=data) for data in (value.data[:-1], value.data + b"A", b"", b"plain")]
        assert outcome(client.decrypt([value, *moved, *broken], text)) == [plaintext, *[REJECTED] * 9]
        assert outcome(client.decrypt([value], not text)) == [REJECTED]
        assert outcome(client.rewrap([value, *broken], text)) == [value.data, *[REJECTED] * 4]
        (rebound, wrong) = client.rebind([Moved(value, OTHER), Moved(moved[1], ROW)], text)
        assert isinstance(rebound, bytes) and outcome([wrong]) == [REJECTED]
        assert outcome(client.decrypt([Value("users.email", rebound, OTHER), Value("users.email", rebound, ROW)], text)) == [
            plaintext,
            REJECTED,
        ]


def test_a_bound_field_demands_a_record(client: Client) -> None:
    results = client.encrypt(
        [Value("users.email", b"x"), Value("users.email", b"x", (ROW, ROW)), Value("users.email", b"x", ROW)]
    )
    assert outcome(results)[:2] == [("FieldsealError", Code.INVALID_ARGUMENT)] * 2 and not isinstance(results[2], FieldsealError)


def test_indexes_follow_the_normalised_value(client: Client) -> None:
    wanted = [Value("users.email", data, ROW, indexes=("equality",)) for data in ("Ädä@X".encode(), " ädä@x ".encode(), b"other")]
    sealed = client.encrypt(wanted)
    indexes = [result.indexes[0] for result in sealed if not isinstance(result, FieldsealError)]
    assert indexes[0] == indexes[1] != indexes[2] and {len(index) for index in indexes} == {16}
    assert client.blind_index(wanted) == [(index,) for index in indexes]
    assert [type(result) for result in client.blind_index([Value("users.email", b"x", indexes=("none",))])] != [tuple]


def test_fields_are_described(client: Client) -> None:
    email, password = client.describe(["users.email", "users.password_hash"])
    assert not isinstance(email, FieldsealError) and not isinstance(password, FieldsealError)
    assert email.row_bound and list(email.key_columns) == ["id"]
    assert [(index.name, index.bits) for index in email.indexes] == [("equality", 128)] and not password.indexes


def test_the_double_says_what_it_is(fake: InsecureFakeClient) -> None:
    (sealed,) = fake.encrypt([Value("users.email", b"x", ROW)])
    assert not isinstance(sealed, FieldsealError) and sealed.ciphertext[3:11] == b"NOT-SAFE"
    assert outcome(fake.encrypt([Value("no.such", b"x")])) == [("UnknownField", Code.NOT_FOUND)]


def test_the_service_opens_nothing_that_the_double_sealed(cluster: Cluster, fake: InsecureFakeClient) -> None:
    (sealed,) = fake.encrypt([Value("users.email", b"x", ROW)])
    assert not isinstance(sealed, FieldsealError)
    assert outcome(cluster.client().decrypt([Value("users.email", sealed.ciphertext, ROW)])) == [REJECTED]


def test_the_double_fails_when_told(fake: InsecureFakeClient) -> None:
    fake.service.failure = Unavailable(Code.UNAVAILABLE, "away")
    with pytest.raises(Unavailable):
        fake.encrypt([Value("users.email", b"x", ROW)])
    fake.service.failure = None
    fake.encrypt([Value("users.email", b"x", ROW)])
    assert fake.service.calls == ["Encrypt", "Encrypt"]


@pytest.mark.filterwarnings("ignore::fieldseal.testing.InsecureWarning")
def test_the_asyncio_double_answers_too() -> None:
    async def run() -> list[Any]:
        async with AsyncInsecureFakeClient() as client:
            (sealed,) = await client.encrypt([Value("any.field", b"x", 1)])
            assert not isinstance(sealed, FieldsealError)
            return await client.decrypt([Value("any.field", sealed.ciphertext, record) for record in (1, 2)])

    assert outcome(asyncio.run(run())) == [b"x", REJECTED]


def test_an_application_runs_on_the_double(cluster: Cluster) -> None:
    engine = create_engine(address(cluster, "psycopg"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureWarning)
        client = InsecureFakeClient(declared_fields(Base.metadata))
    middleware = EncryptionMiddleware(client)
    middleware.check(Base.metadata)
    middleware.install(engine)
    client.service.calls.clear()
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Person(**person(number)) for number in range(10))
        session.flush()
        session.expire_all()
        assert [one.settings for one in session.scalars(select(Person).order_by(Person.place))] == [
            person(n)["settings"] for n in range(10)
        ]
        assert session.scalars(select(Person.place).where(Person.email == " ADA7@EXAMPLE.ORG")).all() == [7]
        session.rollback()
    assert client.service.calls == ["Encrypt", "Decrypt", "BlindIndex"]
    engine.dispose()


def test_the_readmes_example_runs(cluster: Cluster) -> None:
    engine = create_engine(address(cluster, "psycopg"))
    example = (ROOT / "README.md").read_text().split("**SQLAlchemy**")[1].split("```python\n")[1].split("```")[0]
    declarations, rest = example.split("middleware = ")

    class Base(DeclarativeBase):
        pass

    names: dict[str, Any] = {"Base": Base, "Mapped": Mapped, "mapped_column": mapped_column, "uuid": uuid, "select": select}
    exec(compile(declarations, "README.md", "exec", dont_inherit=True), names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureWarning)
        client = InsecureFakeClient(
            [FakeField("users.email", ("id",), (FakeIndex("equality", 128, "email"),)), FakeField("users.settings", ("id",))]
        )
    with engine.connect() as connection, Session(connection) as session:
        Base.metadata.create_all(connection)
        assert 'Client.from_file("backend.yaml")' in rest
        names |= {"engine": engine, "session": session, "client": client}
        exec("middleware = " + rest.replace('Client.from_file("backend.yaml")', "client"), names)
        user = session.scalars(select(names["User"])).one()
        assert (user.email, user.settings) == ("Ada@example.org", {"theme": "light"})
        session.rollback()
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
    engine.dispose()
