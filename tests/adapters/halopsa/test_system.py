"""The adapter against the strict simulator, over a real socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.contract import Forbidden, NotFound, OutcomeUnknown, PayloadError, Permanent, Temporary, UnknownName
from adapters.halopsa.system import HaloPsa
from connector.model import (
    BY_CONNECTOR,
    BY_HISTORY,
    Aspect,
    AuthorKind,
    EntryKind,
    Ownership,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    Target,
    TicketId,
    Visibility,
)
from tests.adapters.halopsa.simulated import START, Site

# Reading


def test_a_ticket_with_its_whole_history_is_read_in_two_calls(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(details="Error 0x80070005", priority="High")
    number = int(ticket)
    site.later(5)
    site.simulator.assign(number, "Tess Tech", by="Tess Tech")
    site.simulator.set_status(number, "In Progress", by="Tess Tech")
    site.later(5)
    site.simulator.add_note(number, "Plan: renew the certificate\nthen restart", "Tess Tech")
    site.simulator.add_note(number, "Read the log", "Tom Touch", minutes=3, internal=False)
    site.simulator.user_writes(number, "Any news?")
    site.simulator.add_note_by_program(number, "CPU at 3 %", "Tess Tech", "Alert Bridge")
    site.simulator.mail_user(number, "We are on it", "Tess Tech")
    system.read(site.a_ticket(agent="Tom Touch"))
    before = system.calls
    record = system.read(ticket)
    assert system.calls - before == 2
    assert (str(record.place), record.status.group) == ("First Touch", StatusGroup.WORKING)
    assert (record.owner and record.owner.identifier, record.priority and record.priority.name) == ("Tess Tech", "High")
    assert (record.client and record.client.name, record.contact) == ("Acme Corp", "Connie Client")
    assert (record.entered_at, record.responded_at) == (START, START + timedelta(minutes=10))
    assert record.url.endswith(f"/ticket?id={ticket}")
    seen = [(entry.author.kind, entry.kind, entry.visibility, entry.text) for entry in record.entries]
    agent, client, unknown = AuthorKind.AGENT, AuthorKind.CLIENT, AuthorKind.UNKNOWN
    assert seen == [
        (client, EntryKind.NOTE, Visibility.CLIENT, "Error 0x80070005"),
        (agent, EntryKind.NOTE, Visibility.INTERNAL, "Plan: renew the certificate\nthen restart"),
        (agent, EntryKind.TIME_ENTRY, Visibility.CLIENT, "Read the log"),
        (client, EntryKind.NOTE, Visibility.CLIENT, "Any news?"),
        (unknown, EntryKind.NOTE, Visibility.INTERNAL, "CPU at 3 %"),
        (agent, EntryKind.NOTE, Visibility.CLIENT, "We are on it"),
    ]
    assert {entry.author.identifier for entry in record.entries} == {"", "Tess Tech", "Tom Touch"}
    assert [(one.at, one.what, one.how, one.who) for one in record.changes] == [
        (START + timedelta(minutes=5), Aspect.OWNER, BY_HISTORY, "Tess Tech"),
        (START + timedelta(minutes=5), Aspect.STATUS, BY_HISTORY, "Tess Tech"),
    ]


def test_the_first_change_of_each_aspect_says_what_it_was_at_first(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    site.simulator.move(int(ticket), "Tier 3", "Sam Senior", by="Tess Tech")
    site.simulator.set_priority(int(ticket), "Critical", by="Tess Tech")
    site.later()
    site.simulator.move(int(ticket), "Sr IT", by="Sam Senior")
    record = system.read(ticket)
    told = [(one.what.value, name_of(one.old), name_of(one.new)) for one in record.changes]
    assert told == [
        ("place", "First Touch", "Tier 3"),
        ("owner", "Tess Tech", "Sam Senior"),
        ("priority", "Medium", "Critical"),
        ("place", "Tier 3", "Sr IT"),
        ("owner", "Sam Senior", None),
    ]
    assert record.history_of == set(Aspect)
    assert record.changes[-1].new == record.owner
    assert record.changes[-2].new == record.place


def name_of(value: Place | Person | Status | Ref | None) -> str | None:
    if value is None:
        return None
    return str(value) if isinstance(value, Place) else value.name


def test_without_an_audit_log_only_the_status_has_a_history(site: Site, system: HaloPsa) -> None:
    site.faults.audit_log_missing = True
    ticket = site.a_ticket()
    site.simulator.move(int(ticket), "Tier 3", by="Tess Tech")
    site.simulator.set_status(int(ticket), "In Progress", by="Tess Tech")
    record = system.read(ticket)
    assert [one.what for one in record.changes] == [Aspect.STATUS]
    assert record.history_of == {Aspect.STATUS}


def test_messy_ids_and_bare_lists_are_read_all_the_same(site: Site, system: HaloPsa) -> None:
    site.faults.messy_ids = True
    site.faults.agent_envelope = "bare"
    site.faults.answers_arrays = True
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    note = system.write_note(ticket, "ESC-1", "ESC-1")
    record = system.reassign(ticket, Target(system.locate("Tier 3"), system.member("Sam Senior")))
    assert (str(record.place), record.owner and record.owner.name) == ("Tier 3", "Sam Senior")
    assert [entry.author.kind for entry in system.read(ticket).entries] == [AuthorKind.CONNECTOR]
    assert system.find_note(ticket, "ESC-1") == note
    assert [found.id for found in system.changed_since(START)] == [ticket]


def test_a_very_long_ticket_is_read_whole(site: Site, system: HaloPsa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.halopsa.notes.MOST_ACTIONS", 3)
    ticket = site.a_ticket()
    for n in range(5):
        site.simulator.add_note(int(ticket), f"note {n}", "Tess Tech")
    assert [entry.text for entry in system.read(ticket).entries] == [f"note {n}" for n in range(5)]


def test_a_ticket_counts_as_gone_only_when_the_list_proves_it(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(1, 404, path=f"Tickets/{ticket}$")
    with pytest.raises(Temporary, match="yet the instance lists it"):
        system.read(ticket)
    site.faults.fail_next(None, 404, path="Tickets")
    with pytest.raises(Temporary, match="404 for everything"):
        system.read(ticket)
    site.faults.reset()
    site.simulator.delete(int(ticket))
    site.faults.fail_next(1, 403, path="Tickets$")
    with pytest.raises(Temporary, match="could not be found out"):
        system.read(ticket)
    for call in (
        lambda: system.read(ticket),
        lambda: system.find_note(ticket, "x"),
        lambda: system.write_note(ticket, "x", "x"),
        lambda: system.write_message(ticket, "x", "x"),
        lambda: system.reassign(ticket, Target(owner=Ownership.NOBODY)),
        lambda: system.reassign(ticket, Target(system.locate("Tier 3"), Ownership.NOBODY)),
    ):
        with pytest.raises(NotFound):
            call()


@pytest.mark.parametrize("ticket", ["", "x", "1/../2", "-1", "١"])
def test_what_is_no_ticket_number_is_never_asked_for(site: Site, system: HaloPsa, ticket: str) -> None:
    for call in (
        lambda: system.read(TicketId(ticket)),
        lambda: system.find_note(TicketId(ticket), "x"),
        lambda: system.reassign(TicketId(ticket), Target(owner=Ownership.NOBODY)),
    ):
        with pytest.raises(NotFound):
            call()
    assert site.simulator.calls == []


def test_actions_that_cannot_be_read_do_not_prove_a_ticket_gone(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(None, 404, path="Actions$")
    for call in (
        lambda: system.read(ticket),
        lambda: system.find_note(ticket, "x"),
        lambda: system.write_note(ticket, "x", "x"),
        lambda: system.write_message(ticket, "x", "x"),
    ):
        with pytest.raises(Temporary, match="yet the instance lists it"):
            call()


def test_a_team_that_is_in_no_list_is_a_place_of_its_own(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(team="Tier 3")
    place = system.locate("Tier 3")
    site.simulator.state.teams.pop(int(place.key))
    later = site.connected()
    record = later.read(ticket)
    assert (record.place.key, str(record.place)) == (place.key, f"team {place.key}")
    assert later.changed_since(START) is not None
    assert [found.id for found in later.open_tickets([place])] == [ticket]
    later.close()


def test_another_tickets_answer_is_refused(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.simulator.distort(int(ticket), id=77)
    with pytest.raises(PayloadError, match="another ticket"):
        system.read(ticket)


def test_merged_and_deleted_tickets_are_not_escalated(site: Site, system: HaloPsa) -> None:
    ticket, into = site.a_ticket(), site.a_ticket()
    site.simulator.merge(int(ticket), int(into))
    record = system.read(ticket)
    assert (record.is_escalatable, record.why_not) == (False, f"it was merged into ticket {into}")
    assert record.status.group is StatusGroup.CLOSED
    site.simulator.distort(int(into), deleted=True)
    assert system.read(into).why_not == "it was deleted"


# Notes


def test_a_note_is_written_hidden_without_a_mail_and_leaves_the_status_alone(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(status="With User")
    site.simulator.state.ticket_types[1]["statusaftertechupdate"] = 21
    text = "Escalated <now> & here\n\n- one\n\nESC-1"
    note = system.write_note(ticket, text, "ESC-1")
    row = site.simulator.actions_of(int(ticket))[-1]
    assert (row["outcome_id"], row["hiddenfromuser"], str(row["id"])) == (7, True, note.id)
    assert site.simulator.ticket(int(ticket))["status_id"] == 4
    (entry,) = system.read(ticket).entries
    assert (entry.text, entry.visibility, entry.author.kind) == (text, Visibility.INTERNAL, AuthorKind.CONNECTOR)
    assert system.find_note(ticket, "ESC-1") == note
    assert system.find_note(ticket, "ESC-2") is None


def test_a_status_that_the_note_moved_all_the_same_is_put_back(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(status="With User")
    site.simulator.state.ticket_types[1]["statusaftertechupdate"] = 3
    site.faults.tech_update_wins = True
    system.write_note(ticket, "ESC-1", "ESC-1")
    assert site.simulator.ticket(int(ticket))["status_id"] == 4
    site.faults.fail_next(1, 403, method="POST", path="Tickets$")
    system.write_note(ticket, "ESC-2", "ESC-2")
    assert system.read(ticket).status.name == "Action Required"


def test_a_message_is_proven_to_be_seen_by_the_client(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    note = system.write_message(ticket, "We are on it. MSG-1", "MSG-1")
    (entry,) = system.read(ticket).entries
    assert (entry.id, entry.visibility) == (note.id, Visibility.CLIENT)
    assert system.find_note(ticket, "MSG-1") is None
    site.faults.note_comes_back_hidden = True
    with pytest.raises(Permanent, match="came back hidden"):
        system.write_message(ticket, "We are on it. MSG-2", "MSG-2")


def test_a_note_without_its_marker_is_not_written(site: Site, system: HaloPsa) -> None:
    for write in (system.write_note, system.write_message):
        with pytest.raises(Permanent, match="lacks its marker"):
            write(site.a_ticket(), "text", "ESC-1")
    assert site.simulator.calls == []


def test_a_visible_note_with_the_marker_is_not_ours(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.simulator.user_writes(int(ticket), "ESC-1")
    site.simulator.add_note(int(ticket), "ESC-1", "Tess Tech", internal=False)
    assert system.find_note(ticket, "ESC-1") is None


def test_a_note_that_may_not_be_written_names_the_right(site: Site, system: HaloPsa) -> None:
    site.faults.forbid(method="POST", path="Actions$")
    with pytest.raises(Forbidden, match="outcome 7"):
        system.write_note(site.a_ticket(), "ESC-1", "ESC-1")


def test_an_answer_that_is_no_action_is_an_unknown_outcome(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(1, 201, method="POST", path="Actions$", body={"ok": True})
    with pytest.raises(OutcomeUnknown, match="not with an action"):
        system.write_note(ticket, "ESC-1", "ESC-1")


# Moves


def test_reading_an_escalation_and_carrying_it_out_takes_six_calls(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    place, sam = system.locate("Tier 3"), system.member("Sam Senior")
    target = Target(place, sam, system.status_in(place, "New"), system.priority("High"))
    system.read(site.a_ticket())
    site.later()
    before = system.calls
    system.read(ticket)
    system.write_note(ticket, "ESC-1", "ESC-1")
    record = system.reassign(ticket, target)
    assert system.calls - before == 6
    assert (record.place, record.owner, record.status, record.priority) == (
        place,
        sam,
        target.status,
        target.priority,
    )
    assert all(one.how == BY_CONNECTOR for one in system.read(ticket).changes)


@pytest.mark.parametrize("owner", [Ownership.KEEP, Ownership.NOBODY, "Sam Senior"])
@pytest.mark.parametrize("team", [None, "Tier 3"])
def test_every_target_is_reached_and_reached_again_without_harm(
    site: Site, system: HaloPsa, owner: Any, team: str | None
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    wanted = system.member(owner) if owner == "Sam Senior" else owner
    target = Target(system.locate(team) if team else None, wanted)
    for _ in range(2):
        site.later()
        record = system.reassign(ticket, target)
        assert str(record.place) == (team or "First Touch")
        held = {Ownership.KEEP: "Tess Tech", Ownership.NOBODY: None}.get(owner, owner)
        assert (record.owner.name if record.owner else None) == held


def test_what_is_met_already_is_not_written_again(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    system.reassign(ticket, Target(owner=system.member("Tess Tech")))
    system.reassign(ticket, Target())
    assert [call.path for call in site.simulator.calls if call.method == "POST"] == ["auth/token"]


def test_an_instance_that_takes_teams_by_name_only_is_coped_with(site: Site, system: HaloPsa) -> None:
    site.faults.team_id_ignored = True
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    record = system.reassign(ticket, Target(system.locate("Tier 3"), system.member("Sam Senior")))
    assert (str(record.place), record.owner and record.owner.name) == ("Tier 3", "Sam Senior")
    assert len(site.slept) == 0


def test_a_ticket_without_a_known_team_is_moved_by_its_agent_alone(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.simulator.distort(int(ticket), team_id=0)
    record = system.reassign(ticket, Target(owner=system.member("Tom Touch")))
    assert (str(record.place), record.owner and record.owner.name) == ("no team", "Tom Touch")


def test_a_computed_priority_is_told_as_it_is(site: Site, system: HaloPsa) -> None:
    site.faults.priority_computed = True
    record = system.reassign(site.a_ticket(), Target(priority=system.priority("Critical")))
    assert record.priority == Ref("3", "Medium")


def test_agents_who_left_get_no_tickets(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    sam = system.member("Sam Senior")
    with pytest.raises(Permanent, match="inactive agent"):
        system.reassign(ticket, Target(owner=system.member("Gus Gone")))
    with pytest.raises(Permanent, match="no agent of the instance"):
        system.reassign(ticket, Target(owner=Person("999", "x", "x")))
    site.simulator.set_agent_active("Sam Senior", False)
    with pytest.raises(Permanent, match="not active"):
        system.reassign(ticket, Target(owner=sam))


def test_a_move_without_an_answer_is_looked_at(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    target = Target(system.locate("Tier 3"), Ownership.NOBODY)
    site.faults.drop_before_performing(1, method="POST", path="Tickets$")
    with pytest.raises(OutcomeUnknown):
        system.reassign(ticket, target)
    site.faults.accept_but_never_answer(1, method="POST", path="Tickets$")
    assert str(system.reassign(ticket, target).place) == "Tier 3"
    site.faults.accept_but_never_answer(1, method="POST", path="Tickets$")
    site.faults.fail_next(1, 500, method="GET", path="Tickets/")
    with pytest.raises(OutcomeUnknown):
        system.reassign(ticket, Target(system.locate("Sr IT"), Ownership.NOBODY))


def test_an_answer_that_is_not_the_ticket_leaves_the_proof_to_the_reading(site: Site, system: HaloPsa) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(2, 201, method="POST", path="Tickets$", body={"id": int(ticket)})
    with pytest.raises(OutcomeUnknown, match="cannot be read back"):
        system.reassign(ticket, Target(system.locate("Tier 3"), Ownership.NOBODY))


def test_a_move_that_may_not_be_made_names_the_right(site: Site, system: HaloPsa) -> None:
    site.faults.forbid(method="POST", path="Tickets$")
    with pytest.raises(Forbidden, match="to re-assign tickets"):
        system.reassign(site.a_ticket(), Target(system.locate("Tier 3"), Ownership.NOBODY))


# Names


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


# The rest


def test_what_halo_does_not_have_is_refused_plainly(system: HaloPsa) -> None:
    assert system.can_add_people is False
    with pytest.raises(Permanent):
        system.add_people(TicketId("1"), [])
    with pytest.raises(Permanent, match="no signing keys"):
        system.learn_key("x")


def test_a_tenant_is_asked_for_where_the_instance_needs_one() -> None:
    site = Site(tenant="harbour")
    with site.simulator.serve():
        system = site.connected()
        assert str(system.read(site.a_ticket()).place) == "First Touch"
        system.close()
        wrong = site.connected(tenant="")
        with pytest.raises(Forbidden, match="HALOPSA_TENANT"):
            wrong.read(site.a_ticket())
        wrong.close()
