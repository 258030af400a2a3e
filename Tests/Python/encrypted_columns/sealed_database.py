"""What the SQLAlchemy tests share: the cluster with their tables in its catalog, a database, and clients that count."""

from __future__ import annotations

import datetime
import decimal
import os
import signal
import uuid
from typing import Any

import yaml
from cluster import Cluster, eventually
from fieldseal import AsyncClient, Client
from sealed_models import CATALOG, Person, Visit
from sqlalchemy import URL, text
from sqlalchemy.orm import Session

SECRET = "Sekret-Wörter"
P = Person.__table__
V = Visit.__table__
BACKEND = "spiffe://fieldseal.local/backend/demo"
TABLES = ("people", "notes", "visits", "contacts", "letters")


class Counted(Client):
    """Counts its calls to the service."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.calls: list[str] = []
        exchange = self._channel.exchange

        def counted(method: str, *rest: Any) -> bytes:
            self.calls.append(method)
            return exchange(method, *rest)

        self._channel.exchange = counted  # type: ignore[method-assign]


class AsyncCounted(AsyncClient):
    """The same."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.calls: list[str] = []
        exchange = self._channel.exchange

        async def counted(method: str, *rest: Any) -> bytes:
            self.calls.append(method)
            return await exchange(method, *rest)

        self._channel.exchange = counted  # type: ignore[method-assign]


def declare(cluster: Cluster) -> None:
    """Puts the tests' tables into the catalog and the backend's rights, and makes the database."""
    catalog, policy = (cluster.state / "config" / f"{name}.yaml" for name in ("catalog", "policy"))
    with_people = cluster.state / "people.yaml"
    with_people.write_text(catalog.read_text() + CATALOG)
    cluster.run_tool("catalog", "apply", str(with_people), role="operator")
    document = yaml.safe_load(policy.read_text())
    rule = next(rule for rule in document["rules"] if rule["identity"] == BACKEND)
    rule["fields"] += [f"{table}.*" for table in TABLES]
    policy.write_text(yaml.safe_dump(document))
    os.kill(cluster.process("encryption-service"), signal.SIGHUP)
    client = cluster.client()
    eventually(lambda: not isinstance(client.describe(["people.email"])[0], Exception), "the new policy counts")
    with cluster.database() as connection:
        connection.autocommit = True
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'people'").fetchone() is None:
            connection.execute("CREATE DATABASE people")


def address(cluster: Cluster, driver: str) -> URL:
    with cluster.database("people") as connection:
        info = connection.info
        where = {"host": info.host, "port": str(info.port)}
        return URL.create(f"postgresql+{driver}", info.user, info.password or None, database="people", query=where)


def person(number: int = 0, **more: Any) -> dict[str, Any]:
    """A row of `people` with a value in every column."""
    values: dict[str, Any] = dict(
        id=uuid.UUID(int=number + 1),
        place=number,
        email=f"Ada{number}@example.org",
        biography=f"née à Łódź 🙂 {number}",
        picture=b"\x00\xff%d" % number,
        settings={"theme": "dark", "tags": [number, None, {"x": "y"}]},
        born=datetime.date(1990, 1, 1) + datetime.timedelta(number),
        number=10**30 + number,
        balance=decimal.Decimal("12.3400") + number,
    )
    return values | more


def stored(session: Session) -> list[Any]:
    return list(session.execute(text("SELECT * FROM people ORDER BY place")).all())
