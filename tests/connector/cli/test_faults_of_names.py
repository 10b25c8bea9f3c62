"""What an administrator gets wrong about names, planted at a system of each kind and told by ``check``.

The names of a policy, as they are in no ticket system, or as one has them that is not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connector.clock import SystemClock
from tests.connector.cli.faults import Changes, Told, assert_clear, folder, told
from tests.connector.cli.test_faults_of_systems import CONNECTWISE, HALOPSA, KINDS, RT, environ_of, errors_of
from tests.connector.quiet_logging import logging_as_before

__all__ = ["folder", "logging_as_before"]

pytestmark = [pytest.mark.usefixtures("logging_as_before", "folder"), pytest.mark.variants("kind")]

TESS = {CONNECTWISE: "tess", HALOPSA: "Tess Tech", RT: "tess"}
IRENE = {CONNECTWISE: "irene", HALOPSA: "Irene Systems", RT: "irene"}
GONE = {CONNECTWISE: "gone", HALOPSA: "Gus Gone", RT: "gone"}
HOME = {CONNECTWISE: "board", HALOPSA: "team", RT: "queue"}


@dataclass(frozen=True, slots=True)
class NameFault:
    """``of``: the variables that differ, for a kind. ``says``: what stands in the one finding that comes of it."""

    of: Callable[[str], Changes]
    says: Callable[[str], Sequence[str]]
    plant: Callable[[Any], object] = field(default=lambda simulator: None)
    severity: str = "error"
    kinds: Sequence[str] = (CONNECTWISE, HALOPSA, RT)
    also: Mapping[str, str] = field(default_factory=dict)


def fixed(**changes: str) -> Callable[[str], Changes]:
    return lambda kind: changes


def without_people(simulator: Any) -> None:
    """Nobody is left at the third tier's home who could take a ticket."""
    match simulator:
        case _ if hasattr(simulator, "set_member_active"):
            simulator.set_member_active("irene", is_active=False)
        case _ if hasattr(simulator, "set_agent_active"):
            simulator.set_agent_active("Irene Systems", is_active=False)
        case _:
            raise AssertionError("there is no such switch")


FAULTS = {
    "a home": NameFault(
        fixed(TIER_2_HOME="Teir 3"),
        lambda kind: ["tier 2 (Tier 3 / Service Desk Manager) home", f"no {HOME[kind]} named 'Teir 3'", "'Tier 3'"],
    ),
    "a team of a board": NameFault(
        fixed(TIER_1_HOME="Service Desk > First Tuch"),
        lambda kind: ["tier 1 (First Touch (T1/2)) home", "named 'First Tuch'; did you mean 'First Touch'"],
        kinds=(CONNECTWISE,),
    ),
    "a board of a team": NameFault(
        fixed(TIER_1_HOME="Servce Desk > First Touch"),
        lambda kind: ["no board named 'Servce Desk'; did you mean 'Service Desk'?"],
        kinds=(CONNECTWISE,),
    ),
    "an assignee": NameFault(
        lambda kind: {"TIER_1_ASSIGN": f"{TESS[kind]}x"},
        lambda kind: ["tier 1 (First Touch (T1/2)) assignee", f"named '{TESS[kind]}x'; did you mean"],
    ),
    "a manager": NameFault(
        lambda kind: {"TIER_3_MANAGERS": f"{IRENE[kind]}x"},
        lambda kind: ["tier 3 (Sr IT Manager) manager", f"named '{IRENE[kind]}x'; did you mean"],
    ),
    "a status": NameFault(
        fixed(TIER_2_STATUS="Resolvd"),
        lambda kind: ["tier 2 (Tier 3 / Service Desk Manager) status", "named 'Resolvd'; did you mean '"],
    ),
    "a final status": NameFault(
        fixed(FINAL_STATUS="Resolvd"), lambda kind: ["final status", "named 'Resolvd'; did you mean '"]
    ),
    "a status that waits": NameFault(
        fixed(WAITING_STATUSES="resolvd"), lambda kind: ["status 'resolvd' (waiting)", "did you mean '"]
    ),
    "a priority": NameFault(
        fixed(CRITICAL_PRIORITIES="Hgh"),
        lambda kind: ["priority 'hgh'", "named 'hgh'"],
    ),
    "a final priority": NameFault(fixed(FINAL_PRIORITY="Hgh"), lambda kind: ["final priority", "named 'Hgh'"]),
    "a disabled member": NameFault(
        lambda kind: {"TIER_1_ASSIGN": GONE[kind]},
        lambda kind: ["assignee", "is not active any more: nothing can be assigned there; name another one"],
        kinds=(CONNECTWISE, HALOPSA),
    ),
    "two members of one name": NameFault(
        fixed(TIER_1_ASSIGN="Tess Tech"),
        # By what tells them apart; identifiers of members, and names of RT's users, are there once.
        lambda kind: ["agent named 'Tess Tech'; did you mean 'tess@example.com' or 't.tech@example.com'?"],
        plant=lambda simulator: simulator.add_agent("Tess Tech", ("Tier 3",), email="t.tech@example.com"),
        kinds=(HALOPSA,),
    ),
    "a team of a board without members": NameFault(
        fixed(TIER_3_HOME="Sr IT > Night Shift"),
        lambda kind: ["tier 3 (Sr IT Manager) people", "nobody active is at Sr IT > Night Shift, so nobody may see"],
        plant=lambda simulator: simulator.add_team("Sr IT", "Night Shift"),
        severity="warning",
        kinds=(CONNECTWISE,),
    ),
    "a home without members": NameFault(
        fixed(TIER_3_ASSIGN="round_robin"),
        lambda kind: ["tier 3 (Sr IT Manager) people", "nobody active is at Sr IT, so that tickets go to nobody"],
        plant=without_people,
        kinds=(HALOPSA,),
    ),
    "names of another system": NameFault(
        lambda kind: {"TIER_1_ASSIGN": f"not here | {TESS[kind]}"},
        lambda kind: ["tier 1 (First Touch (T1/2)) assignee\tTess Tech"],
        severity="ok",
    ),
    "Unicode and trailing blanks": NameFault(
        fixed(TIER_2_HOME="\ufefftier\u00a0 3\u200b "),
        lambda kind: ["tier 2 (Tier 3 / Service Desk Manager) home\t", " is Tier 3"],
        severity="ok",
    ),
}


def planted(fault: NameFault, kind: str) -> Told:
    """What ``check`` tells of a fault at a system of that kind."""
    simulator = KINDS[kind](SystemClock()).standard_desk()
    fault.plant(simulator)
    with simulator.serve():
        return told("check", {**environ_of(kind, simulator), **fault.of(kind)})


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, fault in FAULTS.items() for kind in fault.kinds])
def test_a_name_that_is_wrong_is_told_where_it_stands_with_what_is_near(name: str, kind: str) -> None:
    fault = FAULTS[name]
    found = planted(fault, kind)
    [line] = [line for line in found.output.splitlines() if all(part in line for part in fault.says(kind))]
    assert line.startswith(f"{fault.severity}\t"), found.output
    assert_clear(found, [], 1 if fault.severity == "error" else 0)
    assert len(errors_of(found)) == (fault.severity == "error"), found.output


@pytest.fixture
def two() -> Iterator[Changes]:
    """Two systems connected, whose people are called otherwise in each."""
    with ExitStack() as stack:
        environ: dict[str, str | None] = {}
        for kind in (CONNECTWISE, HALOPSA):
            simulator = KINDS[kind](SystemClock()).standard_desk()
            stack.enter_context(simulator.serve())
            given = environ_of(kind, simulator)
            homes = {f"{name}_{kind.upper()}": home for name, home in given.items() if name.endswith("_HOME")}
            environ |= {name: value for name, value in given.items() if not name.endswith("_HOME")} | homes
        yield environ


def test_a_name_that_only_one_of_two_systems_knows_is_told_with_how_to_say_both(two: Changes) -> None:
    found = told("check", {**two, "TIER_1_ASSIGN": "tess"})
    assert [error.split("\t")[1] for error in errors_of(found)] == ["halopsa: tier 1 (First Touch (T1/2)) assignee"]
    both = told("check", {**two, "TIER_1_ASSIGN": "tess | Tess Tech", "TIER_3_MANAGERS": "irene | Irene Systems"})
    assert both.code == 0, both.output
    assert (
        "tier 3 (Sr IT Manager) manager\tIrene Systems (irene) in connectwise; Irene Systems in halopsa" in both.output
    )


@pytest.mark.parametrize(
    ("homes", "says"),
    [
        ({"TIER_3_HOME": "Tier 3"}, "TIER_3_HOME: 'Tier 3' is the home of tier 2 already"),
        ({"TIER_3_HOME": "tier\u00a0 3"}, "TIER_3_HOME: "),
    ],
)
def test_one_home_for_two_tiers_is_refused_by_every_command(homes: Changes, says: str, folder: Path) -> None:
    environ = {**environ_of(CONNECTWISE, KINDS[CONNECTWISE](SystemClock())), **homes}
    for command in ("check", "run", "worker", "migrate"):
        assert_clear(told(command, environ), [says, "is the home of tier 2 already"], 2)


def test_a_home_within_another_is_none_of_its_faults() -> None:
    """The more specific one counts: a board, and one of its teams, are two homes."""
    fault = NameFault(fixed(TIER_2_HOME="Service Desk > First Touch"), lambda kind: [])
    found = planted(fault, CONNECTWISE)
    assert (found.code, errors_of(found)) == (0, []), found.output


def test_a_team_that_names_itself_by_its_number_is_the_same_home() -> None:
    simulator = KINDS[HALOPSA](SystemClock()).standard_desk()
    number = next(team["id"] for team in simulator.state.teams.values() if team["name"] == "Tier 3")
    with simulator.serve():
        found = told("check", {**environ_of(HALOPSA, simulator), "TIER_3_HOME": str(number)})
    [error] = errors_of(found)
    assert "and so is 'Tier 3' of tier 2" in error or "there is no team named" in error
