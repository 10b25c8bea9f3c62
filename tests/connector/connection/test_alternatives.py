from __future__ import annotations

import pytest

from connector.connection.alternatives import first_known
from connector.errors import UnknownName

KNOWN = {"irene": 1, "Irene Systems": 2}


def ask(name: str) -> int:
    if name not in KNOWN:
        raise UnknownName("member", name, ["irene"])
    return KNOWN[name]


@pytest.mark.parametrize(("text", "found"), [("irene", 1), ("nobody | Irene Systems", 2), ("irene|Irene Systems", 1)])
def test_the_first_name_that_is_known_counts(text: str, found: int) -> None:
    assert first_known(text, ask) == found


def test_where_none_is_known_the_first_is_named() -> None:
    with pytest.raises(UnknownName, match="no member named 'ilse'"):
        first_known("ilse | ines", ask)
