"""Measures ways to store encrypted columns: `Tests/Benchmarks/sqlalchemy` runs it.

In each round every way writes, reads and reads again by key before the next round begins, one measure after the other and in
turning order, so that what else the machine does meets all of them. What is added over plain columns is taken within a round."""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import floor
from columns import WAYS, Way
from report import Figures, figures, table
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema
from users import COLUMNS, rows, users

PAGE = 100
MEASURES = ("written", "read", "point reads", "point reads of threads")


class Contender:
    """A way with its own engine, and its own table in a schema of its own."""

    def __init__(self, name: str, way: Way, driver: str, database: str, threads: int) -> None:
        self.name, self.way = name, way
        self.schema = f"way{list(WAYS).index(name)}"
        self.engine = _engine(driver, database, threads)
        self.user = users(self.schema, way.column)
        way.install(self.engine, self.user)
        with self.engine.begin() as connection:
            connection.execute(CreateSchema(self.schema, if_not_exists=True))
            self.user.metadata.drop_all(connection)
            self.user.metadata.create_all(connection)
        self.ids: list[uuid.UUID] = []

    def write(self, given: Sequence[dict[str, str]]) -> None:
        """In flushes of a page, and one commit."""
        with Session(self.engine) as session:
            for start in range(0, len(given), PAGE):
                session.add_all([self.user(**row) for row in given[start : start + PAGE]])
                session.flush()
            session.commit()

    def read(self, count: int) -> None:
        last = uuid.UUID(int=0)
        with Session(self.engine) as session:
            for _ in range(count // PAGE):
                found = session.scalars(select(self.user).where(self.user.id > last).order_by(self.user.id).limit(PAGE)).all()
                last = found[-1].id

    def read_points(self, ids: Sequence[uuid.UUID]) -> None:
        """Each in a session of its own, as a server's requests are."""
        for id in ids:
            with Session(self.engine) as session:
                session.get_one(self.user, id)

    def prepare(self, count: int, source: random.Random) -> None:
        """Tidies what was written, and chooses what is read of it by key."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM (ANALYZE) {self.schema}.users"))
            found = connection.execute(text(f"SELECT id FROM {self.schema}.users")).scalars().all()
            self.ids = source.choices(found, k=count)

    def empty(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {self.schema}.users"))

    def check(self) -> None:
        """That what is written is read again, and is not what the database holds."""
        given = rows(PAGE, random.Random(1))
        self.empty()
        self.write(given)
        with Session(self.engine) as session:
            found = {user.email: {name: getattr(user, name) for name in COLUMNS} for user in session.scalars(select(self.user))}
            stored = session.execute(text(f"SELECT {', '.join(COLUMNS)} FROM {self.schema}.users")).all()
        if found != {row["email"]: row for row in given}:
            sys.exit(f"{self.name} does not read what it has written")
        values = [value.encode() if isinstance(value, str) else bytes(value) for row in stored for value in row]
        is_sealed = not any(b"@example.org" in value or b"$argon2id$" in value for value in values)
        if is_sealed is not self.way.is_sealed:
            sys.exit(f"{self.name} should {'' if self.way.is_sealed else 'not '}encrypt")


def _engine(driver: str, database: str, threads: int) -> Engine:
    module = __import__(driver)
    return create_engine(f"postgresql+{driver}://", creator=lambda: module.connect(database), pool_size=threads)


def _timed(work: Callable[[], None]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(contenders: Sequence[Contender], options: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    """Seconds by measure, name and round. The first round warms up, and does not count."""
    seconds: dict[str, dict[str, list[float]]] = {name: {one.name: [] for one in contenders} for name in MEASURES}
    source = random.Random(options.rows)
    threads = ThreadPoolExecutor(options.threads)
    for number in range(options.rounds + 1):
        given = rows(options.rows, source)
        turned = [contenders[(number + at) % len(contenders)] for at in range(len(contenders))]
        for one in turned:
            one.empty()
        for name in MEASURES:
            for one in turned:
                taken = _timed(lambda: _work(name, one, given, threads, options.threads))
                if number > 0:
                    seconds[name][one.name].append(taken)
            if name == "written":
                for one in turned:
                    one.prepare(options.reads, source)
        print(f"round {number} of {options.rounds} done", file=sys.stderr)
    threads.shutdown()
    return seconds


def _work(name: str, one: Contender, given: Sequence[dict[str, str]], pool: ThreadPoolExecutor, threads: int) -> None:
    if name == "written":
        one.write(given)
    elif name == "read":
        one.read(len(given))
    elif name == "point reads":
        one.read_points(one.ids)
    else:
        list(pool.map(one.read_points, [one.ids[start::threads] for start in range(threads)]))


def made(options: argparse.Namespace, left_out: dict[str, str]) -> dict[str, Way]:
    ways = {}
    for name in options.ways:
        try:
            ways[name] = WAYS[name](options.config)
        except ImportError as error:
            if name == "Fieldseal":
                raise
            left_out[name] = str(error)
    return ways


def run(driver: str, ways: dict[str, Way], options: argparse.Namespace, left_out: dict[str, str]) -> list[Figures]:
    contenders = []
    for name, way in ways.items():
        try:
            contenders.append(Contender(name, way, driver, options.database, options.threads))
        except DBAPIError as error:
            left_out[f"{name}, {driver}"] = str(error.orig).strip().splitlines()[0]
    for one in contenders:
        one.check()
    gc.freeze()
    counts = dict(zip(MEASURES, (options.rows, options.rows, options.reads, options.reads)))
    found = figures(measure(contenders, options), counts)
    for one in contenders:
        one.engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rows", type=int, default=1000, help="written and read in a round, in pages of 100")
    parser.add_argument("--reads", type=int, default=200, help="by primary key in a round")
    parser.add_argument("--threads", type=int, default=8, help="that read by primary key at once")
    parser.add_argument("--drivers", nargs="+", default=["psycopg2", "psycopg"])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    options = parser.parse_args()
    options.ways = ["plain", *(name for name in options.ways if name != "plain")]
    if options.rows % PAGE or min(options.rows, options.rounds, options.reads, options.threads) < 1:
        parser.error(f"--rows goes by {PAGE}; nothing is measured without rounds, rows, reads and threads")

    left_out: dict[str, str] = {}
    load = os.getloadavg()
    ways = made(options, left_out)
    results = {driver: run(driver, ways, options, left_out) for driver in options.drivers}
    size = sum(len(value) for value in rows(1, random.Random(1))[0].values())
    nothing = floor.measure(options.config, PAGE, size)
    packages = {"SQLAlchemy", *(way.package for way in ways.values() if way.package is not None)}
    document = {
        "rounds": options.rounds,
        "rowsPerRound": options.rows,
        "pointReadsPerRound": options.reads,
        "threads": options.threads,
        "processors": os.cpu_count(),
        "load": {"before": load, "after": os.getloadavg()},
        "versions": {package: version(package) for package in sorted(packages)},
        "leftOut": left_out,
        "serviceThatDoesNothing": nothing.document(),
        "drivers": {driver: [one.document() for one in found] for driver, found in results.items()},
    }
    print(json.dumps(document, indent=1))
    for driver, found in results.items():
        print(f"\n{driver}, medians of {options.rounds} rounds:\n{table(found, options.threads)}", file=sys.stderr)
    print(f"\n{nothing}", file=sys.stderr)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
