"""Values that belong to subjects: every write names one, and an erased one's values raise where they are read."""

from __future__ import annotations

import uuid
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from cluster import Cluster, eventually
from fieldseal import ConfigurationError, KeyNotUsable, SubjectErased
from fieldseal.sqlalchemy import EncryptedString, EncryptionMiddleware
from fieldseal.testing import InsecureFakeClient, InsecureWarning, declared_fields
from fieldseal.v1 import keys_pb2
from sealed_database import SECRET, address
from sealed_models import Base, Letter
from sqlalchemy import Engine, create_engine, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

L = Letter.__table__
Erase = Callable[[uuid.UUID], None]


def letter(number: int, owner: uuid.UUID, **more: Any) -> dict[str, Any]:
    values = dict(id=uuid.UUID(int=number), place=number, owner=owner, text=f"{SECRET} {number}", sender="ada", stamp="red")
    return values | more


@pytest.fixture
def ann() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture
def ben() -> uuid.UUID:
    return uuid.uuid4()


@pytest.fixture(params=["service", "double"])
def letters(request: pytest.FixtureRequest, engine: Engine, cluster: Cluster) -> Iterator[tuple[Session, Erase]]:
    """An empty table, and what erases a subject of it, at the service or at its stand-in."""
    if request.param == "double":
        engine = create_engine(address(cluster, "psycopg"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureWarning)
            client = InsecureFakeClient(declared_fields(Base.metadata))
        EncryptionMiddleware(client).install(engine)
    middleware = engine.dialect._fieldseal  # type: ignore[attr-defined]

    def erase(owner: uuid.UUID) -> None:
        if request.param == "double":
            return middleware.client.service.erase(str(owner).encode())  # type: ignore[no-any-return]
        erasure = keys_pb2.EraseSubjectRequest(table="letters", subject_id=str(owner).encode())
        answer = cluster.channel("keys", "operator").call("EraseSubject", erasure, keys_pb2.EraseSubjectResponse)
        assert answer.found
        # The encryption service hears of it a moment later.
        eventually(lambda: refused(session, owner), "the end of the subject's key", 20)

    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session, erase
        transaction.rollback()


def refused(session: Session, owner: uuid.UUID) -> bool:
    try:
        session.execute(select(L.c.stamp).where(L.c.owner == owner)).all()
    except SubjectErased:
        return True
    return False


def readable(session: Session, name: str = "text") -> list[Any]:
    """The values by their place, None for those that were erased."""
    session.expunge_all()
    found = []
    for one in session.scalars(select(Letter).order_by(Letter.place)):
        try:
            found.append(getattr(one, name))
        except SubjectErased as error:
            assert isinstance(error, KeyNotUsable) and error.field == f"letters.{name}"
            assert error.record == one.id
            found.append(None)
    return found


def test_an_erased_subjects_values_raise_where_they_are_read(
    letters: tuple[Session, Erase], ann: uuid.UUID, ben: uuid.UUID
) -> None:
    session, erase = letters
    session.add_all(Letter(**letter(number, (ann, ben)[number % 2])) for number in range(4))
    session.commit()
    assert readable(session) == [f"{SECRET} {number}" for number in range(4)]
    assert session.scalars(select(Letter.place).where(Letter.text == f"{SECRET} 2")).all() == [2]
    erase(ann)
    assert readable(session) == [None, f"{SECRET} 1", None, f"{SECRET} 3"]
    assert readable(session, "stamp") == [None, "red", None, "red"]
    one, other = session.scalars(select(Letter).where(Letter.place < 2).order_by(Letter.place))
    assert (one.place, one.owner) == (0, ann)
    # Nothing new is sealed for who was erased; what is no value of theirs still changes.
    one.place = 0
    session.commit()
    one.text = "more"
    with pytest.raises(SubjectErased) as refusal:
        session.flush()
    assert refusal.value.record == one.id
    session.rollback()
    with pytest.raises(SubjectErased), session.begin_nested():
        session.execute(insert(L), letter(9, ann))


def test_every_write_names_the_subject(letters: tuple[Session, Erase], ann: uuid.UUID, ben: uuid.UUID) -> None:
    session, erase = letters
    session.execute(insert(L), [letter(number, ann) for number in range(3)])
    session.execute(insert(Letter), [letter(3, ann)])
    session.execute(insert(L).values([letter(4, ann), letter(5, ben)]))
    session.add(Letter(**letter(6, ben)))
    session.flush()
    # An object that changes names it, whether it is loaded or has expired.
    people = session.scalars(select(Letter).where(Letter.place.in_([0, 6]))).all()
    session.expire(people[0], ["owner", "sender"])
    for one in people:
        one.text, one.stamp = "changed", "blue"
    session.flush()
    assert [one.owner for one in people] == [ann, ben] and people[0].sender == "ada"
    session.execute(update(L).where(L.c.id == uuid.UUID(int=1), L.c.owner == ann).values(text="by where", stamp="by where"))
    named = {"owner": ann, "text": "by value", "sender": "eve", "stamp": "white"}
    session.execute(update(L).where(L.c.id == uuid.UUID(int=2)).values(**named))
    session.execute(update(Letter), [{"id": uuid.UUID(int=3), **named}])
    session.execute(upsert(L).values(**letter(5, ben)).on_conflict_do_nothing())
    session.commit()
    assert readable(session)[:4] == ["changed", "by where", "by value", "by value"]
    erase(ann)
    assert readable(session) == [None] * 5 + [f"{SECRET} 5", "changed"]
    assert readable(session, "stamp") == [None] * 5 + ["red", "blue"]
    assert readable(session, "sender") == [None] * 5 + ["ada", "ada"]


def test_values_follow_their_row_to_another_subject(letters: tuple[Session, Erase], ann: uuid.UUID, ben: uuid.UUID) -> None:
    session, erase = letters
    session.add_all([Letter(**letter(0, ann)), Letter(**letter(1, ann, sender=None)), Letter(**letter(2, ann))])
    session.commit()
    people = session.scalars(select(Letter).order_by(Letter.place)).all()
    people[0].owner = ben
    people[1].owner, people[1].text = ben, "changed"
    session.commit()
    erase(ann)
    assert readable(session) == [f"{SECRET} 0", "changed", None]
    assert readable(session, "sender") == ["ada", None, None]


STATEMENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "an update without it": (
        lambda: update(L).where(L.c.id == uuid.UUID(int=1)).values(text="x"),
        "the subject that letters.owner names: the statement must give it a value",
    ),
    "an insert without it": (
        lambda: insert(L).values(id=uuid.uuid4(), place=1, text="x"),
        "the statement must give it a value",
    ),
    "an insert with null": (lambda: insert(L).values(letter(1, None)), "sealed for id, owner, which has no value"),  # type: ignore[arg-type]
    "a new subject": (
        lambda: update(L).where(L.c.id == uuid.UUID(int=1)).values(owner=uuid.uuid4()),
        "belongs to the subject that owner names, which changes",
    ),
    "a new subject of many": (lambda: update(L).where(L.c.place == 1).values(owner=uuid.uuid4()), "which changes"),
    "an upsert without it": (
        lambda: (lambda s: s.on_conflict_do_update(index_elements=["id"], set_={"sender": s.excluded.sender}))(
            upsert(L).values(**letter(1, uuid.uuid4()))
        ),
        "must set owner too",
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_that_does_not_name_it_is_refused(session: Session, name: str) -> None:
    statement, words = STATEMENTS[name]
    with pytest.raises(InvalidRequestError, match=words), session.begin_nested():
        session.connection().execute(statement())


def test_null_needs_no_subject(session: Session) -> None:
    session.add(Letter(place=1))
    session.execute(insert(L), {"id": uuid.UUID(int=1), "place": 2, "text": None})
    session.execute(update(L).where(L.c.place == 2).values(text=None, sender=None))
    session.flush()
    assert session.scalars(select(L.c.text)).all() == [None, None]


def test_a_subject_that_a_relationship_changes_is_refused(session: Session, ann: uuid.UUID) -> None:
    class Other(DeclarativeBase):
        pass

    class Owner(Other):
        __tablename__ = "people"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)

    class Post(Other):
        __tablename__ = "letters"
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        place: Mapped[int]
        owner: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("people.id"))
        person: Mapped[Owner] = relationship()
        text: Mapped[str | None] = mapped_column(EncryptedString("id", subject="owner"))

    first, second = session.scalars(select(Owner).order_by(Owner.id).limit(2))
    # A new object may get its subject during the flush.
    post = Post(id=uuid.UUID(int=1), place=1, person=first, text=SECRET)
    session.add(post)
    session.commit()
    assert post.text == SECRET
    post.person = second
    with pytest.raises(InvalidRequestError, match="letters.text belongs to the subject that owner names, which changes"):
        session.flush()
    session.rollback()
    post.owner = second.id
    session.commit()
    assert post.text == SECRET


def test_declarations(cluster: Cluster, engine: Engine) -> None:
    middleware = engine.dialect._fieldseal  # type: ignore[attr-defined]
    metadata = sa.MetaData()
    columns = [sa.Column("id", sa.Uuid, primary_key=True), sa.Column("day", sa.Date), sa.Column("place", sa.Integer)]
    wrong = sa.Table("letters", metadata, *columns, sa.Column("text", EncryptedString("id")))
    sa.Table("visits", metadata, sa.Column("id", sa.Integer), sa.Column("address", EncryptedString(None, subject="id")))
    with pytest.raises(ConfigurationError) as found:
        middleware.check(metadata)
    assert [line.split(":")[0] for line in str(found.value).splitlines()] == ["letters.text", "visits.address"]
    assert "declare subject=" in str(found.value) and "nothing could be erased" in str(found.value)
    for subject, words in (("nobody", "no column of the table"), ("day", "cannot name a subject")):
        wrong = sa.Table(
            "letters", sa.MetaData(), *(c._copy() for c in columns), sa.Column("text", EncryptedString("id", subject=subject))
        )
        with pytest.raises(ArgumentError, match=words):
            wrong.c.text.type.sealing  # type: ignore[attr-defined]  # noqa: B018
    assert repr(EncryptedString("id", subject="owner")) == "EncryptedString(bound_to='id', subject='owner')"


@pytest.mark.parametrize("kind, value, named", [
    (sa.Uuid, uuid.UUID(int=10), b"00000000-0000-0000-0000-00000000000a"),
    (sa.Uuid(as_uuid=False), "00000000-0000-0000-0000-00000000000A", b"00000000-0000-0000-0000-00000000000a"),
    (sa.BigInteger, -42, b"-42"),
    (sa.String, "ä", "ä".encode()),
    (sa.LargeBinary, bytearray(b"\x00\xff"), b"\x00\xff"),
])  # fmt: skip
def test_subjects_have_the_names_that_operators_give(kind: Any, value: Any, named: bytes) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("who", kind), sa.Column("value", EncryptedString(None, subject="who")))
    subject = table.c.value.type.sealing.subject  # type: ignore[attr-defined]
    assert subject.field(value) == b"\x32" + bytes([len(named)]) + named
    with pytest.raises(TypeError, match="expected, not"):
        subject.field(1.5)


def test_rebind_keeps_the_subject(engine: Engine, session: Session, ann: uuid.UUID) -> None:
    middleware = engine.dialect._fieldseal  # type: ignore[attr-defined]
    session.add(Letter(**letter(1, ann)))
    session.flush()
    middleware.rebind(session.connection(), L, {"id": uuid.UUID(int=1)}, {"id": uuid.UUID(int=2)})
    assert session.scalars(select(L.c.text)).one() == f"{SECRET} 1"
    with pytest.raises(ArgumentError, match="its subject owner changes where"):
        middleware.rebind(session.connection(), L, {"id": uuid.UUID(int=2)}, {"owner": uuid.uuid4()})
    assert session.execute(text("SELECT id FROM letters")).scalar() == uuid.UUID(int=2)
