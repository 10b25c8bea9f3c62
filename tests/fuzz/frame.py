"""Finds the targets: each module beside this one that has ``TARGETS``, functions of bytes by their names.

A target raises where something is wrong, nothing else. ``RUNS`` of its module says how many inputs `make fuzz` gives
it; a module without has that of ``RUNS`` here. What is kept of inputs lies in ``corpus/MODULE.TARGET/``, a file each:
what once broke a target, by a name that says what it is, and what reaches far.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
CORPUS = FOLDER / "corpus"
OURS = ("frame", "__main__")

RUNS: Mapping[str, int] = {"doors": 10_000, "readers": 100_000}
FEWEST_RUNS = 10_000

Target = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A target: ``name`` is MODULE.TARGET; ``runs``: how many inputs `make fuzz` gives it."""

    name: str
    run: Target
    runs: int

    @property
    def corpus(self) -> Path:
        """Where its kept inputs lie; there may be none."""
        return CORPUS / self.name

    def kept(self) -> dict[str, bytes]:
        """Its kept inputs, by the names of their files."""
        return {path.name: path.read_bytes() for path in sorted(self.corpus.glob("*")) if path.is_file()}


def targets() -> dict[str, Fuzzed]:
    """Every target there is, by its name."""
    found: dict[str, Fuzzed] = {}
    for one in pkgutil.iter_modules([str(FOLDER)]):
        if one.name in OURS or one.name.startswith("test_"):
            continue
        module = importlib.import_module(f"tests.fuzz.{one.name}")
        runs = getattr(module, "RUNS", RUNS.get(one.name, FEWEST_RUNS))
        for name, run in getattr(module, "TARGETS", {}).items():
            full = f"{one.name}.{name}".replace(" ", "-")
            found[full] = Fuzzed(full, run, runs)
    return found
