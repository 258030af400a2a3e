"""How many calls to the service the unit of work, results and searches make, on ordinary and on asyncio engines."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cluster import Cluster
from fieldseal import Client
from fieldseal.sqlalchemy import EncryptionMiddleware
from fieldseal.sqlalchemy.sealing import current_flush
from sealed_database import AsyncCounted, address, person
from sealed_models import Base, Note, Person, Visit
from sqlalchemy import Engine, create_engine, insert, select, update
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, defer, joinedload, selectinload

ROWS = 1000


@pytest.fixture
def calls(engine: Engine) -> list[str]:
    found: list[str] = engine.dialect._fieldseal.client.calls  # type: ignore[attr-defined]
    found.clear()
    return found


@pytest.fixture
def session(engine: Engine, calls: list[str]) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


def four(number: int) -> dict[str, Any]:
    """A row with four encrypted values, of which one has an index."""
    values = person(number)
    return {name: values[name] for name in ("id", "place", "email", "biography", "settings", "number")}


# --- writing


def test_a_flush_of_a_thousand_rows_is_one_call(session: Session, calls: list[str]) -> None:
    session.add_all(Person(**four(number)) for number in range(ROWS))
    session.flush()
    assert calls == ["Encrypt"]
    calls.clear()
    session.expire_all()
    people = session.scalars(select(Person).order_by(Person.place)).all()
    assert [one.email for one in people] == [four(number)["email"] for number in range(ROWS)]
    assert calls == ["Decrypt"]


def test_a_flush_of_several_tables_and_kinds_of_change_is_one_call(session: Session, calls: list[str]) -> None:
    people = [Person(**four(number)) for number in range(20)]
    session.add_all(people)
    session.flush()
    calls.clear()
    for number, one in enumerate(people):
        one.email = f"changed{number}@x"
        one.biography = None if number % 2 else "changed"
        if number % 3:
            one.settings["tags"].append("more")
    people[0].id = uuid.UUID(int=5000)
    session.add_all([*(Person(**four(number)) for number in range(100, 110)), *(Visit(address="x") for _ in range(10))])
    session.add_all(Note(owner=people[1].id, name=f"{number}", text="text") for number in range(10))
    session.flush()
    assert calls == ["Encrypt"]


def test_what_changes_in_expired_objects_is_sealed_at_once(session: Session, calls: list[str]) -> None:
    one, other = Person(**four(1)), Note(owner=uuid.UUID(int=2), name="a", text="text")
    session.add_all([one, other])
    session.commit()
    calls.clear()
    one.email, other.text = "new@x", "new"
    session.flush()
    # SQLAlchemy itself reads what else is expired, as it does with plain columns.
    assert calls.count("Encrypt") == 1 and len(one.__dict__["email_index"]) == 16
    assert session.scalars(select(Person.place).where(Person.email == "new@x")).one() == 1


def test_a_flush_that_fails_leaves_nothing_behind(session: Session, engine: Engine) -> None:
    client = engine.dialect._fieldseal.client  # type: ignore[attr-defined]
    session.add_all([Person(**four(1)), Visit(address="x")])
    exchange, client._channel.exchange = client._channel.exchange, lambda *_: 1 / 0
    try:
        with pytest.raises(ZeroDivisionError):
            session.flush()
    finally:
        client._channel.exchange = exchange
    assert current_flush.get() is None
    session.flush()
    assert current_flush.get() is None


def test_nothing_is_sealed_that_does_not_change(session: Session, calls: list[str]) -> None:
    one = Person(**four(1))
    session.add(one)
    session.commit()
    assert one.email is not None
    calls.clear()
    one.email = one.email
    one.place = 5
    session.flush()
    session.add(Visit(address=None))
    session.flush()
    assert calls == []


def test_bulk_and_core_statements_are_one_call_each(session: Session, calls: list[str]) -> None:
    for statement in (insert(Person), insert(Person.__table__)):
        session.execute(statement, [four(number) for number in range(ROWS)])
        assert calls == ["Encrypt"]
        calls.clear()
        session.execute(update(Person), [{"id": uuid.UUID(int=n + 1), "email": "x"} for n in range(100)])
        assert calls == ["Encrypt"]
        calls.clear()
        session.execute(Person.__table__.delete())
    found = session.scalars(insert(Person).returning(Person), [four(number) for number in range(100)]).all()
    assert len(found) == 100 and calls == ["Encrypt", "Decrypt"]


# --- reading


@pytest.fixture
def filled(session: Session, calls: list[str]) -> list[str]:
    session.execute(insert(Person), [four(number) for number in range(ROWS)])
    session.execute(insert(Note), [{"owner": uuid.UUID(int=n % 10 + 1), "name": f"{n}", "text": f"{n}"} for n in range(100)])
    session.commit()
    calls.clear()
    return calls


@pytest.mark.parametrize(
    "statement",
    [
        select(Person),
        select(Person.email, Person.biography),
        select(Person.__table__),
        select(Person).execution_options(stream_results=True),
        select(Note.text, Person).join(Note.person),
        select(Note).options(joinedload(Note.person)),
    ],
    ids=["entities", "columns", "core", "stream", "join", "joined load"],
)
def test_a_result_is_one_call_however_it_is_fetched(session: Session, filled: list[str], statement: Any) -> None:
    session.execute(statement).all()
    assert filled == ["Decrypt"]
    filled.clear()
    for row in session.connection().execute(statement):
        tuple(row)
    assert filled == ["Decrypt"]


def test_chunks_relations_and_single_attributes(session: Session, filled: list[str]) -> None:
    def counted(work: Callable[[], Any]) -> int:
        session.expire_all()
        filled.clear()
        work()
        return len(filled)

    assert counted(lambda: [one.email for one in session.scalars(select(Person).execution_options(yield_per=100))]) == 10
    assert counted(lambda: [len(part) for part in session.execute(select(Person.email)).partitions(100)]) == 1
    assert counted(lambda: session.scalars(select(Person).options(selectinload(Person.notes))).all()) == 2
    one = session.get_one(Person, uuid.UUID(int=1))
    assert counted(lambda: one.notes) == 2
    assert counted(lambda: (one.email, one.biography, one.settings)) == 1
    assert counted(lambda: session.refresh(one)) == 1
    session.expunge_all()
    deferred = session.scalars(select(Person).options(defer(Person.email)).where(Person.place == 1)).one()
    filled.clear()
    assert deferred.email == four(1)["email"] and filled == ["Decrypt"]
    filled.clear()
    assert session.scalars(select(Person).where(Person.place == -1)).all() == [] and filled == []
    assert session.scalars(select(Person.place)).all() and filled == []


def test_more_than_a_message_holds_is_split(session: Session, calls: list[str]) -> None:
    session.add_all(Visit(address="x" * 1_000_000) for _ in range(10))
    session.flush()
    assert set(calls) == {"Encrypt"} and 3 <= len(calls) <= 4
    session.expire_all()
    calls.clear()
    assert {len(one.address or "") for one in session.scalars(select(Visit))} == {1_000_000}
    assert set(calls) == {"Decrypt"} and 3 <= len(calls) <= 4


def test_a_search_asks_for_all_its_indexes_at_once(session: Session, filled: list[str]) -> None:
    wanted = [four(number)["email"] for number in range(50)]
    assert len(session.scalars(select(Person).where(Person.email.in_(wanted) | (Person.email == "other@x"))).all()) == 50
    assert filled == ["BlindIndex", "Decrypt"]


# --- asyncio


@asynccontextmanager
async def running(cluster: Cluster, driver: str) -> AsyncIterator[tuple[AsyncSession, list[str]]]:
    engine = create_async_engine(address(cluster, driver))
    client = AsyncCounted(cluster.configuration("backend"), patience=60)
    middleware = EncryptionMiddleware(client)
    middleware.install(engine)
    await middleware.check_async(Base.metadata)
    try:
        async with engine.connect() as connection, AsyncSession(connection, join_transaction_mode="create_savepoint") as session:
            transaction = await connection.begin()
            await session.execute(insert(Person), [four(number) for number in range(100)])
            await session.execute(insert(Note), [{"owner": uuid.UUID(int=1), "name": f"{n}", "text": f"{n}"} for n in range(5)])
            client.calls.clear()
            yield session, client.calls
            await transaction.rollback()
    finally:
        await client.close()
        await engine.dispose()


ASYNCHRONOUS: dict[str, Callable[[AsyncSession, list[str]], Awaitable[None]]] = {}


def asynchronous(work: Callable[[AsyncSession, list[str]], Awaitable[None]]) -> Any:
    ASYNCHRONOUS[work.__name__] = work
    return work


@asynchronous
async def flush(session: AsyncSession, calls: list[str]) -> None:
    session.add_all([*(Person(**four(number)) for number in range(200, 300)), Visit(address="x")])
    await session.flush()
    assert calls == ["Encrypt"]


@asynchronous
async def entities(session: AsyncSession, calls: list[str]) -> None:
    people = (await session.scalars(select(Person).order_by(Person.place))).all()
    assert [one.settings for one in people] == [four(number)["settings"] for number in range(100)]
    assert calls == ["Decrypt"]


@asynchronous
async def core_rows(session: AsyncSession, calls: list[str]) -> None:
    result = await (await session.connection()).execute(select(Person.__table__.c.email).order_by(Person.__table__.c.place))
    assert result.fetchone() == (four(0)["email"],) and len(result.all()) == 99
    assert calls == ["Decrypt"]


@asynchronous
async def streams(session: AsyncSession, calls: list[str]) -> None:
    result = await session.stream(select(Person).order_by(Person.place).execution_options(yield_per=25))
    assert [one.email async for one in result.scalars()] == [four(number)["email"] for number in range(100)]
    assert calls == ["Decrypt"] * 4


@asynchronous
async def relations_and_refresh(session: AsyncSession, calls: list[str]) -> None:
    one = (await session.scalars(select(Person).options(selectinload(Person.notes)).where(Person.place == 0))).one()
    assert [note.text for note in one.notes] == ["0", "1", "2", "3", "4"]
    assert calls == ["Decrypt"] * 2
    await session.refresh(one, ["email"])
    session.expire(one)
    await session.refresh(one)
    one.email = "new@x"
    await session.commit()
    found = await session.get(Person, uuid.UUID(int=1))
    assert found is not None and found.email == "new@x"


@asynchronous
async def searches(session: AsyncSession, calls: list[str]) -> None:
    found = (await session.scalars(select(Person.place).where(Person.email.in_([four(3)["email"], four(5)["email"]])))).all()
    assert sorted(found) == [3, 5] and calls == ["BlindIndex"]
    one = (await session.scalars(select(Person).filter_by(email=" ADA7@EXAMPLE.ORG "))).one()
    assert one.place == 7


@asynchronous
async def changes(session: AsyncSession, calls: list[str]) -> None:
    await session.execute(update(Person).where(Person.id == uuid.UUID(int=1)).values(email="core@x"))
    returned = (await session.execute(insert(Person).values(**four(500)).returning(Person.email, Person.settings))).one()
    assert tuple(returned) == (four(500)["email"], four(500)["settings"])
    assert (await session.scalars(select(Person.place).where(Person.email == "core@x"))).one() == 0
    merged = await session.merge(Person(**(four(2) | {"biography": "merged"})))
    await session.flush()
    assert merged.biography == "merged"


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("name", ASYNCHRONOUS)
def test_on_an_asyncio_engine(cluster: Cluster, engine: Engine, driver: str, name: str) -> None:
    async def run() -> None:
        async with running(cluster, driver) as (session, calls):
            await ASYNCHRONOUS[name](session, calls)

    asyncio.run(run())


def test_a_client_of_the_wrong_kind_is_refused(cluster: Cluster) -> None:
    with pytest.raises(ArgumentError, match="AsyncClient"):
        EncryptionMiddleware(Client(cluster.configuration("backend"))).install(create_async_engine(address(cluster, "asyncpg")))
    with pytest.raises(ArgumentError, match="AsyncClient"):
        EncryptionMiddleware(AsyncCounted(cluster.configuration("backend"))).install(create_engine(address(cluster, "psycopg")))


def test_many_threads_share_an_engine(engine: Engine) -> None:
    def work(number: int) -> bool:
        with Session(engine) as session:
            session.add_all([Person(**four(number * 100 + one)) for one in range(20)] + [Visit(address=f"{number}")])
            session.flush()
            session.expire_all()
            own = session.scalars(select(Person).where(Person.place.between(number * 100, number * 100 + 99))).all()
            emails = {one.email for one in own}
            found = session.scalars(select(Person.place).where(Person.email == four(number * 100)["email"])).all()
            session.rollback()
        return emails == {four(number * 100 + one)["email"] for one in range(20)} and found == [number * 100]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(1, 25)))
