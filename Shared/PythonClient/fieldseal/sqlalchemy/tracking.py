"""Objects and arrays of JSON that tell the attribute which holds them when they change, however deep."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex

from sqlalchemy import event
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.attributes import flag_modified

from .types import EncryptedJSON


class Owner:
    """The attributes that hold one document."""

    def __init__(self) -> None:
        self.attributes: weakref.WeakKeyDictionary[InstanceState[Any], str] = weakref.WeakKeyDictionary()

    def changed(self) -> None:
        for state, name in list(self.attributes.items()):
            if (instance := state.obj()) is not None and name in state.dict:
                flag_modified(instance, name)


def tracked(value: Any, owner: Owner) -> Any:
    """`value` with its objects and arrays copied into ones that report to `owner`."""
    if isinstance(value, dict):
        return TrackedObject(value, owner)
    if isinstance(value, (list, tuple)):
        return TrackedArray(value, owner)
    return value


class TrackedObject(dict[Any, Any]):
    def __init__(self, content: dict[Any, Any], owner: Owner) -> None:
        super().__init__((key, tracked(value, owner)) for key, value in content.items())
        self.owner = owner

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, tracked(value, self.owner))
        self.owner.changed()

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self.owner.changed()

    def __ior__(self, other: Any) -> TrackedObject:  # type: ignore[misc]
        self.update(other)
        return self

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **more: Any) -> None:
        for key, value in dict(*others, **more).items():
            super().__setitem__(key, tracked(value, self.owner))
        self.owner.changed()

    def pop(self, *arguments: Any) -> Any:
        value = super().pop(*arguments)
        self.owner.changed()
        return value

    def popitem(self) -> tuple[Any, Any]:
        item = super().popitem()
        self.owner.changed()
        return item

    def clear(self) -> None:
        super().clear()
        self.owner.changed()


class TrackedArray(list[Any]):
    def __init__(self, content: Iterable[Any], owner: Owner) -> None:
        super().__init__(tracked(value, owner) for value in content)
        self.owner = owner

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def __setitem__(self, at: Any, value: Any) -> None:
        new = [tracked(one, self.owner) for one in value] if isinstance(at, slice) else tracked(value, self.owner)
        super().__setitem__(at, new)
        self.owner.changed()

    def __delitem__(self, at: Any) -> None:
        super().__delitem__(at)
        self.owner.changed()

    def __iadd__(self, values: Iterable[Any]) -> TrackedArray:  # type: ignore[misc]
        self.extend(values)
        return self

    def __imul__(self, count: SupportsIndex) -> TrackedArray:
        self[:] = list(self) * count
        return self

    def append(self, value: Any) -> None:
        super().append(tracked(value, self.owner))
        self.owner.changed()

    def extend(self, values: Iterable[Any]) -> None:
        super().extend([tracked(value, self.owner) for value in values])
        self.owner.changed()

    def insert(self, at: SupportsIndex, value: Any) -> None:
        super().insert(at, tracked(value, self.owner))
        self.owner.changed()

    def pop(self, at: SupportsIndex = -1) -> Any:
        value = super().pop(at)
        self.owner.changed()
        return value

    def remove(self, value: Any) -> None:
        super().remove(value)
        self.owner.changed()

    def clear(self) -> None:
        super().clear()
        self.owner.changed()

    def sort(self, *, key: Callable[[Any], Any] | None = None, reverse: bool = False) -> None:
        super().sort(key=key, reverse=reverse)
        self.owner.changed()

    def reverse(self) -> None:
        super().reverse()
        self.owner.changed()


def listen() -> None:
    event.listen(Mapper, "mapper_configured", _configured)


def _configured(mapper: Mapper[Any], class_: type[Any]) -> None:
    for prop in mapper.column_attrs:
        inherited = mapper.inherits is not None and prop.key in mapper.inherits.attrs
        if isinstance(prop.columns[0].type, EncryptedJSON) and not inherited:
            _track(class_, prop.key)


def _track(class_: type[Any], name: str) -> None:
    def held(state: InstanceState[Any], value: Any) -> Any:
        if isinstance(value, (dict, list, tuple)):
            owner = Owner()
            owner.attributes[state] = name
            return tracked(value, owner)
        return value

    def loaded(state: InstanceState[Any], *_: Any) -> None:
        if name in state.dict:
            state.dict[name] = held(state, state.dict[name])

    def refreshed(state: InstanceState[Any], context: Any, names: Any) -> None:
        if names is None or name in names:
            loaded(state)

    def assigned(state: InstanceState[Any], value: Any, before: Any, initiator: Any) -> Any:
        if isinstance(before, (TrackedObject, TrackedArray)):
            before.owner.attributes.pop(state, None)
        return held(state, value)

    event.listen(class_, "load", loaded, raw=True, propagate=True)
    event.listen(class_, "refresh", refreshed, raw=True, propagate=True)
    event.listen(class_, "refresh_flush", refreshed, raw=True, propagate=True)
    event.listen(class_, "unpickle", loaded, raw=True, propagate=True)
    event.listen(getattr(class_, name), "set", assigned, raw=True, retval=True, propagate=True)
