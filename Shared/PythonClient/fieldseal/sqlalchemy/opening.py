"""The values of a fetched chunk of rows: out of the rows into one batch, and back as plain values."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy.exc import InvalidRequestError

from ..errors import Code, FieldsealError, Unavailable
from ..exchange import DECRYPT
from ..forms import from_text, is_ciphertext
from .plan import Opened
from .unreadable import Unreadable

Rows = Sequence[Sequence[Any]]


class OpeningCursor:
    """A DBAPI cursor whose rows are opened as they are fetched: a client-side cursor's all at once, since they are all here,
    a server-side cursor's by `chunk` rows, or more where more are asked for."""

    def __init__(self, cursor: Any, run: Any, opened: tuple[Opened, ...], chunk: int | None, raises: bool) -> None:
        """`raises`: for a value that does not open; else an Unreadable stands in its place."""
        self._cursor, self._run, self._opened, self._chunk, self._raises = cursor, run, opened, chunk, raises
        self._rows: deque[Sequence[Any]] = deque()
        #: Which opened rows are passed on; the others share no more than a blind index with what was looked for.
        self.is_found: Callable[[Sequence[Any]], bool] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Sequence[Any]]:
        while (row := self.fetchone()) is not None:
            yield row

    def fetchone(self) -> Sequence[Any] | None:
        while not self._rows and self._fetch(self._chunk):
            pass
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Sequence[Any]]:
        size = self._cursor.arraysize if size is None else size
        while len(self._rows) < size and self._fetch(None if self._chunk is None else max(self._chunk, size - len(self._rows))):
            pass
        return [self._rows.popleft() for _ in range(min(size, len(self._rows)))]

    def fetchall(self) -> list[Sequence[Any]]:
        self._fetch(None)
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def fetch_ahead(self) -> None:
        """Opens what a client-side cursor holds, for those who cannot wait later on."""
        if self._cursor.description is not None:
            self._fetch(None)

    def _fetch(self, count: int | None) -> bool:
        """Whether there were rows."""
        rows: Rows = self._cursor.fetchall() if count is None else self._cursor.fetchmany(count)
        if rows:
            opened = open_rows(self._run, self._opened, rows, self._places(), self._raises)
            self._rows += opened if self.is_found is None else filter(self.is_found, opened)
        return bool(rows)

    def _places(self) -> dict[str, int]:
        """Of columns that are matched by their names."""
        if isinstance(self._opened[0].at, int):
            return {}
        return {column[0]: at for at, column in enumerate(self._cursor.description)}


def open_rows(run: Any, opened: tuple[Opened, ...], rows: Rows, places: dict[str, int], raises: bool) -> Rows:
    """Raises FieldsealError, with the row's identity, for the first value that cannot be opened; unless it `raises`, only where
    a server behind the service is away, which is no fault of the value."""
    columns: list[Sequence[Any]] = list(zip(*rows))
    records: dict[tuple[str, ...], dict[bytes, bytes]] = {}
    taken = [_Column(column, columns, places, records, raises) for column in opened]
    items = [item for column in taken for item in column.items]
    results = run(DECRYPT, items) if items else []
    start = 0
    for column in taken:
        end = start + len(column.items)
        columns[column.at] = column.values(results[start:end])
        start = end
    return list(zip(*columns))


class _Column:
    """One encrypted column of the chunk."""

    def __init__(
        self,
        opened: Opened,
        columns: Sequence[Sequence[Any]],
        places: dict[str, int],
        records: dict[tuple[str, ...], dict[bytes, bytes]],
        raises: bool,
    ) -> None:
        self.type, self._raises = opened.type, raises
        self.at = places[opened.at] if isinstance(opened.at, str) else opened.at
        sealing = self.type.sealing
        self._key, self._open_items = sealing.key, sealing.open_items
        self._source = columns[self.at]
        beside = None if opened.key is None else [columns[places[at] if isinstance(at, str) else at] for at in opened.key]
        #: The keys of the rows that hold a value, where they are not packed in front of it.
        self._beside = None if beside is None else [key for key, value in zip(zip(*beside), self._source) if value is not None]
        #: The places that hold no ciphertext: None, and in a rollout plaintext.
        self._plain: dict[int, Any] = {}
        self.items = self._items(records.setdefault(self.type.bound_to, {}))

    def _items(self, records: dict[bytes, bytes]) -> list[bytes]:
        """`records`: of the keys that were seen, also in front of other columns."""
        sources = self._source
        kinds = set(map(type, sources))
        if type(None) in kinds:
            self._plain = {at: None for at, value in enumerate(sources) if value is None}
            sources = [value for value in sources if value is not None]
        if sources and (str in kinds) is not self.type.text:
            raise InvalidRequestError(f"{self.type.field}: `text` must be declared as the column's type in the database is")
        found: Iterable[bytes]
        if self.type.text:
            ciphertexts, found = self._text_parts(sources)
        else:
            convert: Callable[[Any], bytes] = memoryview.tobytes if kinds == {memoryview} else bytes
            ciphertexts, found = self._parts(list(map(convert, sources)), records)
        if self.type.accepts_plaintext:
            ciphertexts, found = self._without_plaintext(ciphertexts, found)
        return self._open_items(ciphertexts, found)

    def _without_plaintext(self, values: list[bytes], records: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
        present = [at for at, value in enumerate(self._source) if value is not None]
        ciphertexts, found = [], []
        for at, value, record in zip(present, values, records):
            if is_ciphertext(value):
                ciphertexts.append(value)
                found.append(record)
            else:
                self._plain[at] = self._decoded_one(value, at)
        return ciphertexts, found

    def _text_parts(self, sources: Sequence[str]) -> tuple[list[bytes], list[bytes]]:
        """The same for text: what is no ciphertext stays as it is, for the service to refuse."""
        ciphertexts, records = [], []
        beside = iter(self._beside or ())
        for value in sources:
            record = b""
            if self._beside is not None:
                record = self._key.field(next(beside))  # type: ignore[union-attr]
            elif self._key is not None:
                name, _, value = value.partition(":")
                record = self._key.record(bytes.fromhex(name))
            records.append(record)
            ciphertexts.append(from_text(value) or value.encode())
        return ciphertexts, records

    def _parts(self, sources: list[bytes], records: dict[bytes, bytes]) -> tuple[list[bytes], Iterable[bytes]]:
        """The ciphertexts, and the record that each belongs to."""
        key = self._key
        if key is None:
            return sources, repeat(b"")
        if self._beside is not None:
            return sources, list(map(key.field, self._beside))
        if (size := key.fixed) is not None:
            names, ciphertexts = [value[:size] for value in sources], [value[size:] for value in sources]
        else:
            names, ciphertexts = [], []
            for name, ciphertext in map(key.split, sources):
                names.append(name)
                ciphertexts.append(ciphertext)
        return ciphertexts, key.records(names, records)

    def values(self, results: list[Any]) -> Sequence[Any]:
        decoded = self._decoded(results)
        if not self._plain:
            return decoded
        rest = iter(decoded)
        return [self._plain[at] if at in self._plain else next(rest) for at in range(len(self._source))]

    def _decoded(self, results: list[Any]) -> Sequence[Any]:
        if set(map(type, results)) <= {bytes}:
            try:
                return self.type.decode_all(results)
            except (ValueError, ArithmeticError):
                pass
        sealed = [at for at in range(len(self._source)) if at not in self._plain]
        return list(map(self._decoded_one, results, sealed))

    def _decoded_one(self, result: Any, at: int) -> Any:
        """`at`: the place of the row."""
        error = result
        if type(result) is bytes:
            try:
                return self.type.decode(result)
            except (ValueError, ArithmeticError):
                error = FieldsealError(Code.DATA_LOSS, f"the value is no {type(self.type).__name__}")
        # Raised here, it carries no error that holds the value.
        error = error.at(self.type.field or "", self._identity(at))
        if self._raises or isinstance(error, Unavailable):
            raise error
        return Unreadable(error)

    def _identity(self, at: int) -> Any:
        """The key of the row at a place, which holds a value."""
        if self._key is None:
            return None
        value = self._source[at]
        if self._beside is not None:
            key = tuple(self._beside[sum(other is not None for other in self._source[:at])])
        elif self.type.text:
            key = self._key.values(bytes.fromhex(value.partition(":")[0]))
        else:
            key = self._key.values(self._key.split(bytes(value))[0])
        return key[0] if len(key) == 1 else key
