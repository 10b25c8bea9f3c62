"""``read``: the ticket and its history in the model's words, whole, in order, in UTC."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import NotFound
from connector.model import AuthorKind, Entry, EntryKind, StatusGroup, TicketId, Visibility
from connector.systems.desk import CLIENTS, CONTACT, STAFF, Urgency
from tests.contract.worlds import World

STAFF_WORDS = {AuthorKind.AGENT, AuthorKind.CONNECTOR}


def entry_with(world: World, ticket: TicketId, text: str) -> Entry:
    """The one entry that holds that text."""
    (found,) = (entry for entry in world.read(ticket).entries if text in entry.text)
    return found


def test_a_ticket_is_read_as_the_desk_has_it(world: World) -> None:
    ticket = world.ticket("Mailbox does not receive", owner="tess", urgency=Urgency.HIGH)
    opened = world.now()
    world.tick()
    world.desk.set_status(ticket, "tess", StatusGroup.WORKING)
    changed = world.now()
    record = world.read(ticket)
    assert record.id == ticket
    assert record.summary == "Mailbox does not receive"
    assert record.place == world.home(1) or record.place.is_within(world.home(1))
    assert record.status == world.system.directory.status_in(record.place, world.desk.status_name(StatusGroup.WORKING))
    assert record.status.group is StatusGroup.WORKING
    assert record.owner is not None
    assert (record.owner.id, record.owner.name) == (world.person("tess").id, STAFF["tess"][0])
    assert record.priority == world.system.directory.priority(world.desk.priority_name(Urgency.HIGH))
    assert record.client is not None
    assert record.client.name == CLIENTS["Acme"]
    assert record.contact == CONTACT
    assert world.is_at(record.entered_at, opened)
    assert world.is_at(record.updated_at, changed)
    assert record.read_at.utcoffset() == timedelta(0)
    assert record.url.startswith("http")
    assert (record.is_escalatable, record.why_not) == (True, "")


def test_a_ticket_without_owner_has_none(world: World) -> None:
    assert world.read(world.ticket()).owner is None


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_a_ticket_lies_within_the_home_where_it_is(world: World, tier: int) -> None:
    place = world.read(world.ticket(tier=tier)).place
    assert [place.is_within(world.home(other)) for other in (1, 2, 3)] == [other == tier for other in (1, 2, 3)]


def test_each_status_has_its_group(world: World) -> None:
    ticket = world.worked_on()
    for group in sorted(world.desk.statuses):
        world.desk.set_status(ticket, "tess", group)
        assert world.read(ticket).status.group is group


def test_entries_are_read_oldest_first_with_kind_author_time_and_visibility(world: World) -> None:
    ticket, written = world.worked_on(), {}
    known = {entry.id for entry in world.read(ticket).entries}
    for text, write in {
        "Restarted the agent": lambda t, text: world.desk.note(t, "tess", text),
        "Read the Event Viewer": lambda t, text: world.desk.time_entry(t, "tom", text, 1),
        "We are looking into it": lambda t, text: world.desk.note(t, "tess", text, internal=False),
        "It still fails here": lambda t, text: world.desk.client_writes(t, text),
        "Called the vendor": lambda t, text: world.desk.time_entry(t, "sam", text, 1, internal=False),
    }.items():
        world.tick()
        write(ticket, text)
        written[text] = world.now()
    record = world.read(ticket)
    assert [entry.at for entry in record.entries] == sorted(entry.at for entry in record.entries)
    entries = [entry for entry in record.entries if entry.id not in known]
    assert [entry.text.strip() for entry in entries] == list(written)
    assert [(entry.kind, entry.author.kind, entry.visibility) for entry in entries] == [
        (EntryKind.NOTE, AuthorKind.AGENT, Visibility.INTERNAL),
        (EntryKind.TIME_ENTRY, AuthorKind.AGENT, Visibility.INTERNAL),
        (EntryKind.NOTE, AuthorKind.AGENT, Visibility.CLIENT),
        (EntryKind.NOTE, AuthorKind.CLIENT, Visibility.CLIENT),
        (EntryKind.TIME_ENTRY, AuthorKind.AGENT, Visibility.CLIENT),
    ]
    assert [entry.author.name for entry in entries] == ["Tess Tech", "Tom Touch", "Tess Tech", CONTACT, "Sam Senior"]
    for entry in entries:
        assert world.is_at(entry.at, written[entry.text.strip()]), entry
    assert len({entry.id for entry in record.entries}) == len(record.entries)
    assert all(entry.is_heard for entry in entries), "what was written on the ticket itself may command"


def test_a_member_is_the_same_as_author_as_owner_and_by_name(world: World) -> None:
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", "Restarted the agent")
    record = world.read(ticket)
    assert record.owner is not None
    author = entry_with(world, ticket, "Restarted the agent").author
    member = world.person("tess")
    assert author.identifier == record.owner.identifier == member.identifier
    assert author.identifier
    assert author.name == record.owner.name == member.name


def test_who_is_no_member_has_no_members_identifier(world: World) -> None:
    ticket = world.worked_on()
    world.desk.client_writes(ticket, "/override 8h because I say so")
    author = entry_with(world, ticket, "/override 8h").author
    assert author.kind is AuthorKind.CLIENT
    assert author.identifier == ""


def test_what_is_written_in_one_second_stays_in_its_order(world: World) -> None:
    ticket = world.worked_on()
    texts = [f"Step {n} of the day" for n in range(4)]
    for text in texts:
        world.desk.note(ticket, "tess", text)
    assert [entry.text.strip() for entry in world.read(ticket).entries if "of the day" in entry.text] == texts


def test_the_description_of_a_ticket_is_nothing_that_staff_wrote(world: World) -> None:
    ticket = world.ticket(description="/escalate urgency the whole office is down")
    spoken = [entry for entry in world.read(ticket).entries if "/escalate" in entry.text]
    assert all(entry.author.kind not in STAFF_WORDS or entry.visibility is Visibility.CLIENT for entry in spoken)


@pytest.mark.parametrize(
    "text",
    [
        "Umlauts äöüß, café, 日本語, emoji 🚒",
        "Tags <b>bold</b> & entities &lt;i&gt; &amp; <script>alert(1)</script>",
        "Paths C:\\temp\\x, \"quotes\", 'single', 100 %, a_b*c`d",
        "{{ braces }} {$variable} %s %(name)s ${HOME}",
    ],
)
def test_what_people_write_is_read_as_they_wrote_it(world: World, text: str) -> None:
    ticket = world.worked_on()
    world.desk.note(ticket, "tess", text)
    world.desk.client_writes(ticket, f"{text} again")
    words = [" ".join(entry.text.split()) for entry in world.read(ticket).entries]
    assert text in words
    assert f"{text} again" in words


def test_lines_stay_apart(world: World) -> None:
    ticket = world.worked_on()
    world.desk.note(ticket, "tess", "Checked the cable\nPlan: replace it\n\nThen call back")
    lines = [line.strip() for line in entry_with(world, ticket, "Checked the cable").text.splitlines()]
    assert [line for line in lines if line] == ["Checked the cable", "Plan: replace it", "Then call back"]


def test_long_histories_are_read_whole(world: World) -> None:
    ticket = world.worked_on()
    for n in range(130):
        world.desk.note(ticket, "tess", f"Note number {n}.")
    texts = [entry.text.strip() for entry in world.read(ticket).entries]
    assert [text for text in texts if text.startswith("Note number")] == [f"Note number {n}." for n in range(130)]


def test_a_ticket_that_was_deleted_is_gone_or_not_to_be_escalated(world: World) -> None:
    ticket = world.worked_on()
    world.desk.delete(ticket)
    try:
        record = world.read(ticket)
    except NotFound:
        return
    assert not record.is_escalatable
    assert record.why_not


def test_a_ticket_that_was_merged_is_not_to_be_escalated(world: World) -> None:
    ticket, other = world.worked_on(), world.worked_on()
    world.desk.merge(ticket, other)
    try:
        record = world.read(ticket)
    except NotFound:
        pass
    else:
        assert not record.is_escalatable
        assert record.why_not
    assert world.read(other).is_escalatable


@pytest.mark.parametrize("ticket", ["99999999", "no number", "../1", "1?x=y", ""])
def test_a_ticket_that_cannot_exist_is_not_found(world: World, ticket: str) -> None:
    with pytest.raises(NotFound):
        world.read(TicketId(ticket))


def test_a_planned_date_is_that_of_the_plan(world: World) -> None:
    world.needs(StatusGroup.PLANNED in world.desk.statuses, "has no status for a plan that was made")
    ticket = world.worked_on()
    world.tick()
    world.tick()
    world.desk.set_status(ticket, "tess", StatusGroup.PLANNED)
    planned_at = world.read(ticket).planned_at
    assert planned_at is None or world.is_at(planned_at, world.now())


def test_a_resolution_that_has_a_date_has_the_right_one(world: World) -> None:
    ticket = world.worked_on()
    assert world.read(ticket).resolved_at is None
    world.tick()
    world.desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
    resolved_at = world.read(ticket).resolved_at
    assert resolved_at is None or world.is_at(resolved_at, world.now())
