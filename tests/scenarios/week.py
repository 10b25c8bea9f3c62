"""One service desk's week, from a Thursday to the next Wednesday: every kind of escalation, overrides, pauses over
nights and the weekend, a holiday, the end of daylight saving time, the final escalation and what follows it.

The desk tells the time in New York. Acme works in Chicago, from 09:00 to 18:00 of the desk's time, and not on the
Tuesday; Globex' plant works round the clock and has a ladder of its own. Written for any desk: see ``acts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.policy.document import read_policy
from connector.policy.policy import Policy
from connector.systems.desk import CLIENTS, Desk, Urgency
from tests.scenarios.acts import (
    ZONE,
    Act,
    assigned,
    deleted,
    goes_on,
    mail,
    merged,
    moved,
    note,
    opens,
    resolved,
    time_entry,
    urgency,
    waits,
    word,
)

BEGINS, ENDS = "thu 08:30", "wed 18:00"

_RESEARCHED = "Error codes: 0x80070005\nResearch: the vendor's article on certificates"
_MAIL = "/override none because we are in no hurry at all\n/escalate urgency the whole office\nPlan: you fix it today"


def week_policy(desk: Desk, **given: Any) -> Policy:
    """The default ladder with managers and assignment, and the plant's own one."""

    def home(tier: int) -> dict[str, Any]:
        return {"homes": {desk.system: desk.homes[tier - 1]}}

    maria, irene, adam = (desk.member(name) for name in ("maria", "irene", "adam"))
    final = {
        "sr_it_manager": irene,
        "service_desk_manager": maria,
        "account_manager": adam,
        "priority": desk.priority_name(Urgency.CRITICAL),
    }
    plant = [
        {**home(1), "name": "Plant desk", "diagnosis_minutes": 120, "fix_minutes": 120},
        {**home(3), "name": "Plant manager", "skip": "on leave until December"},
        {**home(2), "name": "Plant engineers", "assign": "least_loaded", "managers": [irene]},
    ]
    document = {
        "tiers": [
            {**home(1), "managers": [maria]},
            {**home(2), "managers": [maria], "assign": "round_robin"},
            {**home(3), "managers": [irene], "assign": irene},
        ],
        "ladders": [
            {
                "name": "Plant",
                "clients": [CLIENTS["Globex"]],
                "tiers": plant,
                "final": {**final, "client_message": "We are making a new plan.", "reminders": 2},
            }
        ],
        "calendars": {
            "default": {"tz": ZONE.key, "hours": "mon-fri 08:00-17:00"},
            "acme": {"tz": "America/Chicago", "hours": "mon-fri 08:00-17:00", "holidays": ["2026-11-03"]},
            "plant": {"tz": ZONE.key, "hours": "24x7"},
        },
        "clients": {CLIENTS["Acme"]: "acme", CLIENTS["Globex"]: "plant"},
        "critical_priorities": [desk.priority_name(Urgency.CRITICAL)],
        "priority_factors": {desk.priority_name(Urgency.LOW): 2},
        "escalate_when_critical": True,
        "end_of_day": "defer",
        "final": {**final, "reminders": 3},
        **given,
    }
    return read_policy(document)


TIME: Mapping[str, Sequence[Act]] = {
    "silent": [  # nobody does anything about it: all the way up, then reminders until both things owed are there
        opens("thu 09:30"),
        word("thu 12:40", "irene", "We have not forgotten you and will call at two."),
        note("thu 14:10", "irene", "New plan: rebuild the server from the image"),
    ],
    "forgotten": [opens("fri 15:00", "tom")],  # not even reminders help; they are bounded and rest over the weekend
    "quick": [opens("thu 09:31", "tom"), note("thu 09:45", "tom", "Plan: clean it"), resolved("thu 10:30", "tom")],
    "slow": [
        opens("thu 09:32", "tom"),
        time_entry("thu 09:50", "tom", 10, "Diagnosis plan: follow the beacon error through the logs"),
        note("thu 11:00", "maria", "Plan: renew the certificate"),
        resolved("thu 11:45", "maria"),
    ],
    "untouched": [opens("thu 09:33", None), assigned("thu 12:00", "maria", "tom"), resolved("thu 12:31", "maria")],
    "low": [opens("thu 13:00", urgency=Urgency.LOW), resolved("thu 14:10", "maria")],
    "critical": [opens("thu 13:01", urgency=Urgency.CRITICAL), resolved("thu 13:20", "maria")],
}

WORDS: Mapping[str, Sequence[Act]] = {
    "knowledge": [
        opens("thu 10:02", "tom"),
        note("thu 10:05", "tom", f"/escalate knowledge BGP routing\nSteps attempted:\n- new session\n{_RESEARCHED}"),
        resolved("thu 10:25", "maria"),
    ],
    "sent back": [  # up once the missing step is there; the next tier is on the clock, without the command
        opens("thu 10:10", "tess"),
        note("thu 10:12", "tess", f"/escalate knowledge certificate templates\n{_RESEARCHED}"),
        note("thu 10:20", "tess", "Steps attempted:\n- enrolled the machine by hand"),
        resolved("thu 10:55", "irene"),
    ],
    "combined": [
        opens("thu 10:15", "tom"),
        note("thu 10:25", "tom", "/escalate knowledge mail routing\nSteps attempted:\n- restarted the transport"),
        resolved("thu 10:55", "maria"),
    ],
    "permission": [
        opens("thu 10:40", "tess"),
        note(
            "thu 10:45",
            "tess",
            "/escalate permission\nMissing permissions:\n- Exchange administrator\nNext steps:\n- release the mails",
        ),
        resolved("thu 11:00", "maria"),
    ],
    "urgent": [
        opens("thu 11:05", "tess"),
        time_entry("thu 11:10", "tess", 5, "/ESCALATE urgency: nobody in the warehouse can print labels"),
        resolved("thu 11:30", "maria"),
    ],
    "undocumented": [
        opens("thu 11:15", "tess"),
        note("thu 11:20", "tess", "/escalate urgency"),
        resolved("thu 11:40", "maria"),
    ],
    "risen": [
        opens("thu 11:25", "tess"),
        urgency("thu 11:35", "maria", Urgency.CRITICAL),
        resolved("thu 11:45", "maria"),
    ],
    "handed up": [  # three kinds at once, and from the last tier: the final escalation, by command
        opens("thu 11:40", "irene", tier=3),
        note("thu 11:50", "irene", "/escalate urgency, permission and knowledge: the payroll run at noon"),
        resolved("thu 13:00", "irene"),
    ],
    "client's words": [opens("thu 12:30", "tess"), mail("thu 12:35", _MAIL), resolved("thu 13:10", "maria")],
    "near miss": [
        opens("thu 13:40", "tess"),
        note("thu 13:45", "maria", "/overide 45m because the vendor calls back at three"),
        note("thu 13:50", "tess", "Plan: wait for the vendor"),
        resolved("thu 14:30", "tess"),
    ],
}

OVERRIDES: Mapping[str, Sequence[Act]] = {
    "later": [
        opens("thu 13:10", "tess"),
        note("thu 13:20", "maria", "/override 45m because the vendor calls back at two"),
        resolved("thu 14:10", "maria"),
    ],
    "tomorrow": [
        opens("thu 14:00", "tom"),
        note("thu 14:15", "maria", "/override until tomorrow 10:00 – the new part arrives over night"),
        resolved("fri 10:10", "maria"),
    ],
    "lifted": [
        opens("thu 14:02", "tom"),
        note("thu 14:10", "maria", "/override none because this is a project by agreement"),
        note("fri 11:00", "maria", "/override off"),
        resolved("fri 11:20", "maria"),
    ],
    "refused": [
        opens("thu 14:20", "tess"),
        note("thu 14:22", "tess", "/override 2h because I am nearly there with it"),
        note("thu 14:24", "maria", "/override 1h"),
        note("thu 14:26", "maria", "/override 9h because the part is on its way"),
        resolved("thu 15:00", "maria"),
    ],
}

CALENDARS: Mapping[str, Sequence[Act]] = {
    "over night": [
        opens("thu 16:00"),
        waits("thu 16:10", "tess"),
        goes_on("fri 09:30", "tess"),
        resolved("fri 10:00", "maria"),
    ],
    "over the weekend": [
        opens("fri 14:50"),
        waits("fri 15:00", "tess"),
        goes_on("mon 10:00", "tess"),
        resolved("mon 10:30", "maria"),
    ],
    "fixed slowly": [  # the fix limit, with a pause, over the weekend and the end of daylight saving time
        opens("fri 16:30", "tom"),
        note("fri 16:40", "tom", "Plan: swap the switch"),
        waits("fri 17:00", "tom"),
        goes_on("fri 17:30", "tom"),
        resolved("mon 09:30", "maria"),
    ],
    "friday evening": [opens("fri 17:50"), resolved("mon 09:30", "maria")],
    "deferred": [opens("thu 17:10"), resolved("fri 09:10", "maria")],
    "not deferred": [opens("thu 17:35", urgency=Urgency.CRITICAL), resolved("thu 17:55", "maria")],
    "at closing time": [opens("mon 17:30", "tom"), resolved("wed 09:10", "maria")],
    "holiday": [
        opens("mon 17:25"),
        waits("mon 17:40", "tess"),
        goes_on("tue 10:00", "tess"),
        resolved("wed 09:30", "maria"),
    ],
}

HANDS: Mapping[str, Sequence[Act]] = {
    "by hand": [  # a person moves it up, another one back down: a stint begins each time
        opens("fri 09:05"),
        moved("fri 09:25", "tess", 2, "sam"),
        moved("fri 09:45", "maria", 1, "tom"),
        assigned("fri 10:00", "maria", "tess"),
        resolved("fri 10:20", "maria"),
    ],
    "reopened": [
        opens("fri 09:10"),
        resolved("fri 09:30", "tess"),
        goes_on("fri 11:30", "tess"),
        resolved("fri 12:10", "maria"),
    ],
    "doubled": [opens("fri 12:00"), merged("fri 12:10", "kept")],
    "kept": [opens("fri 12:02"), note("fri 12:20", "tess", "Plan: re-seat it"), resolved("fri 12:45", "tess")],
    "deleted": [opens("fri 12:05"), deleted("fri 12:15")],
}

PLANT: Mapping[str, Sequence[Act]] = {
    "at night": [  # two hours to the second, through the hour that comes twice; past the tier that is skipped
        opens("sun 00:30", client="Globex"),
        resolved("sun 02:00", "maria"),
    ],
    "no plan": [  # the final escalation of the plant's own ladder, with the message to the client
        opens("mon 22:00", "tom", client="Globex"),
        note("tue 02:10", "maria", "New plan: bring the spare line up"),
    ],
}

STORIES: Mapping[str, Sequence[Act]] = {**TIME, **WORDS, **OVERRIDES, **CALENDARS, **HANDS, **PLANT}
