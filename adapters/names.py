"""Finding things of a ticket system by their names, in lists that are kept for some minutes.

Configured names match exactly or else without case; two matches are an error, and a miss names what is near.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from connector.errors import UnknownName
from connector.systems.kept import Kept
from connector.wording import near

T = TypeVar("T")
Item = TypeVar("Item")

_INVISIBLE = re.compile("[\u200b\u200e\u200f\ufeff]")


def plain(value: str) -> str:
    """A text to match with: without invisible characters, every run of white space as one blank."""
    return " ".join(_INVISIBLE.sub("", value).split())


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case, invisible characters and white space."""
    return plain(one).casefold() == plain(other).casefold()


def find(
    kind: str,
    name: str,
    kept: Kept[T],
    names_of: Callable[[Item], Sequence[str]],
    candidates: Callable[[T], Sequence[Item]],
) -> Item:
    """The one candidate with that name among its ``names_of``, the list read anew before a miss. Raises UnknownName."""
    found: Sequence[Item] = []
    for value in kept.tries():
        found = candidates(value)
        chosen = matches(name, found, names_of)
        if len(chosen) == 1:
            return chosen[0]
        if chosen:
            raise UnknownName(f"unambiguous {kind}", name, [names_of(item)[0] for item in chosen])
    raise UnknownName(kind, name, near(name, [names_of(item)[0] for item in found]))


def matches(name: str, items: Sequence[Item], names_of: Callable[[Item], Sequence[str]]) -> list[Item]:
    """The items of exactly that name, else those that have it but for case and white space."""
    exact = [item for item in items if name in names_of(item)]
    return exact or [item for item in items if any(same_name(name, other) for other in names_of(item))]
