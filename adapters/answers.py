"""What came back from a call: its JSON, and what its headers tell of limits and of the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.json_text import sound_json
from connector.clock import Clock

LONGEST_RETRY_AFTER = 3600.0
_CALLS_LEFT = ("X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    _read: _Read | None = field(default=None, repr=False)

    def json(self) -> Any:
        """The body as JSON, whatever its media type says; see ``sound_json``. Raises ValueError."""
        if self._read is None:
            return sound_json(self.body)
        if self._read.problem:
            raise ValueError(self._read.problem)
        return self._read.value

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all came back."""
        return self._read is None and not self.body.strip()

    def read(self) -> Answer:
        """The same answer with its JSON in the place of its body."""
        try:
            return Answer(self.status, self.headers, b"", _Read(self.json()))
        except ValueError as error:
            return Answer(self.status, self.headers, b"", _Read(None, str(error)))


@dataclass(frozen=True, slots=True)
class _Read:
    """What a body held, or why it cannot be read."""

    value: Any
    problem: str = ""


def http_date(text: str | None) -> datetime | None:
    """The moment that an HTTP date names, or None for anything else."""
    try:
        moment = parsedate_to_datetime(text or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, IndexError, OverflowError):
        return None


def retry_after(answer: Answer, clock: Clock) -> float | None:
    """Seconds that an answer's Retry-After asks for (a number or an HTTP date), within an hour; else None.

    A date is counted from the answer's own Date, so a skewed clock on either side does no harm.
    """
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_RETRY_AFTER)
    until = http_date(text)
    if until is None:
        return None
    since = http_date(answer.headers.get("Date")) or clock.now()
    return min(max(0.0, (until - since).total_seconds()), LONGEST_RETRY_AFTER)


def calls_left(answer: Answer) -> int | None:
    """How many calls a system says that are left, by the usual headers; None where it says nothing."""
    for name in _CALLS_LEFT:
        text = answer.headers.get(name, "").strip()
        if text.isascii() and text.isdigit():
            return int(text[:9])
    return None
