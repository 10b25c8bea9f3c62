"""Names, people and the poll on the strict simulator, over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.halopsa.system import HaloPsa
from connector.errors import UnknownName
from connector.model import (
    Ref,
    StatusGroup,
)
from tests.adapters.halopsa.simulated import START, Site


@pytest.mark.parametrize("name", ["Tess Tech", "tess  tech", "tess@example.com", "TESS@EXAMPLE.COM"])
def test_a_member_is_named_by_name_or_mail(system: HaloPsa, name: str) -> None:
    assert system.member(name).name == "Tess Tech"


def test_a_member_is_named_by_id_too_and_a_miss_names_what_is_near(system: HaloPsa) -> None:
    tess = system.member("Tess Tech")
    assert system.member(tess.id) == tess
    assert system.member("Gus Gone").is_active is False
    with pytest.raises(UnknownName, match="did you mean 'Tess Tech'"):
        system.member("Tess Tesh")
    with pytest.raises(UnknownName):
        system.member("Unassigned")


def test_agents_of_the_same_name_are_told_apart_by_mail(site: Site, system: HaloPsa) -> None:
    site.simulator.add_agent("Sam Senior", ("Tier 3",), email="sam.two@example.com")
    with pytest.raises(UnknownName, match="unambiguous agent"):
        system.member("Sam Senior")
    second = system.member("sam.two@example.com")
    assert second.identifier == "sam.two@example.com"
    ticket = site.a_ticket()
    site.simulator.add_note(int(ticket), "hello", int(second.id))
    (entry,) = system.read(ticket).entries
    assert entry.author.identifier == second.identifier


def test_homes_statuses_and_priorities_are_found_by_name(site: Site, system: HaloPsa) -> None:
    place = system.locate("tier 3")
    assert (str(place), place.key.isdigit()) == ("Tier 3", True)
    assert system.status_in(place, "plan made").group is StatusGroup.PLANNED
    assert system.status_in(place, "New").id == "1"  # not that of another kind
    assert system.priority("critical") == Ref("1", "Critical")
    assert system.arrival_status(place, system.status_in(place, "With User")) is None
    for ask in (
        lambda: system.locate("Tier 4"),
        lambda: system.locate("Night Shift"),
        lambda: system.status_in(place, "Newer"),
        lambda: system.priority("Urgent"),
    ):
        with pytest.raises(UnknownName):
            ask()
    site.simulator.add_priority(7, "Critical", sla=3)
    later = site.connected()
    with pytest.raises(UnknownName, match="unambiguous priority"):
        later.priority("Critical")
    later.close()


def test_the_people_of_a_team_come_with_their_load(site: Site, system: HaloPsa) -> None:
    for agent in ("Sam Senior", "Sam Senior", "Maria Desk", "Tess Tech"):
        site.a_ticket(agent=agent)
    closed = site.a_ticket(agent="Maria Desk")
    site.simulator.set_status(int(closed), "Closed")
    loads = {person.identifier: person.open_tickets for person in system.people(system.locate("Tier 3"))}
    assert loads == {"Maria Desk": 1, "Sam Senior": 2, "Sofia Senior": 0}
    site.faults.filters_ignored = True
    assert [person.open_tickets for person in system.people(system.locate("Sr IT"))] == [0]
    assert [person.name for person in system.people(system.locate("First Touch"))] == ["Tess Tech", "Tom Touch"]
    site.simulator.add_team("Empty")
    again = site.connected()
    assert again.people(again.locate("Empty")) == []
    again.close()


def test_a_team_without_a_list_of_agents_is_known_from_the_agents(site: Site, system: HaloPsa) -> None:
    site.faults.team_agents_missing = True
    assert [person.name for person in system.people(system.locate("Sr IT"))] == ["Irene Systems"]


def test_a_renamed_team_keeps_its_id(site: Site, system: HaloPsa) -> None:
    place = system.locate("Tier 3")
    ticket = site.a_ticket(team="Tier 3")
    site.simulator.rename_team("Tier 3", "Third Line")
    assert system.read(ticket).place.key == place.key


# The poll


@pytest.mark.parametrize("is_ignored", [True, False])
def test_the_poll_is_complete_and_does_not_trust_the_filter(site: Site, system: HaloPsa, is_ignored: bool) -> None:
    old = site.a_ticket()
    site.later(30)
    fresh = [site.a_ticket() for _ in range(5)]
    closed = site.a_ticket()
    site.simulator.set_status(int(closed), "Closed")
    site.faults.filters_ignored = is_ignored
    site.faults.page_size_cut = 2
    found = list(system.changed_since(START + timedelta(minutes=20)))
    assert [one.id for one in found] == [*fresh, closed]
    assert {one.updated_at for one in found} == {START + timedelta(minutes=30)}
    assert old not in {one.id for one in found}


def test_a_ticket_of_the_poll_without_a_readable_date_is_looked_at(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.simulator.distort(int(ticket), last_update=None, lastactiondate=None)
    site.faults.filters_ignored = True
    site.later(30)
    assert [one.id for one in system.changed_since(START + timedelta(minutes=20))] == [ticket]


@pytest.mark.parametrize("is_ignored", [True, False])
def test_the_open_tickets_of_some_teams_are_listed(site: Site, system: HaloPsa, is_ignored: bool) -> None:
    first, _, third = (site.a_ticket(team=team) for team in ("First Touch", "Tier 3", "Sr IT"))
    closed = site.a_ticket(team="Sr IT")
    site.simulator.set_status(int(closed), "Closed")
    site.faults.filters_ignored = is_ignored
    places = [system.locate("First Touch"), system.locate("Sr IT")]
    found = {one.id for one in system.open_tickets(places)}
    assert found - {closed} == {first, third}
    assert list(system.open_tickets([])) == []
