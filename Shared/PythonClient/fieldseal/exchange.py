"""How a batch of any size becomes calls, and their answers its results: without I/O, for the sync and the asyncio client."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, Union

from .errors import Code, FieldsealError, Unavailable, failure
from .patience import Patience
from .v1 import encryption_pb2 as messages
from .values import Sealed, Value

#: Below the limit of a frame, which holds for the answer too.
BATCH_BYTES = 4_000_000
BATCH_ITEMS = 8_192
#: What an index takes in an answer: at most 4,096 bits.
LARGEST_INDEX = 516

Result = TypeVar("Result")


class Call(NamedTuple):
    method: str
    payload: bytes


class Pause(NamedTuple):
    seconds: float


Step = Union[Call, Pause]


class Operation(Generic[Result]):
    """A method of the encryption service: the type of its answer, and how that is read.

    `results` takes the answer's `results` and returns for each the value or the FieldsealError. `extra`: bytes that a result
    has besides what its item has, of indexes."""

    def __init__(
        self, method: str, answer: Any, results: Callable[[Any], list[Result | FieldsealError]], extra: int = 0
    ) -> None:
        self.method, self._answer, self._results, self.extra = method, answer, results, extra

    def longer(self, extra: int) -> Operation[Result]:
        """The same with results of so many bytes more."""
        return self if extra == 0 else Operation(self.method, self._answer, self._results, extra)

    def for_indexes(self, values: Iterable[Value]) -> Operation[Result]:
        """The same with results that hold the indexes of the values."""
        return self.longer(LARGEST_INDEX * max((len(value.indexes) for value in values), default=0))

    def read(self, body: bytes, count: int) -> list[Result | FieldsealError]:
        """Raises FieldsealError for an answer that does not fit the request."""
        try:
            results = self._answer.FromString(body).results
        except Exception:
            raise FieldsealError(Code.INTERNAL, "the answer cannot be read") from None
        if len(results) != count:
            raise FieldsealError(Code.INTERNAL, "the service answered another number of items")
        return self._results(results)


def exchange(
    operation: Operation[Result], items: Sequence[bytes], text: bool, patience: float
) -> Generator[Step, bytes | None, list[Result | FieldsealError]]:
    """Yields what is to be done, takes the answers of calls, and returns a result for each item, in order.

    Items that wait for a server behind the service are sent again for `patience` seconds."""
    tail = b"\x10\x01" if text else b""
    results: list[Result | FieldsealError] = []
    for batch in _batches(items, text, 256 + operation.extra):
        answer = yield Call(operation.method, b"".join(batch) + tail)
        found = operation.read(answer or b"", len(batch))
        trial = Patience(patience)
        while (waiting := _waiting(found)) and (pause := trial.pause()):
            yield Pause(pause)
            answer = yield Call(operation.method, b"".join([batch[at] for at in waiting]) + tail)
            for at, result in zip(waiting, operation.read(answer or b"", len(waiting))):
                found[at] = result
        results += found
    return results


def _waiting(results: Sequence[Any]) -> list[int]:
    """The places of items that wait for a server behind the service."""
    if not any(issubclass(kind, Unavailable) for kind in set(map(type, results))):
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


ENCRYPT: Operation[Sealed] = Operation(
    "Encrypt",
    messages.EncryptResponse,
    lambda results: [
        Sealed(result.ciphertext, tuple(result.indexes)) if result.ciphertext else _failure(result) for result in results
    ],
)
#: The same, with the results as they came: `ciphertext` and `indexes`.
SEAL: Operation[messages.EncryptResult] = Operation(
    "Encrypt",
    messages.EncryptResponse,
    lambda results: [result if result.ciphertext else _failure(result) for result in results],
)
DECRYPT: Operation[bytes] = Operation(
    "Decrypt",
    messages.DecryptResponse,
    lambda results: [result.plaintext or _or_failure(b"", result) for result in results],
)
REWRAP: Operation[bytes] = Operation(
    "Rewrap",
    messages.RewrapResponse,
    lambda results: [result.ciphertext or _failure(result) for result in results],
)
REBIND: Operation[bytes] = Operation(
    "Rebind",
    messages.RebindResponse,
    lambda results: [result.ciphertext or _failure(result) for result in results],
)
BLIND_INDEX: Operation[tuple[bytes, ...]] = Operation(
    "BlindIndex",
    messages.BlindIndexResponse,
    lambda results: [_or_failure(tuple(result.indexes), result) for result in results],
)
DESCRIBE: Operation[Any] = Operation(
    "DescribeField",
    messages.DescribeFieldResponse,
    lambda results: [_or_failure(result.description, result) for result in results],
)
DERIVE: Operation[Any] = Operation(
    "DeriveFieldKey",
    messages.DeriveFieldKeyResponse,
    lambda results: [_or_failure(result.key, result) for result in results],
)
ROTATE: Operation[Any] = Operation(
    "RotateKey",
    messages.RotateKeyResponse,
    lambda results: [_or_failure(result.key, result) for result in results],
)
