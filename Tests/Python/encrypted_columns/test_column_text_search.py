"""Beginnings and parts of encrypted texts: the same rows as LIKE finds in plain ones, or a clear refusal."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from cluster import Cluster
from fieldseal import FieldsealError, Value
from fieldseal.sqlalchemy import EncryptedString, EncryptionMiddleware, TrigramIndex
from fieldseal.sqlalchemy.patterns import TextPattern
from sealed_database import AsyncCounted, Counted, address
from sealed_models import Base, Contact, Person
from sqlalchemy import Engine, create_engine, select, text, update
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column
from sqlalchemy.sql import operators

FIRST = "Ada Alan Anna Anne Ann Bea Bo Carl Carla Dana Daniel O'Neil 100% a_b c\\d Zoë".split()
LAST = "Lovelace Turing Smith Smithson Smythe Meyer Meier Maier Li Loveless Anderson Sanders".split()
NAMES = [f"{first} {last}" for first in FIRST for last in LAST]


@pytest.fixture(scope="module", params=["psycopg", "psycopg2"])
def driver_engine(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Engine]:
    engine = create_engine(address(cluster, request.param))
    EncryptionMiddleware(Counted(cluster.configuration("backend"), patience=60)).install(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def contacts(driver_engine: Engine) -> Iterator[Session]:
    """All the names, and beside them in plain."""
    with driver_engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add_all(Contact(id=uuid.UUID(int=number), name=name) for number, name in enumerate(NAMES))
            session.add_all([Contact(id=uuid.UUID(int=1000), name=None), Contact(id=uuid.UUID(int=1001), name="x")])
            session.commit()
            session.execute(text("CREATE TEMPORARY TABLE plain (id uuid, name text)"))
            plain = [{"id": uuid.UUID(int=number), "name": name} for number, name in enumerate(NAMES)]
            session.execute(text("INSERT INTO plain VALUES (:id, :name)"), plain)
            yield session
        transaction.rollback()


PLAIN = sa.table("plain", sa.column("id", sa.Uuid), sa.column("name", sa.String))
SEARCHES: list[Callable[[Any], Any]] = [
    lambda name: name.istartswith("an"),
    lambda name: name.istartswith("ANNE SM"),
    lambda name: name.istartswith("nobody"),
    lambda name: name.icontains("smith"),
    lambda name: name.icontains("n L"),
    lambda name: name.icontains("MEIER"),
    lambda name: name.iendswith("ers"),
    lambda name: name.iendswith("smith"),
    lambda name: name.ilike("ann% li"),
    lambda name: name.ilike("%ann%son"),
    lambda name: name.ilike("anne smith"),
    lambda name: name.ilike("an_e smi%"),
    lambda name: name.ilike("%smi_hson"),
    lambda name: name.ilike("%love%e%s"),
    lambda name: name.ilike("100\\% l%"),
    lambda name: name.ilike("100/% l%", escape="/"),
    lambda name: name.ilike("a\\_b turing"),
    lambda name: name.istartswith("100%", autoescape=True),
    lambda name: name.icontains("_b ", autoescape=True),
    lambda name: name.icontains("c\\\\d"),
    lambda name: name.icontains("o'neil"),
    lambda name: sa.and_(name.istartswith("da"), name.icontains("love")),
    lambda name: name.ilike("%zoë%"),
]


@pytest.mark.parametrize("number", range(len(SEARCHES)))
def test_the_same_rows_are_found_as_in_plain_columns(contacts: Session, number: int) -> None:
    search = SEARCHES[number]
    wanted = contacts.scalars(select(PLAIN.c.name).where(search(PLAIN.c.name)).order_by(PLAIN.c.id)).all()
    found = contacts.scalars(select(Contact).where(search(Contact.name)).order_by(Contact.id)).all()
    assert [one.name for one in found] == wanted
    other = aliased(Contact)
    assert contacts.execute(select(other.name).where(search(other.name)).order_by(other.id)).scalars().all() == wanted


def test_case_is_that_of_the_normaliser(contacts: Session) -> None:
    assert len(contacts.scalars(select(Contact).where(Contact.name.startswith("ANNA "))).all()) == len(LAST)
    assert len(contacts.scalars(select(Contact).where(Contact.name.like("%SMITHSON"))).all()) == len(FIRST)
    assert contacts.scalars(select(Contact).where(Contact.name == "ZOË li")).one().name == "Zoë Li"


def test_filters_narrow_down_what_is_opened(contacts: Session, driver_engine: Engine) -> None:
    """In SQL: of those that do not match, few share the bits."""
    with contacts.bind.begin_nested():  # type: ignore[union-attr]
        client = driver_engine.dialect._fieldseal.client  # type: ignore[attr-defined]
        for index, term, most in (("prefix", b"anders", 3), ("trigram", b"smithson", 3 + len(FIRST))):
            (answer,) = client.blind_index([Value("contacts.name", term, indexes=(index,), is_term=True)])
            bits = format(int.from_bytes(answer[0], "big"), f"0{len(answer[0]) * 8}b")
            column = {"prefix": "name_prefix", "trigram": "name_parts"}[index]
            query = text(
                f"SELECT count(*) FROM contacts WHERE {column} & CAST(:bits AS bit({len(bits)})) = CAST(:bits AS bit({len(bits)}))"
            )
            assert contacts.scalar(query, {"bits": bits}) <= most, index


def test_filters_follow_their_values(contacts: Session) -> None:
    with contacts.begin_nested() as savepoint:
        one = contacts.get_one(Contact, uuid.UUID(int=5))
        before = one.name_parts
        one.name = "Somebody Else"
        contacts.flush()
        assert one.name_parts != before and set(one.name_parts or "") == {"0", "1"}
        contacts.expire_all()
        assert contacts.scalars(select(Contact).where(Contact.name.contains("body el"))).one() is one
        contacts.execute(update(Contact).where(Contact.id == one.id).values(name="Third Name"))
        assert contacts.scalars(select(Contact).where(Contact.name.startswith("thi"))).one().id == one.id
        one.name = None
        contacts.flush()
        stored = contacts.execute(text("SELECT name_prefix, name_parts FROM contacts WHERE id = :id"), {"id": one.id}).one()
        assert tuple(stored) == (None, None)
        copied = contacts.merge(Contact(id=uuid.UUID(int=7), name_parts=contacts.get_one(Contact, uuid.UUID(int=6)).name_parts))
        assert copied.name == NAMES[7]
        savepoint.rollback()


def test_phone_numbers_and_last_digits(contacts: Session) -> None:
    with contacts.begin_nested() as savepoint:
        contacts.add(Contact(id=uuid.UUID(int=2000), phone="+49 (30) 12-34"))
        contacts.flush()
        for number in ("0049301234", "49 30 1234"):
            assert contacts.scalars(select(Contact).where(Contact.phone == number)).one().phone == "+49 (30) 12-34"
        assert contacts.scalars(select(Contact).where(Contact.phone == "030 1234")).all() == []
        assert contacts.scalars(select(Contact.phone).where(Contact.phone_last == "xx-1234")).all() == ["+49 (30) 12-34"]
        savepoint.rollback()


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: Contact.name.startswith("a"),
        "too short: its values are found by at least 2 characters of their beginning or 3 char",
    ),
    (lambda: Contact.name.contains("an"), "too short"),
    (lambda: Contact.name.like("%an%x_y%"), "too short"),
    (lambda: Contact.name.like("_nn%"), "too short"),
    (lambda: Contact.name.like("%"), "too short"),
    (lambda: Contact.name.not_like("ann%"), "cannot be answered over ciphertext"),
    (lambda: ~Contact.name.startswith("ann"), "SELECT without LIMIT demands the match for every row"),
    (lambda: Contact.name.like("ann\\"), "ends with its escape character"),
    (lambda: Contact.name.startswith(Contact.phone), "known when the statement is made"),
    (lambda: Contact.name.startswith(sa.bindparam("x")), "known when the statement is made"),
    (lambda: Contact.phone.startswith("49"), "declare a PrefixIndex or TrigramIndex"),
    (lambda: Person.number.startswith("49"), "no text that has parts"),
    (lambda: Contact.name.regexp_match("a.*"), "cannot be answered over ciphertext"),
    (lambda: Contact.name_parts == "abc", "search its encrypted column"),
    (lambda: sa.or_(Contact.name.startswith("ann"), Contact.name.is_(None)), "demands the match for every row"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_found_is_refused(contacts: Session, number: int) -> None:
    make, why = REFUSED[number]
    with pytest.raises((InvalidRequestError, sa.exc.StatementError), match=why):
        contacts.scalars(select(Contact).where(make())).all()


def test_a_search_selects_what_it_finds(contacts: Session) -> None:
    for statement in (
        select(Contact.id).where(Contact.name.startswith("ann")),
        select(Contact).where(Contact.name.startswith("ann")).limit(1),
        sa.delete(Contact).where(Contact.name.startswith("ann")),
    ):
        with pytest.raises(InvalidRequestError, match="SELECT without LIMIT"):
            contacts.execute(statement)


def test_the_service_refuses_what_is_too_short_or_no_part(cluster: Cluster) -> None:
    client = cluster.client()
    values = [
        Value("contacts.name", b"a", indexes=("prefix",), is_term=True),
        Value("contacts.name", b"an", indexes=("trigram",), is_term=True),
        Value("contacts.name", b"anna", indexes=("equality",), is_term=True),
        Value("contacts.name", b"an", indexes=("prefix", "trigram")),
    ]
    *refused, taken = client.blind_index(values)
    assert [str(error) for error in refused if isinstance(error, FieldsealError)] == [
        "INVALID_ARGUMENT: the text is too short to be searched for",
        "INVALID_ARGUMENT: the text is too short to be searched for",
        "INVALID_ARGUMENT: the blind index finds whole values only",
    ]
    assert not isinstance(taken, FieldsealError) and [len(one) for one in taken] == [32, 64]


def test_the_declaration_is_the_catalogs(cluster: Cluster, driver_engine: Engine) -> None:
    class Other(DeclarativeBase):
        pass

    class Wrong(Other):
        __tablename__ = "contacts"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        name = mapped_column(EncryptedString(bound_to="id"))
        first = mapped_column(TrigramIndex("name", "prefix", normaliser="casefold"))
        second = mapped_column(TrigramIndex("name", bits=256, normaliser="casefold"))

    middleware = driver_engine.dialect._fieldseal  # type: ignore[attr-defined]
    middleware.check(Base.metadata)
    with pytest.raises(Exception, match="of the kind prefix") as refusal:
        middleware.check(Other.metadata)
    assert "second must be declared with bits=512" in str(refusal.value)


def test_an_asyncio_engine_searches_and_writes_filters(cluster: Cluster, driver_engine: Engine) -> None:
    async def run() -> None:
        engine = create_async_engine(address(cluster, "asyncpg"))
        client = AsyncCounted(cluster.configuration("backend"), patience=60)
        EncryptionMiddleware(client).install(engine)
        async with engine.connect() as connection:
            await connection.execute(sa.insert(Contact.__table__), [{"id": uuid.uuid4(), "name": name} for name in NAMES[:30]])
            query = select(Contact.__table__).where(Contact.__table__.c.name.contains("smith"))
            rows = (await connection.execute(query)).all()
            assert sorted(row.name for row in rows) == sorted(name for name in NAMES[:30] if "Smith" in name)
            assert all(len(row.name_parts) == 512 and set(row.name_parts) == {"0", "1"} for row in rows)
            await connection.rollback()
        await client.close()
        await engine.dispose()

    asyncio.run(run())


def test_patterns_match_as_like_does() -> None:
    for pattern, matching, others in (
        ("a%", ["a", "ab", "a\nb"], ["", "ba"]),
        ("%a%b%", ["ab", "xaxbx"], ["ba", "a"]),
        ("_", ["a", "ß"], ["", "ab"]),
        ("a%a", ["aa", "aba"], ["a", "ab"]),
        ("%_a", ["ba", "aaa"], ["a"]),
        ("%ab%ab", ["abab", "xabxxab"], ["ab", "aab"]),
        ("a.c", ["a.c"], ["abc"]),
        ("", [""], ["a"]),
        ("%%", ["", "a"], []),
    ):
        found = TextPattern.of(operators.like_op, pattern, "none")
        assert [value for value in matching + others if found.matches(value)] == matching, pattern


def test_the_ends_of_a_pattern_are_normalised_as_those_of_values() -> None:
    for pattern, term in ((" ab ", ("ab", "ab")), (" ab %", ("ab ", "ab ")), ("% ab ", ("ab", " ab"))):
        found = TextPattern.of(operators.like_op, pattern, "trim").terms[0]
        assert (found.given.lstrip(), found.text) == term
    assert TextPattern.of(operators.startswith_op, "0049-3", "phone-digits").terms[0].text == "493"
    assert TextPattern.of(operators.contains_op, "0049-3", "phone-digits").terms[0].text == "00493"
