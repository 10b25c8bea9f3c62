"""A service desk's week, the same on every desk, to the second; the tables are written out to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.demo.stage import stage
from connector.model import Mode
from connector.notes.phrases import reasons_text
from connector.report.figures import tally
from connector.report.story import HowEnded
from connector.report.trail import scope_of, stories
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.records import Event
from connector.systems.catalogue import ticket_systems
from tests.builders import minutes
from tests.scenarios.acts import ZONE, Script, moment, opens, told
from tests.scenarios.backtested import backtest, collected
from tests.scenarios.decisions import decisions, outcomes
from tests.scenarios.week import BEGINS, ENDS, STORIES, week_policy

DECISIONS = """\
thu 09:54:00 | silent | warned | diagnosis | due thu 10:00:00
thu 10:00:00 | silent | escalated | Time, diagnosis | first touch > tier 3 | sam | thu 10:00:00
thu 10:05:00 | knowledge | escalated | Knowledge, diagnosis | first touch > tier 3 | sofia | -
thu 10:05:00 | knowledge | training request | tom | BGP routing
thu 10:12:00 | sent back | escalation incomplete | tess | steps
thu 10:20:00 | sent back | escalated | Knowledge, diagnosis | first touch > tier 3 | maria | -
thu 10:20:00 | sent back | training request | tess | certificate templates
thu 10:24:00 | silent | warned | diagnosis | due thu 10:30:00
thu 10:25:00 | combined | escalation incomplete | tom | error codes, research
thu 10:30:00 | silent | escalated | Time, diagnosis | tier 3 > sr it | irene | thu 10:30:00
thu 10:38:00 | slow | warned | fix | due thu 10:50:00
thu 10:39:00 | combined | warned | diagnosis | due thu 10:45:00
thu 10:44:00 | sent back | warned | diagnosis | due thu 10:50:00
thu 10:45:00 | combined | escalated | Time & Knowledge, diagnosis | first touch > tier 3 | sam | thu 10:45:00 | lacks 2
thu 10:45:00 | combined | training request | tom | mail routing
thu 10:45:00 | permission | escalated | Permission, diagnosis | first touch > tier 3 | sofia | -
thu 10:50:00 | sent back | escalated | Time, diagnosis | tier 3 > sr it | irene | thu 10:50:00
thu 10:50:00 | slow | escalated | Time, fix | first touch > tier 3 | maria | thu 10:50:00
thu 11:10:00 | urgent | escalated | Urgency, diagnosis | first touch > tier 3 | sam | -
thu 11:18:00 | silent | warned | diagnosis | due thu 11:30:00
thu 11:20:00 | undocumented | escalated | Urgency, diagnosis | first touch > tier 3 | sofia | - | lacks 1
thu 11:30:00 | silent | final | Time, diagnosis | sr it > all three | irene | thu 11:30:00
thu 11:35:00 | risen | escalated | Urgency, diagnosis | first touch > tier 3 | maria | -
thu 11:50:00 | handed up | final | Knowledge & Permission & Urgency, diagnosis | sr it > all three | irene | - | lacks 4
thu 11:50:00 | handed up | training request | irene | the payroll run at noon
thu 12:24:00 | untouched | warned | diagnosis | due thu 12:30:00
thu 12:30:00 | silent | reminded | 1 of 3 | new plan, word to the client
thu 12:30:00 | untouched | escalated | Time, diagnosis | first touch > tier 3 | sam | thu 12:30:00
thu 12:50:00 | handed up | reminded | 1 of 3 | new plan, word to the client
thu 12:54:00 | client's words | warned | diagnosis | due thu 13:00:00
thu 13:00:00 | client's words | escalated | Time, diagnosis | first touch > tier 3 | sofia | thu 13:00:00
thu 13:13:00 | critical | warned | diagnosis | due thu 13:16:00
thu 13:16:00 | critical | escalated | Time, diagnosis | first touch > tier 3 | maria | thu 13:16:00
thu 13:20:00 | later | override applied | maria | diagnosis | later until thu 14:05:00
thu 13:30:00 | silent | reminded | 2 of 3 | new plan
thu 13:45:00 | near miss | command not understood | override
thu 13:48:00 | low | warned | diagnosis | due thu 14:00:00
thu 13:54:00 | later | warned | diagnosis | due thu 14:05:00
thu 14:00:00 | low | escalated | Time, diagnosis | first touch > tier 3 | sam | thu 14:00:00
thu 14:05:00 | later | escalated | Time, diagnosis | first touch > tier 3 | sofia | thu 14:05:00
thu 14:10:00 | lifted | override applied | maria | diagnosis | no limit
thu 14:15:00 | tomorrow | override applied | maria | diagnosis | later until fri 10:00:00
thu 14:22:00 | refused | override refused | tess | only a manager of First Touch (T1/2) may override
thu 14:24:00 | refused | override refused | maria | the reason is missing: write why, in at least two words…
thu 14:26:00 | refused | override refused | maria | it is longer than the 480 working minutes that a single…
thu 14:44:00 | refused | warned | diagnosis | due thu 14:50:00
thu 14:50:00 | refused | escalated | Time, diagnosis | first touch > tier 3 | maria | thu 14:50:00
thu 17:34:00 | deferred | warned | diagnosis | due thu 17:40:00
thu 17:47:00 | not deferred | warned | diagnosis | due thu 17:50:00
thu 17:50:00 | not deferred | escalated | Time, diagnosis | first touch > tier 3 | sam | thu 17:50:00
fri 09:00:00 | deferred | escalated | Time, diagnosis | first touch > tier 3 | sofia | thu 17:40:00
fri 09:00:00 | tomorrow | warned | diagnosis | due fri 10:00:00
fri 09:44:00 | over night | warned | diagnosis | due fri 09:50:00
fri 09:50:00 | over night | escalated | Time, diagnosis | first touch > tier 3 | maria | fri 09:50:00
fri 10:00:00 | tomorrow | escalated | Time, diagnosis | first touch > tier 3 | sam | fri 10:00:00
fri 10:09:00 | by hand | warned | diagnosis | due fri 10:15:00
fri 10:15:00 | by hand | escalated | Time, diagnosis | first touch > tier 3 | sofia | fri 10:15:00
fri 11:00:00 | lifted | override applied | maria | diagnosis | off
fri 11:00:00 | lifted | escalated | Time, diagnosis | first touch > tier 3 | maria | thu 14:32:00
fri 11:54:00 | reopened | warned | diagnosis | due fri 12:00:00
fri 12:00:00 | reopened | escalated | Time, diagnosis | first touch > tier 3 | sam | fri 12:00:00
fri 15:24:00 | forgotten | warned | diagnosis | due fri 15:30:00
fri 15:30:00 | forgotten | escalated | Time, diagnosis | first touch > tier 3 | sofia | fri 15:30:00
fri 15:54:00 | forgotten | warned | diagnosis | due fri 16:00:00
fri 16:00:00 | forgotten | escalated | Time, diagnosis | tier 3 > sr it | irene | fri 16:00:00
fri 16:48:00 | forgotten | warned | diagnosis | due fri 17:00:00
fri 17:00:00 | forgotten | final | Time, diagnosis | sr it > all three | irene | fri 17:00:00
fri 17:58:00 | fixed slowly | warned | fix | due mon 09:10:00
sun 01:06:00 EST | at night | warned | diagnosis | due sun 01:30:00 EST
sun 01:30:00 EST | at night | escalated | Time, diagnosis | plant desk > engineers | maria | sun 01:30:00 EST
mon 09:00:00 | forgotten | reminded | 1 of 3 | new plan, word to the client
mon 09:10:00 | fixed slowly | escalated | Time, fix | first touch > tier 3 | sam | mon 09:10:00
mon 09:14:00 | friday evening | warned | diagnosis | due mon 09:20:00
mon 09:20:00 | friday evening | escalated | Time, diagnosis | first touch > tier 3 | sofia | mon 09:20:00
mon 10:00:00 | forgotten | reminded | 2 of 3 | new plan, word to the client
mon 10:14:00 | over the weekend | warned | diagnosis | due mon 10:20:00
mon 10:20:00 | over the weekend | escalated | Time, diagnosis | first touch > tier 3 | maria | mon 10:20:00
mon 11:00:00 | forgotten | reminded | 3 of 3 | new plan, word to the client
mon 17:54:00 | at closing time | warned | diagnosis | due mon 18:00:00
mon 23:36:00 | no plan | warned | diagnosis | due tue 00:00:00
tue 00:00:00 | no plan | escalated | Time, diagnosis | plant desk > engineers | sam | tue 00:00:00
tue 00:48:00 | no plan | warned | diagnosis | due tue 01:00:00
tue 01:00:00 | no plan | final | Time, diagnosis | engineers > all three | irene | tue 01:00:00
tue 01:00:00 | no plan | client told | the configured message
tue 02:00:00 | no plan | reminded | 1 of 2 | new plan
wed 09:00:00 | at closing time | escalated | Time, diagnosis | first touch > tier 3 | sofia | mon 18:00:00
wed 09:09:00 | holiday | warned | diagnosis | due wed 09:15:00
wed 09:15:00 | holiday | escalated | Time, diagnosis | first touch > tier 3 | maria | wed 09:15:00
"""

OUTCOMES = """\
at closing time | tier 2 | sofia | done | normal | 2 notes
at night | tier 2 | maria | done | normal | 2 notes
by hand | tier 2 | sofia | done | normal | 2 notes
client's words | tier 2 | sofia | done | normal | 2 notes
combined | tier 2 | sam | done | normal | 3 notes
critical | tier 2 | maria | done | critical | 2 notes
deferred | tier 2 | sofia | done | normal | 2 notes
deleted | gone
doubled | tier 1 | tess | done | normal | 0 notes
fixed slowly | tier 2 | sam | done | normal | 2 notes
forgotten | tier 3 | irene | open | critical | 9 notes
friday evening | tier 2 | sofia | done | normal | 2 notes
handed up | tier 3 | irene | done | critical | 2 notes
holiday | tier 2 | maria | done | normal | 2 notes
kept | tier 1 | tess | done | normal | 0 notes
knowledge | tier 2 | sofia | done | normal | 1 notes
later | tier 2 | sofia | done | normal | 3 notes
lifted | tier 2 | maria | done | normal | 3 notes
low | tier 2 | sam | done | low | 2 notes
near miss | tier 1 | tess | done | normal | 1 notes
no plan | tier 2 | irene | open | critical | 5 notes, 1 to the client
not deferred | tier 2 | sam | done | critical | 2 notes
over night | tier 2 | maria | done | normal | 2 notes
over the weekend | tier 2 | maria | done | normal | 2 notes
permission | tier 2 | sofia | done | normal | 1 notes
quick | tier 1 | tom | done | normal | 0 notes
refused | tier 2 | maria | done | normal | 5 notes
reopened | tier 2 | sam | done | normal | 2 notes
risen | tier 2 | maria | done | critical | 1 notes
sent back | tier 3 | irene | done | normal | 4 notes
silent | tier 3 | irene | open | critical | 8 notes
slow | tier 2 | maria | done | normal | 2 notes
tomorrow | tier 2 | sam | done | normal | 3 notes
undocumented | tier 2 | sofia | done | normal | 1 notes
untouched | tier 2 | sam | done | normal | 2 notes
urgent | tier 2 | sam | done | normal | 1 notes
"""


@contextmanager
def a_script(system: str, url: str, **given: Any) -> Iterator[Script]:
    """A script at the desk of one system; the policy is the week's, with what is ``given`` in it."""
    clock = VirtualClock(moment(BEGINS))
    desk = ticket_systems()[system].simulated(clock)
    policy = week_policy(desk, **given)
    with stage(clock.now(), policy, url, desks=[desk], clock=clock, poll_every=minutes(360)) as running:
        yield Script(running, desk)


@pytest.mark.process(
    "stint-technician",
    "stint-tier",
    "stint-reopening",
    "breach",
    "ladder-next",
    "start-first-touch",
    "start-assignment",
    "diagnosis-runs",
    "fix-runs",
    "plan-line",
    "plan-client",
    "stint-ends",
    "working-time",
    "calendar-client",
    "calendar-24x7",
    "calendar-dst",
    "pause",
    "urgency-factor",
    "warning-share",
    "warning-once",
    "day-defer",
    "kind-time",
    "kind-knowledge",
    "kind-permission",
    "kind-urgency",
    "kind-risen",
    "kinds-combine",
    "command-line",
    "command-at-once",
    "missing-answer",
    "missing-then",
    "urgent-at-once",
    "override-forms",
    "override-managers",
    "override-reason",
    "override-holds",
    "override-recorded",
    "commands-outsiders",
    "reassign",
    "final-call",
    "final-mark",
    "final-owed",
    "final-reminders",
    "final-message",
    "enforce",
)
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.taken_on("rt")
@pytest.mark.parametrize("system", list(ticket_systems()))
def test_one_service_desks_week_comes_out_the_same_on_every_desk(system, sqlite_url, tmp_path):
    with a_script(system, sqlite_url) as script:
        script.play(STORIES, ENDS)
        assert decisions(script).splitlines() == DECISIONS.splitlines()
        assert outcomes(script).splitlines() == OUTCOMES.splitlines()
        assert verify(script.stage.store).is_intact
        assert_backtested(script, tmp_path / "past.jsonl")
        assert_reported(script)


def assert_reported(script: Script) -> None:
    """The figures of the week are those of a plain count over the tables, in the database's own words."""
    store, begins = script.stage.store, moment(BEGINS)
    scope = scope_of(store, begins, store.now(), ZONE.key, {script.desk.system: Mode.ENFORCE})
    policy = week_policy(script.desk)
    figures = tally(stories(store, scope, policy), scope, policy)

    def counted(sql: str) -> dict[str, int]:
        with store.reading() as conn:
            return {str(row[0]): int(row[1]) for row in conn.execute(text(sql))}

    def told(name: str) -> str:
        """What the detail of an entry says under a name, as each database asks for it."""
        return f"detail::json ->> '{name}'" if store.is_postgresql else f"json_extract(detail, '$.{name}')"

    up = "FROM audit_entry WHERE event IN ('escalated', 'final escalation')"
    assert dict(figures.by_tier) == counted(f"SELECT {told('from')}, count(*) {up} GROUP BY 1")
    assert figures.gone_up == counted(f"SELECT 'all', count(DISTINCT ticket) {up}")["all"]
    assert {"final escalation": figures.finals} == counted(
        "SELECT event, count(*) FROM audit_entry WHERE event = 'final escalation' GROUP BY 1"
    )
    reasons: Counter[str] = Counter()
    for combined, number in counted(f"SELECT {told('reason')}, count(*) {up} GROUP BY 1").items():
        reasons.update(dict.fromkeys(combined.split(" & "), number))
    assert dict(figures.by_reason) == dict(reasons)
    assert (
        sum(figures.by_hour.values())
        == figures.done
        == sum(counted(f"SELECT event, count(*) {up} GROUP BY 1").values())
    )
    ends = "CASE WHEN is_escalated THEN 'went up' WHEN has_left THEN 'moved by people' ELSE 'resolved' END"
    held = {f"{tier}: {how}": n for (tier, how), n in figures.held.items() if how is not HowEnded.RUNNING}
    assert held == counted(f"SELECT tier || ': ' || {ends}, count(*) FROM ended_stint GROUP BY 1")
    assert figures.trainings == counted("SELECT 'n', count(*) FROM audit_entry WHERE event = 'training request'")["n"]
    assert {
        "override applied": figures.applied_by.total(),
        "override refused": figures.refused_by.total(),
    } == counted("SELECT event, count(*) FROM audit_entry WHERE event LIKE 'override%' GROUP BY 1")
    warned = (
        "SELECT ticket FROM ended_stint WHERE was_warned UNION SELECT ticket FROM audit_entry WHERE event = 'warned'"
    )
    assert figures.warned.count == counted(f"SELECT 'n', count(*) FROM ({warned}) AS warned")["n"]
    assert (figures.would, figures.warned.written) == (0, figures.warned.count)


def assert_backtested(script: Script, file: Path) -> None:
    """Of the same tickets the backtest says what was done, to the second, but for those that it marks."""
    begins = moment(BEGINS)
    assert collected(script.stage, file, begins).failed == {}
    stories = backtest(script.stage, file, begins)
    assert stories
    lived = defaultdict(list)
    for row in audit.events(script.stage.store):
        if row.event in (Event.ESCALATED, Event.FINAL_ESCALATION) and row.ticket in stories:
            lived[row.ticket].append((row.at, row.detail["from"], row.detail["reason"]))
    replayed = {
        ticket: [(rise.at, rise.tier, reasons_text(rise.reasons)) for rise in story.rises]
        for ticket, story in stories.items()
        if not story.subject.assumed
    }
    assert named(script, replayed) == named(script, {ticket: lived[ticket] for ticket in replayed})


def named(script: Script, rises: Mapping[str, list[tuple]]) -> str:
    """Escalations as lines, by the script's names."""
    return "\n".join(
        f"{script.name_of(ticket)} {told(at)} {rest}" for ticket, found in rises.items() for at, *rest in found
    )


@pytest.mark.process("day-advice", "day-zone", "one-note")
@pytest.mark.parametrize("system", list(ticket_systems()))
def test_with_advise_the_escalation_at_the_end_of_the_day_goes_up_and_recommends_another_time(system, sqlite_url):
    with a_script(system, sqlite_url, end_of_day="advise") as script:
        script.play({"late": [opens("thu 17:10")]}, "thu 17:45")
        warning, escalation = (note for note in script.desk.notes(script.tickets["late"]) if note.by_connector)
        assert "The client's day ends at 18:00: reschedule rather than work on." in warning.text
        assert "in 20 minutes: reschedule rather than work on." in escalation.text
        assert (script.desk.ticket(script.tickets["late"]).tier, escalation.is_internal) == (2, True)
        assert escalation.at == moment("thu 17:40")
