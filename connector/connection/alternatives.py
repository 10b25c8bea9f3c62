"""Names that differ between ticket systems: ``irene | Irene Systems`` is one person, known by the first name that fits.

Needed where several systems are connected and one configured value stands for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from connector.errors import UnknownName

T = TypeVar("T")


def first_known(text: str, ask: Callable[[str], T]) -> T:
    """What the first name that is known stands for. Raises UnknownName, of the first name, when none is."""
    unknown: UnknownName | None = None
    for name in text.split("|"):
        try:
            return ask(name.strip())
        except UnknownName as error:
            unknown = unknown or error
    assert unknown is not None
    raise unknown
