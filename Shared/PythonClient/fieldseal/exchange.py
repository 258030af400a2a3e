"""How a batch of any size becomes calls, and their answers its results: without I/O, for the sync and the asyncio client."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, Union

from google.protobuf.message import DecodeError

from .errors import Code, FieldsealError, Unavailable, failure
from .patience import Patience
from .results import contents
from .v1 import encryption_pb2 as messages
from .values import Sealed, Value

#: Below the limit of a frame, which holds for the answer too.
BATCH_BYTES = 4_000_000
BATCH_ITEMS = 8_192
#: What an index takes in an answer: at most 4,096 bits.
LARGEST_INDEX = 516
#: What most results are.
VALUES = frozenset((bytes, Sealed))

Result = TypeVar("Result")


class Call(NamedTuple):
    """`payload`: in parts, which are joined once they are a frame."""

    method: str
    payload: Sequence[bytes]


class Pause(NamedTuple):
    seconds: float


Step = Union[Call, Pause]


class Operation(Generic[Result]):
    """A method of the encryption service: the type of its answer, and how that is read.

    `result` takes one of the answer's `results` and returns the value or the FieldsealError. `plain`: bytes in field 1 are the
    value itself, in most results there is nothing else, and those are not read one by one. `extra`: bytes that a result has
    besides what its item has, of indexes."""

    def __init__(
        self,
        method: str,
        answer: Any,
        result: Callable[[Any], Result | FieldsealError],
        plain: bool = False,
        extra: int = 0,
    ) -> None:
        self.method, self._answer, self._result, self._plain, self.extra = method, answer, result, plain, extra

    def longer(self, extra: int) -> Operation[Result]:
        """The same with results of so many bytes more."""
        return self if extra == 0 else Operation(self.method, self._answer, self._result, self._plain, extra)

    def for_indexes(self, values: Iterable[Value]) -> Operation[Result]:
        """The same with results that hold the indexes of the values."""
        return self.longer(LARGEST_INDEX * max((len(value.indexes) for value in values), default=0))

    def read(self, body: bytes, count: int) -> list[Result | FieldsealError]:
        """Raises FieldsealError for an answer that does not fit the request."""
        found: list[Any] = contents(body) if self._plain else []
        if len(found) != count or None in found:
            try:
                results = self._answer.FromString(body).results
            except DecodeError:
                raise FieldsealError(Code.INTERNAL, "the answer cannot be read") from None
            if len(results) != count:
                raise FieldsealError(Code.INTERNAL, "the service answered another number of items")
            known = found if len(found) == count else [None] * count
            # A message object comes to be where it is asked for.
            found = [self._result(results[at]) if value is None else value for at, value in enumerate(known)]
        return found


def exchange(
    operation: Operation[Result], items: Sequence[bytes], text: bool, patience: float
) -> Generator[Step, bytes | None, list[Result | FieldsealError]]:
    """Yields what is to be done, takes the answers of calls, and returns a result for each item, in order.

    Items that wait for a server behind the service are sent again for `patience` seconds."""
    tail = [b"\x10\x01"] if text else []
    results: list[Result | FieldsealError] = []
    for batch in _batches(items, text, 256 + operation.extra):
        answer = yield Call(operation.method, [*batch, *tail])
        found = operation.read(answer or b"", len(batch))
        trial: Patience | None = None
        while waiting := _waiting(found):
            trial = trial or Patience(patience)
            if not (pause := trial.pause()):
                break
            yield Pause(pause)
            answer = yield Call(operation.method, [*(batch[at] for at in waiting), *tail])
            for at, result in zip(waiting, operation.read(answer or b"", len(waiting))):
                found[at] = result
        results += found
    return results


def _waiting(results: Sequence[Any]) -> list[int]:
    """The places of items that wait for a server behind the service."""
    if VALUES.issuperset(map(type, results)):
        return []
    return [at for at, result in enumerate(results) if isinstance(result, Unavailable)]


def _batches(items: Sequence[bytes], text: bool, more: int) -> Iterator[Sequence[bytes]]:
    """`more`: bytes by which an answer is longer than its item."""
    # Far below the limit in any form, as most batches are.
    if 0 < len(items) <= BATCH_ITEMS and sum(map(len, items)) + more * len(items) <= BATCH_BYTES // 2:
        yield items
        return
    start = size = 0
    for at, item in enumerate(items):
        # An answer is longer by a third in text form.
        count = len(item) + more
        if text:
            count += count // 3 + 1
        if at > start and (size + count > BATCH_BYTES or at - start == BATCH_ITEMS):
            yield items[start:at]
            start, size = at, 0
        size += count
    if start < len(items):
        yield items[start:]


def _failure(result: Any) -> FieldsealError:
    return failure(result.error.code, result.error.message)


def _or_failure(value: Any, result: Any) -> Any:
    """For what may rightly be empty."""
    return _failure(result) if result.HasField("error") else value


def _sealed(result: Any) -> bytes | Sealed | FieldsealError:
    ciphertext, indexes = result.ciphertext, tuple(result.indexes)
    if not ciphertext:
        return _failure(result)
    return Sealed(ciphertext, indexes) if indexes else ciphertext


def _ciphertext(result: Any) -> bytes | FieldsealError:
    return result.ciphertext or _failure(result)


#: The ciphertext, or a Sealed where indexes were asked for.
SEAL: Operation[bytes | Sealed] = Operation("Encrypt", messages.EncryptResponse, _sealed, plain=True)
ENCRYPT: Operation[Sealed] = Operation(
    "Encrypt",
    messages.EncryptResponse,
    lambda result: Sealed(result.ciphertext, tuple(result.indexes)) if result.ciphertext else _failure(result),
)
DECRYPT: Operation[bytes] = Operation(
    "Decrypt", messages.DecryptResponse, lambda result: _or_failure(result.plaintext, result), plain=True
)
REWRAP: Operation[bytes] = Operation("Rewrap", messages.RewrapResponse, _ciphertext)
REBIND: Operation[bytes] = Operation("Rebind", messages.RebindResponse, _ciphertext)
BLIND_INDEX: Operation[tuple[bytes, ...]] = Operation(
    "BlindIndex", messages.BlindIndexResponse, lambda result: _or_failure(tuple(result.indexes), result)
)
DESCRIBE: Operation[Any] = Operation(
    "DescribeField", messages.DescribeFieldResponse, lambda result: _or_failure(result.description, result)
)
DERIVE: Operation[Any] = Operation(
    "DeriveFieldKey", messages.DeriveFieldKeyResponse, lambda result: _or_failure(result.key, result)
)
ROTATE: Operation[Any] = Operation("RotateKey", messages.RotateKeyResponse, lambda result: _or_failure(result.key, result))
