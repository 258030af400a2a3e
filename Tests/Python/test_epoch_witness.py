"""Key management as a second witness: it hears how far an encryption service has logged, and the log is compared with that."""

from __future__ import annotations

from cluster import Cluster, eventually
from fieldseal import Value
from fieldseal.v1 import audit_pb2

ENCRYPTION = "spiffe://fieldseal.local/service/encryption"
KEYS = "spiffe://fieldseal.local/service/key-management"


def statements(cluster: Cluster) -> list[audit_pb2.StoredEvent]:
    return cluster.events(operations=[audit_pb2.WITNESS_EPOCH])


def compared(cluster: Cluster) -> int:
    """Up to which event the statements have been compared; 0: one still waits for its block."""
    with cluster.database("fieldseal_audit") as database:
        query = "SELECT last_event FROM audit_witness WHERE NOT EXISTS (SELECT FROM audit_witness_waiting)"
        (place,) = database.execute(query).fetchone() or (0,)
    return int(place)


def test_what_the_encryption_service_says_agrees_with_its_log(own_cluster: Cluster) -> None:
    client = own_cluster.client()
    # More than the first lease, so that further ones say how often the version was used.
    for first in range(0, 3_000, 500):
        client.encrypt([Value("users.email", b"ada@example.org", record=first + row) for row in range(500)])

    def with_uses() -> list[audit_pb2.StoredEvent]:
        return [stored for stored in statements(own_cluster) if stored.event.witnessed.uses]

    eventually(with_uses, "a lease says how often the version was used")
    heard = statements(own_cluster)
    assert {(stored.producer, stored.event.actor, stored.event.outcome) for stored in heard} == {(KEYS, ENCRYPTION, 0)}
    with own_cluster.database("fieldseal_audit") as database:
        for stored in heard:
            said = stored.event.witnessed
            query = "SELECT hash FROM audit_blocks WHERE producer = %s AND epoch = %s AND sequence = %s"
            block = eventually(
                lambda said=said: database.execute(query, (ENCRYPTION, said.epoch, said.sequence)).fetchone(),
                "the block has come",
            )
            assert block == (said.hash,), "key management has heard what the log holds"
    encrypted = [use for stored in with_uses() for use in stored.event.witnessed.uses if use.operation == audit_pb2.ENCRYPT]
    assert 0 < max(use.count for use in encrypted) <= 3_000

    # It looks when it starts.
    last = heard[-1].index
    own_cluster.kill("audit-service")
    own_cluster.spawn("audit-service")
    eventually(lambda: compared(own_cluster) >= last, "the statements have been compared")
    kinds = {finding.kind for finding in own_cluster.audit_status().findings}
    assert not kinds & {"withheld", "contradicted", "miscounted"}
    shown = own_cluster.run_tool("audit", "query", "--operation", "witness-epoch", "--json", role="auditor")
    assert '"witnessed"' in shown and heard[0].event.witnessed.hash.hex() in shown
