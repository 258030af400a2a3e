"""A value of an object that did not open: the object is loaded all the same, and the attribute raises when it is read.

The attribute counts as not loaded, as a deferred one does, with a loader that raises: what is not loaded is not written, merged or
copied, and is loaded again when the object is refreshed or expires. Rows of single columns have no such attribute: those raise when
they are fetched."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from typing import Any, NoReturn

from sqlalchemy import event
from sqlalchemy.orm import InstanceState, InstrumentedAttribute, Mapper
from sqlalchemy.orm.attributes import instance_dict, instance_state
from sqlalchemy.orm.base import NO_VALUE, PASSIVE_NO_RESULT, PassiveFlag

from ..errors import FieldsealError
from .marks import SHOWN
from .types import Encrypted

#: The key of a state's `info` under which stand the attributes that did not open, also once the object is nobody's row.
LOST = "fieldseal.lost"
#: The states of objects that have such attributes.
_losers: weakref.WeakSet[InstanceState[Any]] = weakref.WeakSet()
_losers_lock = threading.Lock()


class Unreadable:
    """Stands in a fetched row for a value that did not open, and becomes the loader of the attribute."""

    __slots__ = ("error",)
    #: Whether there was one in this process, so that loading costs nothing before.
    was_made = False

    def __init__(self, error: FieldsealError) -> None:
        self.error = error
        Unreadable.was_made = True

    def __call__(self, state: InstanceState[Any], passive: PassiveFlag) -> Any:
        if not passive & PassiveFlag.SQL_OK:
            return PASSIVE_NO_RESULT
        if not passive & PassiveFlag.INIT_OK:
            # What was there before a change is not known, which keeps nobody from replacing it.
            return NO_VALUE
        self.refuse()

    def refuse(self) -> NoReturn:
        # A new one each time: an exception keeps the frames that it was raised in.
        raise self.error.at(self.error.field or "", self.error.record)

    def __repr__(self) -> str:
        return SHOWN


class EncryptedAttribute(InstrumentedAttribute[Any]):
    """The attribute of an encrypted column."""

    __slots__ = ()
    inherit_cache = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        values, name = instance_dict(instance), self.key
        if name in values and type(value := values[name]) is not Unreadable:
            return value
        state = instance_state(instance)
        withhold(state, (name,))
        try:
            return self.impl.get(state, values)
        except KeyError:
            # It was loaded just now, did not open, and so is still not there.
            if type(loader := state.callables.get(name)) is Unreadable:
                found = loader
            else:
                raise
        found.refuse()


def withhold(state: InstanceState[Any], names: tuple[str, ...]) -> None:
    """Takes what did not open out of the object's values."""
    values = state.dict
    for name in names:
        value = values.get(name)
        if type(value) is Unreadable:
            del values[name]
            state.expired_attributes.discard(name)
            state.callables = {**state.callables, name: value}
            state.info[LOST] = {**state.info.get(LOST, {}), name: value}
            _remember(state)


def _remember(state: InstanceState[Any]) -> None:
    with _losers_lock:
        _losers.add(state)


def refuse_copies(new: Iterable[InstanceState[Any]]) -> None:
    """New objects that were made of loaded ones, or are merged into a row that is gone, would write null for what these could not
    open. Raises what kept it from opening, unless the new object has a value of its own."""
    if not Unreadable.was_made:
        return
    with _losers_lock:
        losers = list(_losers)
    lost = {state.key[:2]: state for state in losers if state.key is not None}
    for state in new:
        same_row = lost.get(state.mapper.identity_key_from_instance(state.obj())[:2]) if lost else None
        for one in (state,) if same_row is None else (state, same_row):
            for name, value in one.info.get(LOST, {}).items():
                if name not in state.dict:
                    value.refuse()


def listen() -> None:
    event.listen(Mapper, "mapper_configured", _configured)


def _configured(mapper: Mapper[Any], class_: type[Any]) -> None:
    encrypted = [prop.key for prop in mapper.column_attrs if isinstance(prop.columns[0].type, Encrypted)]
    for name in encrypted:
        attribute = mapper.class_manager[name]
        if type(attribute) is InstrumentedAttribute:
            attribute.__class__ = EncryptedAttribute
    inherited = () if mapper.inherits is None else mapper.inherits.column_attrs
    names = tuple(name for name in encrypted if name not in inherited)
    if not names:
        return

    def loaded(state: InstanceState[Any], *_: Any) -> None:
        if Unreadable.was_made:
            withhold(state, names)

    def unpickled(state: InstanceState[Any], *_: Any) -> None:
        if state.info.get(LOST):
            Unreadable.was_made = True
            _remember(state)

    # In front of those who would make something of the values.
    event.listen(class_, "load", loaded, raw=True, propagate=True, insert=True)
    event.listen(class_, "refresh", loaded, raw=True, propagate=True, insert=True)
    event.listen(class_, "unpickle", unpickled, raw=True, propagate=True)
