"""Counts the calls that reading a text takes: time would be no measure, machines are shared."""

from __future__ import annotations

import gc
from collections.abc import Callable
from cProfile import Profile


def calls_of(read: Callable[[str], object], text: str) -> int:
    """The calls that reading a text takes, Python's own functions included.

    Without the collector of garbage: what earlier tests left behind may have much to do when it is collected.
    """
    profile = Profile()
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        profile.runcall(read, text)
    finally:
        if was_collecting:
            gc.enable()
    return sum(int(function.callcount) for function in profile.getstats())
