"""The client in Go: what it seals the Python client opens, and the other way round."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster import Cluster
from fieldseal import CiphertextRejected, Value, raise_for

ROOT = Path(__file__).resolve().parents[2]
FIELD, ROW, OTHER = "users.email", uuid.UUID(int=7), uuid.UUID(int=8)
Go = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def go(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Go:
    if (compiler := shutil.which("go")) is None:
        pytest.skip("go is missing")
    folder = tmp_path_factory.mktemp("go")
    program, source = folder / "go-client", ROOT / "Tests" / "Interoperability" / "GoClient" / "main.go"
    environment = os.environ | {"GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": os.environ.get("GOCACHE", str(folder / "cache"))}
    built = subprocess.run(
        [compiler, "build", "-o", program, source], env=environment, capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stderr
    configuration = cluster.configuration("backend")
    endpoint = configuration.endpoint("encryption")
    (address,) = endpoint.addresses

    def run(method: str, value: bytes, row: uuid.UUID = ROW, field: str = FIELD, identity: str = endpoint.identity) -> object:
        files = (configuration.certificate, configuration.key, configuration.ca)
        arguments = ["{}:{}".format(*address), identity, *files, method, field, str(row)]
        return subprocess.run([program, *arguments], input=value, capture_output=True, timeout=60)

    return run  # type: ignore[return-value]


@pytest.mark.parametrize("value", [b"", b"ada@example.org", b"\x00\xff" * 50_000], ids=len)
def test_each_opens_what_the_other_seals(cluster: Cluster, go: Go, value: bytes) -> None:
    client = cluster.client()
    sealed = go("encrypt", value)
    assert sealed.returncode == 0 and sealed.stdout[0] == 0xF5, sealed.stderr
    assert client.decrypt([Value(FIELD, sealed.stdout, record=ROW)]) == [value]
    assert isinstance(client.decrypt([Value(FIELD, sealed.stdout, record=OTHER)])[0], CiphertextRejected)
    (ours,) = raise_for(client.encrypt([Value(FIELD, value, record=ROW)]))
    opened = go("decrypt", ours.ciphertext)
    assert (opened.returncode, opened.stdout) == (0, value), opened.stderr


def test_errors_end_it_with_the_services_words(go: Go) -> None:
    sealed = go("encrypt", b"ada@example.org").stdout
    for refused, words in (
        (go("decrypt", sealed, row=OTHER), b"Decrypt: ciphertext rejected"),
        (go("encrypt", b"x", field="no.such"), b"Encrypt: "),
        (go("encrypt", b"x", identity="spiffe://fieldseal.local/service/other"), b"another identity"),
        (go("open", sealed), b"usage: "),
    ):
        assert (refused.returncode, refused.stdout) == (1, b"") and words in refused.stderr, refused
