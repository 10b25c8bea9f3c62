"""The answers of the ticket systems, mutated, and read as the connector reads them: an error of the contract, or sound.

A target takes any bytes, which decide what becomes of which answer. What was answered is played from a tape, so that
one run takes milliseconds: an honest simulator is recorded once for each system.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from adapters.answers import Answer
from adapters.http import HttpClient
from connector.errors import AdapterError, ConnectorError, PayloadError, Unreachable
from connector.model import Target, TicketId, TicketRecord
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from connector.wording import storable
from tests.contract.worlds import START, World, simulated_world

Key = tuple[str, str, str, int]
Operation = Callable[[World, TicketSystem, TicketId], object]

MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"
LONGEST_ERROR = 2000

OPERATIONS: Mapping[str, Operation] = {
    "read": lambda world, system, ticket: system.tickets.read(ticket),
    "trail": lambda world, system, ticket: system.tickets.trail(ticket, START),
    "changed": lambda world, system, ticket: list(system.tickets.changed_since(START)),
    "open": lambda world, system, ticket: list(system.tickets.open_tickets([world.home(1)])),
    "people": lambda world, system, ticket: system.directory.people(world.home(1)),
    "probe": lambda world, system, ticket: system.line.probe(),
    "note": lambda world, system, ticket: system.tickets.write_note(ticket, f"ESCALATED.\n{MARKER}", MARKER),
    "move": lambda world, system, ticket: system.tickets.reassign(ticket, Target(world.home(2), world.person("sam"))),
}

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**53 + 1, -(2**63), 10**400, 1.5, -0.0, "", " ", "0", "1", "-1", "true",
    "\ud83d", "\0", "x" * 70_000, "<" * 5_000, "<![x]>", "[" * 500, "9999-12-31T23:59:59-23:59", "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00", "2026-13-45T99:99:99Z", "2026-03-02", "NaN", "\u202e\x1b[2J", "/escalate urgency now",
    [], {}, [[]], [None], [{}], {"id": None}, {"id": "1"}, {"id": 1}, {"id": [1]}, {"id": {}}, {"id": -1, "name": 5},
    [1, "a", None, {}],
)  # fmt: skip
"""What a field may turn out to hold."""


@dataclass
class Tape:
    """What one system answered to each call, by its number among those that were the same."""

    world: World
    ticket: TicketId
    other: TicketId
    answers: dict[str, dict[Key, Answer]] = field(default_factory=dict)


class Choices:
    """Numbers drawn from bytes; when they are used up, zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        """A number from 0 on that is less than ``count``."""
        piece = self._data[self._at : self._at + 2]
        self._at += 2
        return int.from_bytes(piece, "big") % count if count else 0

    @property
    def are_left(self) -> bool:
        """Whether there are bytes left."""
        return self._at < len(self._data)


@cache
def tape(system: str) -> Tape:
    """The recorded conversation with a system: two tickets, and every operation on the first."""
    with simulated_world(ticket_systems()[system]) as world:
        tickets = world.worked_on(), world.worked_on()
        for ticket in tickets:
            world.desk.note(ticket, "tess", "Plan: swap the cable")
            world.desk.client_writes(ticket, "Any news?")
            world.desk.time_entry(ticket, "tom", "Looked at the switch", 10)
        made = Tape(world, *tickets)
        for name, operation in OPERATIONS.items():
            with recording(made.answers.setdefault(name, {})):
                operation(world, world.connect(), made.ticket)
        world.home(1), world.home(2), world.person("sam")
        return made


def key_of(method: str, path: str, params: Mapping[str, str] | None, seen: dict[tuple[str, str, str], int]) -> Key:
    told = (method, urlsplit(path).path if "://" in path else path, json.dumps(params, sort_keys=True))
    seen[told] = seen.get(told, -1) + 1
    return (*told, seen[told])


@contextmanager
def recording(answers: dict[Key, Answer]) -> Iterator[None]:
    call, seen = HttpClient.call, dict[tuple[str, str, str], int]()

    def recorded(self: HttpClient, method: str, path: str, **named: Any) -> Answer:
        answer = call(self, method, path, **named)
        kept = Answer(answer.status, dict(answer.headers), answer.body)
        answers[key_of(method, path, named.get("params"), seen)] = kept
        return answer

    with patch.object(HttpClient, "call", recorded):
        yield


@contextmanager
def playing(answers: Mapping[Key, Answer]) -> Iterator[None]:
    """Calls are answered from the tape; what is not on it is not answered at all."""
    seen = dict[tuple[str, str, str], int]()

    def played(self: HttpClient, method: str, path: str, *, what: str, **named: Any) -> Answer:
        key = key_of(method, path, named.get("params"), seen)
        answer = answers.get(key) or answers.get((*key[:3], 0))
        if answer is None:
            raise Unreachable(f"{what}: no answer")
        return answer

    with patch.object(HttpClient, "call", played):
        yield


def mutated(answer: Answer, choices: Choices) -> Answer:
    """An answer in which one to four things are otherwise."""
    try:
        value = json.loads(answer.body)
    except ValueError:
        return _with_bytes(answer, choices)
    if choices.below(8) == 0:
        return _with_bytes(answer, choices)
    for _ in range(1 + choices.below(4)):
        value = _changed(value, choices)
    return replace(answer, body=json.dumps(value).encode())


def _with_bytes(answer: Answer, choices: Choices) -> Answer:
    body = bytearray(answer.body or b"{}")
    for _ in range(1 + choices.below(4)):
        at = choices.below(len(body) or 1)
        match choices.below(4):
            case 0:
                body[at : at + 1] = bytes([choices.below(256)])
            case 1:
                del body[at : at + 1 + choices.below(40)]
            case 2:
                body[at:at] = (b"[", b"{", b'"', b"}", b"]", b",", b"NaN", b"\\ud83d", b"1e999", b"\xff")[
                    choices.below(10)
                ]
            case _:
                body[at:at] = body[: choices.below(len(body) or 1)]
    return replace(answer, body=bytes(body), status=(200, 200, 201, 204, 400, 404, 500)[choices.below(7)])


def _changed(value: Any, choices: Choices) -> Any:
    """The value with one of its parts changed, wherever that is."""
    whole = copy.deepcopy(value)
    holder: Any = {"": whole}
    at: Any = ""
    while isinstance(holder[at], dict | list) and holder[at] and choices.below(5):
        holder = holder[at]
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        at = keys[choices.below(len(keys))]
    match choices.below(5):
        case 0 if isinstance(holder, dict) and at != "":
            del holder[at]
        case 1 if isinstance(holder, list):
            holder.insert(at, copy.deepcopy(holder[at]))
        case 2 if isinstance(holder[at], int) and not isinstance(holder[at], bool):
            holder[at] += choices.below(5) - 2
        case _:
            holder[at] = copy.deepcopy(NASTY[choices.below(len(NASTY))])
    return whole if at != "" or holder.get("") is whole else holder[""]


def answer_target(system: str, data: bytes) -> ConnectorError | None:
    """Mutate one answer to one operation and have it read; the error that it ended with, None where it was taken.

    Raises AssertionError for what is neither: another error, or a result that is not sound.
    """
    recorded = tape(system)
    choices = Choices(data)
    asking = [name for name, answers in recorded.answers.items() if answers]
    name = asking[choices.below(len(asking))]
    answers = dict(recorded.answers[name])
    chosen = list(answers)[choices.below(len(answers))]
    answers[chosen] = mutated(answers[chosen], choices)
    client = recorded.world.connect()
    with playing(answers):
        try:
            found = OPERATIONS[name](recorded.world, client, recorded.ticket)
        except (AdapterError, PayloadError) as error:
            found = error
    if isinstance(found, ConnectorError):
        assert len(str(found)) <= LONGEST_ERROR, f"{name}: {len(str(found))} characters"
        assert not set(str(found)) & set("\0\x1b\u202e"), repr(str(found))
        return found
    if isinstance(found, TicketRecord):
        assert found.id == recorded.ticket, f"{name} gave ticket {found.id}"
    for text in _texts(found):
        assert storable(text) == text, f"{name}: {text[:80]!r}"
    return None


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, but for what an adapter keeps for itself."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            if one.name != "source":
                yield from _texts(getattr(value, one.name))
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _texts(item)


def _target(system: str) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        answer_target(system, data)

    return run


TARGETS: dict[str, Callable[[bytes], None]] = {system: _target(system) for system in ticket_systems()}
