"""What must never happen: plaintext where it does not belong, or a value that is lost."""

from __future__ import annotations

import datetime
import io
import logging
import uuid
from typing import Any

import pytest
from cluster import Cluster
from fieldseal import Client, Denied, FieldsealError, Unavailable
from fieldseal.sqlalchemy import EncryptedInteger, EncryptedString, EncryptionMiddleware
from sealed_database import SECRET, P, address, person, stored
from sealed_models import COLUMNS, Person, Visit
from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

# --- where no plaintext may be


def test_the_database_holds_no_plaintext(session: Session) -> None:
    for row in stored(session):
        everything = b"".join(value for value in row if isinstance(value, bytes))
        assert SECRET.encode() not in everything and b"dark" not in everything
        assert all(value[0] == 0xF5 for name, value in row._mapping.items() if name in COLUMNS)
        assert len(row.email_index) == 16


def test_logs_and_errors_show_no_values(cluster: Cluster, engine: Engine) -> None:
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logger = logging.getLogger("sqlalchemy.engine")
    logger.addHandler(handler)
    echoing = create_engine(address(cluster, "psycopg"), echo="debug")
    EncryptionMiddleware(Client(cluster.configuration("backend"), patience=60)).install(echoing)
    shown: list[BaseException] = []
    try:
        with echoing.connect() as connection:
            connection.execute(insert(P), [person(number, email=SECRET) for number in (10, 11)])
            connection.execute(insert(P).values(**person(12)).returning(P.c.email, P.c.settings)).all()
            connection.execute(select(P.c.place, P.c.settings, P.c.biography).where(P.c.email == SECRET)).all()
            connection.execute(text("SELECT email, id FROM people").columns(id=P.c.id.type, email=P.c.email.type)).all()
            refused = [person(10, email=SECRET), person(13, email=SECRET, place=object()), person(13, email=SECRET, place=None)]
            refused.append(person(13, email=SECRET, id="no UUID"))
            for row in refused:
                with pytest.raises((StatementError, InvalidRequestError)) as failed, connection.begin_nested():
                    connection.execute(insert(P), [row, row])
                shown.append(failed.value)
    finally:
        logger.removeHandler(handler)
        echoing.dispose()
    logged = log.getvalue()
    assert "INSERT INTO people" in logged and "Row (10, <encrypted>, <encrypted>)" in logged and "'email': <encrypted>" in logged
    for words in (logged, *map(str, shown), *map(repr, shown), *(repr(getattr(error, "params", "")) for error in shown)):
        assert SECRET not in words and "dark" not in words and "Łódź" not in words


@pytest.mark.parametrize(
    "column, value",
    [("email", 17), ("number", "17"), ("born", datetime.datetime(2000, 1, 1)), ("settings", {1, 2}), ("picture", "x")],
)
def test_a_value_of_the_wrong_type_is_named_by_its_type_alone(session: Session, column: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"people.{column}: ") as refusal, session.begin_nested():
        session.execute(insert(Person.__table__), person(20) | {column: value})
    assert repr(value) not in str(refusal.value)


def test_without_a_middleware_nothing_is_written_or_read(cluster: Cluster, session: Session) -> None:
    bare = create_engine(address(cluster, "psycopg"))
    with bare.connect() as connection:
        for statement in (
            insert(Person.__table__).values(**person(30)),
            select(Person.__table__),
            select(Visit.__table__.c.address),
        ):
            with pytest.raises((InvalidRequestError, StatementError), match="need an EncryptionMiddleware") as refusal:
                connection.execute(statement).all()
            assert "Ada" not in str(refusal.value)
    bare.dispose()


def test_no_value_is_written_into_the_text_of_a_statement(engine: Engine) -> None:
    with pytest.raises(Exception) as refusal:
        insert(Visit).values(address=SECRET).compile(engine, compile_kwargs={"literal_binds": True})
    assert SECRET not in str(refusal.value)
    assert SECRET not in str(insert(Visit).values(address=SECRET).compile(engine))


# --- values that are not sealed or opened


def test_a_value_of_another_kind_is_an_error_too(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Number(Other):
        __tablename__ = "people"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        number = mapped_column("biography", EncryptedInteger(bound_to="id"))

    with pytest.raises(FieldsealError, match="the value is no EncryptedInteger") as refusal:
        session.connection().execute(select(Number.__table__.c.biography)).all()
    assert SECRET not in repr(refusal.value) and refusal.value.record in {uuid.UUID(int=n + 1) for n in range(3)}
    assert refusal.value.__cause__ is None and refusal.value.__context__ is None


def test_a_service_that_is_away_or_denies_leaves_the_session_usable(cluster: Cluster, engine: Engine, session: Session) -> None:
    client = engine.dialect._fieldseal.client  # type: ignore[attr-defined]
    exchange = client._channel.exchange

    def away(*_: Any) -> bytes:
        raise Unavailable(14, "no connection")

    client._channel.exchange = away
    try:
        session.add(Person(**person(40)))
        with pytest.raises(Unavailable):
            session.flush()
        session.rollback()
        with pytest.raises(Unavailable):
            session.scalars(select(Person)).all()
    finally:
        client._channel.exchange = exchange
    session.rollback()
    assert len(session.scalars(select(Person)).all()) == 3

    class Other(DeclarativeBase):
        pass

    class Foreign(Other):
        __tablename__ = "visits"
        id: Mapped[int] = mapped_column(primary_key=True)
        address = mapped_column(EncryptedString(bound_to=None, field="nobody.knows"))

    session.add(Foreign(address=SECRET))
    with pytest.raises(Denied) as refusal:
        session.flush()
    session.rollback()
    assert refusal.value.field == "nobody.knows" and SECRET not in str(refusal.value)
