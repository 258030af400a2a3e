"""The values of one execution: out of its parameters into one batch, and back as ciphertext."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextvars import ContextVar
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy.exc import InvalidRequestError

from ..errors import FieldsealError
from ..exchange import BLIND_INDEX, SEAL
from ..items import blind_index_item
from ..values import Sealed, Value
from .indexes import BlindIndex, CompoundIndex
from .marks import PENDING, Wanted
from .pairs import pair_items
from .plan import Narrow, Plan, Row
from .plan import Sealed as SealedParameter
from .types import Encrypted


class Ahead:
    """What a flush did before its first statement: `results` of values sealed all at once, by the items that they answer, and
    the values (field, `record_id` and `subject`) that stay right although the key of their row or their subject is written."""

    def __init__(self) -> None:
        self.results: dict[bytes, list[Any]] = {}
        self.moved: set[tuple[str | None, bytes]] = set()


current_flush: ContextVar[Ahead | None] = ContextVar("fieldseal_flush", default=None)


def refuse_moved(context: Any, plan: Plan) -> None:
    """A new key, or another subject, would leave behind values that are sealed for the old one."""
    ahead = current_flush.get()
    for column, names, subject in plan.moved:
        type_: Any = column.type
        for values in context.compiled_parameters:
            if ahead is not None and names is not None:
                key = [values[name] for name in names]
                if (type_.field, record_of(type_, key, subject and values[subject])) in ahead.moved:
                    continue
            # A subject that is set is one that may be another.
            what = (
                f"belongs to the subject that {type_.subject} names"
                if type_.subject
                else f"is bound to {', '.join(type_.bound_to)}"
            )
            raise InvalidRequestError(
                f"{column} {what}, which changes: load the object and change it in the session, set both, or use "
                "EncryptionMiddleware.rebind"
            )


def record_of(type_: Encrypted[Any], key: Sequence[Any], subject: Any) -> bytes:
    """The fields `record_id` and `subject` of an item. Raises TypeError for what names no row, or no subject."""
    sealing = type_.sealing
    record = b"" if sealing.key is None else sealing.key.field(key)
    return record if sealing.subject is None else record + sealing.subject.field(subject)


class _Written(NamedTuple):
    """A parameter of an execution: the places of the rows that give it a value, and the items of these."""

    row: Row
    sealed: SealedParameter
    places: Sequence[int]
    items: list[bytes]


def seal_parameters(run: Any, context: Any, plan: Plan) -> None:
    """Replaces plaintexts in `context.parameters`. Raises FieldsealError for the first value that cannot be sealed."""
    given: Sequence[MutableMapping[str, Any]] = context.compiled_parameters
    written = [one for row in plan.rows for one in _written(row, given)]
    extra = max((one.sealed.type.sealing.filters for one in written), default=0)
    results = iter(_sealed(run, [item for one in written for item in one.items], extra))
    with _Targets(context) as targets:
        for index in plan.empty:
            for values, target in zip(given, targets):
                if values[index] is PENDING:
                    target[index] = values[index] = None
        for one in written:
            _write(one, given, targets, list(islice(results, len(one.items))))


def _written(row: Row, given: Sequence[MutableMapping[str, Any]]) -> Iterator[_Written]:
    records = _records(row, given)
    for sealed in row.sealed:
        name, type_, _ = sealed
        values, keys = [row_values[name] for row_values in given], records
        places: Sequence[int] = range(len(given))
        if None in values:
            places = [at for at, value in enumerate(values) if value is not None]
            values, keys = [values[at] for at in places], [records[at] for at in places]
        if None in keys:
            raise InvalidRequestError(row.problem or f"{type_.field} is sealed for {_names(type_)}, which has no value here")
        problem = None
        try:
            items = type_.sealing.seal_items(type_.encode_all(values), keys)  # type: ignore[arg-type]
        except TypeError as error:
            problem = str(error)
        except UnicodeEncodeError:
            problem = "the text has code points that UTF-8 has not"
        # Raised here, it carries no error that holds the value.
        if problem is not None:
            raise TypeError(f"{type_.field}: {problem}")
        yield _Written(row, sealed, places, items)


def _records(row: Row, given: Sequence[MutableMapping[str, Any]]) -> list[bytes | None]:
    """The `record_id` of each row; None where the row's key is not known."""
    if row.problem is not None:
        return [None] * len(given)
    type_ = row.sealed[0].type
    key, subject = type_.sealing.key, type_.sealing.subject
    records: list[bytes | None]
    try:
        if key is None:
            records = [b""] * len(given)
        else:
            records = key.fields([[values[name] for values in given] for name in row.key])
        if subject is not None and row.subject is not None:
            owners = [values[row.subject] for values in given]
            records = [
                None if record is None or owner is None else record + subject.field(owner)
                for record, owner in zip(records, owners)
            ]
        return records
    except TypeError as error:
        words = f"{type_.field} is sealed for {_names(type_)}, which has no value here that names one: {error}"
    raise InvalidRequestError(words)


def _names(type_: Encrypted[Any]) -> str:
    return ", ".join(column.name for column in type_.sealing.beside)


def index_pairs(run: Any, context: Any, plan: Plan) -> None:
    """Computes the indexes of pairs of values that are written. Raises FieldsealError for the first that cannot be."""
    given: Sequence[MutableMapping[str, Any]] = context.compiled_parameters
    work = list(pair_items(plan.pairs, given))
    wanted = [one for _, _, one in work if one is not None]
    results = iter(run(BLIND_INDEX, [_index_item(one) for one in wanted]) if wanted else ())
    with _Targets(context) as targets:
        for pair, number, one in work:
            hashed = None
            if one is not None:
                result = next(results)
                if isinstance(result, FieldsealError):
                    raise result.at(_encrypted(one).field or "", None)
                hashed = pair.type.stored(result[0])
            given[number][pair.name] = targets[number][pair.name] = hashed


def _sealed(run: Any, items: list[bytes], extra: int) -> Iterable[Any]:
    """A result for each item: sealed ahead, or now, all in one batch. `extra`: bytes of the indexes of one."""
    seal = SEAL.longer(extra)
    flush = current_flush.get()
    ahead = None if flush is None else flush.results
    if not ahead:
        return run(seal, items) if items else ()
    found = [ahead[item].pop() if ahead.get(item) else None for item in items]
    missing = [item for item, result in zip(items, found) if result is None]
    late = iter(run(seal, missing) if missing else ())
    return [next(late) if result is None else result for result in found]


def _write(
    one: _Written, given: Sequence[MutableMapping[str, Any]], targets: Sequence[MutableMapping[str, Any]], results: list[Any]
) -> None:
    name, type_, indexes = one.sealed
    if len(one.places) < len(given):
        for values, target in zip(given, targets):
            if values[name] is None:
                for index in indexes:
                    if index is not None:
                        target[index] = values[index] = None
        given, targets = [given[at] for at in one.places], [targets[at] for at in one.places]
    if set(map(type, results)) == {bytes}:
        for target, stored in zip(targets, map(type_.stored, results)):
            target[name] = stored
        return
    for values, target, result in zip(given, targets, results):
        if type(result) is Sealed:
            for index, column, hashed in zip(indexes, type_.sealing.indexes, result.indexes):
                if index is not None:
                    # The unit of work reads here what an INSERT gave a column by default.
                    values[index] = target[index] = column.type.stored(hashed)  # type: ignore[attr-defined]
            result = result.ciphertext
        elif type(result) is not bytes:
            raise result.at(type_.field or "", _identity(one.row, values))
        target[name] = type_.stored(result)


def _identity(row: Row, values: MutableMapping[str, Any]) -> Any:
    key = tuple(values[name] for name in row.key)
    return key[0] if len(key) == 1 else key or None


class _Targets:
    """`context.parameters` as mappings, whether the driver takes them by name or by position."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __enter__(self) -> Sequence[MutableMapping[str, Any]]:
        compiled = self._context.compiled
        if not compiled.positional:
            escaped = compiled.escaped_bind_names
            if not escaped:
                return self._context.parameters  # type: ignore[no-any-return]
            self._written: list[dict[str, Any]] = [{} for _ in self._context.parameters]
            return self._written
        self._written = [{} for _ in self._context.parameters]
        return self._written

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None or not hasattr(self, "_written"):
            return
        compiled, context = self._context.compiled, self._context
        if not compiled.positional:
            for parameters, written in zip(context.parameters, self._written):
                parameters.update({compiled.escaped_bind_names.get(name, name): value for name, value in written.items()})
            return
        places = {name: at for at, name in enumerate(compiled.positiontup)}
        for number, written in enumerate(self._written):
            parameters = list(context.parameters[number])
            for name, value in written.items():
                parameters[places[name]] = value
            context.parameters[number] = tuple(parameters)


def search_parameters(run: Any, context: Any) -> None:
    """Replaces values that are looked for by their blind indexes, all of them in one batch."""
    wanted: list[Wanted] = [
        value
        for parameters in context.parameters
        for value in (parameters.values() if isinstance(parameters, dict) else parameters)
        if type(value) is Wanted
    ]
    if not wanted:
        return
    hashes = {}
    for one, result in zip(wanted, run(BLIND_INDEX, [_index_item(one) for one in wanted])):
        if isinstance(result, FieldsealError):
            raise result.at(_encrypted(one).field or "", None)
        hashes[id(one)] = one.type.stored(result[0])
    for number, parameters in enumerate(context.parameters):
        if isinstance(parameters, dict):
            parameters.update({name: hashes[id(value)] for name, value in parameters.items() if type(value) is Wanted})
        else:
            context.parameters[number] = tuple(hashes[id(value)] if type(value) is Wanted else value for value in parameters)


def found_rows(context: Any, plan: Plan) -> Callable[[Sequence[Any]], bool]:
    """Whether an opened row holds what was looked for by indexes of few bits."""
    demanded = [[(one.at, one.type, _wanted_by(context, one)) for one in alternatives] for alternatives in plan.narrow]

    def is_found(row: Sequence[Any]) -> bool:
        return all(any(_matches(row[at], index, matches) for at, index, matches in alternatives) for alternatives in demanded)

    return is_found


def _matches(value: Any, index: BlindIndex, matches: Callable[[bytes], bool]) -> bool:
    return value is not None and matches(index.normalised(index.source.type.encode(value)))  # type: ignore[attr-defined]


def _wanted_by(context: Any, narrow: Narrow) -> Callable[[bytes], bool]:
    given = context.compiled_parameters[0]
    values = [given[expanded] for expanded in context._expanded_parameters.get(narrow.name, [narrow.name])]
    return _matching(narrow.type, values, [value.value if isinstance(value, Wanted) else value for value in values])


def _matching(index: BlindIndex, values: list[Any], plain: list[Any]) -> Callable[[bytes], bool]:
    """Whether a normalised value is what was looked for."""
    pattern = getattr(values[0], "pattern", None) if values else None
    if pattern is not None:
        return lambda value: pattern.matches(value.decode())
    encode = index.source.type.encode  # type: ignore[attr-defined]
    return {index.normalised(encode(value)) for value in plain if value is not None}.__contains__


def _encrypted(wanted: Wanted) -> Encrypted[Any]:
    """The type of the column that the index is of."""
    type_: Any = wanted.type.source.type
    return type_  # type: ignore[no-any-return]


def _index_item(wanted: Wanted) -> bytes:
    type_ = _encrypted(wanted)
    if isinstance(wanted.type, CompoundIndex):
        return _pair_item(type_, wanted.type, wanted.value)
    try:
        data, is_term = type_.encode(wanted.value), wanted.pattern is not None
        return blind_index_item(Value(type_.field or "", data, indexes=(wanted.type.index,), is_term=is_term))
    except (TypeError, UnicodeEncodeError):
        pass
    raise TypeError(f"{type_.field}: it is not compared with {type(wanted.value).__name__}")


def _pair_item(type_: Encrypted[Any], index: CompoundIndex, values: tuple[Any, Any]) -> bytes:
    try:
        first, second = type_.encode(values[0]), index.other.type.encode(values[1])  # type: ignore[attr-defined]
        return blind_index_item(Value(type_.field or "", first, indexes=(index.index,), beside=second))
    except (TypeError, UnicodeEncodeError):
        pass
    raise TypeError(f"{type_.field}: a value of the pair {index.index} is of another type")
