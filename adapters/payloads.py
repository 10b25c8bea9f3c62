"""What the webhooks of all systems need: proofs compared, bodies read, their form checked. Repeats nothing of them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from connector.errors import PayloadError, SignatureError


def prove(wanted: Iterable[bytes], given: str | bytes, wrong: str) -> None:
    """Raises SignatureError, saying what is ``wrong``, unless what was given is one of those wanted.

    Every one is compared, so that the time tells nothing about which one came near.
    """
    proof = given if isinstance(given, bytes) else given.encode("utf-8", "replace")
    hits = [hmac.compare_digest(one, proof) for one in wanted]
    if not any(hits):
        raise SignatureError(wrong)


def decoded(body: bytes) -> Any:
    """A body as JSON. Raises PayloadError."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("$", "not JSON, or nested too deeply") from error


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
