"""A table with one column of each encrypted type, and its twin with plain columns."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from fieldseal.sqlalchemy import (
    BlindIndex,
    EncryptedBytes,
    EncryptedDate,
    EncryptedInteger,
    EncryptedJSON,
    EncryptedNumeric,
    EncryptedString,
    EncryptedText,
    PrefixIndex,
    TrigramIndex,
)
from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, Numeric, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

CATALOG = """
  - name: people
    key-columns: [id]
    fields:
      - name: email
        sensitivity: high
        row-bound: true
        indexes:
          - {name: equality, bits: 128, normaliser: email}
      - name: biography
        sensitivity: high
        row-bound: true
        indexes:
          - {name: short, bits: 3, normaliser: casefold}
      - {name: picture, sensitivity: medium, row-bound: true}
      - {name: settings, sensitivity: medium, row-bound: true}
      - {name: born, sensitivity: high, row-bound: true}
      - {name: number, sensitivity: low, row-bound: true}
      - {name: balance, sensitivity: high, row-bound: true}
  - name: notes
    key-columns: [owner, name]
    fields:
      - {name: text, sensitivity: low, row-bound: true}
  - name: letters
    key-columns: [id]
    fields:
      - name: text
        sensitivity: high
        row-bound: true
        subject-keys: true
        indexes:
          - {name: equality, bits: 128, normaliser: none}
      - {name: sender, sensitivity: high, row-bound: true, subject-keys: true}
      - {name: stamp, sensitivity: low, subject-keys: true}
  - name: visits
    key-columns: [id]
    fields:
      - {name: address, sensitivity: low}
  - name: contacts
    key-columns: [id]
    fields:
      - name: name
        sensitivity: high
        row-bound: true
        indexes:
          - {name: equality, normaliser: casefold}
          - {name: prefix, kind: prefix, bits: 256, longest: 6, normaliser: casefold}
          - {name: pair, kind: pair, normaliser: casefold, beside: phone, beside-normaliser: phone-digits}
          - {name: trigram, kind: trigram, bits: 512, normaliser: casefold, accept-leakage: true}
      - name: phone
        sensitivity: high
        row-bound: true
        indexes:
          - {name: equality, normaliser: phone-digits}
          - {name: next, normaliser: phone-digits}
          - {name: short, bits: 4, normaliser: phone-digits}
          - {name: beginning, kind: prefix, normaliser: phone-digits}
          - {name: next-beginning, kind: prefix, bits: 512, normaliser: phone-digits}
          - {name: last, normaliser: last-four}
"""


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    place: Mapped[int] = mapped_column(default=0)
    email: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id"))
    email_index: Mapped[bytes | None] = mapped_column(BlindIndex("email", normaliser="email"), index=True)
    biography: Mapped[str | None] = mapped_column(EncryptedText(bound_to="id"))
    biography_index: Mapped[bytes | None] = mapped_column(BlindIndex("biography", "short", bits=3, normaliser="casefold"))
    picture: Mapped[bytes | None] = mapped_column(EncryptedBytes(bound_to="id"))
    settings: Mapped[Any] = mapped_column(EncryptedJSON(bound_to="id"), nullable=True)
    born: Mapped[datetime.date | None] = mapped_column(EncryptedDate(bound_to="id"))
    number: Mapped[int | None] = mapped_column(EncryptedInteger(bound_to="id"))
    balance: Mapped[decimal.Decimal | None] = mapped_column(EncryptedNumeric(4, bound_to="id"))
    notes: Mapped[list[Note]] = relationship(back_populates="person", order_by="Note.name", cascade="all, delete-orphan")


class Note(Base):
    """Its key has two columns, one of which it gets during the flush; its ciphertexts are text."""

    __tablename__ = "notes"
    owner: Mapped[uuid.UUID] = mapped_column(ForeignKey("people.id", onupdate="cascade"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(EncryptedText(bound_to=("owner", "name"), text=True))
    person: Mapped[Person] = relationship(back_populates="notes")


class Visit(Base):
    """The database makes its key, so its value is bound to field and context alone."""

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str | None] = mapped_column(EncryptedString(bound_to=None, text=True))


class Contact(Base):
    """Its texts are searched by their parts."""

    __tablename__ = "contacts"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id"))
    name_index: Mapped[bytes | None] = mapped_column(BlindIndex("name", normaliser="casefold"))
    name_prefix: Mapped[str | None] = mapped_column(PrefixIndex("name", normaliser="casefold"))
    name_parts: Mapped[str | None] = mapped_column(TrigramIndex("name", bits=512, normaliser="casefold"))
    phone: Mapped[str | None] = mapped_column(EncryptedString(bound_to="id"))
    phone_index: Mapped[bytes | None] = mapped_column(BlindIndex("phone", normaliser="phone-digits"))
    phone_last: Mapped[bytes | None] = mapped_column(BlindIndex("phone", "last", normaliser="last-four"))


class Letter(Base):
    """Its values belong to a person, whose erasure ends them."""

    __tablename__ = "letters"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    place: Mapped[int] = mapped_column(default=0)
    owner: Mapped[uuid.UUID | None]
    text: Mapped[str | None] = mapped_column(EncryptedText("id", subject="owner"))
    text_index: Mapped[bytes | None] = mapped_column(BlindIndex("text", normaliser="none"))
    sender: Mapped[str | None] = mapped_column(EncryptedString("id", subject="owner"))
    stamp: Mapped[str | None] = mapped_column(EncryptedString("id", subject="owner", text=True))


class PlainBase(DeclarativeBase):
    pass


class PlainPerson(PlainBase):
    __tablename__ = "plain_people"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    place: Mapped[int] = mapped_column(default=0)
    email: Mapped[str | None] = mapped_column(String)
    biography: Mapped[str | None] = mapped_column(Text)
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    settings: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    born: Mapped[datetime.date | None] = mapped_column(Date)
    number: Mapped[int | None] = mapped_column(Numeric(60, 0, asdecimal=True))
    balance: Mapped[decimal.Decimal | None] = mapped_column(Numeric(60, 4))
    notes: Mapped[list[PlainNote]] = relationship(
        back_populates="person", order_by="PlainNote.name", cascade="all, delete-orphan"
    )


class PlainNote(PlainBase):
    __tablename__ = "plain_notes"
    owner: Mapped[uuid.UUID] = mapped_column(ForeignKey("plain_people.id", onupdate="cascade"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(Text)
    person: Mapped[PlainPerson] = relationship(back_populates="notes")


class PlainVisit(PlainBase):
    __tablename__ = "plain_visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str | None] = mapped_column(String)


COLUMNS = ("email", "biography", "picture", "settings", "born", "number", "balance")
