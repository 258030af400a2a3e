"""Indexes of pairs: what is written into them, and the conjunctions that they answer."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, event, type_coerce
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Update
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, ColumnElement
from sqlalchemy.sql.schema import Column, Table
from sqlalchemy.sql.selectable import Select
from sqlalchemy.types import NullType

from .indexes import CompoundIndex, pairs_of
from .marks import PENDING, Wanted


class Half(BinaryExpression[Any]):
    """An equality that is answered together with another one. Of itself it makes no SQL."""

    inherit_cache = False
    #: Whether there was one in this process. Before, no statement is searched for them.
    was_made = False

    @classmethod
    def of(cls, column: ColumnElement[Any], value: Any) -> Half:
        if not Half.was_made:
            for engine in list(_engines):
                _listen(engine)
            Half.was_made = True
        # Coerced, so that the unit of work does not compare the attribute itself, in Python, with what is wanted.
        own = type_coerce(column, column.type)
        return cls(own, bindparam(None, Wanted(None, value), type_=NullType(), unique=True), operators.eq)

    @property
    def column(self) -> Any:
        return self.left.clause

    def _compiler_dispatch(self, visitor: Any, **options: Any) -> str:
        raise InvalidRequestError(
            f"{self.column}: its index is of a pair, which answers a WHERE that demands both values; or declare a BlindIndex for it"
        )


class Sought(NamedTuple):
    """One equality of a conjunction: of this encrypted column of this table or alias."""

    table: Any
    key: str
    value: Any
    criterion: Any


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def find_pairs(engine: Engine) -> None:
    """A search for two values uses the index of the pair, in all statements of the engine."""
    _engines.add(engine)
    # An engine with an event does more for every statement, whatever it is.
    if Half.was_made:
        _listen(engine)


def _listen(engine: Engine) -> None:
    event.listen(engine, "before_execute", _before_execute, retval=True)


def _before_execute(
    connection: Connection, statement: Any, multiparams: Any, params: Any, execution_options: Any
) -> tuple[Any, Any, Any]:
    # Before compilation, which is remembered by the statement as it is then.
    return with_pairs(statement), multiparams, params


def conjunction(criteria: Iterable[Any]) -> Iterator[Any]:
    for criterion in criteria:
        if isinstance(criterion, BooleanClauseList) and criterion.operator is operators.and_:
            yield from conjunction(criterion.clauses)
        else:
            yield criterion


def with_pairs(statement: Any) -> Any:
    """The statement with halves that belong together searched by the index of the pair."""
    if not isinstance(statement, (Select, Update, Delete)):
        return statement
    criteria = list(conjunction(statement._where_criteria))
    if not any(isinstance(criterion, Half) for criterion in criteria):
        return statement
    sought = [one for one in map(_sought, criteria) if one is not None]
    for half in [one for one in sought if isinstance(one.criterion, Half)]:
        at, found = _place(criteria, half.criterion), _pair(half, sought)
        if at is not None and found is not None:
            index, first, second = found
            searched: Any = type_coerce(_selected(half.table, index), index.type)
            criteria[at] = searched == Wanted(index.type, (first.value, second.value))
            for other in (first, second):
                if isinstance(other.criterion, Half) and (at := _place(criteria, other.criterion)) is not None:
                    del criteria[at]
    changed = statement._generate()
    changed._where_criteria = tuple(criteria)
    return changed


def _place(criteria: list[Any], wanted: Any) -> Any:
    # By identity: comparing two expressions makes a third.
    return next((at for at, criterion in enumerate(criteria) if criterion is wanted), None)


def _sought(criterion: Any) -> Sought | None:
    from .search import searched_index

    if isinstance(criterion, Half):
        half: Any = criterion
        return Sought(half.column.table, half.column.key, half.right.value.value, half)
    index, parameter = searched_index(criterion) or (None, None)
    wanted = getattr(parameter, "value", None)
    if criterion.__class__ is BinaryExpression and criterion.operator is operators.eq and isinstance(wanted, Wanted):
        if wanted.pattern is None and not isinstance(wanted.type, CompoundIndex):
            return Sought(index.table, wanted.type.of, wanted.value, criterion)  # type: ignore[union-attr]
    return None


def _pair(half: Sought, sought: list[Sought]) -> tuple[Column[Any], Sought, Sought] | None:
    for index in pairs_of(half.criterion.column.type._column.table):
        keys = (index.type.of, index.type.beside)  # type: ignore[attr-defined]
        found = [next((one for one in sought if one.key == key and hash(one.table) == hash(half.table)), None) for key in keys]
        if half.key in keys and None not in found:
            return (index, *found)  # type: ignore[return-value]
    return None


def _selected(selectable: Any, index: Column[Any]) -> ColumnElement[Any]:
    return next(found for found in selectable.c if found.shares_lineage(index))


class WrittenPair(NamedTuple):
    """The parameters of an index of a pair and of its values; None for a value that an INSERT does not give."""

    name: str
    type: CompoundIndex
    first: str | None
    second: str | None


def values_of_update(table: Table, names: set[Any]) -> dict[Any, Any]:
    """The indexes of pairs that an UPDATE of these columns writes too. Raises InvalidRequestError for one without the other."""
    found: dict[Any, Any] = {}
    for index in pairs_of(table):
        pair = {index.type.of, index.type.beside}  # type: ignore[attr-defined]
        if names & pair and not pair <= names:
            raise InvalidRequestError(f"{index} is of {' and '.join(sorted(pair))}: an UPDATE of one sets the other too")
        if names & pair and index.key not in names:
            found[table.c[index.key]] = PENDING
    return found


def pair_items(
    pairs: Sequence[WrittenPair], given: Sequence[MutableMapping[str, Any]]
) -> Iterator[tuple[WrittenPair, int, Wanted | None]]:
    """What becomes of each index of each row: that of two values, or NULL."""
    for pair in pairs:
        for number, values in enumerate(given):
            first, second = (None if name is None else values[name] for name in (pair.first, pair.second))
            yield pair, number, None if first is None or second is None else Wanted(pair.type, (first, second))
