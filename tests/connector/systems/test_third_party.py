"""A ticket system of somebody else's is a ``pip install``: found, configured and connected to like our own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from connector.systems.catalogue import ticket_systems

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parent / "third_party"
HOMES = {f"TIER_{n}_HOME_ACME": home for n, home in enumerate(("Desk", "Tier 3", "Sr IT"), 1)}
ENVIRON = {"ACME_URL": "https://acme.example.com", "WORK_TIME_ZONE": "UTC", **HOMES}

ASKED = """
import json, sys
from connector.clock import SystemClock
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.systems.catalogue import ticket_systems

told = {"known": list(ticket_systems())}
try:
    settings = load_settings(json.loads(sys.argv[1]))
except ConfigError as error:
    told["problems"] = list(error.problems)
else:
    ((id_, configured),) = settings.connections.items()
    homes = [tier.homes[id_] for tier in settings.policy.tiers]
    system = ticket_systems()[configured.kind].connect(configured.settings, homes, None, SystemClock())
    told |= {"id": id_, "kind": system.kind, "place": system.directory.locate(homes[0]).key}
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the distribution was installed."""
    folder = tmp_path_factory.mktemp("theirs")
    source, target = folder / "source", folder / "installed"
    shutil.copytree(SOURCE, source)
    alone = ("--no-index", "--no-build-isolation", "--no-deps", "--disable-pip-version-check")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *alone, "--target", target, source]
    subprocess.run(pip, check=True, capture_output=True, timeout=100)
    return target


def told_by_a_process(*folders: Path) -> dict[str, Any]:
    """What a process of its own says that has these folders to import from, beside the connector."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*folders, ROOT)))}
    asked = [sys.executable, "-c", ASKED, json.dumps(ENVIRON)]
    run = subprocess.run(asked, env=environ, check=True, capture_output=True, text=True, timeout=100)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_an_installed_adapter_is_found_configured_and_asked_like_our_own(installed: Path) -> None:
    told = told_by_a_process(installed)
    assert told == {
        "known": [*ticket_systems(), "acme"],
        "id": "acme",
        "kind": "acme",
        "place": "https://acme.example.com/Desk",
    }


def test_one_that_is_not_installed_is_not_known() -> None:
    told = told_by_a_process()
    assert told["known"] == list(ticket_systems())
    assert [problem.partition(":")[0] for problem in told["problems"]] == sorted(HOMES)
