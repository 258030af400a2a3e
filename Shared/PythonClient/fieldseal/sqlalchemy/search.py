"""Comparisons over blind indexes: which SQL one with an encrypted column becomes, or why it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import LargeBinary, Text, and_, bindparam, or_, type_coerce
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement, Null, TypeCoerce
from sqlalchemy.sql.schema import Column

from .indexes import BlindIndex, pairs_of, rotations_of
from .marks import Ciphertext, CiphertextText, Wanted
from .pairs import Half
from .patterns import FOLDING_OPERATORS, TEXT_OPERATORS, TextPattern

SEARCHED = (operators.eq, operators.ne, operators.in_op, operators.not_in_op)
#: What changes no value, or says in which order rows come (which an index of the ciphertext would do in no useful way).
ALLOWED = (operators.is_, operators.is_not)
#: Normalisers after which upper and lower case are one.
FOLDING = ("casefold", "email", "phone-digits")
#: The precedence of `&`, above that of `=`.
COMMON_BITS = 7


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
    if op in TEXT_OPERATORS:
        return _text_search(column, op, value, options)
    if op not in SEARCHED:
        raise InvalidRequestError(
            f"{column}: {getattr(op, '__name__', op)} cannot be answered over ciphertext; an encrypted column can be compared "
            "with ==, !=, in_ and is_(None), and a text with startswith, contains and like"
        )
    if op is operators.eq and not isinstance(value, BindParameter) and _is_of_pairs_alone(column):
        return Half.of(column, value)
    indexes = _beside(column)
    if isinstance(value, BindParameter):
        if column.type.accepts_plaintext or len(indexes) > 1:  # type: ignore[attr-defined]
            why = "it accepts plaintext" if column.type.accepts_plaintext else "its index rotates"  # type: ignore[attr-defined]
            raise InvalidRequestError(f"{column}: while {why}, compare it with the value itself")
        return _searched(indexes[0]).operate(op, value, **options)
    many = op in (operators.in_op, operators.not_in_op)
    if many and not isinstance(value, (list, tuple, set, frozenset)):
        raise InvalidRequestError(f"{column}: in_ takes a list of values")
    values = list(value) if many else [value]
    found = []
    for index in indexes:
        wanted = [one if one is None else Wanted(index.type, one) for one in values]
        found.append(_searched(index).operate(op, wanted if many else wanted[0], **options))
    if op in (operators.eq, operators.in_op):
        return or_(*found, *_plaintext(column, op, values))
    if len(found) == 1 and not column.type.accepts_plaintext:  # type: ignore[attr-defined]
        return found[0]
    # A row without an index has none in this column yet, or is stored in plain.
    differs = [or_(_searched(index).is_(None), one) for index, one in zip(indexes, found)]
    stored = _plaintext(column, op, values) or [or_(*(_searched(index).is_not(None) for index in indexes))]
    return and_(*differs, *stored)


def _searched(index: ColumnElement[Any]) -> ColumnElement[Any]:
    # Without the coercion the unit of work would compare the attribute itself, in Python, with what is wanted.
    return type_coerce(index, index.type)


def _plaintext(column: Any, op: Any, values: list[Any]) -> list[ColumnElement[bool]]:
    """During a rollout: the comparison with a stored plaintext, which has no index."""
    if not column.type.accepts_plaintext:
        return []
    encoded = [one if one is None else column.type.encode(one) for one in values]
    if column.type.text:
        stored: list[Any] = [one if one is None else CiphertextText(one.decode()) for one in encoded]
    else:
        stored = [one if one is None else Ciphertext(one) for one in encoded]
    kind: Any = Text() if column.type.text else LargeBinary()
    plain = type_coerce(column, kind)
    return [plain.in_(stored) if op in (operators.eq, operators.in_op) else plain.not_in(stored)]


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
        expression: BinaryExpression[Any] = _beside(column)[0].operate(op, _beside(other)[0])  # type: ignore[assignment]
    except InvalidRequestError as error:
        expression = Unanswerable(column, other, op)
        expression.why = str(error)
    expression._orig = (hash(column), hash(other))
    return expression


def _is_of_pairs_alone(column: ColumnElement[Any]) -> bool:
    own = getattr(column.type, "_column", None)
    types: list[Any] = [] if own is None else [pair.type for pair in pairs_of(own.table)]
    in_pairs = own is not None and any(own.key in (type_.of, type_.beside) for type_ in types)
    return in_pairs and all(rotation[0].type.is_filter for rotation in _rotations(column))  # type: ignore[attr-defined]


def _beside(column: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """The index column that answers equality, and those that take its place."""
    rotations = [rotation for rotation in _rotations(column) if not rotation[0].type.is_filter]  # type: ignore[attr-defined]
    if not rotations:
        raise InvalidRequestError(f"{column}: equality needs a blind index; declare a BlindIndex column for it")
    whole = [rotation for rotation in rotations if rotation[0].type.normaliser != "last-four"]  # type: ignore[attr-defined]
    if not whole:
        raise InvalidRequestError(f"{column}: its index is of the last four digits; compare {rotations[0][0]} with them")
    return [_selected(column, index) for index in whole[0]]


def _rotations(column: ColumnElement[Any]) -> list[list[Column[Any]]]:
    own = getattr(column.type, "_column", None)
    return [] if own is None else rotations_of(own)


def _selected(column: ColumnElement[Any], index: Column[Any]) -> ColumnElement[Any]:
    """The index column as it is selected beside the encrypted one."""
    selectable = getattr(column, "table", None)
    for found in () if selectable is None else selectable.c:
        if found.shares_lineage(index):
            return found  # type: ignore[no-any-return]
    raise InvalidRequestError(f"{column}: its index {index.name} is not selected beside it")


def _text_search(column: ColumnElement[Any], op: Any, value: Any, options: dict[str, Any]) -> ColumnElement[Any]:
    """The filters that hold all bits of what is looked for; other values that do are dropped once they are opened."""
    type_: Any = column.type
    if getattr(type_, "plain_type", None) is not str:
        raise InvalidRequestError(f"{column}: it holds no text that has parts")
    if type_.accepts_plaintext:
        raise InvalidRequestError(f"{column}: while it accepts plaintext, it can be searched by whole values only")
    if not isinstance(value, str):
        raise InvalidRequestError(f"{column}: it is searched by a text that is known when the statement is made")
    rotations = [rotation for rotation in _rotations(column) if rotation[0].type.is_filter]  # type: ignore[attr-defined]
    if not rotations:
        raise InvalidRequestError(
            f"{column}: parts of texts need an index of their own; declare a PrefixIndex or TrigramIndex column"
        )
    found: list[ColumnElement[Any]] = []
    usable: list[str] = []
    for rotation in rotations:
        kind: Any = rotation[0].type
        if op in FOLDING_OPERATORS and kind.normaliser not in FOLDING:
            continue
        usable.append(kind.shortest_term)
        pattern = TextPattern.of(op, value, kind.normaliser, **options)
        for term in kind.terms(pattern):
            found.append(or_(*(_holds(_selected(column, index), Wanted(index.type, term, pattern)) for index in rotation)))
    if found:
        return and_(*found)
    if not usable:
        raise InvalidRequestError(f"{column}: case can be ignored only by an index whose normaliser folds it")
    raise InvalidRequestError(f"{column}: the text is too short: its values are found by at least {' or '.join(usable)}")


def _holds(index: ColumnElement[Any], wanted: Wanted) -> ColumnElement[bool]:
    bits = bindparam(None, wanted, type_=wanted.type, unique=True)
    common = type_coerce(index, wanted.type).op("&", precedence=COMMON_BITS, return_type=wanted.type)(bits)
    return common == bits


def searched_index(criterion: Any) -> tuple[ColumnElement[Any], BindParameter[Any]] | None:
    """The index column and the parameter of a comparison that this module made; None of any other."""
    if not isinstance(criterion, BinaryExpression):
        return None
    index, value = criterion.left, criterion.right
    if criterion.operator is operators.eq and isinstance(index, BinaryExpression):
        index = index.left if getattr(index.operator, "opstring", None) == "&" else index
    elif criterion.operator not in (operators.eq, operators.in_op):
        return None
    index = index.clause if isinstance(index, TypeCoerce) else index
    is_search = isinstance(getattr(index, "type", None), BlindIndex) and isinstance(value, BindParameter)
    return (index, value) if is_search else None  # type: ignore[return-value]
