"""A canary that went through the services stands in no file, log, table or memory where it does not belong."""

from __future__ import annotations

import os
import secrets
import uuid
from pathlib import Path

import pytest
from cluster import Cluster
from fieldseal import Value, raise_for


def files_with(folder: Path, wanted: list[bytes]) -> list[str]:
    found = []
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                content = Path(parent, name).read_bytes()
            except OSError:
                continue
            if any(value in content for value in wanted):
                found.append(os.path.join(parent, name))
    return found


def memory_with(process: int, wanted: list[bytes]) -> list[str]:
    """Readable mappings of a process that hold a wanted value."""
    found = []
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        for line in maps:
            start, end = (int(part, 16) for part in line.split()[0].split("-"))
            if line.split()[1][0] != "r" or "[v" in line:
                continue
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
            if any(value in content for value in wanted):
                found.append(line.strip())
    return found


def test_canaries_stay_inside_the_encryption_service(cluster: Cluster) -> None:
    client = cluster.client()
    canaries = [f"canary-{secrets.token_hex(16)}".encode() for _ in range(50)]
    rows = [uuid.uuid4() for _ in canaries]
    values = [Value("users.email", canary, record=row, indexes=("equality",)) for canary, row in zip(canaries, rows)]
    sealed = raise_for(client.encrypt(values))
    back = client.decrypt([Value("users.email", item.ciphertext, record=row) for item, row in zip(sealed, rows)])
    assert back == canaries
    broken = client.decrypt([Value("users.email", item.ciphertext[:-1] + b"\0", record=row) for item, row in zip(sealed, rows)])
    assert len(broken) == len(canaries)

    with cluster.database() as database:
        database.autocommit = True
        database.execute("CHECKPOINT")
        folder = Path(database.execute("SHOW data_directory").fetchone()[0])
    assert files_with(folder, canaries) == []
    assert files_with(cluster.state, canaries) == []

    # What a debugger would see: servers refuse it to their own user, so this needs to be root.
    servers = [cluster.process(name) for name in ("audit-service", "key-management-service")]
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            memory_with(servers[0], canaries)
        return
    for process in servers:
        assert memory_with(process, canaries) == []
    assert memory_with(os.getpid(), canaries) != [], "the search finds what is there"
