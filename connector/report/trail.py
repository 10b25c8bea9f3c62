"""The stories of what the connector lived through: from the audit trail, the stints that ended, and the open tickets.

Each source comes in the order of connection and ticket, and they are merged: of however many tickets one is held.
An entry whose detail was forgotten is counted, and nothing of it is named.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from connector.model import Mode, Reason, Stage
from connector.policy.policy import Policy, Tier
from connector.report.story import (
    LONG_PAUSE,
    Alone,
    HowEnded,
    LeftAlone,
    Overriding,
    Rise,
    Scope,
    StintRow,
    Story,
    Subject,
    Training,
)
from connector.report.words import NOT_RECORDED, moment_text
from connector.rules.limits import Verdict
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.queries import reported
from connector.store.records import PAUSED_SINCE, EndedStint, Event, Key
from connector.working_time.zones import load_zone

RISES = frozenset({Event.ESCALATED, Event.FINAL_ESCALATION, Event.WOULD_ESCALATE})
"""The events that are an escalation, done or not."""

OVERRIDES = frozenset({Event.OVERRIDE_APPLIED, Event.OVERRIDE_REFUSED})
"""The events that are an override, applied or not."""

_TOLD = RISES | OVERRIDES | {Event.TRAINING_REQUEST, Event.WARNED}

_HAS_CLOCK = frozenset(
    {
        Verdict.RUNNING,
        Verdict.OVERRIDDEN,
        Verdict.DUE_AT_OPENING,
        Verdict.DEFERRED,
        Verdict.BREACHED,
        Verdict.PAUSED,
    }
)
_READ_AT = "read_at"


@dataclass(slots=True)
class _Known:
    """What the sources tell of one ticket."""

    entries: list[AnyRow] = field(default_factory=list)
    ended: list[EndedStint] = field(default_factory=list)
    row: AnyRow | None = None
    elsewhere: AnyRow | None = None


def stories(store: Store, scope: Scope, policy: Policy) -> Iterator[Story]:
    """The story of each ticket of which something is known in the scope's time, in the order of connection and ticket.

    What is open is told as it stands now. Raises StoreUnavailable. A snapshot of the database is held until the end.
    """
    names, since, until = sorted(scope.connections), scope.since, scope.until
    modes = dict(scope.modes)
    with store.reading(is_snapshot=True) as conn:
        entries = heapq.merge(
            reported.closed_entries(conn, names, _TOLD, since, until),
            reported.entries(conn, names, _TOLD, since, until),
            key=_key,
        )
        sources: Sequence[tuple[Iterable[Any], Callable[[_Known, Any], None]]] = (
            (entries, lambda known, one: known.entries.append(one)),
            (reported.ended(conn, names, since, until), lambda known, one: known.ended.append(one)),
            (reported.open_tickets(conn, names), lambda known, one: setattr(known, "row", one)),
            (reported.elsewhere(conn, names, since), lambda known, one: setattr(known, "elsewhere", one)),
        )
        for key, known in _merged(sources):
            teller = _Teller(key, known, modes.get(key[0], Mode.OBSERVE), policy, until)
            if (story := teller.story()) is not None:
                yield story


@dataclass(frozen=True, slots=True)
class ToldTicket:
    """A ticket as the trail and its row tell of it. ``snapshot``: empty where it is not watched."""

    subject: Subject
    story: Story | None
    snapshot: Mapping[str, Any]


def tickets_told(store: Store, scope: Scope, policy: Policy, keys: Iterable[Key]) -> dict[Key, ToldTicket]:
    """What is known of these tickets since the scope began, as ``stories`` tells it; three statements, by indexes.

    All their stints that are over are told, also those that ended before. Raises StoreUnavailable.
    """
    known = {key: _Known() for key in keys}
    modes = dict(scope.modes)
    with store.reading(is_snapshot=True) as conn:
        for entry in reported.entries_of(conn, known, _TOLD, scope.since, scope.until):
            known[_key(entry)].entries.append(entry)
        for stint in reported.ended_of(conn, known):
            known[_key(stint)].ended.append(stint)
        for row in reported.open_of(conn, known):
            known[_key(row)].row = row
    found = {}
    for key, one in known.items():
        teller = _Teller(key, one, modes.get(key[0], Mode.OBSERVE), policy, scope.until)
        found[key] = ToldTicket(teller.subject(), teller.story(), teller.snapshot)
    return found


def scope_of(
    store: Store,
    since: datetime,
    until: datetime,
    zone: str,
    modes: Mapping[str, Mode],
    made_at: datetime | None = None,
) -> Scope:
    """The scope of a report from the trail, over the connections that have a mode; ``made_at``: ``until`` for None.

    Raises StoreUnavailable.
    """
    names = tuple(sorted(modes))
    plain = Scope(since, until, made_at or until, zone, names, tuple((name, modes[name]) for name in names))
    return replace(plain, cannot_tell=limits_of_the_trail(store, plain))


def limits_of_the_trail(store: Store, scope: Scope) -> tuple[str, ...]:
    """What the trail cannot tell of the scope's time, a sentence each. Raises StoreUnavailable."""
    known = Connections(store).known(scope.connections)
    zone = load_zone(scope.zone)
    told = [
        f"{name} is connected since {moment_text(state.first_started_at, zone)}: nothing is known of before."
        for name, state in sorted(known.items())
        if state.first_started_at > scope.since
    ]
    told += [f"{name} was never started: nothing is known of it." for name in scope.connections if name not in known]
    told.append("How long stages took is counted once their stint is over.")
    return (*told, "Of tickets at no tier's home those are counted that changed, and were looked at for it.")


def _key(row: Any) -> Key:
    return row.connection, row.ticket


def _merged(sources: Sequence[tuple[Iterable[Any], Callable[[_Known, Any], None]]]) -> Iterator[tuple[Key, _Known]]:
    """All that the sources tell, ticket by ticket."""
    streams = (_marked(rows, put) for rows, put in sources)
    for key, rows in groupby(heapq.merge(*streams, key=itemgetter(0)), itemgetter(0)):
        known = _Known()
        for _, row, put in rows:
            put(known, row)
        yield key, known


def _marked(
    rows: Iterable[Any], put: Callable[[_Known, Any], None]
) -> Iterator[tuple[Key, Any, Callable[[_Known, Any], None]]]:
    for row in rows:
        yield _key(row), row, put


class _Teller:
    """Tells one ticket's story. ``mode``: that of its connection now, where an older entry tells none."""

    def __init__(self, key: Key, known: _Known, mode: Mode, policy: Policy, until: datetime) -> None:
        self.key = key
        self.known = known
        self.mode = mode
        self.policy = policy
        self.until = until
        self.snapshot: Mapping[str, Any] = (known.row.snapshot or {}) if known.row is not None else {}
        self.details = [(row, detail_of(row)) for row in known.entries]

    def story(self) -> Story | None:
        rises = [rise_of(row, detail) for row, detail in self.details if row.event in RISES]
        tiers = self.policy.tiers
        overridings = [overriding_of(row, detail, tiers) for row, detail in self.details if row.event in OVERRIDES]
        trainings = [training_of(row, detail) for row, detail in self.details if row.event == Event.TRAINING_REQUEST]
        stints = [self._ended(one) for one in self.known.ended]
        running = self._running()
        left = None
        if not stints and not rises:
            left = self._left_alone()
        if running is not None and left is None:
            stints.append(running)
        if not (stints or rises or overridings or trainings or left):
            return None
        return Story(self.subject(), tuple(stints), tuple(rises), tuple(overridings), tuple(trainings), left)

    def subject(self) -> Subject:
        told: dict[str, str] = {}
        for row, detail in self.details:
            if row.event in RISES:
                told.update({name: str(detail[name]) for name in _ABOUT if detail.get(name)})
        for one in self.known.ended:
            about = {"summary": one.summary, "client": one.client, "board": one.board, "link": one.link}
            told.update({name: text for name, text in about.items() if text})
        kept = {"summary": "summary", "client": "client", "board": "place", "link": "link"}
        told.update({name: str(self.snapshot[key]) for name, key in kept.items() if self.snapshot.get(key)})
        boards = [str(detail.get("board") or "") for row, detail in self.details if row.event in RISES]
        boards += [one.board or "" for one in self.known.ended]
        if board := next(filter(None, boards), ""):
            told["board"] = board  # where it stood, and not where it went
        if self.known.elsewhere is not None:
            told.setdefault("board", self.known.elsewhere.place)
        connection, ticket = self.key
        summary, client, board, link = (told.get(name, "") for name in _ABOUT)
        return Subject(connection, ticket, summary, client, board, link)

    # -- stints -------------------------------------------------------------------------------------------------

    def _ended(self, one: EndedStint) -> StintRow:
        has_left = one.has_left if one.has_left is not None else one.fix_minutes is None
        stayed = HowEnded.MOVED if has_left else HowEnded.RESOLVED
        is_written = self.mode.writes if one.is_warning_written is None else one.is_warning_written
        return StintRow(
            key=one.stint,
            tier=one.tier,
            began_at=one.began_at,
            how_ended=HowEnded.WENT_UP if one.is_escalated else stayed,
            ladder=one.ladder,
            holder=one.holder,
            ended_at=one.ended_at,
            ended_by=one.ended_by,
            plan_minutes=one.plan_minutes,
            fix_minutes=one.fix_minutes,
            worked_minutes=one.worked_minutes,
            paused_minutes=one.paused_minutes,
            plan_limit=one.plan_limit,
            fix_limit=one.fix_limit,
            was_warned=one.was_warned,
            is_warning_written=is_written,
        )

    def _running(self) -> StintRow | None:
        """The stint that runs; None where the ticket has no clock."""
        kept = self.snapshot
        began_at = _moment(kept.get("counted_from"))
        if kept.get("verdict") not in _HAS_CLOCK or began_at is None or began_at >= self.until:
            return None
        key = str(kept.get("stint", ""))
        warnings = [
            (row, detail)
            for row, detail in self.details
            if row.event == Event.WARNED and detail.get("stint", key) == key
        ]
        modes = [Mode(detail.get("mode", self.mode)) for _, detail in warnings]
        return StintRow(
            key=key,
            tier=str(kept.get("tier") or NOT_RECORDED),
            began_at=began_at,
            how_ended=HowEnded.RUNNING,
            ladder=self._ladder_of(str(kept.get("tier") or "")),
            holder=str(kept.get("holder") or ""),
            was_warned=bool(warnings),
            is_warning_written=any(mode.writes for mode in modes),
        )

    def _ladder_of(self, tier: str) -> str:
        """The ladder on which a tier of that name is, the usual one first."""
        ladders = (one.ladder for one in self.policy.every_ladder if any(rung.name == tier for rung in one.tiers))
        return next(ladders, "")

    # -- left alone ---------------------------------------------------------------------------------------------

    def _left_alone(self) -> LeftAlone | None:
        row, kept = self.known.row, self.snapshot
        if row is None:
            seen = self.known.elsewhere
            if seen is None:
                return None
            return LeftAlone(Alone.NOT_WATCHED, f"{seen.place} is no tier's home", seen.seen_at)
        verdict, why = kept.get("verdict"), str(kept.get("why") or "")
        if row.is_dead:
            return LeftAlone(Alone.UNKNOWN, "its turns failed for too long: it is a dead letter")
        if verdict == Verdict.UNKNOWN:
            return LeftAlone(Alone.UNKNOWN, why, _moment(kept.get(_READ_AT)))
        if verdict == Verdict.NOT_BEGUN:
            return LeftAlone(Alone.ADOPTED, "its clock begins when its turn comes")
        since = _moment(kept.get(PAUSED_SINCE) or kept.get(_READ_AT))
        if verdict == Verdict.PAUSED and since is not None and self.until - since > LONG_PAUSE:
            return LeftAlone(Alone.PAUSED, f"status {kept.get('status')}", since)
        return None


_ABOUT = ("summary", "client", "board", "link")


def detail_of(row: AnyRow) -> Mapping[str, Any]:
    """An entry's detail; empty where there is none."""
    found = json.loads(row.detail) if row.detail else {}
    return found if isinstance(found, dict) else {}


def rise_of(row: AnyRow, detail: Mapping[str, Any]) -> Rise:
    """What an entry tells of an escalation; of ``RISES``. What is not told is said to be so."""
    stage = str(detail.get("stage", Stage.DIAGNOSIS))
    is_final = row.event == Event.FINAL_ESCALATION or detail.get("to_tier", "") is None
    reasons = str(detail.get("reason", "")).split(" & ")
    return Rise(
        at=row.at,
        stint=str(detail.get("stint", "")),
        tier=str(detail.get("from", NOT_RECORDED)),
        to="" if is_final else str(detail.get("to", NOT_RECORDED)),
        reasons=tuple(reason for reason in Reason if reason.value in reasons),
        stage=Stage(stage),
        limit_minutes=float(detail.get("limit_minutes", 0)),
        used_minutes=float(detail.get("used_minutes", 0)),
        mode=_mode_of(row, detail),
        missing=tuple(detail.get("missing", ())),
        undocumented=tuple(detail.get("undocumented", ())),
        asked_by=tuple(detail.get("asked_by", ())),
        holder=str(detail.get("held_by") or ""),
    )


def _mode_of(row: AnyRow, detail: Mapping[str, Any]) -> Mode:
    """Only what was done was in enforce mode, whatever the mode is called since."""
    if row.event != Event.WOULD_ESCALATE:
        return Mode.ENFORCE
    mode = Mode(detail.get("mode", Mode.OBSERVE))
    return Mode.OBSERVE if mode.moves else mode


def overriding_of(row: AnyRow, detail: Mapping[str, Any], tiers: Sequence[Tier]) -> Overriding:
    """What an entry tells of an override; of ``OVERRIDES``. ``tiers``: those of the policy, in their order."""
    number = detail.get("tier")
    tier = tiers[number - 1].name if isinstance(number, int) and 0 < number <= len(tiers) else NOT_RECORDED
    refused = str(detail.get("why", NOT_RECORDED)) if row.event == Event.OVERRIDE_REFUSED else ""
    by = str(detail.get("by", NOT_RECORDED))
    return Overriding(row.at, by, tier, str(detail.get("how", "")), str(detail.get("reason", "")), refused)


def training_of(row: AnyRow, detail: Mapping[str, Any]) -> Training:
    """What an entry tells of a training request."""
    return Training(row.at, str(detail.get("who", "")), str(detail.get("topic", "")))


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
