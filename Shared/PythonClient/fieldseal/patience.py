"""How long an unreachable service is tried again."""

from __future__ import annotations

import random
import time


class Patience:
    """Counts from its making; pauses double from 50 ms up to a second, with jitter."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = 0.05

    def pause(self) -> float:
        """Seconds to wait before the next trial; 0 where the time would be over."""
        if time.monotonic() + self._pause > self._until:
            return 0.0
        pause = self._pause * random.uniform(0.5, 1.0)
        self._pause = min(self._pause * 2, 1.0)
        return pause
