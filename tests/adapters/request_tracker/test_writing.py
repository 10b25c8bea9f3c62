"""Notes, moves and people on the simulator: once, proven, and with the missing right named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.request_tracker.refusals import ChangedMeanwhile, Refused
from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from connector.errors import Forbidden, NotFound, OutcomeUnknown, Permanent, Temporary, VisibleNote
from connector.model import AuthorKind, Ownership, Person, Ref, Status, StatusGroup, Target, TicketId
from tests.adapters.request_tracker.simulated import MARKER, NOTE, Site
from tests.doubles import our_note

OTHER = "ESC-AAAAAAAAAA-BBBBBBBBBB"


def own_notes(site: Site, ticket: TicketId) -> list[str]:
    return [note.text for note in site.desk.notes(ticket) if note.by_connector]


# Notes


def test_a_note_is_a_comment_and_nothing_else(site: Site) -> None:
    ticket = site.ticket()
    site.system.tickets.write_note(ticket, NOTE, MARKER)
    writes = [(method, path) for method, path in site.calls() if method == "POST"]
    assert writes[-1] == ("POST", f"ticket/{ticket}/comment")
    (row,) = site.simulator.history(int(ticket), "Comment")
    assert (row.attachments[0].content, row.attachments[0].content_type, row.note_key) == (NOTE, "text/plain", MARKER)
    assert site.simulator.history(int(ticket), "Correspond") == []


def test_the_client_sees_nothing_of_a_note(site: Site) -> None:
    ticket = site.ticket()
    note = site.system.tickets.write_note(ticket, NOTE, MARKER)
    assert site.call("connie@acme.test", "GET", f"transaction/{note.id}").status_code == 403
    shown = site.call("connie@acme.test", "GET", f"ticket/{ticket}/history", fields="Type").get_json()
    assert "Comment" not in {item["Type"] for item in shown["items"]}


def test_a_note_that_comes_back_as_a_reply_is_an_alarm(site: Site) -> None:
    ticket = site.ticket()
    site.faults.comments_become_replies = True
    with pytest.raises(VisibleNote, match="ALARM"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_a_note_that_cannot_be_read_again_is_not_repeated_either(site: Site) -> None:
    ticket = site.ticket()
    site.simulator.revoke(CONNECTOR_GROUP, "ShowTicketComments")
    with pytest.raises(VisibleNote, match="ShowTicketComments"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_a_note_that_cannot_be_read_just_now_has_an_unknown_outcome(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 500, path="^transaction/")
    with pytest.raises(OutcomeUnknown, match="could not be read again"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)
    assert our_note(site.system, ticket, MARKER) is not None


@pytest.mark.parametrize(
    "body", [[1], {"Object": {"type": "queue"}}, {"Object": {"type": "ticket"}, "Type": "Comment", "id": 80}]
)
def test_what_is_no_transaction_of_a_ticket_leaves_the_outcome_open(site: Site, body: Any) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 200, path="^transaction/", body=body)
    with pytest.raises(OutcomeUnknown):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_an_answer_without_a_location_leaves_the_outcome_open(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 201, path="comment$", body=["Comments added"])
    with pytest.raises(OutcomeUnknown, match="not with what was made"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_a_note_without_its_marker_is_not_written(site: Site) -> None:
    ticket = site.ticket()
    with pytest.raises(Permanent, match="nothing was written"):
        site.system.tickets.write_note(ticket, "ESCALATED", MARKER)
    assert own_notes(site, ticket) == []


@pytest.mark.parametrize("hang", [False, True])
def test_a_note_whose_answer_was_lost_is_found(site: Site, hang: bool) -> None:
    ticket = site.ticket()
    system = site.connect(read_seconds=0.3)
    site.faults.accept_but_never_answer(path="comment$", hang=hang)
    with pytest.raises(OutcomeUnknown):
        system.tickets.write_note(ticket, NOTE, MARKER)
    site.faults.release()
    assert our_note(system, ticket, MARKER) is not None
    assert own_notes(site, ticket) == [NOTE]


def test_a_failure_of_rt_leaves_the_outcome_open_too(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 500, path="comment$")
    with pytest.raises(OutcomeUnknown, match="answered 500"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)
    assert our_note(site.system, ticket, MARKER) is None


@pytest.mark.parametrize("has_field", [True, False])
def test_a_note_carries_its_marker_in_its_text_and_where_there_is_one_in_its_field(site: Site, has_field: bool) -> None:
    site.simulator.state.has_note_key = has_field
    ticket = site.ticket()
    written = site.system.tickets.write_note(ticket, NOTE, MARKER)
    assert site.simulator.state.transactions[int(written.id)].note_key == (MARKER if has_field else "")
    assert our_note(site.system, ticket, MARKER) == written
    assert our_note(site.system, ticket, OTHER) is None


def test_what_others_wrote_with_our_marker_is_not_our_note(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", NOTE)
    site.desk.client_writes(ticket, NOTE)
    written = [entry.author.kind for entry in site.system.tickets.read(ticket).entries if MARKER in entry.text]
    assert written == [AuthorKind.AGENT, AuthorKind.CLIENT]


def test_a_note_is_found_after_its_ticket_was_merged(site: Site) -> None:
    ticket, other = site.ticket(), site.ticket()
    before = site.system.tickets.write_note(ticket, NOTE, MARKER)
    site.desk.merge(ticket, other)
    after = site.system.tickets.write_note(ticket, NOTE.replace(MARKER, OTHER), OTHER)
    assert our_note(site.system, other, MARKER) == before
    assert our_note(site.system, other, OTHER) == after


def test_many_notes_of_our_own_are_all_looked_through(site: Site) -> None:
    ticket = site.ticket()
    site.simulator.state.has_note_key = False
    written = site.system.tickets.write_note(ticket, NOTE, MARKER)
    for n in range(130):
        site.call("escalator", "POST", f"ticket/{ticket}/comment", {"Content": f"{n}", "ContentType": "text/plain"})
    assert our_note(site.system, ticket, MARKER) == written


def test_a_message_is_a_reply(site: Site) -> None:
    ticket = site.ticket()
    site.system.tickets.write_message(ticket, f"We are on it.\n{MARKER}", MARKER)
    (row,) = site.simulator.history(int(ticket), "Correspond")
    assert site.call("connie@acme.test", "GET", f"transaction/{row.id}").status_code == 200


def test_a_message_that_comes_back_as_a_comment_was_not_sent(site: Site) -> None:
    ticket = site.ticket()
    comment = site.system.tickets.write_note(ticket, NOTE, MARKER)
    shown = site.call("escalator", "GET", f"transaction/{comment.id}").get_json()
    shown["id"] = max(site.simulator.state.transactions) + 1
    site.faults.fail_next(1, 200, path="^transaction/", body=shown)
    with pytest.raises(Permanent, match="did not come back as a reply"):
        site.system.tickets.write_message(ticket, f"We are on it.\n{OTHER}", OTHER)


def test_a_note_on_a_ticket_that_is_not_there_and_one_without_the_right_are_told_apart(site: Site) -> None:
    ticket = site.ticket()
    with pytest.raises(NotFound):
        site.system.tickets.write_note(TicketId("4711"), NOTE, MARKER)
    site.simulator.revoke(CONNECTOR_GROUP, "CommentOnTicket", "ModifyTicket")
    with pytest.raises(Forbidden, match="CommentOnTicket"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)
    site.simulator.revoke(CONNECTOR_GROUP, "ReplyToTicket")
    with pytest.raises(Forbidden, match="ReplyToTicket"):
        site.system.tickets.write_message(ticket, NOTE, MARKER)
    site.simulator.revoke(CONNECTOR_GROUP, "ShowTicket")
    with pytest.raises(Forbidden, match="ShowTicket"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_a_refused_note_that_rights_do_not_explain_stays_refused(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 400, path="comment$", body={"message": "Nachricht konnte nicht gespeichert werden"})
    with pytest.raises(Refused, match="refused with 400"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


def test_a_refused_note_on_a_ticket_that_cannot_be_read_is_tried_later(site: Site) -> None:
    ticket = site.ticket()
    site.faults.fail_next(1, 400, path="comment$")
    site.faults.fail_next(1, 502, path=f"^ticket/{ticket}$")
    with pytest.raises(Temporary, match="could not be read to see why"):
        site.system.tickets.write_note(ticket, NOTE, MARKER)


# Moves


def test_a_move_takes_the_queue_first_and_then_the_owner(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    target = Target(site.home(2), site.member("sam"), site.system.directory.status_in(site.home(2), "open"))
    site.calls()
    record = site.system.tickets.reassign(ticket, target)
    assert (str(record.place), record.owner and record.owner.identifier, record.status.name) == (
        "Tier 3",
        "sam",
        "open",
    )
    assert [method for method, _ in site.calls()] == ["GET", "PUT", "GET", "PUT", "GET"]


def test_queue_and_owner_in_one_call_would_not_do(site: Site) -> None:
    """RT tries the owner first, in the old queue, moves the ticket all the same, and says 200."""
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    answer = site.call("escalator", "PUT", f"ticket/{ticket}", {"Queue": "Tier 3", "Owner": "sam"})
    assert answer.status_code == 200
    assert (site.desk.ticket(ticket).tier, site.desk.ticket(ticket).owner) == (2, None)


def test_a_ticket_without_an_owner_needs_no_second_write_where_rt_took_the_owner_off(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket, target = site.ticket(), Target(site.home(2), Ownership.NOBODY)
    site.calls()
    assert site.system.tickets.reassign(ticket, target).owner is None
    assert [method for method, _ in site.calls()] == ["GET", "PUT", "GET"]


def test_an_owner_who_may_own_everywhere_is_taken_off(site: Site) -> None:
    ticket = site.ticket()
    assert site.system.tickets.reassign(ticket, Target(site.home(2), Ownership.NOBODY)).owner is None
    assert site.desk.ticket(ticket).owner is None


def test_a_move_says_when_the_queue_changed_and_not_when_the_owner_did(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, record = site.ticket(), site.simulator.state.record

    def slow(*given: Any, **more: Any) -> object:
        row = record(*given, **more)
        site.clock.advance(timedelta(seconds=2))
        return row

    monkeypatch.setattr(site.simulator.state, "record", slow)
    at = site.clock.now()
    after = site.system.tickets.reassign(ticket, Target(site.home(2), site.member("sam")))
    assert after.placed_at == at < after.updated_at
    assert site.system.tickets.reassign(ticket, Target(site.home(2), site.member("tess"))).placed_at is None


def test_what_is_in_place_is_not_written_again(site: Site) -> None:
    ticket = site.ticket()
    target = Target(site.home(2), site.member("sam"), priority=site.system.directory.priority("100"))
    site.system.tickets.reassign(ticket, target)
    site.calls()
    site.system.tickets.reassign(ticket, target)
    assert [method for method, _ in site.calls()] == ["GET"]


def test_a_priority_is_set_by_its_number(site: Site) -> None:
    ticket = site.ticket()
    record = site.system.tickets.reassign(ticket, Target(priority=Ref("75", "Medium")))
    assert record.priority is not None
    assert record.priority.id == "75"


def test_an_owner_who_may_not_own_there_is_told_with_the_right(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    with pytest.raises(Forbidden, match="'tess' needs the right OwnTicket in the queue 'Tier 3'"):
        site.system.tickets.reassign(ticket, Target(site.home(2), site.member("tess")))
    assert site.desk.ticket(ticket).tier == 2


@pytest.mark.parametrize("language", ["", "de"])
@pytest.mark.parametrize(
    ("right", "named"), [("CreateTicket", "CreateTicket in the queue 'Tier 3'"), ("ModifyTicket", "ModifyTicket")]
)
def test_a_refused_move_names_the_right_in_any_language(site: Site, right: str, named: str, language: str) -> None:
    ticket, place = site.ticket(), site.home(2)
    site.simulator.user("escalator").language = language
    site.simulator.revoke(CONNECTOR_GROUP, right)
    site.simulator.state.grants = {grant for grant in site.simulator.state.grants if grant[0] != "Everyone"}
    with pytest.raises(Forbidden, match=named):
        site.system.tickets.reassign(ticket, Target(place))
    assert site.desk.ticket(ticket).tier == 1


def test_a_move_to_a_queue_that_was_disabled_says_so(site: Site) -> None:
    ticket, place = site.ticket(), site.home(2)
    site.simulator.queue(place.path[0].name).is_disabled = True
    with pytest.raises(Permanent, match="could not be moved: the queue 'Tier 3' is disabled") as refused:
        site.system.tickets.reassign(ticket, Target(place))
    assert refused.value.cause == "RT does not move it to the queue 'Tier 3': it is disabled"
    assert site.desk.ticket(ticket).tier == 1


def test_a_move_that_no_right_explains_may_be_one_between_life_cycles(site: Site) -> None:
    ticket = site.ticket()
    site.simulator.state.statuses["projects"] = ("planned", "done")
    site.simulator.add_queue("Projects", life_cycle="projects")
    with pytest.raises(Forbidden, match="life cycles"):
        site.system.tickets.reassign(ticket, Target(site.system.directory.locate("Projects")))


def test_an_owner_that_may_not_be_taken_off_is_told(site: Site) -> None:
    ticket = site.ticket()
    site.simulator.revoke(CONNECTOR_GROUP, "ReassignTicket")
    with pytest.raises(Forbidden, match="ReassignTicket"):
        site.system.tickets.reassign(ticket, Target(owner=Ownership.NOBODY))


def test_a_status_that_rt_does_not_set_is_told(site: Site) -> None:
    ticket = site.ticket()
    with pytest.raises(Permanent, match="did not set the status 'nonsense'"):
        site.system.tickets.reassign(ticket, Target(status=Status("nonsense", "nonsense", StatusGroup.UNKNOWN)))


def test_a_merged_ticket_is_not_moved_under_its_old_number(site: Site) -> None:
    ticket, other = site.ticket(), site.ticket()
    site.desk.merge(ticket, other)
    with pytest.raises(Permanent, match="nothing was reassigned"):
        site.system.tickets.reassign(ticket, Target(site.home(2)))
    assert site.desk.ticket(other).tier == 1


def test_nobody_gets_a_ticket_who_has_left(site: Site) -> None:
    ticket, gone = site.ticket(), site.member("gone")
    with pytest.raises(Permanent, match="disabled"):
        site.system.tickets.reassign(ticket, Target(site.home(2), gone))
    assert site.desk.ticket(ticket).tier == 1


def test_what_another_hand_changed_meanwhile_is_not_written_over(site: Site) -> None:
    ticket, target = site.ticket(), Target(site.home(2))
    stale = site.call("escalator", "GET", f"ticket/{ticket}")
    site.desk.note(ticket, "tess", "Plan: a new cable")
    headers = {"If-Match": stale.headers["ETag"]}
    assert site.call("escalator", "PUT", f"ticket/{ticket}", {"Queue": "Tier 3"}, headers).status_code == 412
    site.faults.fail_next(1, 412, method="PUT")
    with pytest.raises(ChangedMeanwhile):
        site.system.tickets.reassign(ticket, target)


def test_a_scrip_that_puts_a_ticket_back_is_seen(site: Site) -> None:
    ticket, target = site.ticket(), Target(site.home(2), Ownership.NOBODY)
    site.faults.scrip_reverts = frozenset({"Queue"})
    assert str(site.system.tickets.reassign(ticket, target).place) == "First Touch"
    assert [str(change.new) for change in site.system.tickets.read(ticket).changes[1:]] == ["Tier 3", "First Touch"]
    site.faults.scrip_times = 0
    assert str(site.system.tickets.reassign(ticket, target).place) == "Tier 3"


@pytest.mark.parametrize("field", ["Owner", "Status"])
def test_a_scrip_that_puts_an_owner_or_a_status_back_is_seen(site: Site, field: str) -> None:
    ticket = site.ticket()
    site.faults.scrip_reverts = frozenset({field})
    status = site.system.directory.status_in(site.home(1), "stalled")
    record = site.system.tickets.reassign(ticket, Target(owner=site.member("tom"), status=status))
    assert record.owner is not None
    found = {"Owner": record.owner.identifier == "tess", "Status": record.status.name == "new"}
    assert found == {name: name == field for name in found}


@pytest.mark.parametrize("lost", ["accept_but_never_answer", "drop_before_performing"])
def test_a_move_whose_answer_was_lost_is_known_by_what_is_there(site: Site, lost: str) -> None:
    ticket, target = site.ticket(), Target(site.home(2))
    getattr(site.faults, lost)(method="PUT")
    if lost == "accept_but_never_answer":
        assert str(site.system.tickets.reassign(ticket, target).place) == "Tier 3"
    else:
        with pytest.raises(OutcomeUnknown):
            site.system.tickets.reassign(ticket, target)


def test_a_move_whose_outcome_cannot_be_seen_stays_unknown(site: Site) -> None:
    ticket, target = site.ticket(), Target(site.home(2))
    site.faults.accept_but_never_answer(method="PUT")
    moves = site.system.tickets._moves
    original: Callable[[TicketId], Any] = moves._read
    reads = iter([original])

    def read(ticket_id: TicketId) -> Any:
        return next(reads, _unreadable)(ticket_id)

    moves._read = read
    with pytest.raises(OutcomeUnknown):
        site.system.tickets.reassign(ticket, target)


def _unreadable(ticket_id: TicketId) -> Any:
    raise Temporary("RT is away")


# People


def test_people_are_added_to_those_who_are_there(site: Site) -> None:
    ticket = site.ticket()
    crew = site.simulator.group("Tier 3 crew")
    site.call("tess", "PUT", f"ticket/{ticket}", {"AdminCc": ["tom", str(crew.id)]})
    irene, adam = site.member("irene"), site.member("adam")
    assert site.system.tickets.add_people(ticket, [irene, adam]) == (irene, adam)
    names = {site.simulator.actions.name_of(one) for one in site.simulator.ticket(int(ticket)).admin_cc}
    assert names == {"tom", "Tier 3 crew", "irene", "adam"}
    site.calls()
    assert site.system.tickets.add_people(ticket, [irene]) == (irene,)
    assert [method for method, _ in site.calls()] == ["GET"]


def test_who_came_on_meanwhile_is_not_lost(site: Site) -> None:
    ticket, irene = site.ticket(), site.member("irene")
    site.faults.fail_next(2, 412, method="PUT")
    assert site.system.tickets.add_people(ticket, [irene]) == (irene,)
    site.faults.fail_next(3, 412, method="PUT")
    with pytest.raises(ChangedMeanwhile):
        site.system.tickets.add_people(ticket, [site.member("adam")])


def test_people_that_rt_does_not_add_are_told_with_the_right(site: Site) -> None:
    ticket, irene = site.ticket(), site.member("irene")
    site.simulator.revoke(CONNECTOR_GROUP, "ModifyTicket")
    with pytest.raises(Forbidden, match="ModifyTicket"):
        site.system.tickets.add_people(ticket, [irene])


def test_people_whose_answer_was_lost_are_known_by_who_is_there(site: Site) -> None:
    ticket, irene = site.ticket(), site.member("irene")
    site.faults.accept_but_never_answer(method="PUT")
    assert site.system.tickets.add_people(ticket, [irene]) == (irene,)
    site.faults.drop_before_performing(method="PUT")
    with pytest.raises(OutcomeUnknown):
        site.system.tickets.add_people(ticket, [Person("22", "adam", "Adam Account")])


def test_a_move_from_what_was_just_read_costs_no_look_of_its_own(site: Site) -> None:
    ticket = site.ticket(owner="tess")
    target = Target(site.system.directory.locate("Tier 3"), Ownership.NOBODY)
    seen = site.system.tickets.read(ticket)
    before = site.system.line.calls
    moved = site.system.tickets.reassign(ticket, target, seen)
    assert (str(moved.place), moved.owner) == ("Tier 3", None)
    assert site.system.line.calls - before <= 4


def test_who_did_anything_since_the_ticket_was_read_keeps_it_from_being_moved(site: Site) -> None:
    ticket = site.ticket(owner="tess")
    seen = site.system.tickets.read(ticket)
    site.desk.set_status(ticket, "tess", StatusGroup.WAITING)
    with pytest.raises(ChangedMeanwhile):
        site.system.tickets.reassign(ticket, Target(site.system.directory.locate("Tier 3")), seen)
    assert str(site.system.tickets.read(ticket).place) == "First Touch"
