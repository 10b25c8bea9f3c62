"""Runs the cases of a file as tickets of one desk, and says what is wrong with what became of them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.model import Stage, TicketId
from connector.policy.policy import FinalEscalation
from connector.store import audit
from tests.builders import NINE, a_policy, a_tier, minutes
from tests.cases.desks import CaseDesk, case_desk
from tests.cases.forms import Case

SECTIONS = (
    "Issue",
    "Reason for escalation",
    "Steps attempted",
    "Error codes",
    "Research",
    "Internal discussions",
    "Missing permissions",
    "Next steps",
    "Client",
)
_SAME = str.maketrans(
    dict.fromkeys("“”„«»‟", '"') | dict.fromkeys("‘’‚‹›`´", "'") | dict.fromkeys("–—−‐‑", "-") | {"<": "'", ">": "'"}
)
_COUNT = re.compile(r"\d+ lines")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case's ticket.

    ``answers`` are the connector's notes before the diagnosis limit ran out, ``escalation`` its note when the ticket
    went up; ``went_up`` says that this was before the limit.
    """

    case: Case
    answers: tuple[str, ...]
    escalation: str
    went_up: bool
    has_plan: bool
    events: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, each in a line."""
        return tuple(_problems(self))


def run(system: str, cases: Sequence[Case]) -> list[Outcome]:
    """Have the cases of one file happen on one desk: all at once, a minute between two notes of a ticket."""
    with tempfile.TemporaryDirectory() as folder:
        clock = VirtualClock(NINE - minutes(5))
        desk = case_desk(system, clock)
        # Whoever has come to the next tier is judged, and has time.
        tiers = (
            a_tier(1, managers=("manager",)),
            a_tier(2, managers=("manager",), diagnosis_minutes=9000, fix_minutes=9000),
            a_tier(3, managers=("simon",)),
        )
        tiers = tuple(replace(tier, managers=tuple(map(desk.member, tier.managers))) for tier in tiers)
        final = FinalEscalation(desk.member("simon"), desk.member("manager"), "", reminders=0)
        policy = at_desks(a_policy(tiers=tiers, final=final, warn_at=0), [desk])
        url = f"sqlite:///{Path(folder) / 'cases.db'}"
        with stage(clock.now(), policy, url, desks=[desk], clock=clock, poll_every=minutes(600)) as running:
            running.run_until(NINE)
            tickets = [desk.begin() for _ in cases]
            running.settle()
            for number in range(max(len(case.notes) for case in cases)):
                running.run_until(NINE + minutes(number + 1))
                for case, ticket in zip(cases, tickets, strict=True):
                    for written in case.notes[number : number + 1]:
                        desk.write(ticket, written)
                running.settle()
            running.run_until(NINE + minutes(29.5))
            early = [_seen(running, desk, ticket) for ticket in tickets]
            running.run_until(NINE + minutes(200))
            return [
                _outcome(running, desk, case, ticket, before)
                for case, ticket, before in zip(cases, tickets, early, strict=True)
            ]


@dataclass(frozen=True, slots=True)
class _Early:
    notes: tuple[str, ...]
    tier: int
    stage: str


def _seen(running: Simulation, desk: CaseDesk, ticket: TicketId) -> _Early:
    (row,) = (row for row in running.mailbox.list_tickets() if row.ticket == ticket)
    return _Early(_ours(desk, ticket), desk.ticket(ticket).tier, str((row.snapshot or {}).get("stage")))


def _ours(desk: CaseDesk, ticket: TicketId) -> tuple[str, ...]:
    return tuple(note.text for note in desk.notes(ticket) if note.by_connector)


def _outcome(running: Simulation, desk: CaseDesk, case: Case, ticket: TicketId, early: _Early) -> Outcome:
    went_up = early.tier > 1
    raised = next((note for note in _ours(desk, ticket) if _is_escalation(note)), "")
    return Outcome(
        case,
        answers=tuple(note for note in early.notes if not _is_escalation(note)),
        escalation=raised,
        went_up=went_up,
        has_plan=not went_up and early.stage == Stage.FIX.value,
        events=tuple(row.event for row in audit.events(running.store, ticket=str(ticket))),
    )


def _is_escalation(note: str) -> bool:
    return note.lstrip("*# ").startswith(("ESCALATED", "FINAL ESCALATION"))


def _problems(found: Outcome) -> Iterator[str]:
    expected = found.case.expected
    if not found.escalation and found.case.about != "plans":
        yield "there is no escalation note"
    match found.case.about:
        case "errors":
            yield from _part(found, "error codes", {"has": expected["codes"], "lacks": expected.get("not", [])})
        case "quoted":
            plan = expected.get("plan", "none")
            own = "note" if plan == "recorded" else "steps attempted"
            yield from _part(found, own, {"has": expected["own"]})
            yield from _part(found, "note", {"lacks": expected.get("theirs", [])})
            yield from _clock(found, {"plan": plan, "command": "none"})
        case "plans":
            yield from _clock(found, expected)
        case _:
            right = expected["right"]
            for name, wanted in right.items():
                if name not in ("plan", "command"):
                    yield from _part(found, name, wanted)
            yield from _clock(found, right)


def _clock(found: Outcome, expected: Mapping[str, Any]) -> Iterator[str]:
    count = len(found.answers)
    match expected.get("plan"):
        case "recorded" if not found.has_plan:
            yield "no plan was recorded"
        case "none" if found.has_plan:
            yield "a plan was recorded"
        case "recorded or answered" if not found.has_plan:
            if count != 1 or "plan:" not in found.answers[0].casefold():
                yield f"no plan, and {count} answers"
    match expected.get("command"):
        case "escalated" if not found.went_up:
            yield f"it did not go up at once: {found.answers}"
        case "escalated" if count:
            yield f"it was answered as well: {found.answers}"
        case "asked" if found.went_up or count != 1 or "escalation incomplete" not in found.events:
            yield f"went up: {found.went_up}, answers: {found.answers}"
        case "answered" if found.went_up or count != 1 or "escalation incomplete" in found.events:
            yield f"went up: {found.went_up}, answers: {found.answers}"
        case "override" if found.went_up or count != 1 or "override applied" not in found.events:
            yield f"went up: {found.went_up}, answers: {found.answers}"
        case "none" if found.went_up or count:
            yield f"went up: {found.went_up}, answers: {found.answers}"


def _part(found: Outcome, name: str, wanted: Mapping[str, Any]) -> Iterator[str]:
    if not found.escalation:
        return
    text = found.escalation if name == "note" else section(found.escalation, name)
    whole = plain(" ".join(text.split("\n")))
    yield from (f"{name} lacks {piece!r}" for piece in wanted.get("has", []) if plain(piece) not in whole)
    yield from (f"{name} has {piece!r}" for piece in wanted.get("lacks", []) if plain(piece) in whole)
    if wanted.get("counted") and not _COUNT.search(whole):
        yield f"{name} has no count of lines"
    if wanted.get("none") and "none recorded" not in whole:
        yield f"{name} does not say 'none recorded'"
    places = [whole.find(plain(piece)) for piece in wanted.get("order", [])]
    if places != sorted(places) or -1 in places:
        yield f"{name} has not in this order: {wanted['order']}"
    items = [plain(line) for line in text.split("\n")]
    homes = [[n for n, item in enumerate(items) if plain(piece) in item] for piece in wanted.get("apart", [])]
    for piece, home in zip(wanted.get("apart", []), homes, strict=True):
        if not home:
            yield f"{name} lacks {piece!r} in one item"
    firsts = [home[0] for home in homes if home]
    if len(set(firsts)) < len(firsts):
        yield f"{name} has two of these in one item: {wanted['apart']}"


def section(note: str, name: str) -> str:
    """What stands in a section of an escalation note, its title left out. Raises AssertionError where it is not."""
    lines = note.split("\n")
    starts: dict[str, int] = {}
    for title in SECTIONS:
        after = max(starts.values(), default=-1) + 1
        starts[title.casefold()] = next((n for n in range(after, len(lines)) if _is_title(lines[n], title)), -1)
        assert starts[title.casefold()] >= 0, f"no section {title!r} in the note:\n{note}"
    places = [*starts.values(), next(n for n in range(len(lines) - 1, -1, -1) if "ESC-" in lines[n])]
    begin = starts[name]
    end = min(place for place in places if place > begin)
    first = lines[begin].strip("*# ")[len(name) :].lstrip(":* ")
    return "\n".join([first, *lines[begin + 1 : end]])


def _is_title(line: str, title: str) -> bool:
    bare = line.strip("*# ")
    return bare == title or bare.startswith(f"{title}:")


def plain(text: str) -> str:
    """A text without regard to case, blanks, bold marks, and kinds of quotes and dashes."""
    return " ".join(text.replace("**", "").translate(_SAME).casefold().split())
