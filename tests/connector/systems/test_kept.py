"""Answers kept for a while: asked for once, again when old, never after a failure, and not without bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.systems.kept import _MOST, Kept, KeptEach


def test_an_answer_is_kept_until_it_is_old_and_an_error_is_not() -> None:
    now, answers = [0.0], iter([OSError("away"), 1, 2, 3])
    kept = Kept(lambda: _answer(answers), lambda: now[0], 10.0)
    with pytest.raises(OSError, match="away"):
        kept.get()
    assert [kept.get(), kept.get()] == [1, 1]
    now[0] = 9.9
    assert kept.get() == 1
    now[0] = 10.0
    assert kept.get() == 2
    assert kept.get(0.0) == 3


class _Waiting:
    """A lock that is had only after somebody else's ask has failed."""

    def __init__(self, kept: Kept[int], error: Exception) -> None:
        self.kept, self.error = kept, error

    def __enter__(self) -> None:
        self.kept._failure = self.error

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


def test_who_waited_for_an_ask_that_failed_does_not_ask_again() -> None:
    asked: list[int] = []
    kept: Kept[int] = Kept(lambda: asked.append(1) or 1, lambda: 0.0)
    kept._lock = _Waiting(kept, OSError("away"))  # type: ignore[assignment]  # as much of a lock as is used
    with pytest.raises(OSError, match="away"):
        kept.get()
    assert asked == []
    assert kept.get() == 1


def test_who_misses_something_gets_an_answer_that_is_not_old_at_all() -> None:
    now, answers = [0.0], iter(range(9))
    kept = Kept(lambda: next(answers), lambda: now[0])
    assert list(kept.tries()) == [0, 0]
    now[0] = 30.0
    assert list(kept.tries()) == [0, 1]


def test_each_key_has_its_own_answer() -> None:
    asked: list[str] = []
    kept = KeptEach(asked.append, lambda: 0.0)
    for key in ("a", "b", "a"):
        kept.get(key)
    assert asked == ["a", "b"]
    kept.forget("a")
    kept.forget("c")
    kept.get("a")
    assert asked == ["a", "b", "a"]


def test_of_too_many_keys_those_asked_for_last_are_kept() -> None:
    asked: list[str] = []
    kept = KeptEach(asked.append, lambda: 0.0)
    for n in range(_MOST):
        kept.get(str(n))
    kept.get("0")
    kept.get("new")
    asked.clear()
    kept.get("0")
    kept.get("1")
    assert asked == ["1"]


def _answer(answers: Iterator[object]) -> object:
    answer = next(answers)
    if isinstance(answer, Exception):
        raise answer
    return answer
