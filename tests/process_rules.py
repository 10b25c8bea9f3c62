"""Every sentence of the escalation process that states behaviour, as a rule with a short id, in our own words.

Tests name the rules that they prove with ``@pytest.mark.process("id", …)``; ``python -m tests.process_coverage`` puts
rules and tests side by side in ``docs/process-coverage.md``.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule: its id, the section of the process that states it, and what it says."""

    id: str
    section: str
    text: str


_SECTIONS: dict[str, dict[str, str]] = {
    "Terms": {
        "stint-technician": "A change of technician inside the tier does not start a new stint.",
        "stint-tier": "A change of tier starts a new stint, in either direction, whoever made it.",
        "stint-reopening": "A reopening starts a new stint.",
        "stage-order": "A stint first owes a diagnosis plan, then the fix.",
        "breach": "A stage whose limit has run out without what it owes is a breach, and takes the ticket up.",
        "unit": "An escalation is the internal note plus the reassignment to the next tier, as one unit.",
    },
    "The default ladder": {
        "ladder-default": (
            "With no policy configured there are three tiers with limits of 30/60, 30/60 and 60/60 minutes."
        ),
        "ladder-next": "Each tier escalates to the next one; the last one's breach is the final escalation.",
        "ladder-managers": (
            "By default the Service Desk Manager may override on the first two tiers, the Sr IT Manager on the third."
        ),
        "ladder-configured": (
            "Number of tiers, names, limits, who may override, and where each tier lives can be configured."
        ),
    },
    "When the clocks run": {
        "start-first-touch": (
            "A stint of the first tier starts at first touch: an agent assigned, an agent's note or time entry, or a "
            "status outside the group of new ones, whichever comes first."
        ),
        "start-assignment": "A stint of a higher tier starts when the ticket is assigned to that tier.",
        "start-configured": "Which of the two starts a stint can be configured for each tier.",
        "diagnosis-runs": "The diagnosis stage runs from the start of the stint until a diagnosis plan is recorded.",
        "fix-runs": "The fix stage runs from the diagnosis plan until the ticket is resolved.",
        "fix-configured": "The fix can be configured to be measured from the start of the stint.",
        "untouched-told": (
            "A ticket of the first tier that nobody touches is told of once, after the configured working minutes, in "
            "an internal note and to the people configured; by default never."
        ),
        "plan-line": (
            "A line starting with “Diagnosis plan:” or “Plan:” in an agent's note or time entry records a plan."
        ),
        "plan-edited": (
            "A plan stays made when its line is edited away later, and counts from when it was first seen when it was "
            "edited in."
        ),
        "plan-status": "A status configured as “plan made” records a plan.",
        "plan-field": "The ticket system's own field for a plan records one.",
        "plan-client": "A client's e-mail never records a plan.",
        "stint-ends": "A status in the resolved or closed group ends a stint well.",
        "working-time": (
            "Only working minutes count: the calendar's weekly hours in its own time zone, minus public holidays and "
            "closures."
        ),
        "calendar-client": "The tier's calendar is the default; a client may have its own.",
        "calendar-24x7": "24x7 is a calendar like any other.",
        "calendar-dst": "Changes of daylight saving time neither add nor lose an hour.",
        "status-unplaced": "An open ticket in a status that nobody has placed is being worked on: its clock runs.",
        "status-names": (
            "Where a board's own data says the same of every open status, the names decide, and what was assumed is "
            "listed."
        ),
        "pause": "A status in the waiting group stops the clock; leaving it lets it run on, and resets nothing.",
        "urgency-factor": (
            "A priority may carry a factor on the limits: a critical one 0.5 by default, a low one may be above 1."
        ),
        "change-of-mind": (
            "When priority, calendar or policy change during a stint, the clock is worked out anew from the ticket's "
            "history; it is never stored as a count-down."
        ),
        "backlog-adopted": (
            "Tickets that were open before the connector came are taken up at a bounded pace, the most urgent first, "
            "or with the first thing that an agent does on one."
        ),
        "brake": (
            "More escalations by time within an hour than a desk can have are slowed down and people are told; nothing "
            "is lost."
        ),
    },
    "Before a breach": {
        "warning-share": (
            "At a set share of the limit (80 % by default, 0 turns it off) the holder gets an internal note with the "
            "time left."
        ),
        "warning-once": "The warning comes once a stage.",
        "warning-self-check": "The warning has the guide's self-check in a few words.",
        "warning-how-to": "The warning says how to record a plan, ask for an escalation, or ask a manager to override.",
        "day-advice": (
            "When the client's working day ends within the configured minutes and the priority is not critical, the "
            "warning and the note of an escalation recommend rescheduling."
        ),
        "day-zone": "The client's day is told by the client's own hours and time zone.",
        "day-defer": "With “defer” the escalation itself waits for the client's next opening, unless it is critical.",
        "day-default": "By default the end of the day is only advised on, within 30 minutes of it.",
    },
    "Kinds of escalation": {
        "kind-time": "Time: raised by the connector on a breach; nothing more is needed.",
        "kind-knowledge": "Knowledge: needs what was tried, and the error codes and documentation looked up.",
        "kind-permission": (
            "Permission: needs which permissions are missing, and the steps to be taken once they are there."
        ),
        "kind-urgency": "Urgency: raised by a technician, needs what is blocked.",
        "kind-risen": "Urgency is raised by the connector when the priority rises to critical and the policy says so.",
        "kinds-combine": "Reasons combine: “Time & Knowledge”.",
        "command-line": (
            "A line /escalate knowledge, permission or urgency in an internal note or time entry raises one, "
            "optionally followed by the template's sections."
        ),
        "command-at-once": "It takes effect at once, with no wait for the limit.",
        "missing-answer": (
            "Where what its kind needs is nowhere on the ticket, one internal note says exactly what is missing."
        ),
        "missing-then": "It escalates as soon as what was missing is there.",
        "urgent-at-once": "An urgent one goes up at once and is flagged as not documented yet.",
    },
    "Manager discretion": {
        "override-forms": (
            "/override with a length, a time to last until, none for this stint, or off, in an internal note."
        ),
        "override-managers": "Only managers of the tier may override; anybody else gets an internal note that says so.",
        "override-reason": "Without a reason the override is not applied, and the answer says why.",
        "override-confirmed": "An applied override is confirmed with the new deadline.",
        "override-recorded": "An applied override appears in the audit trail and in every later note of the ticket.",
        "override-holds": "While an override holds, the limit does not apply, or applies later; it expires by itself.",
        "commands-agents": "Commands are read only from internal notes and time entries by agents.",
        "commands-programs": "Notes of programs, and notes that belong to a child ticket, are never commands.",
        "commands-near": "/plan is a plan, /help is answered, and a word close to a command gets one helpful answer.",
        "commands-outsiders": "Text by clients, contacts, e-mail or the connector itself is never a command.",
        "commands-quoted": "Quoted and forwarded text is never a command.",
    },
    "The escalation itself": {
        "read-again": (
            "The ticket is read again; if it was resolved, paused, moved, overridden or documented meanwhile, nothing"
            " is written."
        ),
        "one-note": "One internal note is written, never visible to the client.",
        "reassign": (
            "The ticket is reassigned to the next tier: its home, its owner by the configured choice, its status."
        ),
        "tell-people": "The configured people are told.",
        "audit": (
            "It is recorded in the audit trail with the clock's working: which minutes counted, which did not, why."
        ),
        "crash": "A crash, a time-out or an error between any two steps neither loses nor repeats one.",
    },
    "The note": {
        "note-issue": "Issue: the ticket's summary, client and priority.",
        "note-reason": (
            "Reason for escalation: the kinds, the limit, the time used, since when, by which tier and whom."
        ),
        "note-steps": (
            "Steps attempted: each with who and when, oldest first; the technician's own section where given, else "
            "taken from the notes and time entries; those of earlier tiers stand under their tier's name."
        ),
        "note-errors": "Error codes: codes and messages of the ticket and its notes, with where they were seen.",
        "note-nothing-lost": (
            "Nothing that a technician wrote about the ticket disappears: only quoted mail, signatures and greetings "
            "are left out, and pasted output is collapsed to a count."
        ),
        "note-research": "Research: documentation and links noted, on any tier.",
        "note-discussions": "Internal discussions: outcomes recorded in internal notes, and earlier overrides.",
        "note-permissions": "Missing permissions, for a permission escalation.",
        "note-next": (
            "Next steps: what is asked of the next tier, and the training request where a knowledge gap was named."
        ),
        "note-client": "Client: local time there, working hours, whether the day is about to end.",
        "note-none": "Where a section has nothing it says “none recorded”; none is left out, nothing is invented.",
        "note-shortened": "Long histories are shortened from the middle, with the count of what was left out.",
        "note-fits": "The note fits the ticket system's limits and markup.",
    },
    "The final escalation": {
        "final-call": "When the last tier breaches, one internal note calls the three managers together by name.",
        "final-people": "All three are put on the ticket, or notified where the system has no such field.",
        "final-mark": "The ticket is marked with the configured status and priority.",
        "final-owed": "Then a “New plan:” note and word to the client are owed.",
        "final-reminders": (
            "Until both are there, there is one reminder each interval (60 working minutes by default), at most the "
            "configured number (5 by default)."
        ),
        "final-message": "With a client message configured the connector sends it itself, once; by default people do.",
    },
    "Modes": {
        "observe": (
            "Observing, the connector does everything but the writes; what it would have written is in the audit trail."
        ),
        "observe-default": "Observing is the default until a connection is switched on.",
        "warn": (
            "Warning, the connector writes warnings and answers and moves nothing; what it would have moved is in the "
            "audit trail."
        ),
        "pilot": "A system or a tier may be in a mode of its own; of several that are set the most careful one counts.",
        "enforce": "Enforcing is the real thing: on every ticket system the same decisions, to the second.",
    },
}

RULES: tuple[Rule, ...] = tuple(
    Rule(id_, section, text) for section, rules in _SECTIONS.items() for id_, text in rules.items()
)
