"""What an engine needs to work with encrypted columns: installed once, seen by every statement."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Union

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.exc import ArgumentError, InvalidRequestError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.schema import Column, MetaData, Table
from sqlalchemy.util import await_only

from ..aio import AsyncClient
from ..client import Client
from ..exchange import Operation
from .catalog import compare, fields_of
from .marks import INSTALLED, PENDING, Ciphertext, CiphertextText
from .opening import OpeningCursor
from .pairs import find_pairs, values_of_update
from .plan import EMPTY, Plan, plan_of
from .rebinding import rebind_row
from .reindexing import fill_index_of
from .sealing import found_rows, index_pairs, refuse_moved, seal_parameters, search_parameters
from .types import Encrypted

CHUNK = 1000
#: The execution option by which the ORM's own executions of SELECT are known.
EXECUTED_BY_ORM = "_result_disable_adapt_to_context"


class EncryptionMiddleware:
    """Seals values before an INSERT or UPDATE and opens them after they are loaded, all of an execution in one call.

    client: a `Client` for an `Engine`, an `AsyncClient` for an `AsyncEngine`."""

    def __init__(self, client: Union[Client, AsyncClient]) -> None:
        self.client: Any = client
        self._is_async = inspect.iscoroutinefunction(client.run)

    def install(self, engine: Union[Engine, AsyncEngine]) -> None:
        """From now on statements of this engine seal and open. Before the first of them."""
        sync: Engine = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
        dialect = sync.dialect
        if dialect.is_async != self._is_async:
            raise ArgumentError("an AsyncEngine takes an AsyncClient, an Engine a Client")
        if dialect.name != "postgresql":
            raise ArgumentError("encrypted columns are made for PostgreSQL")
        if hasattr(dialect, INSTALLED):
            raise ArgumentError("the engine has an EncryptionMiddleware already")
        dialect.execution_ctx_cls = _mixed(_EncryptingContext, dialect.execution_ctx_cls)
        dialect.statement_compiler = _mixed(_EncryptingCompiler, dialect.statement_compiler)
        setattr(dialect, INSTALLED, self)
        find_pairs(sync)
        if dialect.driver == "psycopg2":
            _adapt(dialect.dbapi)
        event.listen(sync, "handle_error", _without_plaintext)

    def check(self, metadata: MetaData) -> None:
        """Compares the declared columns with the catalog: to be called when the application starts.

        Raises ConfigurationError with every difference, FieldsealError where the catalog cannot be read."""
        fields = fields_of(metadata)
        compare(fields, self.client.describe(list(fields)))

    async def check_async(self, metadata: MetaData) -> None:
        """`check` for an AsyncClient."""
        fields = fields_of(metadata)
        compare(fields, await self.client.describe(list(fields)))

    def rebind(self, connection: Connection, table: Table, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Gives the row that `old` names (column names and values) the `new` values, and binds what is sealed in it to them.

        No plaintext leaves the service. On an AsyncEngine: `await connection.run_sync(middleware.rebind, table, …)`.
        Raises NoResultFound where there is no such row, FieldsealError where a value cannot be rebound."""
        rebind_row(self.run, connection, table, old, new)

    def fill_index(self, connection: Connection, index: Column[Any], size: int = CHUNK) -> int:
        """Computes a blind index for up to `size` rows that have a value and no index, in the connection's transaction: to be
        called and committed until it answers 0. Answers how many rows were filled.

        Rows that others lock are left out. On an AsyncEngine: `await connection.run_sync(middleware.fill_index, column)`.
        Raises FieldsealError where a value cannot be opened or indexed."""
        return fill_index_of(self.run, connection, index, size)

    def run(self, operation: Operation[Any], batch: Sequence[bytes]) -> list[Any]:
        return await_only(self.client.run(operation, batch)) if self._is_async else self.client.run(operation, batch)


def _adapt(psycopg2: Any) -> None:
    """Registers how ciphertexts are written: the driver searches long for that of a class that it finds only by its base."""
    known = psycopg2.extensions
    for kind in (Ciphertext, CiphertextText):
        known.register_adapter(kind, known.adapters[kind.__base__, known.ISQLQuote])


def _mixed(mixin: type[Any], base: type[Any]) -> type[Any]:
    return type(f"Encrypting{base.__name__}", (mixin, base), {})


class _EncryptingCompiler:
    """Mixed into the dialect's compiler of statements, in front of it."""

    column_keys: list[str] | None

    def visit_update(self, update_stmt: Any, *arguments: Any, **options: Any) -> str:
        """An UPDATE of encrypted columns writes their blind indexes too."""
        table: Any = update_stmt.table
        if isinstance(table, Table):
            given = getattr(update_stmt, "_values", None) or dict(getattr(update_stmt, "_ordered_values", None) or ())
            names = {getattr(column, "key", column) for column in given} | set(self.column_keys or ())
            written: list[Any] = [c.type for c in table.c if isinstance(c.type, Encrypted) and c.key in names]
            indexes = [index for type_ in written for index in type_.sealing.indexes if index.key not in names]
            if indexes:
                update_stmt = update_stmt.values({table.c[index.key]: PENDING for index in indexes})
            if pairs := values_of_update(table, names):
                update_stmt = update_stmt.values(pairs)
        return super().visit_update(update_stmt, *arguments, **options)  # type: ignore[misc,no-any-return]


class _EncryptingContext:
    """Mixed into the dialect's execution context, in front of it."""

    compiled: Any
    dialect: Any
    cursor: Any
    execution_options: Any
    _is_server_side: bool
    _fieldseal_plan = EMPTY

    def create_cursor(self) -> Any:
        cursor = super().create_cursor()  # type: ignore[misc]
        if self.compiled is not None:
            # What it raises is raised again by `pre_exec`, where nothing wraps it together with the statement's parameters.
            with suppress(InvalidRequestError):
                self._fieldseal_plan = plan_of(self.compiled)
        opened = self._fieldseal_plan.opened
        if not opened:
            return cursor
        options = self.execution_options
        chunk = (options.get("yield_per") or options.get("max_row_buffer") or CHUNK) if self._is_server_side else None
        raises = not self._fieldseal_plan.into_objects or EXECUTED_BY_ORM not in options
        return OpeningCursor(cursor, getattr(self.dialect, INSTALLED).run, opened, chunk, raises)

    def pre_exec(self) -> None:
        super().pre_exec()  # type: ignore[misc]
        if self.compiled is None:
            return
        plan = plan_of(self.compiled)
        if plan.moved:
            refuse_moved(self, plan)
        if plan.pairs:
            index_pairs(getattr(self.dialect, INSTALLED).run, self, plan)
        if plan.rows or plan.empty:
            seal_parameters(getattr(self.dialect, INSTALLED).run, self, plan)
        if plan.narrow:
            self.cursor.is_found = found_rows(self, plan)
        if plan.searches:
            search_parameters(getattr(self.dialect, INSTALLED).run, self)

    def post_exec(self) -> None:
        super().post_exec()  # type: ignore[misc]
        # A result of an asyncio engine is read where nothing can be awaited.
        if self.dialect.is_async and isinstance(self.cursor, OpeningCursor) and not self._is_server_side:
            self.cursor.fetch_ahead()

    def _setup_result_proxy(self) -> Any:
        result = super()._setup_result_proxy()  # type: ignore[misc]
        if self._fieldseal_plan.opened and result._row_logging_fn is not None:
            result._row_logging_fn = _row_logging(result.connection, self._fieldseal_plan)
            # It was made with the other function.
            result.__dict__.pop("_row_getter", None)
        return result


def _row_logging(connection: Any, plan: Plan) -> Callable[[Any], Any]:
    """What `echo="debug"` says of a row: everything but the values that were opened."""
    hidden = {opened.at for opened in plan.opened}
    by_name = any(isinstance(at, str) for at in hidden)

    def log(row: Any) -> Any:
        connection._log_debug("Row %r", tuple(PENDING if by_name or at in hidden else value for at, value in enumerate(row)))
        return row

    return log


def _without_plaintext(context: ExceptionContext) -> None:
    """Parameters of a statement that never came to be sealed stay out of its error."""
    error = context.sqlalchemy_exception
    if isinstance(error, StatementError) and context.execution_context is None:
        error.hide_parameters = True
        error.params = None
