"""What Halo's refusals mean, in the contract's errors and the instance's own words.

Error bodies have no fixed form: plain text, a JSON string, ``error``, ``error_description``, ``Message`` of a .NET
exception, ``errorMessage``, or one key whose value is the text (https://github.com/topleft-team/django-psa,
https://github.com/homotechsual/HaloAPI). Only such texts are taken over, clipped: never a body as it is.
"""

from __future__ import annotations

from typing import Any

from adapters.absence import NotThere
from adapters.answers import Answer
from adapters.payloads import in_one_line, other_refusal, refused
from connector.errors import AdapterError, Forbidden, Permanent, Unreachable

CLIENT_REFUSED = "the API application is refused"
CHECK_CLIENT = "check HALOPSA_CLIENT_ID and HALOPSA_CLIENT_SECRET, and HALOPSA_TENANT"
_LONGEST_BODY = 20_000
_KEYS = ("error_description", "errormessage", "message", "error", "title", "detail")


_NO_ACCESS = "not have access to this action"


class Refused(Permanent):
    """A 400: what was sent is not acceptable to the instance."""


class NoAccess(Forbidden):
    """Our agent may not use the action (outcome) that was sent, whatever status says so."""


def error_text(answer: Answer) -> str:
    """The instance's own words for an error, empty where it has none."""
    if len(answer.body) > _LONGEST_BODY:
        return ""
    try:
        found = _words(answer.json())
    except ValueError:
        found = answer.body.decode("utf-8", "replace")
        if "<" in found[:200]:
            return ""  # the error page of a proxy
    return in_one_line(found)


def _words(body: Any, depth: int = 3) -> str:
    if isinstance(body, str):
        return body
    if not isinstance(body, dict) or depth == 0:
        return ""
    folded = {str(key).casefold(): value for key, value in body.items()}
    parts = [_words(folded[key], depth - 1) for key in _KEYS if key in folded]
    if len(body) == 1 and not any(parts):
        parts = [_words(value, depth - 1) for value in body.values()]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def refusal(answer: Answer, what: str, right: str) -> AdapterError:
    """The error that a 4xx answer stands for. ``right`` names what the application and its agent need."""
    words = error_text(answer)
    message = refused(answer, what, words)
    if _NO_ACCESS in words.casefold():
        return NoAccess(message, "the agent may not use the action of internal notes")
    match answer.status:
        case 400:
            return Refused(message, "HaloPSA refused what was sent")
        case 401:
            # A right that is missing is answered like this, too.
            return Forbidden(
                f"{message}, also with a new token: first look whether the agent that the API application logs in as, "
                f"and the application itself, have the right: they need {right}. Where everything is refused, "
                f"{CHECK_CLIENT}, and that the application is active",
                f"the right {right} is missing",
            )
        case 403:
            why = f"{message}: the API application and the agent that it logs in as both need {right}"
            return Forbidden(why, f"the right {right} is missing")
        case 404:
            return NotThere(f"{message}; it may also be invisible to the agent that the application logs in as")
        case _:
            return other_refusal(answer, message)


def refused_everywhere(answer: Answer, what: str, right: str) -> Unreachable:
    """The error of a 401 where a new token, and whatever is asked, are refused alike."""
    return Unreachable(str(refusal(answer, what, right)), cause=CLIENT_REFUSED)


def token_refusal(answer: Answer) -> AdapterError:
    """The error that a refused token request stands for."""
    words = error_text(answer)
    message = refused(answer, "log in to HaloPSA", words)
    if "invalid_scope" in words.casefold():
        message = f"{message}: give the API application the permission 'all'"
        return Unreachable(message, cause="the API application lacks the permission 'all'")
    match answer.status:
        case 400 | 401 | 403:
            return Unreachable(f"{message}: {CHECK_CLIENT}", cause=CLIENT_REFUSED)
        case 404:
            message = f"{message}: check HALOPSA_AUTH_URL and HALOPSA_TENANT"
            return Unreachable(message, cause="the authorisation server is not there")
        case _:
            return other_refusal(answer, message)
