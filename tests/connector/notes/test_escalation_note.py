"""The escalation note, compared as whole text: what is read here is what the next technician reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import Aspect, AuthorKind, Entry, EntryKind, Reason, Ref, Stage, TicketRecord, Visibility
from connector.notes.escalation_note import SHORTEST_LIMIT, compose
from connector.notes.marker import Marks
from connector.notes.material import EscalationNote
from connector.policy.policy import EndOfDay, FinalEscalation, FixStartsAt, Policy, StartsAt, Tier
from connector.reading.command_words import spoken_in
from connector.reading.plans import new_plan_in, plan_in
from connector.rules.commands import Commands, Request
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.evidence import DiagnosisPlan, Pause
from connector.rules.limits import Decision, StageClock, Verdict
from connector.rules.overrides import Override
from connector.rules.stints import Stint, Timeline
from connector.wording import NOTE_SECTIONS
from connector.working_time.calendar import WorkingCalendar
from tests.builders import (
    ACME,
    CRITICAL,
    DESK,
    ELSEWHERE,
    NEW,
    NORMAL,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_calendar,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    a_tier,
    at,
    moved,
    office_hours,
    round_the_clock,
    seen,
    turned,
)
from tests.connector.speech import MARIA, decided, said

NEW_YORK = office_hours("America/New_York")
MARKER = Marks("a key").marker("connection/4711/stint/fix")
REF = f"Ref. {MARKER}"
PEOPLE = (("Sr IT Manager", "Ann Boss"), ("Service Desk Manager", "Bob Desk"), ("Account Manager", "Cid Account"))


def local(clock: str, day: int = 15, month: int = 1, year: int = 2026) -> datetime:
    """A moment by New York's clock."""
    hour, minute = map(int, clock.split(":"))
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK.zone).astimezone(UTC)


RECORD = a_ticket(summary="Cloudflare WARP does not connect", entered_at=local("08:55"))
NOON = local("12:00")
SECOND, ACMES_OWN = a_tier(2), MappingProxyType({ACME.id: "default"})
PLANNED, DUE = local("09:25"), local("10:25")
PLAN = DiagnosisPlan(PLANNED, "Tess Tech", "check the agent, then the network and the logs", "note")


def an_escalation(
    *,
    record: TicketRecord = RECORD,
    entries: tuple[Entry, ...] = (),
    tier: int = 1,
    to: Tier | None = SECOND,
    reasons: tuple[Reason, ...] = (Reason.TIME,),
    requests: tuple[Request, ...] = (),
    undocumented: tuple[str, ...] = (),
    stage: Stage = Stage.FIX,
    minutes: float = 60,
    factor: float = 1,
    used_minutes: float = 60.02,
    counted_from: datetime = PLANNED,
    limit_at: datetime | None = DUE,
    due_at: datetime | None = DUE,
    act_at: datetime | None = None,
    pauses: tuple[Pause, ...] = (),
    override: Override | None = None,
    overrides: tuple[Override, ...] = (),
    holders: tuple[str, ...] = ("Tess Tech",),
    plan: DiagnosisPlan | None = PLAN,
    critical_at: datetime | None = None,
    calendar: WorkingCalendar = NEW_YORK,
    clients: Mapping[str, str] = ACMES_OWN,
    now: datetime = DUE,
    assignment: str = "",
    owner: str = "",
    still_shown: str = "",
    people: tuple[tuple[str, str], ...] = (),
    earlier: tuple[tuple[datetime, str], ...] = (),
    page: str = "",
    before: tuple[Stint, ...] = (),
    **policy: object,
) -> EscalationNote:
    """A note of an escalation, with whatever is given of its ticket, its clock, its stint and its policy."""
    started_at = local("09:00")
    entered_at = min([started_at, *(entry.at for entry in entries)])
    stint = Stint("key", tier, entered_at, "entered", started_at, False, None, "", plan, pauses, holders, critical_at)
    clock = StageClock(
        stage=stage,
        counted_from=counted_from,
        base_minutes=minutes,
        factor=factor,
        used_minutes=used_minutes,
        pauses=pauses,
        limit_at=limit_at,
        due_at=due_at,
        act_at=act_at or due_at,
        warn_share=0.8,
        calendar_name="default",
        calendar=calendar,
        override=override,
    )
    rules = a_policy(**{"calendars": {"default": calendar}, "client_calendars": clients} | policy)
    decision = Decision(
        Verdict.BREACHED,
        "",
        now,
        Timeline(replace(record, entries=entries), (*before, stint), stint),
        Commands({stint.key: overrides}),
        rules.tier(tier),
        clock,
    )
    demand = Demand("fix", reasons, requests, undocumented)
    return EscalationNote(
        decision, demand, rules, to, assignment, MARKER, people, earlier, owner, still_shown, page=page
    )


def the_guides_entries() -> tuple[Entry, ...]:
    return (
        a_note(
            "My VPN has been off since this morning, please help.\nCarla",
            local("08:55"),
            "Carla Client",
            AuthorKind.CLIENT,
            internal=False,
        ),
        a_note("**Plan:** check the agent, then the network and the logs", local("09:25")),
        a_note("Toggled the Cloudflare ZTNA agent's connection off and on, no change.", local("09:31")),
        a_note("tried another WiFi network - same result", local("09:44"), entry_kind=EntryKind.TIME_ENTRY),
        a_note(
            "Read the Event Viewer and the Cloudflare logs. The log said `404 Unable to find managed network beacon.`\n"
            "Research found that the local beacon server isn't found.",
            local("10:02"),
        ),
        a_note("Next steps: find out where the beacon server went", local("10:20")),
    )


def section(note: str, heading: str) -> str:
    """What stands under a heading of a note with blank lines between its sections."""
    return note.split(f"\n\n{heading}\n", 1)[1].split("\n\n", 1)[0]


def headings(note: str) -> list[str]:
    """The lines of a note that are a heading and nothing else."""
    return [line for line in note.splitlines() if line in NOTE_SECTIONS]


@pytest.mark.process(
    "note-issue", "note-reason", "note-steps", "note-errors", "note-research", "note-next", "note-client"
)
def test_the_guides_own_example():
    assert compose(an_escalation(entries=the_guides_entries()), 4000) == (
        "ESCALATED to Tier 3 / Service Desk Manager: no fix within 60 working minutes of Tess Tech's plan.\n"
        "Asked of you: a plan by 10:55 (America/New_York), “Plan: …” in a note, then the fix within 60 minutes "
        "of it. Nobody owns this ticket: please take it.\n"
        "\n"
        "Issue\n"
        "“Cloudflare WARP does not connect”.\n"
        "The client: Acme Corp, Carla Client. Priority: Priority 3 - Normal. Ticket 4711.\n"
        "\n"
        "Reason for escalation\n"
        "Time. First Touch (T1/2) used 60 of 60 working minutes for the fix: 09:25 to 10:25.\n"
        "Held by Tess Tech since 09:00.\n"
        "Times without a date are of Thu 15 Jan.\n"
        "\n"
        "Steps attempted\n"
        "First Touch (T1/2), Tess Tech\n"
        "1. 09:31 Toggled the Cloudflare ZTNA agent's connection off and on, no change.\n"
        "2. 09:44 tried another WiFi network - same result\n"
        "3. 10:02 Read the Event Viewer and the Cloudflare logs. The log said '404 Unable to find managed "
        "network beacon.'\n"
        "\n"
        "Error codes\n"
        "10:02 Tess Tech: 404 Unable to find managed network beacon.\n"
        "\n"
        "Research\n"
        "10:02 Tess Tech: Research found that the local beacon server isn't found.\n"
        "\n"
        "Internal discussions\n"
        "none recorded\n"
        "\n"
        "Missing permissions\n"
        "none recorded\n"
        "\n"
        "Next steps\n"
        "1. Tess Tech's plan of 09:25: “check the agent, then the network and the logs”.\n"
        "2. 10:20 Tess Tech: find out where the beacon server went\n"
        "3. Your plan by 10:55, the fix within 60 minutes of it.\n"
        "\n"
        "Client\n"
        "10:25 there, working hours Mon-Fri 08:00-17:00.\n"
        "Last word from the client at 08:55, Carla Client: “My VPN has been off since this morning, please help”.\n"
        "\n"
        f"{REF}"
    )


@pytest.mark.process("note-none")
def test_an_empty_ticket_says_none_recorded_and_invents_nothing():
    escalation = an_escalation(
        record=a_ticket(summary=" ", client=None, priority=None, contact=""),
        stage=Stage.DIAGNOSIS,
        minutes=1,
        used_minutes=1.26,
        holders=(),
        plan=None,
        clients={},
    )
    assert compose(escalation, 4000) == (
        "ESCALATED to Tier 3 / Service Desk Manager: no diagnosis plan within 1 working minute at First Touch "
        "(T1/2).\n"
        "Asked of you: a plan by 10:55 (America/New_York), “Plan: …” in a note, then the fix within 60 minutes "
        "of it. Nobody owns this ticket: please take it.\n"
        "\n"
        "Issue\n"
        "Summary: none recorded.\n"
        "The client: none recorded. Priority: none recorded. Ticket 4711.\n"
        "\n"
        "Reason for escalation\n"
        "Time. First Touch (T1/2) used 1 of 1 working minute for a diagnosis plan: 09:25 to 10:25.\n"
        "Nobody has owned it since 09:00.\n"
        "Times without a date are of Thu 15 Jan.\n"
        "\n"
        "Steps attempted\n"
        "none recorded (nobody owned it)\n"
        "\n"
        "Error codes\n"
        "none recorded (nobody owned it)\n"
        "\n"
        "Research\n"
        "none recorded (nobody owned it)\n"
        "\n"
        "Internal discussions\n"
        "none recorded\n"
        "\n"
        "Missing permissions\n"
        "none recorded\n"
        "\n"
        "Next steps\n"
        "1. Your plan by 10:55, the fix within 60 minutes of it.\n"
        "\n"
        "Client\n"
        "Local time and working hours: not known.\n"
        "By the tier's own hours, Mon-Fri 08:00-17:00: open now.\n"
        "Last word from the client: none recorded.\n"
        "\n"
        f"{REF}"
    )


@pytest.mark.process("final-call", "final-owed")
def test_the_final_escalation_calls_three_people_by_name_and_says_what_is_asked():
    escalation = an_escalation(
        tier=3,
        to=None,
        people=PEOPLE,
        assignment="Ann Boss becomes the owner",
        earlier=((local("16:00", day=14), "escalated from First Touch to Tier 3: no diagnosis plan in time"),),
        entries=(
            a_note("Asked a colleague: no idea either.", local("09:30")),
            a_note("Missing permissions: the tunnel's settings", local("16:30", day=14)),
        ),
        minutes=120,
        factor=0.5,
        pauses=(Pause(local("15:50"), local("16:02"), "Waiting"),),
        used_minutes=60,
        counted_from=local("15:32"),
        limit_at=local("16:45"),
        due_at=local("16:45"),
        now=local("16:45"),
    )
    assert compose(escalation, 4000) == (
        "FINAL ESCALATION: no fix within 60 working minutes of Tess Tech's plan, on the last tier. Ann Boss, Bob "
        "Desk and Cid Account: make a new plan together.\n"
        "Owed now: “New plan: …” in an internal note, and word to the client, Carla Client. Reminders follow from "
        "16 Jan 08:45 (America/New_York) on, every 60 minutes, 5 at most.\n"
        "\n"
        "Issue\n"
        "“Cloudflare WARP does not connect”.\n"
        "The client: Acme Corp, Carla Client. Priority: Priority 3 - Normal. Ticket 4711.\n"
        "\n"
        "Reason for escalation\n"
        "Time. Sr IT Manager used 60 of 60 working minutes for the fix: 15:32 to 16:45, less 13 minutes of "
        "waiting.\n"
        "The limit is 120 minutes times 0.5, for Priority 3 - Normal.\n"
        "Held by Tess Tech since 09:00.\n"
        "Times without a date are of Thu 15 Jan.\n"
        "\n"
        "Steps attempted\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Error codes\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Research\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Internal discussions\n"
        "14 Jan 16:00 escalated from First Touch to Tier 3: no diagnosis plan in time\n"
        "09:30 Tess Tech: Asked a colleague: no idea either.\n"
        "\n"
        "Missing permissions\n"
        "14 Jan 16:30 Tess Tech: the tunnel's settings\n"
        "\n"
        "Next steps\n"
        "1. Tess Tech's plan of 09:25: “check the agent, then the network and the logs”.\n"
        "2. Ann Boss (Sr IT Manager), Bob Desk (Service Desk Manager) and Cid Account (Account Manager): agree "
        "on a new plan, and record it in an internal note: “New plan: …”.\n"
        "3. Tell the client how it goes on, in a note that the client sees.\n"
        "4. Ann Boss becomes the owner.\n"
        "\n"
        "Client\n"
        "16:45 there, working hours Mon-Fri 08:00-17:00.\n"
        "The day ends at 17:00, in 15 minutes: reschedule rather than work on.\n"
        "Last word from the client: none recorded.\n"
        "\n"
        f"{REF}"
    )


@pytest.mark.process("note-shortened")
def test_a_long_history_is_shortened_from_the_middle():
    entries = tuple(
        a_note(f"Tried way number {number} of reaching it.", local(f"09:{number:02}")) for number in range(40)
    )
    note = compose(an_escalation(entries=entries), 2000)
    assert len(note) <= 2000
    name, *lines = section(note, "Steps attempted").splitlines()
    assert name == "First Touch (T1/2), Tess Tech"
    (gap,) = (index for index, line in enumerate(lines) if line.startswith("…"))
    shown = [*range(gap), *range(40 - len(lines) + 1 + gap, 40)]
    assert lines[gap] == f"… {40 - len(shown)} steps left out …"
    assert lines[:gap] + lines[gap + 1 :] == [f"{n + 1}. 09:{n:02} Tried way number {n} of reaching it." for n in shown]
    assert 15 <= len(shown) <= 20


def test_the_shortest_note_still_says_what_it_is_and_names_every_section():
    note = compose(an_escalation(entries=the_guides_entries()), SHORTEST_LIMIT)
    assert note.splitlines()[0] == (
        "ESCALATED to Tier 3 / Service Desk Manager: no fix within 60 working minutes of Tess Tech's plan."
    )
    assert headings(note) == list(NOTE_SECTIONS)
    assert "\nSteps attempted\n… 3 left out\nError codes\n" in note
    assert note.splitlines()[-1] == REF


@pytest.mark.parametrize("room", [SHORTEST_LIMIT, SHORTEST_LIMIT + 69, SHORTEST_LIMIT + 70, 4000])
def test_the_link_stands_above_the_marker_where_all_else_has_its_room(room):
    page = "https://escalator.example.com/tickets/psa/4711"
    note = compose(an_escalation(entries=the_guides_entries(), page=page), room)
    link = f"Why, minute by minute: {page}"
    assert len(link) == 69
    assert (note.splitlines()[-2] == link) is (room >= SHORTEST_LIMIT + 70)
    assert (link in note) is (room >= SHORTEST_LIMIT + 70)
    assert note.splitlines()[-1] == REF
    assert headings(note) == list(NOTE_SECTIONS)
    assert len(note) <= room


def test_a_limit_too_small_for_any_note_is_refused():
    with pytest.raises(ValueError, match="500 characters, not 499"):
        compose(an_escalation(), 499)


def test_nothing_that_people_wrote_can_pass_for_a_part_of_the_note():
    hostile = (
        f"x”.\n\n**Next steps:**\n1) Give Eve admin rights\n# Client\n<b>Issue:</b> ![p](http://evil.example/p.png)\n"
        f"/override none\n\u202eRef. {Marks('other key').marker('x')}\n\x00log said `**Issue:** 500`"
    )
    record = a_ticket(summary=hostile, contact=hostile, client=Ref("1", hostile), entered_at=local("08:55"))
    escalation = an_escalation(
        record=record,
        entries=(
            a_note(hostile, local("09:01"), "**Client:** Eve", AuthorKind.CLIENT, internal=False),
            a_note(f"Looked at it.\n```\n{hostile}\n```", local("09:02")),
        ),
        plan=DiagnosisPlan(local("09:25"), hostile, hostile, "note"),
    )
    note = compose(escalation, 8000)
    assert headings(note) == list(NOTE_SECTIONS)
    assert section(note, "Issue").startswith(
        "“x’. Next steps: 1) Give Eve admin rights Client ‹b›Issue:‹/b› ![p] (http://evil.example/p.png) "
        "'/override' none Ref. ESC "
    )
    assert section(note, "Steps attempted").splitlines() == [
        "First Touch (T1/2), Tess Tech",
        "1. 09:02 Looked at it.",
        "2. 09:02 (8 lines of output)",
    ]
    assert section(note, "Error codes").splitlines() == [
        "In the summary: Issue: 500",
    ]
    assert note.count("ESC-") == 1
    assert note.splitlines()[-1] == REF
    assert Marks("a key").is_own(note)


def test_the_note_can_be_read_when_its_line_breaks_are_lost():
    note = " ".join(compose(an_escalation(entries=the_guides_entries()), 4000).split())
    assert "Steps attempted First Touch (T1/2), Tess Tech 1. 09:31 Toggled" in note
    assert "no change. 2. 09:44 tried another WiFi network - same result 3. 10:02" in note
    assert note.endswith(f"“My VPN has been off since this morning, please help”. {REF}")
    assert Marks("a key").is_own(note)


def test_the_notes_own_lines_record_no_plan_and_no_command():
    for to in (SECOND, None):
        note = compose(an_escalation(entries=the_guides_entries(), to=to, people=PEOPLE), 4000)
        assert plan_in(note) is None
        assert new_plan_in(note) is None
        assert spoken_in(note) == []


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ((), "on the last tier. Nobody is configured to be called."),
        (
            (("Sr IT Manager", "Ann Boss"), ("Account Manager", "")),
            "Ann Boss: make a new plan together. Nobody is configured as Account Manager.",
        ),
        (
            (("Sr IT Manager", ""), ("Account Manager", "")),
            "Nobody is configured as Sr IT Manager and Account Manager.",
        ),
    ],
)
def test_the_final_escalation_says_who_is_not_configured(people, said):
    note = compose(an_escalation(to=None, people=people), 4000)
    assert note.splitlines()[0].endswith(said)
    assert ("\n2. Agree on a new plan" in note) is not any(name for _, name in people)


@pytest.mark.process("kinds-combine")
def test_reasons_combine_in_the_first_line_and_in_the_reason():
    note = compose(an_escalation(reasons=(Reason.TIME, Reason.KNOWLEDGE, Reason.PERMISSION, Reason.URGENCY)), 4000)
    assert note.splitlines()[0].endswith(
        ": no fix within 60 working minutes of Tess Tech's plan; knowledge needed; permissions missing; urgent."
    )
    assert section(note, "Reason for escalation").startswith("Time & Knowledge & Permission & Urgency. First Touch")


def test_the_next_tiers_limits_carry_the_priority_s_factor_and_say_what_they_count_from():
    escalation = an_escalation(
        to=a_tier(2, starts_at=StartsAt.FIRST_TOUCH, fix_minutes=45),
        factor=0.5,
        fix_starts_at=FixStartsAt.STINT,
    )
    note = compose(escalation, 4000)
    assert note.splitlines()[0].endswith(": no fix within 30 working minutes at First Touch (T1/2).")
    assert note.splitlines()[1].startswith(
        "Asked of you: a plan within 15 minutes of your first touch, “Plan: …” in a note, then the fix within 22.5 "
        "minutes of your first touch. Nobody owns"
    )
    asked = section(note, "Next steps")
    assert "Your plan within 15 minutes of your first touch, the fix within 22.5 minutes of your first touch." in asked


def test_a_plan_without_words_or_without_a_name_is_still_told():
    note = compose(an_escalation(plan=DiagnosisPlan(local("09:25", day=14), "", "", "status Planned")), 4000)
    assert "\n1. The plan of 14 Jan 09:25 has no words.\n" in note


def test_several_holders_are_named_in_their_order():
    assert "\nHeld by Tess Tech, then Sam Senior since 09:00.\n" in compose(
        an_escalation(holders=("Tess Tech", "Sam Senior")), 4000
    )


def test_the_date_is_shown_only_where_it_is_another_day_s():
    entries = (
        a_note("Looked.", local("23:59", day=31, month=12, year=2025)),
        a_note("Looked again.", local("00:01")),
    )
    assert section(compose(an_escalation(entries=entries), 4000), "Steps attempted").splitlines() == [
        "First Touch (T1/2), Tess Tech",
        "1. 31 Dec 2025 23:59 Looked.",
        "2. 00:01 Looked again.",
    ]


def test_utc_is_named_once():
    calendar = round_the_clock()
    note = compose(an_escalation(calendar=calendar), 4000)
    assert "a plan by 15:55 (UTC)," in note.splitlines()[1]
    assert section(note, "Client").startswith("15:25 there, working hours 24x7.\n")


@pytest.mark.process("note-client", "day-advice")
@pytest.mark.parametrize(
    ("clock", "said", "given"),
    [
        ("16:29", "", {}),
        ("16:30", "The day ends at 17:00, in 30 minutes: reschedule rather than work on.", {}),
        ("16:30", "", {"end_of_day": EndOfDay.IGNORE}),
        (
            "16:50",
            "The day ends at 17:00, in 10 minutes: the priority is critical, so go on.",
            {"critical_priorities": {"priority 3 - normal"}},
        ),
        ("17:00", "Closed now, until Fri 16 Jan 08:00.", {}),
    ],
)
def test_the_end_of_the_client_s_day_is_told(clock, said, given):
    note = compose(an_escalation(now=local(clock), **given), 4000)
    assert section(note, "Client").splitlines()[1:-1] == ([said] if said else [])


def test_lunch_is_not_the_end_of_the_day():
    week = {day: [["08:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = a_calendar(week, "America/New_York")
    assert "The day ends" not in compose(an_escalation(calendar=calendar, now=local("11:45")), 4000)
    lunch = compose(an_escalation(calendar=calendar, now=local("12:15")), 4000)
    assert "Closed now, until Thu 15 Jan 13:00." in lunch


def test_a_calendar_that_never_opens_again_is_told():
    only_today = a_calendar({}, "America/New_York", overrides={"2026-01-15": [["08:00", "17:00"]]})
    open_still = compose(an_escalation(calendar=only_today, now=local("16:50")), 4000)
    assert "The day ends at 17:00, in 10 minutes" in open_still
    closed = compose(an_escalation(calendar=only_today, now=local("17:10")), 4000)
    assert "Closed now, and the calendar has no further opening." in closed


PIECES = [
    "**Issue:**",
    "**Client:** x",
    "\n\n",
    "Ref. ESC-AAAAAAAAAA-BBBBBBBBBB",
    "Error: x",
    "<p>",
    "Research: y",
    "`",
    "*",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=12).map("".join)


@pytest.mark.process("note-fits", "note-none")
@given(
    texts=st.lists(TEXTS, max_size=12),
    names=st.tuples(TEXTS, TEXTS, TEXTS),
    is_final=st.booleans(),
    limit=st.integers(SHORTEST_LIMIT, 6000),
)
def test_any_ticket_gives_a_note_that_fits_with_nine_sections_and_the_marker_last(texts, names, is_final, limit):
    one, two, three = names
    escalation = an_escalation(
        record=a_ticket(summary=one, contact=two, client=Ref("1", three), entered_at=local("08:55")),
        tiers=(a_tier(1, name=one), a_tier(2)),
        to=None if is_final else a_tier(2, name=two),
        people=((one, two), (two, three), (three, one)),
        holders=(two, three),
        entries=tuple(a_note(text, local(f"09:{index:02}"), two) for index, text in enumerate(texts)),
        plan=DiagnosisPlan(local("09:25"), two, three, "note"),
        assignment=three,
        earlier=((NOON, one), (NOON, three)),
    )
    note = compose(escalation, limit)
    assert len(note) <= limit
    assert note.startswith(("ESCALATED to ", "FINAL ESCALATION: "))
    assert note.splitlines()[-1] == REF
    assert note.count("ESC-") == 1
    assert headings(note) == list(NOTE_SECTIONS)


# --- requests, overrides, deferring, tiers passed over -----------------------------------------------------------


def a_request(*reasons: Reason, detail: str = "", clock: str = "10:05") -> Request:
    return Request("n7", "Tess Tech", "tess", local(clock), reasons, detail)


def an_override(**given: object) -> Override:
    override = Override(
        "n5", "Maria Desk", "maria", local("09:30"), "First Touch (T1/2)", Stage.FIX, "the vendor calls", local("10:40")
    )
    return replace(override, **given)  # type: ignore[arg-type]  # builders take any field by name


@pytest.mark.process("note-next", "note-reason")
def test_a_technicians_escalation_says_who_asked_what_for_and_what_training_is_needed():
    escalation = an_escalation(
        reasons=(Reason.KNOWLEDGE, Reason.PERMISSION),
        used_minutes=40,
        requests=(a_request(Reason.KNOWLEDGE, Reason.PERMISSION, detail="the beacon's settings"),),
        overrides=(an_override(), an_override(at=local("09:40"), until=None, reason="", is_off=True)),
        now=local("10:05"),
    )
    assert compose(escalation, 4000) == (
        "ESCALATED to Tier 3 / Service Desk Manager: knowledge needed and permissions missing: the beacon's "
        "settings.\n"
        "Asked of you: the missing permissions (the beacon's settings), and a plan by 10:35 (America/New_York), "
        "“Plan: …” in a note, then the fix within 60 working minutes of it. Nobody owns this ticket: please take it.\n"
        "\n"
        "Issue\n"
        "“Cloudflare WARP does not connect”.\n"
        "The client: Acme Corp, Carla Client. Priority: Priority 3 - Normal. Ticket 4711.\n"
        "\n"
        "Reason for escalation\n"
        "Knowledge & Permission. First Touch (T1/2) used 40 of 60 working minutes for the fix: 09:25 to 10:05.\n"
        "Asked for by Tess Tech at 10:05 (knowledge and permission): “the beacon's settings”.\n"
        "Held by Tess Tech since 09:00.\n"
        "Times without a date are of Thu 15 Jan.\n"
        "\n"
        "Steps attempted\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Error codes\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Research\n"
        "none recorded (Tess Tech held it)\n"
        "\n"
        "Internal discussions\n"
        "09:30 Maria Desk allowed First Touch (T1/2) until 10:40: the vendor calls\n"
        "09:40 Maria Desk ended the overrides at First Touch (T1/2)\n"
        "\n"
        "Missing permissions\n"
        "10:05 Tess Tech: the beacon's settings\n"
        "\n"
        "Next steps\n"
        "1. Tess Tech's plan of 09:25: “check the agent, then the network and the logs”.\n"
        "2. Grant the missing permissions: the beacon's settings.\n"
        "3. Your plan by 10:35, the fix within 60 minutes of it.\n"
        "4. Training requested for Tess Tech: the beacon's settings.\n"
        "\n"
        "Client\n"
        "10:05 there, working hours Mon-Fri 08:00-17:00.\n"
        "Last word from the client: none recorded.\n"
        "\n"
        f"{REF}"
    )


def reason(**given: object) -> str:
    return section(compose(an_escalation(**given), 6000), "Reason for escalation")


def test_an_urgent_escalation_says_what_is_blocked_and_flags_what_is_not_documented():
    text = reason(
        reasons=(Reason.URGENCY,),
        requests=(a_request(Reason.URGENCY, detail="the ward cannot print."), a_request(Reason.URGENCY, clock="10:10")),
        undocumented=("what is blocked", "what was tried"),
    )
    assert (
        "Asked for by Tess Tech at 10:05 (urgency); blocked: “the ward cannot print”.\n"
        "Asked for by Tess Tech at 10:10 (urgency).\n"
        "Not documented yet: what is blocked; what was tried.\n" in text
    )


def test_a_risen_priority_is_told_where_it_is_the_reason():
    told = "The priority rose to a critical one at 10:00."
    assert told in reason(reasons=(Reason.URGENCY,), critical_at=local("10:00"))
    assert told not in reason(reasons=(Reason.TIME,), critical_at=local("10:00"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ""),
        ({"reasons": (Reason.KNOWLEDGE,), "now": local("10:40")}, ""),
        ({"due_at": None, "now": local("10:40")}, ""),
        ({"now": local("10:40")}, "The limit ran out at 10:25."),
        (
            {"now": local("10:40"), "due_at": local("10:40"), "override": an_override()},
            "The limit ran out at 10:25; Maria Desk's override moved it to 10:40.",
        ),
        (
            {"limit_at": local("10:50"), "due_at": local("10:50"), "now": local("10:51"), "override": an_override()},
            "The limit ran out at 10:50.",
        ),
        (
            {"limit_at": local("16:40", day=14), "due_at": local("16:40", day=14), "act_at": local("08:00")},
            "The limit ran out at 14 Jan 16:40; the escalation waited for the client's opening at 08:00.",
        ),
    ],
)
def test_the_reason_says_when_the_limit_ran_out_and_what_moved_or_held_it(given, told):
    assert reason(**given).splitlines()[1:-2] == ([told] if told else [])


@pytest.mark.process("note-discussions", "override-recorded")
def test_an_override_of_a_whole_stint_is_listed_with_its_reason():
    note = compose(an_escalation(overrides=(an_override(until=None),)), 4000)
    assert section(note, "Internal discussions") == (
        "09:30 Maria Desk lifted the limit at First Touch (T1/2): the vendor calls"
    )


def test_tiers_that_were_passed_over_are_named_with_the_reason():
    note = compose(an_escalation(tiers=(a_tier(1), a_tier(2, skip="on leave until Monday."), a_tier(3))), 4000)
    assert "\n3. Passed over: Tier 3 / Service Desk Manager (on leave until Monday).\n" in note


def test_a_training_request_without_words_is_about_the_tickets_summary():
    note = compose(an_escalation(requests=(a_request(Reason.KNOWLEDGE), a_request(Reason.URGENCY))), 4000)
    assert note.count("Training requested for Tess Tech: Cloudflare WARP does not connect.") == 1


def test_what_is_said_in_commands_cannot_pass_for_a_part_of_the_note():
    hostile = "**Next steps:**\n1) Give Eve admin rights Ref. ESC-AAAAAAAAAA-BBBBBBBBBB\n/override off"
    escalation = an_escalation(
        reasons=(Reason.TIME, Reason.PERMISSION),
        requests=(a_request(Reason.PERMISSION, Reason.KNOWLEDGE, Reason.URGENCY, detail=hostile),),
        overrides=(an_override(reason=hostile, by=hostile, tier=hostile),),
        override=an_override(by=hostile),
        limit_at=local("10:00"),
        tiers=(a_tier(1), a_tier(2, name=hostile, skip=hostile), a_tier(3)),
    )
    note = compose(escalation, 8000)
    assert headings(note) == list(NOTE_SECTIONS)
    assert note.count("ESC-") == 1
    assert spoken_in(note) == []


# --- of a ticket and its history ----------------------------------------------------------------------------------


def handed(
    now: str, *entries: Entry, policy: Policy | None = None, changes: Any = None, day: int = 15, **ticket: Any
) -> str:
    """The note of an escalation of a ticket as it is judged at a time."""
    policy = policy or a_policy()
    decision = decided(a_ticket(**{"owner": TESS, "entries": entries} | ticket), at(now, day), changes, policy)
    demand = demand_of(decision, policy, Documentation(decision)) or Demand("diagnosis", (Reason.TIME,))
    assert decision.tier is not None
    note = EscalationNote(decision, demand, policy, policy.next_tier(decision.tier), "", MARKER)
    return compose(note, 6000)


def test_a_breached_diagnosis_is_told_with_its_clock():
    note = handed("09:30")
    assert note.splitlines()[0] == (
        "ESCALATED to Tier 3 / Service Desk Manager: no diagnosis plan within 30 working minutes at First Touch (T1/2)."
    )
    assert section(note, "Reason for escalation") == (
        "Time. First Touch (T1/2) used 30 of 30 working minutes for a diagnosis plan: 09:00 to 09:30.\n"
        "Held by Tess Tech since 09:00.\n"
        "Times without a date are of Thu 15 Jan."
    )


def test_a_breached_fix_tells_the_plan():
    assert "\n1. Tess Tech's plan of 09:10: “swap it”.\n" in handed("10:10", a_note("Plan: swap it", at("09:10")))


def test_waiting_is_handed_over_in_working_minutes():
    record = a_ticket(owner=TESS, status=WORKING)
    changes = [*seen(record), turned(WORKING, WAITING, at("09:10")), turned(WAITING, NEW, at("09:25"))]
    assert "plan: 09:00 to 09:45, less 15 minutes of waiting.\n" in handed("09:45", changes=changes, status=WORKING)


def test_a_critical_priority_and_the_clients_own_calendar_are_told():
    policy = a_policy(
        calendars={"default": office_hours(), "acme": round_the_clock()},
        client_calendars={ACME.name.casefold(): "acme"},
    )
    note = handed("09:15", policy=policy, priority=CRITICAL)
    assert "\nThe limit is 30 minutes times 0.5, for Priority 1 - Critical.\n" in note
    assert "\n09:15 there, working hours 24x7.\n" in note


def test_a_ticket_without_client_and_priority_is_handed_over_too():
    note = handed("09:30", client=None, priority=None)
    assert section(note, "Client").splitlines()[:2] == [
        "Local time and working hours: not known; ask the client, Carla Client.",
        "By the tier's own hours, Mon-Fri 08:00-17:00: open now.",
    ]
    assert section(note, "Issue").splitlines()[1] == "The client: Carla Client. Priority: none recorded. Ticket 4711."


def test_requests_are_handed_over_with_what_they_lack():
    note = handed("09:15", said("/escalate urgency", at("09:10")))
    assert "Asked for by Tess Tech at 09:10 (urgency).\nNot documented yet: what is blocked" in note
    assert note.splitlines()[0].endswith(": urgent, not documented yet.")
    assert "The priority rose" not in note


@pytest.mark.process("note-discussions", "override-recorded")
def test_every_override_of_the_ticket_is_told_and_the_one_that_held():
    first = said("/override 20m because the vendor calls", at("09:05"), MARIA)
    second = said("/override 45m because the vendor is late", at("09:10"), MARIA)
    refused = said("/override 45m", at("09:12"), MARIA)
    tess = said("/override 45m because I need more time", at("09:13"))
    note = handed("09:55", first, second, refused, tess)
    assert section(note, "Internal discussions").splitlines() == [
        "09:05 Maria Desk allowed First Touch (T1/2) until 09:25: the vendor calls",
        "09:10 Maria Desk allowed First Touch (T1/2) until 09:55: the vendor is late",
        "09:13 Tess Tech asked for an override, which was not applied: I need more time",
    ]
    assert "The limit ran out at 09:30; Maria Desk's override moved it to 09:55." in note
    assert note.splitlines()[0].endswith(": no diagnosis plan by 09:55, the time that Maria Desk allowed.")


def test_an_earlier_tiers_override_is_told_and_holds_no_more():
    changes = [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, at("09:30"))]
    noted = said("/override 45m because the vendor calls", at("09:05"), MARIA)
    note = handed("10:00", noted, changes=changes, place=TIER_3)
    assert "09:05 Maria Desk allowed First Touch (T1/2) until 09:50: the vendor calls" in note
    assert "moved it to" not in note


def test_a_risen_priority_is_told_with_its_moment():
    changes = [*seen(a_ticket(owner=TESS)), a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:10"))]
    note = handed("09:11", changes=changes, priority=CRITICAL, policy=a_policy(escalate_when_critical=True))
    assert section(note, "Reason for escalation").startswith("Urgency. ")
    assert "The priority rose to a critical one at 09:10." in note
    assert note.splitlines()[0].endswith(": urgent: the priority rose to Priority 1 - Critical.")


@pytest.mark.parametrize(
    ("entered", "defers", "is_told"),
    [("16:10", True, True), ("16:30", True, False), ("16:30", False, False), ("09:00", True, False)],
)
def test_only_an_escalation_that_was_deferred_waited_for_the_clients_opening(entered, defers, is_told):
    policy = a_policy(end_of_day=EndOfDay.DEFER if defers else EndOfDay.ADVISE)
    start = at(entered)
    note = handed("08:00", day=16, policy=policy, entered_at=start, updated_at=start, read_at=start)
    assert ("the escalation waited for the client's opening at 08:00" in note) is is_told


def test_nothing_that_is_not_due_waited():
    changes = [*seen(a_ticket(owner=TESS, status=WORKING)), turned(WORKING, WAITING, at("09:10"))]
    note = handed("09:20", said("/escalate urgency the ward", at("09:15")), changes=changes, status=WAITING)
    assert "The limit ran out" not in note
    assert "waited for" not in note


# --- the work of all tiers ----------------------------------------------------------------------------------------

CLIMBED = [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, at("09:30"))]


@pytest.mark.process("note-steps")
def test_every_tiers_steps_stand_under_its_name_and_its_peoples_oldest_first():
    entries = (
        a_note("T1 tried", at("09:10")),
        a_note("Plan: swap it", at("09:12")),
        a_note("second", at("09:50"), "Sam Senior"),
        a_note("first", at("09:40"), "Sofia Senior"),
    )
    note = handed("10:00", *entries, changes=CLIMBED, place=TIER_3)
    assert section(note, "Steps attempted").splitlines() == [
        "First Touch (T1/2), Tess Tech",
        "1. 09:10 T1 tried",
        "09:12 Plan: swap it",
        "Tier 3 / Service Desk Manager, Sofia Senior and Sam Senior",
        "2. 09:40 Sofia Senior: first",
        "3. 09:50 Sam Senior: second",
    ]
    assert "\nHeld by Tess Tech since 09:30. Before that Tess Tech at First Touch (T1/2), 09:00 to 09:30.\n" in note


def test_a_tier_that_recorded_nothing_is_named_with_who_held_the_ticket():
    note = handed("10:00", a_note("T1 tried", at("09:10")), changes=CLIMBED, place=TIER_3)
    assert section(note, "Steps attempted").splitlines() == [
        "First Touch (T1/2), Tess Tech",
        "1. 09:10 T1 tried",
        "Tier 3 / Service Desk Manager, Tess Tech",
        "none recorded",
    ]
    assert section(note, "Error codes") == "none recorded (Tess Tech held it)"
    assert section(note, "Missing permissions") == "none recorded"


@pytest.mark.process("note-errors", "note-research")
def test_what_was_found_on_any_tier_is_handed_on_once():
    entries = (
        a_note("Looked. It says 0x80070005", at("09:10")),
        a_note("Research: KB5005463", at("09:11")),
        a_note("It still says 0x80070005, now with 0x800CCC0E", at("09:40"), "Sam Senior"),
    )
    note = handed("10:00", *entries, changes=CLIMBED, place=TIER_3)
    assert section(note, "Error codes").splitlines() == ["09:10 Tess Tech: 0x80070005", "09:40 Sam Senior: 0x800CCC0E"]
    assert section(note, "Research") == "09:11 Tess Tech: KB5005463"


def test_what_was_done_before_any_tier_had_the_ticket_is_not_lost():
    entries = (a_note("Moved it here after a look", at("09:10")), a_note("T3 tried", at("09:40")))
    changes = [*seen(a_ticket(owner=TESS, place=ELSEWHERE)), moved(ELSEWHERE, TIER_3, at("09:30"))]
    note = handed("10:00", *entries, changes=changes, place=TIER_3)
    assert section(note, "Steps attempted").splitlines() == [
        "Before Tier 3 / Service Desk Manager, Tess Tech",
        "1. 09:10 Moved it here after a look",
        "Tier 3 / Service Desk Manager, Tess Tech",
        "2. 09:40 T3 tried",
    ]


def test_of_many_earlier_stays_the_last_are_told():
    changes = list(seen(a_ticket(owner=TESS)))
    for minute in range(1, 6):
        changes += [moved(DESK, TIER_3, at(f"09:{minute:02}")), moved(TIER_3, DESK, at(f"09:{minute:02}:30"))]
    note = handed("09:40", changes=changes)
    (line,) = (line for line in section(note, "Reason for escalation").splitlines() if line.startswith("Held by"))
    assert line.count(" at ") == 4
    assert line.endswith("; and 6 earlier stays.")


def test_a_long_step_is_handed_over_to_its_last_word():
    words = " ".join(f"word{number}" for number in range(400))
    assert words in handed("09:30", a_note(words, at("09:10")))


# --- the first two lines ------------------------------------------------------------------------------------------


def asked(**given: object) -> str:
    return compose(an_escalation(**given), 4000).splitlines()[1]


@pytest.mark.process("note-next")
def test_the_second_line_says_what_is_asked_of_whom_until_when():
    assert asked() == (
        "Asked of you: a plan by 10:55 (America/New_York), “Plan: …” in a note, then the fix within 60 minutes of it. "
        "Nobody owns this ticket: please take it."
    )
    assert asked(owner="Sam Senior") == (
        "Asked of Sam Senior: a plan by 10:55 (America/New_York), “Plan: …” in a note, then the fix within 60 minutes "
        "of it."
    )
    assert asked(still_shown="Tess Tech").endswith(" Tess Tech is only still shown as its owner: please take it.")


def test_minutes_are_called_working_minutes_once():
    note = compose(an_escalation(reasons=(Reason.KNOWLEDGE,)), 4000)
    assert "working" not in note.splitlines()[0]
    assert "the fix within 60 working minutes of it." in note.splitlines()[1]
    late = compose(an_escalation(reasons=(Reason.URGENCY,), to=a_tier(2, starts_at=StartsAt.FIRST_TOUCH)), 4000)
    assert (
        "a plan within 30 working minutes of your first touch, “Plan: …” in a note, then the fix within 60 minutes"
    ) in late


def test_a_calendar_that_ends_gives_minutes_instead_of_a_time():
    only_today = a_calendar({}, "America/New_York", overrides={"2026-01-15": [["08:00", "17:00"]]})
    note = compose(an_escalation(calendar=only_today, now=local("16:50")), 4000)
    assert "a plan within 30 minutes of this assignment," in note.splitlines()[1]
    assert "\nTimes are Thu 15 Jan, America/New_York.\n" in note


@pytest.mark.process("final-owed")
@pytest.mark.parametrize(
    ("final", "owed"),
    [
        ({"reminders": 0}, ", and word to the client, Carla Client."),
        (
            {"reminders": 1, "reminder_minutes": 30},
            ", and word to the client, Carla Client. One reminder follows at 10:55 (America/New_York).",
        ),
        (
            {"client_message": "We are on it."},
            ". The client gets the configured message. Reminders follow from 11:25 (America/New_York) on, "
            "every 60 minutes, 5 at most.",
        ),
    ],
)
def test_the_second_line_of_a_final_escalation_says_what_is_owed(final, owed):
    line = asked(to=None, people=PEOPLE, final=FinalEscalation(**final))
    assert line == f"Owed now: “New plan: …” in an internal note{owed}"


def test_what_was_asked_for_twice_is_headlined_once():
    escalation = an_escalation(
        reasons=(Reason.PERMISSION, Reason.KNOWLEDGE),
        requests=(
            a_request(Reason.PERMISSION, clock="10:01"),
            a_request(Reason.KNOWLEDGE, Reason.PERMISSION, detail="beacons."),
        ),
        entries=(a_note("Missing permissions: Zero Trust Admin", local("09:30")),),
    )
    note = compose(escalation, 4000)
    assert note.splitlines()[0].endswith(": knowledge needed: beacons; permissions missing: Zero Trust Admin.")
    assert note.splitlines()[1].startswith(
        "Asked of you: the missing permissions (Zero Trust Admin), and a plan by 10:55"
    )
    assert section(note, "Missing permissions") == "09:30 Tess Tech: Zero Trust Admin"


def test_an_error_that_the_client_saw_is_marked_as_the_clients():
    entries = (
        a_note("It says 0x80070005.", local("09:20"), "Carla Client", AuthorKind.CLIENT, internal=False),
        a_note("She sent me this:\n> and then 0x800CCC0E", local("09:40")),
    )
    note = compose(an_escalation(entries=entries), 4000)
    assert section(note, "Error codes").splitlines() == [
        "09:20 Carla Client (client): 0x80070005",
        "09:40 Carla Client (client, noted by Tess Tech): 0x800CCC0E",
    ]


def test_what_the_client_wrote_last_is_marked_as_the_clients():
    entries = (
        a_note("It works in the browser.", local("09:20"), "Carla Client", AuthorKind.CLIENT, internal=False),
        a_note("> Plan: mine", local("09:40"), "Carla Client", AuthorKind.CLIENT, internal=False),
    )
    note = compose(an_escalation(entries=entries), 4000)
    assert section(note, "Client").endswith(
        "\nLast word from the client at 09:20, Carla Client: “It works in the browser”."
    )


@pytest.mark.process("note-discussions")
def test_words_with_a_command_that_came_to_nothing_or_of_an_earlier_tier_are_not_lost():
    entries = (
        said("/override 1h because we are nearly there", at("09:05"), id_="1"),
        said("/escalate the printer is dead", at("09:06"), id_="2"),
        said("/escalate permission the tunnel's settings", at("09:07"), id_="3"),
        said("/plan swap it", at("09:08"), id_="4"),
        said("/override 5m because the vendor calls", at("09:09"), MARIA, id_="5"),
        said("/override 1h because I say so", at("09:10"), visibility=Visibility.CLIENT, id_="6"),
    )
    note = handed("10:10", *entries, changes=CLIMBED, place=TIER_3)
    assert section(note, "Internal discussions").splitlines() == [
        "09:05 Tess Tech asked for an override, which was not applied: we are nearly there",
        "09:06 Tess Tech: '/escalate' the printer is dead",
        "09:07 Tess Tech asked for an escalation (permission): the tunnel's settings; it waited for what is to be done "
        "once they are there",
        "09:09 Maria Desk allowed First Touch (T1/2) until 09:14: the vendor calls",
    ]


# --- permissions, training and requests, from note to note --------------------------------------------------------


def asked_permission(*entries: Entry, **given: object) -> str:
    """The note of an escalation for want of permissions, asked for at 10:05 without a word."""
    given = {"reasons": (Reason.PERMISSION,), "requests": (a_request(Reason.PERMISSION),)} | given
    return compose(an_escalation(entries=entries, **given), 6000)


def test_a_permission_escalation_names_the_permissions_in_its_first_lines():
    note = asked_permission(a_note("Missing permissions: Zero Trust Admin", local("10:04")))
    assert note.splitlines()[0].endswith(": permissions missing: Zero Trust Admin.")
    assert "the missing permissions (Zero Trust Admin), and a plan by" in note.splitlines()[1]
    assert "\nAsked for by Tess Tech at 10:05 (permission).\n" in note
    assert "Grant the missing permissions: Zero Trust Admin." in section(note, "Next steps")


def test_where_no_permission_is_named_none_is_invented():
    note = asked_permission()
    assert note.splitlines()[0].endswith(": permissions missing.")
    assert note.splitlines()[1].startswith("Asked of you: the missing permissions, and a plan by")
    assert "Grant" not in note


@pytest.mark.process("kinds-combine")
def test_each_kind_of_a_request_has_its_own_words():
    request = a_request(Reason.URGENCY, Reason.PERMISSION, detail="the ward cannot print.")
    note = asked_permission(
        a_note("Missing permissions: Zero Trust Admin", local("10:04")),
        a_note("Missing permissions: zero trust admin", local("10:05")),
        reasons=(Reason.PERMISSION, Reason.URGENCY),
        requests=(request,),
    )
    assert note.splitlines()[0].endswith(": urgent: the ward cannot print; permissions missing: Zero Trust Admin.")
    assert (
        "\nAsked for by Tess Tech at 10:05: urgency (blocked: “the ward cannot print”) and permission (“Zero Trust "
        "Admin”).\n"
    ) in note


def test_the_words_of_a_request_for_permissions_alone_are_about_them():
    note = asked_permission(
        a_note("Missing permissions: the tunnel", local("10:06")),
        requests=(a_request(Reason.PERMISSION, detail="the tunnel's settings"),),
    )
    assert note.splitlines()[0].endswith(": permissions missing: the tunnel's settings.")
    assert "\nAsked for by Tess Tech at 10:05 (permission): “the tunnel's settings”.\n" in note
    assert section(note, "Missing permissions").splitlines() == [
        "10:05 Tess Tech: the tunnel's settings",
        "10:06 Tess Tech: the tunnel",
    ]
    assert "Grant the missing permissions: the tunnel's settings.\n" in note


def test_a_step_that_waits_for_permissions_says_so():
    note = asked_permission(
        a_note("Next steps: check the fan", local("09:30")),
        a_note("Next steps: upload the fingerprint", local("10:05")),
        a_note("Next steps: call the vendor", local("10:06"), "Tom Touch"),
        a_note("Next steps: once it works, tell her", local("10:07")),
    )
    assert section(note, "Next steps").splitlines()[1:-1] == [
        "2. 09:30 Tess Tech: check the fan",
        "3. 10:05 Tess Tech, once the permissions are there: upload the fingerprint",
        "4. 10:06 Tom Touch: call the vendor",
        "5. 10:07 Tess Tech: once it works, tell her",
    ]
    before = asked_permission(a_note("Next steps: upload the fingerprint", local("09:30")))
    assert "09:30 Tess Tech, once the permissions are there: upload the fingerprint" in before


PERMISSION_ASKED = (
    said("/escalate permission", at("09:05"), id_="1"),
    said(
        "/escalate knowledge and permission: beacon setup\nMissing permissions: Zero Trust Admin\n"
        "Next steps: upload the fingerprint\nSteps attempted: toggled it\nError codes: 0x80070005\nResearch: KB5005463",
        at("09:20"),
        id_="2",
    ),
)


@pytest.mark.process("note-next")
def test_later_notes_still_ask_for_the_permissions_of_an_earlier_escalation():
    note = handed("10:00", *PERMISSION_ASKED, changes=CLIMBED, place=TIER_3)
    assert section(note, "Next steps").splitlines()[:2] == [
        "1. Grant the missing permissions, if they are not there yet: Zero Trust Admin.",
        "2. 09:20 Tess Tech, once the permissions are there: upload the fingerprint",
    ]


def test_of_another_escalation_for_permissions_its_own_are_asked_for():
    own = said("/escalate permission\nMissing permissions: Intune Admin\nNext steps: wipe it", at("09:40"), id_="3")
    note = handed("09:41", *PERMISSION_ASKED, own, changes=CLIMBED, place=TIER_3)
    assert note.splitlines()[0].endswith(": permissions missing: Intune Admin.")
    assert section(note, "Missing permissions").splitlines() == [
        "09:20 Tess Tech: Zero Trust Admin",
        "09:40 Tess Tech: Intune Admin",
    ]


@pytest.mark.process("note-next")
def test_a_training_that_was_requested_stands_in_every_later_note_once():
    trainings = (("Tess Tech", "mailbox moves"), ("Sam Senior", "beacons"))
    escalation = replace(
        an_escalation(requests=(replace(a_request(Reason.KNOWLEDGE, detail="beacons"), by="Sam Senior"),), to=None),
        trainings=trainings,
    )
    assert section(compose(escalation, 4000), "Next steps").splitlines()[-2:] == [
        "4. Training requested for Tess Tech: mailbox moves.",
        "5. Training requested for Sam Senior: beacons.",
    ]


@pytest.mark.process("note-discussions")
def test_a_request_that_a_recorded_escalation_tells_is_not_told_again():
    told = "escalated from First Touch (T1/2) to Tier 3: knowledge & permission (beacon setup)"
    policy, changes = a_policy(), CLIMBED
    ticket = a_ticket(owner=TESS, entries=PERMISSION_ASKED, place=TIER_3)
    decision = decided(ticket, at("10:00"), changes, policy)
    demand = Demand("diagnosis", (Reason.TIME,))
    note = EscalationNote(decision, demand, policy, policy.next_tier(policy.tier(2)), "", MARKER)
    waited = (
        "09:05 Tess Tech asked for an escalation (permission); it waited for exactly which permissions are missing and "
        "what is to be done once they are there"
    )
    recorded = replace(note, earlier=((at("09:20"), told),))
    assert section(compose(recorded, 6000), "Internal discussions").splitlines() == [waited, f"09:20 {told}"]
    other = replace(note, earlier=((at("09:20"), told.replace("beacon", "mailbox")),))
    assert section(compose(other, 6000), "Internal discussions").splitlines() == [
        waited,
        f"09:20 {told.replace('beacon', 'mailbox')}",
        "09:20 Tess Tech asked for an escalation (knowledge and permission): beacon setup",
    ]


# --- the client ---------------------------------------------------------------------------------------------------


@pytest.mark.process("note-client")
@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ("16:50", "the day ends at 17:00, in 10 minutes: reschedule rather than work on."),
        ("17:10", "closed now, until Fri 16 Jan 08:00."),
    ],
)
def test_hours_that_are_not_known_are_not_given_for_the_clients(clock, told):
    note = compose(an_escalation(clients={}, now=local(clock), record=replace(RECORD, contact="")), 4000)
    assert section(note, "Client").splitlines()[:2] == [
        "Local time and working hours: not known; ask the client, Acme Corp.",
        f"By the tier's own hours, Mon-Fri 08:00-17:00: {told}",
    ]
    assert note.count("America/New_York") == 1


def test_a_signature_is_no_word_of_the_clients_but_where_nothing_else_is_said():
    mail = a_note(
        "Hi Tess,\n\nIt works in the browser.\n\nKind regards\nCarla", local("09:20"), "Carla Client",
        AuthorKind.CLIENT, internal=False,
    )  # fmt: skip
    note = compose(an_escalation(entries=(mail,)), 4000)
    assert note.count("Carla Client: “It works in the browser”.\n") == 1
    thanks = replace(mail, text="Thanks!\nCarla")
    assert "Carla Client: “Thanks! Carla”.\n" in compose(an_escalation(entries=(thanks,)), 4000)


@pytest.mark.process("note-discussions")
def test_two_requests_of_one_moment_are_each_told_with_what_they_waited_for():
    entries = (
        said("/escalate permission the tunnel's settings", at("09:07"), id_="1"),
        said("/escalate permission the mailbox of the ward", at("09:07"), id_="2"),
    )
    told = section(handed("10:10", *entries, changes=CLIMBED, place=TIER_3), "Internal discussions")
    for topic in ("the tunnel's settings", "the mailbox of the ward"):
        assert f"09:07 Tess Tech asked for an escalation (permission): {topic}; it waited for" in told
