"""The cluster that tests share, and one of a module's own for those that change it for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Shared" / "PythonClient"))

from cluster import Cluster, started  # noqa: E402


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from started()


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    yield from started()
