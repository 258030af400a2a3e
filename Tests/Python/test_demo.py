"""The demonstration's main job, with servers killed and started again while it runs."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator

import pytest
from cluster import ROOT, SERVERS, Cluster

KILLS = 6


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.local("up")
        yield cluster
    finally:
        cluster.close()


def test_the_demonstration_survives_killed_servers(own_cluster: Cluster) -> None:
    cluster, chance = own_cluster, random.Random(11)
    with cluster.database() as database:
        conninfo = f"{database.info.dsn} password={database.info.password}"
    environment = cluster.environment | {
        "FIELDSEAL_TOOL": cluster.tool,
        "FIELDSEAL_CONFIGS": str(cluster.state / "config"),
        "AGENT_LIGHTNING": conninfo,
        "PYTHONPATH": str(ROOT / "Shared" / "PythonClient"),
    }
    output = cluster.state / "demo.out"
    with output.open("w") as file:
        demo = subprocess.Popen(
            [sys.executable, ROOT / "compose" / "agent-lightning" / "demo.py"], env=environment, stdout=file, stderr=file
        )
        try:
            kills = 0
            while demo.poll() is None:
                try:
                    demo.wait(chance.uniform(0.05, 0.6))
                except subprocess.TimeoutExpired:
                    if kills < KILLS:
                        server = SERVERS[kills % len(SERVERS)]
                        cluster.kill(server)
                        cluster.restart(server)
                        kills += 1
        finally:
            demo.kill()
            demo.wait()
    text = output.read_text()
    assert demo.returncode == 0, text
    assert kills >= len(SERVERS), f"the demonstration was over after {kills} kills:\n{text}"
    assert "every one as it was" in text
