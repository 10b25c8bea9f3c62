"""The poll's filter: proven with the newest ticket, and done without where it finds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.halopsa.simulation import ticket_routes
from connector.model import Finding, Severity, TicketId
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import START, Site


def found(system: TicketSystem, minutes: float = 20) -> set[TicketId]:
    rows = [one.id for one in system.tickets.changed_since(START + timedelta(minutes=minutes))]
    assert len(rows) == len(set(rows))
    return set(rows)


def finding(system: TicketSystem) -> Finding:
    (one,) = [finding for finding in system.line.check() if finding.subject == "poll"]
    return one


def some_tickets(site: Site) -> set[TicketId]:
    """Old ones, fresh ones, an old one that changed and a fresh one that is closed; what is to be found of them."""
    old = [site.a_ticket() for _ in range(3)]
    site.later(30)
    fresh = {site.a_ticket() for _ in range(3)}
    site.simulator.add_note(int(old[0]), "Looked at it", "Tess Tech")
    closed = site.a_ticket()
    site.simulator.set_status(int(closed), "Closed")
    return {*fresh, old[0], closed}


@pytest.mark.parametrize("understood", [{"bare", "Z"}, {"bare"}, {"Z"}, set()])
def test_everything_that_changed_is_found_in_whatever_form_the_filter_takes_a_moment(
    site: Site, system: TicketSystem, understood: set[str]
) -> None:
    wanted = some_tickets(site)
    site.faults.dates_understood = frozenset(understood)
    site.faults.page_size_cut = 2
    assert found(system) == wanted
    severity = Severity.OK if understood else Severity.WARNING
    assert finding(system).severity is severity


def test_the_form_is_proven_once_and_not_with_each_poll(site: Site, system: TicketSystem) -> None:
    some_tickets(site)
    site.faults.dates_understood = frozenset({"Z"})
    found(system)
    site.simulator.forget_calls()
    assert found(system)
    assert len(site.simulator.calls) == 1


def test_a_filter_that_finds_nothing_is_said_and_what_it_costs(site: Site, system: TicketSystem) -> None:
    site.a_ticket()
    site.faults.dates_understood = frozenset()
    assert "does not find the newest ticket by its own time" in finding(system).message
    site.faults.dates_understood = frozenset({"Z"})
    assert "with Z" in finding(system).message


def test_without_a_filter_no_more_pages_are_read_than_are_needed(site: Site, system: TicketSystem) -> None:
    for _ in range(10):
        site.a_ticket()
    site.later(30)
    fresh = {site.a_ticket() for _ in range(3)}
    site.faults.dates_understood = frozenset()
    site.faults.page_size_cut = 2
    found(system)
    site.simulator.forget_calls()
    assert found(system) == fresh
    assert len(site.simulator.calls) == 2


def test_where_the_order_is_not_kept_either_everything_is_read(
    site: Site, system: TicketSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = some_tickets(site)
    site.faults.dates_understood = frozenset()
    site.faults.page_size_cut = 2
    monkeypatch.setattr(ticket_routes, "_SORTS", frozenset({"id"}))
    assert found(system) == wanted


def test_without_a_ticket_there_is_nothing_to_prove_it_with(site: Site, system: TicketSystem) -> None:
    assert found(system) == set()
    assert finding(system).severity is Severity.OK


def test_a_poll_that_may_not_be_made_is_a_finding(site: Site, system: TicketSystem) -> None:
    site.a_ticket()
    site.faults.fail_next(1, 403, path="^Tickets$")
    site.faults.forbid(path="^Tickets$")
    found_ = {finding.subject: finding for finding in system.line.check()}
    assert found_["tickets"].severity is Severity.ERROR
    assert "poll" not in found_  # it stands on the same right


def test_a_closed_ticket_is_no_absent_one(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.simulator.set_status(int(ticket), "Closed")
    site.faults.fail_next(1, 404, path="Tickets/")
    with pytest.raises(Exception, match="yet the instance lists it"):
        system.tickets.read(ticket)
