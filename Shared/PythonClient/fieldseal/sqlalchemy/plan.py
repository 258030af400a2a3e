"""What is encrypted in a compiled statement: worked out once for each, and kept with it in SQLAlchemy's statement cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, Update, UpdateBase
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, Null, TextClause
from sqlalchemy.sql.schema import Column, Table
from sqlalchemy.sql.selectable import Select, TextualSelect

from .indexes import BlindIndex, pairs_of
from .pairs import WrittenPair, conjunction
from .search import searched_index
from .types import Encrypted

ATTRIBUTE = "_fieldseal_plan"


class Sealed(NamedTuple):
    """A bind parameter that becomes ciphertext, and those that become its blind indexes, in the order of the type's."""

    name: str
    type: Encrypted[Any]
    indexes: tuple[str | None, ...]


class Row(NamedTuple):
    """The bind parameters of one row: those of its key where a value is bound to it, those that are sealed, and the one that names
    their subject.

    `problem` says why key or subject are not known, so that nothing but NULL can be written."""

    key: tuple[str, ...]
    sealed: tuple[Sealed, ...]
    problem: str | None = None
    subject: str | None = None


class Opened(NamedTuple):
    """A result column that is ciphertext; `key` are the places of its row's key columns where it is not packed in front."""

    at: int | str
    type: Encrypted[Any]
    key: tuple[int | str, ...] | None


class Moved(NamedTuple):
    """A value that stays as it is while its row is given the key, or the subject, of these parameters; None: of unknown ones."""

    column: Column[Any]
    key: tuple[str, ...] | None
    subject: str | None


class Narrow(NamedTuple):
    """A search by an index that finds other values too: the opened column `at` must equal one of the parameter `name`."""

    name: str
    at: int
    type: BlindIndex


class Plan(NamedTuple):
    """`searches`: parameters may hold values that are looked for in blind indexes. `into_objects`: all that is opened becomes
    attributes of objects, if the ORM executes the statement."""

    rows: tuple[Row, ...] = ()
    #: Blind indexes of values that are not written.
    empty: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    searches: bool = False
    opened: tuple[Opened, ...] = ()
    pairs: tuple[WrittenPair, ...] = ()
    #: Of each group, one must be found.
    narrow: tuple[tuple[Narrow, ...], ...] = ()
    into_objects: bool = False


EMPTY = Plan()


def plan_of(compiled: Any) -> Plan:
    """Raises InvalidRequestError for a statement that would write or read what cannot be sealed or opened."""
    plan: Plan | None = getattr(compiled, ATTRIBUTE, None)
    if plan is None:
        if not isinstance(compiled, SQLCompiler):
            return EMPTY
        plan = _Planner(compiled).plan()
        setattr(compiled, ATTRIBUTE, plan)
    return plan


class _Planner:
    def __init__(self, compiled: SQLCompiler) -> None:
        self.compiled = compiled
        self.statement: Any = compiled.statement
        self.table: Any = getattr(self.statement, "table", None) if isinstance(self.statement, UpdateBase) else None
        self.taken: set[str] = set()
        self.empty: list[str] = []

    def plan(self) -> Plan:
        self._refuse_order()
        rows, opened, pairs = tuple(self._rows()), tuple(self._opened()), tuple(self._pairs())
        moved, narrow = tuple(self._moved()), tuple(self._narrow(opened))
        # Of a row that does not open nobody knows whether it is one that was looked for.
        into_objects = not narrow and self._goes_into_objects()
        return Plan(rows, tuple(self.empty), moved, self._searches(), opened, pairs, narrow, into_objects)

    def _refuse_order(self) -> None:
        """Ciphertexts are equal to nothing and in no order."""
        for name in ("_order_by_clauses", "_group_by_clauses"):
            for clause in getattr(self.statement, name, ()):
                while not isinstance(clause, Column) and hasattr(clause, "element"):
                    clause = clause.element
                named = isinstance(clause, str) and any(entry.keyname == clause for entry in self._encrypted_columns())
                if named or isinstance(getattr(clause, "type", None), Encrypted):
                    raise InvalidRequestError(
                        f"{clause}: rows cannot be ordered or grouped by ciphertext; do it once they are opened"
                    )

    def _encrypted_columns(self) -> list[Any]:
        """The result columns that are ciphertext."""
        return [entry for entry in self.compiled._result_columns or () if isinstance(entry.type, Encrypted)]

    # --- what is written

    def _rows(self) -> Iterator[Row]:
        if isinstance(self.statement, (Insert, Update)) and isinstance(self.table, Table):
            encrypted = [column for column in self.table.c if isinstance(column.type, Encrypted)]
            if encrypted:
                self._refuse_expressions()
                for suffix in self._suffixes():
                    yield from self._of_row(encrypted, suffix)
        for parameter, name in self.compiled.bind_names.items():
            if isinstance(parameter.type, Encrypted) and name not in self.taken:
                yield self._loose(name, parameter.type)

    def _suffixes(self) -> Iterator[str]:
        if not getattr(self.statement, "_multi_values", ()):
            yield ""
            return
        number = 0
        while any(f"{column.key}_m{number}" in self.compiled.binds for column in self.table.c):
            yield f"_m{number}"
            number += 1

    def _of_row(self, encrypted: list[Column[Any]], suffix: str) -> Iterator[Row]:
        by_key: dict[tuple[tuple[str, ...], str | None, str | None], list[Sealed]] = {}
        for column in encrypted:
            name = self._written(column, suffix)
            sealing = column.type.sealing  # type: ignore[attr-defined]
            if name is None:
                alone = [index for index in (self._written(beside, suffix) for beside in sealing.indexes) if index is not None]
                self.empty += alone
                self.taken.update(alone)
                continue
            indexes = tuple(self._written(index, suffix) for index in sealing.indexes)
            if None in indexes:
                missing = sealing.indexes[indexes.index(None)]
                raise InvalidRequestError(f"{column} is written without its index: {missing.name} is not in the statement")
            by_key.setdefault(self._key(column, suffix), []).append(Sealed(name, column.type, indexes))  # type: ignore[arg-type]
            self.taken.update((name, *(index for index in indexes if index is not None)))
        for (key, subject, problem), sealed in by_key.items():
            yield Row(key, tuple(sealed), problem, subject)

    def _pairs(self) -> Iterator[WrittenPair]:
        if not isinstance(self.statement, (Insert, Update)) or not isinstance(self.table, Table):
            return
        for index in pairs_of(self.table):
            type_: Any = index.type
            for suffix in self._suffixes():
                name, *values = (self._written(column, suffix) for column in (index, type_.source, type_.other))
                if name is None and values != [None, None]:
                    raise InvalidRequestError(f"{index} is not in a statement that writes what it is of")
                if name is not None and (isinstance(self.statement, Insert) or None not in values):
                    self.taken.add(name)
                    yield WrittenPair(name, type_, *values)

    def _written(self, column: Column[Any], suffix: str) -> str | None:
        """The parameter that VALUES or SET gives the column."""
        # A default of the first of several rows has no number.
        for name in (f"{column.key}{suffix}", column.key if suffix == "_m0" else ""):
            if name in self.compiled.binds and self._is_written(name, column):
                return name
        value = dict(self._values()).get(column.key)
        return value.key if isinstance(value, BindParameter) and value.key in self.compiled.binds else None

    def _is_written(self, name: str, column: Column[Any]) -> bool:
        # The type of a parameter of VALUES or SET is that of its column.
        return self.compiled.binds[name].type is column.type

    def _key(self, column: Column[Any], suffix: str) -> tuple[tuple[str, ...], str | None, str | None]:
        """The parameters of the row's key and of the value's subject, or why they are not known."""
        key, subject = column.type.sealing.key, column.type.sealing.subject  # type: ignore[attr-defined]
        names = [self._key_part(part, suffix) for part in key.columns] if key is not None else []
        if None in names:
            part = key.columns[names.index(None)]
            if isinstance(self.statement, Insert):
                return (
                    (),
                    None,
                    f"{column} is bound to {part}, which this INSERT does not know: let the application make the key "
                    "(default=uuid.uuid4, say), or bind the column to another one",
                )
            return (), None, f"{column} is bound to {part}: an UPDATE of it needs {part} = value in its WHERE"
        named = None if subject is None else self._key_part(subject.column, suffix)
        if subject is not None and named is None:
            return (), None, f"{column} belongs to the subject that {subject.column} names: the statement must give it a value"
        return tuple(names), named, None  # type: ignore[arg-type]

    def _key_part(self, part: Column[Any], suffix: str) -> str | None:
        name = self._written(part, suffix)
        return self._compared(part) if name is None and isinstance(self.statement, Update) else name

    def _compared(self, part: Column[Any]) -> str | None:
        """The parameter that WHERE demands the column to equal."""
        for criterion in conjunction(self.statement._where_criteria):
            if isinstance(criterion, BinaryExpression) and criterion.operator is operators.eq:
                for column, value in ((criterion.left, criterion.right), (criterion.right, criterion.left)):
                    if isinstance(value, BindParameter) and isinstance(column, Column) and self._is_of_row(column, part):
                        return self.compiled.bind_names.get(value) or value.key
        return None

    def _is_of_row(self, column: Column[Any], part: Column[Any]) -> bool:
        """Whether it is this column of the table that is updated, and not of an alias."""
        # Annotated tables have the hash of what they annotate.
        return column.key == part.key and hash(column.table) == hash(self.table)

    def _values(self) -> Iterator[tuple[str, Any]]:
        given = getattr(self.statement, "_values", None) or getattr(self.statement, "_ordered_values", None) or {}
        for column, value in given.items() if hasattr(given, "items") else given:
            yield getattr(column, "key", column), value

    def _values_of_all_rows(self) -> Iterator[tuple[str, Any]]:
        yield from self._values()
        for rows in getattr(self.statement, "_multi_values", ()):
            for row in rows:
                pairs = row.items() if hasattr(row, "items") else zip(self.table.c, row)
                yield from ((getattr(column, "key", column), value) for column, value in pairs)

    def _refuse_expressions(self) -> None:
        """Plaintext hides in expressions, and a ciphertext that another column lends does not open here."""
        for name, value in self._values_of_all_rows():
            column = self.table.c.get(name)
            if column is None or not isinstance(column.type, (Encrypted, BlindIndex)):
                continue
            if isinstance(value, Null) or not hasattr(value, "__clause_element__") and not hasattr(value, "type"):
                continue
            if not isinstance(value, BindParameter) or not (value.type is column.type or value.type._isnull):
                raise InvalidRequestError(f"{column}: an encrypted column takes a value, not an expression")
        for name in getattr(self.statement, "_select_names", None) or ():
            if isinstance(self.table.c[name].type, (Encrypted, BlindIndex)):
                raise InvalidRequestError(f"{self.table.c[name]}: an encrypted column cannot be filled from a SELECT")
        conflict = getattr(self.statement, "_post_values_clause", None)
        # A dictionary, or pairs (SQLAlchemy 2.0).
        names = {getattr(column, "key", column) for column in dict(getattr(conflict, "update_values_to_set", ()))}
        for column in (self.table.c[name] for name in names if name in self.table.c):
            if not isinstance(column.type, Encrypted):
                continue
            if left := [index.name for index in column.type.sealing.indexes if index.key not in names]:
                raise InvalidRequestError(
                    f"{column}: ON CONFLICT must set its index {left[0]} too, to that of the row that is inserted"
                )
            if column.type.subject is not None and column.type.subject not in names:
                raise InvalidRequestError(f"{column}: ON CONFLICT must set {column.type.subject} too, which names its subject")
            if column.type.bound_to:
                target = {getattr(part, "key", part) for part in getattr(conflict, "inferred_target_elements", None) or ()}
                if target != set(column.type.bound_to):
                    raise InvalidRequestError(
                        f"{column}: ON CONFLICT can set it only where the conflict is about {', '.join(column.type.bound_to)}, "
                        "to which it is bound"
                    )

    def _moved(self) -> Iterator[Moved]:
        if not isinstance(self.statement, Update) or not isinstance(self.table, Table):
            return
        for column in self.table.c:
            if not isinstance(column.type, Encrypted) or self._written(column, "") is not None:
                continue
            if any(self._written(part, "") for part in column.type.sealing.beside):
                names, subject, problem = self._key(column, "")
                yield Moved(column, None if problem else names, subject)

    def _loose(self, name: str, type_: Encrypted[Any]) -> Row:
        if type_.sealing.key is not None:
            raise InvalidRequestError(f"{type_.field}: the row that the parameter {name} is bound to cannot be told")
        return Row((), (Sealed(name, type_, (None,) * len(type_.sealing.indexes)),))

    def _searches(self) -> bool:
        return any(isinstance(parameter.type, BlindIndex) for parameter in self.compiled.bind_names)

    # --- what is read

    def _narrow(self, opened: tuple[Opened, ...]) -> Iterator[tuple[Narrow, ...]]:
        narrow = {
            name: parameter.type
            for parameter, name in self.compiled.bind_names.items()
            if isinstance(parameter.type, BlindIndex) and parameter.type.is_narrow and name not in self.taken
        }
        if not narrow:
            return
        for criterion in conjunction(getattr(self.statement, "_where_criteria", ())):
            is_choice = isinstance(criterion, BooleanClauseList) and criterion.operator is operators.or_
            alternatives = [self._search(one, opened) for one in (criterion.clauses if is_choice else [criterion])]
            known = [one for one in alternatives if one is not None]
            # An alternative that cannot be told in Python leaves the search unanswered.
            if len(known) == len(alternatives) and any(one.name in narrow for one in known):
                yield tuple(known)
                for one in known:
                    narrow.pop(one.name, None)
        clauses = ("_limit_clause", "_offset_clause", "_fetch_clause")
        limited = any(getattr(self.statement, name, None) is not None for name in clauses)
        if narrow or limited or not isinstance(self.statement, Select):
            raise InvalidRequestError(
                "an index of few bits, of beginnings or of trigrams finds other values too, which can be dropped only where a SELECT "
                "without LIMIT demands the match for every row and selects the encrypted column"
            )

    def _search(self, criterion: Any, opened: tuple[Opened, ...]) -> Narrow | None:
        """None for what is no search by an index of known normaliser beside its opened column."""
        index, value = searched_index(criterion) or (None, None)
        if value is None or value.type.normaliser is None:  # type: ignore[attr-defined]
            return None
        name = next((name for parameter, name in self.compiled.bind_names.items() if parameter.key == value.key), None)
        at = self._opened_beside(index, value.type, opened)  # type: ignore[arg-type]
        return None if name is None or at is None else Narrow(name, at, value.type)  # type: ignore[arg-type]

    def _goes_into_objects(self) -> bool:
        entities = getattr(self.compiled.compile_state, "_entities", None)
        return entities is not None and not any(map(_is_encrypted_column, entities))

    def _opened_beside(self, index: Any, type_: BlindIndex, opened: tuple[Opened, ...]) -> int | None:
        """The place of the encrypted column of the same row as the index column."""
        for column in opened:
            if isinstance(column.at, int) and column.type.field == type_.source.type.field:  # type: ignore[attr-defined]
                tables = [getattr(found, "table", None) for found in self.compiled._result_columns[column.at].objects]
                # Annotated tables have the hash of what they annotate.
                if hash(index.table) in map(hash, tables):
                    return column.at
        return None

    def _opened(self) -> Iterator[Opened]:
        columns = self.compiled._result_columns or ()
        # Columns of a statement's text are matched by their names unless they are declared in its order.
        text = getattr(self.statement, "element", self.statement)
        textual = isinstance(text, (TextualSelect, TextClause))
        by_name = textual and not self.compiled._textual_ordered_columns
        for at, entry in enumerate(columns):
            if not isinstance(entry.type, Encrypted):
                continue
            place = entry.keyname if by_name else at
            key = entry.type.sealing.key
            if key is None or not textual:
                yield Opened(place, entry.type, None)
                continue
            found = [self._place(part, by_name) for part in key.columns]
            if None in found:
                raise InvalidRequestError(f"{entry.type.field}: the text of a statement must select {key.columns} too")
            yield Opened(place, entry.type, tuple(found))  # type: ignore[arg-type]

    def _place(self, part: Column[Any], by_name: bool) -> int | str | None:
        for at, entry in enumerate(self.compiled._result_columns or ()):
            if part in entry.objects or any(getattr(column, "key", None) == part.key for column in entry.objects):
                return entry.keyname if by_name else at
        return None


def _is_encrypted_column(entity: Any) -> bool:
    """Whether an entity of an ORM statement is a single encrypted column, or a bundle with one."""
    is_one = isinstance(getattr(getattr(entity, "column", None), "type", None), Encrypted)
    return is_one or any(map(_is_encrypted_column, getattr(entity, "_entities", ())))
