"""Names, searches, people and the checks, on the simulator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.request_tracker.mapping import STANDARD_STATUSES
from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP, HOMES
from adapters.request_tracker.simulation.records import Queue
from connector.errors import Forbidden, Permanent, Temporary, UnknownName
from connector.model import Aspect, Finding, Lane, Severity, StatusGroup, TicketId
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from tests.adapters.request_tracker.simulated import NINE, Site


def test_the_connection_keeps_the_contract_and_is_in_the_registry(site: Site) -> None:
    entry = ticket_systems()["rt"]
    settings = entry.settings_from(site.simulator.environment())
    system: TicketSystem = entry.connect(settings, HOMES, None, site.clock)  # type: ignore[arg-type]  # RT has no keys
    assert (system.kind, system.manages_webhooks, system.can_add_people) == ("rt", False, True)
    assert system.line.calls == 0
    assert system.tickets.read(site.ticket()).history_of == frozenset(Aspect)
    system.line.close()


def test_webhooks_are_installed_by_hand(site: Site) -> None:
    for call in (site.system.webhooks.registrations, site.system.webhooks.register, site.system.webhooks.remove):
        with pytest.raises(Permanent, match="contrib/request-tracker"):
            call()
    with pytest.raises(Permanent, match="no key to fetch"):
        site.system.webhooks.learn_key("x")


# Names


@pytest.mark.parametrize("name", ["Network / Voice", "network  / voice"])
def test_a_queue_with_a_slash_in_its_name_is_located(site: Site, name: str) -> None:
    assert str(site.system.directory.locate(name)) == "Network / Voice"


def test_a_disabled_queue_is_no_home(site: Site) -> None:
    site.simulator.queue("Tier 3").is_disabled = True
    with pytest.raises(UnknownName):
        site.system.directory.locate("Tier 3")


def test_a_queue_that_may_not_be_seen_is_none(site: Site) -> None:
    site.simulator.revoke(CONNECTOR_GROUP, "SeeQueue")
    site.simulator.grant(CONNECTOR_GROUP, "SeeQueue", queue="Tier 3")
    assert str(site.system.directory.locate("Tier 3")) == "Tier 3"
    with pytest.raises(UnknownName):
        site.system.directory.locate("First Touch")


def test_many_queues_are_listed_over_pages(site: Site) -> None:
    for n in range(150):
        site.simulator.add_queue(f"Project {n}")
    assert str(site.system.directory.locate("Project 149")) == "Project 149"
    assert [path for _, path in site.calls()].count("queues/all") == 2


def test_a_queue_made_later_is_found_after_a_while(site: Site) -> None:
    site.home(1)
    site.simulator.add_queue("New")
    with pytest.raises(UnknownName):
        site.system.directory.locate("New")
    site.clock.advance(timedelta(seconds=31))
    assert str(site.system.directory.locate("New")) == "New"


def test_two_queues_that_differ_in_case_only_are_told_apart_or_refused(site: Site) -> None:
    site.simulator.add_queue("TIER 3")
    assert str(site.home(2)) == "Tier 3"
    with pytest.raises(UnknownName, match="unambiguous queue"):
        site.system.directory.locate("tier 3")


def test_members_are_found_active_or_not_and_near_names_are_told(site: Site) -> None:
    assert site.member("tess").is_active
    assert site.member("TESS").identifier == "tess"
    assert not site.member("gone").is_active
    with pytest.raises(UnknownName, match="did you mean 'tess'"):
        site.member("tess2")


def test_two_users_that_differ_in_case_only_are_refused(site: Site) -> None:
    site.simulator.add_user("Tess", "Tess Other")
    assert site.member("tess").name == "Tess Tech"
    with pytest.raises(UnknownName, match="unambiguous user"):
        site.member("TESS")


def test_a_list_of_users_that_is_not_filtered_is_filtered_here(site: Site) -> None:
    everybody = site.call("escalator", "GET", "users", fields="id,Name,RealName", per_page="100").get_json()
    site.faults.fail_next(2, 200, path="^users$", body=everybody)
    assert site.member("sam").name == "Sam Senior"


def test_priorities_have_names_and_numbers(site: Site) -> None:
    assert site.system.directory.priority("medium").id == "50"
    assert site.system.directory.priority("77").name == "Medium"
    with pytest.raises(UnknownName, match="did you mean 'High'"):
        site.system.directory.priority("Hihg")


def test_statuses_are_rts_own_or_those_that_a_ticket_is_in(site: Site) -> None:
    place = site.home(1)
    assert site.system.directory.status_in(place, "Stalled").group is StatusGroup.WAITING
    with pytest.raises(UnknownName, match="did you mean 'resolved'"):
        site.system.directory.status_in(place, "resovled")
    site.simulator.state.statuses["default"] += ("parts",)
    with pytest.raises(UnknownName):
        site.system.directory.status_in(place, "Parts")
    site.desk.set_status_named(site.ticket(), "tess", "parts")
    assert site.system.directory.status_in(place, "Parts").id == "parts"


def own_life(site: Site) -> Queue:
    """A queue whose life cycle has none of RT's own statuses."""
    site.simulator.add_life_cycle("field", ["fresh", "on site", "waiting for parts"], ["invoiced", "done"])
    queue = site.simulator.add_queue("Field", life_cycle="field")
    for crew in HOMES:
        site.simulator.grant(f"{crew} crew", "ModifyTicket", queue="Field")
    return queue


def in_status(site: Site, queue: Queue, status: str) -> TicketId:
    with site.simulator.state.acting() as now:
        ticket, _ = site.simulator.actions.create(site.simulator.user("tess"), queue, status, now, status=status)
    return TicketId(str(ticket.id))


def test_why_a_status_is_in_its_group(site: Site) -> None:
    queue = own_life(site)
    for status in ("on site", "waiting for parts", "invoiced", "done"):
        in_status(site, queue, status)
    placed = {one.status.name: one for one in site.system.directory.statuses(site.system.directory.locate("Field"))}
    own = {name: (one.status.group, one.is_assumed) for name, one in placed.items() if name not in STANDARD_STATUSES}
    assert own == {
        "on site": (StatusGroup.WORKING, True),
        "waiting for parts": (StatusGroup.WAITING, True),
        "invoiced": (StatusGroup.CLOSED, False),
        "done": (StatusGroup.RESOLVED, False),
    }
    assert placed["stalled"].why == "RT's own life cycle has a status of this name"
    assert placed["invoiced"].why == "its life cycle counts it as inactive"
    assert "on site" not in {one.status.name for one in site.system.directory.statuses(site.home(2))}


def test_a_ticket_in_a_status_of_the_sites_own_is_read_with_what_it_means(site: Site) -> None:
    queue = own_life(site)
    groups = {}
    for status in ("fresh", "waiting for parts", "invoiced", "done"):
        record = site.system.tickets.read(in_status(site, queue, status))
        groups[status] = record.status.group
        assert record.status == site.system.directory.status_in(record.place, status)
    assert list(groups.values()) == [
        StatusGroup.WORKING,
        StatusGroup.WAITING,
        StatusGroup.CLOSED,
        StatusGroup.RESOLVED,
    ]
    site.calls()
    site.system.tickets.read(in_status(site, queue, "invoiced"))
    assert "tickets" not in [path for _, path in site.calls()], "what a status means is kept"


def test_a_name_that_is_over_in_one_life_cycle_and_open_in_another_is_open(site: Site) -> None:
    queue = own_life(site)
    over = in_status(site, queue, "invoiced")
    site.faults.fail_next(1, 200, path="^tickets$", body={"items": [{"id": "1", "Status": "invoiced"}], "total": 1})
    site.faults.fail_next(1, 200, path="^tickets$", body={"items": [{"id": "2", "Status": "invoiced"}], "total": 1})
    assert site.system.tickets.read(over).status.group is StatusGroup.WORKING


@pytest.mark.parametrize("odd", ["", "x' OR id > 0 OR Status = 'y", "a\\"])
def test_what_would_break_a_query_is_no_status(site: Site, odd: str) -> None:
    place = site.home(1)
    site.calls()
    with pytest.raises(UnknownName):
        site.system.directory.status_in(place, odd)
    assert site.calls() == []


def test_the_present_status_may_stay_on_arrival(site: Site) -> None:
    place = site.home(2)
    assert site.system.directory.arrival_status(place, site.system.directory.status_in(place, "open")) is None


# People


def test_the_people_of_a_queue_are_its_watchers_with_their_open_tickets(site: Site) -> None:
    first, second = site.ticket(tier=2, owner="sam"), site.ticket(tier=2, owner="sam")
    site.desk.set_status(site.ticket(tier=2, owner="sam"), "sam", StatusGroup.RESOLVED)
    assert first != second
    found = site.system.directory.people(site.home(2))
    assert [(one.identifier, one.open_tickets) for one in found] == [("maria", 0), ("sam", 2), ("sofia", 0)]


def test_people_come_through_groups_of_groups_once_and_without_the_connector(site: Site) -> None:
    inner = site.simulator.group("Tier 3 crew")
    outer = site.simulator.add_group("Everybody", ["adam", "sam", "gone", "escalator"])
    outer.members.append(("group", inner.id))
    inner.members.append(("group", outer.id))
    queue = site.simulator.queue("Sr IT")
    queue.admin_cc = [("group", outer.id), ("user", site.simulator.user("irene").id)]
    found = site.system.directory.people(site.home(3))
    assert [one.identifier for one in found] == ["adam", "irene", "maria", "sam", "sofia"]


def test_a_queue_without_watchers_has_no_people(site: Site) -> None:
    assert site.system.directory.people(site.system.directory.locate("Network / Voice")) == []


def test_the_right_to_see_groups_is_named_when_it_is_missing(site: Site) -> None:
    site.simulator.revoke(CONNECTOR_GROUP, "SeeGroup")
    with pytest.raises(Forbidden, match="SeeGroup"):
        site.system.directory.people(site.home(2))


# Searches


def found_since(site: Site, moment: datetime) -> set[TicketId]:
    return {found.id for found in site.system.tickets.changed_since(moment)}


def test_changes_of_the_same_second_are_all_found(site: Site) -> None:
    first, second = site.ticket(), site.ticket()
    assert found_since(site, site.clock.now()) == {first, second}
    assert found_since(site, site.clock.now() + timedelta(seconds=1)) == set()


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "", "Nowhere/Nothing"])
def test_changes_are_found_in_whatever_zone_rt_reads_the_dates(site: Site, zone: str) -> None:
    site.simulator.user("escalator").zone = zone if zone != "Nowhere/Nothing" else "UTC"
    site.ticket("An old one")
    site.clock.advance(timedelta(hours=1))
    ticket = site.ticket()
    assert found_since(site, site.clock.now()) == {ticket}


def test_a_date_that_rt_cannot_read_would_find_everything_and_is_compared_here(site: Site) -> None:
    site.ticket()
    everything = site.call("escalator", "GET", "tickets", query="LastUpdated >= 'soon'", fields="LastUpdated")
    assert everything.get_json()["total"] == 1
    site.faults.fail_next(1, 200, path="^tickets$", body=everything.get_json())
    assert found_since(site, NINE + timedelta(hours=1)) == set()


def test_a_date_in_the_usual_form_counts_as_its_day(site: Site) -> None:
    site.ticket()
    found = site.call("escalator", "GET", "tickets", query="LastUpdated > '2026-03-02T23:00:00Z'").get_json()
    assert found["total"] == 1


@pytest.mark.parametrize("late", [False, True])
def test_all_tickets_are_found_though_pages_come_back_short(site: Site, late: bool) -> None:
    site.faults.rights_after_paging = late
    site.simulator.revoke(CONNECTOR_GROUP, "ShowTicket")
    for home in HOMES:
        site.simulator.grant(CONNECTOR_GROUP, "ShowTicket", queue=home)
    expected = set()
    queues = [site.simulator.queue(name) for name in ("Network / Voice", "First Touch")]
    tess = site.simulator.user("tess")
    with site.simulator.state.acting() as now:
        for n in range(450):
            # Long stretches of what may not be seen.
            queue = queues[n % 250 > 200]
            ticket, _ = site.simulator.actions.create(tess, queue, f"{n}", now)
            if queue.name == "First Touch":
                expected.add(TicketId(str(ticket.id)))
    assert len(expected) == 49
    assert found_since(site, NINE) == expected
    assert {found.id for found in site.system.tickets.open_tickets([site.home(1)])} == expected


def test_open_tickets_are_those_that_are_not_over(site: Site) -> None:
    new, waiting, done, elsewhere = site.ticket(), site.ticket(), site.ticket(), site.ticket(tier=2)
    site.desk.set_status(waiting, "tess", StatusGroup.WAITING)
    site.desk.set_status(done, "tess", StatusGroup.RESOLVED)
    places = [site.home(1), site.home(3)]
    assert {found.id for found in site.system.tickets.open_tickets(places)} == {new, waiting}
    assert {found.id for found in site.system.tickets.open_tickets([site.home(2)])} == {elsewhere}
    assert list(site.system.tickets.open_tickets([])) == []


def test_a_ticket_with_an_odd_time_is_looked_at_all_the_same(site: Site) -> None:
    site.faults.fail_next(1, 200, path="^tickets$", body={"items": [{"id": "7", "LastUpdated": "soon"}], "total": 1})
    assert found_since(site, NINE) == {"7"}


def test_reminders_are_found_by_no_search(site: Site) -> None:
    site.call("tess", "POST", "ticket", {"Queue": "First Touch", "Subject": "x", "Type": "reminder"})
    assert found_since(site, NINE) == set()


# Checks


def checked(site: Site, **changes: Any) -> dict[str, Finding]:
    return {finding.subject: finding for finding in site.connect(**changes).line.check()}


def test_a_sound_connection_has_no_findings_but_good_ones(site: Site) -> None:
    for tier in (1, 2, 3):
        site.ticket(tier=tier)
    found = checked(site)
    untested = [subject for subject, finding in found.items() if finding.severity is Severity.UNTESTED]
    assert untested == ["rights to write"]
    assert {finding.severity for finding in found.values()} == {Severity.OK, Severity.UNTESTED}
    assert found["home 'Tier 3'"].message == "its tickets can be read, commented on and moved"
    assert found["rights to write"].message.startswith("only a write can prove them: Reassign")


def test_wrong_credentials_end_the_check(site: Site) -> None:
    found = checked(site, token="1-14-ffffffffffffffffffffffffffffffff")
    assert [finding.severity for finding in found.values()] == [Severity.ERROR]
    assert "RT_TOKEN" in found["site"].message


def test_what_is_no_rt_ends_the_check(site: Site) -> None:
    site.faults.fail_next(None, 200, path="^rt$", body={"hello": "world"})
    assert "does not look like RT" in checked(site)["site"].message


@pytest.mark.parametrize(("skew", "way"), [(300.0, "behind"), (-300.0, "ahead of")])
def test_clocks_that_differ_are_told(site: Site, skew: float, way: str) -> None:
    site.faults.clock_skew = skew
    assert f"300 s {way} RT's" in checked(site)["clock"].message


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", ""])
def test_a_zone_that_searches_do_not_fit_is_proven(site: Site, zone: str) -> None:
    site.ticket()
    account = site.simulator.user("escalator")
    account.zone = zone
    found = checked(site)["time zone"]
    if zone:
        assert (found.severity, "UTC is safer" in found.message) == (Severity.WARNING, True)
    else:
        assert found.severity is Severity.WARNING
    # RT says one zone and reads dates in another: only the searches tell.
    site.faults.fail_next(None, 200, path="^user/", body={"Name": "escalator", "Timezone": "Europe/Berlin"})
    account.zone = "UTC"
    found = checked(site)["time zone"]
    assert found.severity is Severity.ERROR
    assert "set the Timezone of the connector's account to UTC" in found.message


def test_without_a_ticket_the_zone_cannot_be_proven(site: Site) -> None:
    assert checked(site)["time zone"].severity is Severity.UNTESTED


def test_a_missing_field_of_notes_is_told(site: Site) -> None:
    site.simulator.state.has_note_key = False
    found = checked(site)["field of notes"]
    assert found.severity is Severity.WARNING
    assert "contrib/request-tracker" in found.message


@pytest.mark.parametrize(
    ("right", "named"),
    [
        ("CommentOnTicket", "needs CommentOnTicket there"),
        ("ModifyTicket", "needs ModifyTicket there"),
        ("ShowTicket", "ShowTicket, CommentOnTicket, ModifyTicket: no open ticket can be seen there; create one"),
    ],
)
def test_a_right_that_is_missing_at_a_home_is_named(site: Site, right: str, named: str) -> None:
    site.ticket()
    site.simulator.revoke(CONNECTOR_GROUP, right)
    assert named in checked(site)["home 'First Touch'"].message


def test_a_home_where_nothing_can_be_moved_to_and_one_that_is_not_there_are_errors(site: Site) -> None:
    site.simulator.revoke(CONNECTOR_GROUP, "CreateTicket")
    site.simulator.state.grants = {grant for grant in site.simulator.state.grants if grant[0] != "Everyone"}
    found = checked(site, homes=("Tier 3", "Tear 3"))
    assert "CreateTicket" in found["home 'Tier 3'"].message
    assert "did you mean 'Tier 3'" in found["home 'Tear 3'"].message


def test_queues_that_cannot_be_seen_are_told_once(site: Site) -> None:
    site.simulator.revoke(CONNECTOR_GROUP, "SeeQueue")
    found = checked(site)
    assert "needs the right SeeQueue" in found["queues"].message
    assert not any(subject.startswith("home") for subject in found)


def test_a_missing_secret_is_a_warning(site: Site) -> None:
    assert checked(site, webhook_secret=())["webhook"].severity is Severity.WARNING


# What is kept


def test_a_failed_look_up_is_not_kept(site: Site) -> None:
    site.faults.fail_next(1, 503, path="^queues/all$")
    with pytest.raises(Temporary):
        site.home(1)
    assert str(site.home(1)) == "First Touch"


def test_the_budget_and_the_calls_are_told(site: Site) -> None:
    limited = site.connect(calls_per_window=60)
    limited.directory.locate("Tier 3")
    assert limited.line.calls == 1
    assert (limited.line.budget or {})[Lane.URGENT] == 59
    assert site.system.line.budget is None
