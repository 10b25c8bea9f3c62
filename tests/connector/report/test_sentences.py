"""The five sentences on made-up weeks: written out to be read, and each number in them counted anew from the rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pytest

from connector.model import Mode, Reason, Stage
from connector.report.figures import tally
from connector.report.sentences import sentences
from connector.report.story import Alone, HowEnded, Scope, Story
from tests.connector.report.weeks import (
    FIRST,
    SENIOR,
    THIRD,
    alone,
    moment,
    policy,
    resolved,
    risen,
    scope,
    stint,
    story,
    taught,
)

ENFORCE, OBSERVE, WARN = Mode.ENFORCE, Mode.OBSERVE, Mode.WARN
PARKED = ("stood in “Parked”, assumed to be work",)

FINE = [resolved(n, plan=n, fix=9) for n in range(1, 10)]
CLIENTS = ("Bluewater", "Bluewater", "Okafor", "Merrick & Hale", "Fenwick")
MANY = [
    *(risen(100 + n, moment(n % 5, "10:00"), plan=31 + 3 * n, client=CLIENTS[n % 5]) for n in range(10)),
    *(risen(120 + n, moment(0, f"08:{10 + n}"), plan=40, client="Okafor") for n in range(5)),
    *(risen(130 + n, moment(0, f"09:{10 + n}"), stage=Stage.FIX, plan=8, fix=70) for n in range(4)),
    *(risen(140 + n, moment(1, "14:05"), tier=THIRD, plan=33) for n in range(2)),
    *(resolved(200 + n, plan=26, warned=True) for n in range(16)),
    *(resolved(300 + n) for n in range(100)),
]
DONE = [
    *(risen(100 + n, moment(n % 3, "08:30"), mode=ENFORCE, missing=("Research",)) for n in range(6)),
    *(risen(110 + n, moment(3, "11:30"), mode=ENFORCE, tier=THIRD, stage=Stage.FIX) for n in range(2)),
    *(resolved(200 + n, warned=True, written=True) for n in range(5)),
    *(resolved(300 + n) for n in range(20)),
]
TWICE = risen(1, moment(0, "09:00"), mode=ENFORCE)
TWICE = story(1, list(TWICE.stints), [*TWICE.rises, risen(1, moment(0, "11:00"), tier=THIRD, mode=ENFORCE).rises[0]])
BOTH_SYSTEMS = {"modes": (("psa", ENFORCE), ("help", OBSERVE)), "connections": ("psa", "help")}

WEEKS: dict[str, tuple[Sequence[Story], Scope, str]] = {
    "nothing at all": (
        [],
        scope(),
        """\
**No ticket had a clock** in this time.
How long plans and fixes took is not known.
No ticket was left alone.
No ticket would have been warned.
Nothing to go by yet: look again when tickets have come.
""",
    ),
    "all adopted": (
        [*(alone(n, Alone.ADOPTED) for n in range(80)), alone(80, Alone.PAUSED)],
        scope(ENFORCE),
        """\
**No ticket had a clock** in this time; 81 tickets were left alone.
How long plans and fixes took is not known.
81 tickets were left alone: 80 open before the connector came and 1 paused for long.
No ticket was warned.
Nothing to go by yet: look again when tickets have come.
""",
    ),
    "none, observing": (
        FINE,
        scope(),
        """\
Of 9 tickets, **none would have gone up**.
Half of the tickets on First Touch had a plan, or were resolved, **within 5 minutes**; the limit is 30 minutes.
No ticket was left alone.
No ticket would have been warned.
**Nothing stands in the way of switching on**: nothing would have gone up.
""",
    ),
    "none, enforcing": (
        [*FINE, resolved(20, plan=29, warned=True, written=True)],
        scope(ENFORCE),
        """\
Of 10 tickets, **none went up**.
Half of the tickets on First Touch had a plan, or were resolved, **within 5.5 minutes**; the limit is 30 minutes.
No ticket was left alone.
1 ticket was warned; **it was resolved in time**.
By these figures nothing needs to be changed.
""",
    ),
    "one ticket": (
        [resolved(1)],
        scope(ENFORCE),
        """\
**The one ticket did not go up**.
Half of the tickets on First Touch had a plan, or were resolved, **within 10 minutes**; the limit is 30 minutes.
No ticket was left alone.
No ticket was warned.
By these figures nothing needs to be changed.
""",
    ),
    "one, observing": (
        [risen(46902, moment(0, "08:52"), plan=161), *FINE],
        scope(),
        """\
Of 10 tickets, **1 would have gone up**, from First Touch. None would have reached the final escalation.
**It had no plan within 30 minutes** on First Touch; it still had none after 45.
It would have been ticket 46902 of Bluewater, Mon 19 Oct 08:52.
1 ticket would have been warned; **it was not resolved in time**.
**Nothing stands in the way of switching on**: 1 would have gone up in 5 working days.
""",
    ),
    "one, enforcing": (
        [risen(46902, moment(0, "08:52"), mode=ENFORCE), *FINE],
        scope(ENFORCE),
        """\
Of 10 tickets, **1 went up**, from First Touch. None reached the final escalation.
**It had no plan within 30 minutes** on First Touch.
It was ticket 46902 of Bluewater, Mon 19 Oct 08:52.
1 ticket was warned; **it was not resolved in time**.
By these figures nothing needs to be changed.
""",
    ),
    "many, observing": (
        MANY,
        scope(),
        """\
Of 137 tickets, **21 would have gone up**: 19 from First Touch and 2 from Tier 3. None would have reached the final \
escalation.
**15 of the 21 had no plan within 30 minutes** on First Touch; 5 of these still had none after 45.
Monday from 8 to 10 would have been the worst: 9 of the 21. Bluewater and Okafor have 17 of them.
37 tickets would have been warned; **16 of these were resolved in time**, without a warning.
Before you switch on: choose 30 or 45 minutes for the plan on First Touch: with 45, 10 fewer would have taken longer \
(half of the rest took 52 min).
""",
    ),
    "many, warning": (
        [risen(n, moment(n % 4, "08:10"), plan=33, mode=WARN, client=f"Client {n}") for n in range(8)] + FINE,
        scope(WARN),
        """\
Of 17 tickets, **8 would have gone up**, all from First Touch. None would have reached the final escalation.
**All 8 had no plan within 30 minutes** on First Touch; none of these took longer than 45.
No hour and no day stood out. No client stood out.
8 tickets were warned; **none of these were resolved in time**.
Before you switch on: choose 30 or 35 minutes for the plan on First Touch: with 35, 8 fewer would have taken longer.
""",
    ),
    "many, enforcing": (
        DONE,
        scope(ENFORCE),
        """\
Of 33 tickets, **8 went up**: 6 from First Touch and 2 from Tier 3. None reached the final escalation.
**6 of the 8 had no plan within 30 minutes** on First Touch.
No hour and no day stood out. All 8 are of Bluewater.
13 tickets were warned; **5 of these were resolved in time**.
Next: see what keeps First Touch from a plan in time (6 of the 8), and have “Research” written down: 6 of the 8 notes \
had none.
""",
    ),
    "all late": (
        [risen(n, moment(n % 5, f"{8 + n // 5:02}:10"), plan=61, fix=3) for n in range(20)],
        scope(),
        """\
**All 20 tickets would have gone up**, all from First Touch. None would have reached the final escalation.
**All 20 had no plan within 30 minutes** on First Touch; all of these still had none after 45.
No hour and no day stood out. All 20 are of Bluewater.
20 tickets would have been warned; **none of these were resolved in time**.
**Nothing stands in the way of switching on**: 4 would have gone up a working day.
""",
    ),
    "resolved without plans": (
        [risen(n, moment(n, "08:10"), fix=50, client="") for n in range(5)],
        scope(),
        """\
**All 5 tickets would have gone up**, all from First Touch. None would have reached the final escalation.
**All 5 had no plan within 30 minutes** on First Touch; all of these still had none after 45.
No hour and no day stood out. Whose they are is not recorded.
5 tickets would have been warned; **none of these were resolved in time**.
Before you switch on: have plans written down (“Plan: …” in a note): all 5 were resolved without one.
""",
    ),
    "up twice": (
        [TWICE, *FINE],
        scope(ENFORCE),
        """\
Of 10 tickets, **1 went up, 2 times in all**: 1 from First Touch and 1 from Tier 3. None reached the final escalation.
No stage stood out: 1 had no plan in time on First Touch and 1 had no plan in time on Tier 3.
They were ticket 1 of Bluewater, Mon 19 Oct 09:00 and ticket 1 of Bluewater, Mon 19 Oct 11:00.
1 ticket was warned; **it was not resolved in time**.
By these figures nothing needs to be changed.
""",
    ),
    "a pilot": (
        [
            risen(1, moment(0, "08:10"), mode=ENFORCE),
            *(risen(n, moment(0, "08:20"), plan=90, connection="help", client="Okafor") for n in (2, 3)),
            *FINE,
        ],
        scope(**BOTH_SYSTEMS),
        """\
Of 12 tickets: **1 escalation was done, and 2 more would have been**, all from First Touch. None reached the final \
escalation, or would have.
**All 3 had no plan within 30 minutes** on First Touch.
Monday from 8 to 9 was the worst: all 3. Okafor has 2 of them.
1 ticket was warned, and 2 more would have been; **none of these were resolved in time**.
**Nothing stands in the way of switching on**: 2 more would have gone up in 5 working days.
""",
    ),
    "a pilot in which nothing went up": (
        FINE,
        scope(**BOTH_SYSTEMS),
        """\
Of 9 tickets, **none went up, or would have**.
Half of the tickets on First Touch had a plan, or were resolved, **within 5 minutes**; the limit is 30 minutes.
No ticket was left alone.
No ticket was warned.
**Nothing stands in the way of switching on**: nothing would have gone up.
""",
    ),
    "final escalations": (
        [risen(n, moment(n % 4, "10:00"), tier=SENIOR, mode=ENFORCE, limit=60) for n in range(4)] + FINE,
        scope(ENFORCE),
        """\
Of 13 tickets, **4 went up**, all from Sr IT Manager. 4 of these reached the final escalation.
**All 4 had no plan within 60 minutes** on Sr IT Manager; none of these took longer than 90.
No hour and no day stood out. All 4 are of Bluewater.
4 tickets were warned; **none of these were resolved in time**.
Next: see what keeps Sr IT Manager from a plan in time (all 4).
""",
    ),
    "unknown tickets": (
        [risen(1, moment(0, "08:10"), plan=50), alone(3, Alone.UNKNOWN, "status"), alone(4, Alone.NOT_WATCHED), *FINE],
        scope(),
        """\
Of 10 tickets, **1 would have gone up**, from First Touch. None would have reached the final escalation.
**It had no plan within 30 minutes** on First Touch; it still had none after 45.
It would have been ticket 1 of Bluewater, Mon 19 Oct 08:10.
1 ticket would have been warned; **it was not resolved in time**.
Before you switch on: see why 1 ticket could not be judged.
""",
    ),
    "assumed history, one hour": (
        [risen(n, moment(2, "08:10"), plan=62, assumed=PARKED if n < 3 else ()) for n in range(8)] + FINE,
        scope(),
        """\
Of 17 tickets, **8 would have gone up**, all from First Touch. None would have reached the final escalation.
**All 8 had no plan within 30 minutes** on First Touch; all of these still had none after 45.
Wednesday from 8 to 9 would have been the worst: all 8. All 8 are of Bluewater.
8 tickets would have been warned; **none of these were resolved in time**.
Before you switch on: look at what was assumed (stood in “Parked”, assumed to be work): 3 of the 8 rest on it (†).
""",
    ),
    "asked for by people": (
        [
            taught(
                risen(n, moment(n % 2, "08:10"), mode=ENFORCE, reasons=(Reason.KNOWLEDGE,), asked_by=("tess",)),
                "Tess Tech",
                "mailbox moves" if n else "BGP",
            )
            for n in range(4)
        ]
        + [risen(9, moment(1, "10:00"), mode=ENFORCE)],
        scope(ENFORCE),
        """\
**All 5 tickets went up**, all from First Touch. None reached the final escalation.
**4 of the 5 were asked for** by people: knowledge 4 and time 1.
Tuesday was the worst day: 3 of the 5. All 5 are of Bluewater.
5 tickets were warned; **none of these were resolved in time**.
Next: teach Tess Tech: mailbox moves (3 of 4 training requests ask for it).
""",
    ),
    "limits that differ, warned ones still open": (
        [
            risen(1, moment(0, "08:10"), plan=35),
            risen(2, moment(1, "09:10"), plan=35, limit=15),
            risen(3, moment(2, "10:10"), plan=35, board="Alerts"),
            story(4, [stint(4, warned=True, how=HowEnded.RUNNING)]),
            story(5, [stint(5, warned=True, how=HowEnded.MOVED)]),
        ],
        scope(),
        """\
Of 5 tickets, **3 would have gone up**, all from First Touch. None would have reached the final escalation.
**All 3 had no plan within the limit** on First Touch.
No hour and no day stood out. All 3 are of Bluewater.
5 tickets would have been warned; **none of these were resolved in time**; 1 is still open and 1 was moved on by people.
**Nothing stands in the way of switching on**: 3 would have gone up in 5 working days.
""",
    ),
    "replayed": (
        [risen(n, moment(n, "08:10"), plan=33) for n in range(4)] + FINE,
        scope(is_replayed=True, modes=()),
        """\
Of 13 tickets, **4 would have gone up**, all from First Touch. None would have reached the final escalation.
**All 4 had no plan within 30 minutes** on First Touch; none of these took longer than 45.
No hour and no day stood out. All 4 are of Bluewater.
4 tickets would have been warned; **none of these were resolved in time**.
Before you choose these limits: choose 30 or 35 minutes for the plan on First Touch: with 35, 4 fewer would have taken \
longer.
""",
    ),
}


def marked(week: str) -> list[str]:
    """The week's sentences, with what the eye should fall on between stars."""
    stories, of, _ = WEEKS[week]
    told = sentences(tally(stories, of, policy()))
    return ["".join(f"**{text}**" if is_strong else text for text, is_strong in one.parts) for one in told]


@pytest.mark.parametrize("week", WEEKS)
def test_the_five_sentences_of(week):
    written = WEEKS[week][2].splitlines()
    assert marked(week) == written


@pytest.mark.parametrize("week", WEEKS)
def test_each_number_is_that_of_the_rows(week):
    """Counted anew, row by row, without a word of what the figures are counted with."""
    stories = WEEKS[week][0]
    text = "\n".join(marked(week)).replace("*", "")
    clocked = [one for one in stories if one.left_alone is None]
    rises = [(one, rise) for one in clocked for rise in one.rises]
    late = Counter((rise.tier, rise.stage) for _, rise in rises if Reason.TIME in rise.reasons)
    warned = [one for one in clocked if any(row.was_warned for row in one.stints)]
    facts = {
        r"Of (\d+) tickets?[,:]": [len(clocked)],
        r"All (\d+) tickets (?:would|went)": [len(clocked)],
        r"(\d+) tickets? (?:was|were) left alone": [len(stories) - len(clocked)],
        r"(\d+) open before": [sum(one.left_alone.why is Alone.ADOPTED for one in stories if one.left_alone)],
        r"(\d+) (?:would have gone|went) up[,:*]": [len({one.subject for one, _ in rises})],
        r"(\d+) times in all": [len(rises)],
        r"(\d+) escalations? (?:was|were) done": [sum(rise.mode is ENFORCE for _, rise in rises)],
        r"(\d+) more would have been,": [sum(rise.mode is not ENFORCE for _, rise in rises)],
        r"of the (\d+)": [len(rises)],
        r"[Aa]ll (\d+)[ .)]": [len(rises), len(clocked)],
        r"(\d+) from First Touch": [sum(rise.tier == FIRST for _, rise in rises)],
        r"(\d+) from Tier 3": [sum(rise.tier == THIRD for _, rise in rises)],
        r"(\d+) of these reached": [sum(not rise.to for _, rise in rises)],
        r"(\d+) of the \d+ had no plan": [late[FIRST, Stage.DIAGNOSIS]],
        r"All (\d+) had no plan": [*late.values()],
        r"(\d+) of these still had none after 45": [
            sum(
                (one.stints[0].plan_minutes or 0) > 45
                for one, rise in rises
                if (rise.tier, rise.stage) == (FIRST, Stage.DIAGNOSIS)
            )
        ],
        r"(\d+) of the \d+ were asked for": [sum(bool(rise.asked_by) for _, rise in rises)],
        r"from 8 to 10 .*?: (\d+) of": [sum(r.at.weekday() == 0 and r.at.hour in (8, 9) for _, r in rises)],
        r"Okafor have (\d+)": [sum(one.subject.client in ("Okafor", "Bluewater") for one, _ in rises)],
        r"Okafor has (\d+)": [sum(one.subject.client == "Okafor" for one, _ in rises)],
        r"(\d+) tickets? (?:was|were) warned": [sum(any(r.is_warning_written for r in one.stints) for one in warned)],
        r"^(\d+) tickets? would have been warned": [len(warned)],
        r"(\d+) of these (?:was|were) resolved": [
            sum(not one.rises and one.stints[0].how_ended is HowEnded.RESOLVED for one in warned)
        ],
        r"(\d+) (?:is|are) still open": [sum(one.stints[0].how_ended is HowEnded.RUNNING for one in warned)],
        r"with 45, (\d+) fewer": [
            sum(30 < (row.plan_minutes or 0) <= 45 for one in clocked for row in one.stints if row.tier == FIRST)
        ],
        r"(\d+) of the \d+ rest on": [sum(bool(one.subject.assumed) for one, _ in rises)],
        r"(\d+) of \d+ training": [sum(t.topic == "mailbox moves" for one in stories for t in one.trainings)],
        r"of (\d+) training": [sum(len(one.trainings) for one in stories)],
        r"(\d+) of the \d+ notes": [sum("Research" in rise.missing for _, rise in rises)],
    }
    for pattern, expected in facts.items():
        for found in re.findall(pattern, text, re.MULTILINE):
            assert int(found) in expected, (pattern, text)


@pytest.mark.parametrize("week", WEEKS)
def test_what_would_have_been_is_never_told_as_what_was(week):
    stories, of, _ = WEEKS[week]
    is_anything_done = any(rise.mode is ENFORCE for one in stories for rise in one.rises)
    does_any_enforce = any(mode is ENFORCE for _, mode in of.modes)
    text = "\n".join(marked(week))
    if not (is_anything_done or does_any_enforce):
        assert not re.search(r"\bwent up\b|\breached\b(?<!have reached)|was done|were done", text)
    if all(mode is ENFORCE for _, mode in of.modes) and of.modes:
        assert "would" not in text


def test_names_are_cut_to_a_line():
    hostile = "Mail\n\nfirst " + "x" * 200
    told = sentences(tally([risen(1, moment(0, "08:10"), plan=50, client=hostile)], scope(), policy()))
    assert "ticket 1 of Mail first xxx" in told[2].text
    assert max(len(line) for line in told[2].text.split(" ")) < 60
