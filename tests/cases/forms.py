"""The form of the case files: each holds cases of one kind, as tickets of one desk.

``about`` is the kind of judgement (``notes``, ``quoted``, ``errors``, ``plans``), ``where`` tells in general words
where the form comes from. A text is a list of lines; ``html`` is a note as the ticket system keeps it. ``on`` names the
systems whose form it is; without it a text is one of all three, an ``html`` one of HaloPSA's and Request Tracker's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SYSTEMS = ("connectwise", "halopsa", "rt")
_KEEP_HTML = frozenset({"halopsa", "rt"})

FILES = tuple(sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.glob("*/*.json")))
"""The files by what they are called on the command line: ``notes/headings``, ``own/pastes``."""


@dataclass(frozen=True, slots=True)
class Written:
    """A note of a case. ``by``: ``tech``, ``tech2``, ``manager`` or ``client``; ``form``: its kind of entry."""

    by: str
    form: str
    text: str
    is_html: bool


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket: what is written on it, and what must become of it, as the file has it."""

    id: str
    about: str
    notes: tuple[Written, ...]
    expected: Mapping[str, Any]
    on: frozenset[str]


def cases_of(file: str) -> tuple[Case, ...]:
    """The cases of a file, in its order."""
    held = json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8"))
    return tuple(_case(held["about"], number, one) for number, one in enumerate(held["cases"], 1))


def systems_of(file: str) -> tuple[str, ...]:
    """The systems that have the form of any of its cases."""
    there = frozenset[str]().union(*(case.on for case in cases_of(file)))
    return tuple(system for system in SYSTEMS if system in there)


def _case(about: str, number: int, one: Mapping[str, Any]) -> Case:
    written = one.get("notes") or [{key: one[key] for key in ("by", "text", "html") if key in one}]
    if "line" in one:
        written = [{"text": [one["line"]]}]
    notes = tuple(_written(note) for note in written)
    on = frozenset(one["on"]) if "on" in one else frozenset(SYSTEMS)
    if any(note.is_html for note in notes):
        on &= _KEEP_HTML
    return Case(one.get("id", f"{number}: {one.get('line')}"), about, notes, one, on)


def _written(note: Mapping[str, Any]) -> Written:
    lines: str | Sequence[str] = note["html"] if "html" in note else note["text"]
    text = lines if isinstance(lines, str) else "\n".join(lines)
    return Written(note.get("by", "tech"), note.get("as", "note"), text, "html" in note)
