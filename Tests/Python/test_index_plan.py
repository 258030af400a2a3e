"""`fieldseal index plan` over real columns."""

from __future__ import annotations

import json
import subprocess

from cluster import Cluster


def test_it_plans_over_plaintext_and_over_indexes(cluster: Cluster) -> None:
    with cluster.database() as connection:
        connection.execute('CREATE SCHEMA shop; CREATE TABLE shop."Orders" ("City" text, hashed bytea)')
        connection.execute(
            """INSERT INTO shop."Orders" SELECT city, sha256(city::bytea) FROM (
                SELECT CASE WHEN n <= 600 THEN 'Berlin' WHEN n <= 900 THEN 'Ulm' ELSE 'place ' || n END FROM generate_series(1, 1924) n
            ) AS made (city); INSERT INTO shop."Orders" VALUES (NULL, NULL), (NULL, NULL)"""
        )
        connection.commit()
        info = connection.info
        dsn = f"host={info.host} port={info.port} user={info.user} dbname={info.dbname} password={info.password}"
    plans = []
    for column in ("City", "hashed"):
        where = ("--dsn", dsn, "--table", "shop.Orders", "--column", column)
        plans.append(json.loads(plan(cluster, *where, "--json")))
        assert "Berlin" not in plan(cluster, *where) and "31.19%, 15.59%" in plan(cluster, *where)
    assert plans[0] == plans[1]
    assert (plans[0]["rows"], plans[0]["values"], plans[0]["nulls"]) == (1924, 1026, 2)
    assert plans[0]["recommended-bits"] == 9
    assert "no such column" in plan(cluster, "--dsn", dsn, "--table", "shop.Orders", "--column", "x", expected=1)
    assert "no such table" in plan(cluster, "--dsn", dsn, "--table", "Orders", "--column", "x", expected=1)
    assert "connection string" in plan(cluster, "--dsn", "no dsn", "--table", "a", "--column", "x", expected=2)


def plan(cluster: Cluster, *arguments: str, expected: int = 0) -> str:
    result = subprocess.run([cluster.tool, "index", "plan", *arguments], capture_output=True, text=True, timeout=60)
    assert result.returncode == expected, result.stderr
    return result.stdout if expected == 0 else result.stderr
