"""Results of a batch from their wire form: a message object for each costs several times what the value in it does."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from .items import SHORT, varint


def _answer_type() -> Any:
    """The message `Answer { repeated bytes results = 1; }`, as which every answer can be read."""
    file = descriptor_pb2.FileDescriptorProto(name="answer.proto", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    results = field(name="results", number=1, type=field.TYPE_BYTES, label=field.LABEL_REPEATED)
    file.message_type.add(name="Answer").field.append(results)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Answer"))


class _Heads(dict[int, bytes]):
    """What a result begins with that is a field 1 and nothing else, by the result's size."""

    def __missing__(self, size: int) -> bytes:
        # Of a size that no such result has, more than it can begin with.
        head = bytes(size + 1)
        for count in range(max(1, size - 6), size - 1):
            if len(varint(count)) == size - 1 - count:
                head = b"\x0a" + varint(count)
        if len(self) < SHORT:
            self[size] = head
        return head


_Answer, _heads = _answer_type(), _Heads()


def contents(body: bytes) -> list[bytes | None]:
    """What each result of an answer holds, where that is a field 1 that is not empty and alone, as ciphertexts and plaintexts
    are; None for a result that is another. Empty for what is no answer."""
    try:
        results = _Answer.FromString(body).results
    except DecodeError:
        return []
    return [result[len(head) :] if result.startswith(head := _heads[len(result)]) else None for result in results]
