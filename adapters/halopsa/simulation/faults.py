"""The switches that make the simulated instance fail, be slow, or behave in one of the ways that are not known.

Calls are chosen by a regular expression that is searched in the path below ``api/``, such as ``Tickets$``; the token
endpoint is ``auth/token``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.simulation.faults import CallFaults
from adapters.simulation.refusal import TEXT_TYPE, Refusal

RATE_TEXT = "Rate Limit Reached - 300 Requests per rolling 5 minute window."
ERROR_FORMS = ("text", "string", "error", "description", "dotnet", "message", "result", "single")
WINDOW_SECONDS = 300.0


class Faults(CallFaults):
    """The switches of ``CallFaults``, where an ``outage`` is 503 for everything, and those of this system.

    Calls: ``token_lifetime`` seconds; ``error_form``: which of ``ERROR_FORMS`` error bodies have;
    ``strict_arrays``: a POST of a bare object is 400; ``answers_arrays``: a POST answers an array of one.
    Reading: ``messy_ids``: ids as texts and whole decimals; ``filters_ignored``: lists come unfiltered;
    ``dates_understood``: the forms of ``lastupdatefromdate`` (``bare``, ``Z``) with which something is found;
    ``page_size_cut``; ``agent_envelope``: ``results``, ``agents`` or ``bare``; ``audit_log_missing``;
    ``team_agents_missing``: no agents in a team's details; ``notifications_thin``: without the id of their webhook.
    Writing: ``writes_readable_after``: seconds of the clock until what came in over HTTP can be read;
    ``note_comes_back_visible``, ``note_comes_back_hidden``: whatever was sent; ``team_id_ignored``: a team is taken by
    its name only; ``confirms_agents``: an agent outside the team needs ``_agent01_ok``; ``team_change_resets_agent``
    unless both are sent; ``status_change_resets_team`` to the type's own unless both are sent; ``priority_computed``: a
    written priority is not kept; ``tech_update_wins``: the ticket type's status after an agent's update is stronger
    than the status sent; ``outcomes_forbidden``: numbers of actions that callers may not use. A rule runs after each
    POST over HTTP of what ``rule_after`` names (``tickets``, ``actions``), ``rule_times`` often (None: always):
    ``rule_reverts`` names what it puts back (``team``, ``agent``, ``status``, ``priority``), ``rule_sets`` gives fields
    their values; ``rule_in_answer``: the answer shows it, too. ``dont_do_rules_ignored``: rules run all the same.
    Webhooks: ``event_numbers``: other numbers of events, by the usual ones; ``events_refused``: numbers that a
    notification may not have: with one of them nothing is made; ``payload``: ``full``, ``small``, ``event`` or
    ``custom``; ``batches``: ``none``, ``array`` or ``object``; ``callbacks_wrong_proof``.
    """

    NOTES = ("POST", re.compile(r"^Actions$", re.IGNORECASE))

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        **CallFaults.DEFAULTS,
        "token_lifetime": 3600,
        "error_form": "error",
        "strict_arrays": True,
        "answers_arrays": False,
        "dates_understood": frozenset(("bare", "Z")),
        "messy_ids": False,
        "filters_ignored": False,
        "page_size_cut": None,
        "agent_envelope": "results",
        "audit_log_missing": False,
        "team_agents_missing": False,
        "notifications_thin": False,
        "writes_readable_after": 0.0,
        "note_comes_back_visible": False,
        "note_comes_back_hidden": False,
        "team_id_ignored": False,
        "confirms_agents": True,
        "team_change_resets_agent": True,
        "status_change_resets_team": False,
        "priority_computed": False,
        "tech_update_wins": False,
        "outcomes_forbidden": frozenset(),
        "rule_after": frozenset(("tickets",)),
        "dont_do_rules_ignored": False,
        "rule_reverts": frozenset(),
        "rule_sets": {},
        "rule_times": None,
        "rule_in_answer": False,
        "events_refused": frozenset(),
        "event_numbers": {},
        "payload": "full",
        "batches": "none",
        "callbacks_wrong_proof": False,
    }

    token_lifetime: int
    error_form: str
    strict_arrays: bool
    answers_arrays: bool
    dates_understood: frozenset[str]
    messy_ids: bool
    filters_ignored: bool
    page_size_cut: int | None
    agent_envelope: str
    audit_log_missing: bool
    team_agents_missing: bool
    notifications_thin: bool
    writes_readable_after: float
    note_comes_back_visible: bool
    note_comes_back_hidden: bool
    team_id_ignored: bool
    confirms_agents: bool
    team_change_resets_agent: bool
    status_change_resets_team: bool
    priority_computed: bool
    tech_update_wins: bool
    outcomes_forbidden: frozenset[int]
    rule_after: frozenset[str]
    dont_do_rules_ignored: bool
    rule_reverts: frozenset[str]
    rule_sets: dict[str, Any]
    rule_times: int | None
    rule_in_answer: bool
    events_refused: frozenset[int]
    event_numbers: dict[int, int]
    payload: str
    batches: str
    callbacks_wrong_proof: bool

    def outage_refusal(self) -> Refusal:
        return Refusal(503, "Service Unavailable", content_type=TEXT_TYPE)

    def failure(self, status: int) -> Refusal:
        return self.problem(status, f"The simulator was told to answer {status}.")

    def forbidden(self) -> Refusal:
        return self.problem(403, "You do not have permission to perform this action.")

    def too_many(self, retry_after: int | None) -> Refusal:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Refusal(429, RATE_TEXT, headers, TEXT_TYPE)

    def problem(self, status: int, words: str) -> Refusal:
        """A refusal in the form of the moment: there is no fixed one."""
        if self.error_form == "text":
            return Refusal(status, words, content_type=TEXT_TYPE)
        bodies: dict[str, Any] = {
            "string": words,
            "error": {"error": words},
            "description": {"error": "invalid_request", "error_description": words},
            "dotnet": {"ClassName": "System.Exception", "Message": words, "Data": None, "StackTraceString": None},
            "message": {"Message": words},
            "result": {"resultCode": status, "errorMessage": words},
            "single": {"ticket": words.replace(". ", ".\r\n")},
        }
        return Refusal(status, bodies[self.error_form])

    def does_rules(self, sent: Mapping[str, Any]) -> bool:
        """Whether rules are to run behind what was sent."""
        return sent.get("dont_do_rules") is not True or self.dont_do_rules_ignored

    def take_rule_run(self, resource: str, sent: Mapping[str, Any]) -> bool:
        """Whether the rule runs now; counted down."""
        with self._lock:
            is_there = bool(self.rule_reverts or self.rule_sets) and resource in self.rule_after
            if not is_there or self.rule_times == 0 or not self.does_rules(sent):
                return False
            if self.rule_times is not None:
                self.rule_times -= 1
            return True
