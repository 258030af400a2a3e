"""The Python package: its wire form, its sync and its asyncio client, processes made by fork, and its installation."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import os
import pickle
import shutil
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, free_port_base
from fieldseal import (
    AsyncClient,
    CiphertextRejected,
    Client,
    Code,
    Configuration,
    Denied,
    FieldsealError,
    Moved,
    Sealed,
    Unavailable,
    Value,
    raise_for,
    ttrpc_pb2,
)
from fieldseal import items as wire
from fieldseal.errors import failure
from fieldseal.exchange import SEAL
from fieldseal.frames import FRAME_LIMIT, HEADER, REQUEST, ROOM, FrameReader, request_frame, response_payload
from fieldseal.records import record_id
from fieldseal.results import contents
from fieldseal.v1 import encryption_pb2
from fieldseal.v1.common_pb2 import ItemError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
ROW = uuid.UUID("00000000-0000-4000-8000-000000000001")
OTHER_ROW = uuid.UUID("00000000-0000-4000-8000-000000000002")

keys = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.uuids(),
    st.binary(max_size=20),
    st.dates(),
)
payloads = st.binary(max_size=200) | st.integers(0, 70_000).map(bytes)
records = st.none() | keys | st.lists(keys, max_size=3)
values = st.builds(
    Value,
    field=st.sampled_from(["users.email", "ä.ö", "t" * 200 + ".c"]),
    data=st.binary(max_size=40) | st.integers(0, 40_000).map(bytes),
    record=records,
    context=st.none() | st.binary(max_size=10),
    indexes=st.lists(st.text("ab", min_size=1, max_size=5), max_size=2).map(tuple),
    subject=st.binary(max_size=4),
)


# --- without a server


def item(kind: Any, value: Value, content: str, **more: Any) -> Any:
    message = kind(field=value.field, **{content: value.data}, **more)
    if value.record is not None:
        message.record_id.CopyFrom(record_id(value.record))
    if value.context is not None:
        message.context = value.context
    return message


@settings(max_examples=300, deadline=None)
@given(values)
def test_items_are_what_protobuf_would_write(value: Value) -> None:
    encrypt = item(encryption_pb2.EncryptItem, value, "plaintext", indexes=value.indexes, subject=value.subject)
    decrypt = item(encryption_pb2.DecryptItem, value, "ciphertext")
    index = encryption_pb2.BlindIndexItem(field=value.field, plaintext=value.data, indexes=value.indexes)
    assert list(encryption_pb2.EncryptRequest.FromString(wire.encrypt_item(value)).items) == [encrypt]
    assert list(encryption_pb2.DecryptRequest.FromString(wire.decrypt_item(value)).items) == [decrypt]
    assert list(encryption_pb2.BlindIndexRequest.FromString(wire.blind_index_item(value)).items) == [index]


@settings(max_examples=300, deadline=None)
@given(st.lists(keys, max_size=3))
def test_a_rows_key_is_what_protobuf_would_write(key: list[Any]) -> None:
    assert wire.row_field(key) == wire.record_field(key)


def test_a_time_or_a_truth_value_is_no_key() -> None:
    for value in (True, datetime.datetime.now(), 1.5, None, 2**63):
        with pytest.raises((TypeError, ValueError)):
            wire.row_field([value])  # type: ignore[list-item]


def received(reader: FrameReader, stream: bytes, size: int) -> list[tuple[int, int, bytes]]:
    """The frames of a stream that comes in pieces of a size."""
    frames = []
    while stream:
        count = min(size, len(stream), len(room := reader.room()))
        room[:count], stream = stream[:count], stream[count:]
        frames += [(number, kind, bytes(body)) for number, kind, body in reader.received(count)]
    return frames


bodies = st.binary(max_size=30) | st.sampled_from([ROOM - 11, ROOM, 5 * ROOM, 20 * ROOM]).map(bytes)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), bodies), max_size=5), st.integers(1, 7) | st.integers(10_000, 200_000))
def test_frames_arrive_whatever_the_pieces_they_come_in(frames: list[tuple[int, bytes]], size: int) -> None:
    stream = b"".join(HEADER.pack(len(body), number, 2, 0) + body for number, body in frames)
    assume(len(stream) < 10_000 * size)
    assert received(FrameReader(), stream, size) == [(number, 2, body) for number, body in frames]


def test_a_frame_over_the_limit_ends_the_connection() -> None:
    with pytest.raises(Unavailable):
        received(FrameReader(), HEADER.pack(FRAME_LIMIT + 1, 1, 2, 0), 10)


def test_a_request_is_what_protobuf_would_write() -> None:
    for payload in ([], [b"x"], [b"x" * 1000, b"y" * 20_000]):
        frame = request_frame(7, "a.B", "C", payload, 12.5, bytes(range(16)))
        request = ttrpc_pb2.Request(service="a.B", method="C", payload=b"".join(payload), timeout_nano=12_500_000_000)
        request.metadata.add(key="fieldseal-request-id", value=bytes(range(16)).hex())
        assert HEADER.unpack_from(frame) == (len(frame) - HEADER.size, 7, REQUEST, 0)
        assert ttrpc_pb2.Request.FromString(frame[HEADER.size :]) == request


@given(st.none() | st.builds(ttrpc_pb2.Status, code=st.integers(0, 17), message=st.text("ab", max_size=3)), payloads)
def test_a_response_is_read_as_protobuf_reads_it(status: Any, payload: bytes) -> None:
    body = memoryview(ttrpc_pb2.Response(status=status, payload=payload).SerializeToString())
    if status is not None and status.code:
        with pytest.raises(FieldsealError) as refusal:
            response_payload(body)
        assert (refusal.value.code, refusal.value.message) == (status.code if status.code < 17 else 2, status.message)
    else:
        assert response_payload(body) == payload
    if len(body) > 1:
        with pytest.raises(FieldsealError):
            response_payload(body[:-1])


results = st.builds(
    encryption_pb2.EncryptResult, ciphertext=payloads, indexes=st.lists(st.binary(max_size=3), max_size=2)
) | st.builds(encryption_pb2.EncryptResult, error=st.builds(ItemError, code=st.integers(1, 16), message=st.text(max_size=3)))


@settings(deadline=None)
@given(st.lists(results, min_size=1, max_size=5))
def test_results_are_read_as_protobuf_reads_them(results: list[Any]) -> None:
    answer = encryption_pb2.EncryptResponse(results=results)
    body = answer.SerializeToString()
    alone = [result.ciphertext if result.ciphertext and not result.indexes else None for result in results]
    assert contents(body) == alone, "read by hand"
    found = SEAL.read(body, len(results))
    for result, one in zip(results, found):
        if not result.ciphertext:
            assert isinstance(one, FieldsealError)
        else:
            assert one == (Sealed(result.ciphertext, tuple(result.indexes)) if result.indexes else result.ciphertext)
    for wrong in (body + b"\x0a", body + b"\x10\x01", body[:-1], body[1:], body + body):
        # Another number of results, nothing, or another answer: never what was asked for.
        with pytest.raises(FieldsealError):
            SEAL.read(wrong, len(results) + (wrong == body + b"\x10\x01"))


def test_a_result_as_large_as_a_message_is_read_too() -> None:
    for size in (2**21 - 10, 2**21, 2**22):
        body = encryption_pb2.EncryptResponse(results=[encryption_pb2.EncryptResult(ciphertext=bytes(size))]).SerializeToString()
        (found,) = SEAL.read(body, 1)
        assert isinstance(found, bytes) and len(found) == size


def test_errors_have_classes_of_their_own_and_survive_pickling() -> None:
    rejected = failure(Code.INVALID_ARGUMENT, "ciphertext rejected").at("users.email", 7)
    again = pickle.loads(pickle.dumps(rejected))
    assert isinstance(again, CiphertextRejected)
    assert (again.code, again.message, again.field, again.record) == (3, "ciphertext rejected", "users.email", 7)
    assert str(again) == "INVALID_ARGUMENT: ciphertext rejected (users.email of the row 7)"
    assert type(failure(99, "x")) is FieldsealError and failure(99, "x").code is Code.UNKNOWN


def test_values_do_not_show_what_they_hold() -> None:
    assert "secret" not in repr(Value("users.email", b"secret", subject=b"secret"))


# --- both clients


class Both:
    """Asks both clients the same and demands the same answer."""

    def __init__(self, configuration: Configuration) -> None:
        self.sync, self._asyncio = Client(configuration, patience=30), AsyncClient(configuration, patience=30)
        self._loop = asyncio.new_event_loop()

    def asked(self, method: str, *arguments: Any, **options: Any) -> list[Any]:
        return self._loop.run_until_complete(getattr(self._asyncio, method)(*arguments, **options))  # type: ignore[no-any-return]

    def ask(self, method: str, *arguments: Any, **options: Any) -> list[Any]:
        answers = getattr(self.sync, method)(*arguments, **options), self.asked(method, *arguments, **options)
        assert list(map(repr, answers[0])) == list(map(repr, answers[1]))
        return answers[0]  # type: ignore[no-any-return]

    def close(self) -> None:
        self.sync.close()
        self._loop.run_until_complete(self._asyncio.close())
        self._loop.close()


@pytest.fixture(scope="module")
def both(cluster: Cluster) -> Any:
    clients = Both(cluster.configuration("backend"))
    yield clients
    clients.close()


def sealed(both: Both, *plaintexts: bytes, text: bool = False) -> list[Value]:
    values = [Value("users.email", plaintext, record=ROW) for plaintext in plaintexts]
    return [
        dataclasses.replace(value, data=result.ciphertext)
        for value, result in zip(values, raise_for(both.sync.encrypt(values, text=text)))
    ]


@pytest.mark.parametrize("text", [False, True])
def test_both_clients_open_what_either_sealed(both: Both, text: bool) -> None:
    values = [Value("users.email", plaintext, record=ROW, indexes=("equality",)) for plaintext in (b"", b"a", b"x" * 100_000)]
    for results in (both.sync.encrypt(values, text=text), both.asked("encrypt", values, text=text)):
        assert all(len(result.indexes[0]) == 16 for result in raise_for(results))
        ciphertexts = [dataclasses.replace(value, data=result.ciphertext) for value, result in zip(values, results)]
        assert both.ask("decrypt", ciphertexts, text=text) == [value.data for value in values]
        assert both.ask("rewrap", ciphertexts, text=text) == [value.data for value in ciphertexts]


def test_each_item_has_its_own_result_or_error(both: Both) -> None:
    (good,) = sealed(both, b"secret")
    moved = dataclasses.replace(good, record=OTHER_ROW)
    results = both.ask("decrypt", [good, moved, dataclasses.replace(good, field="no.such"), good])
    assert results[0] == results[3] == b"secret"
    assert isinstance(results[1], CiphertextRejected) and isinstance(results[2], Denied)
    assert both.ask("decrypt", []) == []
    with pytest.raises(CiphertextRejected):
        raise_for(results)


def test_rebind_index_and_description(both: Both) -> None:
    (value,) = sealed(both, b"secret")
    (moved,) = raise_for(both.sync.rebind([Moved(value, OTHER_ROW)]))
    assert both.ask("decrypt", [dataclasses.replace(value, data=moved, record=OTHER_ROW)]) == [b"secret"]
    assert isinstance(both.ask("decrypt", [dataclasses.replace(value, data=moved)])[0], CiphertextRejected)
    ((index,),) = both.ask("blind_index", [Value("users.email", b"Secret ", indexes=("equality",))])
    assert len(index) == 16
    email, unknown = both.ask("describe", ["users.email", "no.such"])
    assert email.row_bound and list(email.key_columns) == ["id"] and [found.name for found in email.indexes] == ["equality"]
    assert isinstance(unknown, FieldsealError)


def test_large_batches_are_split_below_the_frame_limit(both: Both) -> None:
    values = [Value("metrics.tags", bytes([number]) * 300_000, record=number) for number in range(30)]
    values += [Value("metrics.tags", b"%d" % number, record=number) for number in range(9_000)]
    results = raise_for(both.sync.encrypt(values))
    back = both.asked("decrypt", [dataclasses.replace(value, data=result.ciphertext) for value, result in zip(values, results)])
    assert back == [value.data for value in values]


def test_a_value_larger_than_a_frame_is_refused_and_the_client_goes_on(both: Both) -> None:
    huge = Value("users.email", bytes(FRAME_LIMIT), record=ROW)
    for call in (both.sync.encrypt, lambda values: both.asked("encrypt", values)):
        with pytest.raises(FieldsealError) as refusal:
            call([huge])
        assert refusal.value.code is Code.RESOURCE_EXHAUSTED
    assert both.ask("decrypt", sealed(both, b"after")) == [b"after"]


def test_many_threads_and_many_tasks_share_a_client(cluster: Cluster, both: Both) -> None:
    values = sealed(both, *(b"%d" % number for number in range(40)))
    few = Client(cluster.configuration("backend"), connections=3)
    try:
        with ThreadPoolExecutor(20) as threads:
            assert list(threads.map(lambda value: few.decrypt([value]), values)) == [[b"%d" % number] for number in range(40)]
    finally:
        few.close()

    async def tasks() -> list[Any]:
        async with AsyncClient(cluster.configuration("backend")) as client:
            return await asyncio.gather(*(client.decrypt([value]) for value in values))

    assert asyncio.run(tasks()) == [[b"%d" % number] for number in range(40)]


def test_an_asyncio_client_follows_to_another_event_loop(cluster: Cluster, both: Both) -> None:
    client, values = AsyncClient(cluster.configuration("backend")), sealed(both, b"secret")
    assert asyncio.run(client.decrypt(values)) == asyncio.run(client.decrypt(values)) == [b"secret"]


def test_a_task_that_is_cancelled_leaves_the_connection_to_others(cluster: Cluster, both: Both) -> None:
    values = sealed(both, b"secret")

    async def cancelled() -> list[Any]:
        async with AsyncClient(cluster.configuration("backend")) as client:
            await client.decrypt(values)
            task = asyncio.ensure_future(client.decrypt(values * 1000))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.decrypt(values)

    assert asyncio.run(cancelled()) == [b"secret"]


# --- addresses, processes


def with_addresses(cluster: Cluster, *addresses: tuple[str, int]) -> Configuration:
    configuration = cluster.configuration("backend")
    endpoint = dataclasses.replace(configuration.endpoint("encryption"), addresses=addresses)
    return dataclasses.replace(configuration, endpoints={"encryption": endpoint})


def test_an_address_where_nobody_answers_is_passed_over(cluster: Cluster, both: Both) -> None:
    values = sealed(both, b"secret")
    (alive,) = cluster.configuration("backend").endpoint("encryption").addresses
    dead = ("127.0.0.1", free_port_base())
    for addresses in ((dead, alive), (alive, dead)):
        for _ in range(4):
            configuration = with_addresses(cluster, *addresses)
            assert Client(configuration).decrypt(values) == [b"secret"]
            assert asyncio.run(AsyncClient(configuration).decrypt(values)) == [b"secret"]
    with pytest.raises(Unavailable):
        Client(with_addresses(cluster, dead, dead)).decrypt(values)
    with pytest.raises(Unavailable):
        asyncio.run(AsyncClient(with_addresses(cluster, dead)).decrypt(values))


def test_a_server_that_was_restarted_is_found_again(own_cluster: Cluster) -> None:
    both = Both(own_cluster.configuration("backend"))
    try:
        values = sealed(both, b"secret")
        assert both.ask("decrypt", values) == [b"secret"]
        own_cluster.kill("encryption-service")
        own_cluster.restart("encryption-service")
        # The connection that ended meanwhile is noticed before a call goes out on it.
        without_patience = both.sync
        without_patience._channel._patience = 0
        assert without_patience.decrypt(values) == [b"secret"]
        assert both.asked("decrypt", values) == [b"secret"]
    finally:
        both.close()


def test_a_call_that_is_interrupted_takes_its_connection_with_it(cluster: Cluster, both: Both) -> None:
    values = sealed(both, b"secret")
    client = Client(cluster.configuration("backend"))
    assert client.decrypt(values) == [b"secret"]
    (connection,) = client._channel._idle
    answer = connection._answer

    def interrupted(*_: Any) -> bytes:
        raise KeyboardInterrupt

    connection._answer = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        client.decrypt(sealed(both, b"another"))
    connection._answer = answer  # type: ignore[method-assign]
    # The answer that was on its way is nobody's.
    assert client.decrypt(values) == [b"secret"] and connection not in client._channel._idle
    client.close()


def in_child(work: Any) -> bytes:
    """What `work` returns in a process made by fork."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.write(writing, work())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return answer


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_has_connections_of_its_own(cluster: Cluster, both: Both) -> None:
    values = sealed(both, b"secret")
    client = both.sync
    assert client.decrypt(values) == [b"secret"]
    mine = {id(connection) for connection in client._channel._idle}
    assert mine

    def work() -> bytes:
        (plaintext,) = client.decrypt(values)
        assert not mine & {id(connection) for connection in client._channel._idle}
        return plaintext + asyncio.run(both._asyncio.decrypt(values))[0]  # type: ignore[operator]

    # A lock that another thread of the parent holds stays locked in no child.
    with client._channel._lock:
        answers = [in_child(work) for _ in range(3)]
    assert answers == [b"secretsecret"] * 3
    assert client.decrypt(values) == [b"secret"]
    assert mine & {id(connection) for connection in client._channel._idle}, "the parent's connection outlives its children"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_children_are_made_while_calls_are_open(both: Both) -> None:
    values = sealed(both, b"secret")
    stop, failures = threading.Event(), []

    def load() -> None:
        while not stop.is_set():
            if both.sync.decrypt(values * 50) != [b"secret"] * 50:
                failures.append("another call's answer")

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            assert in_child(lambda: both.sync.decrypt(values)[0]) == b"secret"
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert failures == []


# --- the package


def test_the_package_installs_and_is_typed(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(ROOT / "Shared" / "PythonClient", source)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
        str(source),
    ]
    installed = subprocess.run(pip, capture_output=True, text=True, timeout=120)
    assert installed.returncode == 0, installed.stderr
    program = "import fieldseal, fieldseal.sqlalchemy, fieldseal.testing; print(fieldseal.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env={"PYTHONPATH": str(target)}, cwd=tmp_path
    )
    assert ran.stdout.strip() == str(target / "fieldseal" / "__init__.py"), ran.stderr
    assert (target / "fieldseal" / "py.typed").exists()


def test_the_client_needs_no_sqlalchemy() -> None:
    program = "import sys; sys.modules['sqlalchemy'] = None; import fieldseal"
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(ROOT / "Shared" / "PythonClient")}, timeout=60
    )


def test_types_hold(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path)],
        cwd=ROOT / "Shared" / "PythonClient",
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert checked.returncode == 0, checked.stdout
