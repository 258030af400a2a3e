"""Who is let in: refused peers get no answer, and each refusal is in the audit log."""

from __future__ import annotations

import dataclasses
import ssl
import time
from pathlib import Path

import pytest
from certificates import Authority
from cluster import Cluster
from fieldseal import Client, Code, FieldsealError, Value
from fieldseal.channel import Channel
from fieldseal.connection import Connection, tls_context
from fieldseal.v1 import audit_pb2, encryption_pb2, keys_pb2

BACKEND = "spiffe://fieldseal.local/backend/demo"
AUDITOR = "spiffe://fieldseal.local/auditor/demo"
SIBLING = "spiffe://fieldseal.local/backend/sibling"


def authority(cluster: Cluster) -> Authority:
    folder = cluster.state / "certificates"
    return Authority.load(folder / "ca.pem", folder / "ca.key")


def presented(cluster: Cluster, kind: str, folder: Path) -> ssl.SSLContext:
    ca = cluster.configuration("backend").ca
    if kind == "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(ca)
        return context
    issuer = Authority.make() if kind == "another authority" else authority(cluster)
    names = {"two names": [BACKEND, SIBLING], "no name": ["https://example.com/"]}.get(kind, [BACKEND])
    return tls_context(*issuer.issue(folder, names, expired=kind == "expired"), ca)


@pytest.mark.parametrize("server", ["encryption", "keys", "audit"])
@pytest.mark.parametrize("kind", ["none", "another authority", "expired", "two names", "no name"])
def test_a_peer_without_a_right_certificate_is_refused_and_recorded(cluster: Cluster, server: str, kind: str, tmp_path: Path) -> None:
    endpoint = cluster.configuration("operator").endpoints[server]
    since = int(time.time() * 1e6)
    with pytest.raises(FieldsealError) as refusal:
        connection = Connection(presented(cluster, kind, tmp_path), endpoint.addresses[0], endpoint.identity, 10)
        connection.call("grpc.health.v1.Health", "Check", [], 10)
    assert refusal.value.code is Code.UNAVAILABLE
    event = cluster.event_where(
        lambda event: event.operation == audit_pb2.CONNECT and event.outcome != 0 and bool(event.cause),
        f"the refused connection of a peer with certificate: {kind}",
        from_unix_us=since,
    )
    assert not event.actor or event.actor_unverified


def test_a_sibling_of_the_same_authority_is_denied_everything(cluster: Cluster, tmp_path: Path) -> None:
    files = authority(cluster).issue(tmp_path, [SIBLING])
    backend = cluster.configuration("backend")
    sibling = dataclasses.replace(backend, certificate=files[0], key=files[1])
    with pytest.raises(FieldsealError) as refusal:
        Client(sibling).encrypt([Value("workflows.context", b"secret", record=1)])
    assert refusal.value.code is Code.PERMISSION_DENIED
    cluster.event_where(
        lambda event: event.actor == SIBLING and event.outcome == Code.PERMISSION_DENIED and not event.actor_unverified,
        "the sibling's denial",
    )


def test_a_role_without_the_right_is_denied_and_no_key_is_fetched(cluster: Cluster) -> None:
    auditor = dataclasses.replace(
        cluster.configuration("auditor"), endpoints=cluster.configuration("backend").endpoints
    )
    with pytest.raises(FieldsealError) as refusal:
        Client(auditor).encrypt([Value("workflows.context", b"secret", record=1)])
    assert refusal.value.code is Code.PERMISSION_DENIED
    cluster.event_where(
        lambda event: event.outcome == Code.PERMISSION_DENIED, "the denial", actor=AUDITOR, operations=[audit_pb2.ENCRYPT]
    )
    fetched = [stored.event for stored in cluster.events(operations=[audit_pb2.GET_FIELD_KEY], table="workflows")]
    assert fetched == []
    keys = cluster.channel("keys", "operator").call("ListKeys", keys_pb2.ListKeysRequest(), keys_pb2.ListKeysResponse).keys
    assert keys and not any(key.name.startswith("workflows") for key in keys)


def test_a_backend_reaches_neither_keys_nor_the_log(cluster: Cluster, tmp_path: Path) -> None:
    operator = cluster.configuration("operator")
    backend = cluster.configuration("backend")
    disguised = dataclasses.replace(operator, certificate=backend.certificate, key=backend.key)
    context = tls_context(disguised.certificate, disguised.key, disguised.ca)
    for service, methods in {
        "keys": ["ApplyCatalog", "GetCatalog", "GetFieldKey", "GetAuditHashKey", "EnsureFieldKey", "RotateKey", "ListKeys", "ShowKey", "Status"],
        "audit": ["Append", "Query", "Status"],
    }.items():
        name = {"keys": "Keys", "audit": "Audit"}[service]
        channel = Channel(context, disguised.endpoints[service], f"fieldseal.v1.{name}")
        for method in methods:
            with pytest.raises(FieldsealError) as refusal:
                channel.call(method, encryption_pb2.EncryptRequest(), encryption_pb2.EncryptResponse)
            assert refusal.value.code is Code.PERMISSION_DENIED, method
        channel.close()


def test_a_server_of_another_identity_is_not_talked_to(cluster: Cluster) -> None:
    backend = cluster.configuration("backend")
    endpoint = backend.endpoints["encryption"]
    context = tls_context(backend.certificate, backend.key, backend.ca)
    with pytest.raises(FieldsealError) as refusal:
        Connection(context, endpoint.addresses[0], "spiffe://fieldseal.local/service/audit", 10)
    assert refusal.value.code is Code.UNAUTHENTICATED
