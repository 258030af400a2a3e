"""Progress with rate and time left: one moving line on a terminal, a line an item elsewhere."""

from __future__ import annotations

import sys
import time


def step(text: str) -> None:
    print(f"\n== {text}", flush=True)


class Progress:
    """Counts towards `total`; `with Progress(...) as advance: advance(n)`."""

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total, self._done = name, total, 0
        self._moving = sys.stdout.isatty()

    def __enter__(self) -> "Progress":
        self._start = time.monotonic()
        return self

    def __call__(self, count: int) -> None:
        self._done += count
        if self._moving:
            rate = self._done / max(time.monotonic() - self._start, 1e-6)
            left = max(self._total - self._done, 0) / max(rate, 1e-6)
            print(f"\r   {self._name:<30} {self._done:>6}/{self._total} {rate:>9,.0f}/s {left:>4.0f} s left ", end="", flush=True)

    def __exit__(self, kind: object, *_: object) -> None:
        seconds = max(time.monotonic() - self._start, 1e-6)
        start = "\r" if self._moving else ""
        end = "done" if kind is None else "stopped"
        print(f"{start}   {self._name:<30} {self._done:>6} values in {seconds:6.2f} s {self._done / seconds:>9,.0f}/s {end}   ", flush=True)
