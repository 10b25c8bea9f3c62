"""The page Policy: the ladder in force as it was read, when each calendar is open, what the statuses mean, and what
each variable that is set says. A document can be pasted, to be told what is wrong with it or what it would change.
"""

from __future__ import annotations

import json
from datetime import datetime

from flask import Request, Response

from connector.config.reference import meanings
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Policy, Tier
from connector.report.words import count
from connector.store.policy_log import PolicyLog
from connector.systems.catalogue import ticket_systems
from connector.web.console.frame import Frame
from connector.web.console.gate import Role, require
from connector.web.console.parts import ConsoleParts
from connector.web.console.policy.fortnight import CalendarFortnight, fortnight
from connector.web.console.policy.status_groups import StatusesAt, StatusGroups
from connector.web.console.policy.trial import PolicyTrial, tried
from connector.web.deps import Deps

MOST_EDITIONS = 5
"""So many policies that were in force are told, the newest."""

_ASSIGN = {QUEUE: "nobody yet", ROUND_ROBIN: "each in turn", LEAST_LOADED: "who has the least to do"}
_UNSAID = PolicyTrial("")


class PolicyPage:
    """Draws it."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._parts = parts
        self._frame = frame
        self._store = deps.mailbox.store
        self._statuses = StatusGroups(deps, parts)
        self._meanings = meanings(parts.said, ticket_systems())

    def get(self) -> Response:
        """The page. Raises StoreUnavailable."""
        return self._drawn(_UNSAID)

    def post(self, request: Request) -> Response:
        """The page with what a pasted document would change; nothing is applied. Raises HttpProblem 403."""
        require(Role.ADMINISTRATOR)
        trial = tried(request.form.get("document", ""), self._parts.policy, list(self._parts.modes))
        answer = self._drawn(trial)
        answer.status_code = 200 if trial.is_sound else 422
        return answer

    def _drawn(self, trial: PolicyTrial) -> Response:
        now = self._store.now()
        wall, policy = self._frame.wall(now), self._parts.policy
        editions = PolicyLog(self._store).rows()
        calendars = self._calendars(now)
        statuses = self._statuses.all()
        kept = self._parts.policy_document
        document = json.dumps(kept, indent=2, ensure_ascii=False) if kept else ""
        return self._frame.page(
            "policy.html",
            "policy",
            wall,
            policy=policy,
            ladders=policy.every_ladder,
            takes={one.name: one for one in policy.ladders},
            goes_to=goes_to,
            assigned=lambda tier: _ASSIGN.get(tier.assign, tier.assign),
            connections=sorted(self._parts.modes),
            mode_of=self._mode_of,
            calendars=calendars,
            statuses=statuses,
            headline=headline(policy),
            beside=beside(statuses, calendars),
            editions=list(reversed(editions))[:MOST_EDITIONS],
            said=self._parts.said,
            meanings=self._meanings,
            trial=trial,
            document=trial.text or document,
            is_tried=trial is not _UNSAID,
        )

    def _mode_of(self, tier: Tier) -> str:
        """The mode of what a tier holds: one where all connections have the same, else by connection."""
        said = {name: modes.at(tier).value for name, modes in sorted(self._parts.modes.items())}
        if len(set(said.values())) == 1:
            return next(iter(said.values()))
        return "; ".join(f"{name}: {mode}" for name, mode in said.items()) or "–"

    def _calendars(self, now: datetime) -> list[CalendarFortnight]:
        policy, forms = self._parts.policy, self._parts.policy_document.get("calendars", {})
        used = {tier.calendar for one in policy.every_ladder for tier in one.tiers} | {
            *policy.client_calendars.values()
        }
        return [fortnight(name, policy.calendars[name], forms.get(name, {}), now) for name in sorted(used)]


def headline(policy: Policy) -> str:
    """What is in force, in a sentence."""
    first = policy.tiers[0]
    ladders = "The default ladder is" if len(policy.every_ladder) == 1 else f"{len(policy.every_ladder)} ladders are"
    limits = f"{first.diagnosis_minutes:g} min for a plan, {first.fix_minutes:g} for the fix on {first.name}"
    return f"{ladders} in force: {limits}, {count(len(policy.tiers), 'tier')}."


def beside(statuses: list[StatusesAt], calendars: list[CalendarFortnight]) -> str:
    """What else a reader has to know at once."""
    assumed = sum(one.assumed for one in statuses)
    unknown = sum(bool(one.why_not) for one in statuses)
    told = [f"{count(assumed, 'status', 'statuses')} assumed." if assumed else "No status had to be assumed."]
    if unknown:
        told = [f"The statuses of {count(unknown, 'connection')} could not be read."]
    closed = sorted(day for one in calendars for day in one.next_closed)
    if closed:
        day, name = closed[0]
        told.append(f"Next closed day: {day:%a} {day.day} {day:%b}{f', {name}' if name else ''}.")
    return " ".join(told)


def goes_to(policy: Policy, tier: Tier) -> str:
    """Which tier follows."""
    above = policy.next_tier(tier)
    passed = "".join(f", past {name} ({why})" for name, why in policy.skipped_above(tier))
    return f"{above.name}{passed}" if above else f"final escalation{passed}"
