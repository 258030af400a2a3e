"""The unit of work: what a flush will write is sealed before its first statement, all of it in one batch."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.exc import UnboundExecutionError
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.attributes import flag_modified, instance_state
from sqlalchemy.orm.base import NO_VALUE

from ..errors import FieldsealError
from ..exchange import SEAL
from .indexes import pairs_of
from .marks import INSTALLED, PENDING
from .sealing import Ahead, current_flush, record_of
from .types import Encrypted
from .unreadable import refuse_copies


class Attribute(NamedTuple):
    """An encrypted attribute, those that make its row's key, the one that names its subject, and those of its blind indexes."""

    name: str
    type: Encrypted[Any]
    key: tuple[str, ...]
    subject: str | None
    indexes: tuple[str | None, ...]

    @property
    def beside(self) -> tuple[str, ...]:
        return self.key if self.subject is None else (*self.key, self.subject)


class Mapped(NamedTuple):
    attributes: tuple[Attribute, ...]
    #: Defaults of key attributes that Python makes.
    defaults: dict[str, Any]
    #: Of each index of a pair: its attribute, and those of its values.
    pairs: tuple[tuple[str, tuple[str, str]], ...]
    #: Whether all new objects go out in statements with the same columns.
    is_uniform: bool


class Work(NamedTuple):
    """A value that the flush will write."""

    state: InstanceState[Any]
    attribute: Attribute
    value: Any
    is_new: bool


_mapped: weakref.WeakKeyDictionary[Mapper[Any], Mapped] = weakref.WeakKeyDictionary()


def listen() -> None:
    event.listen(Session, "before_flush", _before_flush)
    event.listen(Session, "after_flush", _forget)
    event.listen(Session, "after_soft_rollback", _forget)


def _forget(*_: Any) -> None:
    current_flush.set(None)


def _before_flush(session: Session, flush_context: Any, instances: Any) -> None:
    current_flush.set(Ahead())
    try:
        _prepare(session)
    except BaseException:
        _forget()
        raise


def _prepare(session: Session) -> None:
    new, changed = _encrypted(session.new), _encrypted(session.dirty)
    refuse_copies(new)
    work = [item for state in changed for item in _changes(state)]
    # New objects of one kind are one statement, which seals its own values in one call.
    if not work and len({state.class_ for state in new}) < 2 and all(_of(state.mapper).is_uniform for state in new[:1]):
        return
    work += [item for state in new for item in _insertions(state)]
    for middleware, part in _by_middleware(session, work):
        _seal_ahead(middleware, part)


def _encrypted(objects: Iterable[object]) -> list[InstanceState[Any]]:
    """The states of objects that have encrypted attributes."""
    states = list(map(instance_state, objects))
    # By their classes: managers and mappers take longer to compare.
    kinds = {state.class_: state for state in states}
    encrypted = {kind for kind, state in kinds.items() if _of(state.mapper).attributes}
    return states if len(encrypted) == len(kinds) else [state for state in states if state.class_ in encrypted]


def _by_middleware(session: Session, work: Iterable[Work]) -> Iterator[tuple[Any, list[Work]]]:
    parts: dict[int, tuple[Any, list[Work]]] = {}
    found: dict[Mapper[Any], Any] = {}
    for item in work:
        mapper = item.state.mapper
        if mapper not in found:
            try:
                found[mapper] = getattr(session.get_bind(mapper).dialect, INSTALLED, None)
            except UnboundExecutionError:
                found[mapper] = None
        middleware = found[mapper]
        if middleware is not None:
            parts.setdefault(id(middleware), (middleware, []))[1].append(item)
    yield from parts.values()


def _seal_ahead(middleware: Any, work: Sequence[Work]) -> None:
    items = [_item(one) for one in work]
    flush = current_flush.get()
    assert flush is not None
    known = [item for item in items if item is not None]
    extra = max((one.attribute.type.sealing.filters for one in work), default=0)
    results = iter(middleware.run(SEAL.longer(extra), known) if known else ())
    for one, item in zip(work, items):
        if item is None:
            continue
        result = next(results)
        if isinstance(result, FieldsealError):
            raise result.at(one.attribute.type.field or "", _identity(one))
        flush.results.setdefault(item, []).append(result)
        if not one.is_new and one.attribute.indexes:
            columns = one.attribute.type.sealing.indexes
            for name, column, hashed in zip(one.attribute.indexes, columns, result.indexes):
                if name is not None:
                    setattr(one.state.obj(), name, column.type.stored(hashed))  # type: ignore[attr-defined]


def _item(work: Work) -> bytes | None:
    """None where row or subject are not known yet, or the value is none that can be sealed: its statement will tell."""
    type_ = work.attribute.type
    try:
        if (record := _record(work.state, work.attribute)) is None:
            return None
        return type_.sealing.seal_items((type_.encode(work.value),), (record,))[0]
    except (TypeError, ValueError):
        return None


def _record(state: InstanceState[Any], attribute: Attribute) -> bytes | None:
    """None where a new object does not know its key or subject yet."""
    key = _values(state, attribute.key)
    subject = _values(state, (attribute.subject,))[0] if attribute.subject else None
    if None in key or (subject is None and attribute.subject):
        return None
    return record_of(attribute.type, key, subject)


def _identity(work: Work) -> Any:
    key = tuple(_values(work.state, work.attribute.key))
    return key[0] if len(key) == 1 else key or None


def _values(state: InstanceState[Any], names: Iterable[str]) -> list[Any]:
    """The values of attributes, None for what a new object does not know yet."""
    values = state.dict
    return [values[name] if name in values else _unloaded(state, name) for name in names]


def _unloaded(state: InstanceState[Any], name: str) -> Any:
    if state.identity is None:
        return None
    for column, value in zip(state.mapper.primary_key, state.identity):
        if state.mapper.get_property_by_column(column).key == name:
            return value
    return getattr(state.obj(), name)


def _insertions(state: InstanceState[Any]) -> Iterator[Work]:
    mapped, values = _of(state.mapper), state.dict
    for name, default in mapped.defaults.items():
        if values.get(name) is None:
            # A default that reads the statement's other parameters is left to the statement.
            with suppress(Exception):
                setattr(state.obj(), name, default(None))
    for attribute in mapped.attributes:
        value = values.get(attribute.name)
        if value is not None:
            yield Work(state, attribute, value, True)


def _changes(state: InstanceState[Any]) -> Iterator[Work]:
    for made, pair in _of(state.mapper).pairs:
        _change_together(state, made, pair)
    values, committed = state.dict, state.committed_state
    subjects: set[str] = set()
    for attribute in _of(state.mapper).attributes:
        if any(_is_changed(state, name) for name in attribute.beside) and not _is_changed(state, attribute.name):
            # The row has a new key, or a new subject: what is sealed for the old one is sealed again.
            _stays_right(state, attribute)
            if getattr(state.obj(), attribute.name) is None:
                continue
            flag_modified(state.obj(), attribute.name)
        elif attribute.name not in committed or not _is_changed(state, attribute.name):
            continue
        value = values.get(attribute.name)
        for index in attribute.indexes:
            if index is not None:
                setattr(state.obj(), index, None if value is None else PENDING)
        if value is not None:
            yield Work(state, attribute, value, False)
            subjects |= {attribute.subject} if attribute.subject else set()
    _name_subjects(state, subjects)


def _name_subjects(state: InstanceState[Any], subjects: set[str]) -> None:
    """Writes the subjects of changed values with them, which for the others is no change."""
    for name in subjects:
        if not _is_changed(state, name):
            _values(state, (name,))
            flag_modified(state.obj(), name)
            for attribute in _of(state.mapper).attributes:
                if attribute.subject == name:
                    _stays_right(state, attribute)


def _stays_right(state: InstanceState[Any], attribute: Attribute) -> None:
    flush = current_flush.get()
    assert flush is not None
    if (record := _record(state, attribute)) is not None:
        flush.moved.add((attribute.type.field, record))


def _change_together(state: InstanceState[Any], index: str, pair: tuple[str, str]) -> None:
    """An index of a pair is made of both values, so both are written where one changes."""
    if not any(_is_changed(state, name) for name in pair):
        return
    for name in pair:
        if not _is_changed(state, name):
            getattr(state.obj(), name)
            flag_modified(state.obj(), name)
    setattr(state.obj(), index, PENDING)


def _is_changed(state: InstanceState[Any], name: str) -> bool:
    if name not in state.committed_state:
        return False
    before: Any = state.committed_state[name]
    return before is NO_VALUE or type(before) is not type(state.dict.get(name)) or bool(before != state.dict.get(name))


def _of(mapper: Mapper[Any]) -> Mapped:
    mapped = _mapped.get(mapper)
    if mapped is None:
        mapped = _mapped[mapper] = _inspected(mapper)
    return mapped


def _inspected(mapper: Mapper[Any]) -> Mapped:
    attributes, defaults = [], {}
    for prop in mapper.column_attrs:
        type_: Any = prop.columns[0].type
        if not isinstance(type_, Encrypted):
            continue
        columns = [] if type_.sealing.key is None else type_.sealing.key.columns
        key = tuple(mapper.get_property_by_column(column).key for column in columns)
        indexes = tuple(mapper.get_property_by_column(index).key for index in type_.sealing.indexes)
        subject = None if type_.sealing.subject is None else mapper.get_property_by_column(type_.sealing.subject.column).key
        attributes.append(Attribute(prop.key, type_, key, subject, indexes))
        for name, column in zip(key, columns):
            default: Any = column.default
            if default is not None and default.is_callable:
                defaults[name] = default.arg
    uniform = not any(column.server_default is not None for column in mapper.columns) and len(mapper.tables) == 1
    pairs = tuple(_pair(mapper, index) for table in mapper.tables for index in pairs_of(table))
    return Mapped(tuple(attributes), defaults, pairs, uniform)


def _pair(mapper: Mapper[Any], index: Any) -> tuple[str, tuple[str, str]]:
    made, first, second = (mapper.get_property_by_column(column).key for column in (index, index.type.source, index.type.other))
    return made, (first, second)
