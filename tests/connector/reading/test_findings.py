"""What is read out of a stint's notes and time entries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import AuthorKind
from connector.reading.findings import Documented, Found, find
from tests.builders import a_note, a_ticket, at
from tests.hard_texts.calls import calls_of

RECORD = a_ticket(entered_at=at("08:00"), contact="Carla Client")
STAFF = ("Sam Senior", "Tess Tech")


def found_in(*texts: str, **author: object) -> Documented:
    entries = [a_note(text, at(f"09:{index:02}"), **author) for index, text in enumerate(texts)]  # type: ignore[arg-type]  # builders take any field by name
    return find(RECORD, entries, STAFF)


def words(found: tuple[Found, ...]) -> list[str]:
    return [item.text for item in found]


@pytest.mark.process("note-steps")
def test_each_line_of_an_agent_s_note_is_a_step_with_who_and_when():
    found = found_in("Toggled the agent.\n- tried another WiFi\n\n2) read the logs")
    assert found.steps == tuple(
        Found(text, "Tess Tech", at("09:00")) for text in ("Toggled the agent.", "tried another WiFi", "read the logs")
    )


@pytest.mark.parametrize("kind", [AuthorKind.CLIENT, AuthorKind.CONNECTOR, AuthorKind.UNKNOWN])
def test_what_others_write_is_no_step(kind):
    found = found_in("Restarted it. Research found nothing.\nNext steps: x", kind=kind)
    assert (found.steps, found.research, found.next_steps) == ((), (), ())


def test_the_description_that_came_with_the_ticket_is_no_step():
    entries = [
        a_note("VPN is down", at("08:00:03"), internal=False),
        a_note("Looked at once", at("08:00:03")),
        a_note("Restarted it", at("08:01"), internal=False),
    ]
    assert words(find(RECORD, entries).steps) == ["Looked at once", "Restarted it"]


def test_plans_commands_and_courtesies_are_no_steps():
    found = found_in(
        "Hi Sam,\nPlan: read the logs\nand compare\n\nRead the logs.\n/escalate knowledge\n\n"
        "2026-01-15 09:12:01 agent stopped\nThe log said `beacon lost`\n...\n\nKind regards\nTess Tech",
    )
    assert words(found.steps) == ["Read the logs.", "2026-01-15 09:12:01 agent stopped", "The log said `beacon lost`"]
    assert words(found.errors) == ["beacon lost"]
    assert words(found.plans) == ["read the logs and compare"]


def test_a_command_that_cannot_be_followed_is_kept_among_the_discussions():
    text = (
        "/esclate knowledge: the beacon fails\n/escalate quickly, backups fail\n/override 45m because of it\nPinged it"
    )
    found = found_in(text)
    assert words(found.discussions) == ["/esclate knowledge: the beacon fails", "/escalate quickly, backups fail"]
    assert words(found.steps) == ["Pinged it"]


def test_a_line_that_is_nothing_but_codes_stands_under_the_errors_alone():
    found = found_in("0x80070005\nHTTP 503, Event ID 1014\nstill 0x80070005")
    assert words(found.steps) == ["still 0x80070005"]
    assert words(found.errors) == ["0x80070005", "HTTP 503", "Event ID 1014"]


def test_every_plan_is_kept_with_who_and_when():
    found = found_in("Plan: swap it", "New plan: swap the other one\n\nSwapped it\n\nPlan: tbc")
    assert [(plan.text, plan.at) for plan in found.plans] == [
        ("swap it", at("09:00")),
        ("swap the other one", at("09:01")),
        ("tbc", at("09:01")),
    ]
    assert words(found.steps) == ["Swapped it"]


def test_a_long_sentence_about_an_error_stays_a_step():
    text = "Compared the screens: " + "the error “it is broken” and " * 20
    assert len(found_in(text).steps) == 1


def test_lines_that_were_only_wrapped_are_one_step():
    wrapped = "Restarted the agent on the laptop and later, once more, on the\nother laptop as well"
    assert words(found_in(wrapped).steps) == [wrapped.replace("\n", " ")]
    apart = "Restarted the agent on the laptop and then on the other.\nread the logs"
    assert len(found_in(apart).steps) == 2
    headed = "Restarted the agent on the laptop and then on the other\nnext steps: wait"
    assert words(found_in(headed).next_steps) == ["wait"]


@pytest.mark.process("note-steps", "note-nothing-lost")
def test_a_section_that_is_written_later_loses_nothing():
    entries = [
        a_note("Toggled it", at("09:00")),
        a_note("Looked too", at("09:01"), author="Sam Senior"),
        a_note("Steps attempted:\n- toggled the agent\n- read the logs", at("09:02")),
        a_note("Reinstalled it", at("09:03"), internal=False),
    ]
    in_time = [
        ("Tess Tech", "Toggled it"),
        ("Sam Senior", "Looked too"),
        ("Tess Tech", "toggled the agent"),
        ("Tess Tech", "read the logs"),
        ("Tess Tech", "Reinstalled it"),
    ]
    assert [(step.by, step.text) for step in find(RECORD, entries).steps] == in_time
    assert [(step.by, step.text) for step in find(RECORD, entries[::-1]).steps] == in_time


def test_what_is_below_a_command_is_work_like_any_other():
    found = found_in("/escalate knowledge the beacon\nReset it twice\nGoogled it, nothing\n- asked Sam, no idea")
    assert words(found.steps) == ["Reset it twice"]
    assert words(found.research) == ["Googled it, nothing"]
    assert words(found.discussions) == ["asked Sam, no idea"]


def test_what_was_said_twice_is_shown_once_where_it_was_said_first():
    found = found_in("Restarted it", "Read the logs", "restarted  IT")
    assert [(step.text, step.at) for step in found.steps] == [
        ("Restarted it", at("09:00")),
        ("Read the logs", at("09:01")),
    ]


@pytest.mark.process("note-errors")
def test_errors_come_from_the_summary_the_client_and_the_technicians_in_order():
    record = replace(RECORD, summary="Outlook shows 0x80070005")
    entries = [
        a_note("I get HTTP 503", at("09:00"), "Carla Client", AuthorKind.CLIENT, internal=False),
        a_note("Error codes:\n- none\n- beacon 12\n\n```\nHTTP 503\nEvent ID 1014\n```", at("09:01")),
        a_note("HTTP 500", at("09:02"), kind=AuthorKind.CONNECTOR),
    ]
    assert find(record, entries).errors == (
        Found("0x80070005", "", record.entered_at, in_summary=True),
        Found("HTTP 503", "Carla Client", at("09:00"), whose="client", is_seconded=True),
        Found("beacon 12", "Tess Tech", at("09:01")),
        Found("Event ID 1014", "Tess Tech", at("09:01")),
    )


def test_a_code_that_is_part_of_a_longer_message_is_not_repeated():
    assert words(found_in("got a 404 from it", "log said `404 No beacon.`").errors) == ["404 No beacon."]


def test_very_many_codes_are_all_kept():
    codes = [f"0x{number:08x}" for number in range(1, 301)]
    assert words(found_in("\n".join(codes)).errors) == codes


def enormous(lines: int) -> str:
    return "HTTP 500\n" + f"{'x' * 499}\n" * lines + "HTTP 501"


def test_the_beginning_and_the_end_of_an_enormous_entry_are_read():
    found = found_in(enormous(400))
    assert words(found.errors) == ["HTTP 500", "HTTP 501"]
    assert any("lines left out" in step for step in words(found.steps))


def test_of_an_enormous_entry_no_more_is_read_than_of_a_large_one():
    large, enormous_one = (calls_of(found_in, enormous(lines)) for lines in (400, 40_000))
    assert enormous_one <= 1.2 * large


def test_what_stands_behind_a_command_answers_for_sections_and_is_no_step():
    found = found_in("/escalate permission Need local admin on SRV-7. Once there: restart the spooler")
    assert words(found.permissions) == ["Need local admin on SRV-7."]
    assert words(found.next_steps) == ["Once there: restart the spooler"]
    assert found.steps == ()
    assert words(found_in("/escalate knowledge the beacon, googled it").research) == ["googled it"]


@pytest.mark.process("note-errors")
def test_a_code_that_a_technician_quotes_is_the_client_s():
    text = "Restarted it, HTTP 500\n> it says HTTP 503\n```\nEvent ID 1014\n```"
    assert found_in(text).errors == (
        Found("HTTP 500", "Tess Tech", at("09:00")),
        Found("Event ID 1014", "Tess Tech", at("09:00")),
        Found("HTTP 503", "Carla Client", at("09:00"), via="Tess Tech"),
    )
    nobody = replace(RECORD, contact="", client=None)
    assert find(nobody, [a_note("> HTTP 503", at("09:00"))]).errors[0].by == "Tess Tech"


@pytest.mark.process("note-research")
def test_research_is_taken_out_of_the_steps_and_links_are_noted():
    found = found_in(
        "Read the logs. Research found that the beacon is gone; restarted it.",
        "According to the vendor it is known",
        "Installed KB5034441",
        "https://docs.example/beacon",
        "Applied the fix from https://portal.example/x, then logged in.",
        "Opened https://www.acme.example/shop with her, it stays white",
        "Reset it, googled the message, nothing",
        "Research: the forum has it too",
        "Steps attempted:\n- replaced it as in KB-0044\n- searched the forum, nothing\n- rebooted",
    )
    assert words(found.research) == [
        "Research found that the beacon is gone;",
        "According to the vendor it is known",
        "https://docs.example/beacon",
        "https://portal.example/x",
        "googled the message, nothing",
        "the forum has it too",
        "as in KB-0044",
        "searched the forum, nothing",
    ]
    assert words(found.steps) == [
        "Read the logs. restarted it.",
        "Installed KB5034441",
        "Applied the fix from https://portal.example/x, then logged in.",
        "Opened https://www.acme.example/shop with her, it stays white",
        "Reset it, googled the message, nothing",
        "replaced it as in KB-0044",
        "searched the forum, nothing",
        "rebooted",
    ]


@pytest.mark.process("note-discussions")
def test_talk_among_colleagues_is_a_discussion_and_talk_with_others_a_step():
    found = found_in(
        "Asked Sam: he would reinstall. He thinks it is the driver. He is out now.",
        "Asked the client to restart.",
        "Spoke with Carla, no change.",
        "Rebooted it and asked Sam, he says wait",
        "Chat with tier 3:\n[10:32 AM] Sam Senior: try this\n[10:33 AM] Tess Tech: did that\nIt works",
        "Internal discussions: agreed to wait",
    )
    assert words(found.discussions) == [
        "Asked Sam: he would reinstall.",
        "He thinks it is the driver.",
        "asked Sam, he says wait",
        "Chat with tier 3:",
        "[10:32 AM] Sam Senior: try this",
        "[10:33 AM] Tess Tech: did that",
        "agreed to wait",
    ]
    assert words(found.steps) == [
        "He is out now.",
        "Asked the client to restart.",
        "Spoke with Carla, no change.",
        "Rebooted it and asked Sam, he says wait",
        "It works",
    ]


def test_those_who_write_on_the_ticket_are_staff_and_the_client_s_namesake_is_not():
    entries = [a_note("Looked at it", at("09:00"), author="Theo Three"), a_note("Theo says wait", at("09:01"))]
    assert words(find(RECORD, entries).discussions) == ["Theo says wait"]
    whole = replace(RECORD, entries=tuple(entries))
    assert words(find(whole, entries[1:]).discussions) == ["Theo says wait"]
    assert find(replace(RECORD, contact="Theo Client"), entries).discussions == ()
    client = a_note("Please", at("09:02"), "Theo Sample", AuthorKind.CLIENT)
    assert find(RECORD, [*entries, client]).discussions == ()


def test_talk_that_the_client_can_see_is_no_internal_discussion():
    found = found_in("Asked Sam, who will call you.", internal=False)
    assert found.discussions == ()
    assert words(found.steps) == ["Asked Sam, who will call you."]


@pytest.mark.process("note-permissions")
def test_permissions_and_next_steps_come_from_their_sections():
    found = found_in("Missing permissions:\n- tunnel settings\nNext steps:\n- look at the beacon\nResearch: n/a")
    assert words(found.permissions) == ["tunnel settings"]
    assert words(found.next_steps) == ["look at the beacon"]
    assert found.research == ()
    assert found.stated == {"Missing permissions", "Next steps", "Research"}


@pytest.mark.process("note-permissions")
def test_permissions_and_next_steps_in_plain_words():
    found = found_in("Need local admin on SRV-7, then I will restart it. Rebooted it twice.", "/escalate permission")
    assert words(found.permissions) == ["Need local admin on SRV-7, then I will restart it."]
    assert words(found.next_steps) == ["then I will restart it."]
    assert words(found.steps) == ["Rebooted it twice."]
    unasked = found_in("Need local admin on SRV-7, then I will restart it.", "We lack the rights on DC01")
    assert words(unasked.permissions) == ["We lack the rights on DC01"]
    assert words(unasked.steps) == ["Need local admin on SRV-7, then I will restart it."]


def test_an_empty_field_is_nothing():
    found = found_in("Steps attempted:\n\nResearch:\n\nPlan:\n\nError codes: none")
    assert (found.steps, found.research, found.plans, found.errors) == ((), (), (), ())
    assert found.stated == {"Error codes"}


def test_that_no_error_is_shown_answers_for_the_error_codes():
    assert found_in("Reset it twice, no error shown").stated == {"Error codes"}
    assert found_in("Reset it twice").stated == frozenset()


def test_who_asks_for_permissions_where_the_client_sees_it_asks_for_nothing():
    assert found_in("Need local admin on SRV-7.\n/escalate permission", internal=False).permissions == ()
