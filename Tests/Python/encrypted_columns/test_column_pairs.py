"""Rows are found by two encrypted values together, through an index of the pair."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from cluster import Cluster
from fieldseal import FieldsealError, Value
from fieldseal.sqlalchemy import BlindIndex, CompoundIndex, EncryptedString, EncryptionMiddleware
from fieldseal.sqlalchemy.pairs import Half
from fieldseal.testing import InsecureFakeClient, InsecureWarning, declared_fields
from sqlalchemy import Engine, create_engine, insert, select, text, update
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column


class Pairs(DeclarativeBase):
    pass


def name() -> Any:
    return mapped_column(EncryptedString(bound_to="id", field="contacts.name"))


def phone() -> Any:
    return mapped_column(EncryptedString(bound_to="id", field="contacts.phone"))


def pair() -> Any:
    return mapped_column(CompoundIndex("name", "phone", normaliser="casefold", beside_normaliser="phone-digits"))


class Client(Pairs):
    """Only the pair is indexed."""

    __tablename__ = "clients"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None] = name()
    phone: Mapped[str | None] = phone()
    both: Mapped[bytes | None] = pair()


class Mixed(Pairs):
    """One of its values has an index of its own, too."""

    __tablename__ = "mixed"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None] = name()
    phone: Mapped[str | None] = phone()
    name_index: Mapped[bytes | None] = mapped_column(BlindIndex("name", normaliser="casefold"))
    both: Mapped[bytes | None] = pair()


ROWS = [
    ("Ada", "+49 1"),
    ("Ada", "+49 2"),
    ("Bea", "+49 1"),
    ("Ada+", "49 1"),
    (None, "+49 1"),
    ("Ada", None),
    ("ada", "0049 1"),
]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as transaction:
        Pairs.metadata.create_all(connection)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            for model in (Client, Mixed):
                session.add_all(model(id=uuid.UUID(int=at), name=one, phone=other) for at, (one, other) in enumerate(ROWS))
            session.flush()
            yield session
        transaction.rollback()


def found(session: Session, statement: Any) -> list[int]:
    return sorted(one.id.int for one in session.scalars(statement))


@pytest.mark.parametrize("model", [Client, Mixed])
def test_a_conjunction_finds_the_pair(session: Session, model: Any) -> None:
    for name, number, wanted in (("Ada", "+49 1", [0, 6]), ("ADA", "492", [1]), ("Bea", "+49 2", []), ("Ada+", "491", [3])):
        assert found(session, select(model).where(model.name == name, model.phone == number)) == wanted
        assert found(session, select(model).where(sa.and_(model.phone == number, model.name == name))) == wanted
        assert found(session, select(model).filter_by(name=name, phone=number)) == wanted
        assert found(session, select(model).where(model.both == (name, number))) == wanted
        other = aliased(model)
        assert found(session, select(other).where(other.name == name).where(other.phone == number)) == wanted
    counted = select(sa.func.count()).select_from(model).where(model.name == "ada", model.phone == "+491")
    assert session.scalar(counted) == 2
    changed = update(model).where(model.name == "Bea", model.phone == "+491").values(id=uuid.UUID(int=99))
    with pytest.raises(InvalidRequestError, match="which changes"):
        session.execute(changed)
    assert session.execute(sa.delete(model).where(model.name == "Bea", model.phone == "+491")).rowcount == 1  # type: ignore[attr-defined]


def test_the_first_search_for_a_pair_is_found_on_open_connections(
    cluster: Cluster, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Half, "was_made", False)
    with pytest.warns(InsecureWarning):
        client = InsecureFakeClient(declared_fields(Pairs.metadata))
    mine = create_engine(engine.url)
    other = mine.execution_options(isolation_level="REPEATABLE READ")
    EncryptionMiddleware(client).install(mine)
    try:
        for opened in (mine, other):
            with opened.connect() as connection, connection.begin() as transaction:
                Pairs.metadata.create_all(connection)
                assert Half.was_made is (opened is other) is mine._has_events, "no event before there is a search"
                row = {"id": uuid.UUID(int=1), "name": "Ada", "phone": "+49 1"}
                connection.execute(insert(Client), [row, row | {"id": uuid.UUID(int=2), "phone": "+49 2"}])
                wanted = select(Client.id).where(Client.name == "ada", Client.phone == "+491")
                assert connection.scalars(wanted).all() == [uuid.UUID(int=1)]
                transaction.rollback()
    finally:
        mine.dispose()


def test_half_a_pair_is_refused(session: Session) -> None:
    for condition in (
        Client.name == "Ada",
        sa.and_(Client.name == "Ada", Client.id == uuid.UUID(int=1)),
        sa.or_(Client.name == "Ada", Client.phone == "+49 1"),
    ):
        with pytest.raises(InvalidRequestError, match="its index is of a pair"):
            session.scalars(select(Client).where(condition)).all()
    with pytest.raises(InvalidRequestError, match="needs a blind index"):
        select(Client).where(Client.name != "Ada")


def test_the_index_follows_both_values(session: Session) -> None:
    def both(name: str, number: str) -> list[int]:
        return found(session, select(Client).where(Client.name == name, Client.phone == number))

    one = session.get_one(Client, uuid.UUID(int=0))
    one.phone = "+49 77"
    session.flush()
    assert both("Ada", "+49 77") == [0] and both("Ada", "+49 1") == [6]
    session.expire_all()
    one.name = "Zoë"
    session.flush()
    assert both("zoë", "+49 77") == [0]
    one.phone = None
    session.flush()
    stored = text('SELECT count(*), count("both") FROM clients')
    assert tuple(session.execute(stored).one()) == (len(ROWS), len(ROWS) - 3)
    chosen = update(Client).where(Client.id == one.id)
    session.execute(chosen.values(name="Core", phone="5"))
    assert both("core", "5") == [0]
    with pytest.raises(InvalidRequestError, match="an UPDATE of one sets the other too"):
        session.execute(chosen.values(name="alone"))
    session.execute(insert(Client), [{"id": uuid.UUID(int=50 + at), "name": f"n{at}", "phone": "9"} for at in range(3)])
    session.execute(
        insert(Client).values(
            [{"id": uuid.UUID(int=60), "name": "n", "phone": "8"}, {"id": uuid.UUID(int=61), "name": "m", "phone": "8"}]
        )
    )
    assert both("N1", "9") == [51] and both("m", "8") == [61]


def test_the_service_computes_pairs_alone_with_both_values(cluster: Cluster) -> None:
    client = cluster.client()
    values = [
        Value("contacts.name", b"Ada", indexes=("pair",), beside=b"0049 1"),
        Value("contacts.name", b"ADA", indexes=("pair",), beside=b"+491"),
        Value("contacts.name", b"Ada", indexes=("equality",), beside=b"1"),
    ]
    one, other, refused = client.blind_index(values)
    assert one == other and not isinstance(one, FieldsealError) and len(one[0]) == 16
    assert isinstance(refused, FieldsealError) and "index of a pair" in str(refused)
    (sealed,) = client.encrypt([Value("contacts.name", b"Ada", uuid.UUID(int=1), indexes=("pair",))])
    assert isinstance(sealed, FieldsealError) and "index of a pair" in str(sealed)


def test_the_declaration_is_the_catalogs(engine: Engine) -> None:
    middleware: Any = engine.dialect._fieldseal  # type: ignore[attr-defined]

    class Wrong(DeclarativeBase):
        pass

    class Thing(Wrong):
        __tablename__ = "things"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        name: Mapped[str | None] = name()
        phone: Mapped[str | None] = phone()
        both: Mapped[bytes | None] = mapped_column(CompoundIndex("name", "phone", normaliser="casefold"))

    with pytest.raises(Exception, match="both must be beside phone, with beside_normaliser='phone-digits'"):
        middleware.check(Wrong.metadata)
    Pairs.metadata.remove(Mixed.__table__)  # type: ignore[arg-type]
    middleware.check(Pairs.metadata)
