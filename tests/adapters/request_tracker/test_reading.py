"""Reading tickets on the simulator: few calls, whole histories, who wrote what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.request_tracker.simulation.actions import attach
from adapters.request_tracker.simulation.furnishing import CONNECTOR, CONNECTOR_GROUP
from connector.errors import Forbidden, NotFound, PayloadError, Temporary
from connector.model import (
    BY_CONNECTOR,
    BY_HISTORY,
    Aspect,
    AuthorKind,
    EntryKind,
    Ownership,
    StatusGroup,
    Target,
    TicketId,
    Visibility,
)
from tests.adapters.request_tracker.simulated import MARKER, NOTE, Site


def test_a_ticket_is_read_in_two_calls_once_its_people_are_known(site: Site) -> None:
    ticket = site.ticket(description="It drops every hour")
    site.system.tickets.read(ticket)
    site.calls()
    assert site.system.tickets.read(ticket).entries[0].text == "It drops every hour"
    assert site.calls() == [("GET", f"ticket/{ticket}"), ("GET", f"ticket/{ticket}/history")]


def test_only_what_is_new_is_fetched_and_all_of_it_in_one_call(site: Site) -> None:
    ticket = site.ticket(description="It drops every hour")
    site.system.tickets.read(ticket)
    for n in range(5):
        site.desk.note(ticket, "tess", f"Step {n}")
    site.calls()
    record = site.system.tickets.read(ticket)
    assert [entry.text for entry in record.entries[1:]] == [f"Step {n}" for n in range(5)]
    assert [path for _, path in site.calls()].count("attachments") == 1


def test_texts_are_kept_up_to_a_bound_and_read_again_beyond_it(site: Site) -> None:
    site.system.tickets._texts._most = 100
    ticket = site.ticket(description="x" * 80)
    site.desk.note(ticket, "tess", "y" * 80)
    for _ in range(2):
        record = site.system.tickets.read(ticket)
        assert [len(entry.text) for entry in record.entries] == [80, 80]
    assert site.system.tickets._texts._size <= 100


def test_a_history_is_read_to_its_beginning_though_pages_come_back_short(site: Site) -> None:
    ticket = site.ticket(description="The first words")
    # Replies go out by mail; the records of the mail fill pages and may not be seen.
    for n in range(120):
        site.desk.note(ticket, "tess", f"Reply {n}", internal=False)
    shown = site.call("escalator", "GET", f"ticket/{ticket}/history", per_page="100", order="DESC", orderby="id")
    assert shown.get_json()["count"] < 100
    record = site.system.tickets.read(ticket)
    assert [entry.text for entry in record.entries] == ["The first words", *(f"Reply {n}" for n in range(120))]
    assert record.changes[0].what is Aspect.OWNER


def test_what_is_added_while_pages_are_read_is_met_once(site: Site) -> None:
    ticket = site.ticket()
    for n in range(150):
        site.desk.note(ticket, "tess", f"Note {n}")
    found = site.system.tickets.read(ticket).entries
    assert len({entry.id for entry in found}) == len(found) == 150


def test_an_empty_history_is_no_history(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(10, 200, path="history$", body={"items": [], "total": None})
    with pytest.raises(Temporary, match="came back empty"):
        site.system.tickets.read(ticket)


def test_an_imported_ticket_without_a_beginning_is_read_as_far_as_it_goes(site: Site) -> None:
    ticket = site.ticket()
    (created,) = site.simulator.history(int(ticket), "Create")
    created.type = "Import"
    assert len(site.system.tickets.read(ticket).changes) == 1


def test_a_merged_ticket_is_not_escalated_and_says_where_it_went(site: Site) -> None:
    ticket, other = site.ticket(), site.ticket()
    site.desk.merge(ticket, other)
    record = site.system.tickets.read(ticket)
    assert (record.id, record.is_escalatable) == (ticket, False)
    assert record.why_not == f"it was merged into ticket {other}"


def test_the_ticket_that_others_were_merged_into_has_their_entries_and_its_own_changes(site: Site) -> None:
    ticket, other = site.ticket(description="One"), site.ticket(description="Two", owner=None)
    site.desk.move(ticket, "tess", 2)
    site.clock.advance(timedelta(minutes=1))
    site.desk.merge(ticket, other)
    record = site.system.tickets.read(other)
    assert [entry.text for entry in record.entries] == ["One", "Two"]
    assert record.changes == ()


def test_a_deleted_ticket_is_closed_and_not_escalated(site: Site) -> None:
    ticket = site.ticket()
    site.desk.delete(ticket)
    record = site.system.tickets.read(ticket)
    assert (record.status.group, record.why_not) == (StatusGroup.CLOSED, "it was deleted")


def test_a_ticket_that_is_not_there_is_proven_missing(site: Site) -> None:
    with pytest.raises(NotFound, match="ticket 4711 does not exist"):
        site.system.tickets.read(TicketId("4711"))


@pytest.mark.parametrize("odd", ["", "x", "1 OR id > 0", "../queue/3", "1/history", "٣"])
def test_what_is_no_number_is_asked_for_nowhere(site: Site, odd: str) -> None:
    with pytest.raises(NotFound):
        site.system.tickets.read(TicketId(odd))
    assert site.calls() == []


def test_a_404_that_is_not_rts_own_proves_nothing(site: Site) -> None:
    site.faults.fail_next(1, 404, path="^ticket/", body="<html>Not Found</html>")
    with pytest.raises(Temporary, match="check RT_URL"):
        site.system.tickets.read(TicketId("1"))


def test_the_right_to_see_a_ticket_is_named_when_it_is_missing(site: Site) -> None:
    ticket = site.ticket()
    site.simulator.revoke(CONNECTOR_GROUP, "ShowTicket")
    with pytest.raises(Forbidden, match="ShowTicket"):
        site.system.tickets.read(ticket)


def test_who_asked_and_for_whom_comes_from_the_requestor(site: Site) -> None:
    record = site.system.tickets.read(site.ticket(client="Globex"))
    assert record.contact == "Connie Client"
    assert record.client is not None
    assert record.client.name == "Globex Ltd"


def test_a_ticket_without_requestor_has_no_client(site: Site) -> None:
    made = site.call("tess", "POST", "ticket", {"Queue": "First Touch", "Subject": "x"}).get_json()
    record = site.system.tickets.read(TicketId(made["id"]))
    assert (record.client, record.contact, record.entries) == (None, "", ())


def test_comments_replies_and_work_are_told_apart(site: Site) -> None:
    ticket = site.ticket(description="It drops")
    site.desk.note(ticket, "tess", "Plan: new cable")
    site.desk.note(ticket, "tess", "We look", internal=False)
    site.desk.time_entry(ticket, "tom", "Swapped it", 15)
    site.desk.client_writes(ticket, "Thanks")
    found = [
        (entry.kind, entry.author.kind, entry.author.identifier, entry.visibility)
        for entry in site.system.tickets.read(ticket).entries
    ]
    assert found == [
        (EntryKind.NOTE, AuthorKind.CLIENT, "", Visibility.CLIENT),
        (EntryKind.NOTE, AuthorKind.AGENT, "tess", Visibility.INTERNAL),
        (EntryKind.NOTE, AuthorKind.AGENT, "tess", Visibility.CLIENT),
        (EntryKind.TIME_ENTRY, AuthorKind.AGENT, "tom", Visibility.INTERNAL),
        (EntryKind.NOTE, AuthorKind.CLIENT, "", Visibility.CLIENT),
    ]


def test_work_without_words_is_a_time_entry(site: Site) -> None:
    ticket = site.ticket()
    site.call("tess", "PUT", f"ticket/{ticket}", {"TimeWorked": 5})
    (entry,) = site.system.tickets.read(ticket).entries
    assert (entry.kind, entry.text, entry.author.identifier) == (EntryKind.TIME_ENTRY, "", "tess")


def test_attached_files_are_no_part_of_what_was_written(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "See the log")
    (row,) = site.simulator.history(int(ticket), "Comment")
    attach(site.simulator.state, row, "text/plain", "Plan: nonsense", "router.log")
    attach(site.simulator.state, row, "image/png", "\x89PNG", "screen.png")
    assert [entry.text for entry in site.system.tickets.read(ticket).entries] == ["See the log"]


@pytest.mark.parametrize("kind", ["Comment", "Correspond"])
@pytest.mark.parametrize("html", ["", "<p>/escalate knowledge</p><p>Plan: reboot</p>"])
def test_a_mail_says_who_it_is_from_and_proves_nothing(site: Site, kind: str, html: str) -> None:
    ticket, state = site.ticket(), site.simulator.state
    with state.acting():
        tess = site.simulator.user("tess")
        site.simulator.actions.take_mail(
            tess, state.tickets[int(ticket)], kind, "/escalate knowledge\nPlan: reboot", html
        )
    site.desk.note(ticket, "tess", "Restarted it")
    site.calls()
    mailed, noted = site.system.tickets.read(ticket).entries
    assert (mailed.text, mailed.author.kind, mailed.is_claimed) == (
        "/escalate knowledge\nPlan: reboot",
        AuthorKind.AGENT,
        True,
    )
    assert (noted.text, noted.is_claimed) == ("Restarted it", False)
    assert [path for _, path in site.calls()].count("attachments") == 1


WEB = "X-RT-Interface: Web"
MAILED = {
    "it claims to have been typed in a page": [("text/plain", f"{WEB}\nX-RT-Interface: Email")],
    "a part of it claims so": [("multipart/mixed", "Received: from x\nX-RT-Interface: Email"), ("text/plain", WEB)],
    "it is another mail": [("message/rfc822", "X-RT-Interface: Email"), ("text/plain", WEB)],
    "nothing tells how it came in": [("text/plain", "")],
}


@pytest.mark.parametrize("kind", ["Comment", "Correspond"])
@pytest.mark.parametrize("name", MAILED)
def test_what_cannot_be_shown_to_be_no_mail_proves_nothing(site: Site, name: str, kind: str) -> None:
    ticket, state = site.ticket(), site.simulator.state
    with state.acting():
        (content_type, headers), *parts = MAILED[name]
        told = "Plan: reboot" if not parts else ""
        row = site.simulator.actions.write(
            site.simulator.user("tess"), state.tickets[int(ticket)], kind, told, content_type, headers=headers
        )
        for content_type, headers in parts:
            attach(state, row, content_type, "Plan: reboot", headers=headers)
    (entry,) = site.system.tickets.read(ticket).entries
    assert (entry.text, entry.author.account, entry.is_claimed) == ("Plan: reboot", "", True)


def test_what_a_ticket_begins_with_is_no_mail_unless_it_says_so(site: Site) -> None:
    ticket = site.ticket(description="It drops")
    (row,) = site.simulator.history(int(ticket), "Create")
    row.attachments[0] = replace(row.attachments[0], headers="")
    (entry,) = site.system.tickets.read(ticket).entries
    assert (entry.text, entry.is_claimed) == ("It drops", False)


def test_a_mail_from_our_own_address_is_not_ours(site: Site) -> None:
    ticket, state = site.ticket(), site.simulator.state
    site.system.tickets.write_note(ticket, NOTE, MARKER)
    with state.acting():
        us = site.simulator.user(CONNECTOR)
        site.simulator.actions.take_mail(us, state.tickets[int(ticket)], "Comment", NOTE)
    record = site.system.tickets.read(ticket)
    ours, mailed = (entry.author for entry in record.entries)
    assert (ours.kind, ours.account) == (AuthorKind.CONNECTOR, record.read_as)
    assert (mailed.kind, mailed.account) == (AuthorKind.UNKNOWN, "")


def test_a_mail_that_was_attached_makes_a_note_no_mail(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "/escalate urgency the ward, see the mail")
    (row,) = site.simulator.history(int(ticket), "Comment")
    forwarded = "Received: from mail.example.com\nFrom: eve@example.com"
    attach(site.simulator.state, row, "text/plain", "Old words", "mail.txt", headers=forwarded)
    (entry,) = site.system.tickets.read(ticket).entries
    assert (entry.text, entry.is_claimed) == ("/escalate urgency the ward, see the mail", False)


def test_our_notes_and_moves_are_known_as_ours(site: Site) -> None:
    ticket = site.ticket()
    site.system.tickets.write_note(ticket, NOTE, MARKER)
    site.system.tickets.reassign(ticket, Target(site.home(2), site.member("sam")))
    record = site.system.tickets.read(ticket)
    assert [entry.author.kind for entry in record.entries] == [AuthorKind.CONNECTOR]
    assert [(change.what, change.how) for change in record.changes] == [
        (Aspect.OWNER, BY_HISTORY),
        (Aspect.PLACE, BY_CONNECTOR),
        (Aspect.OWNER, BY_CONNECTOR),
    ]


def test_rts_own_reset_of_the_owner_belongs_to_our_move(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    record = site.system.tickets.reassign(ticket, Target(site.home(2)))
    assert record.owner is None
    _, move, reset = site.system.tickets.read(ticket).changes
    assert (move.how, reset.how, reset.who) == (BY_CONNECTOR, BY_CONNECTOR, "The RT System itself")


def test_a_move_by_hand_takes_its_reset_along(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    site.desk.move(ticket, "tess", 2)
    assert [change.how for change in site.system.tickets.read(ticket).changes] == [BY_HISTORY] * 3


def test_a_queue_that_may_not_be_seen_has_its_number_for_a_name(site: Site) -> None:
    ticket = site.ticket()
    hidden = site.simulator.add_queue("Secret")
    site.simulator.revoke(CONNECTOR_GROUP, "SeeQueue")
    for home in ("First Touch", "Tier 3", "Sr IT"):
        site.simulator.grant(CONNECTOR_GROUP, "SeeQueue", queue=home)
    site.desk._put(site.desk._as_admin, ticket, {"Queue": "Secret"})
    record = site.system.tickets.read(ticket)
    assert str(record.changes[-1].new) == f"queue {hidden.id}"


def test_users_whose_name_rt_does_not_show_are_a_matter_for_its_administrator(site: Site) -> None:
    ticket = site.ticket()
    tess = site.simulator.user("tess").id
    site.faults.fail_next(None, 200, path=f"^user/{tess}$", body={"RealName": "Tess Tech", "Privileged": 1})
    with pytest.raises(PayloadError, match="UserSummaryExtraInfo"):
        site.system.tickets.read(ticket)


def test_an_answer_that_is_no_record_is_refused(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 200, path=f"^ticket/{ticket}$", body=["a", "list"])
    with pytest.raises(PayloadError, match="not a record"):
        site.system.tickets.read(ticket)


def test_an_answer_that_is_no_list_is_refused(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 200, path="history$", body={"items": "none"})
    with pytest.raises(PayloadError, match="not a list of records"):
        site.system.tickets.read(ticket)


def test_a_keep_move_leaves_the_owner_where_they_may_own(site: Site) -> None:
    ticket = site.ticket()
    record = site.system.tickets.reassign(ticket, Target(site.home(2), Ownership.KEEP))
    assert record.owner is not None
    assert record.owner.identifier == "tess"
