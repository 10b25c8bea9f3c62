"""What RT's refusals mean, in the contract's errors.

RT answers many refusals with 200 or 400 and a sentence in the user's own language: no sentence decides anything here.
It is shown to people, clipped; what a refusal means is found out by reading.
"""

from __future__ import annotations

import re

from adapters.answers import Answer
from adapters.payloads import in_one_line, other_refusal, refused
from connector.errors import AdapterError, Forbidden, NotFound, Permanent, Temporary, Unreachable


class Refused(Permanent):
    """A 400: RT did not do it. Why, only reading can tell."""


class ChangedMeanwhile(Temporary):
    """A 412: somebody else changed the record since it was read. Nothing was done."""


def error_text(answer: Answer) -> str:
    """RT's own words for an error, empty where it has none."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, str):
        return ""
    # The parser of searches adds the file and line of RT where it gave up.
    return in_one_line(re.sub(r" at /\S+ line \d+\.", "", message))


def refusal(answer: Answer, what: str, right: str) -> AdapterError:
    """The error that a 4xx answer stands for. ``right`` names what the account needs for the call."""
    text = error_text(answer)
    message = refused(answer, what, text)
    match answer.status:
        case 401:
            message = f"{message}: check RT_TOKEN, and that the account may use RT"
            return Unreachable(message, cause="the token is refused")
        case 403:
            return Forbidden(f"{message}: the connector's account needs {right}", f"{right} is missing")
        case 404 if text:
            return NotFound(message)
        case 404:
            message = f"{message}, and not in RT's own way: check RT_URL"
            return Unreachable(message, cause="it answers 404, and not in its own way")
        case 412:
            return ChangedMeanwhile(f"{what}: it was changed by somebody else at the same moment")
        case 400:
            return Refused(message, "RT refused what was sent")
        case _:
            return other_refusal(answer, message)
