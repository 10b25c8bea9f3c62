"""Questions whose answer is not waited for for ever: who sent a webhook has a time-out of its own, and people less."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from connector.store.database.errors import StoreUnavailable

ASKED_SECONDS = 1.0
"""How long an answer may take: a small part of any sender's patience."""

_MOST_THREADS = 4

Q = TypeVar("Q")
A = TypeVar("A")


def answered_within(
    seconds: float,
    ask: Callable[[Q], A],
    late: Callable[[], Exception] = lambda: StoreUnavailable("the database did not answer in time"),
) -> Callable[[Q], A]:
    """``ask``, in a thread of its own: raises what it raises, and what ``late`` makes when it takes longer.

    For what is seldom asked. Where some still hang, the next ones wait for a thread, and no longer than for an answer.
    """
    threads = ThreadPoolExecutor(_MOST_THREADS, "asking")

    def answer(question: Q) -> A:
        asked = threads.submit(ask, question)
        try:
            return asked.result(seconds)
        except FutureTimeout:
            asked.cancel()
            raise late() from None

    return answer
