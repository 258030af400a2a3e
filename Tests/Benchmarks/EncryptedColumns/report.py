"""From seconds to figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass
class Figures:
    """Medians over the rounds. `added`: microseconds an operation took longer than with plain columns in the same round;
    `slower`: the same as a part of the plain operation's time."""

    name: str
    per_second: dict[str, float]
    added: dict[str, float]
    slower: dict[str, float]
    seconds: dict[str, list[float]]

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "perSecond": {name: round(value) for name, value in self.per_second.items()},
            "addedMicroseconds": {name: round(value, 1) for name, value in self.added.items()},
            "addedPart": {name: round(value, 3) for name, value in self.slower.items()},
            "seconds": {name: [round(value, 4) for value in values] for name, values in self.seconds.items()},
        }


def figures(seconds: dict[str, dict[str, list[float]]], counts: dict[str, int]) -> list[Figures]:
    """`counts`: operations of a round by measure. The first way of each measure is that of plain columns."""
    found = []
    for way in next(iter(seconds.values())):
        per_second, added, slower = {}, {}, {}
        for name, count in counts.items():
            taken, plain = seconds[name][way], next(iter(seconds[name].values()))
            per_second[name] = count / median(taken)
            added[name] = median((one - other) / count * 1e6 for one, other in zip(taken, plain))
            slower[name] = median(one / other - 1 for one, other in zip(taken, plain))
        found.append(Figures(way, per_second, added, slower, {name: seconds[name][way] for name in counts}))
    return found


def table(found: Sequence[Figures], threads: int) -> str:
    heads = ("", "rows/s written", "rows/s read", "µs added/row written", "read", "point reads/s", "time", f"{threads} threads", "time")
    lines = [heads]
    for one in found:
        written, read, point, of_threads = one.per_second
        lines.append(
            (
                one.name,
                f"{one.per_second[written]:,.0f}",
                f"{one.per_second[read]:,.0f}",
                f"{one.added[written]:+.1f}",
                f"{one.added[read]:+.1f}",
                f"{one.per_second[point]:,.0f}",
                f"{one.slower[point]:+.0%}",
                f"{one.per_second[of_threads]:,.0f}",
                f"{one.slower[of_threads]:+.0%}",
            )
        )
    widths = [max(len(line[at]) for line in lines) for at in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(zip(line, widths)))
        for line in lines
    )
