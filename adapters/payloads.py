"""What ticket systems send, made sound: proofs compared, bodies read and checked, raw values turned into ours."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from adapters.answers import Answer
from adapters.http import origin_of
from adapters.json_text import plain_json
from connector.errors import (
    AdapterError,
    NotFound,
    OutcomeUnknown,
    PayloadError,
    Permanent,
    SignatureError,
    Temporary,
    Unreachable,
)
from connector.model import TicketId
from connector.redaction import redacted
from connector.wording import storable

Json = Mapping[str, Any]

NO_JSON = "it answers, but not in JSON"
_LONGEST_TEXT = 300
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_YEARS = range(1981, 2200)
"""What lies outside is a sentinel: 0001-01-01, 1899-12-30, 1900-01-01, 1970-01-01 and 9999-12-31 mean "not set"."""

_ID = re.compile(r"[A-Za-z0-9.-]{1,40}", re.ASCII)
_DATE = re.compile(r"(\d{4})(-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", re.IGNORECASE | re.ASCII)


def prove(wanted: Iterable[bytes], given: str | bytes, wrong: str) -> None:
    """Raises SignatureError, saying what is ``wrong``, unless what was given is one of those wanted.

    Every one is compared, so that the time tells nothing about which one came near.
    """
    proof = given if isinstance(given, bytes) else given.encode("utf-8", "replace")
    hits = [hmac.compare_digest(one, proof) for one in wanted]
    if not any(hits):
        raise SignatureError(wrong)


def is_at(url: str, wanted: str) -> bool:
    """Whether a registered address is the one that is wanted, up to the query."""
    try:
        same_host = origin_of(url) == origin_of(wanted)
    except ValueError:
        return False
    return same_host and urlsplit(url).path.rstrip("/") == urlsplit(wanted).path


def looks_at(url: str, wanted: str) -> bool:
    """Whether an address ends as the one that is wanted does: in the path of webhooks and whose they are."""
    try:
        ends = [[part for part in urlsplit(one).path.split("/") if part][-2:] for one in (url, wanted)]
    except ValueError:
        return False
    return ends[0] == ends[1]


def address_alone(url: str) -> str:
    """An address without what may be a secret: no user, no query."""
    try:
        return origin_of(url).removesuffix(":443").removesuffix(":80") + urlsplit(url).path
    except ValueError:
        return "an address that is none"


def decoded(body: bytes) -> Any:
    """A body as JSON, as it was sent: what is kept of it goes through ``sound``. Raises PayloadError."""
    try:
        return plain_json(body)
    except ValueError as error:
        raise PayloadError("$", f"not JSON ({error})") from error


def sound(name: str, path: str) -> str:
    """What something is named by, if every database takes it as it is. Raises PayloadError.

    Two names that differ in nothing else would be one after their repair, and one of two webhooks a duplicate.
    """
    if storable(name) != name:
        raise PayloadError(path, "holds NUL or half a character")
    return name


def json_of(answer: Answer, what: str, *, is_write: bool = False) -> Any:
    """The JSON of an answer. Raises Unreachable, or OutcomeUnknown after a write, for anything else."""
    try:
        return answer.json()
    except ValueError as error:
        kind = "with a web page and not in JSON" if _is_page(answer) else f"but not in JSON ({error})"
        message = f"{what}: answered {answer.status}, {kind}"
        raise OutcomeUnknown(message) if is_write else Unreachable(message, cause=NO_JSON) from error


def _is_page(answer: Answer) -> bool:
    return answer.body[:64].lstrip().startswith(b"<")


def objects_of(found: Any, what: str) -> list[dict[str, Any]]:
    """A list that holds objects alone. Raises PayloadError for anything else."""
    if not isinstance(found, list):
        raise PayloadError(what, "expected a list")
    for n, record in enumerate(found):
        if not isinstance(record, dict):
            raise PayloadError(f"{what}: [{n}]", "expected an object")
    return found


def in_one_line(words: str) -> str:
    """A system's own words for an error as they may be shown: clipped, and without secrets, what steers a terminal or
    turns the direction of writing.
    """
    words = redacted(words)  # first: else half a secret could be left at the end
    words = " ".join(_UNSHOWN.sub(" ", words).split())
    return words if len(words) <= _LONGEST_TEXT else words[:_LONGEST_TEXT] + " …"


def refused(answer: Answer, what: str, words: str) -> str:
    """The message of a refusal, with the system's own ``words`` where it has some."""
    return f"{what}: refused with {answer.status}" + (f" ({words})" if words else "")


def other_refusal(answer: Answer, message: str) -> AdapterError:
    """The error of a 4xx answer that means the same on every system."""
    return Temporary(message) if answer.status in (408, 409, 423, 425) else Permanent(message)


def check_form(form: Draft202012Validator, body: Any, path: str = "$", choices: str = "") -> None:
    """Raises PayloadError for what has not that form. ``choices``: what a body must have one of, in words."""
    error = best_match(form.iter_errors(body))
    if error is not None:
        problem = choices if error.validator == "anyOf" else _problem(error.validator, error.validator_value)
        raise PayloadError(path + error.json_path[1:], problem)


def _problem(rule: Any, wanted: Any) -> str:
    """What is wrong by a rule of a schema, in words that do not repeat what was sent."""
    match rule:
        case "type":
            kinds = wanted if isinstance(wanted, list) else [wanted]
            return f"must be {' or '.join(kinds)}"
        case "required":
            return f"must have {', '.join(wanted)}"
        case "const":
            return f"must be {wanted}"
        case _:
            return f"{rule} is {wanted}"


def text(value: Any) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""


def written(value: Any, path: str) -> str:
    """What somebody wrote, empty where there is nothing. Raises PayloadError for what cannot have been written."""
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise PayloadError(path, "not a text")


def label(ticket: object) -> str:
    """How paths and messages name a ticket."""
    return f"ticket {shown_id(ticket)}"


def shown_id(value: object) -> str:
    """An id as paths and messages show it: what is none, whatever stands there, is a question mark."""
    found = str(value) if isinstance(value, int | float | str) else ""
    return found if _ID.fullmatch(found) else "?"


def is_of(ticket_id: TicketId, told: object, path: str) -> None:
    """Raises PayloadError unless a record that came back is of the ticket that was asked for. ``told``: the ticket that
    it names, as a number or a text.
    """
    if told is None:
        raise PayloadError(path, f"missing: it is not told to be of {label(ticket_id)}")
    if shown_id(told).removesuffix(".0") != ticket_id:
        raise PayloadError(path, f"it is of another ticket than {label(ticket_id)}")


def checked(ticket_id: TicketId) -> TicketId:
    """The id, if it is a number: nothing else may get into a path or a query. Raises NotFound."""
    if not (ticket_id.isascii() and ticket_id.isdigit()):
        raise NotFound(f"{ticket_id!r} is no ticket number")
    return ticket_id


def optional_moment(value: Any, path: str) -> datetime | None:
    """A date as an aware moment in UTC, None when it is not set. Without a zone it is UTC. Raises PayloadError."""
    if value in (None, ""):
        return None
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise PayloadError(path, "not a date like 2026-03-02T09:15:00Z")
    year, rest, fraction, zone = found.groups()
    if int(year) not in _YEARS:
        return None
    try:
        at = datetime.fromisoformat(f"{year}{rest}{(fraction or '')[:7]}{zone or 'Z'}".upper())
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise PayloadError(path, "not a date that exists") from error


def moment(value: Any, path: str) -> datetime:
    """Like ``optional_moment``, for a date that must be set."""
    found = optional_moment(value, path)
    if found is None:
        raise PayloadError(path, "missing")
    return found


def state_of(actor: str, at: datetime | None, *values: str | None) -> str:
    """How a ticket stands and who brought it there, to be compared with what a notice says; nobody can read it.

    ``at``: its last update, to the second. Empty where that, the actor or one of the ``values`` (None) is not told.
    """
    if not actor or at is None or None in values:
        return ""
    told = repr((actor.casefold(), at.replace(microsecond=0).isoformat(), values))
    return hashlib.sha256(told.encode()).hexdigest()[:20]


def first_moment(data: Json, names: Iterable[str], path: str) -> datetime | None:
    """The first of those dates that is set."""
    for name in names:
        found = optional_moment(data.get(name), f"{path}: {name}")
        if found is not None:
            return found
    return None
