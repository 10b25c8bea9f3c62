"""What a turn leaves behind: the row's next state, its snapshot, and the audit entries that say what changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from connector.errors import ConnectorError, Temporary
from connector.model import Change
from connector.rules.evidence import without_plan
from connector.rules.limits import Decision, Verdict
from connector.store.records import AuditEvent, Claim, Event, Failed, Finished

GONE = frozenset({Verdict.ENDED, Verdict.NOT_WATCHED, Verdict.NOT_ESCALATABLE})
"""Verdicts after which a ticket needs no row: mail will bring it back."""

UNKNOWN_AGAIN = timedelta(minutes=15)
"""When to look again at what nobody can tell yet: somebody may name the status or mend the home meanwhile."""

_WILL_ACT = frozenset({Verdict.BREACHED, Verdict.DUE_AT_OPENING, Verdict.DEFERRED})
"""Verdicts after a deadline that was not missed: something is written, now or at an opening."""

_ON_THE_WAY = frozenset(
    verdict.value for verdict in (Verdict.RUNNING, Verdict.OVERRIDDEN, Verdict.DUE_AT_OPENING, Verdict.DEFERRED)
)

UNPLANNED = "unplanned"
"""Of what a snapshot keeps, the entries that held no plan: one that is edited into them counts from when it is seen."""

BACKOFF_BASE_SECONDS = 5.0
BACKOFF_CAP_SECONDS = 600.0


def finished(
    claim: Claim, decision: Decision, changes: tuple[Change, ...], wake_at: datetime | None, *, has_acted: bool = False
) -> Finished:
    """The outcome of a turn. ``changes``: those not stored yet; ``has_acted``: the audit trail says so already.

    ``wake_at``: when something else than the clock wants to be looked at.
    """
    snapshot = _snapshot(decision)
    again = decision.at + UNKNOWN_AGAIN if decision.verdict is Verdict.UNKNOWN else decision.wake_at
    again = min((moment for moment in (again, wake_at) if moment is not None), default=None)
    return Finished(
        claim=claim,
        wake_at=again,
        due_at=decision.clock.due_at if decision.clock and decision.wake_at else None,
        snapshot=snapshot,
        done_mail=tuple(mail.id for mail in claim.mail),
        is_gone=decision.verdict in GONE,
        changes=changes,
        audit=tuple(_news(claim, decision, snapshot, has_acted=has_acted)),
    )


def gone(claim: Claim, why: str, now: datetime) -> Finished:
    """The outcome of a turn whose ticket does not exist any more."""
    event = _missed(claim, why, now) or AuditEvent(Event.GONE, {"why": why})
    return Finished(
        claim=claim,
        wake_at=None,
        done_mail=tuple(mail.id for mail in claim.mail),
        is_gone=True,
        audit=(event,),
    )


def failed(claim: Claim, error: ConnectorError, now: datetime, retry_in: timedelta, *, is_dead: bool) -> Failed:
    """The outcome of a turn that went wrong; ``is_dead`` parks it. Only the first failure in a row is audited."""
    detail = {"error": type(error).__name__, "message": str(error)}
    events: tuple[AuditEvent, ...] = ()
    if is_dead:
        events = (AuditEvent(Event.DEAD_LETTER, detail),)
    elif claim.attempts == 0:
        events = (AuditEvent(Event.TURN_FAILED, detail),)
    return Failed(claim=claim, error=str(error), retry_at=None if is_dead else now + retry_in, audit=events)


def backoff(claim: Claim, error: ConnectorError, chance: float) -> timedelta:
    """Exponential with jitter (``chance`` from 0 to 1); what the ticket system asks for counts when it is longer."""
    ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2 ** min(claim.attempts, 10))
    asked = error.retry_after if isinstance(error, Temporary) else None
    return timedelta(seconds=max(ceiling * (1 + chance) / 2, asked or 0.0))


def _snapshot(decision: Decision) -> dict[str, object]:
    """What the status page, the poll and the next turn want to know; no text of the client's."""
    record, clock, stint = decision.record, decision.clock, decision.stint
    return {
        "version": record.updated_at.isoformat(),
        "read_at": record.read_at.isoformat(),
        "verdict": decision.verdict.value,
        "why": decision.why,
        "tier": decision.tier.name if decision.tier else None,
        "stint": stint.key if stint else None,
        "stage": clock.stage.value if clock else None,
        "due_at": clock.due_at.isoformat() if clock and clock.due_at else None,
        "newer_policy": decision.newer[0] if decision.newer else None,
        "limit_minutes": clock.limit_minutes if clock else None,
        "used_minutes": round(clock.used_minutes, 2) if clock else None,
        "counted_from": clock.counted_from.isoformat() if clock else None,
        "place": str(record.place),
        "owner": record.owner.identifier if record.owner else None,
        "status": record.status.name,
        UNPLANNED: list(without_plan(stint.period, stint.plan, record.entries)) if stint else [],
    }


def _news(claim: Claim, decision: Decision, snapshot: Mapping[str, object], *, has_acted: bool) -> Iterable[AuditEvent]:
    """Audit entries for what changed since the last turn; a turn that changes nothing leaves no trace."""
    if not has_acted and decision.verdict not in _WILL_ACT:
        missed = _missed(claim, decision.why, decision.at)
        if missed:
            yield missed
    before = claim.snapshot
    if before is None and decision.verdict in GONE:
        return
    told = ("verdict", "stint", "stage", "due_at")
    if before is None or any(before.get(key) != snapshot[key] for key in told):
        yield AuditEvent(Event.CLOCK, {key: snapshot[key] for key in (*told, "tier", "why", "limit_minutes")})
    if decision.newer and (before or {}).get("newer_policy") != decision.newer[0]:
        version, due_at = decision.newer
        newer = {"newer_policy": version, "due_at_by_newer": due_at.isoformat() if due_at else None}
        yield AuditEvent(Event.POLICY_KEPT, {"stint": snapshot["stint"], "due_at": snapshot["due_at"], **newer})


def _missed(claim: Claim, why: str, now: datetime) -> AuditEvent | None:
    """A deadline passed and nothing was written: the audit trail says why."""
    due = (claim.snapshot or {}).get("due_at")
    if not isinstance(due, str) or (claim.snapshot or {}).get("verdict") not in _ON_THE_WAY:
        return None
    if datetime.fromisoformat(due) > now:
        return None
    return AuditEvent(Event.NOTHING_WRITTEN, {"why": why, "due_at": due})
