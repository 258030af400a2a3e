"""A cluster whose catalog has the tests' tables, and an engine that seals and opens their columns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cluster import Cluster, started
from fieldseal.sqlalchemy import EncryptionMiddleware
from sealed_database import SECRET, Counted, address, declare, person
from sealed_models import Base, Person
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """In the place of the one that others share: its catalog and policy are changed."""
    for running in started():
        declare(running)
        yield running


@pytest.fixture(scope="module")
def engine(cluster: Cluster) -> Iterator[Engine]:
    engine = create_engine(address(cluster, "psycopg"))
    EncryptionMiddleware(Counted(cluster.configuration("backend"), patience=60)).install(engine)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """With three rows, which are gone afterwards."""
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.add_all(Person(**person(number, email=f"{SECRET}{number}@x", biography=SECRET)) for number in range(3))
            session.commit()
            yield session
        transaction.rollback()
