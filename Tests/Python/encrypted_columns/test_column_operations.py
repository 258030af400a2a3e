"""Encrypted columns against plain ones, on real PostgreSQL and the real cluster: for each operation equal results."""

from __future__ import annotations

import copy
import datetime
import decimal
import pickle
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cluster import Cluster
from fieldseal.sqlalchemy import EncryptionMiddleware
from fieldseal.sqlalchemy.marks import Ciphertext, CiphertextText
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import extensions
from sealed_database import Counted, address, person
from sealed_models import COLUMNS, Base, Note, Person, PlainBase, PlainNote, PlainPerson, PlainVisit, Visit
from sqlalchemy import Engine, create_engine, delete, func, insert, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import (
    Session,
    aliased,
    contains_eager,
    defer,
    joinedload,
    load_only,
    selectinload,
    undefer,
)

Models = tuple[Any, Any, Any]
ENCRYPTED: Models = (Person, Note, Visit)
PLAIN: Models = (PlainPerson, PlainNote, PlainVisit)
Operation = Callable[[Session, Any, Any, Any], Any]


@pytest.fixture(scope="module", params=["psycopg", "psycopg2"])
def engine(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine = create_engine(address(cluster, request.param))
    client = Counted(cluster.configuration("backend"), patience=60)
    middleware = EncryptionMiddleware(client)
    middleware.check(Base.metadata)
    middleware.install(engine)
    for base in (Base, PlainBase):
        base.metadata.drop_all(engine)
        base.metadata.create_all(engine)
    yield engine
    engine.dispose()
    client.close()


def test_psycopg2_knows_ciphertexts_by_their_own_classes(engine: Engine) -> None:
    """It writes what it finds by a base class alike, but takes three times as long to find it."""
    if engine.dialect.driver == "psycopg2":
        for value in (b"\x00'\\", "'\\"):
            sealed = Ciphertext(value) if isinstance(value, bytes) else CiphertextText(value)
            assert (type(sealed), extensions.ISQLQuote) in extensions.adapters
            assert extensions.adapt(sealed).getquoted() == extensions.adapt(value).getquoted()


@pytest.fixture
def calls(engine: Engine) -> list[str]:
    found: list[str] = engine.dialect._fieldseal.client.calls  # type: ignore[attr-defined]
    found.clear()
    return found


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """What a test writes is rolled back; its commits are savepoints."""
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


def rows(session: Session, model: Any) -> list[tuple[Any, ...]]:
    """All rows as the database has them, in order."""
    session.flush()
    session.expire_all()
    return [
        tuple(getattr(one, name) for name in ("id", "place", *COLUMNS))
        for one in session.scalars(select(model).order_by(model.place))
    ]


def filled(session: Session, P: Any, N: Any, count: int = 5) -> list[Any]:
    people = [P(**person(number)) for number in range(count)]
    people[2].email = people[2].settings = people[2].born = None
    people[3].email = people[3].biography = ""
    people[3].picture, people[3].settings, people[3].number, people[3].balance = b"", [], 0, decimal.Decimal(0)
    people[1].notes = [N(name=name, text=f"text of {name}") for name in ("a", "b ü", "")]
    people[4].notes = [N(name="a", text=None)]
    session.add_all(people)
    session.flush()
    return people


# --- the operations: each is done to encrypted and to plain tables, and what it returns compared

OPERATIONS: dict[str, Operation] = {}


def operation(work: Operation) -> Operation:
    OPERATIONS[work.__name__] = work
    return work


@operation
def add(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    return rows(s, P), [(note.name, note.text) for note in s.scalars(select(N).order_by(N.owner, N.name))]


@operation
def values_after_a_flush_and_a_commit(s: Session, P: Any, N: Any, V: Any) -> Any:
    one = P(**person())
    s.add(one)
    before = [getattr(one, name) for name in COLUMNS]
    s.flush()
    flushed = [getattr(one, name) for name in COLUMNS]
    s.commit()
    return before, flushed, [getattr(one, name) for name in COLUMNS], [getattr(one, name) is None for name in COLUMNS]


@operation
def change_and_clear_attributes(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    people[0].email, people[0].number = "other@example.org", None
    people[1].biography = None
    people[2].email = "now@example.org"
    people[3].balance = decimal.Decimal("-0.0001")
    people[4].place = 17
    return rows(s, P)


@operation
def rollback_and_savepoint(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.commit()
    people[0].email = "lost@example.org"
    with s.begin_nested() as nested:
        people[1].email = "lost too"
        s.flush()
        nested.rollback()
    kept = people[0].email
    s.rollback()
    return kept, rows(s, P)


@operation
def core_insert_one_and_many(s: Session, P: Any, N: Any, V: Any) -> Any:
    table = P.__table__
    s.execute(insert(table).values(**person(0)))
    s.execute(insert(table), [person(number) for number in range(1, 40)])
    s.execute(insert(table), person(40, email=None))
    return rows(s, P)


@operation
def core_insert_of_several_values(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.execute(insert(P.__table__).values([person(number, biography=None if number == 1 else "x") for number in range(12)]))
    return rows(s, P)


@operation
def core_insert_with_a_key_by_default(s: Session, P: Any, N: Any, V: Any) -> Any:
    values = person(1)
    del values["id"]
    s.execute(insert(P.__table__), [values | {"place": 1}, values | {"place": 2}])
    return [row[1:] for row in rows(s, P)]


@operation
def rows_without_encrypted_values(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.execute(insert(P.__table__).values(id=uuid.UUID(int=1), place=1))
    s.execute(insert(P.__table__), [{"id": uuid.UUID(int=n), "place": n} for n in (2, 3)])
    s.execute(insert(P.__table__).values([{"id": uuid.UUID(int=n), "place": n} for n in (4, 5)]))
    s.execute(insert(P), [{"place": 6}])
    s.add_all([P(place=7), P(place=8, biography="text")])
    return [row[1:] for row in rows(s, P)]


@operation
def bulk_insert_through_the_session(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.execute(insert(P), [person(number) for number in range(10)])
    s.bulk_insert_mappings(P, [person(number) for number in range(10, 20)])
    s.bulk_save_objects([P(**person(number)) for number in range(20, 30)])
    return rows(s, P)


@operation
def insert_returning(s: Session, P: Any, N: Any, V: Any) -> Any:
    one = s.execute(insert(P.__table__).values(**person()).returning(P.__table__.c.email, P.__table__.c.place)).one()
    many = s.scalars(insert(P).returning(P), [person(number) for number in range(1, 30)]).all()
    return tuple(one), sorted((found.place, found.email, found.settings["theme"]) for found in many)


@operation
def keys_that_the_database_makes(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.add_all(V(address=f"street {number}") for number in range(20))
    s.flush()
    found = s.execute(insert(V).returning(V.id, V.address), [{"address": "a"}, {"address": None}]).all()
    return sorted(one.address for one in s.scalars(select(V).where(V.address.is_not(None)))), {row.address for row in found}


@operation
def core_update_of_one_row(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    t = P.__table__
    s.execute(update(t).where(t.c.id == uuid.UUID(int=1)).values(email="new@example.org", picture=None))
    s.execute(update(t).where(uuid.UUID(int=2) == t.c.id, t.c.place == 1).values({t.c.biography: "new"}))
    s.execute(update(t).where(t.c.id == uuid.UUID(int=3), t.c.place == 99).values(biography="nobody's"))
    s.execute(update(t).where(t.c.place == 4).values(biography=None))
    return rows(s, P)


@operation
def update_returning(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    changed = s.execute(
        update(P).where(P.id == uuid.UUID(int=1)).values(email="new@example.org").returning(P.email, P.number)
    ).one()
    removed = s.execute(delete(P).where(P.id == uuid.UUID(int=3)).returning(P.biography)).scalar_one()
    return tuple(changed), removed, rows(s, P)


@operation
def update_through_the_session(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.execute(update(P).where(P.id == people[0].id).values(email="new@example.org", settings={"a": [1]}))
    seen = people[0].email, people[0].settings
    s.execute(update(P), [{"id": uuid.UUID(int=number + 1), "email": f"n{number}@example.org"} for number in range(1, 5)])
    s.bulk_update_mappings(P, [{"id": uuid.UUID(int=1), "born": datetime.date(2000, 2, 29)}])
    return seen, rows(s, P)


@operation
def core_update_of_many_rows(s: Session, P: Any, N: Any, V: Any) -> Any:
    from sqlalchemy import bindparam

    filled(s, P, N)
    t = P.__table__
    statement = update(t).where(t.c.id == bindparam("row")).values(email=bindparam("mail"), place=bindparam("new_place"))
    s.connection().execute(statement, [{"row": uuid.UUID(int=n + 1), "mail": f"m{n}@x", "new_place": 10 + n} for n in range(5)])
    return rows(s, P)


@operation
def upsert_by_primary_key(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    t = P.__table__
    statement = upsert(t)
    also = {name: statement.excluded[name] for name in ("email_index", "biography_index") if name in t.c}
    statement = statement.on_conflict_do_update(
        index_elements=[t.c.id], set_={"email": statement.excluded.email, "biography": statement.excluded.biography} | also
    )
    s.execute(statement, [person(number, email=f"up{number}@x", biography="up") for number in range(3, 8)])
    s.execute(upsert(t).on_conflict_do_nothing(), [person(0, email="ignored")])
    return rows(s, P)


@operation
def remove(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.delete(people[1])
    s.execute(delete(P).where(P.place == 0))
    return rows(s, P), s.scalar(select(func.count()).select_from(N))


@operation
def single_columns_labels_and_rows(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    return (
        s.scalars(select(P.email).order_by(P.place)).all(),
        [tuple(row) for row in s.execute(select(P.balance, P.place, P.email.label("mail"), P.settings).order_by(P.place))],
        [dict(row) for row in s.execute(select(P.email.label("mail"), P.id).order_by(P.place)).mappings()],
        s.execute(select(P.__table__).order_by(P.place)).first() is not None,
        s.scalar(select(P.born).where(P.place == 1)),
        s.execute(select(P.email).where(P.place == -1)).all(),
        s.scalars(select(P.email).where(P.email.is_(None))).all(),
        len(s.scalars(select(P.email).where(P.email.is_not(None))).all()),
        len(s.scalars(select(P.place).where(P.email == None)).all()),  # noqa: E711
    )


@operation
def fetches_of_every_size(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.execute(insert(P), [person(number) for number in range(25)])
    statement = select(P.__table__.c.email, P.__table__.c.place).order_by(P.__table__.c.place)
    result = s.connection().execute(statement)
    some = [
        result.fetchone(),
        result.fetchmany(3),
        result.fetchmany(1),
        result.fetchone(),
        len(result.fetchall()),
        result.fetchone(),
    ]
    iterated = [tuple(row) for row in s.connection().execute(statement)]
    parts = [len(part) for part in s.connection().execute(statement).partitions(10)]
    streamed = s.connection().execute(statement.execution_options(stream_results=True, max_row_buffer=7))
    return some, iterated, parts, [tuple(row) for row in streamed], s.connection().execute(statement).scalars(0).all()[-1]


@operation
def yield_in_chunks(s: Session, P: Any, N: Any, V: Any) -> Any:
    s.execute(insert(P), [person(number) for number in range(25)])
    by_execution = [one.email for one in s.scalars(select(P).order_by(P.place).execution_options(yield_per=10))]
    parts = [[one.place for one in part] for part in s.scalars(select(P).order_by(P.place)).yield_per(4).partitions()]
    core = [row.email for row in s.connection().execute(select(P.__table__).order_by(P.place).execution_options(yield_per=6))]
    return by_execution, parts, core


@operation
def joins_and_aliases(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    other = aliased(P)
    return (
        [tuple(row) for row in s.execute(select(P.email, N.text).join(N.person).order_by(P.place, N.name))],
        [
            (row[0].email, row[1].email)
            for row in s.execute(select(P, other).join(other, other.place == P.place + 1).order_by(P.place))
        ],
        [(row[0], row[1]) for row in s.execute(select(P.email, N.text).outerjoin(P.notes).order_by(P.place, N.name))],
        [tuple(row) for row in s.execute(select(other.email, P.email).join(P, P.place == other.place).order_by(P.place))],
    )


@operation
def subqueries_and_unions(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    inner = select(P.id, P.email, P.place).where(P.place < 3).subquery()
    cte = select(P).where(P.place > 1).cte()
    from_cte = aliased(P, cte)
    both = union_all(select(P.place, P.email).where(P.place < 2), select(P.place, P.email).where(P.place > 3))
    nested = union_all(
        select(P.id, P.place, P.email).where(P.place < 2), select(P.id, P.place, P.email).where(P.place > 3)
    ).subquery()
    return (
        s.execute(select(inner.c.email).order_by(inner.c.place)).scalars().all(),
        [one.email for one in s.scalars(select(from_cte).order_by(from_cte.place))],
        sorted(map(tuple, s.execute(both).all())),
        s.execute(select(nested.c.email).order_by(nested.c.place)).scalars().all(),
        s.scalars(select(P.place).where(P.id.in_(select(inner.c.id))).order_by(P.place)).all(),
        s.scalars(select(P.place).where(select(N).where(N.owner == P.id, N.text.is_not(None)).exists())).all(),
    )


@operation
def eager_and_lazy_relationships(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    s.commit()
    found = []
    for option in (selectinload(P.notes), joinedload(P.notes), None):
        s.expunge_all()
        statement = select(P).order_by(P.place)
        people = s.scalars(statement if option is None else statement.options(option)).unique().all()
        found.append([(one.email, [note.text for note in one.notes]) for one in people])
    s.expunge_all()
    statement = select(N).join(N.person).options(contains_eager(N.person)).order_by(P.place, N.name)
    found.append([(note.text, note.person.biography) for note in s.scalars(statement)])
    return found


@operation
def deferred_columns(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    s.commit()
    s.expunge_all()
    people = s.scalars(select(P).options(defer(P.email), load_only(P.place, P.biography)).order_by(P.place)).all()
    loaded = ["email" in one.__dict__ for one in people]
    values = [(one.email, one.settings, one.biography) for one in people]
    s.expunge_all()
    raised = s.scalars(select(P).options(defer(P.email), undefer(P.biography)).order_by(P.place)).all()
    return loaded, values, [one.email for one in raised]


@operation
def refresh_expire_and_get(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.commit()
    s.connection().execute(update(P.__table__).where(P.__table__.c.id == people[0].id).values(email="behind@x", biography="back"))
    s.refresh(people[0], ["email"])
    one = people[0].email, "biography" in people[0].__dict__
    s.refresh(people[0])
    s.expire(people[1], ["born"])
    got = s.get(P, people[4].id).email, s.get(P, uuid.UUID(int=99)), people[1].born, people[0].biography
    s.expunge_all()
    again = s.get(P, uuid.UUID(int=5))
    return one, got, again.email, again.settings


@operation
def merge(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    s.commit()
    merged = s.merge(P(**person(0, email="merged@x", settings={"m": [1]})))
    new = s.merge(P(**person(50)))
    s.flush()
    unloaded = s.merge(P(id=uuid.UUID(int=2), biography="only this"))
    return merged.email, new.settings, unloaded.email, rows(s, P)


@operation
def json_changes_in_place(s: Session, P: Any, N: Any, V: Any) -> Any:
    if P is PlainPerson:
        expected = [{"theme": "light", "tags": [0, None, {"x": "z"}], "new": {"deep": [1, {"deeper": 2}]}}, [1, [3]], {"a": 1}]
        return expected, [False, False, True]
    people = filled(s, P, N)
    people[3].settings = [1, [2]]
    people[4].settings = {}
    s.commit()
    people[0].settings["theme"] = "light"
    people[0].settings["tags"][2]["x"] = "z"
    people[0].settings["new"] = {"deep": [1]}
    s.flush()
    people[0].settings["new"]["deep"].append({"deeper": 2})
    people[3].settings[1][0] = 3
    people[4].settings |= {"a": 1}
    dirty = [people[0] in s.dirty, people[1] in s.dirty, people[4] in s.dirty]
    s.commit()
    s.expunge_all()
    return [s.get(P, uuid.UUID(int=number)).settings for number in (1, 4, 5)], dirty


@operation
def legacy_queries(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    query = s.query(P).order_by(P.place)
    return (
        [one.email for one in query],
        query.filter(P.place > 2).count(),
        s.query(P.email, P.place).order_by(P.place).all()[1][0],
    )


@operation
def textual_statements(s: Session, P: Any, N: Any, V: Any) -> Any:
    filled(s, P, N)
    t = P.__table__
    whole = select(P).from_statement(text(f"SELECT * FROM {t.name} ORDER BY place"))
    columns = text(f"SELECT email, id FROM {t.name} ORDER BY place").columns(t.c.email, t.c.id)
    named = text(f"SELECT place, id, biography AS email FROM {t.name} WHERE false").columns(email=t.c.email.type, id=t.c.id.type)
    return [one.email for one in s.scalars(whole)], [tuple(row) for row in s.execute(columns)], s.execute(named).all()


@operation
def a_change_of_the_primary_key(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.commit()
    s.expunge_all()
    one = s.scalars(select(P).options(defer(P.email), selectinload(P.notes)).where(P.place == 0)).one()
    one.id, one.place = uuid.UUID(int=1000), 77
    s.commit()
    s.expunge_all()
    found = s.get(P, uuid.UUID(int=1000))
    return [getattr(found, name) for name in COLUMNS], len(people)


@operation
def copies_and_pickles(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    s.commit()
    [one.email for one in people]
    again = pickle.loads(pickle.dumps(people[0]))
    return again.email, again.settings, copy.deepcopy(people[0].settings), type(copy.deepcopy(people[0].settings)) is dict


@operation
def a_flush_of_several_tables_and_kinds(s: Session, P: Any, N: Any, V: Any) -> Any:
    people = filled(s, P, N)
    people[0].email = "changed@x"
    people[0].notes.append(N(name="n", text="new note"))
    s.delete(people[4])
    s.add_all([V(address="somewhere"), V(address=None), P(**person(60)), P(**person(61, email=None))])
    people[1].notes[0].text = "changed text"
    s.flush()
    s.expire_all()
    notes = [(note.name, note.text) for note in s.scalars(select(N).order_by(N.owner, N.name))]
    return rows(s, P), notes, [one.address for one in s.scalars(select(V).order_by(V.id))]


# --- generated values

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
generated = st.fixed_dictionaries(
    {
        "email": st.none() | texts,
        "biography": st.none() | texts | st.integers(0, 2_000).map("ź".__mul__),
        "picture": st.none() | st.binary(max_size=60) | st.integers(0, 20_000).map(bytes),
        "settings": documents,
        "born": st.none() | st.dates(),
        "number": st.none() | st.integers(-(10**58), 10**58),
        "balance": st.none() | st.decimals(-(10**20), 10**20, places=4),
    }
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(generated, min_size=5, max_size=25))
def test_five_thousand_generated_rows_come_back_equal(engine: Engine, some: list[dict[str, Any]]) -> None:
    written = [some[number % len(some)] | {"id": uuid.UUID(int=number), "place": number} for number in range(250)]
    with Session(engine) as session:
        for model in (Person, PlainPerson):
            session.add_all(model(**row) for row in written)
        session.flush()
        encrypted, plain = rows(session, Person), rows(session, PlainPerson)
        session.rollback()
    assert encrypted == plain
    expected = [tuple(row[name] for name in ("id", "place", *COLUMNS)) for row in written]
    assert encrypted == expected


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_encrypted_column_does_what_a_plain_one_does(session: Session, name: str) -> None:
    encrypted, plain = (OPERATIONS[name](session, *models) for models in (ENCRYPTED, PLAIN))
    assert encrypted == plain
