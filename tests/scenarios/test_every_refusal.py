"""Every kind of refusal that lasts, on every system: told within 20 s, once; ``explain`` and health say which it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from connector.cli.main import cli
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import TicketId
from connector.systems.catalogue import ticket_systems
from tests.builders import at, minutes
from tests.connector.quiet_logging import logging_as_before
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.test_notifications import Recorder

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
CW, HALO, RT = "connectwise", "halopsa", "rt"
REFUSAL = "refusal"
MOVES = {"connectwise": ("PATCH", "tickets/"), "halopsa": ("POST", "Tickets$"), "rt": ("PUT", "ticket/")}


def no_right_for(method: str, path: str) -> Callable[[Simulation], None]:
    return lambda running: running.simulator.faults.forbid(method=method, path=path)


def refused_move(system: str, body: dict[str, Any]) -> Callable[[Simulation], None]:
    method, path = MOVES[system]
    return lambda running: running.simulator.faults.fail_next(None, 400, method=method, path=path, body=body)


def not_found_move(system: str) -> Callable[[Simulation], None]:
    """What the move names is gone: the ticket itself is there, and everything else is answered."""
    method, path = MOVES[system]
    return lambda running: running.simulator.faults.fail_next(None, 404, method=method, path=path, body=GONE[system])


def by_field(code: str, field: str, words: str) -> dict[str, Any]:
    """A ConnectWise 400."""
    problem = {"code": code, "message": words, "resource": "ticket", "field": field}
    return {"code": "InvalidObject", "message": "ticket object is invalid", "errors": [problem]}


def wrong_key(running: Simulation) -> None:
    running.simulator.faults.fail_next(None, 401)


def disable_queue(running: Simulation) -> None:
    running.simulator.queue(running.desk.homes[1]).is_disabled = True


def enable_queue(running: Simulation) -> None:
    running.simulator.queue(running.desk.homes[1]).is_disabled = False


def no_time_entries(running: Simulation) -> None:
    running.simulator.faults.all_notes_missing = True  # notes and time entries are asked for apart there
    running.simulator.faults.forbid(method="GET", path="time/entries")


@dataclass(frozen=True)
class Kind:
    """A refusal: on which system, how it comes about, what everybody may read of it, what only people who are told do.

    ``after``: how long it may last until it is told; ``mend`` ends it.
    """

    system: str
    begin: Callable[[Simulation], None]
    cause: str
    words: str = ""
    code: str = REFUSAL
    after: timedelta = timedelta(seconds=20)
    mend: Callable[[Simulation], None] = lambda running: running.simulator.faults.reset()


GONE: dict[str, Any] = {
    CW: {"code": "NotFound", "message": "Service Board 3 not found"},
    HALO: "No team with id 3 could be found.",
    RT: {"message": "Not Found"},
}
FULL = "The queue is full: 500 of 500 tickets are open."
DOWN = {"code": "connection_down", "after": timedelta(seconds=50)}  # 30 s of them it may be a moment's trouble

KINDS = {
    "cw: no right for notes": Kind(
        CW, no_right_for("POST", "notes"), "the right Service Desk > Service Tickets (Add, Edit) is missing"
    ),
    "cw: no right for moves": Kind(
        CW, no_right_for("PATCH", "tickets/"), "the right Service Desk > Service Tickets (Edit) is missing"
    ),
    "cw: required field": Kind(
        CW,
        refused_move(CW, by_field("MissingRequiredField", "type", "The type is required.")),
        "the field type is required",
        "The type is required.",
    ),
    "cw: status not on the board": Kind(
        CW,
        refused_move(CW, by_field("InvalidField", "status", "The status is not on the board.")),
        'ConnectWise refused the status "New" on board Tier 3',
        "The status is not on the board.",
    ),
    "cw: deleted board": Kind(
        CW,
        refused_move(CW, by_field("InvalidReference", "board", "The board is inactive.")),
        "ConnectWise refused the board Tier 3",
        "The board is inactive.",
    ),
    "cw: board deleted, answered 404": Kind(
        CW, not_found_move(CW), "the board Tier 3 > Seniors, or the status", "Service Board 3 not found"
    ),
    "cw: full queue": Kind(
        CW, refused_move(CW, {"code": "Failed", "message": FULL}), "ConnectWise refused what was sent", FULL
    ),
    "cw: assignee refused": Kind(
        CW,
        refused_move(CW, by_field("InvalidReference", "owner", "The member is inactive.")),
        "the field owner was refused",
        "The member is inactive.",
    ),
    "cw: wrong key": Kind(CW, wrong_key, "the keys are refused", **DOWN),
    "cw: no right to read notes": Kind(CW, no_right_for("GET", "otes$"), "the right Service Desk >"),
    "cw: no right to read time entries": Kind(CW, no_time_entries, "the right Time"),
    "halo: no right to read notes": Kind(HALO, no_right_for("GET", "Actions"), "is missing"),
    "rt: no right to read notes": Kind(RT, no_right_for("GET", "history|transaction"), "is missing"),
    "halo: no right for notes": Kind(HALO, no_right_for("POST", "Actions$"), "is missing"),
    "halo: no right for moves": Kind(HALO, no_right_for("POST", "Tickets$"), "the right edit:tickets"),
    "halo: required field": Kind(
        HALO,
        refused_move(HALO, {"error": "Please complete the field Category."}),
        "HaloPSA refused what was sent",
        "Please complete the field Category.",
    ),
    "halo: team deleted, answered 404": Kind(
        HALO, not_found_move(HALO), "the team Tier 3", "No team with id 3 could be found."
    ),
    "halo: full queue": Kind(HALO, refused_move(HALO, {"error": FULL}), "HaloPSA refused what was sent", FULL),
    "halo: wrong key": Kind(HALO, wrong_key, "the API application is refused", **DOWN),
    "rt: no right for notes": Kind(RT, no_right_for("POST", "comment$"), "is missing"),
    "rt: no right for moves": Kind(RT, no_right_for("PUT", "ticket/"), "the right ModifyTicket"),
    "rt: required field": Kind(
        RT,
        refused_move(RT, {"message": "Category: Input must match [Mandatory]"}),
        "RT refused what was sent",
        "Category: Input must match [Mandatory]",
    ),
    "rt: queue deleted, answered 404": Kind(RT, not_found_move(RT), "does not exist any more", "Not Found"),
    "rt: queue disabled": Kind(RT, disable_queue, "it is disabled", mend=enable_queue),
    "rt: full queue": Kind(RT, refused_move(RT, {"message": FULL}), "RT refused what was sent", FULL),
    "rt: wrong key": Kind(RT, wrong_key, "the token is refused", **DOWN),
}


def explained(running: Simulation, url: str, ticket: TicketId) -> Result:
    """What ``escalator explain`` answers on that database and that desk."""
    homes = {f"TIER_{n}_HOME": home for n, home in enumerate(running.desk.homes, 1)}
    given = {**running.desk.variables(), **homes, "WORK_TIME_ZONE": "UTC", "DATABASE_URL": url}
    result = CliRunner().invoke(cli, ["explain", running.desk.system, str(ticket)], env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


SYSTEM_OF = {"cw": CW, "halo": HALO, "rt": RT}
LONG = "wrong key"
"""With it the connection is down, and is tried each half minute until the key is right again."""

EACH = [
    pytest.param(what, SYSTEM_OF[short], marks=[pytest.mark.long] if what == LONG else [])
    for short, what in (name.split(": ") for name in KINDS)
]


@pytest.mark.parametrize(("what", "system"), EACH)
def test_a_refusal_that_lasts_is_told_at_once_and_by_name(
    what: str, system: str, sqlite_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kind,) = (kind for name, kind in KINDS.items() if name.endswith(f": {what}") and kind.system == system)
    notifier = Recorder(1)
    clock = VirtualClock(at("08:55"))
    desk = ticket_systems()[kind.system].simulated(clock)
    policy = at_desks(scenario_policy(), [desk])
    given: dict[str, Any] = {"desks": [desk], "clock": clock, "poll_every": minutes(600), "notifier": notifier}
    monkeypatch.chdir(tmp_path)
    with stage(clock.now(), policy, sqlite_url, attempts=1, **given) as running:
        running.run_until(at("09:00"))
        tickets = [desk.open_ticket(f"Payroll {n}", owner="tess") for n in range(2)]
        running.run_until(at("09:29"))
        kind.begin(running)
        running.run_until(at("09:30") + kind.after)
        told = [(title, text) for _, title, text in notifier.sent if kind.cause in title]
        assert len(told) == 1
        assert kind.words in told[0][1]
        status = requests.get(f"{running.url}/health/status", timeout=10).json()
        assert kind.cause in {one["code"]: one["message"] for one in status["reasons"]}[kind.code]
        assert all(secret not in str(status) for secret in ("Payroll", "Acme", "Tess", "127.0.0.1"))
        for ticket in tickets:
            said = explained(running, sqlite_url, ticket).stdout
            assert f"In the way ({kind.code}): " in said
            assert kind.cause in said
            assert kind.words in said
            assert f"docs/runbook.md#{kind.code}" in said
        running.run_until(at("11:30"))
        assert len([title for _, title, _ in notifier.sent if kind.cause in title]) == 1
        kind.mend(running)
        running.run_until(at("12:45"))
        assert all(desk.ticket(ticket).tier > 1 for ticket in tickets)
        status = requests.get(f"{running.url}/health/status", timeout=10).json()
        assert kind.code not in [one["code"] for one in status["reasons"]]
