"""What shows that no plaintext is left, and that nothing was lost."""

from __future__ import annotations

import json
import mmap
import os
from pathlib import Path

import psycopg
from columns import COLUMNS, HIGH, Column
from sample import Sample, plain_text


def form_counts(database: psycopg.Connection, column: Column) -> tuple[int, int, int]:
    """(rows, nulls, ciphertexts) of a column, by SQL alone: the header needs no key to be read."""
    is_sealed = "{column} LIKE 'fs1:%%'" if column.text else "get_byte({column}, 0) = 245"
    row = database.execute(
        column.statement(
            f"SELECT count(*), count(*) FILTER (WHERE {{column}} IS NULL), count(*) FILTER (WHERE {is_sealed}) FROM {{table}}"
        ),
        [],
    ).fetchone()
    assert row is not None
    return row


def versions(database: psycopg.Connection, column: Column) -> set[str]:
    """The key versions that a column's ciphertexts name in their headers, as hexadecimal digits."""
    header = "decode(translate(substring({column} from 5 for 16), '-_', '+/'), 'base64')" if column.text else "{column}"
    rows = database.execute(
        column.statement(
            f"SELECT DISTINCT encode(substring({header} from 4 for 8), 'hex') FROM {{table}} WHERE {{column}} IS NOT NULL"
        )
    )
    return {row[0] for row in rows}


def plaintext_matches(database: psycopg.Connection, column: Column, sample: Sample, count: int = 300) -> int:
    """How many rows hold one of the column's original texts, alone or as a part; `count` originals, taken evenly."""
    texts = [text for _, value in sample.values(column.table, column.name) for text in _texts(value) if len(text) > 8]
    holds = "position(text in {column}) > 0" if column.text else "position(convert_to(text, 'UTF8') in {column}) > 0"
    row = database.execute(
        column.statement(f"SELECT count(*) FROM {{table}} WHERE EXISTS (SELECT FROM unnest(%s::text[]) AS text WHERE {holds})"),
        [texts[:: max(1, len(texts) // count)]],
    ).fetchone()
    assert row is not None
    return row[0]


def _texts(value: object) -> list[str]:
    """A value's texts: itself, or those inside a JSON document."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def differences(column: Column, sample: Sample, found: dict) -> int:
    """How many of the sample's values did not come back as they were."""
    wrong = 0
    expected = dict(sample.values(column.table, column.name))
    for key, value in expected.items():
        back = found.get(key, KeyError)
        if value is None or isinstance(value, str):
            wrong += back != value
        else:
            wrong += not isinstance(back, str) or json.loads(back) != value
    return wrong + len(found.keys() - expected.keys())


def canaries(sample: Sample, count: int = 40) -> list[bytes]:
    """Distinctive values of the high-sensitivity columns, taken evenly from each."""
    chosen: list[bytes] = []
    for column in HIGH:
        texts = [text for _, value in sample.values(column.table, column.name) if (text := plain_text(value)) and len(text) >= 24]
        chosen += [text.encode() for text in texts[:: max(1, len(texts) // (count // len(HIGH)))]]
    return chosen


def scrub(database: psycopg.Connection) -> None:
    """Rewrites every table, the catalogs' statistics too, and drops the write-ahead log that still holds old rows."""
    database.autocommit = True
    for setting in ("wal_recycle = off", "wal_keep_size = 0"):
        database.execute(f"ALTER SYSTEM SET {setting}")
    database.execute("SELECT pg_reload_conf()")
    database.execute("VACUUM FULL")
    for _ in range(2):
        database.execute("SELECT pg_switch_wal()")
        database.execute("CHECKPOINT")
    database.autocommit = False


def data_folder(database: psycopg.Connection) -> Path:
    row = database.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0])


def search_files(folder: Path, wanted: list[bytes]) -> tuple[int, int, list[str]]:
    """(files, bytes, names of the files that hold one of the wanted values)."""
    files = size = 0
    found: list[str] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            try:
                with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    files, size = files + 1, size + len(content)
                    if any(content.find(value) >= 0 for value in wanted):
                        found.append(str(path))
            except (ValueError, FileNotFoundError, OSError):
                continue
    return files, size, found


def total(database: psycopg.Connection) -> int:
    """Rows of all the sample's tables."""
    tables = sorted({column.table for column in COLUMNS})
    return sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # type: ignore[index]
