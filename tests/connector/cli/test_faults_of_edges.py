"""What an administrator gets wrong around a ticket system, planted: PUBLIC_URL, the targets of messages, clocks, rights
that no reading proves, secrets with characters that shells and files make something else of.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.connectwise.simulator import Simulator as ConnectWise
from adapters.halopsa.simulator import Simulator as HaloPSA
from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from connector.clock import SystemClock
from tests.connector.cli.faults import Changes, Told, assert_clear, folder, told
from tests.connector.cli.test_faults_of_systems import CONNECTWISE, HALOPSA, KINDS, RT, environ_of, errors_of, names
from tests.connector.quiet_logging import logging_as_before

__all__ = ["folder", "logging_as_before", "names"]

pytestmark = [pytest.mark.usefixtures("logging_as_before", "folder"), pytest.mark.variants("kind")]

EARLIER = "https://earlier.example.com"
MANAGED = (CONNECTWISE, HALOPSA)


def lines(found: Told, severity: str) -> list[str]:
    return [line for line in found.output.splitlines() if line.startswith(f"{severity}\t")]


@pytest.fixture
def nowhere() -> str:
    """An address where nothing listens: what is looked at here are the registrations."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


# -- PUBLIC_URL ------------------------------------------------------------------------------------------------


def twice(kind: str, simulator: Any) -> None:
    kept: dict[Any, Any] = simulator.state.callbacks if kind == CONNECTWISE else simulator.state.webhooks
    record = next(iter(kept.values()))
    other = 99_999 if kind == CONNECTWISE else "99999999-0000-4000-8000-000000000000"
    kept[other] = {**record, "id": other}


def switched_off(kind: str, simulator: Any) -> None:
    kept: dict[Any, Any] = simulator.state.callbacks if kind == CONNECTWISE else simulator.state.webhooks
    for number, record in kept.items():
        kept[number] = {**record, **({"inactiveFlag": True} if kind == CONNECTWISE else {"active": False})}


@pytest.mark.parametrize("kind", MANAGED)
@pytest.mark.parametrize(
    ("plant", "says"),
    [(twice, "webhook\tis registered 2 times: run `"), (switched_off, "webhook\tis registered, but switched off")],
)
def test_a_registration_that_is_not_right_is_told_and_mended_by_the_command_that_is_named(
    plant: Callable[[str, Any], None], says: str, kind: str, nowhere: str
) -> None:
    simulator = KINDS[kind](SystemClock()).standard_desk()
    with simulator.serve():
        environ = {**environ_of(kind, simulator), "PUBLIC_URL": nowhere}
        assert told("migrate", environ).code == told("webhooks register", environ).code == 0
        plant(kind, simulator)
        found = told("check", environ)
        assert_clear(found, [f"error\t{kind}: {says}", f"run `escalator webhooks register {kind}`"], 1)
        assert len(errors_of(found)) == 1
        assert told("webhooks status", environ).code == 1
        assert told(f"webhooks register {kind}", environ).code == 0
        assert told("check", environ).code == 0


@pytest.mark.parametrize("kind", MANAGED)
def test_a_public_address_that_was_changed_since_is_told_with_both_remedies(kind: str, nowhere: str) -> None:
    simulator = KINDS[kind](SystemClock()).standard_desk()
    with simulator.serve():
        environ = {**environ_of(kind, simulator), "PUBLIC_URL": nowhere}
        assert told("migrate", environ).code == 0
        assert told("webhooks register", {**environ, "PUBLIC_URL": EARLIER}).code == 0
        found = told("check", environ)
        says = [
            f"error\t{kind}: webhook\tis not registered: run `escalator webhooks register {kind}`",
            f"warning\t{kind}: webhook elsewhere\t",
            f"looks like ours and leads to {EARLIER}/webhooks/{kind}",
        ]
        assert_clear(found, says, 1)
        [warning] = [line for line in lines(found, "warning") if "webhook elsewhere" in line]
        assert told(warning.rpartition("`escalator ")[2].removesuffix("`"), environ).code == 0
        assert told("webhooks register", environ).code == 0
        assert "elsewhere" not in told("check", environ).output


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(
    ("address", "severity", "says"),
    [
        (None, "warning", "is not set, so no webhook can be registered: changes are found by the poll alone"),
        ("https://no-such-host.invalid", "error", "no-such-host.invalid:443: the name is not known: correct it"),
        ("https://localhost:9", "warning", "leads to this machine alone: only a ticket system that runs here reaches"),
    ],
)
def test_a_public_address_that_leads_nowhere_is_told(address: str | None, severity: str, says: str) -> None:
    simulator = ConnectWise(SystemClock()).standard_desk()
    with simulator.serve():
        environ = environ_of(CONNECTWISE, simulator)
        assert told("migrate", environ).code == 0
        if address:
            environ["PUBLIC_URL"] = "https://desk.example"
            assert told("webhooks register", {**environ, "PUBLIC_URL": address}).code == 0
        found = told("check", {**environ, "PUBLIC_URL": address})
    assert [line for line in lines(found, severity) if line.startswith(f"{severity}\tPUBLIC_URL\t") and says in line]
    assert_clear(found, [], 1 if severity == "error" else 0)


@pytest.mark.parametrize("address", ["http://desk.example.com", "desk.example.com", "https://a@desk.example.com", "//"])
def test_a_public_address_that_can_be_none_is_refused_by_every_command(address: str) -> None:
    environ = {**environ_of(CONNECTWISE, ConnectWise(SystemClock())), "PUBLIC_URL": address}
    for command in ("check", "run", "web", "worker", "webhooks register"):
        assert_clear(told(command, environ), ["escalator: PUBLIC_URL: ", "expected an https address"], 2)


# -- rights that no reading proves -----------------------------------------------------------------------------

UNSEEN = {"unassigned_access": "unassigned tickets", "otheragent_access": "tickets of other agents"}


@pytest.mark.parametrize("access", UNSEEN)
def test_what_halos_agent_may_not_see_of_a_home_is_an_error(access: str) -> None:
    simulator = HaloPSA(SystemClock()).standard_desk()
    tier = next(team["id"] for team in simulator.state.teams.values() if team["name"] == "Tier 3")
    simulator.state.agents[simulator.api_agent]["teams"] = [{"team_id": tier, access: False}]
    with simulator.serve():
        found = told("check", environ_of(HALOPSA, simulator))
    assert_clear(found, ["error\thalopsa: home 'Tier 3'\t", f"our own agent may not see the {UNSEEN[access]} of"], 1)


UNTESTED: Mapping[str, Sequence[str]] = {
    CONNECTWISE: ["rights to write\tonly a write can prove Add and Edit: Service Desk > Service Tickets (Add, Edit)"],
    HALOPSA: [
        "rights to write\tonly a write can prove them: edit:tickets of the application; of the agent: to use the",
        "assignment\tour own agent is no member of First Touch, Tier 3, Sr IT and needs the right to assign to other",
    ],
    RT: [
        "rights to write\tonly a write can prove them: ReassignTicket",
        "home 'Tier 3'\tShowTicket, CommentOnTicket, ModifyTicket: no open ticket can be seen there; create one",
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_only_a_write_can_prove_is_listed_at_the_end_and_is_no_finding(kind: str) -> None:
    simulator = KINDS[kind](SystemClock()).standard_desk()
    if kind == RT:
        simulator.revoke(CONNECTOR_GROUP, "ShowTicket", queue="Tier 3")
    with simulator.serve():
        found = told("check", environ_of(kind, simulator))
    assert_clear(found, [f"not tested\t{kind}: {said}" for said in UNTESTED[kind]], 0)
    rows = [line.split("\t")[0] for line in found.output.splitlines()[:-1]]
    assert rows == sorted(rows, key=["error", "warning", "ok", "not tested"].index)
    counted = [rows.count(severity) for severity in ("warning", "ok", "not tested")]
    assert found.output.splitlines()[-1] == "No errors, {} warnings, {} fine, {} not tested.".format(*counted)


# -- clocks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("skew", "way"), [(400.0, "behind"), (-400.0, "ahead of")])
def test_a_clock_that_is_off_is_one_error(kind: str, skew: float, way: str) -> None:
    simulator = KINDS[kind](SystemClock()).standard_desk()
    simulator.faults.clock_skew = skew
    with simulator.serve():
        found = told("check", environ_of(kind, simulator))
    [error] = errors_of(found)
    assert error.startswith(f"error\t{kind}: clock\tthis host's clock is ")
    assert f" s {way} " in error
    assert_clear(found, ["limits would be judged wrongly"], 1)


# -- the targets of messages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["NOTIFY_URLS", "ALARM_URLS", "TIER_2_NOTIFY_URLS"])
def test_a_target_that_is_not_understood_is_told_by_its_place_alone(variable: str) -> None:
    simulator = ConnectWise(SystemClock()).standard_desk()
    with simulator.serve():
        given = "json://127.0.0.1:9/geheim-1,slak://geheim-2/b/c"
        found = told("check", {**environ_of(CONNECTWISE, simulator), variable: given})
    assert_clear(found, [f"error\t{variable}, target 2 (slak)\tthe address is not understood"], 1)
    assert f"not tested\t{variable}, target 1 (json)\tthe address is understood; as nothing is sent" in found.output
    assert "geheim-" not in found.output


# -- secrets ---------------------------------------------------------------------------------------------------

ODD = "a'b\"c #d$e\\f g\u00fc%h"


@pytest.mark.parametrize("how", ["variable", "file", ".env"])
@pytest.mark.parametrize("kind", MANAGED)
def test_a_secret_with_any_characters_reaches_the_ticket_system_as_it_is(kind: str, how: str, folder: Path) -> None:
    name = "CONNECTWISE_PRIVATE_KEY" if kind == CONNECTWISE else "HALOPSA_CLIENT_SECRET"
    made: Any = (
        ConnectWise(SystemClock(), private_key=ODD)
        if kind == CONNECTWISE
        else HaloPSA(SystemClock(), client_secret=ODD)
    )
    with made.standard_desk().serve():
        environ: Changes = environ_of(kind, made)
        if how == "file":
            (folder / "key").write_text(f"{ODD}\r\n", encoding="utf-8")
            environ = {**environ, name: None, f"{name}_FILE": "key"}
        if how == ".env":
            quoted = ODD.replace("\\", "\\\\").replace('"', '\\"')
            (folder / ".env").write_text(f'{name}="{quoted}"\n', encoding="utf-8")
            environ = {**environ, name: None}
        found = told("check", environ)
    assert found.code == 0, found.output
    assert ODD not in found.output
