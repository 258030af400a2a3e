"""The ten sensitive columns, and how each looks once encrypted."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Column:
    """`text`: the ciphertext is kept in its text form, in a text column; otherwise as bytea."""

    table: str
    name: str
    key_type: str
    text: bool
    index: str | None = None

    @property
    def field(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def sealed(self) -> str:
        return f"{self.name}_sealed"

    @property
    def index_column(self) -> str:
        return f"{self.name}_{self.index}"

    def statement(self, text: str) -> sql.Composed:
        """`text` with {table}, {column}, {sealed} and {index} filled in as identifiers."""
        return sql.SQL(text).format(  # type: ignore[arg-type]
            table=sql.Identifier(self.table),
            column=sql.Identifier(self.name),
            sealed=sql.Identifier(self.sealed),
            index=sql.Identifier(self.index_column),
            key=sql.SQL(self.key_type),  # type: ignore[arg-type]
            type=sql.SQL("text" if self.text else "bytea"),
        )

    def is_converted(self, database: psycopg.Connection) -> bool:
        """Whether the plaintext column has given its name to the sealed one."""
        columns = {
            row[0]
            for row in database.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [self.table],
            )
        }
        return self.sealed not in columns and "fieldseal" in (self._comment(database) or "")

    def _comment(self, database: psycopg.Connection) -> str | None:
        row = database.execute(
            "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
            [self.table, self.name],
        ).fetchone()
        return row[0] if row else None


COLUMNS = [
    Column("users", "email", "uuid", text=True, index="equality"),
    Column("users", "password_hash", "uuid", text=True),
    Column("api_keys", "key_hash", "bigint", text=True),
    Column("conversations", "user_query", "bigint", text=True),
    Column("conversations", "agent_response", "bigint", text=True),
    Column("agents", "config", "text", text=False),
    Column("workflows", "context", "uuid", text=False),
    Column("knowledge", "content", "bigint", text=True),
    Column("metrics", "tags", "bigint", text=False),
    Column("sessions", "data", "text", text=False),
]
HIGH = [column for column in COLUMNS if column.table in ("users", "api_keys", "conversations")]
