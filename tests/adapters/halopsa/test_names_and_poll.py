"""Names, people and the poll on the strict simulator, over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import Forbidden, UnknownName
from connector.model import (
    Ref,
    StatusGroup,
)
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import START, Site


@pytest.mark.parametrize("name", ["Tess Tech", "tess  tech", "tess@example.com", "TESS@EXAMPLE.COM"])
def test_a_member_is_named_by_name_or_mail(system: TicketSystem, name: str) -> None:
    assert system.directory.member(name).name == "Tess Tech"


def test_a_member_is_named_by_id_too_and_a_miss_names_what_is_near(system: TicketSystem) -> None:
    tess = system.directory.member("Tess Tech")
    assert system.directory.member(tess.id) == tess
    assert system.directory.member("Gus Gone").is_active is False
    with pytest.raises(UnknownName, match="did you mean 'Tess Tech'"):
        system.directory.member("Tess Tesh")
    with pytest.raises(UnknownName):
        system.directory.member("Unassigned")


def test_agents_of_the_same_name_are_told_apart_by_mail(site: Site, system: TicketSystem) -> None:
    site.simulator.add_agent("Sam Senior", ("Tier 3",), email="sam.two@example.com")
    with pytest.raises(UnknownName, match="unambiguous agent"):
        system.directory.member("Sam Senior")
    second = system.directory.member("sam.two@example.com")
    assert second.identifier == "sam.two@example.com"
    ticket = site.a_ticket()
    site.simulator.add_note(int(ticket), "hello", int(second.id))
    (entry,) = system.tickets.read(ticket).entries
    assert entry.author.identifier == second.identifier


def test_homes_statuses_and_priorities_are_found_by_name(site: Site, system: TicketSystem) -> None:
    place = system.directory.locate("tier 3")
    assert (str(place), place.key.isdigit()) == ("Tier 3", True)
    assert system.directory.status_in(place, "plan made").group is StatusGroup.PLANNED
    assert system.directory.status_in(place, "New").id == "1"  # not that of another kind
    assert system.directory.priority("critical") == Ref("1", "Critical")
    assert system.directory.arrival_status(place, system.directory.status_in(place, "With User")) is None
    for ask in (
        lambda: system.directory.locate("Tier 4"),
        lambda: system.directory.locate("Night Shift"),
        lambda: system.directory.status_in(place, "Newer"),
        lambda: system.directory.priority("Urgent"),
    ):
        with pytest.raises(UnknownName):
            ask()
    site.simulator.add_priority(7, "Critical", sla=3)
    later = site.connected()
    with pytest.raises(UnknownName, match="unambiguous priority"):
        later.directory.priority("Critical")
    later.line.close()


def test_places_are_the_active_teams_of_which_there_is_one_of_a_name(site: Site, system: TicketSystem) -> None:
    for name in ("Tier 3", "Voice / Netz"):
        site.simulator.add_team(name)
    site.simulator.add_team("Sr IT", inactive=True)
    places = [str(place) for place in system.directory.places()]
    assert places == ["1st Line Support", "First Touch", "Sr IT", "Dispatch", "Voice / Netz"]


def test_priorities_are_those_that_some_service_level_offers(site: Site, system: TicketSystem) -> None:
    site.simulator.add_priority(7, "High", sla=3)  # of two numbers: nobody could say which
    site.simulator.add_priority(5, "Retired", sla=3)
    site.simulator.add_priority(6, "Planned", sla=3)
    (retired,) = (one for one in site.simulator.state.priorities if one["name"] == "Retired")
    retired["ishidden"] = True
    assert system.directory.priorities() == [
        Ref("1", "Critical"),
        Ref("3", "Medium"),
        Ref("4", "Low"),
        Ref("6", "Planned"),
    ]


def test_a_list_of_teams_that_may_not_be_read_is_told(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(path="^Team$")
    with pytest.raises(Forbidden, match="read the teams"):
        system.directory.places()


def test_the_people_of_a_team_come_with_their_load(site: Site, system: TicketSystem) -> None:
    for agent in ("Sam Senior", "Sam Senior", "Maria Desk", "Tess Tech"):
        site.a_ticket(agent=agent)
    closed = site.a_ticket(agent="Maria Desk")
    site.simulator.set_status(int(closed), "Closed")
    loads = {
        person.identifier: person.open_tickets for person in system.directory.people(system.directory.locate("Tier 3"))
    }
    assert loads == {"Maria Desk": 1, "Sam Senior": 2, "Sofia Senior": 0}
    site.faults.filters_ignored = True
    assert [person.open_tickets for person in system.directory.people(system.directory.locate("Sr IT"))] == [0]
    assert [person.name for person in system.directory.people(system.directory.locate("First Touch"))] == [
        "Tess Tech",
        "Tom Touch",
    ]
    site.simulator.add_team("Empty")
    again = site.connected()
    assert again.directory.people(again.directory.locate("Empty")) == []
    again.line.close()


def test_a_team_without_a_list_of_agents_is_known_from_the_agents(site: Site, system: TicketSystem) -> None:
    site.faults.team_agents_missing = True
    assert [person.name for person in system.directory.people(system.directory.locate("Sr IT"))] == ["Irene Systems"]


def test_a_renamed_team_keeps_its_id(site: Site, system: TicketSystem) -> None:
    place = system.directory.locate("Tier 3")
    ticket = site.a_ticket(team="Tier 3")
    site.simulator.rename_team("Tier 3", "Third Line")
    assert system.tickets.read(ticket).place.key == place.key


# The poll


@pytest.mark.parametrize("is_ignored", [True, False])
def test_the_poll_is_complete_and_does_not_trust_the_filter(site: Site, system: TicketSystem, is_ignored: bool) -> None:
    old = site.a_ticket()
    site.later(30)
    fresh = [site.a_ticket() for _ in range(5)]
    closed = site.a_ticket()
    site.simulator.set_status(int(closed), "Closed")
    site.faults.filters_ignored = is_ignored
    site.faults.page_size_cut = 2
    found = list(system.tickets.changed_since(START + timedelta(minutes=20)))
    assert [one.id for one in found] == [*fresh, closed]
    assert {one.updated_at for one in found} == {START + timedelta(minutes=30)}
    assert old not in {one.id for one in found}


def test_a_ticket_of_the_poll_without_a_readable_date_is_looked_at(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.simulator.distort(int(ticket), last_update=None, lastactiondate=None)
    site.faults.filters_ignored = True
    site.later(30)
    assert [one.id for one in system.tickets.changed_since(START + timedelta(minutes=20))] == [ticket]


@pytest.mark.parametrize("is_ignored", [True, False])
def test_the_open_tickets_of_some_teams_are_listed(site: Site, system: TicketSystem, is_ignored: bool) -> None:
    first, _, third = (site.a_ticket(team=team) for team in ("First Touch", "Tier 3", "Sr IT"))
    closed = site.a_ticket(team="Sr IT")
    site.simulator.set_status(int(closed), "Closed")
    site.faults.filters_ignored = is_ignored
    places = [system.directory.locate("First Touch"), system.directory.locate("Sr IT")]
    found = {one.id for one in system.tickets.open_tickets(places)}
    assert found - {closed} == {first, third}
    assert list(system.tickets.open_tickets([])) == []
