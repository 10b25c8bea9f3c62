"""How busy this machine is with other things."""

from __future__ import annotations

import os
import time

_SECONDS = 0.5
_SLOWEST = 4.0


def pace() -> float:
    """1 on an idle machine; 4, which is the most, where four processes wait for each processor."""
    begin, used = time.perf_counter(), time.process_time()
    while time.process_time() - used < _SECONDS:
        sum(range(1000))
    waited = (time.perf_counter() - begin) / _SECONDS
    queued = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(_SLOWEST, max(1.0, round(max(waited, queued), 1)))
