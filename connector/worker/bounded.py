"""A call that may take so long and no longer, whatever it hangs in: a server that sends a byte now and then, for one.

It is made in a thread of its own, which nobody waits for in the end: neither who made the call, nor a process that is
to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from connector.errors import Temporary


class Bounded:
    """Makes calls of one kind; each has a name, and is not made again while it still hangs. Safe for several threads.

    ``seconds``: how long one may take.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._hanging: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, name: str, call: Callable[[], None]) -> None:
        """Make a call; raises what it raises, and Temporary when it takes too long, or the one before still hangs."""
        with self._lock:
            if name in self._hanging:
                raise Temporary("the attempt before this one still hangs")
            self._hanging.add(name)
        raised: list[BaseException] = []

        def run() -> None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001  # it is raised where the call was asked for
                raised.append(error)
            finally:
                with self._lock:
                    self._hanging.discard(name)

        thread = threading.Thread(target=run, name="bounded", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if raised:
            raise raised[0]
        if thread.is_alive():
            raise Temporary(f"no answer came within {self._seconds:.0f} s")
