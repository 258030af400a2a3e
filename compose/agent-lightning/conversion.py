"""Turns a column of plaintext into one of ciphertext, in batches that are committed one by one and can be resumed."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from columns import Column
from fieldseal import Client, Value, raise_for

BATCH = 500
Progress = Callable[[int], None]


def encrypt_column(database: psycopg.Connection, client: Client, column: Column, progress: Progress) -> int:
    """Returns the number of values encrypted now; 0 where the column was converted before."""
    if column.is_converted(database):
        return 0
    database.execute(column.statement("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {sealed} {type}"))
    if column.index:
        database.execute(column.statement("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {index} bytea"))
    database.commit()
    count = 0
    select = column.statement(
        "SELECT id, {column}::text FROM {table} WHERE {column} IS NOT NULL AND {sealed} IS NULL ORDER BY id LIMIT %s"
    )
    while rows := database.execute(select, [BATCH]).fetchall():
        _seal(database, client, column, rows)
        database.commit()
        count += len(rows)
        progress(len(rows))
    _exchange(database, column)
    return count


def _seal(database: psycopg.Connection, client: Client, column: Column, rows: list[tuple]) -> None:
    wanted = (column.index,) if column.index else ()
    values = [Value(column.field, text.encode(), record=key, indexes=wanted) for key, text in rows]
    sealed = raise_for(client.encrypt(values, text=column.text))
    keys = [key for key, _ in rows]
    ciphertexts = [item.ciphertext.decode() if column.text else item.ciphertext for item in sealed]
    database.execute(
        column.statement(
            "UPDATE {table} SET {sealed} = new.sealed FROM unnest(%s::{key}[], %s::{type}[]) AS new (id, sealed) "
            "WHERE {table}.id = new.id"
        ),
        [keys, ciphertexts],
    )
    if column.index:
        database.execute(
            column.statement(
                "UPDATE {table} SET {index} = new.value FROM unnest(%s::{key}[], %s::bytea[]) AS new (id, value) "
                "WHERE {table}.id = new.id"
            ),
            [keys, [item.indexes[0] for item in sealed]],
        )


def _exchange(database: psycopg.Connection, column: Column) -> None:
    """Drops the plaintext and gives its name to the ciphertext, provided that every value has one."""
    left = database.execute(
        column.statement("SELECT count(*) FROM {table} WHERE ({column} IS NULL) <> ({sealed} IS NULL)")
    ).fetchone()
    if left is None or left[0]:
        raise RuntimeError(f"{column.field}: {left and left[0]} rows are not converted")
    database.execute(column.statement("ALTER TABLE {table} DROP COLUMN {column}"))
    database.execute(column.statement("ALTER TABLE {table} RENAME COLUMN {sealed} TO {column}"))
    database.execute(column.statement("COMMENT ON COLUMN {table}.{column} IS 'fieldseal'"))
    if column.index:
        database.execute(column.statement("CREATE UNIQUE INDEX ON {table} ({index})"))
    database.commit()


def rewrap_column(database: psycopg.Connection, client: Client, column: Column, progress: Progress) -> int:
    """Seals every value anew under the field's newest version; a row changed meanwhile is left as it is."""
    select = column.statement("SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL AND id > %s ORDER BY id LIMIT %s")
    first = column.statement("SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id LIMIT %s")
    count, last = 0, None
    while rows := database.execute(*((first, [BATCH]) if last is None else (select, [last, BATCH]))).fetchall():
        values = [Value(column.field, _bytes(old), record=key) for key, old in rows]
        sealed = raise_for(client.rewrap(values, text=column.text))
        database.execute(
            column.statement(
                "UPDATE {table} SET {column} = new.sealed "
                "FROM unnest(%s::{key}[], %s::{type}[], %s::{type}[]) AS new (id, old, sealed) "
                "WHERE {table}.id = new.id AND {table}.{column} = new.old"
            ),
            [
                [key for key, _ in rows],
                [old for _, old in rows],
                [item.decode() if column.text else item for item in sealed],
            ],
        )
        database.commit()
        count, last = count + len(rows), rows[-1][0]
        progress(len(rows))
    return count


def read_column(database: psycopg.Connection, client: Client, column: Column, progress: Progress) -> dict:
    """Every row's value by id, decrypted; null stays None."""
    found: dict = {}
    rows = database.execute(column.statement("SELECT id, {column} FROM {table} ORDER BY id")).fetchall()
    database.commit()
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        found.update((key, None) for key, value in part if value is None)
        present = [(key, value) for key, value in part if value is not None]
        values = [Value(column.field, _bytes(value), record=key) for key, value in present]
        plain = raise_for(client.decrypt(values, text=column.text))
        found.update((key, value.decode()) for (key, _), value in zip(present, plain, strict=True))
        progress(len(part))
    return found


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)
