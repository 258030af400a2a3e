"""Statements that would mean something else are refused, and keys name the rows that they are read back by."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from fieldseal.sqlalchemy import EncryptedString
from sealed_database import SECRET, P, V, person
from sealed_models import Note, Person
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

STATEMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "an expression": (lambda: update(P).where(P.c.id == uuid.UUID(int=1)).values(email=func.lower(SECRET)), "takes a value"),
    "another type": (lambda: insert(V).values(address=sa.literal(SECRET)), "takes a value"),
    "another type in one of several rows": (
        lambda: insert(V).values([{"address": "x"}, {"address": sa.literal(SECRET)}]),
        "takes a value",
    ),
    "another column": (lambda: update(P).where(P.c.id == uuid.UUID(int=1)).values(biography=P.c.email), "takes a value"),
    "a select": (lambda: insert(P).from_select(["id", "email"], select(P.c.id, P.c.email)), "cannot be filled from a SELECT"),
    "an update without the row": (lambda: update(P).where(P.c.place == 1).values(biography=SECRET), "needs people.id = value"),
    "an update of one of two rows": (
        lambda: update(P).where((P.c.id == uuid.UUID(int=1)) | (P.c.id == uuid.UUID(int=2))).values(biography=SECRET),
        "needs people.id = value",
    ),
    "a new key": (lambda: update(P).where(P.c.id == uuid.UUID(int=1)).values(id=uuid.UUID(int=9)), "which changes"),
    "an upsert about another column": (
        lambda: upsert(P).values(**person(1)).on_conflict_do_update(index_elements=["place"], set_={"picture": b"x"}),
        "only where the conflict is about id",
    ),
    "an upsert without the index": (
        lambda: upsert(P).values(**person(1)).on_conflict_do_update(index_elements=["id"], set_={"email": "x"}),
        "must set its index email_index",
    ),
    "an update of the row of an alias": (
        lambda: (lambda other: update(P).where(other.c.id == uuid.UUID(int=1), P.c.place == other.c.place).values(biography="x"))(
            P.alias()
        ),
        "needs people.id = value",
    ),
    "a comparison without an index": (lambda: select(P).where(P.c.picture == b"x"), "needs a blind index"),
    "a narrow index in an alternative": (lambda: select(P).where((P.c.biography == SECRET) | (P.c.place == 1)), "of few bits"),
    "a narrow index without the value": (lambda: select(P.c.id).where(P.c.biography == SECRET), "of few bits"),
    "a narrow index and a limit": (lambda: select(P).where(P.c.biography == SECRET).limit(1), "of few bits"),
    "a narrow index to delete by": (lambda: P.delete().where(P.c.biography == SECRET), "of few bits"),
    "a narrow index and not equal": (lambda: select(P).where(P.c.biography != SECRET), "of few bits"),
    "smaller": (lambda: select(P).where(P.c.email < SECRET), "cannot be answered"),
    "like": (lambda: select(P).where(P.c.email.like("%x%")), "parts of texts need an index"),
    "contains": (lambda: select(P).where(P.c.email.contains("x")), "parts of texts need an index"),
    "concatenation": (lambda: select(P.c.email + "x"), "cannot be answered"),
    "descending": (lambda: select(P).order_by(P.c.email.desc()), "cannot be answered"),
    "ascending": (lambda: select(P).order_by(P.c.place, P.c.email), "ordered or grouped"),
    "the function desc": (
        lambda: select(Person).order_by(sa.nulls_last(sa.desc(Person.email))),
        # Of the one SQLAlchemy's operator tells, of the other the statement.
        "cannot be answered|ordered or grouped",
    ),
    "order by a label": (lambda: select(P.c.email.label("mail")).order_by("mail"), "ordered or grouped"),
    "groups": (lambda: select(func.count()).group_by(P.c.email), "ordered or grouped"),
    "two fields": (lambda: select(P).where(P.c.email == P.c.biography), "cannot be seen"),
    "an expression over it": (lambda: select(func.max(P.c.email)), "cannot be opened"),
    "a subquery without the key": (lambda: select(select(P.c.email).subquery().c.email), "needs the column id"),
    "a text without the key": (lambda: text("SELECT email FROM people").columns(P.c.email), "must select"),
    "a loose parameter": (lambda: select(sa.func.length(sa.bindparam("x", SECRET, type_=P.c.email.type))), "cannot be told"),
    "a list from a select": (lambda: select(P).where(P.c.email.in_(select(P.c.email))), "a list of values"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_cannot_work_says_so(session: Session, name: str) -> None:
    statement, words = STATEMENTS[name]
    with pytest.raises(InvalidRequestError, match=words) as refusal, session.begin_nested():
        session.connection().execute(statement()).all()
    assert SECRET not in str(refusal.value)


def test_a_key_names_the_row_by_what_is_read_back(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Keyed(Other):
        __tablename__ = "keyed"
        uuid: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
        number: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True)
        name: Mapped[str] = mapped_column(primary_key=True)
        day: Mapped[datetime.date] = mapped_column(primary_key=True)
        blob: Mapped[bytes] = mapped_column(primary_key=True)
        # The catalog knows this field with one key column; what counts here is that both ends agree.
        value: Mapped[str] = mapped_column(EncryptedString(("uuid", "number", "name", "day", "blob"), field="notes.text"))

    session.connection().execute(sa.schema.CreateTable(Keyed.__table__))  # type: ignore[arg-type]
    key = Keyed.__table__.c.value.type.sealing.key  # type: ignore[attr-defined]
    values = ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", -7, "ä ", datetime.date(1969, 12, 31), bytearray(b"\x00\xff"))
    raw = (
        session.connection()
        .execute(
            sa.text(
                "WITH k AS (SELECT CAST(:uuid AS uuid) AS uuid, CAST(:number AS smallint) AS number, CAST(:name AS text) AS name, "
                "CAST(:day AS date) AS day, CAST(:blob AS bytea) AS blob) SELECT uuid_send(uuid) || int8send(CAST(number AS bigint)) || "
                "int4send(octet_length(convert_to(name, 'UTF8'))) || convert_to(name, 'UTF8') || date_send(day) || "
                "int4send(octet_length(blob)) || blob FROM k"
            ),
            dict(zip(("uuid", "number", "name", "day", "blob"), values)),
        )
        .scalar_one()
    )
    assert key.record(bytes(raw)) == key.field(values)
    for broken in (("x", *values[1:]), (values[0], "7", *values[2:]), (values[0], True, *values[2:])):
        with pytest.raises(TypeError, match="expected, not"):
            key.field(broken)


def test_a_key_that_the_database_makes_binds_nothing(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Serial(Other):
        __tablename__ = "serials"
        id: Mapped[int] = mapped_column(primary_key=True)
        secret: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id"))

    session.connection().execute(sa.schema.CreateTable(Serial.__table__))  # type: ignore[arg-type]
    session.add(Serial(secret=None))
    session.flush()
    session.add(Serial(secret=SECRET))
    with pytest.raises(InvalidRequestError, match="bound to serials.id, which this INSERT does not know"):
        session.flush()


def test_rebind_gives_a_row_another_key(engine: Engine, session: Session) -> None:
    middleware = engine.dialect._fieldseal  # type: ignore[attr-defined]
    old, new = uuid.UUID(int=1), uuid.UUID(int=500)
    session.add(Note(owner=old, name="a", text=SECRET))
    session.flush()
    middleware.client.calls.clear()
    session.execute(text("ALTER TABLE notes DROP CONSTRAINT notes_owner_fkey"))
    middleware.rebind(session.connection(), Note.__table__, {"owner": old, "name": "a"}, {"owner": new})
    middleware.rebind(session.connection(), P, {"id": old}, {"id": new})
    assert middleware.client.calls == ["Rebind", "Rebind"]
    session.expire_all()
    moved = session.get_one(Person, new)
    assert moved.email == f"{SECRET}0@x" and moved.settings == person(0)["settings"]
    assert session.scalars(select(Person.id).where(Person.email == f"{SECRET}0@x")).one() == new
    assert session.get_one(Note, (new, "a")).text == SECRET
    with pytest.raises(sa.exc.NoResultFound):
        middleware.rebind(session.connection(), P, {"id": old}, {"id": new})


def test_a_key_that_another_tables_flush_changes_is_refused(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Owner(Other):
        __tablename__ = "people"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        pets: Mapped[list[Pet]] = sa.orm.relationship(passive_updates=False)

    class Pet(Other):
        __tablename__ = "notes"
        owner: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
        name: Mapped[str] = mapped_column(primary_key=True)
        text: Mapped[str | None] = mapped_column(EncryptedString(bound_to=("owner", "name"), text=True))

    session.add(Note(owner=uuid.UUID(int=1), name="a", text=SECRET))
    session.flush()
    session.get_one(Owner, uuid.UUID(int=1)).id = uuid.UUID(int=77)
    with pytest.raises(InvalidRequestError, match="notes.text is bound to owner, name, which changes"):
        session.flush()
