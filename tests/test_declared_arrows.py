"""The arrows that ``pyproject.toml`` declares fail when one is broken: tried on a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BREAKS = {
    "connector/model.py": ("import adapters", "The connector imports nothing of the adapters"),
    "connector/rules/limits.py": ("import sqlalchemy", "The pure rooms take everything they know as arguments"),
    "connector/reading/sections.py": ("import time", "The pure rooms take everything they know as arguments"),
    "connector/notes/layout.py": ("import connector.store.records", "Each floor stands on those below it"),
    "connector/store/audit.py": ("import connector.policy.policy", "Each floor stands on those below it"),
    "connector/turn/duties.py": ("import connector.web.keys", "Work knows nothing of the edges"),
    "adapters/halopsa/client.py": ("import adapters.connectwise.client", "No adapter knows another one"),
    "adapters/connectwise/client.py": ("import connector.store.audit", "Adapters know the ground"),
    "connector/working_time/table.py": ("import connector.working_time.calendar", "No circle anywhere"),
}
"""Where an import is added, which, and how the contract begins that forbids it."""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the tree in which all of these are broken at once."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("connector", "adapters"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for place, (line, _) in BREAKS.items():
        with (folder / place).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    # Both would find the real tree: the folder that a program is started in, and the installed package.
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); from importlinter.cli import lint_imports_command as c; c()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1, told.stderr
    return told.stdout


@pytest.mark.parametrize("place", BREAKS)
def test_an_import_that_must_not_be_breaks_the_contract_that_forbids_it(place, verdicts):
    line, contract = BREAKS[place]
    broken = " ".join(verdicts.partition("Broken contracts")[2].split())
    importer, imported = place.removesuffix(".py").replace("/", "."), line.removeprefix("import ")
    within = f".{importer.rpartition('.')[2]} -> .{imported.rpartition('.')[2]}"
    assert contract in broken
    assert f"{importer} -> {imported.split('.')[0]}" in broken or within in broken
