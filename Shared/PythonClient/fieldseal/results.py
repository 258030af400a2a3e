"""Results of a batch from their wire form, by hand as `items` are made: a message object for each costs more than the value in it."""

from __future__ import annotations


def contents(body: bytes) -> list[bytes | None]:
    """What each result of an answer holds, where that is a field 1 that is not empty, below 2 MiB and alone, as ciphertexts and
    plaintexts are; None for a result that is another. Empty for an answer that holds more than results, or is none."""
    found: list[bytes | None] = []
    at, end = 0, len(body)
    try:
        while at < end:
            # Twice a tag and a length, of the result and of what is in it; the loop is the price of a value.
            if body[at] != 0x0A:
                return []
            size, at = body[at + 1], at + 2
            if size > 0x7F:
                size, at = size & 0x7F | body[at] << 7, at + 1
                if size > 0x3FFF:
                    size, at = size & 0x3FFF | body[at] << 14, at + 1
            inside, stop = at, at + size
            if stop > end or size > 0x1FFFFF:
                return []
            at = stop
            if size < 3 or body[inside] != 0x0A:
                found.append(None)
                continue
            size, inside = body[inside + 1], inside + 2
            if size > 0x7F:
                size, inside = size & 0x7F | body[inside] << 7, inside + 1
                if size > 0x3FFF:
                    size, inside = size & 0x3FFF | body[inside] << 14, inside + 1
            found.append(body[inside:stop] if inside + size == stop else None)
    except IndexError:
        return []
    return found
