"""Column types whose values are ciphertext in the database and plain Python values everywhere else."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, Union

from sqlalchemy import LargeBinary, Text, func, literal_column
from sqlalchemy.engine import Dialect
from sqlalchemy.event import listen
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.sql.elements import ColumnElement, Label
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.schema import Column, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..forms import to_text
from ..items import items_maker
from . import search
from .binding import RowKey, Subject
from .indexes import indexes_of
from .marks import INSTALLED, Ciphertext, CiphertextText

Plain = TypeVar("Plain")


class Sealing:
    """A column's field and row key, once its table is known."""

    def __init__(
        self, column: Column[Any], field: str, bound_to: tuple[str, ...], context: bytes | None, subject: str | None
    ) -> None:
        self.column, self.field = column, field
        self.key = RowKey(column.table, bound_to) if bound_to else None
        self.subject = Subject(column.table, subject) if subject else None
        #: The columns that decide how a value is sealed, and so do not change without it.
        self.beside = [*(self.key.columns if self.key else ()), *([self.subject.column] if self.subject else ())]
        self.indexes = indexes_of(column)
        names = tuple(index.type.index for index in self.indexes)  # type: ignore[attr-defined]
        #: Bytes that filters add to a result.
        self.filters = sum(index.type.bits // 8 + 4 for index in self.indexes if index.type.is_filter)  # type: ignore[attr-defined]
        self.seal_items = items_maker(field, context, names)
        self.open_items = items_maker(field, context)


class Encrypted(TypeDecorator[Plain], Generic[Plain]):
    """A value that is sealed before it leaves for the database, and opened when it comes back.

    bound_to: the columns whose values name the row that a ciphertext belongs to, in the order of the catalog's key-columns:
        the primary key where the application makes it, otherwise another column that is set at insert and never changes.
        None seals for field and context alone: such a value opens in any row. The catalog must say the same (`row-bound`).
    field: the name in the catalog, "table.column" unless given.
    context: bytes that are demanded again for opening.
    accepts_plaintext: during a rollout, a stored value that is no ciphertext is read as it is; never for bytes.
    text: the column is of type text, and its ciphertexts have their text form.
    subject: the column whose value names the person or tenant that the value belongs to, where the catalog says `subject-keys`:
        once that subject is erased, the value opens no more."""

    impl = LargeBinary
    cache_ok = True
    #: Whether plaintext in the column can be told from ciphertext.
    _tells_plaintext = True

    def __init__(
        self,
        bound_to: Union[str, Sequence[str], None],
        field: str | None = None,
        context: bytes | None = None,
        accepts_plaintext: bool = False,
        text: bool = False,
        subject: str | None = None,
    ) -> None:
        # Parameters that are keyword-only would be missing from SQLAlchemy's cache key.
        super().__init__()
        if accepts_plaintext and not self._tells_plaintext:
            raise ArgumentError(f"{type(self).__name__}: plaintext bytes cannot be told from ciphertext")
        self.bound_to = (bound_to,) if isinstance(bound_to, str) else tuple(bound_to or ())
        self.field, self.context, self.accepts_plaintext, self.text = field, context, accepts_plaintext, text
        self.subject = subject
        self._given_field = field
        self._column: Column[Any] | None = None
        self._sealing: Sealing | None = None
        self._is_copy = False

    def __repr__(self) -> str:
        shown: dict[str, Any] = {"bound_to": self.bound_to[0] if len(self.bound_to) == 1 else self.bound_to or None}
        shown |= {name: getattr(self, name) for name in ("field", "context", "subject") if getattr(self, name) is not None}
        shown |= {name: True for name in ("accepts_plaintext", "text") if getattr(self, name)}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def python_type(self) -> type[Any]:
        return type(self).plain_type

    plain_type: type[Any] = object

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if self.text else LargeBinary()

    @property
    def stored(self) -> Callable[[bytes], Any]:
        """Makes the parameter for a ciphertext."""
        return _stored_text if self.text else Ciphertext

    def encode(self, value: Any) -> bytes:
        """The bytes to seal. Raises TypeError for a value of another type; its text shows no value."""
        raise NotImplementedError

    def encode_all(self, values: list[Any]) -> list[bytes]:
        return list(map(self.encode, values))

    def decode(self, data: bytes) -> Any:
        raise NotImplementedError

    def decode_all(self, values: list[bytes]) -> list[Any]:
        return list(map(self.decode, values))

    # --- the column

    def copy(self, **options: Any) -> Encrypted[Plain]:
        """For a dialect, or for another column, which then makes the copy its own."""
        copied = super().copy(**options)
        assert isinstance(copied, Encrypted)
        copied._is_copy = True
        return copied

    def _set_parent(self, parent: Any, outer: bool = False, **options: Any) -> None:
        super()._set_parent(parent, outer=outer, **options)
        if not isinstance(parent, Column) or parent is self._column:
            return
        if self._column is not None and not self._is_copy:
            raise ArgumentError(f"{parent}: an encrypted type belongs to one column; make another one for this column")
        self._column, self._sealing, self._is_copy = parent, None, False
        self.field = self._given_field
        listen(parent, "after_parent_attach", self._attached)

    def _attached(self, column: Column[Any], table: Any) -> None:
        # The name is part of the statement cache's key of this type: two columns never share a compiled parameter.
        if column is self._column and self.field is None and isinstance(table, Table):
            self.field = f"{table.name}.{column.name}"

    @property
    def sealing(self) -> Sealing:
        if self._sealing is None:
            if self._column is None or self.field is None:
                raise InvalidRequestError(f"{type(self).__name__} is not the type of a table's column")
            self._sealing = Sealing(self._column, self.field, self.bound_to, self.context, self.subject)
        return self._sealing

    # --- SQL

    def bind_processor(self, dialect: Dialect) -> None:
        """None: the middleware seals all values of an execution at once. Without it nothing may pass."""
        self._demand_middleware(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        self._demand_middleware(dialect)

    def _demand_middleware(self, dialect: Dialect) -> None:
        if not hasattr(dialect, INSTALLED):
            raise InvalidRequestError("encrypted columns need an EncryptionMiddleware on their engine")

    def literal_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        # Not in the processor: SQLAlchemy shows the value that one fails for.
        raise InvalidRequestError("an encrypted value cannot be written into the text of a statement")

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        raise InvalidRequestError("encrypted values are sealed in batches, by an EncryptionMiddleware")

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        key = self.sealing.key
        if key is None:
            return column
        plain = column.element if isinstance(column, Label) else column
        packed: Any = key.packed(plain)
        if self.text:
            packed = func.encode(packed, literal_column("'hex'")).op("||", return_type=Text())(literal_column("':'"))
        return packed.op("||", return_type=self)(plain)  # type: ignore[no-any-return]

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> Any:
        return self

    class Comparator(TypeDecorator.Comparator[Any]):
        def operate(self, op: OperatorType, *other: Any, **options: Any) -> Any:
            return search.operate(self.expr, op, other, super().operate, options)

        def reverse_operate(self, op: OperatorType, other: Any, **options: Any) -> Any:
            return search.operate(self.expr, op, (other,), super().reverse_operate, options)

    comparator_factory = Comparator


def _stored_text(ciphertext: bytes) -> CiphertextText:
    return CiphertextText(to_text(ciphertext))


def _wrong_type(kind: type[Any], value: Any) -> TypeError:
    return TypeError(f"{kind.__name__} expected, not {type(value).__name__}")


class EncryptedString(Encrypted[str]):
    cache_ok = True
    plain_type = str

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise _wrong_type(str, value)
        return value.encode()

    def encode_all(self, values: list[Any]) -> list[bytes]:
        return list(map(str.encode, values))

    def decode(self, data: bytes) -> str:
        return data.decode()

    def decode_all(self, values: list[bytes]) -> list[Any]:
        return [value.decode() for value in values]


class EncryptedText(EncryptedString):
    """The same; its name tells readers that long texts are expected."""

    cache_ok = True


class EncryptedBytes(Encrypted[bytes]):
    cache_ok = True
    plain_type = bytes
    _tells_plaintext = False

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise _wrong_type(bytes, value)
        return bytes(value)

    def decode(self, data: bytes) -> bytes:
        return data

    def decode_all(self, values: list[bytes]) -> list[Any]:
        return values


class EncryptedJSON(Encrypted[Any]):
    """Objects, arrays and scalars; None is SQL's NULL. ORM attributes notice changes inside objects and arrays, however deep."""

    cache_ok = True

    def encode(self, value: Any) -> bytes:
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        except (TypeError, ValueError) as error:
            raise TypeError(f"no JSON: {type(error).__name__}") from None

    def decode(self, data: bytes) -> Any:
        return json.loads(data)


class EncryptedDate(Encrypted[datetime.date]):
    cache_ok = True
    plain_type = datetime.date

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            raise _wrong_type(datetime.date, value)
        return value.isoformat().encode()

    def decode(self, data: bytes) -> datetime.date:
        return datetime.date.fromisoformat(data.decode())


class EncryptedInteger(Encrypted[int]):
    """Integers of any size."""

    cache_ok = True
    plain_type = int

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(int, value)
        return str(int(value)).encode()

    def decode(self, data: bytes) -> int:
        return int(data)


class EncryptedNumeric(Encrypted[decimal.Decimal]):
    """Decimal numbers, exactly as given; `scale` rounds them to so many digits, as NUMERIC(p, scale) does."""

    cache_ok = True
    plain_type = decimal.Decimal

    def __init__(self, scale: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.scale = scale

    def __repr__(self) -> str:
        return super().__repr__() if self.scale is None else super().__repr__().replace("(", f"({self.scale}, ", 1)

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (decimal.Decimal, int, float)) or isinstance(value, bool):
            raise _wrong_type(decimal.Decimal, value)
        number = decimal.Decimal(str(value)) if isinstance(value, float) else decimal.Decimal(value)
        if self.scale is not None and number.is_finite():
            context = decimal.Context(prec=max(28, number.adjusted() + self.scale + 2), rounding=decimal.ROUND_HALF_UP)
            number = number.quantize(decimal.Decimal(1).scaleb(-self.scale), context=context)
        return str(number).encode()

    def decode(self, data: bytes) -> decimal.Decimal:
        return decimal.Decimal(data.decode())
