"""Halo's raw values into sound ones: numbers, moments, texts. Pure.

Ids come as numbers, as whole decimals (``18.0``) and as texts, and dates that are not set as a sentinel long ago
(https://github.com/homotechsual/dotMARC, FlexibleInt32Converter; https://github.com/topleft-team/django-psa).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connector.errors import PayloadError
from connector.model import TicketId

Json = Mapping[str, Any]

FIRST_YEAR = 1981
"""What lies before is a sentinel: 0001-01-01, 1899-12-30 and 1900-01-01 mean "not set"."""

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?", re.ASCII)
_DATE = re.compile(r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE | re.ASCII)
_LARGEST = 2**53


def whole(value: Any, path: str) -> int:
    """A whole number, written as a number or a text. Raises PayloadError, also for 3.5."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    raise PayloadError(path, "missing" if value in (None, "") else "not a whole number")


def optional_whole(value: Any, path: str) -> int | None:
    """Like ``whole``, but None for what is absent or empty."""
    return None if value in (None, "") else whole(value, path)


def number(value: Any) -> float:
    """A number of hours and the like; 0 for anything else."""
    try:
        return 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return 0.0


def optional_moment(value: Any, path: str) -> datetime | None:
    """A date as an aware moment in UTC, None when it is not set. Without a zone it is UTC."""
    if value in (None, ""):
        return None
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise PayloadError(path, "not a date like 2026-03-02T09:15:00")
    year, rest, fraction, zone = found.groups()
    if int(year) < FIRST_YEAR:
        return None
    try:
        at = datetime.fromisoformat(f"{year}{rest}{(fraction or '')[:7]}{zone or 'Z'}".upper())
    except ValueError as error:
        raise PayloadError(path, "not a date that exists") from error
    return at.astimezone(UTC)


def moment(value: Any, path: str) -> datetime:
    """Like ``optional_moment``, for a date that must be set."""
    found = optional_moment(value, path)
    if found is None:
        raise PayloadError(path, "missing")
    return found


def first_moment(data: Json, names: tuple[str, ...], path: str) -> datetime | None:
    """The first of those dates that is set."""
    for name in names:
        found = optional_moment(data.get(name), f"{path}: {name}")
        if found is not None:
            return found
    return None


def to_wire(at: datetime) -> str:
    """A moment as a query takes it: UTC without a zone, to the second below."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def text(value: Any) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def label(ticket: TicketId | int | str) -> str:
    """How paths and messages name a ticket."""
    return f"ticket {ticket}"
