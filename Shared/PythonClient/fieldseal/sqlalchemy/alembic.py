"""Alembic: `context.configure(..., render_item=render_item)` in env.py."""

from __future__ import annotations

from typing import Any

from .indexes import BlindIndex
from .types import Encrypted


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Migrations that autogenerate writes name the column's type in the database, and so need no application code.

    Without it they name the encrypted type, which works too where the migration imports `fieldseal.sqlalchemy`."""
    if kind == "type" and isinstance(item, BlindIndex) and item.is_filter:
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return f"postgresql.BIT(length={item.bits})"
    if kind == "type" and isinstance(item, (Encrypted, BlindIndex)):
        return "sa.Text()" if isinstance(item, Encrypted) and item.text else "sa.LargeBinary()"
    return False
