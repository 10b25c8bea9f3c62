"""What somebody may do on a ticket's page: override its limit, or have it escalated now.

Each is a command as a note of the ticket would speak it, handed in to the ticket's next turn. What would come of it is
worked out before, as that turn will: what would be refused is refused here, and nothing is written.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from connector.errors import ConnectorError
from connector.model import Reason
from connector.notes.phrases import joined
from connector.reading.command_words import EscalateWords, OverrideWords, Unclear, says_why, spoken_in
from connector.reading.override_time import Whole
from connector.redaction import redacted
from connector.rules.commands import listens_from
from connector.store.database.errors import StoreUnavailable
from connector.turn.explaining.account import TicketAccount
from connector.turn.handed_in import HandedIn
from connector.turn.saga import StepKind
from connector.web.console.gate import Role, Viewer
from connector.web.console.ticket import ESCALATE, OVERRIDE
from connector.web.console.ticket.reading import TicketLook, TicketLooks
from connector.web.deps import Deps
from connector.web.problems import HttpProblem
from connector.wording import storable

MOST_LONG, MOST_REASON = 60, 1000
"""How many characters a form's fields may have."""

KINDS: Mapping[str, str] = {reason.value.lower(): reason.value for reason in Reason if reason is not Reason.TIME}
"""What an escalation may be asked for, as the command names it and as people read it."""

_NEEDS_A_LOGIN = (
    "Who overrides or escalates is named on the ticket: here that needs a login (CONSOLE_USERS). "
    "In a note of the ticket /override and /escalate go without."
)
_NOTHING_COMES = "Nothing would come of it: that escalation was begun already. Nothing was changed."
_ONCE = re.compile(r"[A-Za-z0-9_-]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form held, and what is wrong with it: by field, or (``whole``) with all of it. ``status``: of the page."""

    act: str
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    status: int = 422

    def value(self, act: str, name: str) -> str:
        """What a field of a form held."""
        return self.values.get(name, "") if act == self.act else ""

    def wrong_with(self, act: str, name: str) -> str:
        """What is wrong with a field of a form; empty where nothing is."""
        return self.wrong.get(name, "") if act == self.act else ""

    def refusal(self, act: str) -> str:
        """Why a form was refused as a whole; empty where it was not."""
        return self.whole if act == self.act else ""


NOTHING_TYPED = Typed("")


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page offers. Of each act why not, for whoever may not; empty where the form is shown.

    ``stint``: the key of the stint that the forms are about; ``up_to``: where it would go, as a button says it.
    """

    stint: str
    tier: str
    up_to: str
    not_override: str
    not_escalate: str
    most_minutes: float
    is_overridden: bool
    once: Callable[[], str] = lambda: secrets.token_urlsafe(12)


def acts_for(viewer: Viewer | None, look: TicketLook) -> Acts | None:
    """What a viewer may do on a ticket; None where no clock runs on it, or nobody could read it."""
    account = look.account
    if account is None or viewer is None:
        return None
    decision, policy = account.seen.decision, account.seen.policy
    stint, tier, clock = decision.stint, decision.tier, decision.clock
    if stint is None or tier is None or clock is None:
        return None
    above = policy.next_tier(tier)
    return Acts(
        stint=stint.key,
        tier=tier.name,
        up_to=f"Escalate to {above.name}" if above else "Begin the final escalation",
        not_override=_not_override(viewer, look, tier.name),
        not_escalate=_not_escalate(viewer),
        most_minutes=policy.override_max_minutes,
        is_overridden=clock.override is not None,
    )


def _not_escalate(viewer: Viewer) -> str:
    if not viewer.is_logged_in:
        return _NEEDS_A_LOGIN
    return "" if viewer.may(Role.TECHNICIAN) else "Technicians have a ticket escalated."


def _not_override(viewer: Viewer, look: TicketLook, tier: str) -> str:
    if not viewer.is_logged_in:
        return _NEEDS_A_LOGIN
    if look.managers is None:
        return f"Who may override at {tier} could not be looked up. Try again in a minute; the limit stays."
    if not look.managers:
        return f"Nobody is configured who may override at {tier}."
    if viewer.may(Role.MANAGER) and viewer.member.casefold() in look.managers:
        return ""
    who = joined(sorted({person.name for person in look.managers.values()}))
    instead = " Ask them, or escalate." if viewer.may(Role.TECHNICIAN) else ""
    return f"Only {who} may override at {tier}.{instead}"


class Acting:
    """Takes the forms in. Safe for several threads."""

    def __init__(self, deps: Deps, looks: TicketLooks) -> None:
        self._looks = looks
        self._nudge = deps.nudge

    def take(self, act: str, connection: str, ticket: str, viewer: Viewer, form: MultiDict[str, str]) -> Typed | None:
        """Hand in what a form asks for; None where that is done, else what was typed and why not.

        Raises StoreUnavailable.
        """
        values = {name: form.get(name, "")[: 2 * MOST_REASON] for name in ("how_long", "reason", "kind")}
        typed = Typed(act, values)
        once = form.get("once", "")
        look = self._looks.anew(connection, ticket)
        acts = acts_for(viewer, look)
        account = look.account
        if account is None:
            return _refused(typed, f"{look.why_not} Nothing was changed. Try again in a minute.", 503)
        if acts is None or acts.stint != form.get("stint", ""):
            return _refused(typed, _moved_on(account), 409)
        not_allowed = acts.not_override if act == OVERRIDE else acts.not_escalate
        if not_allowed:
            return _refused(typed, not_allowed, 403)
        if not _ONCE.fullmatch(once):
            return _refused(typed, "This form is not whole. Nothing was changed; open the page anew.", 400)
        line, wrong = _line_of(act, values)
        if wrong:
            return Typed(act, values, wrong)
        manager = (look.managers or {}).get(viewer.member.casefold())
        member = manager.identifier if manager else viewer.member
        stint = account.seen.decision.stint
        assert stint is not None  # else there were no acts
        command = HandedIn(line, viewer.name, member, viewer.told, once, stint.key, listens_from(stint))
        return self._hand_in(typed, connection, account, command)

    def _hand_in(self, typed: Typed, connection: str, account: TicketAccount, command: HandedIn) -> Typed | None:
        ticket = str(account.seen.record.id)
        try:
            person = self._looks.person(connection, command.member)
            if person is not None:
                command = replace(command, name=person.name, member=person.identifier)
            told = self._looks.foretell(connection, account, command)
        except ConnectorError as error:
            return _refused(typed, f"What would come of it cannot be told: {error}. Nothing was changed.", 503)
        if told.refused:
            return Typed(typed.act, typed.values, {_field_of(typed.act, told.refused): _as_sentence(told.refused)})
        if typed.act == ESCALATE and not (told.goes_up or told.answer):
            return _refused(typed, _NOTHING_COMES, 409)
        if not self._store(connection, ticket, command):
            already = "This form was sent already, with other words; those count. Open the page anew to say more."
            return _refused(typed, already, 409)
        self._looks.forget(connection, ticket)
        if self._nudge is not None:
            self._nudge()
        return None

    def _store(self, connection: str, ticket: str, command: HandedIn) -> bool:
        saga = command.saga(connection, ticket)
        journal = self._looks.explainer(connection).reader.journal
        try:
            return journal.hand_in((connection, ticket), saga, StepKind.COMMANDED, command.outcome, command.event)
        except StoreUnavailable as error:
            raise HttpProblem(
                503,
                "perhaps_taken",
                "The database did not answer",
                "What you sent may have been taken, or not. Look at the ticket's page before you send it again: "
                "what was taken stands there.",
                {"Retry-After": str(math.ceil(error.retry_after))},
            ) from error


def _refused(typed: Typed, why: str, status: int) -> Typed:
    return Typed(typed.act, typed.values, whole=why, status=status)


def _moved_on(account: TicketAccount) -> str:
    decision = account.seen.decision
    if decision.stint is None or decision.tier is None:
        now = "No clock runs on it any more."
    else:
        now = f"It is with {decision.tier.name} now."
    return f"This ticket moved on while you wrote. {now} Nothing was changed; what you wrote is kept below."


def _line_of(act: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The command as a line of a note, and what is wrong by field."""
    how_long, reason, kind = (redacted(storable(" ".join(one.split()))) for one in values.values())
    wrong: dict[str, str] = {}
    if len(how_long) > MOST_LONG:
        wrong["how_long"] = f"At most {MOST_LONG} characters, for example: 45m."
    if len(reason) > MOST_REASON:
        wrong["reason"] = f"At most {MOST_REASON:,} characters; yours has {len(reason):,}."
    line, wrong_words = _override(how_long, reason) if act == OVERRIDE else _escalation(kind, reason)
    return line, {**wrong_words, **wrong}


def _override(how_long: str, reason: str) -> tuple[str, dict[str, str]]:
    line = f"/{OVERRIDE} {how_long} because {reason}"
    alone, words = _only(f"/{OVERRIDE} {how_long}"), _only(line)
    if isinstance(alone, OverrideWords) and alone.reason:
        return line, {"how_long": "The length alone stands here, for example 45m; why, below."}
    if not isinstance(words, OverrideWords):
        said = _as_sentence(words.problem.split(";")[0]) if isinstance(words, Unclear) and how_long else ""
        return line, {"how_long": f"{said} Write for example 45m, 1h30m, until 16:30, none, or off.".strip()}
    if words.how_long is not Whole.OFF and not words.is_documented:
        return line, {"reason": "Say why in two words or more, for example: vendor calls back at 15:00."}
    return line, {}


def _escalation(kind: str, reason: str) -> tuple[str, dict[str, str]]:
    line = f"/{ESCALATE} {kind} because {reason}"
    if kind not in KINDS:
        return line, {"kind": "Choose why it has to go up."}
    if not says_why(reason) or not isinstance(_only(line), EscalateWords):
        return line, {"reason": "Say what it needs in two words or more, for example: rights to the mail server."}
    return line, {}


def _only(line: str) -> object:
    """The one command of a line."""
    spoken = spoken_in(line)
    return spoken[0] if len(spoken) == 1 else None


def _field_of(act: str, refused: str) -> str:
    return "reason" if act == ESCALATE or "reason" in refused else "how_long"


def _as_sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:].rstrip('.')}."
