"""Equality over blind indexes: which SQL a comparison with an encrypted column becomes, or why it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import LargeBinary, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement, Null
from sqlalchemy.sql.schema import Column, ColumnDefault, Table
from sqlalchemy.types import TypeDecorator

SEARCHED = (operators.eq, operators.ne, operators.in_op, operators.not_in_op)
#: What changes no value, or says in which order rows come (which an index of the ciphertext would do in no useful way).
ALLOWED = (operators.is_, operators.is_not)


class Pending:
    """Stands in a blind index column until the middleware computes the index of the value that is written beside it."""

    def __repr__(self) -> str:
        return "<encrypted>"


PENDING = Pending()


class Wanted:
    """A value that is looked for, on its way to a parameter: the middleware makes its index of it. No driver takes it."""

    __slots__ = ("type", "value")

    def __init__(self, type_: BlindIndex, value: Any) -> None:
        self.type, self.value = type_, value

    def __repr__(self) -> str:
        return "<encrypted>"


class BlindIndex(TypeDecorator[bytes]):
    """The companion column of an encrypted one: a keyed hash of its normalised value, by which equal values are found.

    of: the encrypted column of the same table. index: the index's name in the catalog. It is written with the value, in
    the same call; what it leaks (which rows hold equal values) stands in the catalog's documentation."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, of: str, index: str = "equality", table: str | None = None) -> None:
        """`table` is filled in by the column: a part of the key under which statements are cached."""
        super().__init__()
        self.of, self.index, self.table = of, index, table
        self._column: Column[Any] | None = None
        self._is_copy = False

    def __repr__(self) -> str:
        return f"BlindIndex({self.of!r}, {self.index!r})"

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
        if not hasattr(dialect, "_fieldseal"):
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
    if op in (operators.in_op, operators.not_in_op):
        if not isinstance(value, BindParameter):
            if not isinstance(value, (list, tuple, set, frozenset)):
                raise InvalidRequestError(f"{column}: in_ takes a list of values")
            value = [one if one is None else Wanted(type_, one) for one in value]
    elif not isinstance(value, BindParameter):
        value = Wanted(type_, value)
    # Without the coercion the unit of work would compare the attribute itself, in Python, with what is wanted.
    return type_coerce(index, type_).operate(op, value, **options)


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
