"""Equality over blind indexes: which SQL a comparison with an encrypted column becomes, or why it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import LargeBinary, Text, and_, or_, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement, Null
from sqlalchemy.sql.schema import Column, ColumnDefault, Table
from sqlalchemy.types import TypeDecorator

from .marks import INSTALLED, PENDING, Ciphertext, CiphertextText, Pending, Wanted
from .normalisers import NORMALISERS

SEARCHED = (operators.eq, operators.ne, operators.in_op, operators.not_in_op)
#: What changes no value, or says in which order rows come (which an index of the ciphertext would do in no useful way).
ALLOWED = (operators.is_, operators.is_not)


class BlindIndex(TypeDecorator[bytes]):
    """The companion column of an encrypted one: a keyed hash of its normalised value, by which equal values are found.

    of: the encrypted column of the same table. index: the index's name in the catalog. It is written with the value, in
    the same call; it shows which rows hold equal values. bits: below 64 it finds other values too, which are dropped once
    they are opened. normaliser: the catalog's ("none", "casefold", "trim" or "email"); an index of so few bits demands it."""

    impl = LargeBinary
    cache_ok = True

    def __init__(
        self, of: str, index: str = "equality", bits: int = 128, normaliser: str | None = None, table: str | None = None
    ) -> None:
        """`table` is filled in by the column: a part of the key under which statements are cached."""
        super().__init__()
        if normaliser not in NORMALISERS and (bits < 64 or normaliser is not None):
            raise ArgumentError(f"BlindIndex: normaliser={normaliser!r} is none of {', '.join(NORMALISERS)}")
        self.of, self.index, self.bits, self.normaliser, self.table = of, index, bits, normaliser, table
        self._column: Column[Any] | None = None
        self._is_copy = False

    def __repr__(self) -> str:
        more = f", bits={self.bits}" if self.bits != 128 else ""
        more += f", normaliser={self.normaliser!r}" if self.normaliser is not None else ""
        return f"BlindIndex({self.of!r}, {self.index!r}{more})"

    @property
    def is_narrow(self) -> bool:
        """Whether other values are found too."""
        return self.bits < 64

    def normalised(self, value: bytes) -> bytes:
        return NORMALISERS[self.normaliser or "none"](value)

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
            return value if passes else Wanted(self, value)

        return process

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self


def indexes_of(column: Column[Any]) -> list[Column[Any]]:
    """The blind index columns of an encrypted column."""
    return [beside for beside in column.table.c if isinstance(beside.type, BlindIndex) and beside.type.of == column.key]


def operate(
    column: ColumnElement[Any], op: Any, other: tuple[Any, ...], plainly: Callable[..., Any], options: dict[str, Any]
) -> Any:
    """The comparison, on the index column where there is one. Raises InvalidRequestError for what cannot be answered."""
    value: Any = other[0] if other else None
    value = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    if op in ALLOWED or (op in (operators.eq, operators.ne) and (value is None or isinstance(value, Null))):
        return plainly(op, *other, **options)
    if op in (operators.eq, operators.ne) and isinstance(value, ColumnElement) and not isinstance(value, BindParameter):
        return _column_equality(column, op, value)
    if op not in SEARCHED:
        raise InvalidRequestError(
            f"{column}: {getattr(op, '__name__', op)} cannot be answered over ciphertext; an encrypted column can be compared "
            "with ==, !=, in_ and is_(None)"
        )
    index = _beside(column)
    type_: Any = index.type
    # Without the coercion the unit of work would compare the attribute itself, in Python, with what is wanted.
    searched = type_coerce(index, type_)
    if isinstance(value, BindParameter):
        if column.type.accepts_plaintext:  # type: ignore[attr-defined]
            raise InvalidRequestError(f"{column}: while it accepts plaintext, compare it with the value itself")
        return searched.operate(op, value, **options)
    many = op in (operators.in_op, operators.not_in_op)
    if many and not isinstance(value, (list, tuple, set, frozenset)):
        raise InvalidRequestError(f"{column}: in_ takes a list of values")
    values = list(value) if many else [value]
    wanted = [one if one is None else Wanted(type_, one) for one in values]
    found = searched.operate(op, wanted if many else wanted[0], **options)
    return _or_plaintext(column, searched, op, found, values) if column.type.accepts_plaintext else found  # type: ignore[attr-defined]


def _or_plaintext(column: Any, index: ColumnElement[Any], op: Any, found: Any, values: list[Any]) -> Any:
    """During a rollout: equal to a stored plaintext, too, which has no index."""
    encoded = [one if one is None else column.type.encode(one) for one in values]
    if column.type.text:
        stored: list[Any] = [one if one is None else CiphertextText(one.decode()) for one in encoded]
    else:
        stored = [one if one is None else Ciphertext(one) for one in encoded]
    kind: Any = Text() if column.type.text else LargeBinary()
    plain = type_coerce(column, kind)
    if op in (operators.eq, operators.in_op):
        return or_(found, plain.in_(stored))
    return and_(or_(index.is_(None), found), plain.not_in(stored))


class Unanswerable(BinaryExpression[Any]):
    """A comparison of columns that makes no SQL. SQLAlchemy compares columns to find them in dictionaries, too."""

    inherit_cache = False
    why = ""

    def _compiler_dispatch(self, visitor: Any, **options: Any) -> str:
        raise InvalidRequestError(self.why)


def _column_equality(column: ColumnElement[Any], op: Any, other: ColumnElement[Any]) -> BinaryExpression[Any]:
    try:
        if getattr(other.type, "field", None) != column.type.field:  # type: ignore[attr-defined]
            raise InvalidRequestError(f"{column}: equality with {other} cannot be seen: each field has an index key of its own")
        expression: BinaryExpression[Any] = _beside(column).operate(op, _beside(other))  # type: ignore[assignment]
    except InvalidRequestError as error:
        expression = Unanswerable(column, other, op)
        expression.why = str(error)
    expression._orig = (hash(column), hash(other))
    return expression


def _beside(column: ColumnElement[Any]) -> ColumnElement[Any]:
    own = getattr(column.type, "_column", None)
    indexes = [] if own is None else indexes_of(own)
    if not indexes:
        raise InvalidRequestError(f"{column}: equality needs a blind index; declare a BlindIndex column for it")
    selectable = getattr(column, "table", None)
    for found in () if selectable is None else selectable.c:
        if found.shares_lineage(indexes[0]):
            return found  # type: ignore[no-any-return]
    raise InvalidRequestError(f"{column}: its index {indexes[0].name} is not selected beside it")
