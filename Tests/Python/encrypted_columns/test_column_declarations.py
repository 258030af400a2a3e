"""How columns are declared: against the catalog, in mappings, in migrations, and during a rollout."""

from __future__ import annotations

import uuid
from typing import Any

import fieldseal.sqlalchemy
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from cluster import Cluster
from fieldseal import CiphertextRejected, ConfigurationError
from fieldseal.sqlalchemy import BlindIndex, EncryptedBytes, EncryptedInteger, EncryptedString, render_item
from sealed_database import SECRET, stored
from sealed_models import Base, Note, Person, Visit
from sqlalchemy import Engine, MetaData, Table, select, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

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
