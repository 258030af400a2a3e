"""The audit log as an auditor sees it who believes nothing but the log's public key."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificates import Authority
from cluster import Cluster, eventually
from fieldseal import Code, FieldsealError, Value
from fieldseal.channel import Channel
from fieldseal.connection import HEADER, REQUEST, Connection, tls_context
from fieldseal.ttrpc_pb2 import Request
from fieldseal.v1 import audit_pb2
from tlog import Checkpoint, consistency, leaf_hash, root, root_of_inclusion

DATA = 3
ENCRYPTION = "spiffe://fieldseal.local/service/encryption"


class Streams(Connection):
    """Reads one server stream."""

    def read(self, method: str, request: audit_pb2.ReadLeavesRequest) -> list[audit_pb2.ReadLeavesResponse]:
        payload = Request(service="fieldseal.v1.Audit", method=method, payload=request.SerializeToString()).SerializeToString()
        self._socket.sendall(HEADER.pack(len(payload), 1, REQUEST, 1) + payload)
        answers = []
        while count := self._socket.recv_into(self._frames.room()):
            for _, kind, body in self._frames.received(count):
                if kind != DATA or not body:
                    return answers
                answers.append(audit_pb2.ReadLeavesResponse.FromString(bytes(body)))
        raise EOFError


def vkey(cluster: Cluster) -> str:
    return (cluster.state / "audit-log.vkey").read_text().strip()


def published(cluster: Cluster, channel: Channel, size: int = 1) -> Checkpoint:
    """A checkpoint of at least this size, once there is one."""

    def find() -> Checkpoint | None:
        answer = channel.call("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse)
        checkpoint = Checkpoint.verified(answer.note, vkey(cluster))
        return checkpoint if checkpoint.size >= size else None

    return eventually(find, f"a checkpoint of {size} blocks")


def leaves(cluster: Cluster, end: int, with_rows: bool = False) -> list[audit_pb2.LogLeaf]:
    configuration = cluster.configuration("auditor")
    context = tls_context(configuration.certificate, configuration.key, configuration.ca)
    endpoint = configuration.endpoints["audit"]
    connection = Streams(context, endpoint.addresses[0], endpoint.identity, 10)
    request = audit_pb2.ReadLeavesRequest(end=end, with_rows=with_rows)
    return [leaf for answer in connection.read("ReadLeaves", request) for leaf in answer.leaves]


def test_the_tree_is_that_of_the_leaves(cluster: Cluster) -> None:
    auditor = cluster.channel("audit", "auditor")
    for number in range(5):
        cluster.client().encrypt([Value("users.email", b"ada@example.org", record=number)])
    checkpoint = published(cluster, auditor, 5)
    assert checkpoint.origin == "fieldseal.local/audit-log"
    stored = leaves(cluster, checkpoint.size, with_rows=True)
    assert [leaf.index for leaf in stored] == list(range(checkpoint.size))
    hashes = [leaf_hash(leaf.leaf) for leaf in stored]
    assert root(hashes) == checkpoint.root
    for leaf in stored:
        block = audit_pb2.Block.FromString(audit_pb2.SignedBlock.FromString(leaf.leaf).block)
        assert leaf.row.producer == block.producer and leaf.row.leaf_hash == hashes[leaf.index]
        assert [row.event for row in leaf.rows] == list(block.events)

    for older in range(1, checkpoint.size + 1):
        request = audit_pb2.ProveConsistencyRequest(from_size=older, to_size=checkpoint.size)
        answer = auditor.call("ProveConsistency", request, audit_pb2.ProveConsistencyResponse)
        assert list(answer.path) == consistency(hashes, older)


def test_an_event_is_proved(cluster: Cluster) -> None:
    auditor = cluster.channel("audit", "auditor")
    cluster.client().encrypt([Value("users.email", b"ada@example.org", record=1)])
    stored = eventually(lambda: cluster.events(operations=[audit_pb2.ENCRYPT]), "the event is stored")[-1]
    request = audit_pb2.ProveEventRequest(index=stored.index)
    answer = auditor.call("ProveEvent", request, audit_pb2.ProveEventResponse)
    checkpoint = Checkpoint.verified(answer.note, vkey(cluster))
    found = root_of_inclusion(leaf_hash(answer.leaf), answer.proof.index, checkpoint.size, list(answer.proof.path))
    assert found == checkpoint.root
    block = audit_pb2.Block.FromString(audit_pb2.SignedBlock.FromString(answer.leaf).block)
    assert audit_pb2.Event.FromString(block.events[answer.event]) == stored.event
    cluster.event_where(lambda event: event.outcome == 0, "the proof is an event", operations=[audit_pb2.PROVE_AUDIT])


def test_a_producer_proves_its_own_blocks_alone(cluster: Cluster, tmp_path: Path) -> None:
    own = next(event for event in cluster.events() if event.producer == ENCRYPTION)
    published(cluster, cluster.channel("audit", "auditor"), 3)
    endpoint = cluster.configuration("auditor").endpoints["audit"]
    folder = cluster.state / "certificates"
    request = audit_pb2.ProveBlocksRequest(epoch=own.epoch, first_sequence=1, count=256)

    def ask(identity: str) -> audit_pb2.ProveBlocksResponse:
        place = tmp_path / identity.rsplit("/", 1)[1]
        place.mkdir()
        files = Authority.load(folder / "ca.pem", folder / "ca.key").issue(place, [identity])
        channel = Channel(tls_context(*files, str(folder / "ca.pem")), endpoint, "fieldseal.v1.Audit")
        try:
            return channel.call("ProveBlocks", request, audit_pb2.ProveBlocksResponse)
        finally:
            channel.close()

    answer = ask(ENCRYPTION)
    checkpoint = Checkpoint.verified(answer.note, vkey(cluster))
    assert answer.proofs
    stored = leaves(cluster, checkpoint.size)
    for sequence, proof in enumerate(answer.proofs, 1):
        leaf = stored[proof.index].leaf
        block = audit_pb2.Block.FromString(audit_pb2.SignedBlock.FromString(leaf).block)
        assert (block.epoch, block.sequence) == (own.epoch, sequence)
        assert root_of_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, list(proof.path)) == checkpoint.root
    assert not ask("spiffe://fieldseal.local/service/key-management").proofs
    with pytest.raises(FieldsealError) as refusal:
        ask("spiffe://fieldseal.local/backend/demo")
    assert refusal.value.code is Code.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("method", "request_", "answer"),
    [
        ("Checkpoint", audit_pb2.CheckpointRequest(), audit_pb2.CheckpointResponse),
        ("ProveEvent", audit_pb2.ProveEventRequest(index=1), audit_pb2.ProveEventResponse),
        ("ProveConsistency", audit_pb2.ProveConsistencyRequest(from_size=1, to_size=1), audit_pb2.ProveConsistencyResponse),
    ],
)
def test_proofs_are_a_right_of_their_own(cluster: Cluster, method: str, request_: object, answer: type) -> None:
    with pytest.raises(FieldsealError) as refusal:
        cluster.channel("audit", "operator", patience=0).call(method, request_, answer)
    assert refusal.value.code is Code.PERMISSION_DENIED


def test_what_is_not_published_is_refused(cluster: Cluster) -> None:
    auditor = cluster.channel("audit", "auditor", patience=0)
    request = audit_pb2.ProveConsistencyRequest(from_size=1, to_size=2**62)
    with pytest.raises(FieldsealError) as refusal:
        auditor.call("ProveConsistency", request, audit_pb2.ProveConsistencyResponse)
    assert refusal.value.code is Code.INVALID_ARGUMENT
    with pytest.raises(FieldsealError) as refusal:
        auditor.call("ProveEvent", audit_pb2.ProveEventRequest(index=2**62), audit_pb2.ProveEventResponse)
    assert refusal.value.code is Code.NOT_FOUND
    assert not leaves(cluster, 2**62)
