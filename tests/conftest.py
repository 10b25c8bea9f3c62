"""What all tests share: the databases, and that none of them is timed."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import settings

from connector import redaction

pytest_plugins = ["tests.databases", "tests.soak"]

# How long one example takes says something about the machine, and what else it does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take longest come first: one that began at the end would be waited for by all other processes."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def knows_no_secret() -> Iterator[None]:
    """Each test begins and ends without secrets to mask: what one configures is a word in the next."""
    redaction.forget()
    yield
    redaction.forget()
