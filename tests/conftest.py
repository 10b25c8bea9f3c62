"""What all tests share: the databases, what is left to `make soak`, and in which order they are run."""

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import is_hypothesis_test
from werkzeug.routing import Rule

from connector import redaction
from connector.systems.variables import Secret
from connector.worker import notifier
from tests import in_memory

pytest_plugins = ["tests.databases", "tests.soak", "tests.compiling"]

SHORT = ("tests/adapters/", "tests/connector/")
"""Where a test is a matter of milliseconds."""

# What `tmp_path` is in, for the processes of xdist, too: it is read when the first one is asked for.
if in_memory.folder():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(in_memory.folder()))

# Where a test does not ask for the connector's logging, a line is a line: the library's default draws each in colours,
# and each exception as a picture of its frames, which nobody looks at unless a test fails.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that take longest come first, and the many short ones last: one that began at the end would be waited for
    by all other processes, which are handed the last tests in portions.

    What tries whatever occurs to it covers now this line and now that one: the coverage asked for is that of the other
    tests, and following a hundred examples line by line takes twice their time.
    """
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.untraced)
    items.sort(key=lambda item: (item.get_closest_marker("long") is None, item.nodeid.startswith(SHORT)))


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Take the coverage's tracer away from what is not to be followed; its plugin has a mark for that, which a process
    of xdist ignores: there its measuring is begun twice, and goes on when one is paused.
    """
    tracer = sys.gettrace() if item.get_closest_marker("untraced") else None
    if tracer is None:
        yield
        return
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """What is imported and collected stays: the garbage collector need not go through it again and again, neither
    while it grows nor later.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def routes_are_compiled_once() -> Iterator[None]:
    """What builds the address of a route is compiled for the first application that has the route: each test opens its
    own, and compiling took more than half of what that costs.
    """
    compiled: dict[object, Any] = {}
    compile_as_in_operation = Rule._compile_builder

    def compile_(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compile_as_in_operation(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in compiled:
            compiled[key] = compile_as_in_operation(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rule, "_compile_builder", compile_)
        yield


@pytest.fixture(scope="session", autouse=True)
def targets_are_named_once() -> Iterator[None]:
    """The name of a notification's target is slow to make, on purpose; the commands of the tests have the same ones."""
    named: dict[str, str] = {}
    name_of_as_in_operation = notifier._name_of

    def name_of(target: Secret) -> str:
        address = target.reveal()
        if address not in named:
            named[address] = name_of_as_in_operation(target)
        return named[address]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(notifier, "_name_of", name_of)
        yield


@pytest.fixture(autouse=True)
def knows_no_secret() -> Iterator[None]:
    """Each test begins and ends without secrets to mask: what one configures is a word in the next."""
    redaction.forget()
    yield
    redaction.forget()
