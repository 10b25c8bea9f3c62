"""The answers' schemas, as the document has them: each object is closed, so nothing is answered that is not there.

Of a text only that it is one is said: names, reasons and words come from ticket systems and policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.model import Mode, Reason, Stage, StatusGroup
from connector.rules.limits import Verdict

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
YES_NO: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
COUNTS: Schema = {"type": "object", "additionalProperties": WHOLE}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def many(schema: Schema) -> Schema:
    """A list of them."""
    return {"type": "array", "items": schema}


def closed(words: str = "", optional: Mapping[str, Schema] | None = None, /, **fields: Schema) -> Schema:
    """An object with these fields, all of them there but the optional ones; ``from_`` stands for ``from``."""
    named = {name.rstrip("_"): schema for name, schema in fields.items()}
    made: dict[str, Any] = {"type": "object", "properties": {**named, **(optional or {})}, "required": list(named)}
    return {**({"description": words} if words else {}), **made, "additionalProperties": False}


def named(name: str) -> Schema:
    """The schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page(words: str, item: str) -> Schema:
    """A page of a list."""
    return closed(words, items=many(named(item)), has_more=YES_NO, next=maybe(TEXT))


_STAGE = one_of(*(stage.value for stage in Stage))
_REASON = one_of(*(reason.value for reason in Reason))
_MODE = one_of(*(mode.value for mode in Mode))

_ROW = closed(
    "A ticket and its clock, as the last look found it. Minutes are working minutes; `used_minutes` goes on.",
    system=TEXT,
    ticket=TEXT,
    summary=TEXT,
    client=TEXT,
    tier=TEXT,
    holder=TEXT,
    stage=TEXT,
    used_minutes=maybe(NUMBER),
    limit_minutes=maybe(NUMBER),
    due_at=maybe(MOMENT),
    state=TEXT,
    why=TEXT,
    mode=TEXT,
    read_at=maybe(MOMENT),
    link=TEXT,
    calendar=TEXT,
)

_CLOCK = closed(
    "The clock that runs, and which stretches of time counted.",
    stage=_STAGE,
    limit_minutes=NUMBER,
    factor=NUMBER,
    used_minutes=NUMBER,
    counted_from=MOMENT,
    limit_at=maybe(MOMENT),
    due_at=maybe(MOMENT),
    acts_at=maybe(MOMENT),
    warns_at=maybe(MOMENT),
    calendar=TEXT,
    time_zone=TEXT,
    stretches=many(closed(from_=MOMENT, until=MOMENT, counts=YES_NO, minutes=NUMBER, why=TEXT)),
)

_STINT = closed(
    "",
    tier=TEXT,
    from_=MOMENT,
    began_by=TEXT,
    until=maybe(MOMENT),
    ended_by=maybe(TEXT),
    clock_from=maybe(MOMENT),
    plan={"anyOf": [closed(at=MOMENT, by=maybe(TEXT), how=TEXT), {"type": "null"}]},
    pauses=many(closed(from_=MOMENT, until=maybe(MOMENT), status=TEXT)),
    holders=many(TEXT),
)

_ACCOUNT: Mapping[str, Schema] = {
    "why": TEXT,
    "looks_again_at": maybe(MOMENT),
    "place": TEXT,
    "status": TEXT,
    "status_group": one_of(*(group.value for group in StatusGroup)),
    "owner": maybe(TEXT),
    "priority": maybe(TEXT),
    "client": maybe(TEXT),
    "summary": TEXT,
    "link": maybe(TEXT),
    "entered_at": maybe(MOMENT),
    "updated_at": maybe(MOMENT),
    "read_at": maybe(MOMENT),
    "tier": maybe(TEXT),
    "clock": {"anyOf": [named("Clock"), {"type": "null"}]},
    "stints": many(named("Stint")),
    "overrides": many(
        closed(
            at=MOMENT,
            by=TEXT,
            until=maybe(MOMENT),
            stage=_STAGE,
            is_off=YES_NO,
            refused=maybe(TEXT),
            reason=TEXT,
        )
    ),
    "requests": many(closed(at=MOMENT, by=TEXT, reasons=many(_REASON))),
    "changes": many(closed(at=MOMENT, what=TEXT, old=maybe(TEXT), new=maybe(TEXT), how=TEXT)),
    "mode": _MODE,
    "done": many(closed(at=MOMENT, what=TEXT, detail=TEXT, is_done=YES_NO, is_real=YES_NO)),
    "owed": {"anyOf": [closed(since=MOMENT, what=many(TEXT), next_reminder_at=maybe(MOMENT)), {"type": "null"}]},
}

_OBSTACLE = closed(
    "",
    code=TEXT,
    cause=TEXT,
    why=TEXT,
    since=maybe(MOMENT),
    count=WHOLE,
    by=TEXT,
    next_try_at=maybe(MOMENT),
    is_parked=YES_NO,
    runbook=TEXT,
)

_EXPLANATION = closed(
    "Which minutes counted, why, and what stands in the way: `lines` in the words of `escalator explain`, the rest of "
    "it for programs. Where the ticket system could not be asked, `verdict` is null, and there is no more than "
    "what stands in the way.",
    _ACCOUNT,
    system=TEXT,
    ticket=TEXT,
    verdict=maybe(one_of(*(verdict.value for verdict in Verdict))),
    lines=many(TEXT),
    in_the_way=many(_OBSTACLE),
)

_REASONS = many(_REASON)
_RISE: Mapping[str, Schema] = {
    "system": TEXT,
    "ticket": TEXT,
    "summary": TEXT,
    "client": TEXT,
    "board": TEXT,
    "link": TEXT,
    "at": MOMENT,
    "is_done": YES_NO,
    "mode": _MODE,
    "from_": TEXT,
    "to": {**maybe(TEXT), "description": "The tier above; null for the final escalation."},
    "reasons": _REASONS,
    "stage": _STAGE,
    "limit_minutes": NUMBER,
    "used_minutes": NUMBER,
    "missing": maybe(many(TEXT)),
    "undocumented": many(TEXT),
    "asked_by": many(TEXT),
}

_OVERRIDE = closed(
    "An override, or one that was `refused`, and why.",
    system=TEXT,
    ticket=TEXT,
    entry=WHOLE,
    at=MOMENT,
    by=TEXT,
    tier=TEXT,
    how=TEXT,
    reason=TEXT,
    refused=maybe(TEXT),
)

_BRAKE = closed(
    "How many escalations by time wait on a connection, and how many tickets are to be taken up; until when.",
    connection=TEXT,
    waiting=WHOLE,
    until=maybe(MOMENT),
    held_since=maybe(MOMENT),
    adopted=WHOLE,
    adopted_until=maybe(MOMENT),
)

_LETTER = closed(
    "A ticket whose turns failed for too long. `mail`: how many notices of it wait.",
    system=TEXT,
    ticket=TEXT,
    attempts=WHOLE,
    failing_since=maybe(MOMENT),
    error=TEXT,
    mail=WHOLE,
)

_ENTRY = closed(
    "An entry of the trail. `id` counts within its `chain`; `hash` covers it and `previous_hash`; `salt` and `digest` "
    "say of its detail what the hash covers (docs/operating.md).",
    id=WHOLE,
    at=MOMENT,
    connection=TEXT,
    ticket=TEXT,
    event=TEXT,
    detail={"type": "object", "additionalProperties": True},
    previous_hash={"type": "string", "pattern": "^(?:[0-9a-f]{64})?$"},
    hash=HASH,
    chain=TEXT,
    salt=maybe(TEXT),
    digest=maybe(TEXT),
)

_REPORT = closed(
    "What `escalator report --json` answers; docs/report.md says what each figure means.",
    since=MOMENT,
    until=MOMENT,
    made_at=MOMENT,
    zone=TEXT,
    systems=many(TEXT),
    modes={"type": "object", "additionalProperties": _MODE},
    is_replayed=YES_NO,
    tells_of=TEXT,
    sentences=many(TEXT),
    tickets=WHOLE,
    working_days=NUMBER,
    escalations=closed(
        done=WHOLE,
        would_have_been=WHOLE,
        tickets=WHOLE,
        final=WHOLE,
        asked_for=WHOLE,
        resting_on_assumptions=WHOLE,
        by_tier=COUNTS,
        by_reason=COUNTS,
        by_client=COUNTS,
        by_board=many(closed(system=TEXT, board=TEXT, escalations=WHOLE)),
        by_hour=many(closed(day=TEXT, hour=WHOLE, escalations=WHOLE)),
    ),
    tickets_by_client=COUNTS,
    stints={"type": "object", "additionalProperties": COUNTS},
    warned=closed(
        tickets=WHOLE, written=WHOLE, resolved_in_time=WHOLE, went_up=WHOLE, moved_by_people=WHOLE, open=WHOLE
    ),
    stages=many(
        closed(
            ladder=TEXT,
            tier=TEXT,
            stage=_STAGE,
            limit_minutes=maybe(NUMBER),
            steps=many(WHOLE),
            past_limit=WHOLE,
            median_minutes=maybe(NUMBER),
            other_limits=many(closed(minutes=NUMBER, took_longer_at_least=WHOLE, took_longer_at_most=WHOLE)),
        )
    ),
    missing=COUNTS,
    undocumented=COUNTS,
    overrides=closed(applied_by=COUNTS, refused_by=COUNTS),
    training_requests=many(closed(who=TEXT, topic=TEXT, requests=WHOLE)),
    left_alone=COUNTS,
    left_alone_because={"type": "object", "additionalProperties": COUNTS},
    assumed=COUNTS,
    cannot_tell=many(TEXT),
    listed=many(closed(**_RISE, assumed=many(TEXT), came_of_it=TEXT, after_minutes=maybe(NUMBER))),
)

_PROBLEM = closed(
    "What is wrong and what to do (RFC 9457). `code` stays the same, words may not.",
    {
        "detail": TEXT,
        "parameter": {**TEXT, "description": "The parameter that is wrong."},
        "reference": {**TEXT, "description": "Under which the log tells what happened."},
    },
    type=TEXT,
    title=TEXT,
    status=WHOLE,
    code=TEXT,
)

SCHEMAS: dict[str, Schema] = {
    "Problem": _PROBLEM,
    "OpenApi": {"type": "object", "required": ["openapi", "info", "paths", "components"]},
    "TicketRow": _ROW,
    "TicketPage": page("A page of the open tickets.", "TicketRow"),
    "Clock": _CLOCK,
    "Stint": _STINT,
    "Explanation": _EXPLANATION,
    "Ticket": closed(
        "`row`: null where the ticket is not open any more.",
        row={"anyOf": [named("TicketRow"), {"type": "null"}]},
        explanation=named("Explanation"),
        why_not=maybe(TEXT),
    ),
    "Escalation": closed("An escalation, done or not.", **_RISE, entry=WHOLE, holder=maybe(TEXT)),
    "EscalationPage": page("A page of the escalations, the newest first.", "Escalation"),
    "Override": _OVERRIDE,
    "OverridePage": page("A page of the overrides, the newest first.", "Override"),
    "Report": _REPORT,
    "Brake": _BRAKE,
    "Brakes": closed("The brake of each connection.", items=many(named("Brake"))),
    "DeadLetter": _LETTER,
    "DeadLetterPage": page("A page of the dead letters.", "DeadLetter"),
    "Replayed": closed("What is tried again.", system=TEXT, ticket=TEXT, replayed=YES_NO),
    "AuditEntry": _ENTRY,
    "AuditPage": page("A page of the trail.", "AuditEntry"),
    "AuditHead": closed("Where the trail ends.", entries=WHOLE, hash=HASH, head=TEXT),
}
"""The schemas by name."""
