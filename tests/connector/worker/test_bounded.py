"""A call that hangs is left alone after its time, and not made a second time beside itself."""

from __future__ import annotations

import threading

import pytest

from connector.errors import Temporary
from connector.worker.bounded import Bounded


def test_a_call_that_ends_in_time_raises_what_it_raises():
    bounded, called = Bounded(10), []
    bounded("a", lambda: called.append(1))
    assert called == [1]
    with pytest.raises(ZeroDivisionError):
        bounded("a", lambda: called.append(1 // 0))
    bounded("a", lambda: called.append(2))
    assert called == [1, 2]


def test_a_call_that_hangs_keeps_its_caller_for_its_time_only_and_is_not_made_twice_at_once():
    bounded, let_go, ended = Bounded(0.01), threading.Event(), threading.Event()

    def hang() -> None:
        let_go.wait(30)
        ended.set()

    with pytest.raises(Temporary, match="no answer"):
        bounded("a", hang)
    with pytest.raises(Temporary, match="still hangs"):
        bounded("a", lambda: None)
    let_go.set()
    assert ended.wait(30)
