"""A cluster whose master key each cloud provider keeps: it starts, serves, and survives its provider's absence."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import ROOT, Cluster, eventually
from fieldseal import Value, raise_for
from stand_ins import Process

SERVER = "key-management-service"


def aws(told: Any) -> tuple[str, dict[str, str]]:
    user = told["fieldseal"]
    section = f"""
  provider: aws-kms
  key: {told["key"]}
  endpoint: {told["url"]}
  token-endpoint: {told["url"]}
"""
    return section, {"AWS_ACCESS_KEY_ID": user["id"], "AWS_SECRET_ACCESS_KEY": user["secret"]}


def vault(told: Any) -> tuple[str, dict[str, str]]:
    section = f"""
  provider: vault
  address: {told["url"]}
  key: fieldseal
  login: approle
  role-id: {told["role_id"]}
  secret-id-file: {told["secret_id_file"]}
"""
    return section, {}


def azure(told: Any) -> tuple[str, dict[str, str]]:
    section = f"""
  provider: azure-key-vault
  vault: {told["url"]}
  key: rsa-key
  authority: {told["url"]}
  resource: https://vault.azure.net
  credential: client-secret
  tenant: {told["tenant"]}
  client: {told["client"]}
  client-secret-file: {told["secret_file"]}
"""
    return section, {}


def google(told: Any) -> tuple[str, dict[str, str]]:
    section = f"""
  provider: google-kms
  key: {told["key"]}
  endpoint: {told["url"]}
  credential: service-account
  service-account-file: {told["account_file"]}
"""
    return section, {}


class CustodianCluster(Cluster):
    """Its master-key section is another than the templates'."""

    def __init__(self, folder: Path, section: str, environment: dict[str, str]) -> None:
        super().__init__()
        self.environment |= environment
        self.compose = folder / "compose"
        shutil.copytree(ROOT / "compose", self.compose, ignore=shutil.ignore_patterns("state"))
        template = self.compose / "config" / f"{SERVER}.yaml"
        # Without comments: some lie between a section's lines.
        lines = [line for line in template.read_text().splitlines() if not line.lstrip().startswith("#")]
        text = re.sub(r"^master-key:\n(  .*\n)+", f"master-key:{section}", "\n".join(lines) + "\n", flags=re.M)
        assert section in text
        template.write_text(text)

    def log(self) -> str:
        return (self.state / "log" / f"{SERVER}.log").read_text(errors="replace")


CUSTODIANS: dict[str, tuple[str, Callable[[Any], tuple[str, dict[str, str]]]]] = {
    "aws-kms": ("aws_kms", aws),
    "vault": ("vault_transit", vault),
    "azure-key-vault": ("azure_key_vault", azure),
    "google-kms": ("google_kms", google),
}


@pytest.fixture(params=CUSTODIANS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[CustodianCluster, Any]]:
    module, configure = CUSTODIANS[request.param]
    stand_in: Any = Process(module, tmp_path / "stand-in")
    section, environment = configure(stand_in)
    cluster = CustodianCluster(tmp_path, f"{section}  ca: {stand_in['authorities']}\n", environment)
    try:
        yield cluster, stand_in
    finally:
        cluster.close()
        stand_in.stop()


def test_a_cluster_lives_on_its_custodian(kept: tuple[CustodianCluster, Any]) -> None:
    cluster, stand_in = kept
    cluster.start()
    value = Value("metrics.tags", b"kept", record=1)
    (sealed,) = raise_for(cluster.client().encrypt([value]))
    again = Value("metrics.tags", sealed.ciphertext, record=1)

    # Away while it starts: it says so, and opens the key by itself when the provider is back.
    stand_in.switch(mode="down")
    cluster.kill("encryption-service")
    comes_up_after(cluster, stand_in, "answered 503|sealed")
    assert raise_for(cluster.client().decrypt([again])) == [b"kept"]

    # Away while it runs: nobody notices.
    stand_in.switch(mode="down")
    assert raise_for(cluster.client().decrypt([again])) == [b"kept"]
    raise_for(cluster.client().encrypt([value]))

    # A provider that gives another key is refused.
    stand_in.switch(mode="wrong")
    comes_up_after(cluster, stand_in, "gave another key")


def comes_up_after(cluster: CustodianCluster, stand_in: Any, complaint: str) -> None:
    """Starts the server afresh with a provider that misbehaves, until it complains; then with one that does not."""
    cluster.kill(SERVER)
    before = len(cluster.log())
    up = subprocess.Popen([cluster.compose / "local", "up"], env=cluster.environment, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: re.search(complaint, cluster.log()[before:]), f"its log says: {complaint}")
        assert up.poll() is None, "not ready without its key"
        stand_in.switch(mode="")
        assert up.wait(timeout=120) == 0, cluster.logs()
    finally:
        up.kill()
        up.wait()
