"""What the simulated system answers when it refuses, in the shapes that the real one was seen to use."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.simulation.refusal import Json, Refusal


def problem(code: str, message: str, resource: str, field: str) -> Json:
    """One entry of the ``errors`` of an invalid object."""
    return {"code": code, "message": message, "resource": resource, "field": field}


def invalid(resource: str, problems: Sequence[Json]) -> Refusal:
    """400: the object that was sent is not acceptable, for these reasons."""
    body = {"code": "InvalidObject", "message": f"{resource} object is invalid", "errors": list(problems)}
    return Refusal(400, body)


def bad_request(code: str, message: str) -> Refusal:
    """400 without a list of fields."""
    return Refusal(400, {"code": code, "message": message})


def bad_condition(message: str) -> Refusal:
    """400: the query language was not understood."""
    return bad_request("ApiFindCondition", message)


def not_found(what: str, number: object) -> Refusal:
    """404 for a record."""
    return Refusal(404, {"code": "NotFound", "message": f"{what} {number} not found"})


def no_endpoint() -> Refusal:
    """404 for an address that is none."""
    return Refusal(404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."})


def forbidden() -> Refusal:
    """403: a right is missing."""
    message = "You do not have security permission to perform this action."
    return Refusal(403, {"code": "Security", "message": message})


def too_many(retry_after: int | None) -> Refusal:
    """429; the body's key is ``error``, unlike everywhere else."""
    seconds = 30 if retry_after is None else retry_after
    message = f"Too many requests. Please try again in {seconds} seconds."
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Refusal(429, {"error": "ConnectWiseAPI", "message": message}, headers)
