"""The recipes of the README, as they stand there."""

from __future__ import annotations

import asyncio
import sys
import types
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cluster import Cluster
from fieldseal import Code, FieldsealError
from fieldseal.exchange import DECRYPT
from sealed_database import address
from sealed_models import Note, Person
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()
COOKBOOK = README.split("## Cookbook\n")[1].split("\n## ")[0]


def code(recipe: str, language: str) -> str:
    return COOKBOOK.split(f"**{recipe}**")[1].split(f"```{language}\n")[1].split("```")[0]


# --- FastAPI


@pytest.fixture
def shop(cluster: Cluster, engine: Engine) -> Iterator[Any]:
    """The application as a module, on the cluster's database."""
    source = code("FastAPI", "python")
    where = address(cluster, "asyncpg").render_as_string(hide_password=False)
    for example, real in (
        ("postgresql+asyncpg://localhost/shop", where),
        ("backend.yaml", str(cluster.configuration_file("backend"))),
    ):
        assert source.count(example) == 1
        source = source.replace(example, real)
    module = types.ModuleType("shop")
    sys.modules["shop"] = module
    exec(compile(source, "README.md", "exec", dont_inherit=True), module.__dict__)
    module.Base.metadata.create_all(engine)
    yield module
    module.Base.metadata.drop_all(engine)
    del sys.modules["shop"]


@asynccontextmanager
async def served(shop: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(shop.app, raise_app_exceptions=False)
    async with shop.app.router.lifespan_context(shop.app), httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        yield http


def test_fastapi(shop: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with served(shop) as http:
            created = [await http.post("/users", json={"email": f"Ada{number}@example.org"}) for number in range(3)]
            assert [answer.status_code for answer in created] == [201] * 3
            one, other, third = (answer.json() for answer in created)
            assert (await http.get(f"/users/{one['id']}")).json() == one == {"email": "Ada0@example.org", "id": one["id"]}
            assert (await http.get("/users", params={"email": "ada1@EXAMPLE.org"})).json() == [other]
            assert (await http.get("/users", params={"email": "nobody@example.org"})).json() == []
            assert (await http.post("/users", json={"email": "ADA0@example.org"})).status_code == 409
            assert (await http.get(f"/users/{uuid.uuid4()}")).status_code == 404
            with engine.begin() as connection:
                stored = connection.execute(text("SELECT email FROM users")).scalars().all()
                assert all(bytes(value)[0] == 0xF5 for value in stored)
                swap = "UPDATE users SET email = (SELECT email FROM users WHERE id = :third) WHERE id = :one"
                connection.execute(text(swap), {"one": one["id"], "third": third["id"]})

            # A value that does not open, and services that refuse or are away.
            broken = await http.get(f"/users/{one['id']}")
            assert (broken.status_code, broken.json()) == (500, {"detail": "INVALID_ARGUMENT"})
            run, expected = shop.client.run, {Code.PERMISSION_DENIED: 403, Code.FAILED_PRECONDITION: 410, Code.UNAVAILABLE: 503}
            for refusal, status in expected.items():

                async def refusing(operation: Any, batch: Any, *_: Any, refusal: Code = refusal) -> Any:
                    if operation is DECRYPT:
                        raise FieldsealError(refusal, "Ada0@example.org")
                    return await run(operation, batch)

                monkeypatch.setattr(shop.client, "run", refusing)
                answer = await http.get(f"/users/{other['id']}")
                assert (answer.status_code, answer.json()) == (status, {"detail": refusal.name})

    asyncio.run(run())


# --- psql


def test_psql(session: Session) -> None:
    session.add_all(Note(owner=session.query(Person.id).first()[0], name=f"{n}", text="x") for n in range(4))  # type: ignore[index]
    session.flush()
    session.execute(text("CREATE TEMPORARY TABLE users AS SELECT id, email FROM people"))
    versions, bindings, texts = code("psql", "sql").strip().splitlines()
    ((suite, version, count),) = session.execute(text(versions)).all()
    assert (suite, len(bytes.fromhex(version)), count) == (1, 8, 3)
    assert session.execute(text(bindings)).all() == [(True, False, False, 3)]
    ((suite, other, count),) = session.execute(text(texts)).all()
    assert (suite, len(bytes.fromhex(other)), count) == (1, 8, 4) and other != version


# --- Go


def test_go_is_what_the_program_does() -> None:
    program = (Path(__file__).resolve().parents[2] / "Interoperability" / "GoClient" / "main.go").read_text()
    wanted = [line.split("//")[0].strip() for line in code("Go", "go").strip().splitlines()]
    assert wanted[0] in program
    assert wanted[1].replace('"users.email"', "os.Args[7]") in program
    assert wanted[2].replace('"Encrypt"', "method") in program
