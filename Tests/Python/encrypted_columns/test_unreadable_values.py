"""A value that does not open: everything else is read, its attribute raises, and nothing is written over it."""

from __future__ import annotations

import asyncio
import copy
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from cluster import Cluster
from fieldseal import AsyncClient, CiphertextRejected, FieldsealError, Unavailable
from fieldseal.sqlalchemy import EncryptedInteger, EncryptionMiddleware
from sealed_database import SECRET, P, address, person, stored
from sealed_models import Note, Person
from sqlalchemy import Engine, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, composite, make_transient, mapped_column

FIRST = uuid.UUID(int=1)


@pytest.fixture
def session(session: Session) -> Session:
    """The first of three rows holds the second one's biography, the third its own as its settings."""
    session.execute(text("UPDATE people SET biography = (SELECT biography FROM people WHERE place = 1) WHERE place = 0"))
    session.execute(text("UPDATE people SET settings = biography WHERE place = 2"))
    session.commit()
    session.expunge_all()
    return session


def loaded(session: Session) -> list[Person]:
    return list(session.scalars(select(Person).order_by(Person.place)).all())


def broken(session: Session) -> tuple[bytes, bytes]:
    rows = stored(session)
    return rows[0].biography, rows[2].settings


def refused(one: Person, name: str = "biography") -> CiphertextRejected:
    with pytest.raises(CiphertextRejected) as refusal:
        getattr(one, name)
    assert (refusal.value.field, refusal.value.record) == (f"people.{name}", one.id) and str(one.id) in str(refusal.value)
    return refusal.value


def test_the_attribute_raises_and_everything_else_is_read(session: Session) -> None:
    people = loaded(session)
    assert [one.email for one in people] == [f"{SECRET}{number}@x" for number in range(3)]
    assert [one.biography for one in people[1:]] == [SECRET] * 2 and people[1].settings == person(1)["settings"]
    assert refused(people[0]) is not refused(people[0])
    refused(people[2], "settings")
    state = sa.inspect(people[0])
    assert "biography" in state.unloaded and state.attrs.biography.load_history().empty()


# --- what an application does with such an object; the broken values stay as they are


def change_something_else(session: Session, people: list[Person]) -> None:
    people[0].email, people[0].place, people[2].born = "changed@x", 0, None
    session.flush()
    assert people[0].email_index is not None


def merge_it(session: Session, people: list[Person]) -> None:
    session.expunge_all()
    people[0].email = "merged@x"
    refused(session.merge(people[0]))
    session.expunge_all()
    loaded(session)
    refused(session.merge(people[0]))
    refused(session.merge(people[1]) and session.merge(Person(id=FIRST, email="partly@x")))


def pickle_it(session: Session, people: list[Person]) -> None:
    again = pickle.loads(pickle.dumps(people[0]))
    refused(again)
    session.expunge_all()
    session.add(again)
    again.email = "pickled@x"
    session.flush()


def expire_and_refresh_it(session: Session, people: list[Person]) -> None:
    for again in (
        lambda: session.expire(people[0]),
        lambda: session.expire(people[0], ["biography"]),
        session.expire_all,
        session.commit,
        lambda: session.refresh(people[0]),
        lambda: session.refresh(people[0], ["biography", "place"]),
        lambda: session.scalars(select(Person).execution_options(populate_existing=True)).all(),
    ):
        again()
        # Of an object that has expired the broken attribute may be the first that is read, and may not.
        refused(people[0])
        again()
        assert people[0].email == f"{SECRET}0@x"
        refused(people[0])
        people[0].place += 0
        session.flush()


def write_in_bulk(session: Session, people: list[Person]) -> None:
    people[0].email = "bulk@x"
    session.bulk_save_objects(people)
    session.bulk_save_objects(people, update_changed_only=False)
    session.execute(update(Person), [{"id": FIRST, "email": "bulk2@x"}])
    session.execute(update(Person).where(Person.place == 0).values(place=0))


def load_it_again_beside_others(session: Session, people: list[Person]) -> None:
    other = sa.orm.aliased(Person)
    session.add_all(Note(owner=FIRST, name=f"{number}", text=SECRET) for number in range(3))
    session.flush()
    twice = select(Person, other).join(other, sa.true()).order_by(Person.place, other.place)
    for option in (sa.orm.joinedload(Person.notes), sa.orm.selectinload(Person.notes)):
        for prepare in (session.expunge_all, session.expire_all, lambda: None):
            prepare()
            one = session.scalars(select(Person).options(option).where(Person.place == 0)).unique().one()
            assert len(one.notes) == 3
            refused(one)
            assert len(session.execute(twice).all()) == 9
            one.place += 0
            refused(session.get_one(Person, FIRST))
    for first in (True, False):
        session.expunge_all()
        row = session.execute(twice).first()
        assert row is not None
        if not first:
            session.bulk_save_objects([sa.inspect(row[0]).obj()])
        refused(row[0])
    session.execute(sa.delete(Note))


def defer_it(session: Session, people: list[Person]) -> None:
    session.expunge_all()
    one = session.scalars(select(Person).options(sa.orm.defer(Person.biography)).where(Person.place == 0)).one()
    refused(one)
    refused(one)
    one.email = "deferred@x"
    session.flush()


def copy_it(session: Session, people: list[Person]) -> None:
    make_transient(people[0])
    people[0].id = uuid.UUID(int=50)
    for others in ([], [Person(**person(51))], [Note(owner=FIRST, name="x", text="x")]):
        session.add_all([people[0], *others])
        with pytest.raises(CiphertextRejected), session.begin_nested():
            session.flush()
        session.expunge_all()
    people[0].biography = "new"
    session.add(people[0])
    session.flush()
    session.delete(people[0])
    session.flush()


def change_its_key(session: Session, people: list[Person]) -> None:
    with session.begin_nested() as nested:
        people[0].id = uuid.UUID(int=60)
        with pytest.raises(CiphertextRejected):
            session.flush()
        nested.rollback()


@pytest.mark.parametrize(
    "work",
    [
        change_something_else,
        merge_it,
        pickle_it,
        expire_and_refresh_it,
        write_in_bulk,
        load_it_again_beside_others,
        defer_it,
        copy_it,
        change_its_key,
    ],
    ids=lambda work: work.__name__,
)
def test_nothing_is_written_over_it(session: Session, work: Callable[[Session, list[Person]], None]) -> None:
    before, people = broken(session), loaded(session)
    work(session, people)
    session.commit()
    assert broken(session) == before
    session.expunge_all()
    refused(loaded(session)[0])


def test_what_replaces_it_is_written(session: Session) -> None:
    people = loaded(session)
    people[0].biography = "mended"
    assert people[0].biography == "mended"
    people[2].settings = None
    session.commit()
    assert [one.biography for one in people] == ["mended", SECRET, SECRET] and people[2].settings is None
    session.execute(text("UPDATE people SET settings = biography WHERE place = 2"))
    session.expunge_all()
    session.merge(Person(**person(2)))
    session.commit()
    assert loaded(session)[2].settings == person(2)["settings"]


def test_what_is_mended_meanwhile_is_read(session: Session) -> None:
    people = loaded(session)
    refused(people[0])
    session.execute(update(P).where(P.c.id == FIRST).values(biography="mended"))
    refused(people[0])
    assert loaded(session)[0].biography == "mended"
    session.refresh(people[0])
    assert people[0].biography == "mended"


@pytest.mark.parametrize("copied", [lambda one: one, lambda one: pickle.loads(pickle.dumps(one))], ids=["detached", "unpickled"])
def test_a_merge_into_a_row_that_is_gone_writes_no_null(session: Session, copied: Callable[[Person], Person]) -> None:
    one = copied(loaded(session)[0])
    session.expunge_all()
    session.execute(sa.delete(Person).where(Person.id == FIRST))
    session.commit()
    session.merge(one)
    with pytest.raises(CiphertextRejected) as refusal:
        session.flush()
    assert (refusal.value.field, refusal.value.record) == ("people.biography", FIRST)
    session.rollback()
    session.merge(one).biography = "written anew"
    session.commit()
    assert session.get_one(Person, FIRST).biography == "written anew"


@pytest.mark.parametrize(
    "statement",
    [
        select(Person.biography),
        select(Person.id, Person.biography),
        select(Person, Person.biography),
        select(P),
        select(sa.orm.Bundle("two", Person.id, Person.biography)),
        select(Person).where(Person.biography == SECRET),
    ],
    ids=["column", "columns", "beside an object", "core", "bundle", "searched by few bits"],
)
def test_what_goes_into_no_object_raises_where_it_is_fetched(session: Session, statement: Any) -> None:
    with pytest.raises(CiphertextRejected) as refusal:
        session.execute(statement).all()
    assert (refusal.value.field, refusal.value.record) == ("people.biography", FIRST)
    with pytest.raises(CiphertextRejected):
        session.connection().execute(select(Person)).all()


def test_streams_and_relations(session: Session) -> None:
    session.add_all(Note(owner=FIRST, name=f"{number}", text=SECRET) for number in range(3))
    session.flush()
    session.execute(text("UPDATE notes SET text = 'fs1:' WHERE name = '1'"))
    session.expunge_all()
    people = session.scalars(select(Person).order_by(Person.place).execution_options(yield_per=1))
    for number, one in enumerate(people):
        assert one.email == f"{SECRET}{number}@x"
        assert refused(one) if number == 0 else one.biography == SECRET
    one = session.get_one(Person, FIRST)
    assert [note.name for note in one.notes] == ["0", "1", "2"] and one.notes[2].text == SECRET
    with pytest.raises(CiphertextRejected) as refusal:
        one.notes[1].text  # noqa: B018
    assert refusal.value.record == (FIRST, "1")


def test_what_is_made_of_several_columns_is_not_made(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Words:
        def __init__(self, email: str, biography: str) -> None:
            self.words = email, biography

    class Reader(Other):
        __table__ = P.to_metadata(Other.metadata)
        words: Mapped[Words] = composite(Words, __table__.c.email, __table__.c.biography)

    people = session.scalars(select(Reader).order_by(Reader.place)).all()
    with pytest.raises(CiphertextRejected):
        people[0].words  # noqa: B018
    assert people[1].words.words == (f"{SECRET}1@x", SECRET)


def test_a_subclass_has_its_parents_attribute(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Human(Other):
        __table__ = P.to_metadata(Other.metadata)
        __mapper_args__ = {"polymorphic_on": sa.case((__table__.c.place == 0, "first"), else_="human")}
        __mapper_args__ |= {"polymorphic_identity": "human"}

    class First(Human):
        __mapper_args__ = {"polymorphic_identity": "first"}

    first, *others = session.scalars(select(Human).order_by(Human.__table__.c.place)).all()
    assert type(first) is First and [one.biography for one in others] == [SECRET] * 2
    with pytest.raises(CiphertextRejected):
        first.biography  # noqa: B018
    session.expire(first)
    with pytest.raises(CiphertextRejected):
        first.biography  # noqa: B018


def test_a_service_that_is_away_is_no_fault_of_the_value(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = engine.dialect._fieldseal.client  # type: ignore[attr-defined]
    monkeypatch.setattr(client, "run", lambda operation, batch: [Unavailable(14, "key management is away")] * len(batch))
    with pytest.raises(Unavailable, match="people.email of the row"):
        loaded(session)


def test_a_value_of_another_kind_raises_too_and_shows_nothing(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Number(Other):
        __tablename__ = "people"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        place: Mapped[int]
        number = mapped_column("biography", EncryptedInteger(bound_to="id"))

    one = session.scalars(select(Number).where(Number.place == 1)).one()
    with pytest.raises(FieldsealError, match="the value is no EncryptedInteger") as refusal:
        one.number  # noqa: B018
    assert SECRET not in repr(refusal.value) and refusal.value.record == one.id
    assert copy.copy(refusal.value).record == one.id


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_on_an_asyncio_engine_it_raises_without_waiting(cluster: Cluster, engine: Engine, driver: str) -> None:
    async def run() -> None:
        asynchronous = create_async_engine(address(cluster, driver))
        client = AsyncClient(cluster.configuration("backend"), patience=60)
        EncryptionMiddleware(client).install(asynchronous)
        try:
            async with AsyncSession(asynchronous) as session:
                session.add_all(Person(**person(number)) for number in range(2))
                await session.flush()
                await session.execute(text("UPDATE people SET biography = email WHERE place = 0"))
                session.expunge_all()
                people = (await session.scalars(select(Person).order_by(Person.place))).all()
                assert [one.email for one in people] == [person(number)["email"] for number in range(2)]
                refused(people[0])
                await session.refresh(people[0])
                refused(people[0])
                people[0].email = "changed@x"
                await session.flush()
                await session.rollback()
        finally:
            await client.close()
            await asynchronous.dispose()

    asyncio.run(run())
