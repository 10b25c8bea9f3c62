"""Counts the calls that reading a text takes: time would be no measure, machines are shared."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def calls_of(read: Callable[[str], object], text: str) -> int:
    """The calls that reading a text takes, Python's own functions included."""
    count = 0

    def called(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        read(text)
    finally:
        sys.setprofile(before)
    return count
