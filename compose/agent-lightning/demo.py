"""The main job, from a database in the clear to one that is encrypted, verified, rotated and audited.

Environment: FIELDSEAL_TOOL (the `fieldseal` program), FIELDSEAL_CONFIGS (folder of client configurations),
AGENT_LIGHTNING (conninfo of a private database server, as superuser)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import audit
import proofs
import psycopg
from columns import COLUMNS, Column
from conversion import encrypt_column, read_column, rewrap_column
from fieldseal import Client, Configuration, Value, raise_for
from psycopg import conninfo, sql
from psycopg.types.json import Jsonb
from sample import COUNTS, Sample
from terminal import Progress, step

DATABASE = "agent_lightning"
ROTATED = COLUMNS[0]
CONFIGS = Path(os.environ["FIELDSEAL_CONFIGS"])
PATIENCE = 120.0


class Failure(Exception):
    """A check of the demonstration did not hold."""


def check(holds: bool, text: str) -> None:
    if not holds:
        raise Failure(text)
    print(f"   ok: {text}", flush=True)


def tool(*arguments: str, role: str) -> str:
    """Runs the command line tool as operator or auditor; an unreachable service is tried again for a while."""
    command = [os.environ["FIELDSEAL_TOOL"], *arguments, "--config", str(CONFIGS / f"{role}.yaml")]
    until = time.monotonic() + PATIENCE
    while True:
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout
        if result.returncode != 4 or time.monotonic() > until:
            raise Failure(f"fieldseal {' '.join(arguments)}: {result.stderr.strip()}")
        time.sleep(0.5)


def create(server: str, sample: Sample) -> psycopg.Connection:
    """The sample database, made where it is not there yet."""
    with psycopg.connect(server, autocommit=True) as admin:
        known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(DATABASE)))
    database = psycopg.connect(conninfo.make_conninfo(server, dbname=DATABASE))
    if database.execute("SELECT to_regclass('users')").fetchone() == (None,):
        database.execute(Path(__file__).with_name("schema.sql").read_text())
        for table in COUNTS:
            fill(database, table, sample.tables[table])
    database.commit()
    return database


def fill(database: psycopg.Connection, table: str, rows: list[dict]) -> None:
    names = list(rows[0])
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names)))
    with database.cursor().copy(target) as copy:
        for row in rows:
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row.values()])


def read_back(database: psycopg.Connection, client: Client, sample: Sample, columns: list[Column]) -> int:
    wrong = count = 0
    for column in columns:
        rows = COUNTS[column.table]
        with Progress(f"read {column.field}", rows) as advance:
            wrong += proofs.differences(column, sample, read_column(database, client, column, advance))
        count += rows
    check(wrong == 0, f"{count} values read back, every one as it was")
    return count


def run() -> None:
    started, since = time.monotonic(), time.time()
    sample = Sample()
    step("Sample database")
    database = create(os.environ["AGENT_LIGHTNING"], sample)
    client = Client(Configuration.load(CONFIGS / "backend.yaml"), patience=PATIENCE)
    print(f"   {DATABASE}: {proofs.total(database)} rows in {len(COUNTS)} tables, ten sensitive columns")

    step("Catalog")
    print(tool("catalog", "apply", str(CONFIGS / "catalog.yaml"), role="operator").rstrip())

    step("Encrypt the ten columns through the services")
    encrypted = 0
    for column in COLUMNS:
        if column.is_converted(database):
            print(f"   {column.field:<30} is encrypted already")
            continue
        present = database.execute(column.statement("SELECT count({column}) FROM {table}")).fetchone()
        with Progress(column.field, present[0] if present else 0) as advance:
            encrypted += encrypt_column(database, client, column, advance)

    step("Proof: no plaintext is left")
    sealed = 0
    for column in COLUMNS:
        rows, nulls, ciphertexts = proofs.form_counts(database, column)
        if rows != nulls + ciphertexts or proofs.plaintext_matches(database, column, sample):
            raise Failure(f"{column.field} still holds plaintext")
        print(f"   {column.field:<30} {rows:>5} rows = {ciphertexts:>5} ciphertexts + {nulls:>3} nulls, key version {', '.join(sorted(proofs.versions(database, column)))}")
        sealed += ciphertexts
    check(True, "SQL finds ciphertexts and nulls alone, and none of the original texts")
    database.commit()
    proofs.scrub(database)
    wanted = proofs.canaries(sample)
    files, size, holders = proofs.search_files(proofs.data_folder(database), wanted)
    check(files > 100 and not holders, f"{len(wanted)} original values stand in none of the server's {files} files ({size / 1e6:.0f} MB){holders[:3] or ''}")

    step("Proof: nothing was lost")
    read = read_back(database, client, sample, COLUMNS)

    step("Search by blind index")
    who, address = next(iter(sample.values("users", "email")))
    (index,) = raise_for(client.blind_index([Value("users.email", address.upper().encode(), indexes=("equality",))]))[0]
    found = database.execute("SELECT id FROM users WHERE email_equality = %s", [index]).fetchall()
    check(found == [(who,)], "a user is found by e-mail address, in other letters, without decrypting the column")
    database.commit()

    step(f"Rotate the key of {ROTATED.field} and rewrap")
    newest = json.loads(tool("keys", "rotate", ROTATED.field, "--json", role="operator"))[0]["version"]
    print(f"   {ROTATED.field} has a new key version, {newest}")
    with Progress(f"rewrap {ROTATED.field}", COUNTS[ROTATED.table]) as advance:
        rewrapped = rewrap_column(database, client, ROTATED, advance)
    check(proofs.versions(database, ROTATED) == {newest}, f"all of {rewrapped} values stand under the new version")
    read += read_back(database, client, sample, [ROTATED])

    step("The audit trail of all this")
    print(tool("audit", "query", "--operation", "apply-catalog,create-key,rotate-key", "--limit", "40", role="auditor").rstrip())
    expected = {"ENCRYPT": encrypted, "DECRYPT": read - _nulls(sample), "REWRAP": rewrapped}
    counts = audit.counts(Configuration.load(CONFIGS / "auditor.yaml"), since, expected, PATIENCE)
    for operation, least in expected.items():
        check(counts[operation] >= least, f"{operation.lower()}: {counts[operation]} values in the log, {least} done in this run")

    seconds = time.monotonic() - started
    step("Figures")
    print(f"   {sealed} values encrypted in ten columns, {read} read back, {rewrapped} rewrapped, {seconds:.1f} s in all")


def _nulls(sample: Sample) -> int:
    """Nulls never reach the service; the rotated column has none."""
    return sum(value is None for column in COLUMNS for _, value in sample.values(column.table, column.name))


if __name__ == "__main__":
    try:
        run()
    except Failure as failure:
        sys.exit(f"\nThe demonstration failed: {failure}")
