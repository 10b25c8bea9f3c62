"""One conversation with Request Tracker, held with a real one and kept, and held with the simulator to compare.

``python -m tests.adapters.request_tracker.conversation URL TOKENS`` holds it with the RT at that address, which has the
people of ``connector.systems.desk`` and a fresh queue for each tier, and prints what is to be kept in
``fixtures/rt/conversation.json``; ``TOKENS`` is a JSON file with a token of each user.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

Call = Callable[[str, str, str, Any, Mapping[str, str], Mapping[str, str]], tuple[int, Mapping[str, str], Any]]
"""Who, method, path, body, query and headers of a call; status, headers and body (JSON or text) of its answer."""

CONNIE = "connie@acme.test"
HISTORY = {
    "fields": "Type,Field,OldValue,NewValue,Creator,Created,TimeTaken,ObjectId",
    "fields[Creator]": "id,Name,RealName",
    "orderby": "id",
    "order": "DESC",
    "per_page": "100",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?")
_LEFT_OUT = frozenset({"_url", "count", "Data", "EmailAddress", "next_page", "prev_page", "LastUpdatedBy", "Object"})
_IDS = frozenset({"id", "OldValue", "NewValue", "TransactionId", "ObjectId", "EffectiveId", "AdminCc"})
_REFS = frozenset({"comment", "correspond", "create", "history", "lifecycle"})


@dataclass(frozen=True)
class Step:
    """One call. Names in braces stand for what earlier steps kept; ``keeps`` names what this one is kept as."""

    who: str
    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    keeps: str = ""


def _note(text: str, **more: Any) -> dict[str, Any]:
    return {"Content": text, "ContentType": "text/plain", **more}


def _created(who: str, keeps: str, **more: Any) -> Step:
    sent = {"Queue": "First Touch", "Subject": f"The {keeps} ticket", "Requestor": CONNIE, **more}
    return Step(who, "POST", "ticket", sent, keeps=keeps)


STEPS: Sequence[Step] = (
    Step("", "GET", "rt"),
    _created(CONNIE, "first", Content="It drops", ContentType="text/plain", Priority=50),
    Step("escalator", "GET", "ticket/{first}", query={"fields[Queue]": "Name", "fields[Owner]": "id,Name,RealName"}),
    Step("escalator", "GET", "ticket/99999"),
    Step("escalator", "PUT", "ticket/99999", {"Status": "open"}),
    Step("escalator", "GET", "ticket/99999/history", query=HISTORY),
    # Notes.
    Step("escalator", "POST", "ticket/{first}/comment", _note("N\nESC-1", TxnCustomFields={"Note Key": "ESC-1"})),
    Step(
        "escalator",
        "GET",
        "transactions",
        query={
            "query": "ObjectType = 'RT::Ticket' AND ObjectId = {first} AND Type = 'Comment' AND Creator = 'escalator'",
            "fields": "Created,CustomFields,ObjectId",
            "orderby": "id",
            "order": "DESC",
        },
    ),
    Step("escalator", "GET", "transactions", query={"query": "CF.{{Note Key}} = 'ESC-2'"}),
    Step("escalator", "POST", "ticket/{first}/comment", _note("N", TxnCustomFields={"Nope": "x"})),
    Step("escalator", "POST", "ticket/99999/comment", _note("N")),
    Step(CONNIE, "POST", "ticket/{first}/comment", _note("N")),
    Step("escalator", "POST", "ticket/{first}/comment", {"Content": "N"}),
    Step("escalator", "POST", "ticket/{first}/comment", {}),
    Step("escalator", "POST", "ticket/{first}/comment", _note("N"), headers={"If-Match": "*"}),
    Step("escalator", "POST", "ticket/{first}/comment", _note("N"), headers={"If-Match": '"1"'}),
    Step("tess", "POST", "ticket/{first}/comment", _note("Plan: a cable", TimeTaken=15)),
    Step("tess", "POST", "ticket/{first}/correspond", _note("We look at it")),
    Step(CONNIE, "POST", "ticket/{first}/correspond", _note("Thanks")),
    # Moves.
    Step("tess", "PUT", "ticket/{first}", {"Owner": "tess"}),
    Step("tess", "PUT", "ticket/{first}", {"Owner": "sam"}),
    Step("tess", "PUT", "ticket/{first}", {"Status": "nonsense"}),
    Step("tess", "PUT", "ticket/{first}", {"Queue": "Nope"}),
    Step("tess", "PUT", "ticket/{first}", {"Nonsense": "x"}),
    Step("adam", "PUT", "ticket/{first}", {"Status": "stalled"}),
    Step("escalator", "PUT", "ticket/{first}", {"Queue": "Tier 3"}, headers={"If-Match": '"1"'}),
    Step("escalator", "PUT", "ticket/{first}", {"Queue": "Tier 3"}),
    Step("escalator", "PUT", "ticket/{first}", {"Queue": "Sr IT", "Owner": "irene"}),
    Step("escalator", "PUT", "ticket/{first}", {"Owner": "irene", "Status": "stalled", "Priority": "75"}),
    Step("escalator", "PUT", "ticket/{first}", {"Owner": "irene", "Status": "stalled", "Priority": "75"}),
    Step("escalator", "PUT", "ticket/{first}", {"Owner": "Nobody"}),
    Step("escalator", "PUT", "ticket/{first}", {"AdminCc": ["irene", "adam"]}),
    Step("escalator", "GET", "ticket/{first}", query={"fields[Queue]": "Name", "fields[Owner]": "id,Name,RealName"}),
    Step("escalator", "GET", "ticket/{first}/history", query=HISTORY),
    Step(CONNIE, "GET", "ticket/{first}/history", query={"fields": "Type,Field", "per_page": "100"}),
    Step("escalator", "GET", "ticket/{first}/history", query={"fields": "Type", "per_page": "2", "page": "50"}),
    # Others.
    _created("tess", "second"),
    _created(CONNIE, "third", Content="Two", ContentType="text/plain"),
    Step("tess", "PUT", "ticket/{second}", {"MergeInto": "{third}"}),
    Step("escalator", "GET", "ticket/{second}", query={"fields[Queue]": "Name"}),
    Step("escalator", "GET", "tickets", query={"query": "id = {second}"}),
    Step("escalator", "POST", "ticket/{second}/comment", _note("Where does it go?")),
    Step("escalator", "GET", "ticket/{third}/history", query=HISTORY),
    Step("maria", "PUT", "ticket/{third}", {"Status": "resolved"}),
    Step("tess", "PUT", "ticket/{third}", {"Status": "open"}),
    Step("escalator", "GET", "ticket/{third}", query={"fields[Queue]": "Name"}),
    Step("root", "DELETE", "ticket/{third}"),
    Step("escalator", "GET", "ticket/{third}", query={"fields[Queue]": "Name"}),
    # Replies open what is not active, whoever writes them.
    _created(CONNIE, "fourth", Content="Four", ContentType="text/plain"),
    Step(CONNIE, "POST", "ticket/{fourth}/correspond", _note("Any news?")),
    Step("escalator", "GET", "ticket/{fourth}", query={"fields[Queue]": "Name"}),
    Step("tess", "PUT", "ticket/{fourth}", {"Status": "stalled"}),
    Step(CONNIE, "POST", "ticket/{fourth}/correspond", _note("Any news?")),
    Step("escalator", "GET", "ticket/{fourth}", query={"fields[Queue]": "Name"}),
    Step("tess", "PUT", "ticket/{fourth}", {"Status": "rejected"}),
    Step(CONNIE, "POST", "ticket/{fourth}/correspond", _note("It is still broken")),
    Step("escalator", "GET", "ticket/{fourth}/history", query=HISTORY),
    Step(
        "escalator",
        "GET",
        "attachments",
        query={
            "query": '[{{"field":"TransactionId","operator":"IN","value":["999998","999999"]}},'
            '{{"field":"ContentType","operator":"STARTSWITH","value":"text/"}}]',
            "fields": "Content,ContentType,TransactionId,Filename",
            "orderby": "id",
        },
    ),
    # Searches.
    Step(
        "escalator",
        "GET",
        "tickets",
        query={
            "query": "id >= {first} AND Status = '__Active__'",
            "fields": "Status,Owner,Queue,Requestor,Type,Priority",
            "fields[Owner]": "id",
            "fields[Requestor]": "Name,RealName,Organization",
            "fields[Queue]": "Name",
        },
    ),
    Step("escalator", "GET", "tickets", query={"query": "id >= {first} AND LastUpdated > '2000-01-01T00:00:00Z'"}),
    Step("escalator", "GET", "tickets", query={"query": "id >= {first} AND LastUpdated > 'whenever'"}),
    Step("escalator", "GET", "tickets", query={"query": "id >= {first} AND LastUpdated > '2100-01-01 00:00:00'"}),
    Step("escalator", "GET", "tickets", query={"query": "Nope = 1"}),
    Step("escalator", "GET", "tickets", query={"query": "Status = 'no such status'"}),
    # Names.
    Step("escalator", "GET", "queue/Tier%203"),
    Step(
        "escalator",
        "GET",
        "users",
        query={"query": '[{{"field":"Name","value":"TESS"}}]', "fields": "id,Name,RealName"},
    ),
    Step("escalator", "GET", "users", query={"query": '[{{"field":"Name","value":"gone"}}]', "fields": "id,Name"}),
    Step(
        "escalator",
        "GET",
        "users",
        query={"query": '[{{"field":"Name","value":"gone"}}]', "fields": "id,Name", "find_disabled_rows": "1"},
    ),
    Step(
        "escalator",
        "GET",
        "users",
        query={
            "query": '[{{"field":"Name","operator":"IN","value":["tess","sam","gone"]}}]',
            "fields": "Name,RealName,Organization",
            "orderby": "id",
        },
    ),
    Step("escalator", "GET", "user/tess"),
    Step("escalator", "GET", f"user/{CONNIE}"),
    Step("escalator", "GET", "user/nobody-there"),
    Step(CONNIE, "GET", "user/tess"),
    Step(
        "escalator",
        "GET",
        "customfields",
        query={
            "query": '[{{"field":"LookupType","value":"RT::Queue-RT::Ticket-RT::Transaction"}},'
            '{{"field":"Name","value":"Note Key"}}]',
            "fields": "Name,LookupType",
        },
    ),
)


def hold(call: Call) -> Iterator[dict[str, Any]]:
    """Hold the conversation, and tell of each step what came back, with all that differs by itself made alike."""
    kept: dict[str, str] = {}
    for step in STEPS:
        path = step.path.format(**kept)
        query = {name: value.format(**kept) for name, value in step.query.items()}
        body = step.body
        if isinstance(body, dict):
            body = {
                name: value.format(**kept) if isinstance(value, str) and value.startswith("{") else value
                for name, value in body.items()
            }
        status, headers, answer = call(step.who, step.method, path, body, query, step.headers)
        if step.keeps:
            kept[step.keeps] = str(answer["id"])
        place = re.sub(r"\d+", "#", headers.get("Location", ""))
        yield {
            "step": f"{step.who}: {step.method} {step.path}",
            "status": status,
            **({"location": place} if place else {}),
            **({"etag": True} if headers.get("ETag") else {}),
            "answer": alike(answer),
        }


def alike(value: Any, name: str = "") -> Any:
    """An answer without ids, times and addresses; the kinds of the ids stay."""
    if name == "_hyperlinks":
        return sorted({link["ref"] for link in value} & _REFS)
    if isinstance(value, dict):
        return {key: alike(one, key) for key, one in value.items() if key not in _LEFT_OUT}
    if isinstance(value, list):
        # What is mailed to whom is a matter of each site's scrips.
        return [alike(one, name) for one in value if not (isinstance(one, dict) and _is_mail(one))]
    if name in _IDS and str(value).isdigit():
        return "a number" if isinstance(value, int) else "a number as text"
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str):
        text = value if value.startswith("1970-") else _TIME.sub("a time", value)
        return re.sub(r"(?<=[Tt]icket[ /])\d+", "#", text)
    return value


def _is_mail(item: Mapping[str, Any]) -> bool:
    return str(item.get("Type", "")).endswith("EmailRecord")


_SOURCE_LINE = re.compile(r" line \d+\b")


def differences(ours: Any, real: Any, path: str = "$") -> list[str]:
    """Where an answer of the simulator differs from the real one; fields that it does not have do not count.

    Nor does in which line of its own source RT found something wrong: each update of its package moves them.
    """
    if isinstance(ours, str) and isinstance(real, str):
        ours, real = (_SOURCE_LINE.sub(" line …", words) for words in (ours, real))
    if isinstance(ours, dict) and isinstance(real, dict):
        found = [f"{path}.{key}: not in the real answer" for key in ours if key not in real]
        return found + [
            one for key in ours if key in real for one in differences(ours[key], real[key], f"{path}.{key}")
        ]
    if isinstance(ours, list) and isinstance(real, list) and len(ours) == len(real):
        return [
            one for n, pair in enumerate(zip(ours, real, strict=True)) for one in differences(*pair, f"{path}[{n}]")
        ]
    return [] if ours == real else [f"{path}: {ours!r} instead of {real!r}"]


def main(url: str, tokens_file: str) -> None:
    """Hold it with a real RT and print it."""
    tokens = json.loads(Path(tokens_file).read_text())

    def call(
        who: str, method: str, path: str, body: Any, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        auth = {"Authorization": f"token {tokens[who]}"} if who else {}
        answer = requests.request(
            method, f"{url}/REST/2.0/{path}", json=body, params=query, headers={**auth, **headers}, timeout=60
        )
        try:
            return answer.status_code, answer.headers, answer.json()
        except ValueError:
            return answer.status_code, answer.headers, answer.text

    about = "What a real RT 5.0.3 answered in this conversation; the simulator must answer the same."
    print(
        json.dumps(
            {"about": about, "kind": "conversation", "payload": list(hold(call))},
            indent=1,
            ensure_ascii=False,
            sort_keys=True,
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
