"""A second implementation of what an auditor verifies: RFC 6962 trees and proofs, C2SP signed notes and checkpoints."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def root(leaves: list[bytes]) -> bytes:
    """Over leaf hashes (section 2.1)."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root(leaves[:split]), root(leaves[split:]))


def root_of_inclusion(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to (section 2.1.1)."""
    if size == 1:
        assert not path
        return leaf
    split = _split(size)
    if index < split:
        return node_hash(root_of_inclusion(leaf, index, split, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_inclusion(leaf, index - split, size - split, path[:-1]))


def consistency(leaves: list[bytes], older: int) -> list[bytes]:
    """The proof from the tree of the first `older` leaves (section 2.1.2)."""

    def subproof(count: int, part: list[bytes], whole: bool) -> list[bytes]:
        if count == len(part):
            return [] if whole else [root(part)]
        split = _split(len(part))
        if count <= split:
            return [*subproof(count, part[:split], whole), root(part[split:])]
        return [*subproof(count - split, part[split:], False), root(part[:split])]

    return subproof(older, leaves, True)


def check_consistency(older: int, older_root: bytes, newer: int, newer_root: bytes, path: list[bytes]) -> None:
    """That the newer tree begins with the older one, which is not empty."""

    def roots(count: int, size: int, whole: bool, path: list[bytes]) -> tuple[bytes, bytes]:
        if count == size:
            assert len(path) == (0 if whole else 1)
            return (older_root, older_root) if whole else (path[0], path[0])
        split = _split(size)
        if count <= split:
            old, new = roots(count, split, whole, path[:-1])
            return old, node_hash(new, path[-1])
        old, new = roots(count - split, size - split, False, path[:-1])
        return node_hash(path[-1], old), node_hash(path[-1], new)

    assert roots(older, newer, True, path) == (older_root, newer_root)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:4]


def _signature(note: bytes, vkey: str, kind: int) -> tuple[str, bytes, Ed25519PublicKey]:
    """The note's text, and what follows the id in the signature line of this key, with the key."""
    text, _, signatures = note.decode().rpartition("\n\n")
    name, stated, key = vkey.split("+", 2)
    raw = base64.b64decode(key)
    identifier = key_id(name, raw[0], raw[1:])
    assert raw[0] == kind and identifier.hex() == stated
    for line in signatures.splitlines():
        _, signer, signature = line.split(" ")
        signed = base64.b64decode(signature)
        if signer == name and signed[:4] == identifier:
            return text + "\n", signed[4:], Ed25519PublicKey.from_public_bytes(raw[1:])
    raise AssertionError(f"{name} has not signed")


def cosigned_at(note: bytes, vkey: str) -> int:
    """When a witness has cosigned, in seconds since 1970; raises where it has not (C2SP tlog-cosignature)."""
    text, signature, key = _signature(note, vkey, 4)
    (time,) = struct.unpack(">Q", signature[:8])
    key.verify(signature[8:], f"cosignature/v1\ntime {time}\n{text}".encode())
    return int(time)


@dataclass
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @classmethod
    def verified(cls, note: bytes, vkey: str) -> Checkpoint:
        """Of a note that the key has signed; raises where it has not."""
        text, signature, key = _signature(note, vkey, 1)
        key.verify(signature, text.encode())
        origin, size, encoded = text.splitlines()
        return cls(origin, int(size), base64.b64decode(encoded))
