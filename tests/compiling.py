"""The test modules of a fresh clone compiled in parts: each process of xdist begins with another one.

Every process collects every module, and one that nobody has run yet is compiled for it, its assertions rewritten. All
of them would compile the same module at the same time, as often as there are processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest


def modules(root: Path, asked: Iterable[Path], left_out: Sequence[Path]) -> list[str]:
    """The test modules below the folders and files that are asked for, without those below what is left out."""
    found = (path for one in asked for path in (one.rglob("test_*.py") if one.is_dir() else [one]))
    kept = sorted(path for path in found if not any(path.is_relative_to(one) for one in left_out))
    return [".".join(path.relative_to(root).with_suffix("").parts) for path in kept]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import this process's part of the modules. What cannot be imported is told by the collection that follows."""
    name, processes = (os.environ.get(f"PYTEST_XDIST_WORKER{of}") for of in ("", "_COUNT"))
    if name is None or processes is None:
        return
    root = session.config.rootpath
    asked = [root / arg.partition("::")[0] for arg in session.config.args]
    left_out = [root / path for path in session.config.getoption("ignore") or ()]
    for module in modules(root, asked, left_out)[int(name.removeprefix("gw")) :: int(processes)]:
        with suppress(Exception, pytest.skip.Exception):
            import_module(module)
