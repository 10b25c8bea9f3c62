"""What a turn leaves behind: the row's next state, its snapshot, and the audit entries that say what changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from connector.errors import ConnectorError, Temporary
from connector.model import Change, StatusGroup, TicketRecord
from connector.policy.policy import Homes, Policy
from connector.rules.account import account_of
from connector.rules.evidence import without_plan
from connector.rules.limits import Decision, Verdict
from connector.rules.stints import Stint
from connector.store.records import (
    ADOPTED,
    BRAKED,
    PAUSED_SINCE,
    AuditEvent,
    Braked,
    Claim,
    EndedStint,
    Event,
    Failed,
    Finished,
    Source,
    Step,
    StepState,
    Unbegun,
)
from connector.turn.duties import WARNING
from connector.turn.saga import StepKind

GONE = frozenset({Verdict.ENDED, Verdict.NOT_WATCHED, Verdict.NOT_ESCALATABLE})
"""Verdicts after which a ticket needs no row: mail will bring it back."""

SUMMARY_LENGTH = 120
"""How much of a ticket's summary is kept with its row."""

UNKNOWN_AGAIN = timedelta(minutes=15)
"""When to look again at what nobody can tell yet: somebody may name the status or mend the home meanwhile."""

_WILL_ACT = frozenset({Verdict.BREACHED, Verdict.DUE_AT_OPENING, Verdict.DEFERRED})
"""Verdicts after a deadline that was not missed: something is written, now or at an opening."""

_ON_THE_WAY = frozenset(
    verdict.value for verdict in (Verdict.RUNNING, Verdict.OVERRIDDEN, Verdict.DUE_AT_OPENING, Verdict.DEFERRED)
)

UNPLANNED = "unplanned"
"""Of what a snapshot keeps, the entries that held no plan: one that is edited into them counts from when it is seen."""

MISSING_SINCE = "missing_since"
"""Of what a snapshot keeps, since when the ticket is not found."""

SETTLED = timedelta(seconds=5)
"""A read that is this much later than the ticket's last update has seen all of that second's updates."""

ECHOES, WAKES_AT = "echoes", "wakes_at"
"""Of what a snapshot keeps after a move of ours: the states in which our writes left the ticket, and when it wants to
be looked at next.
"""

BACKOFF_BASE_SECONDS = 5.0
BACKOFF_CAP_SECONDS = 600.0


def finished(
    claim: Claim, decision: Decision, changes: tuple[Change, ...], wake_at: datetime | None, *, has_acted: bool = False
) -> Finished:
    """The outcome of a turn. ``changes``: those not stored yet; ``has_acted``: the audit trail says so already.

    ``wake_at``: when something else than the clock wants to be looked at. What ran out at closing time is due at the
    opening at which it is acted on.
    """
    snapshot = snapshot_of(decision)
    again = decision.at + UNKNOWN_AGAIN if decision.verdict is Verdict.UNKNOWN else decision.wake_at
    again = min((moment for moment in (again, wake_at) if moment is not None), default=None)
    return Finished(
        claim=claim,
        wake_at=again,
        due_at=decision.clock.act_at if decision.clock and decision.wake_at else None,
        snapshot=snapshot,
        done_mail=tuple(mail.id for mail in claim.mail),
        is_gone=decision.verdict in GONE,
        changes=changes,
        audit=tuple(_news(claim, decision, snapshot, has_acted=has_acted)),
    )


def with_ended(finished: Finished, decision: Decision, policy: Policy, steps: Sequence[Step]) -> Finished:
    """The outcome with the stints that are over since the ticket was looked at before, or since it was adopted.

    What ended before that was written then, or is no affair of the connector's.
    """
    claim, record = finished.claim, decision.record
    read_at = (claim.snapshot or {}).get("read_at")
    since = datetime.fromisoformat(read_at) - SETTLED if isinstance(read_at, str) else None
    ended = []
    stints, factor = decision.timeline.stints, policy.factor_of(record.priority)
    for stint, after in zip_longest(stints, stints[1:]):
        if stint.ended_at is None or stint.ended_at < (since or stint.adopted_at or stint.ended_at):
            continue
        took, tier = account_of(stint, policy, record), policy.tier(stint.tier)
        own = f"{claim.connection}/{claim.ticket}/{stint.key}/"
        warnings = [
            step
            for step in steps
            if step.saga.startswith(own) and f"/{WARNING}" in step.saga and step.state is StepState.DONE
        ]
        ended.append(
            EndedStint(
                connection=claim.connection,
                ticket=claim.ticket,
                stint=stint.key,
                tier=tier.name,
                ladder=policy.ladder,
                holder=stint.holders[-1] if stint.holders else "",
                client=record.client.name if record.client else "",
                began_at=stint.entered_at,
                ended_at=stint.ended_at,
                ended_by=stint.ended_by,
                is_escalated=stint.has_left and after is not None and after.is_by_us,
                was_warned=bool(warnings),
                plan_minutes=took.to_plan,
                fix_minutes=took.to_fix,
                worked_minutes=took.worked,
                paused_minutes=took.paused,
                board=_board(claim, stint, record),
                summary=record.summary[:SUMMARY_LENGTH],
                link=record.url,
                plan_limit=tier.diagnosis_minutes * factor,
                fix_limit=tier.fix_minutes * factor,
                has_left=stint.has_left,
                is_warning_written=any(step.n == StepKind.SAID for step in warnings),
            )
        )
    return replace(finished, ended=tuple(ended))


def _board(claim: Claim, stint: Stint, record: TicketRecord) -> str:
    """Where a ticket stood in a stint that is over, as it was seen last; empty where nobody saw it."""
    seen = claim.snapshot or {}
    if seen.get("stint") == stint.key:
        return str(seen.get("place") or "")
    return "" if stint.has_left else str(record.place)


def seen_elsewhere(finished: Finished, decision: Decision, policy: Policy, homes: Homes) -> Finished:
    """The outcome of a turn that found an open ticket at a place that is no tier's, and never was a tier's."""
    record = decision.record
    is_open = policy.group_of(record.status) not in (StatusGroup.RESOLVED, StatusGroup.CLOSED)
    is_elsewhere = decision.verdict is Verdict.NOT_WATCHED and not homes.is_watched(record.place)
    if not is_elsewhere or not is_open or decision.timeline.stints:
        return finished
    return replace(finished, unwatched=str(record.place))


def echoing(finished: Finished, states: Iterable[str]) -> Finished:
    """The outcome of a turn whose writes left the ticket in those ``states``, of which notices are to come."""
    wakes_at = finished.wake_at.isoformat() if finished.wake_at else None
    told = {ECHOES: [state for state in states if state], WAKES_AT: wakes_at}
    return replace(finished, snapshot={**(finished.snapshot or {}), **told})


def echo(claim: Claim, now: datetime) -> Finished | None:
    """The outcome of a turn that was woken by nothing but the echoes of our own writes: no look. None for any other.

    A notice that tells of the very state that a write of ours left, by our own account, has nothing to add. Whatever
    came behind it in that second, or was behind it and did not show, the poll finds: it has each ticket looked at once
    more that was last read so early.
    """
    snapshot = claim.snapshot or {}
    states = snapshot.get(ECHOES) or ()
    is_calm = not (claim.attempts or claim.is_parked or claim.held_by or snapshot.get(ADOPTED) or snapshot.get(BRAKED))
    if not (claim.mail and is_calm and not is_settled(snapshot)):
        return None
    if not all(mail.source is Source.WEBHOOK and mail.state in states for mail in claim.mail):
        return None
    if claim.wake_at is not None and claim.wake_at < min(mail.received_at for mail in claim.mail):
        return None  # something else woke it before
    kept = snapshot.get(WAKES_AT)
    wake_at = datetime.fromisoformat(kept) if kept else None
    if wake_at is not None and wake_at <= now:
        return None
    return Finished(claim, wake_at, claim.due_at, snapshot, tuple(mail.id for mail in claim.mail))


def is_settled(snapshot: Mapping[str, object] | None) -> bool:
    """Whether a ticket was read so late that nothing of the second of its last update is missing."""
    version, read_at = ((snapshot or {}).get(name) for name in ("version", "read_at"))
    if not isinstance(version, str) or not isinstance(read_at, str):
        return False
    return datetime.fromisoformat(read_at) - datetime.fromisoformat(version) >= SETTLED


def unbegun(finished: Finished, decision: Decision, policy: Policy) -> Finished:
    """The outcome of a turn that found a ticket whose clock waits for its turn; one that is paused joins no queue."""
    stint, tier, record = decision.stint, decision.tier, decision.record
    is_paused = stint is not None and stint.pauses and stint.pauses[-1].end is None
    if decision.verdict is not Verdict.NOT_BEGUN or stint is None or tier is None or is_paused:
        return finished
    assert stint.adopted_at is not None
    calendar, _ = policy.calendar_of(tier, record.client)
    waits = Unbegun(stint.adopted_at, policy.is_critical(record.priority), record.entered_at, calendar)
    return replace(finished, unbegun=waits)


def held_back(finished: Finished, wait: Braked) -> Finished:
    """The outcome of a turn whose escalation waits at the brake; the audit trail is told once that it does."""
    is_known = (finished.claim.snapshot or {}).get(BRAKED) == wait.saga
    told = () if is_known else (AuditEvent(Event.HELD_BACK, {"saga": wait.saga, "due_at": wait.due_at.isoformat()}),)
    snapshot = {**(finished.snapshot or {}), BRAKED: wait.saga}
    return replace(finished, snapshot=snapshot, braked=wait, audit=(*finished.audit, *told))


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


def missing(claim: Claim, since: datetime, again_at: datetime) -> Failed:
    """The outcome of a turn whose ticket was not found, ``since`` then: nothing is taken for gone at first sight."""
    snapshot = {**(claim.snapshot or {}), MISSING_SINCE: since.isoformat()}
    error = "not found; looked for again"
    return Failed(claim=claim, error=error, retry_at=again_at, held_by=claim.held_by, snapshot=snapshot)


def out_of_sight(claim: Claim, held_by: str, again_at: datetime) -> Failed:
    """The outcome of a turn whose ticket is not found, as none of its place is: it stays, and does not age by it."""
    error = "not found, as no ticket of its place is; looked for again"
    return Failed(claim=claim, error=error, retry_at=again_at, held_by=held_by, ages=False)


def missing_since(claim: Claim) -> datetime | None:
    """Since when a ticket has not been found; None where it was."""
    since = (claim.snapshot or {}).get(MISSING_SINCE)
    return datetime.fromisoformat(since) if isinstance(since, str) else None


def failed(claim: Claim, error: ConnectorError, now: datetime, retry_in: timedelta, *, is_dead: bool) -> Failed:
    """The outcome of a turn that went wrong; ``is_dead`` parks it. Of failures in a row the first is audited, and that
    it was parked. What the turns before met is not over by that.
    """
    detail = {"error": type(error).__name__, "message": str(error)}
    events: tuple[AuditEvent, ...] = ()
    if is_dead and not claim.is_parked:
        events = (AuditEvent(Event.DEAD_LETTER, detail),)
    elif claim.attempts == 0 and not claim.is_parked:
        events = (AuditEvent(Event.TURN_FAILED, detail),)
    retry_at = None if is_dead else now + retry_in
    return Failed(claim=claim, error=str(error), retry_at=retry_at, audit=events, held_by=claim.held_by)


def backoff(claim: Claim, error: ConnectorError, chance: float) -> timedelta:
    """Exponential with jitter (``chance`` from 0 to 1); what the ticket system asks for counts when it is longer."""
    ceiling = min(BACKOFF_CAP_SECONDS, BACKOFF_BASE_SECONDS * 2 ** min(claim.attempts, 10))
    asked = error.retry_after if isinstance(error, Temporary) else None
    return timedelta(seconds=max(ceiling * (1 + chance) / 2, asked or 0.0))


def snapshot_of(decision: Decision) -> dict[str, object]:
    """What people want to see of a ticket, and the poll and the next turn to know; of its texts the summary alone."""
    record, clock, stint = decision.record, decision.clock, decision.stint
    paused = stint.pauses if stint else ()
    return {
        "version": record.updated_at.isoformat(),
        "read_at": record.read_at.isoformat(),
        "verdict": decision.verdict.value,
        "why": decision.why,
        "tier": decision.tier.name if decision.tier else None,
        "stint": stint.key if stint else None,
        "stage": clock.stage.value if clock else None,
        "due_at": clock.due_at.isoformat() if clock and clock.due_at else None,
        "newer_policy": decision.kept.present if decision.kept else None,
        "limit_minutes": clock.limit_minutes if clock else None,
        "used_minutes": round(clock.used_minutes, 2) if clock else None,
        "counted_from": clock.counted_from.isoformat() if clock else None,
        "place": str(record.place),
        "owner": record.owner.identifier if record.owner else None,
        "status": record.status.name,
        "summary": record.summary[:SUMMARY_LENGTH],
        "client": record.client.name if record.client else None,
        "holder": record.owner.name if record.owner else None,
        "link": record.url or None,
        "calendar": clock.calendar_name if clock else None,
        **({PAUSED_SINCE: paused[-1].start.isoformat()} if paused and paused[-1].end is None else {}),
        **({ADOPTED: True} if stint and (stint.waits or stint.was_taken_up) else {}),
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
    if kept := decision.kept:
        due_at = kept.present_due_at.isoformat() if kept.present_due_at else None
        newer = {
            "newer_policy": kept.present,
            "due_at_by_newer": due_at,
            "limit_minutes_by_newer": kept.present_minutes,
        }
        earlier = {"policy": kept.earlier, "in_force_from": kept.since.isoformat()}
        limits = {key: snapshot[key] for key in ("stint", "stage", "due_at", "limit_minutes")}
        if any((before or {}).get(key) != snapshot[key] for key in ("newer_policy", "stint", "stage")):
            yield AuditEvent(Event.POLICY_KEPT, {**limits, **earlier, **newer})


def _missed(claim: Claim, why: str, now: datetime) -> AuditEvent | None:
    """A deadline passed and nothing was written: the audit trail says why."""
    due = (claim.snapshot or {}).get("due_at")
    if not isinstance(due, str) or (claim.snapshot or {}).get("verdict") not in _ON_THE_WAY:
        return None
    if datetime.fromisoformat(due) > now:
        return None
    return AuditEvent(Event.NOTHING_WRITTEN, {"why": why, "due_at": due})
