"""What `make test` leaves to `make soak`: the further variants of what is proven by one of them.

A scenario is a whole morning of the connector, and most run on every ticket system, some on both databases. What
differs between those is tested where it lies: every adapter in ``tests/contract`` and ``tests/adapters``, every
statement on both databases in ``tests/connector/store``. So `make test` takes each scenario, case file and crash once,
on one ticket system and one database, which are others from test to test, and so each kind of hostile answer, and its
scenarios without sockets (see ``tests/no_sockets.py``) and with rounds that come seldom (see
``tests/scenarios/conftest.py``); `make soak` runs all the rest, and holds each scenario against a backtest of its
tickets; one without variants it takes once more for that: ``relived``. Plain ``pytest`` runs everything.

Where one variant costs many times as much as another, chance would make `make test` long: a test on which that was
measured says ``taken_on("rt")``, and is taken there.

A test says itself what else is a variant, wherever it is: ``variants("kind")`` that of its kinds one is enough for
`make test`, with whatever system, and ``soak`` on a parameter or a test that it is one, such as five hundred tickets of
what forty show as well.

A property is tried with a third of its examples by `make test`, and with all of them by `make soak`, which takes those
tests, too: ``examples``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Protocol, TypeVar, cast
from zlib import crc32

import pytest
from hypothesis import is_hypothesis_test, settings

from connector.systems.catalogue import ticket_systems
from tests.scenarios.untold import UNREAD, names

ROTATED = ("tests/scenarios/", "tests/crash/", "tests/test_cases.py", "tests/adapters/test_hostile_answers.py")
"""Where a variant is enough for `make test` without a word of the test: what is here takes seconds each time."""

RELIVED = "tests/scenarios/"
"""Where `make soak` holds what was lived against a backtest of it (see ``tests/scenarios/relived.py``)."""

VARIANTS = (*ticket_systems(), "sqlite", "postgresql")

LEAVES_TO_SOAK = "not soak"
"""The marks by which `make test` selects."""

USUALLY, IN_PART = 100, 33
"""How many examples a property is tried with, where its test does not say how many."""

# How long one example takes says something about the machine, and what else it does.
settings.register_profile("all examples", deadline=None, max_examples=USUALLY)
settings.register_profile("a third of them", deadline=None, max_examples=IN_PART)


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is imported: settings that say nothing of a number are made with this one."""
    settings.load_profile("a third of them" if config.option.markexpr == LEAVES_TO_SOAK else "all examples")


def examples(count: int) -> int:
    """For a property that says itself how many examples it is tried with: so many, or that part of them."""
    return count * settings.default.max_examples // USUALLY


class Callspec(Protocol):
    """The parameters of a test by their names."""

    params: Mapping[str, object]


class Item(Protocol):
    """A collected test; one with parameters has a ``callspec``, too."""

    nodeid: str

    def iter_markers(self, name: str) -> Iterable[pytest.Mark]: ...


Collected = TypeVar("Collected", bound=Item)


def left_to_soak(items: Iterable[Collected]) -> list[Collected]:
    """Those of the collected tests that are further variants of another one."""
    tests: dict[str, dict[object, list[Collected]]] = {}
    for item in items:
        if hasattr(item, "callspec") and (item.nodeid.startswith(ROTATED) or list(item.iter_markers("variants"))):
            test = _test_of(item)
            rest = _all_the_rest(cast(Callspec, item.callspec), besides=_variants_of(item))
            tests.setdefault(test, {}).setdefault(rest, []).append(item)
    left = []
    for test, groups in tests.items():
        # Where to begin is as good as random, and the same on every machine and in every process.
        for number, variants in zip(count(crc32(test.encode())), groups.values(), strict=False):
            eligible = [one for one in variants if _is_to_be_taken(one)] or variants
            taken = eligible[number % len(eligible)]
            left += [one for one in variants if one is not taken]
    return left


def taken_twice(items: Iterable[Collected], left: Iterable[Collected]) -> list[Collected]:
    """Of each scenario of which nothing is ``left`` one: `make soak` takes it, too, to hold it against a backtest. What
    takes long or is compared nowhere is not taken twice.
    """
    known = {_test_of(item) for item in left}
    first = {_test_of(item): item for item in reversed(list(items)) if item.nodeid.startswith(RELIVED)}
    marks = ("soak", "long")
    return [
        item
        for test, item in first.items()
        if test not in known
        and test.rpartition("::")[2] not in names(UNREAD)
        and not any(list(item.iter_markers(mark)) for mark in marks)
    ]


def _test_of(item: Item) -> str:
    return item.nodeid.partition("[")[0]


def _is_to_be_taken(item: Item) -> bool:
    """Whether the test says that it costs least with this system or database."""
    named = {value for mark in item.iter_markers("taken_on") for value in mark.args}
    return any(value in named for value in cast(Any, item).callspec.params.values() if value in VARIANTS)


def _variants_of(item: Item) -> frozenset[str]:
    """The parameters of which the test says that each of their values shows the same."""
    return frozenset(name for mark in item.iter_markers("variants") for name in mark.args)


def _all_the_rest(of: Callspec, besides: frozenset[str]) -> object:
    """The parameters that are no variant; what they are is told by their looks, a function's by its address."""
    params = [(name, value) for name, value in of.params.items() if name not in besides]
    return tuple(sorted((name, repr(value)) for name, value in params if value not in VARIANTS))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, before tests are selected by their marks."""
    left = left_to_soak(items)
    for item in left:
        item.add_marker(pytest.mark.soak)
    for item in taken_twice(items, left):
        item.add_marker(pytest.mark.relived)
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.examples)
