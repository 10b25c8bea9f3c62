"""Answers of a ticket system that means harm, or is very broken: made of what the honest system would have said.

A hostile system cannot be told from a broken proxy, a mixed-up cache or a mistaken upgrade; what it must never do is
harm others. Each kind is one thing that such a system does to an answer.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from adapters.simulation.refusal import JSON_TYPE

STRAYED = "strayed"
"""Where redirections lead: the same server under another name of its host. Nobody is to follow them."""

HUGE = 48 * 1024 * 1024
DEPTH = 20_000
VALUES = 4_000_000
"""Objects with nothing in them: three bytes each before they are read, and eighty after."""

DRIP_SECONDS = 0.05
BLOCKS_OF_A_BOMB = 1000
"""Each is a megabyte once it is unpacked, and a kilobyte before."""

_PIECE = 256 * 1024
_WRITTEN = frozenset({"summary", "text", "notes", "note", "note_html", "details", "Subject", "Content"})
"""The fields in which people write, on any of the systems."""

_BROKEN = "\ud83d \0 \udc00 \u202e \x1b[2J "


class Hostility(StrEnum):
    """What is done to an answer."""

    WRONG_ID = "wrong id"
    OTHER_TICKET = "another ticket"
    HUGE = "huge"
    ENDLESS = "endless"
    DRIPPING = "dripping"
    DEEP = "deep"
    WRONG_TYPES = "wrong types"
    NAN = "NaN"
    REDIRECT = "redirect"
    COOKIES = "cookies"
    BOMB = "bomb"
    VALUES = "values"
    SURROGATES = "surrogates"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: ``credentials`` are its headers, ``numbers`` what stands for which ticket's number."""

    method: str
    path: str
    port: str
    credentials: Mapping[str, str]
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer. ``body``: in pieces, perhaps without an end; then nobody can tell its length."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterable[bytes]

    def with_body(self, body: bytes) -> Given:
        """The answer with another body, whose length its headers tell."""
        return replace(self, headers=_without(self.headers, "Content-Length"), body=[body]).told(len(body))

    def told(self, length: int) -> Given:
        """The answer whose headers tell that length."""
        return replace(self, headers=[*self.headers, ("Content-Length", str(length))])


Wait = Callable[[float], bool]
"""Waits so many seconds; True when nobody is to wait any more."""


def spoiled(kind: Hostility, honest: Given, asked: Asked, wait: Wait) -> Given:
    """What a hostile system answers in the place of the honest one."""
    body = b"".join(honest.body)
    match kind:
        case Hostility.WRONG_ID | Hostility.OTHER_TICKET:
            return honest.with_body(_renumbered(body, asked.numbers))
        case Hostility.HUGE:
            head, tail = _opened(body, b'"more":"', b'"')
            given = replace(honest, headers=_without(honest.headers, "Content-Length"))
            pieces = _pieces(head, HUGE // _PIECE, tail)
            return replace(given, body=pieces).told(len(head) + HUGE // _PIECE * _PIECE + len(tail))
        case Hostility.ENDLESS:
            head, _ = _opened(body, b'"more":"', b'"')
            return replace(honest, headers=_without(honest.headers, "Content-Length"), body=_for_ever(head, wait))
        case Hostility.DRIPPING:
            given = honest.with_body(body or b" " * 1000)
            return replace(given, body=_dripping(body or b" " * 1000, wait))
        case Hostility.DEEP:
            return honest.with_body(_added(body, b'"more":' + b"[" * DEPTH + b"]" * DEPTH))
        case Hostility.NAN:
            return honest.with_body(_added(body, b'"more":[NaN,Infinity,-Infinity,1e999]'))
        case Hostility.WRONG_TYPES:
            return honest.with_body(_of_wrong_types(body))
        case Hostility.REDIRECT:
            location = f"http://localhost:{asked.port}/{STRAYED}/{asked.path}"
            return Given(307, [("Location", location)], []).with_body(b"")
        case Hostility.COOKIES:
            cookies = [("Set-Cookie", f"hostile{n}=1; Path=/; Max-Age=99999999") for n in range(3)]
            return replace(honest, headers=[*honest.headers, *cookies]).with_body(body)
        case Hostility.BOMB:
            packed = [*honest.headers, ("Content-Encoding", "gzip")]
            return replace(honest, headers=packed).with_body(_bomb(body))
        case Hostility.VALUES:
            return honest.with_body(_added(body, b'"more":[' + b"{}," * VALUES + b"{}]"))
        case Hostility.SURROGATES:
            return honest.with_body(_with_halves(body))
        case Hostility.ECHO:
            return Given(400, [("Content-Type", JSON_TYPE)], []).with_body(_echo(asked))


def _without(headers: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in headers if key.lower() != name.lower()]


# Whose it is.


def renumbered(text: str, numbers: Mapping[str, str]) -> str:
    """A path or a query that asks for another ticket."""
    if not numbers:
        return text
    pattern = "|".join(map(re.escape, sorted(numbers, key=len, reverse=True)))
    return re.sub(rf"(?<!\d)(?:{pattern})(?!\d)", lambda found: numbers[found[0]], text)


def _renumbered(body: bytes, numbers: Mapping[str, str]) -> bytes:
    def other(value: Any) -> Any:
        if isinstance(value, list):
            return [other(one) for one in value]
        if isinstance(value, dict):
            return {key: other(one) for key, one in value.items()}
        if isinstance(value, int | str) and not isinstance(value, bool) and str(value) in numbers:
            return type(value)(numbers[str(value)])
        return value

    return _remade(body, other)


# What it is made of.


def _of_wrong_types(body: bytes) -> bytes:
    def wrong(value: Any) -> Any:
        match value:
            case bool():
                return "perhaps"
            case str():
                return {"said": True}
            case int() | float():
                return [value]
            case None:
                return [[]]
            case _:
                return 7

    def spoil(value: Any) -> Any:
        if isinstance(value, list):
            return [spoil(one) for one in value]
        if isinstance(value, dict):
            # A list stays one, so that its rows are looked at.
            return {key: spoil(one) if isinstance(one, list) and one else wrong(one) for key, one in value.items()}
        return wrong(value)

    return _remade(body, spoil)


def _with_halves(body: bytes) -> bytes:
    def broken(value: Any) -> Any:
        if isinstance(value, list):
            return [broken(one) for one in value]
        if isinstance(value, dict):
            return {
                key: _BROKEN + one if key in _WRITTEN and isinstance(one, str) else broken(one)
                for key, one in value.items()
            }
        return value

    return _remade(body, broken)


def _remade(body: bytes, remake: Callable[[Any], Any]) -> bytes:
    try:
        return json.dumps(remake(json.loads(body))).encode()
    except ValueError:
        return body


def _added(body: bytes, member: bytes) -> bytes:
    head, tail = _opened(body, member, b"")
    return head + tail


def _opened(body: bytes, member: bytes, closing: bytes) -> tuple[bytes, bytes]:
    """A JSON text in two parts, between which anything can be put into a further member of it."""
    text = body.strip()
    if text.startswith(b"["):
        comma = b"," if len(text) > 2 else b""
        return text[:-1] + comma + b"{" + member, closing + b"}]"
    if text.startswith(b"{"):
        comma = b"," if len(text) > 2 else b""
        return text[:-1] + comma + member, closing + b"}"
    return b"{" + member, closing + b"}"


# How much it is, and how it comes.


def _pieces(head: bytes, count: int, tail: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(count):
        yield b"x" * _PIECE
    yield tail


def _for_ever(head: bytes, wait: Wait) -> Iterator[bytes]:
    yield head
    while not wait(0):
        yield b"x" * _PIECE


def _dripping(body: bytes, wait: Wait) -> Iterator[bytes]:
    for byte in body:
        if wait(DRIP_SECONDS):
            return
        yield bytes([byte])


def _bomb(body: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    begin = packer.compress(body.strip()[:-1] or b"{") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH)
    # A block that refers to nothing before it can stand again and again.
    return begin + block * BLOCKS_OF_A_BOMB + packer.flush()


def _echo(asked: Asked) -> bytes:
    told = []
    for name, value in asked.credentials.items():
        told.append(f"{name}: {value}")
        try:
            told.append(base64.b64decode(value.split()[-1], validate=True).decode())
        except (binascii.Error, UnicodeDecodeError, IndexError):
            continue
    words = "\x1b[2J\r\n\u202e\x07" + " ".join(told)
    return json.dumps({"code": "Echo", "message": words, "error": words, "more": words * 500}).encode()
