"""The one redactor: masks every secret that this process was configured with, however it comes back.

A ticket system, a proxy or a library may repeat what it was sent: bare, percent-encoded, in base64 alone or joined as
``user:password``, escaped for JSON or HTML, in other case. ``know`` is told of the secrets once, when the settings are
read; ``redacted`` masks them wherever something is about to be logged, stored, answered or shown. What looks like a
secret, and is none of ours, is the business of ``logs``.

It costs one search for each form of each secret, in the interpreter's own ``in``: no pattern, and no backtracking.
"""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote

MASK = "***"

SHORTEST = 8
"""Shorter values are not known: masked everywhere, they would black out words. ``logs`` masks them by where they stand:
behind a name, in an address, in a header.
"""

_BY_UNICODE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "+/&<>'\""}
"""As some serialisers of JSON write these signs."""


class Redactor:
    """Masks some values in texts. Frozen once it is made; safe for several threads."""

    def __init__(self, values: Iterable[str]) -> None:
        self._forms = tuple({form for value in values if len(value) >= SHORTEST for form in _looked_for(value)})

    def may_hold(self, text: str) -> bool:
        """Whether a text holds one of the values in any form; with none known, never."""
        return any(map(_folded(text).__contains__, self._forms))

    def __call__(self, text: str) -> str:
        """The text with ``***`` in place of each value. What holds none comes back as it is."""
        folded = _folded(text)
        found = [span for form in self._forms if form in folded for span in _places(form, folded)]
        if not found:
            return text
        parts: list[str] = []
        reached = 0
        for start, end in sorted(found):
            if start > reached or not parts:
                parts += [text[reached:start], MASK]
            reached = max(reached, end)
        return "".join((*parts, text[reached:]))


class _Known:
    """What this process knows. The redactor is made anew when that changes, and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, tuple[str, ...]] = {}
        self.redactor = Redactor(())

    def learn(self, whose: str, values: Iterable[str]) -> None:
        with self._lock:
            self._values[whose] = tuple(values)
            self.redactor = Redactor(value for each in self._values.values() for value in each)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self.redactor = Redactor(())


_known = _Known()


def know(whose: str, values: Iterable[str]) -> None:
    """Have these values masked from now on, in this process. ``whose``: what a later call replaces."""
    _known.learn(whose, values)


def forget() -> None:
    """Know no secret any more."""
    _known.clear()


def redacted(text: str) -> str:
    """A text without any secret that is known."""
    return _known.redactor(text)


def may_hold(text: str) -> bool:
    """Whether a text holds a secret that is known: cheap, for what is redacted piece by piece then."""
    return _known.redactor.may_hold(text)


def redacted_all(value: Any) -> Any:
    """The same for every text in a structure as JSON has it, names included; tuples become lists."""
    match value:
        case str():
            return _known.redactor(value)
        case Mapping():
            return {redacted_all(key): redacted_all(item) for key, item in value.items()}
        case list() | tuple():
            return [redacted_all(item) for item in value]
    return value


def redacted_bytes(body: bytes) -> bytes:
    """The same for a body of whatever encoding: what is no UTF-8 stays as it is."""
    text = body.decode("utf-8", "surrogateescape")
    return _known.redactor(text).encode("utf-8", "surrogateescape") if _known.redactor.may_hold(text) else body


def _folded(text: str) -> str:
    """In lower case, each character in its place: one capital letter becomes two by itself."""
    return (text.replace("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "i") if "\u0130" in text else text).lower()


def _places(form: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + len(form))


@lru_cache(maxsize=1024)
def _looked_for(value: str) -> tuple[str, ...]:
    """The forms of a value that find it in any: one that holds another is found, and masked, by that.

    Kept, for a process that learns one secret after the other puts its redactor together as often.
    """
    forms = {_folded(form) for form in _forms(value)}
    return tuple(one for one in forms if not any(other in one for other in forms if other != one))


def _forms(value: str) -> Iterator[str]:
    """A value as it may stand in a text."""
    for plain in {value, unquote(value)}:
        yield plain.encode("utf-8", "surrogatepass").hex()
        yield "".join(f"&#{ord(sign)};" for sign in plain)
        yield "".join(f"&#x{ord(sign):x};" for sign in plain)
        for one in (plain, *_in_base64(plain.encode("utf-8", "surrogatepass"))):
            yield one
            yield quote(one, safe="", errors="replace")
            yield quote(one, errors="replace")
            yield quote_plus(one, errors="replace")
            yield html.escape(one)
            yield html.escape(one).replace("&#x27;", "&#39;")
            yield repr(one)[1:-1]
            yield json.dumps(one)[1:-1]
            yield json.dumps(one, ensure_ascii=False)[1:-1]
            yield one.replace("/", "\\/")
            yield one.translate(_BY_UNICODE)


def _in_base64(value: bytes) -> Iterator[str]:
    """What of it is certain in base64, whatever stands before it and behind it; for both alphabets."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value).decode()
        certain = whole[(0, 2, 3)[before] : (before + len(value)) * 8 // 6]
        yield certain
        yield certain.replace("+", "-").replace("/", "_")
