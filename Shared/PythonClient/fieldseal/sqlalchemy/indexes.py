"""The companion columns of an encrypted one, by which its rows are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import LargeBinary, Text, cast
from sqlalchemy.engine import Dialect
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.schema import Column, ColumnDefault, Table
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from ..normalisers import TEXT_NORMALISERS, normalise
from .marks import INSTALLED, PENDING, Ciphertext, CiphertextText, Pending, Wanted
from .patterns import TextPattern

#: Code points of a trigram.
TRIGRAM = 3


class BlindIndex(TypeDecorator[bytes]):
    """The companion column of an encrypted one: a keyed hash of its normalised value, by which equal values are found.

    of: the encrypted column of the same table. index: the index's name in the catalog. It is written with the value, in
    the same call; it shows which rows hold equal values. bits: below 64 it finds other values too, which are dropped once
    they are opened. normaliser: the catalog's ("none", "casefold", "trim", "email", "phone-digits" or "last-four"); an index of
    so few bits demands it. rotating_to: the column of another index of the catalog, with another key, which takes this one's
    place once it is filled (`EncryptionMiddleware.fill_index`); until then both are written, and a search matches either."""

    impl = LargeBinary
    cache_ok = True
    kind = "equality"

    def __init__(
        self,
        of: str,
        index: str = "equality",
        bits: int = 128,
        normaliser: str | None = None,
        rotating_to: str | None = None,
        table: str | None = None,
    ) -> None:
        """`table` is filled in by the column: a part of the key under which statements are cached."""
        super().__init__()
        if normaliser not in TEXT_NORMALISERS and (self.is_filter or bits < 64 or normaliser is not None):
            name, known = type(self).__name__, ", ".join(TEXT_NORMALISERS)
            raise ArgumentError(f"{name}: normaliser={normaliser!r} is none of {known}")
        self.of, self.index, self.bits, self.normaliser, self.table = of, index, bits, normaliser, table
        self.rotating_to = rotating_to
        self._column: Column[Any] | None = None
        self._is_copy = False

    def __repr__(self) -> str:
        more = f", bits={self.bits}" if self.bits != 128 else ""
        for name in ("normaliser", "rotating_to"):
            more += f", {name}={getattr(self, name)!r}" if getattr(self, name) is not None else ""
        return f"{type(self).__name__}({self.of!r}, {self.index!r}{more})"

    @property
    def is_filter(self) -> bool:
        """Whether it is compared bit by bit."""
        return self.kind != "equality"

    @property
    def is_narrow(self) -> bool:
        """Whether other values are found too."""
        return self.is_filter or self.bits < 64

    def normalised(self, value: bytes) -> bytes:
        return normalise(self.normaliser or "none", value)

    def stored(self, hashed: bytes) -> Any:
        """Makes the parameter for an index that the service made."""
        return Ciphertext(hashed)

    def copy(self, **options: Any) -> BlindIndex:
        copied = super().copy(**options)
        assert isinstance(copied, BlindIndex)
        copied._is_copy = True
        return copied

    def _set_parent(self, parent: Any, outer: bool = False, **options: Any) -> None:
        super()._set_parent(parent, outer=outer, **options)
        if not isinstance(parent, Column) or parent is self._column:
            return
        if self._column is not None and not self._is_copy:
            raise ArgumentError(f"{parent}: a blind index type belongs to one column; make another one for this column")
        self._column, self._is_copy = parent, False
        listen(parent, "after_parent_attach", self._attached)

    def _attached(self, column: Column[Any], table: Any) -> None:
        if column is self._column and isinstance(table, Table):
            self.table = table.name
            # An INSERT that does not name the column gets it all the same.
            if column.default is None:
                column.default = ColumnDefault(lambda: PENDING)
                column.default._set_parent_with_dispatch(column)

    @property
    def source(self) -> Column[Any]:
        table = None if self._column is None else self._column.table
        if table is None or self.of not in table.c:
            raise ArgumentError(f"{self!r}: {self.of} is no column of its table")
        return table.c[self.of]

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        if not hasattr(dialect, INSTALLED):
            raise InvalidRequestError("blind index columns need an EncryptionMiddleware on their engine")

        def process(value: Any) -> Any:
            passes = value is None or isinstance(value, (bytes, Wanted, Pending))
            return value if passes else self._wanted(value)

        return process

    def _wanted(self, value: Any) -> Any:
        return Wanted(self, value)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self


class Bits(UserDefinedType[str]):
    """PostgreSQL's bit(length), of which every driver makes something else."""

    cache_ok = True

    def __init__(self, length: int) -> None:
        self.length = length

    def get_col_spec(self, **_: Any) -> str:
        return f"BIT({self.length})"


class _Filter(BlindIndex):
    """A Bloom filter of the parts of a text. A search reads the whole column: no index of PostgreSQL answers it."""

    impl = Text  # type: ignore[assignment]
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Bits(self.bits)

    def bind_expression(self, bindvalue: BindParameter[Any]) -> ColumnElement[Any]:
        return cast(cast(bindvalue, Text), Bits(self.bits))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        # asyncpg has a type of its own.
        return format(value.to_int(), f"0{self.bits}b") if hasattr(value, "to_int") else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return lambda value: None if value is None else self.process_result_value(value, dialect)

    def stored(self, hashed: bytes) -> Any:
        return CiphertextText(format(int.from_bytes(hashed, "big"), f"0{self.bits}b"))

    def _wanted(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) == self.bits and set(value) <= {"0", "1"}:
            return value
        raise InvalidRequestError(f"{self!r}: search its encrypted column, by startswith, contains or like")

    def terms(self, pattern: TextPattern) -> list[str]:
        """What a filter must hold of a pattern; empty where it cannot tell."""
        raise NotImplementedError

    @property
    def shortest_term(self) -> str:
        """In words."""
        raise NotImplementedError


class PrefixIndex(_Filter):
    """The companion column of an encrypted text that finds what it begins with: a filter of its beginnings.

    It shows which values begin alike, and how often. index, bits, normaliser: as in the catalog. shortest: the catalog's too,
    the characters of the shortest beginning that can be looked for."""

    cache_ok = True
    kind = "prefix"

    def __init__(
        self,
        of: str,
        index: str = "prefix",
        bits: int = 256,
        normaliser: str = "none",
        shortest: int = 2,
        rotating_to: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(of, index, bits, normaliser, rotating_to, table)
        self.shortest = shortest

    def terms(self, pattern: TextPattern) -> list[str]:
        # The service normalises a beginning as this does, but once.
        return [term.given for term in pattern.terms if term.starts and len(term.text) >= self.shortest]

    @property
    def shortest_term(self) -> str:
        return f"{self.shortest} characters of their beginning"


class TrigramIndex(_Filter):
    """The companion column of an encrypted text that finds what it contains: a filter of its runs of three characters.

    It shows which values have parts in common: whoever knows some values, or the language, can guess others. The catalog
    declares it with `accept-leakage` alone. index, bits, normaliser: as in the catalog."""

    cache_ok = True
    kind = "trigram"

    def __init__(
        self,
        of: str,
        index: str = "trigram",
        bits: int = 256,
        normaliser: str = "none",
        rotating_to: str | None = None,
        table: str | None = None,
    ) -> None:
        super().__init__(of, index, bits, normaliser, rotating_to, table)

    def terms(self, pattern: TextPattern) -> list[str]:
        return [term.text for term in pattern.terms if len(term.text) >= TRIGRAM]

    @property
    def shortest_term(self) -> str:
        return f"{TRIGRAM} characters"


class CompoundIndex(BlindIndex):
    """The companion column of two encrypted ones: a keyed hash of both values, by which rows are found where both are equal.

    of, beside: the encrypted columns, of the same table. index, bits, normaliser and beside_normaliser: as in the catalog. It is
    written by a call of its own, and NULL where one of the values is. A WHERE that demands both values uses it."""

    cache_ok = True
    kind = "pair"

    def __init__(
        self,
        of: str,
        beside: str,
        index: str = "pair",
        bits: int = 128,
        normaliser: str = "none",
        beside_normaliser: str = "none",
        table: str | None = None,
    ) -> None:
        super().__init__(of, index, bits, normaliser, None, table)
        if bits < 64 or beside_normaliser not in TEXT_NORMALISERS:
            raise ArgumentError("CompoundIndex: it has at least 64 bits, and known normalisers")
        self.beside, self.beside_normaliser = beside, beside_normaliser

    @property
    def is_filter(self) -> bool:
        return False

    @property
    def other(self) -> Column[Any]:
        """The second column."""
        table = self.source.table
        if self.beside not in table.c:
            raise ArgumentError(f"{self!r}: {self.beside} is no column of its table")
        return table.c[self.beside]

    def _wanted(self, value: Any) -> Any:
        if isinstance(value, (tuple, list)) and len(value) == 2:
            return Wanted(self, tuple(value))
        raise InvalidRequestError(f"{self!r}: it is compared with a pair of values")


def pairs_of(table: Any) -> list[Column[Any]]:
    """The columns of a table that are indexes of pairs."""
    return [column for column in table.c if isinstance(column.type, CompoundIndex)]


def indexes_of(column: Column[Any]) -> list[Column[Any]]:
    """The blind index columns of an encrypted column alone."""
    found = [beside for beside in column.table.c if isinstance(beside.type, BlindIndex) and beside.type.of == column.key]
    return [index for index in found if not isinstance(index.type, CompoundIndex)]


def rotations_of(column: Column[Any]) -> list[list[Column[Any]]]:
    """Its index columns, each with those that take its place, which are searched together."""
    indexes = {index.key: index for index in indexes_of(column)}
    successors = {index.key: index.type.rotating_to for index in indexes.values()}  # type: ignore[attr-defined]
    rotations = []
    for key in indexes:
        if key in successors.values():
            continue
        rotation = [indexes[key]]
        while (following := successors[rotation[-1].key]) is not None:
            if following not in indexes or indexes[following] in rotation or not _alike(rotation[0], indexes[following]):
                raise ArgumentError(f"{rotation[-1]}: {following} is no index of {column.key} of its kind and normaliser")
            rotation.append(indexes[following])
        rotations.append(rotation)
    return rotations


def _alike(one: Column[Any], other: Column[Any]) -> bool:
    first, second = one.type, other.type
    return (first.kind, first.normaliser) == (second.kind, second.normaliser)  # type: ignore[attr-defined]
