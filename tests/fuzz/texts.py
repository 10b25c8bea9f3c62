"""The readers of what people write: any text goes through them, 100,000 texts through all five."""

from __future__ import annotations

from collections.abc import Callable

from connector.reading.command_words import gist, spoken_in
from connector.reading.findings import find
from connector.reading.html import to_text
from connector.reading.own_words import own_lines
from connector.reading.plans import near_plan_in, plan_in
from tests.builders import NINE, a_note, a_ticket
from tests.fuzz.frame import Target

RUNS = 20_000

READERS: dict[str, Callable[[str], object]] = {
    "html": to_text,
    "plain": own_lines,
    "plans": lambda text: (plan_in(text), near_plan_in(text)),
    "commands": lambda text: (spoken_in(text), gist(text)),
    "findings": lambda text: find(a_ticket(), [a_note(text, NINE)]),
}


def _target(reader: Callable[[str], object]) -> Target:
    def run(data: bytes) -> None:
        reader(data.decode("utf-8", "replace"))

    return run


TARGETS: dict[str, Target] = {name: _target(reader) for name, reader in READERS.items()}
