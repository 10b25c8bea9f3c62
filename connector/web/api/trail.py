"""What the audit trail tells, as programs see it: escalations and overrides, the newest first; and the trail itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.report.document import rise_document
from connector.report.trail import OVERRIDES, RISES, detail_of, overriding_of, rise_of
from connector.report.words import day_since
from connector.store.chain.reading import MOST_CHAINS, page_behind
from connector.store.chain.signatures import signed_head
from connector.store.database.tables import AnyRow, from_micros, to_micros
from connector.store.queries import reported
from connector.store.queries.reported import DeedCursor
from connector.store.records import Event
from connector.web.api.access import ApiCaller
from connector.web.api.parameters import cursor_text, no_cursor, require_known, wrong
from connector.web.console.frame import zone_of
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps

_DEEDS, _TRAIL = "deeds", "trail"
_ABOUT = ("summary", "client", "board", "link")
_MOST_NUMBER = 2**62
_MOMENT = timedelta(seconds=1)


class TrailAnswers:
    """Answers what is asked of the trail. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts) -> None:
        self._store = deps.mailbox.store
        self._policy = parts.policy
        self._zone = zone_of(parts)
        self._names = sorted(parts.modes)

    def escalations(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A page of what went up, or would have."""
        return self._deeds(asked, RISES, self._rise)

    def overrides(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A page of the overrides, those that were refused as well."""
        return self._deeds(asked, OVERRIDES, self._overriding)

    def entries(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The next entries of the trail; ``next`` goes on behind them, also when there are none yet."""
        connection, ticket = asked["connection"], asked["ticket"]
        if ticket is not None and connection is None:
            raise wrong("ticket", "a connection beside it")
        reached = {} if asked["cursor"] is None else _reached(asked["cursor"], connection, ticket)
        found = page_behind(self._store, reached, asked["limit"], connection, ticket)
        following = cursor_text(_TRAIL, connection, ticket, found.reached)
        return {"items": list(found.entries), "has_more": found.has_more, "next": following}

    def head(self, _: ApiCaller | None, __: Mapping[str, Any]) -> dict[str, Any]:
        """Where the trail ends now, signed."""
        found = signed_head(self._store)
        return {"entries": found.entries, "hash": found.hash, "head": found.text}

    def _deeds(
        self, asked: Mapping[str, Any], told: Collection[Event], document_of: Callable[[AnyRow], dict[str, Any]]
    ) -> dict[str, Any]:
        require_known("connection", asked["connection"], self._names)
        names = [asked["connection"]] if asked["connection"] else self._names
        now, limit = self._store.now(), asked["limit"]
        since = since_of(asked["since"], now, self._zone)
        behind = None if asked["cursor"] is None else _behind(asked["cursor"])
        with self._store.reading() as conn:
            rows = reported.newest(conn, names, told, since, now + _MOMENT, limit + 1, behind)
        has_more, rows = len(rows) > limit, rows[:limit]
        last = rows[-1] if has_more else None
        return {
            "items": [document_of(row) for row in rows],
            "has_more": has_more,
            "next": cursor_text(_DEEDS, to_micros(last.at), last.connection, last.n) if last else None,
        }

    def _rise(self, row: AnyRow) -> dict[str, Any]:
        detail = detail_of(row)
        rise = rise_of(row, detail)
        about = {name: str(detail.get(name) or "") for name in _ABOUT}
        said = {"system": row.connection, "ticket": row.ticket, "entry": row.n}
        return {**said, **about, **rise_document(rise), "holder": rise.holder or None}

    def _overriding(self, row: AnyRow) -> dict[str, Any]:
        found = overriding_of(row, detail_of(row), self._policy.tiers)
        return {
            "system": row.connection,
            "ticket": row.ticket,
            "entry": row.n,
            "at": row.at.isoformat(),
            "by": found.by,
            "tier": found.tier,
            "how": found.how,
            "reason": found.reason,
            "refused": found.refused or None,
        }


def since_of(text: str, now: datetime, zone: Any, longest: timedelta | None = None) -> datetime:
    """From when on. Raises HttpProblem 400."""
    try:
        found = day_since(text, now, zone)
    except ValueError as error:
        raise wrong("since", str(error).rpartition("expected ")[2]) from None
    if longest is not None and now - found > longest + timedelta(days=1):
        raise wrong("since", f"at most {longest.days} days back")
    return found


def _behind(parts: list[Any]) -> DeedCursor:
    match parts:
        case [kind, int(moment), str(connection), int(n)] if kind == _DEEDS and 0 <= n < _MOST_NUMBER:
            try:
                return DeedCursor(from_micros(moment), connection, n)
            except OverflowError:
                raise no_cursor() from None
    raise no_cursor()


def _reached(parts: list[Any], connection: str | None, ticket: str | None) -> Mapping[str, int]:
    """Where a reader of these entries ended: who asks for others has passed some by."""
    match parts:
        case [kind, of, about, dict(reached)] if (kind, of, about) == (_TRAIL, connection, ticket):
            is_sound = all(type(number) is int and 0 <= number < _MOST_NUMBER for number in reached.values())
            if is_sound and len(reached) <= MOST_CHAINS:
                return reached
    raise no_cursor()
