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


def _phone_digits(text: str, starts: bool = True) -> str:
    number = _kept(text, "+" + DIGITS)
    digits = number.replace("+", "")
    return digits if number.startswith("+") or not starts else digits.removeprefix("00")


def _trim(text: str, starts: bool, ends: bool) -> str:
    text = text.lstrip(SPACE) if starts else text
    return text.rstrip(SPACE) if ends else text


#: Each takes a text, and whether values start and end with it: then the same is done there as with values.
TEXT_NORMALISERS: dict[str, Callable[[str, bool, bool], str]] = {
    "none": lambda text, starts, ends: text,
    "casefold": lambda text, starts, ends: _casefold(text),
    "trim": _trim,
    "email": lambda text, starts, ends: _casefold(_trim(text, starts, ends)),
    "phone-digits": lambda text, starts, ends: _phone_digits(text, starts),
    "last-four": lambda text, starts, ends: _kept(text, DIGITS)[-4:],
}


def normalise(normaliser: str, value: bytes) -> bytes:
    """The normalised form of a whole value."""
    return value if normaliser == "none" else TEXT_NORMALISERS[normaliser](value.decode(), True, True).encode()
