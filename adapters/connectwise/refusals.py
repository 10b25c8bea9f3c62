"""What ConnectWise's refusals mean, in the contract's errors and the site's own words.

Only message fields and the request id are taken over from an answer, clipped: never the body as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.absence import NotThere
from adapters.answers import Answer
from adapters.payloads import in_one_line, other_refusal, refused
from connector.errors import AdapterError, Forbidden, Permanent, Unreachable

KEYS_REFUSED = "the keys are refused"
NO_COMPANY = "the company is not known there"
CHECK_COMPANY = "check CONNECTWISE_COMPANY and CONNECTWISE_URL"
_FIELD = re.compile("[A-Za-z0-9/_. -]{1,40}")


class NotOffered(Permanent):
    """A 405: the site does not offer that call."""


class Refused(Permanent):
    """A 400. ``fields`` are the names of the fields that the site objects to, ``codes`` its error codes."""

    def __init__(self, message: str, fields: frozenset[str], codes: frozenset[str]) -> None:
        self.fields = fields
        self.codes = codes
        # A site's answer may hold anything; what has not the form of a field's name is not shown to everybody.
        named = ", ".join(sorted(filter(_FIELD.fullmatch, fields)))[:200]
        wanted = "is required" if "MissingRequiredField" in codes else "was refused"
        super().__init__(message, f"the field {named} {wanted}" if named else "ConnectWise refused what was sent")


def error_text(answer: Answer) -> str:
    """The site's own words for an error, empty where it has none."""
    parts = [text for text in (_message_of(item) for item in _error_items(answer)) if text]
    text = in_one_line("; ".join(dict.fromkeys(parts)))
    request_id = re.sub(r"[^\w-]", "", answer.headers.get("x-cw-request-id", ""))[:64]
    return f"{text} [request {request_id}]".strip() if request_id else text


def _error_items(answer: Answer) -> list[dict[str, Any]]:
    try:
        body = answer.json()
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    inner = body.get("errors")
    return [body, *(item for item in inner if isinstance(item, dict))] if isinstance(inner, list) else [body]


def _message_of(item: Mapping[str, Any]) -> str:
    message = item.get("message")
    field = item.get("field")
    if not isinstance(message, str):
        return ""
    return f"{field}: {message}" if isinstance(field, str) and field else message


def refusal(answer: Answer, what: str, right: str) -> AdapterError:
    """The error that a 4xx answer stands for. ``right`` names what the API member needs for the call."""
    items = _error_items(answer)
    text = error_text(answer)
    message = refused(answer, what, text)
    codes = frozenset(str(item["code"]) for item in items if isinstance(item.get("code"), str))
    if "Cannot route" in text or b"Cannot route" in answer.body[:2000]:
        message = f"{what}: the site does not know the company or codebase: {CHECK_COMPANY}"
        return Unreachable(message, cause=NO_COMPANY)
    if "SSL is required" in text:
        message = f"{message}: the API of a cloud site is at https://api-…; {CHECK_COMPANY}"
        return Unreachable(message, cause="the address is not that of the API")
    if "could not find member" in text.casefold():
        message = f"{message}: the version of the API that is asked for does not know it; see CONNECTWISE_API_VERSION"
    match answer.status:
        case 401:
            message = f"{message}: check CONNECTWISE_PUBLIC_KEY, _PRIVATE_KEY and _COMPANY"
            return Unreachable(message, cause=KEYS_REFUSED)
        case 403 if "clientid" in text.casefold():
            return Unreachable(f"{message}: check CONNECTWISE_CLIENT_ID", cause="the client id is refused")
        case 403:
            return Forbidden(
                f"{message}: the API member's security role needs {right}; "
                "without any such message check CONNECTWISE_CLIENT_ID",
                f"the right {right} is missing",
            )
        case 404:
            return NotThere(f"{message}; a cloud site also answers 404 for wrong credentials and in an outage")
        case 405:
            return NotOffered(message)
        case 400:
            names = frozenset(
                name.strip()
                for item in items
                if isinstance(item.get("field"), str)
                for name in item["field"].split(",")
            )
            return Refused(message, names, codes)
        case _:
            return other_refusal(answer, message)
