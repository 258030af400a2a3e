"""The audit service and its database killed under load, away, hanging; the spool's disk full. What was answered is in the
log exactly once, in its producer's order."""

from __future__ import annotations

import os
import random
import signal
import subprocess
from pathlib import Path

import pytest
from cluster import ROOT, Cluster, eventually
from fieldseal import Code
from workload import Workload, log_grows, spool

SERVICE_KILLS = 50
DATABASE_KILLS = 20
#: Two calls a second.
CALLS_OF_AN_HOUR = 7_200
#: A batch of blocks waits so long for an answer.
SHIPMENT_TIMEOUT = 20


def test_the_audit_service_is_killed_again_and_again(own_cluster: Cluster) -> None:
    chance = random.Random(50)
    with Workload(own_cluster) as workload:
        for number in range(SERVICE_KILLS):
            # While it starts, or while it takes blocks.
            if number % 2 == 0:
                workload.goes_on(chance.randrange(1, 400))
            else:
                log_grows(own_cluster, chance.randrange(1, 60))
            own_cluster.kill("audit-service")
            own_cluster.spawn("audit-service")
    assert workload.refusals == []
    workload.check()


def test_the_database_is_killed_again_and_again(own_cluster: Cluster) -> None:
    chance = random.Random(20)
    folder = own_cluster.state / "postgres"
    with Workload(own_cluster) as workload:
        for _ in range(DATABASE_KILLS):
            log_grows(own_cluster, chance.randrange(1, 60))
            kill_database(own_cluster)
            started = subprocess.run([ROOT / "compose" / "postgres", "start", folder], capture_output=True, text=True)
            assert started.returncode == 0, started.stderr
    assert workload.refusals == []
    workload.check()


def kill_database(cluster: Cluster) -> None:
    with cluster.database() as connection:
        row = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    assert row is not None
    main = int((Path(row[0]) / "postmaster.pid").read_text().split("\n")[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    for process in [main, *map(int, children)]:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
    eventually(lambda: not any(Path(f"/proc/{process}").exists() for process in [main, *children]), "the database is gone")


def test_the_audit_service_hangs(own_cluster: Cluster) -> None:
    with Workload(own_cluster) as workload:
        workload.goes_on(100)
        os.kill(own_cluster.process("audit-service"), signal.SIGSTOP)
        try:
            eventually(lambda: spool(own_cluster)["spool-oldest-seconds"] > SHIPMENT_TIMEOUT + 3, "a shipment has timed out", 60)
        finally:
            os.kill(own_cluster.process("audit-service"), signal.SIGCONT)
        workload.goes_on(100)
    assert workload.refusals == []
    workload.check()


def test_the_audit_service_is_away_for_an_hour_of_events(own_cluster: Cluster) -> None:
    own_cluster.kill("audit-service")
    with Workload(own_cluster, callers=8) as workload:
        workload.goes_on(CALLS_OF_AN_HOUR, 300)
    assert workload.refusals == []
    own_cluster.spawn("audit-service")
    workload.check(300)


class SmallDisk:
    """A file system of 4 MiB in a mount namespace of its own, where a folder was."""

    def __init__(self, folder: Path) -> None:
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        mount = f"mount -t tmpfs -o size=4m,mode=700 tmpfs '{folder}' && echo mounted && exec sleep 600"
        self._ballast = folder / "ballast"
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *user, "sh", "-c", mount], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None and self._holder.stderr is not None
        if self._holder.stdout.readline() != "mounted\n":
            pytest.skip(f"no small disk can be mounted here: {self._holder.stderr.read().strip()}")
        keep = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        #: What a command begins with that sees it.
        self.within = ["nsenter", "--target", str(self._holder.pid), "--mount", *keep]

    def fill(self) -> None:
        command = [*self.within, "dd", "if=/dev/zero", f"of={self._ballast}", "bs=4k"]
        written = subprocess.run(command, capture_output=True, text=True)
        assert "No space left on device" in written.stderr

    def empty(self) -> None:
        subprocess.run([*self.within, "rm", str(self._ballast)], check=True)

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()


def test_the_disk_of_the_spool_is_full(own_cluster: Cluster) -> None:
    disk = SmallDisk(own_cluster.state / "spool" / "encryption-service")
    try:
        own_cluster.kill("encryption-service")
        own_cluster.spawn("encryption-service", *disk.within, "env", f"FIELDSEAL_AUDIT_MAX_BYTES={8 << 20}")
        with Workload(own_cluster) as workload:
            workload.goes_on(100)
            own_cluster.kill("audit-service")
            refused = len(workload.refusals)
            disk.fill()
            eventually(lambda: len(workload.refusals) > refused + 20, "the service refuses what it cannot record")
            assert {error.code for error in workload.refusals[refused:]} == {Code.UNAVAILABLE}
            assert "cannot record" in str(workload.refusals[-1])
            disk.empty()
            own_cluster.spawn("audit-service")
            workload.goes_on(200)
        workload.check()
    finally:
        own_cluster.kill("encryption-service")
        disk.close()
        own_cluster.spawn("encryption-service")
