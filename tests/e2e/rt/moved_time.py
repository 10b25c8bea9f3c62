"""Moves the time of a real Request Tracker: libfaketime stands between its processes and the system's clock.

Request Tracker itself is unmodified. Its clock stands still until it is moved, just as the simulators' does, so that a
week passes in minutes and everything happens at its exact second.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from connector.clock import VirtualClock


def library() -> Path:
    """Where Debian's package has it."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def faked_time(file: Path) -> dict[str, str]:
    """The environment of a process that takes the time from a file, anew each time that it asks."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        # What waits goes on waiting in real time; and the age of files is none of its business.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "TZ": "UTC",
    }


class SharedClock(VirtualClock):
    """A clock whose time is also in a file."""

    def __init__(self, start: datetime, file: Path) -> None:
        super().__init__(start)
        self._file = file
        self._tell()

    def move_to(self, moment: datetime) -> None:
        super().move_to(moment)
        self._tell()

    def _tell(self) -> None:
        new = self._file.with_name(self._file.name + ".new")
        new.write_text(f"{self.now():%Y-%m-%d %H:%M:%S}\n")
        new.rename(self._file)
