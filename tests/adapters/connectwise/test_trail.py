"""The audit trail: who moved a ticket and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.line import Line
from adapters.connectwise.trail import TrailEntry, read_trail
from connector.errors import Forbidden, NotFound, PayloadError
from connector.model import Aspect, Doer, Severity, TicketId, Trace
from tests.adapters.connectwise.connected import START, Desk

FIVE_PAST = START + timedelta(minutes=5)


def client(desk: Desk) -> ConnectWiseClient:
    found = desk.system.line
    assert isinstance(found, Line)
    return found.client


def with_rows(desk: Desk, *rows: dict[str, Any]) -> list[TrailEntry]:
    """What is read of a trail that holds these entries."""
    ticket = desk.a_ticket()
    usual = {"enteredDate": "2026-03-02T09:05:00Z", "enteredBy": "tess"}
    desk.simulator.state.audit[int(ticket)] = [{**usual, **row} for row in rows]
    return read_trail(client(desk), ticket)


def test_it_tells_who_moved_a_ticket_and_when(desk: Desk) -> None:
    ticket = desk.a_ticket(owner="tess")
    desk.clock.advance(timedelta(minutes=5))
    desk.simulator.move(int(ticket), "Tier 3", "Seniors", by="tom")
    told = [entry for entry in read_trail(client(desk), ticket) if entry.at == FIVE_PAST]
    assert TrailEntry(FIVE_PAST, "tom", Aspect.PLACE, "Service Desk", "Tier 3") in told
    assert TrailEntry(FIVE_PAST, "tom", Aspect.PLACE, "First Touch", "Seniors") in told
    assert {entry.by for entry in told} == {"tom"}
    traces = desk.system.tickets.trail(ticket, FIVE_PAST)
    assert traces is not None
    assert Trace(FIVE_PAST, Aspect.PLACE, "Tier 3", "Tom Touch", Doer.PERSON, "Service Desk") in traces
    assert {trace.at for trace in traces} == {FIVE_PAST}


def test_it_tells_a_person_from_a_program_and_knows_when_it_cannot(desk: Desk) -> None:
    ticket = desk.a_ticket(owner="tess")
    desk.clock.advance(timedelta(minutes=5))
    for by in ("workflow", "dispatch"):
        desk.simulator.move(int(ticket), "Tier 3", "Seniors", by=by)
    desk.simulator.assign(int(ticket), None, by="tom")
    traces = desk.system.tickets.trail(ticket, FIVE_PAST)
    assert traces is not None
    assert {(trace.who, trace.by) for trace in traces} == {
        ("workflow", Doer.PROGRAM),
        ("dispatch", Doer.UNKNOWN),
        ("Tom Touch", Doer.PERSON),
    }
    assert [trace.new for trace in traces if trace.what is Aspect.OWNER] == [""]


def test_it_costs_one_call_and_none_while_a_ticket_is_read(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.system.tickets.read(ticket)
    assert not [call for call in desk.simulator.calls if "audittrail" in call.path]
    before = desk.system.line.calls
    read_trail(client(desk), ticket)
    assert desk.system.line.calls - before == 1


@pytest.mark.parametrize(
    ("text", "what", "old", "new"),
    [
        ('Status has been updated from "New" to "In Progress".', Aspect.STATUS, "New", "In Progress"),
        ("The Ticket Owner was changed from 'Tess Tech' to ''", Aspect.OWNER, "Tess Tech", ""),
        ('Priority has been updated from "Low" to "High"', Aspect.PRIORITY, "Low", "High"),
        ('Summary has been updated from "a" to "b".', None, "", ""),
        ('A note says: Status has been updated from "New" to "Done".', None, "", ""),
        ("Ticket created", None, "", ""),
        ("", None, "", ""),
        (None, None, "", ""),
        ("status " * 20_000, None, "", ""),
    ],
)
def test_what_is_not_in_known_words_is_told_with_who_and_when_alone(
    desk: Desk, text: str | None, what: Aspect | None, old: str, new: str
) -> None:
    assert with_rows(desk, {"text": text}) == [TrailEntry(FIVE_PAST, "tess", what, old, new)]


def test_it_is_read_oldest_first_and_to_its_end(desk: Desk) -> None:
    rows = [{"enteredDate": f"2026-03-02T{9 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"} for n in range(1200)]
    found = with_rows(desk, *reversed(rows))
    assert len(found) == 1200
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)


def test_an_entry_without_a_time_is_an_error(desk: Desk) -> None:
    with pytest.raises(PayloadError, match="audit trail: enteredDate"):
        with_rows(desk, {"enteredDate": None})


def test_a_missing_right_is_named_and_check_warns(desk: Desk) -> None:
    ticket = desk.a_ticket()
    assert {one.subject: one.severity for one in desk.system.line.check()}["audit trail"] is Severity.OK
    desk.simulator.faults.forbid(path="audittrail")
    with pytest.raises(Forbidden, match="Service Tickets"):
        desk.system.tickets.trail(ticket, START)
    found = {one.subject: one for one in desk.system.line.check()}["audit trail"]
    assert (found.severity, "moves a ticket back" in found.message) == (Severity.WARNING, True)


def test_what_is_no_number_is_no_ticket(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.system.tickets.trail(TicketId("1 or 1=1"), START)
