"""The adapter against the strict simulator, over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import KeyUnknown, NotFound, OutcomeUnknown, Permanent, SignatureError, Temporary, Unreachable
from connector.model import (
    AuthorKind,
    EntryKind,
    Ownership,
    Severity,
    StatusGroup,
    Target,
    Visibility,
)
from tests.adapters.connectwise.connected import HOMES, START, Desk
from tests.doubles import our_note


def test_a_ticket_with_its_whole_history_is_read(desk: Desk) -> None:
    ticket = desk.a_ticket(owner="tess", status="In Progress", contact="Connie Client")
    number = int(ticket)
    desk.clock.advance(timedelta(minutes=5))
    desk.simulator.add_note(number, "Plan: renew the certificate", "tess")
    desk.clock.advance(timedelta(minutes=5))
    desk.simulator.add_time_entry(
        number, "tom", "Read the log", desk.clock.now() - timedelta(minutes=3), desk.clock.now()
    )
    desk.clock.advance(timedelta(minutes=5))
    desk.simulator.add_note(number, "Any news?", contact="Connie Client")
    record = desk.system.tickets.read(ticket)
    assert str(record.place) == "Service Desk > First Touch"
    assert record.owner is not None
    assert record.owner.identifier == "tess"
    assert record.client is not None
    assert record.client.name == "Acme Corp"
    assert record.status.group is StatusGroup.WORKING
    assert record.entered_at == START
    assert record.planned_at is None
    assert [(entry.kind, entry.author.kind, entry.visibility, entry.at) for entry in record.entries] == [
        (EntryKind.NOTE, AuthorKind.AGENT, Visibility.INTERNAL, START + timedelta(minutes=5)),
        (EntryKind.TIME_ENTRY, AuthorKind.AGENT, Visibility.INTERNAL, START + timedelta(minutes=10)),
        (EntryKind.NOTE, AuthorKind.CLIENT, Visibility.CLIENT, START + timedelta(minutes=15)),
    ]


def test_reading_an_escalation_and_carrying_it_out_takes_four_calls(desk: Desk) -> None:
    ticket = desk.a_ticket(owner="tess")
    system = desk.system
    place, status = (
        system.directory.locate("Tier 3 > Seniors"),
        system.directory.status_in(system.directory.locate("Tier 3"), "New"),
    )
    system.tickets.read(desk.a_ticket())
    sam = system.directory.member("sam")
    before = system.line.calls
    system.tickets.read(ticket)
    note = system.tickets.write_note(ticket, "Escalated.\nESC-1", "ESC-1")
    record = system.tickets.reassign(ticket, Target(place, sam, status, system.directory.priority("Priority 2 - High")))
    assert system.line.calls - before == 4 + 1  # the list of priorities, once in ten minutes
    assert (record.place, record.owner, record.status) == (place, sam, status)
    assert our_note(system, ticket, "ESC-1") == note
    (written,) = desk.simulator.notes(int(ticket))
    assert written["internalAnalysisFlag"] is True
    assert written["detailDescriptionFlag"] is False


@pytest.mark.parametrize("forms", [{"remove"}, {"null"}, {"empty"}])
def test_an_owner_is_taken_off_in_whatever_form_the_site_takes(desk: Desk, forms: set[str]) -> None:
    desk.simulator.faults.owner_removal = frozenset(forms)
    for _ in range(2):
        ticket = desk.a_ticket(owner="tess")
        place = desk.system.directory.locate("Tier 3 > Seniors")
        status = desk.system.directory.status_in(place, "New")
        record = desk.system.tickets.reassign(ticket, Target(place, Ownership.NOBODY, status))
        assert record.owner is None
        assert record.place == place
        assert "owner" not in desk.simulator.ticket(int(ticket))


@pytest.mark.parametrize("is_ignored", [True, False])
def test_an_owner_that_the_site_will_not_take_off_moves_along(desk: Desk, is_ignored: bool) -> None:
    desk.simulator.faults.owner_removal = frozenset()
    desk.simulator.faults.owner_removal_is_ignored = is_ignored
    ticket = desk.a_ticket(owner="tess")
    place = desk.system.directory.locate("Tier 3 > Seniors")
    record = desk.system.tickets.reassign(
        ticket, Target(place, Ownership.NOBODY, desk.system.directory.status_in(place, "New"))
    )
    assert record.place == place
    assert record.owner is not None


def test_a_ticket_without_an_owner_needs_none_taken_off(desk: Desk) -> None:
    place = desk.system.directory.locate("Tier 3 > Seniors")
    record = desk.system.tickets.reassign(
        desk.a_ticket(), Target(place, Ownership.NOBODY, desk.system.directory.status_in(place, "New"))
    )
    assert (record.place, record.owner) == (place, None)


def test_a_home_without_a_team_is_reached_all_the_same(desk: Desk) -> None:
    home = desk.system.directory.locate("Sr IT")
    ticket = desk.a_ticket()
    current = desk.system.tickets.read(ticket).status
    record = desk.system.tickets.reassign(
        ticket, Target(home, status=desk.system.directory.arrival_status(home, current))
    )
    assert record.place.is_within(home)
    assert record.status.name == "New"


def test_a_status_of_another_board_is_refused_in_the_sites_words(desk: Desk) -> None:
    status = desk.system.directory.status_in(desk.system.directory.locate("Tier 3"), "New")
    with pytest.raises(Permanent, match="status"):
        desk.system.tickets.reassign(desk.a_ticket(), Target(status=status))


def test_a_rule_that_changes_the_ticket_back_is_seen_on_the_next_reading(desk: Desk) -> None:
    desk.simulator.faults.workflow_reverts = frozenset({"owner"})
    ticket = desk.a_ticket(owner="tess")
    desk.system.tickets.reassign(ticket, Target(owner=desk.system.directory.member("tom")))
    owner = desk.system.tickets.read(ticket).owner
    assert owner is not None
    assert owner.identifier == "tess"


def test_a_member_who_leaves_gets_nothing_any_more(desk: Desk) -> None:
    tom = desk.system.directory.member("tom")
    gone = desk.system.directory.member("gone")
    assert tom.is_active
    with pytest.raises(Permanent, match="inactive"):
        desk.system.tickets.reassign(desk.a_ticket(), Target(owner=gone))
    desk.simulator.set_member_active("tom", False)
    with pytest.raises(Permanent, match="owner"):
        desk.system.tickets.reassign(desk.a_ticket(), Target(owner=tom))


def test_a_note_that_comes_back_public_is_an_alarm(desk: Desk) -> None:
    desk.simulator.faults.note_comes_back_public = True
    with pytest.raises(Permanent, match="ALARM"):
        desk.system.tickets.write_note(desk.a_ticket(), "ESC-1", "ESC-1")


def test_a_field_that_the_pinned_version_does_not_know_points_to_the_setting(desk: Desk) -> None:
    desk.simulator.faults.unknown_members = frozenset({"processNotifications"})
    with pytest.raises(Permanent, match=r"processNotifications.*CONNECTWISE_API_VERSION"):
        desk.system.tickets.write_note(desk.a_ticket(), "ESC-1", "ESC-1")


def test_a_note_whose_answer_is_lost_is_found_by_its_marker(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.faults.newlines_become_blanks = True
    desk.simulator.faults.accept_but_never_answer(method="POST", path=r"notes$")
    with pytest.raises(OutcomeUnknown):
        desk.system.tickets.write_note(ticket, "Escalated.\nmark ESC-1", "mark ESC-1")
    assert our_note(desk.system, ticket, "mark\nESC-1") is not None
    assert len(desk.simulator.notes(int(ticket))) == 1


def test_a_note_that_never_arrived_is_proven_missing(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.faults.drop_before_performing(method="POST", path=r"notes$")
    with pytest.raises(OutcomeUnknown):
        desk.system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert our_note(desk.system, ticket, "ESC-1") is None


def test_a_move_whose_answer_is_lost_is_seen_to_have_happened(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.faults.accept_but_never_answer(method="PATCH")
    record = desk.system.tickets.reassign(ticket, Target(owner=desk.system.directory.member("tom")))
    assert record.owner is not None
    assert record.owner.identifier == "tom"


def test_a_move_that_never_arrived_has_an_unknown_outcome(desk: Desk) -> None:
    tom = desk.system.directory.member("tom")
    desk.simulator.faults.drop_before_performing(method="PATCH")
    with pytest.raises(OutcomeUnknown):
        desk.system.tickets.reassign(desk.a_ticket(), Target(owner=tom))


def test_a_deleted_ticket_is_gone_and_an_outage_is_not(desk: Desk) -> None:
    ticket, other = desk.a_ticket(), desk.a_ticket()
    desk.system.tickets.read(other)
    desk.simulator.delete(int(ticket))
    with pytest.raises(NotFound):
        desk.system.tickets.read(ticket)
    desk.simulator.faults.outage = True
    with pytest.raises(Temporary):
        desk.system.tickets.read(other)


def test_wrong_credentials_are_explained(desk: Desk) -> None:
    ticket = desk.a_ticket()
    with pytest.raises(Unreachable, match="CONNECTWISE_PUBLIC_KEY"):
        desk.connected(private_key="wrong").tickets.read(ticket)
    with pytest.raises(Unreachable, match="CONNECTWISE_CLIENT_ID"):
        desk.connected(client_id="wrong").tickets.read(ticket)
    with pytest.raises(Unreachable, match="CONNECTWISE_COMPANY"):
        desk.connected(company="nobody").tickets.read(ticket)


def test_too_many_calls_are_waited_for(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.system.tickets.read(ticket)
    desk.simulator.faults.fail_next(1, 429, retry_after=44)
    with pytest.raises(Temporary) as caught:
        desk.system.tickets.read(ticket)
    assert caught.value.retry_after == 44


def test_a_merged_and_a_poisoned_ticket_are_told_apart_from_good_ones(desk: Desk) -> None:
    merged, into, poison = desk.a_ticket(), desk.a_ticket(), desk.a_ticket()
    desk.simulator.merge(int(merged), int(into))
    desk.simulator.distort(int(poison), {"board": None, "extra": [1]}, ["status"])
    record = desk.system.tickets.read(merged)
    assert not record.is_escalatable
    assert record.why_not == f"it was merged into ticket {into}"
    with pytest.raises(Exception, match=f"ticket {poison}: board: missing"):
        desk.system.tickets.read(poison)
    places = [desk.system.directory.locate(home) for home in HOMES]
    assert {row.id for row in desk.system.tickets.open_tickets(places)} == {into, poison}


@pytest.mark.parametrize("cut", [None, 25])
def test_the_poll_finds_every_changed_ticket(desk: Desk, cut: int | None) -> None:
    desk.simulator.faults.page_size_cut = cut
    old = desk.a_ticket()
    desk.clock.advance(timedelta(minutes=10))
    new = {desk.a_ticket() for _ in range(60)}
    found = list(desk.system.tickets.changed_since(START + timedelta(minutes=10)))
    assert {row.id for row in found} == new
    assert {row.updated_at for row in found} == {START + timedelta(minutes=10)}
    assert old in {row.id for row in desk.system.tickets.changed_since(START)}


def test_an_old_site_and_one_without_times_are_read_from_the_separate_lists(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_note(int(ticket), "Looked at it", "tess")
    desk.simulator.add_time_entry(int(ticket), "tess", "And again", START, START)
    usual = [(entry.kind, entry.author.identifier, entry.text) for entry in desk.system.tickets.read(ticket).entries]
    desk.simulator.faults.all_notes_dates = frozenset()
    assert [(e.kind, e.author.identifier, e.text) for e in desk.system.tickets.read(ticket).entries] == usual
    desk.simulator.faults.all_notes_missing = True
    assert [(e.kind, e.author.identifier, e.text) for e in desk.system.tickets.read(ticket).entries] == usual


def test_the_people_of_a_team_come_with_their_load(desk: Desk) -> None:
    desk.a_ticket(owner="tess")
    desk.a_ticket(owner="tess")
    people = desk.system.directory.people(desk.system.directory.locate("Service Desk > First Touch"))
    assert [(person.identifier, person.open_tickets) for person in people] == [("tess", 2), ("tom", 0)]


def test_the_plan_date_is_read_when_somebody_made_the_plan(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.clock.advance(timedelta(minutes=20))
    desk.simulator.set_status(int(ticket), "Plan made", by="tess")
    record = desk.system.tickets.read(ticket)
    assert record.status.group is StatusGroup.PLANNED
    assert record.planned_at == START + timedelta(minutes=20)
    assert desk.system.tickets.read(desk.a_ticket(status="Plan made")).planned_at is None


def test_webhooks_are_registered_once_verified_and_read(desk: Desk) -> None:
    registration = desk.system.webhooks.register()
    assert desk.system.webhooks.register() == registration
    assert len(desk.simulator.callbacks()) == 1
    ticket = desk.a_ticket()
    (request,) = desk.requests()
    with pytest.raises(KeyUnknown) as caught:
        desk.system.webhooks.verify(request)
    desk.system.webhooks.learn_key(caught.value.reference)
    desk.system.webhooks.verify(request)
    (notice,) = desk.system.webhooks.parse(request)
    assert notice.ticket == ticket
    desk.simulator.delete(int(ticket))
    (request,) = desk.requests()
    desk.system.webhooks.verify(request)
    assert [notice.ticket for notice in desk.system.webhooks.parse(request)] == [ticket]


def test_a_forged_webhook_and_a_new_key_are_told_apart(desk: Desk) -> None:
    registration = desk.system.webhooks.register()
    desk.a_ticket()
    (request,) = desk.requests()
    with pytest.raises(KeyUnknown) as caught:
        desk.system.webhooks.verify(request)
    desk.system.webhooks.learn_key(caught.value.reference)
    desk.simulator.faults.callbacks_wrong_signature = True
    desk.a_ticket()
    (forged,) = desk.requests()
    with pytest.raises(SignatureError):
        desk.system.webhooks.verify(forged)
    desk.simulator.faults.reset()
    desk.simulator.rotate_signing_key(int(registration.id), keep_guid=True)
    desk.clock.advance(timedelta(hours=2))
    desk.a_ticket()
    (request,) = desk.requests()
    with pytest.raises(KeyUnknown) as caught:
        desk.system.webhooks.verify(request)
    desk.system.webhooks.learn_key(caught.value.reference)
    desk.system.webhooks.verify(request)


def test_a_registration_that_was_switched_off_is_repaired(desk: Desk) -> None:
    registration = desk.system.webhooks.register()
    record = desk.simulator.state.callbacks[int(registration.id)]
    desk.simulator.state.callbacks[int(registration.id)] = {**record, "inactiveFlag": True}
    assert not desk.system.webhooks.registrations()[0].is_active
    assert desk.system.webhooks.register().is_active
    assert desk.system.webhooks.remove() == 1
    assert desk.simulator.callbacks() == []


def test_check_finds_nothing_wrong_then_each_missing_right(desk: Desk) -> None:
    desk.a_ticket()
    found = desk.system.line.check()
    assert {finding.severity for finding in found} == {Severity.OK, Severity.UNTESTED}
    untested = {finding.subject for finding in found if finding.severity is Severity.UNTESTED}
    assert untested == {"people on tickets", "rights to write"}
    desk.simulator.faults.forbid(path="system/members")
    desk.simulator.faults.forbid(path="system/callbacks")
    errors = {finding.subject for finding in desk.connected().line.check() if finding.severity is Severity.ERROR}
    assert errors == {"members", "webhook registrations"}


@pytest.mark.parametrize(
    ("wrong", "bad_auth_status", "named"),
    [
        ({"private_key": "wrong"}, 401, "CONNECTWISE_PUBLIC_KEY, _PRIVATE_KEY"),
        ({"public_key": "wrong"}, 404, "_COMPANY and the keys"),
        ({"private_key": "wrong"}, 400, "CONNECTWISE_COMPANY"),
        ({"client_id": "wrong"}, 401, "check CONNECTWISE_CLIENT_ID"),
        ({"company": "nobody"}, 401, "CONNECTWISE_COMPANY"),
    ],
)
def test_check_names_one_cause_once(desk: Desk, wrong: dict[str, str], bad_auth_status: int, named: str) -> None:
    desk.simulator.faults.bad_auth_status = bad_auth_status
    (error,) = (one for one in desk.connected(**wrong).line.check() if one.severity is not Severity.OK)
    assert error.severity is Severity.ERROR
    assert named in error.message


def test_check_says_of_each_right_what_grants_it_and_what_only_a_write_can_prove(desk: Desk) -> None:
    desk.a_ticket()
    found = {finding.subject: finding.message for finding in desk.system.line.check()}
    assert "Service Tickets (Inquire)" in found["tickets"]
    assert "Member Maintenance (Inquire)" in found["members"]
    assert "Time Entry (Inquire)" in found["time entries"]
    assert all("Table Setup (Inquire)" in found[subject] for subject in ("boards", "priorities", "home 'Sr IT'"))
    assert "callbacks" in found["webhook registrations"]
    assert "only a write can prove Add and Edit" in found["rights to write"]
    assert "Service Tickets (Add, Edit)" in found["rights to write"]
    assert "only a write can prove Add" in found["people on tickets"]


@pytest.mark.parametrize("has_tickets", [True, False])
def test_check_proves_that_the_polls_filter_finds_what_changed(desk: Desk, has_tickets: bool) -> None:
    if has_tickets:
        desk.a_ticket()
    found = {finding.subject: finding for finding in desk.system.line.check()}["poll"]
    assert found.severity is (Severity.OK if has_tickets else Severity.UNTESTED)


def test_check_finds_a_filter_that_finds_nothing(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.faults.date_filters_find_nothing = True
    found = {finding.subject: finding for finding in desk.system.line.check()}["poll"]
    assert found.severity is Severity.ERROR
    assert ticket in found.message


def test_check_sees_a_skewed_clock(desk: Desk) -> None:
    desk.simulator.faults.clock_skew = 300.0
    errors = {finding.subject for finding in desk.connected().line.check() if finding.severity is Severity.ERROR}
    assert errors == {"clock"}


def test_an_upgrade_of_the_site_is_followed(desk: Desk) -> None:
    ticket = desk.a_ticket()
    now = [0.0]
    system = desk.connected(lambda: now[0])
    system.tickets.read(ticket)
    desk.simulator.change_codebase("v2025_8/")
    now[0] = 61.0
    assert system.tickets.read(ticket).id == ticket
