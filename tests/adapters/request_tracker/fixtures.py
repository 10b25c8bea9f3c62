"""The recorded payloads of Request Tracker, one file per event, with what is expected of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[3] / "fixtures" / "rt"


def fixture(name: str) -> dict[str, Any]:
    found = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def fixtures(kind: str) -> list[str]:
    """The names of the recorded events of that kind."""
    names = sorted(path.stem for path in FIXTURES.glob("*.json"))
    return [name for name in names if fixture(name)["kind"] == kind]
