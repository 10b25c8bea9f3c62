"""The words of a report: counts, lengths, moments, and what comes first among many. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from connector.model import Stage
from connector.wording import WEEKDAYS

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR = 60
_SHORT = 100
"""Up to so many minutes a length is told in minutes alone."""

_LONGEST_NAME = 60
_LONGEST = timedelta(days=3660)

NOT_RECORDED = "not recorded"
"""What stands for what is not told, or not any more."""

_Key = TypeVar("_Key", bound=Hashable)


STRONG = "\x00"
"""What the eye should fall on in a sentence stands between two of these."""


def strong(text: str) -> str:
    """A text that the eye should fall on."""
    return f"{STRONG}{text}{STRONG}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 ticket``, ``1,204 tickets``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def limit_text(minutes: float) -> str:
    """``30 minutes``, ``7.5 minutes``, ``1 minute``."""
    shown = f"{round(minutes, 1):g}"
    return f"{shown} minute{'' if shown == '1' else 's'}"


def length_text(minutes: float) -> str:
    """``58 min``, ``2 h 41``: as long as it took, in whole minutes."""
    whole = round(minutes)
    return f"{whole} min" if whole < _SHORT else f"{whole // _HOUR} h {whole % _HOUR:02}"


def owed(stage: Stage) -> str:
    """What a stage owes, in a word."""
    return "plan" if stage is Stage.DIAGNOSIS else "fix"


def day_name(weekday: int) -> str:
    """``Monday``."""
    return WEEKDAYS[weekday].capitalize()


def day_text(day: date) -> str:
    """``Mon 19 Oct``."""
    return f"{day_name(day.weekday())[:3]} {day.day} {_MONTHS[day.month - 1]}"


def moment_text(at: datetime, zone: ZoneInfo) -> str:
    """``Mon 19 Oct 08:52``."""
    local = at.astimezone(zone)
    return f"{day_text(local)} {local:%H:%M}"


def day_since(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """From when on: so many days back (``7d``), or a day (``2026-10-19``); both from midnight in the zone, as UTC.

    Raises ValueError with what is wrong and what is expected, without the text.
    """
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    expected = "expected days, for example 7d, or a day, for example 2026-10-19"
    if found := re.fullmatch(r"([1-9]\d{0,3}) ?d", text.strip().lower(), re.ASCII):
        back = timedelta(days=int(found[1]))
        if back > _LONGEST:
            raise ValueError(f"is longer than ten years; {expected}")
        day = today.date() - back
    else:
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"is no day; {expected}") from None
        if day > today.date():
            raise ValueError(f"lies ahead; {expected}")
        if today.date() - day > _LONGEST:
            raise ValueError(f"is longer than ten years ago; {expected}")
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(now.tzinfo)


def name(text: str, unknown: str = NOT_RECORDED) -> str:
    """A name in one line of at most 60 characters; ``unknown`` where there is none."""
    line = " ".join(text.split())
    return (line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1].rstrip()}…") or unknown


def was(number: int) -> str:
    """``was`` or ``were``."""
    return "was" if number == 1 else "were"


def is_or_are(number: int) -> str:
    """``is`` or ``are``."""
    return "is" if number == 1 else "are"


def ranked(counter: Counter[_Key]) -> list[tuple[_Key, int]]:
    """The most frequent first; those that are as frequent by their names."""
    return sorted(counter.items(), key=lambda one: (-one[1], str(one[0])))


def top(counter: Counter[_Key]) -> _Key | None:
    """What came most often; None where nothing did, or two did as often."""
    first = counter.most_common(2)
    if not first or (len(first) > 1 and first[0][1] == first[1][1]):
        return None
    return first[0][0]


def among(number: int, of: int) -> str:
    """``9 of the 31``, ``all 31``."""
    return f"all {of:,}" if number == of else f"{number:,} of the {of:,}"
