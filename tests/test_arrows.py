"""The arrows of the design point one way, and no ticket system is known outside its own folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = {
    "model",
    "policy",
    "working_time",
    "timeline",
    "history",
    "evidence",
    "commands",
    "evaluator",
    "handoff",
    "observation",
    "explanation",
    "marks",
    "reading",
    "rules",
    "notes",
}
"""Modules and folders of the connector that take everything they know as arguments."""

CORE = {"turn", "worker", "connection", "store"}
EDGES = {"web", "cli", "app", "config", "demo"}
VENDOR_WORDS = re.compile(r"connectwise|halo|request.?tracker|\bmyconnectwise\b", re.IGNORECASE)
FORBIDDEN_IN_PURE = {"requests", "flask", "sqlalchemy", "os", "time", "random", "secrets", "socket", "threading"}
OPEN_TO_CONNECTOR = {f"adapters.{name}" for name in ("contract", "registry", "variables", "later", "http")}
CONNECTOR_OPEN_TO_ADAPTERS = {"connector.model", "connector.clock", "connector.errors"}


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def files_of(part: str) -> list[Path]:
    """The module of that name below ``connector``, or the files of the folder."""
    return [path for path in python_files("connector") if part_of(path) == part]


def part_of(path: Path) -> str:
    """The module or package directly below ``connector`` that a file belongs to."""
    relative = path.relative_to(ROOT / "connector")
    return relative.parts[0].removesuffix(".py")


def connector_parts(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports_of(path) if name.startswith("connector.")}


def pure_closure() -> set[str]:
    """The pure modules with the helpers that they are split into."""
    known, queue = set(PURE), list(PURE)
    while queue:
        for path in files_of(queue.pop()):
            fresh = connector_parts(path) - known
            known |= fresh
            queue += fresh
    return known


@pytest.mark.parametrize("part", sorted(pure_closure()))
def test_a_pure_module_has_no_clock_network_environment_or_randomness(part):
    for path in files_of(part):
        roots = {module.split(".")[0] for module in imports_of(path)}
        allowed = {"threading", "os"} if part == "working_time" else set()
        assert not roots & FORBIDDEN_IN_PURE - allowed, path


def test_the_pure_core_knows_nothing_of_store_turns_or_edges():
    assert not pure_closure() & (CORE | EDGES | {"store", "settings"})


def test_turns_and_store_know_nothing_of_the_edges():
    for path in python_files("connector"):
        if part_of(path) in CORE | {"store"}:
            assert not connector_parts(path) & EDGES, path


def test_adapters_know_only_the_model_and_the_contract():
    for path in python_files("adapters"):
        for name in imports_of(path):
            if name.startswith("connector"):
                assert name in CONNECTOR_OPEN_TO_ADAPTERS, f"{path.name} imports {name}"


def test_no_vendor_is_imported_or_named_inside_the_connector():
    for path in python_files("connector"):
        # The demo acts at desks; which ticket systems there are is for the registry to say.
        open_to_it = OPEN_TO_CONNECTOR | {"adapters.desk"} if part_of(path) == "demo" else OPEN_TO_CONNECTOR
        for name in imports_of(path):
            assert not name.startswith("adapters") or name in open_to_it, f"{path} imports {name}"
        found = VENDOR_WORDS.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.relative_to(ROOT)} names {found[0] if found else ''}"


def test_only_edges_read_the_environment():
    for path in python_files("connector") + python_files("adapters"):
        text = path.read_text(encoding="utf-8")
        if re.search(r"\bos\.(environ|getenv)\b", text):
            assert part_of(path) in EDGES, path
