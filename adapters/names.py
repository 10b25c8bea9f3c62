"""Finding things of a ticket system by their names, in lists that are kept for some minutes; and what can be found so.

Configured names match exactly or else without case; two matches are an error, and a miss names what is near.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from connector.errors import UnknownName
from connector.model import Place, Ref
from connector.systems.kept import Kept
from connector.wording import near

T = TypeVar("T")
Item = TypeVar("Item")

_INVISIBLE = re.compile("[\u200b\u200e\u200f\ufeff]")
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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
            raise UnknownName(f"unambiguous {kind}", name, told_apart([names_of(item) for item in chosen]))
    raise UnknownName(kind, name, near(name, [names_of(item)[0] for item in found]))


def told_apart(names: Sequence[Sequence[str]]) -> list[str]:
    """Of the names of several things one each that none of the others has, if there is such a one."""
    shared = Counter(plain(one).casefold() for own in names for one in set(own))
    return [next((one for one in own if one and shared[plain(one).casefold()] == 1), own[0]) for own in names]


def matches(name: str, items: Sequence[Item], names_of: Callable[[Item], Sequence[str]]) -> list[Item]:
    """The items of exactly that name, else those that have it but for case and white space."""
    exact = [item for item in items if name in names_of(item)]
    return exact or [item for item in items if any(same_name(name, other) for other in names_of(item))]


def findable_places(places: Iterable[Place], locate: Callable[[str], Place]) -> list[Place]:
    """Those of the places that a configuration can name, each named as it is written there, in one line."""
    written = (Place(tuple(Ref(ref.id, plain(ref.name)) for ref in place.path)) for place in places)
    return [place for place in written if _leads_back(str(place), place.key, lambda name: locate(name).key)]


def findable(refs: Iterable[Ref], look_up: Callable[[str], Ref]) -> list[Ref]:
    """Those of the things that a configuration can name, each named as it is written there, and once."""
    written = dict.fromkeys(Ref(ref.id, plain(ref.name)) for ref in refs)
    return [ref for ref in written if _leads_back(ref.name, ref.id, lambda name: look_up(name).id)]


def _leads_back(written: str, wanted: str, look_up: Callable[[str], str]) -> bool:
    """Whether a configuration that says so means that one thing. What a terminal would obey, nobody is to copy."""
    if not written or _OBEYED.search(written):
        return False
    try:
        return look_up(written) == wanted
    except UnknownName:
        return False
