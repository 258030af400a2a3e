"""Blind indexes: what is found by them, and that they follow their values."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sealed_database import SECRET, P, person, stored
from sealed_models import Person
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session, aliased


def test_search_finds_by_the_normalised_value(session: Session) -> None:
    other = aliased(Person)
    wanted = f" {SECRET.upper()}1@X"
    assert session.scalars(select(Person.place).where(Person.email == wanted)).all() == [1]
    assert session.scalars(select(Person).filter_by(email=wanted)).one().place == 1
    assert session.scalars(select(other.place).where(other.email == wanted)).all() == [1]
    assert session.scalars(select(Person.place).where(Person.email != wanted).order_by(Person.place)).all() == [0, 2]
    assert session.scalars(select(Person.place).where(Person.email.in_([wanted, None, "nobody"]))).all() == [1]
    assert session.scalars(select(Person.place).where(Person.email.in_([]))).all() == []
    assert session.scalars(select(Person.place).where(Person.email.not_in([wanted])).order_by(Person.place)).all() == [0, 2]
    assert session.query(Person).filter(wanted == Person.email).count() == 1
    joined = select(Person.place, other.place).join(other, other.email == Person.email).order_by(Person.place)
    assert [tuple(row) for row in session.execute(joined)] == [(0, 0), (1, 1), (2, 2)]
    parameter = select(Person.place).where(Person.email == sa.bindparam("mail"))
    assert [session.scalars(parameter, {"mail": mail}).all() for mail in (wanted, "nobody")] == [[1], []]
    changed = session.execute(update(Person).where(Person.email == wanted).values(place=17))
    assert changed.rowcount == 1
    assert session.get_one(Person, uuid.UUID(int=2)).place == 17
    assert session.execute(sa.delete(Person).where(Person.email == wanted)).rowcount == 1


def test_an_index_of_few_bits_finds_nothing_else(session: Session) -> None:
    session.add_all(Person(**person(number, biography=f"Text {number % 50}")) for number in range(100, 300))
    session.flush()
    counts = session.execute(text("SELECT count(DISTINCT biography_index), count(DISTINCT email_index) FROM people")).one()
    assert counts[0] <= 8 < counts[1]
    other = aliased(Person)
    assert [one.place for one in session.scalars(select(Person).where(Person.biography == "TEXT 7").order_by(Person.place))] == [
        107,
        157,
        207,
        257,
    ]
    assert session.execute(select(Person.biography).where(Person.biography == "text 7")).scalars().all() == ["Text 7"] * 4
    assert {one.place % 50 for one in session.scalars(select(other).where(other.biography.in_(["text 3", "text 4", None])))} == {
        3,
        4,
    }
    both = select(Person).where(Person.biography == "text 9", Person.email == "ada109@example.org")
    assert session.scalars(both).one().place == 109
    streamed = session.execute(select(Person).where(Person.biography == "text 9").execution_options(yield_per=2))
    assert [len(part) for part in streamed.scalars().partitions()] == [2, 2]
    assert session.scalars(select(Person).where(Person.biography == "nothing")).first() is None


def test_the_index_follows_every_change_of_the_value(session: Session) -> None:
    def places(email: str) -> list[int]:
        return list(session.scalars(select(Person.place).where(Person.email == email)).all())

    one = session.get_one(Person, uuid.UUID(int=1))
    one.email = "orm@x"
    session.flush()
    assert places("orm@x") == [0] and places(f"{SECRET}0@x") == []
    assert one.email_index == stored(session)[0].email_index
    session.execute(update(P).where(P.c.id == one.id).values(email="core@x"))
    assert places("core@x") == [0] and places("orm@x") == []
    session.execute(update(Person).where(Person.id == one.id).values(email="session@x"))
    assert places("session@x") == [0] and places("core@x") == []
    session.execute(update(P).where(P.c.id == sa.bindparam("row")), [{"row": one.id, "email": "many@x"}])
    assert places("many@x") == [0]
    one.email = None
    session.flush()
    assert places("many@x") == [] and stored(session)[0].email_index is None
    session.execute(update(P).where(P.c.id == one.id).values(email="back@x"))
    session.execute(update(P).where(P.c.place == 0).values(email=None))
    assert stored(session)[0].email_index is None
    new = Person(**person(50))
    session.add(new)
    session.flush()
    assert bytes(new.email_index or b"") == session.scalar(select(P.c.email_index).where(P.c.place == 50))


def test_uniqueness_is_the_indexs(session: Session) -> None:
    session.execute(text("CREATE UNIQUE INDEX ON people (email_index)"))
    with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
        session.add(Person(**person(60, email=f"{SECRET.upper()}1@X ")))
        session.flush()
