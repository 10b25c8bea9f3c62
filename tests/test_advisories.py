"""`make audit` says what is known of the locked packages, and plainly where nothing is known of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.advisories import LOCKS, main

ROOT = Path(__file__).parent.parent
FINE = {"name": "flask", "version": "3.1.0", "vulns": []}
FAULTY = {"name": "gunicorn", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}]}
OPEN = {"name": "click", "version": "8.1.0", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]}
UNKNOWN = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited: rich (15.0.0)"}
"""What the tool answers for each package where the index is a mirror without advisories; it exits with 0 then."""


def a_tool(folder: Path, answer: str, says: str = "", code: int = 0) -> list[str]:
    """A command that answers as the tool does."""
    (folder / "answer").write_text(answer, encoding="utf-8")
    script = (
        f"import pathlib, sys; print(pathlib.Path({str(folder / 'answer')!r}).read_text());"
        f" print({says!r}, file=sys.stderr); sys.exit({code})"
    )
    return [sys.executable, "-c", script]


@pytest.mark.parametrize(
    ("packages", "code", "lines"),
    [
        ([FINE], 0, ["1 locked packages: 0 with known faults, 0 could not be looked up"]),
        ([FINE, FAULTY], 1, ["gunicorn 1.0: PYSEC-1, mended in 1.1, 2.0", "1 with known faults"]),
        ([OPEN, UNKNOWN], 1, ["click 8.1.0: PYSEC-2, mended in no version yet", "not looked up: rich"]),
        ([FINE, UNKNOWN], 2, ["1 could not be looked up", "not looked up: rich"]),
        ([UNKNOWN], 2, ["NO ADVISORIES COULD BE REACHED: nothing is known of 1 locked packages"]),
    ],
)
def test_what_is_known_is_said_and_what_is_not_is_no_good_news(
    packages: list[object], code: int, lines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(a_tool(tmp_path, json.dumps({"dependencies": packages}))) == code
    told = capsys.readouterr().out
    assert [line for line in lines if line not in told] == []


def test_without_a_way_to_the_advisories_that_is_said_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(a_tool(tmp_path, "", "Traceback\nConnectionError: no such host", code=1)) == 2
    told = capsys.readouterr().out
    assert told.startswith("NO ADVISORIES COULD BE REACHED")
    assert "ConnectionError: no such host" in told
    assert main([sys.executable, "-c", ""]) == 2


def test_every_lock_is_asked_about():
    assert sorted(LOCKS) == sorted(path.name for path in ROOT.glob("requirements*.lock"))
