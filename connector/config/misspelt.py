"""Which of our variables a name in the environment nearly is, for somebody who misspelt it. Pure.

The environment is shared: a short name is another program's, as ``HOME`` beside ``HOST``, and ``GH_TOKEN`` beside ours.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache, reduce
from operator import or_

FEWEST_LETTERS = 8
MOST_EDITS = 2


def nearly(name: str, known: Collection[str]) -> set[str]:
    """Those of the known names that are nearest to it; none where it is too short to tell, or far from all."""
    if sum(map(str.isalpha, name)) < FEWEST_LETTERS:
        return set()
    near = [one for one in known if abs(len(one) - len(name)) <= MOST_EDITS and _may_be_near(name, one)]
    for edits in range(1, MOST_EDITS + 1):
        if found := {one for one in near if within_edits(name, one, edits)}:
            return found
    return set()


def _may_be_near(one: str, other: str) -> bool:
    """False where more letters are in one of the two alone than edits could bring: told in a hundredth of the time."""
    return (_letters(one) ^ _letters(other)).bit_count() <= 2 * MOST_EDITS


@lru_cache(1024)
def _letters(name: str) -> int:
    """Which characters are in it: a bit for each, which some that are in no variable's name share."""
    return reduce(or_, (1 << ord(character) % 64 for character in name), 0)


def within_edits(one: str, other: str, most: int) -> bool:
    """Whether so many edits make one text the other: a letter more, one less, another, or two that change places."""
    if abs(len(one) - len(other)) > most:
        return False
    alike = next((at for at, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs), None)
    if alike is None:
        return True
    mine, theirs, left = one[alike:], other[alike:], most - 1
    return left >= 0 and (
        within_edits(mine[1:], theirs[1:], left)
        or within_edits(mine[1:], theirs, left)
        or within_edits(mine, theirs[1:], left)
        or (mine[:2] == theirs[1::-1] and within_edits(mine[2:], theirs[2:], left))
    )
