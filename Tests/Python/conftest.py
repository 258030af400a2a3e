"""The cluster that tests share; what changes it for good makes one of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Shared" / "PythonClient"))

from cluster import Cluster  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    shared = Cluster()
    try:
        shared.start()
        yield shared
    finally:
        shared.close()
