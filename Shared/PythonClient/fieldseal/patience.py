"""How long an unreachable service is tried again."""

from __future__ import annotations

import random
import time


class Patience:
    """Counts from its making; pauses double from 50 ms up to a second, with jitter."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._pause = 0.05

    def wait(self) -> bool:
        """Pauses, and says whether to try again; False at once where the time would be over."""
        if time.monotonic() + self._pause > self._until:
            return False
        time.sleep(self._pause * random.uniform(0.5, 1.0))
        self._pause = min(self._pause * 2, 1.0)
        return True
