"""The table of the benchmark, with columns of any type, and rows for it."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeEngine

COLUMNS = ("email", "password_hash", "user_query", "agent_response")
WORDS = "the of a key that some value opens where no other row of its table can be read again without what wrote it".split()


def users(schema: str, column: Callable[[str], TypeEngine[Any]]) -> Any:
    """A mapped class of `schema`.users; `column` makes the type of each of COLUMNS."""

    class Base(DeclarativeBase):
        metadata = MetaData(schema=schema)

    columns = {name: mapped_column(column(name), nullable=False) for name in COLUMNS}
    key = mapped_column(Uuid, primary_key=True, default=uuid.uuid4)
    return type("User", (Base,), {"__tablename__": "users", "id": key, **columns})


def rows(count: int, source: random.Random) -> list[dict[str, str]]:
    return [
        {
            "email": f"{source.choice(WORDS)}.{source.getrandbits(48):x}@example.org",
            "password_hash": f"$argon2id$v=19$m=65536,t=3,p=4${_token(source, 16)}${_token(source, 32)}",
            "user_query": _text(source, 200),
            "agent_response": _text(source, 1000),
        }
        for _ in range(count)
    ]


def _token(source: random.Random, size: int) -> str:
    return base64.b64encode(source.randbytes(size)).rstrip(b"=").decode()


def _text(source: random.Random, size: int) -> str:
    return " ".join(source.choices(WORDS, k=size // 2))[:size]
