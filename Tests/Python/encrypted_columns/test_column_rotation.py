"""An index takes another's place: both are written, either is searched, and old rows are filled."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fieldseal.sqlalchemy import BlindIndex, EncryptedString, PrefixIndex
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ROWS = 40


class Before(DeclarativeBase):
    pass


class During(DeclarativeBase):
    pass


class After(DeclarativeBase):
    pass


def phone() -> Any:
    return mapped_column(EncryptedString(bound_to="id", field="contacts.phone"))


class Old(Before):
    __tablename__ = "rotating"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = phone()
    first: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "short", bits=4, normaliser="phone-digits"))
    starts: Mapped[str | None] = mapped_column(PrefixIndex("phone", "beginning", normaliser="phone-digits"))


class Both(During):
    __tablename__ = "rotating"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = phone()
    second: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "next", normaliser="phone-digits"))
    first: Mapped[bytes | None] = mapped_column(
        BlindIndex("phone", "short", bits=4, normaliser="phone-digits", rotating_to="second")
    )
    starts: Mapped[str | None] = mapped_column(
        PrefixIndex("phone", "beginning", normaliser="phone-digits", rotating_to="then_starts")
    )
    then_starts: Mapped[str | None] = mapped_column(PrefixIndex("phone", "next-beginning", bits=512, normaliser="phone-digits"))


class New(After):
    __tablename__ = "rotating"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = phone()
    second: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "next", normaliser="phone-digits"))
    then_starts: Mapped[str | None] = mapped_column(PrefixIndex("phone", "next-beginning", bits=512, normaliser="phone-digits"))


def number(place: int) -> str:
    return f"+49 {place:03}"


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Rows that only the old index knows, one that only the new one knows, and one that has no value."""
    with engine.connect() as connection, connection.begin() as transaction:
        During.metadata.create_all(connection)
        connection.execute(insert(Old), [{"id": uuid.UUID(int=place), "phone": number(place)} for place in range(ROWS)])
        connection.execute(insert(New), [{"id": uuid.UUID(int=1000), "phone": number(7)}])
        connection.execute(insert(New), [{"id": uuid.UUID(int=1001), "phone": None}])
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


def places(session: Session, condition: Any) -> list[int]:
    return sorted(one.id.int for one in session.scalars(select(Both).where(condition)))


def test_either_index_is_searched_and_both_are_written(session: Session) -> None:
    assert places(session, Both.phone == "0049007") == [7, 1000]
    assert places(session, Both.phone.in_([number(7), number(9), None])) == [7, 9, 1000]
    assert places(session, Both.phone.startswith("+4900")) == [*range(10), 1000]
    assert places(session, sa.or_(Both.phone == number(3), Both.phone == number(4))) == [3, 4]
    session.add(Both(id=uuid.UUID(int=2000), phone=number(7)))
    session.flush()
    stored = session.execute(
        text("SELECT first, second, starts, then_starts FROM rotating WHERE id = :id"), {"id": uuid.UUID(int=2000)}
    )
    assert [len(value) for value in stored.one()] == [1, 16, 256, 512]
    assert places(session, Both.phone == number(7)) == [7, 1000, 2000]
    with pytest.raises(InvalidRequestError, match="while its index rotates"):
        select(Both).where(Both.phone == sa.bindparam("phone"))


def test_rows_are_filled_and_the_old_index_goes(session: Session, engine: Engine) -> None:
    middleware: Any = engine.dialect._fieldseal  # type: ignore[attr-defined]
    connection = session.connection()
    assert [middleware.fill_index(connection, Both.__table__.c.second, 25) for _ in range(3)] == [25, 15, 0]
    assert middleware.fill_index(connection, Both.__table__.c.then_starts) == ROWS
    unfilled = "SELECT count(*) FROM rotating WHERE (second IS NULL OR then_starts IS NULL) AND phone IS NOT NULL"
    assert session.scalar(text(unfilled)) == 0
    session.execute(text("ALTER TABLE rotating DROP COLUMN first, DROP COLUMN starts"))
    found = select(New.phone).where(New.phone == number(7))
    assert session.scalars(found).all() == [number(7)] * 2
    assert len(session.scalars(select(New).where(New.phone.startswith("+49 01"))).all()) == 10
    differs = select(sa.func.count()).select_from(New).where(New.phone != number(7))
    assert session.scalar(differs) == ROWS - 1


def test_what_differs_is_told_by_both(session: Session) -> None:
    class Wide(DeclarativeBase):
        pass

    class Phone(Wide):
        __tablename__ = "rotating"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        phone: Mapped[str | None] = phone()
        second: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "next", rotating_to="third"))
        third: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "equality"))

    session.execute(text("ALTER TABLE rotating ADD COLUMN third bytea; DELETE FROM rotating"))
    session.execute(insert(New), [{"id": uuid.UUID(int=place), "phone": number(place)} for place in range(4)])
    session.execute(insert(New), [{"id": uuid.UUID(int=9), "phone": None}])
    session.execute(insert(Phone), [{"id": uuid.UUID(int=place), "phone": number(place % 10)} for place in range(10, 14)])
    session.execute(text("UPDATE rotating SET second = NULL WHERE id = :id"), {"id": uuid.UUID(int=13)})
    assert session.scalars(select(Phone.id).where(Phone.phone != number(3)).order_by(Phone.id)).all() == [
        uuid.UUID(int=place) for place in (0, 1, 2, 10, 11, 12)
    ]
    assert len(session.scalars(select(Phone).where(Phone.phone.not_in([number(0), number(3)]))).all()) == 4


def test_an_index_rotates_to_one_of_its_kind() -> None:
    class Wrong(DeclarativeBase):
        pass

    class Thing(Wrong):
        __tablename__ = "things"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(EncryptedString(bound_to="id"))
        one: Mapped[bytes] = mapped_column(BlindIndex("name", "one", rotating_to="two"))
        two: Mapped[bytes] = mapped_column(BlindIndex("name", "two", normaliser="trim"))

    with pytest.raises(ArgumentError, match="two is no index of name of its kind and normaliser"):
        select(Thing).where(Thing.name == "x")
