"""A past ticket as one line of JSON, and back.

The form is for everybody: whoever exports a desk's history by hand writes the same lines. ``past_ticket.schema.json``
says what they hold; a line that does not fit is refused with the field that is wrong and what stands there instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter
from typing import Any

from connector.backtest.ticket import PastTicket
from connector.errors import PayloadError
from connector.model import (
    Aspect,
    Author,
    AuthorKind,
    Change,
    Doer,
    Entry,
    EntryKind,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    TicketRecord,
    Value,
    Visibility,
)
from connector.redaction import may_hold, redacted_all

_AT = attrgetter("at")
_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def line_of(ticket: PastTicket) -> str:
    """A ticket as a line, without its end; what looks like a secret is not in it."""
    record = ticket.record
    content = {
        "connection": ticket.connection,
        "ticket": record.id,
        "updated_at": _said(record.updated_at),
        "read_at": _said(record.read_at),
        "entered_at": _said(record.entered_at),
        "responded_at": _said(record.responded_at),
        "planned_at": _said(record.planned_at),
        "planned_by": record.planned_by,
        "resolved_at": _said(record.resolved_at),
        "summary": record.summary,
        "place": _written(record.place),
        "status": _written(record.status),
        "owner": _written(record.owner),
        "priority": _written(record.priority),
        "client": _written(record.client),
        "url": record.url,
        "why_not": "" if record.is_escalatable else record.why_not or "it is no service-desk ticket",
        "entries": [_entry(entry) for entry in record.entries],
        "changes": [
            {
                "at": _said(change.at),
                "what": change.what.value,
                "old": _written(change.old),
                "new": _written(change.new),
                "how": change.how,
                "who": change.who,
                "by": change.by.value,
            }
            for change in ticket.changes
        ],
        "not_told": list(ticket.not_told),
    }
    text = _to_json(content)
    return _to_json(redacted_all(content)) if may_hold(text) else text


def ticket_in(line: str) -> PastTicket:
    """The ticket of a line. Raises PayloadError, which names the field."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise PayloadError("the line", "is no JSON document; expected one ticket in each line") from None
    try:
        return _ticket(data)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise _what_is_wrong(data) from None


def places_in(line: str) -> list[Place]:
    """Every place at which the ticket of a line was. Raises PayloadError."""
    try:
        data = json.loads(line)
        moves = (change for change in data.get("changes") or () if change["what"] == Aspect.PLACE)
        found = [data["place"], *(change[name] for change in moves for name in ("old", "new"))]
        return [_place(one) for one in found if one is not None]
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return [ticket_in(line).record.place]  # says what is wrong


def _ticket(data: Mapping[str, Any]) -> PastTicket:
    why_not = data.get("why_not") or ""
    read_at = _moment(data["read_at"])
    record = TicketRecord(
        id=TicketId(_text(data["ticket"])),
        summary=_text(data.get("summary") or ""),
        place=_place(data["place"]),
        status=_status(data["status"]),
        owner=_person(data["owner"]) if data.get("owner") else None,
        priority=_ref(data["priority"]) if data.get("priority") else None,
        client=_ref(data["client"]) if data.get("client") else None,
        contact="",
        entered_at=_moment(data["entered_at"]),
        updated_at=_moment(data["updated_at"]),
        read_at=read_at,
        entries=tuple(sorted(map(_entry_in, data.get("entries") or ()), key=_AT)),
        responded_at=_maybe(data.get("responded_at")),
        planned_at=_maybe(data.get("planned_at")),
        planned_by=_text(data.get("planned_by") or ""),
        resolved_at=_maybe(data.get("resolved_at")),
        url=_text(data.get("url") or ""),
        is_escalatable=not why_not,
        why_not=_text(why_not),
    )
    changes = [_change_in(change) for change in data.get("changes") or ()]
    changes.sort(key=_AT)
    not_told = tuple(map(_text, data.get("not_told") or ()))
    return PastTicket(_text(data["connection"]), record, tuple(changes), not_told)


# --- what it is made of ---------------------------------------------------------------------------------------


def _entry(entry: Entry) -> dict[str, object]:
    """Of what is true of nearly none, only where it is."""
    odd = {"is_heard": False} if not entry.is_heard else {}
    odd |= {"is_claimed": True} if entry.is_claimed else {}
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "at": _said(entry.at),
        "by": entry.author.kind.value,
        "name": entry.author.name,
        "identifier": entry.author.identifier,
        "visibility": entry.visibility.value,
        "text": entry.text,
        **odd,
    }


def _entry_in(data: Mapping[str, Any]) -> Entry:
    """Most of a line are entries: what is done here takes the most time."""
    number, text = data["id"], data["text"]
    if not (isinstance(number, str) and isinstance(text, str)):
        raise TypeError
    author = _author(data["by"], data["name"], data.get("identifier") or "")
    kind, visibility = _KINDS[data.get("kind") or "note"], _VISIBILITIES[data["visibility"]]
    is_heard, is_claimed = data.get("is_heard", True) is not False, data.get("is_claimed") is True
    return Entry(number, kind, author, _moment(data["at"]), text, visibility, is_heard, is_claimed)


def _change_in(data: Mapping[str, Any]) -> Change:
    what = _ASPECTS[data["what"]]
    read, was, is_now = _READ[what], data["old"], data["new"]
    old, new = None if was is None else read(was), None if is_now is None else read(is_now)
    how, who, by = data.get("how") or "history", data.get("who") or "", data.get("by") or "unknown"
    return Change(_moment(data["at"]), what, old, new, _text(how), _text(who), _DOERS[by])


def _written(value: Value) -> object:
    match value:
        case None:
            return None
        case Place():
            return [{"id": ref.id, "name": ref.name} for ref in value.path]
        case Status():
            return {"id": value.id, "name": value.name, "group": value.group.value}
        case Person():
            return {"id": value.id, "identifier": value.identifier, "name": value.name}
        case Ref():
            return {"id": value.id, "name": value.name}


def _ref(data: Mapping[str, Any]) -> Ref:
    return _ref_of(data["id"], data["name"])


def _place(data: list[Any]) -> Place:
    if not isinstance(data, list) or not data:
        raise TypeError
    return Place(tuple(map(_ref, data)))


def _status(data: Mapping[str, Any]) -> Status:
    return _status_of(data["id"], data["name"], data["group"])


def _person(data: Mapping[str, Any]) -> Person:
    return _person_of(data["id"], data["identifier"], data["name"])


# The few people, places and statuses of a desk are on nearly every ticket: each is made once.


@lru_cache(1000)
def _author(kind: str, name: str, identifier: str) -> Author:
    return Author(_AUTHORS[kind], _text(name), _text(identifier))


@lru_cache(1000)
def _ref_of(number: str, name: str) -> Ref:
    return Ref(_text(number), _text(name))


@lru_cache(1000)
def _status_of(number: str, name: str, group: str) -> Status:
    return Status(_text(number), _text(name), _GROUPS[group])


@lru_cache(1000)
def _person_of(number: str, identifier: str, name: str) -> Person:
    return Person(_text(number), _text(identifier), _text(name))


_KINDS = {kind.value: kind for kind in EntryKind}
_AUTHORS = {kind.value: kind for kind in AuthorKind}
_VISIBILITIES = {one.value: one for one in Visibility}
_GROUPS = {group.value: group for group in StatusGroup}
_ASPECTS = {aspect.value: aspect for aspect in Aspect}
_DOERS = {doer.value: doer for doer in Doer}
_READ: Mapping[Aspect, Any] = {
    Aspect.PLACE: _place,
    Aspect.STATUS: _status,
    Aspect.OWNER: _person,
    Aspect.PRIORITY: _ref,
}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(value: str) -> datetime:
    """A moment that says its zone. Raises ValueError, also for one that is in no year of UTC."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is not UTC:
        if found.tzinfo is None:
            raise ValueError
        try:
            found = found.astimezone(UTC)
        except OverflowError:
            raise ValueError from None
    return found


def _maybe(value: str | None) -> datetime | None:
    return None if value is None else _moment(value)


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# --- what is wrong with a line --------------------------------------------------------------------------------


def _what_is_wrong(data: object) -> PayloadError:
    """The first field that does not fit, and what was expected; of what stands there nothing is told."""
    import jsonschema  # only for a line that is wrong

    checks = jsonschema.Draft202012Validator(_schema(), format_checker=_formats())
    error = jsonschema.exceptions.best_match(checks.iter_errors(data))
    if error is None:
        return PayloadError("the ticket", "cannot be read")
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")
    if error.validator == "required":
        present = error.instance if isinstance(error.instance, Mapping) else {}
        lacks = next(name for name in error.validator_value if name not in present)
        return PayloadError(f"{path}.{lacks}".lstrip("."), "is missing")
    expected = error.schema.get("description") or f"expected {error.validator_value}"
    return PayloadError(path or "the ticket", str(expected))


def _formats() -> Any:
    import jsonschema

    checker = jsonschema.FormatChecker(formats=())

    @checker.checks("date-time", raises=(ValueError, TypeError))
    def _(value: object) -> bool:
        return not isinstance(value, str) or bool(_moment(value))

    return checker


@cache
def _schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        files("connector.past").joinpath("past_ticket.schema.json").read_text(encoding="utf-8")
    )
    return loaded
