"""The catalog's normalisers (Protos/CIPHERTEXT.md), to tell a value that was looked for from one that only shares its index."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

#: Code points of property White_Space.
SPACE = "\t\n\x0b\x0c\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
DIGITS = "0123456789"


def _casefold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())


def _kept(text: str, kept: str) -> str:
    return "".join(sign for sign in _casefold(text) if sign in kept)


def _phone_digits(text: str) -> str:
    number = _kept(text, "+" + DIGITS)
    digits = number.replace("+", "")
    return digits if number.startswith("+") else digits.removeprefix("00")


NORMALISERS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda value: value,
    "casefold": lambda value: _casefold(value.decode()).encode(),
    "trim": lambda value: value.decode().strip(SPACE).encode(),
    "email": lambda value: _casefold(value.decode().strip(SPACE)).encode(),
    "phone-digits": lambda value: _phone_digits(value.decode()).encode(),
    "last-four": lambda value: _kept(value.decode(), DIGITS)[-4:].encode(),
}
