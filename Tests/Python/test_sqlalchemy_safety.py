"""What must never happen: plaintext where it does not belong, a value that is lost, a statement that means something else."""

from __future__ import annotations

import datetime
import io
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import fieldseal.sqlalchemy
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from cluster import Cluster
from fieldseal import CiphertextRejected, Client, ConfigurationError, Denied, FieldsealError, Unavailable
from fieldseal.sqlalchemy import BlindIndex, EncryptedBytes, EncryptedInteger, EncryptedString, EncryptionMiddleware, render_item
from sealed_database import Counted, address, declare, person
from sealed_models import COLUMNS, Base, Note, Person, Visit
from sqlalchemy import Engine, MetaData, Table, create_engine, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import ArgumentError, InvalidRequestError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased, mapped_column

SECRET = "Sekret-Wörter"
P = Person.__table__
V = Visit.__table__


@pytest.fixture(scope="module")
def cluster(own_cluster: Cluster) -> Cluster:
    """Its catalog and policy are changed."""
    return own_cluster


@pytest.fixture(scope="module")
def engine(cluster: Cluster) -> Iterator[Engine]:
    declare(cluster)
    engine = create_engine(address(cluster, "psycopg"))
    EncryptionMiddleware(Counted(cluster.configuration("backend"), patience=60)).install(engine)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add_all(Person(**person(number, email=f"{SECRET}{number}@x", biography=SECRET)) for number in range(3))
            session.commit()
            yield session
        transaction.rollback()


def stored(session: Session) -> list[Any]:
    return list(session.execute(text("SELECT * FROM people ORDER BY place")).all())


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


# --- values that do not open


def test_a_value_that_does_not_open_raises_with_its_row_and_is_not_written_over(session: Session) -> None:
    swapped = {row.place: row.biography for row in stored(session)}
    session.execute(text("UPDATE people SET biography = :other WHERE place = 0"), {"other": swapped[1]})
    session.expire_all()
    before = stored(session)
    with pytest.raises(CiphertextRejected) as refusal:
        session.scalars(select(Person).order_by(Person.place)).all()
    assert (refusal.value.field, refusal.value.record) == ("people.biography", uuid.UUID(int=1))
    assert str(uuid.UUID(int=1)) in str(refusal.value)

    # What can be read is, and a change of something else leaves the broken value as it is.
    others = session.scalars(select(Person).where(Person.place > 0)).all()
    assert [one.biography for one in others] == [SECRET] * 2
    one = session.scalars(select(Person).options(sa.orm.defer(Person.biography)).where(Person.place == 0)).one()
    with pytest.raises(CiphertextRejected):
        one.biography  # noqa: B018
    one.email = "changed@x"
    session.commit()
    after = stored(session)
    assert [row.biography for row in after] == [row.biography for row in before]
    with pytest.raises(CiphertextRejected):
        session.merge(Person(**person(0))).biography  # noqa: B018


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


# --- statements that cannot be carried out


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
    "like": (lambda: select(P).where(P.c.email.like("%x%")), "cannot be answered"),
    "contains": (lambda: select(P).where(P.c.email.contains("x")), "cannot be answered"),
    "concatenation": (lambda: select(P.c.email + "x"), "cannot be answered"),
    "descending": (lambda: select(P).order_by(P.c.email.desc()), "cannot be answered"),
    "ascending": (lambda: select(P).order_by(P.c.place, P.c.email), "ordered or grouped"),
    "the function desc": (lambda: select(Person).order_by(sa.nulls_last(sa.desc(Person.email))), "cannot be answered"),
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


# --- search


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


# --- declarations


def test_the_declaration_is_checked_against_the_catalog(cluster: Cluster, engine: Engine) -> None:
    middleware = engine.dialect._fieldseal  # type: ignore[attr-defined]
    middleware.check(Base.metadata)
    metadata = MetaData()
    Table(
        "people",
        metadata,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", EncryptedString(bound_to=None)),
        sa.Column("email_other", BlindIndex("email", "other")),
        sa.Column("biography_index", BlindIndex("biography", "short")),
        sa.Column("biography", EncryptedString(bound_to="place")),
        sa.Column("place", sa.Integer),
    )
    Table("visits", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("address", EncryptedString(bound_to="id")))
    Table("unknown", metadata, sa.Column("value", EncryptedString(bound_to=None)))
    with pytest.raises(ConfigurationError) as found:
        middleware.check(metadata)
    assert sorted(line.split(",")[0].split(" (")[0] for line in str(found.value).splitlines()) == [
        "people.biography: biography_index must be declared with bits=3",
        "people.biography: bound_to=('place'",
        "people.email: email_other is of the index 'other'",
        "people.email: the catalog binds it to rows by id; declare bound_to='id'",
        "unknown.value: the service does not describe it",
        "visits.address: bound_to=('id'",
    ]


def test_declarations_that_mean_nothing_are_refused() -> None:
    shared = EncryptedString(bound_to=None)
    sa.Column("one", shared)
    with pytest.raises(ArgumentError, match="belongs to one column"):
        sa.Column("two", shared)
    with pytest.raises(ArgumentError, match="cannot be told"):
        EncryptedBytes(bound_to=None, accepts_plaintext=True)
    with pytest.raises(TypeError):
        EncryptedString()  # type: ignore[call-arg]
    for options in ({"bits": 10}, {"normaliser": "upper"}):
        with pytest.raises(ArgumentError, match="is none of none, casefold, trim, email"):
            BlindIndex("email", **options)  # type: ignore[arg-type]
    metadata = MetaData()
    lost = Table("lost", metadata, sa.Column("value", EncryptedString(bound_to="nowhere")))
    wrong = Table("wrong", metadata, sa.Column("at", sa.DateTime), sa.Column("value", EncryptedString(bound_to="at")))
    for table, words in ((lost, "no column of the table"), (wrong, "cannot identify a row")):
        with pytest.raises(ArgumentError, match=words):
            table.c.value.type.sealing  # type: ignore[attr-defined]  # noqa: B018


def test_a_mixin_a_copied_table_and_a_cached_statement_keep_fields_apart(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class HasSecret:
        id: Mapped[int] = mapped_column(primary_key=True)
        secret: Mapped[str] = mapped_column(EncryptedString(bound_to=None))

    class One(HasSecret, Other):
        __tablename__ = "one"

    class Two(HasSecret, Other):
        __tablename__ = "two"

    copied = One.__table__.to_metadata(MetaData(), name="three")  # type: ignore[attr-defined]
    fields = [table.c.secret.type.sealing.field for table in (One.__table__, Two.__table__, copied)]
    assert fields == ["one.secret", "two.secret", "three.secret"]
    keys = [
        select(sa.bindparam("x", type_=table.c.secret.type))._generate_cache_key() for table in (One.__table__, Two.__table__)
    ]
    assert all(key is not None for key in keys) and keys[0].key != keys[1].key  # type: ignore[union-attr]


def test_types_show_how_they_were_declared() -> None:
    assert repr(EncryptedString(bound_to="id")) == "EncryptedString(bound_to='id')"
    assert (
        repr(EncryptedInteger(bound_to=("a", "b"), field="t.c", context=b"x"))
        == "EncryptedInteger(bound_to=('a', 'b'), field='t.c', context=b'x')"
    )


@pytest.mark.parametrize("with_hook", [True, False])
def test_alembic_makes_the_tables_and_sees_no_difference_afterwards(engine: Engine, with_hook: bool) -> None:
    options: dict[str, Any] = {"compare_type": True} | ({"render_item": render_item} if with_hook else {})
    with engine.connect() as connection, connection.begin() as transaction:
        for table in ("notes", "people", "visits", "plain_notes", "plain_people", "plain_visits"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        context = MigrationContext.configure(connection, opts=options)
        migration = produce_migrations(context, Base.metadata)
        assert migration.upgrade_ops is not None
        code = render_python_code(migration.upgrade_ops, migration_context=context, render_item=options.get("render_item"))
        words = "sa.LargeBinary()" if with_hook else "fieldseal.sqlalchemy.EncryptedString(bound_to='id', field='people.email')"
        assert words in code
        names = {"op": Operations(context), "sa": sa} | ({} if with_hook else {"fieldseal": fieldseal})
        exec("if True:\n    " + code, names)
        assert compare_metadata(context, Base.metadata) == []
        kind = connection.scalar(
            text("SELECT data_type FROM information_schema.columns WHERE table_name = 'people' AND column_name = 'email'")
        )
        assert kind == "bytea"
        transaction.rollback()


# --- rollout


def test_a_column_in_rollout_reads_plaintext_and_writes_ciphertext(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Rolling(Other):
        __tablename__ = "people"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        place: Mapped[int]
        biography = mapped_column(EncryptedString(bound_to="id", accepts_plaintext=True))
        email = mapped_column(EncryptedString(bound_to="id", accepts_plaintext=True))
        email_index = mapped_column(BlindIndex("email"))

    session.execute(text("UPDATE people SET biography = convert_to('fs1:plain ' || place, 'UTF8') WHERE place < 2"))
    with pytest.raises(CiphertextRejected):
        session.scalars(select(Person.biography)).all()
    session.execute(text("UPDATE people SET email = 'old@x', email_index = NULL WHERE place = 1"))

    def places(criterion: Any) -> list[int]:
        return list(session.scalars(select(Rolling.place).where(criterion).order_by(Rolling.place)).all())

    assert places(Rolling.email == "old@x") == [1] and places(Rolling.email == f"{SECRET}0@x") == [0]
    assert places(Rolling.email.in_(["old@x", f"{SECRET}2@x"])) == [1, 2]
    assert places(Rolling.email != "old@x") == [0, 2] and places(Rolling.email.not_in([f"{SECRET}2@x"])) == [0, 1]
    with pytest.raises(InvalidRequestError, match="accepts plaintext"):
        places(Rolling.email == sa.bindparam("x"))
    people = session.scalars(select(Rolling).order_by(Rolling.place)).all()
    assert [one.biography for one in people] == ["fs1:plain 0", "fs1:plain 1", SECRET]
    people[0].biography += "!"
    session.commit()
    assert [row.biography[0] == 0xF5 for row in stored(session)] == [True, False, True]
    assert session.scalars(select(Rolling.biography).order_by(Rolling.place)).all() == ["fs1:plain 0!", "fs1:plain 1", SECRET]
    broken = stored(session)[2].biography[:-1]
    session.execute(text("UPDATE people SET biography = :broken WHERE place = 2"), {"broken": broken})
    with pytest.raises(CiphertextRejected):
        session.scalars(select(Rolling.biography)).all()


# --- mappings


def test_inheritance(engine: Engine, session: Session) -> None:
    calls = engine.dialect._fieldseal.client.calls  # type: ignore[attr-defined]

    class Other(DeclarativeBase):
        pass

    class Animal(Other):
        __tablename__ = "animals"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
        kind: Mapped[str]
        name: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id", field="people.email"))

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}
        color: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id", field="people.biography"), nullable=True)

    class Dog(Animal):
        __tablename__ = "dogs"
        __mapper_args__ = {"polymorphic_identity": "dog"}
        id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("animals.id"), primary_key=True)
        trick: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id", field="people.settings"))

    Other.metadata.create_all(session.connection())
    calls.clear()
    session.add_all([Animal(name="a"), Cat(name="b", color="red"), Dog(name="c", trick="roll"), Dog(name="d", trick=None)])
    session.flush()
    assert calls == ["Encrypt"]
    session.expunge_all()
    found = session.scalars(select(sa.orm.with_polymorphic(Animal, "*")).order_by(Animal.kind)).all()
    assert sorted((one.name, getattr(one, "color", None), getattr(one, "trick", None)) for one in found) == [
        ("a", None, None),
        ("b", "red", None),
        ("c", None, "roll"),
        ("d", None, None),
    ]
    assert calls == ["Encrypt", "Decrypt"]
    dog = session.scalars(select(Dog).where(Dog.trick.is_not(None))).one()
    dog.name, dog.trick = "e", "sit"
    session.flush()
    session.expire_all()
    assert (dog.name, dog.trick) == ("e", "sit")


def test_a_text_column_holds_text_and_can_roll_out(session: Session) -> None:
    class Other(DeclarativeBase):
        pass

    class Rolling(Other):
        __tablename__ = "notes"
        owner: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(primary_key=True)
        text = mapped_column(EncryptedString(bound_to=("owner", "name"), text=True, accepts_plaintext=True))

    owner = uuid.UUID(int=1)
    session.add_all(Note(owner=owner, name=f"ä:{n}", text=SECRET) for n in range(3))
    session.flush()
    plain = "UPDATE notes SET text = :text WHERE name = :name"
    session.execute(text(plain), [{"name": "ä:1", "text": "fs1:no ciphertext"}, {"name": "ä:2", "text": "ü: old"}])
    session.expire_all()
    with pytest.raises(CiphertextRejected) as refusal:
        session.scalars(select(Note.text).order_by(Note.name)).all()
    assert refusal.value.record == (owner, "ä:1")
    notes = session.scalars(select(Rolling).order_by(Rolling.name)).all()
    assert [note.text for note in notes] == [SECRET, "fs1:no ciphertext", "ü: old"]
    notes[1].text += "!"
    session.flush()
    stored = session.execute(text("SELECT text FROM notes ORDER BY name")).scalars().all()
    assert [one.startswith("fs1:9Q") for one in stored] == [True, True, False] and SECRET not in stored[0]

    class Wrong(DeclarativeBase):
        pass

    class Binary(Wrong):
        __tablename__ = "visits"
        id: Mapped[int] = mapped_column(primary_key=True)
        address = mapped_column(EncryptedString(bound_to=None))

    session.add(Visit(address="x"))
    session.flush()
    with pytest.raises(InvalidRequestError, match="`text` must be declared"):
        session.scalars(select(Binary.address)).all()
