"""How long a process that is told to stop may take, and its end when it takes longer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

GRACE_SECONDS = 27
"""From SIGTERM until a process that has not ended is ended, whatever hangs in it; a request takes 10 at the latest."""

STOP_SECONDS = 15.0
"""How long the turns in hand may take to finish once the last request was answered."""

log = structlog.get_logger("connector")


def leave_in_time(stopped: threading.Event, leave: Callable[[], None], seconds: float = GRACE_SECONDS) -> None:
    """Have ``leave`` called so many seconds after ``stopped`` is set, unless the process has ended by itself before.

    A thread that hangs in a call, to the ticket system or the database, would keep it from ending. What is still held
    then is free for others when its lease has run out.
    """

    def watch() -> None:
        stopped.wait()
        threading.Event().wait(seconds)
        log.error("not stopped in time: ended", seconds=seconds)
        leave()

    threading.Thread(target=watch, name="end in time", daemon=True).start()
