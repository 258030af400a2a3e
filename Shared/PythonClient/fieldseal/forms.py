"""The two forms of a ciphertext: bytes, and text for text columns (Protos/CIPHERTEXT.md)."""

from __future__ import annotations

import base64
import binascii

PREFIX = "fs1:"


def to_text(ciphertext: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(ciphertext).rstrip(b"=").decode()


def from_text(text: str) -> bytes | None:
    """None for what is not the one text of some bytes."""
    if not text.startswith(PREFIX):
        return None
    body = text[len(PREFIX) :]
    try:
        ciphertext = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    return ciphertext if to_text(ciphertext) == text else None


def is_ciphertext(value: bytes) -> bool:
    """Whether a value has a ciphertext's header. Its first byte begins no UTF-8, so that no text looks like one."""
    return len(value) >= 28 and value[0] == 0xF5 and 1 <= value[1] <= 6 and value[11] == 0
