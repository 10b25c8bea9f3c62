"""What a ticket system sends is made storable where it is read."""

from __future__ import annotations

import json

import pytest

from adapters.answers import Answer

WHOLE = "\N{GRINNING FACE}"
MADE_SOUND = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'"cut \ud83d"', f"cut {MADE_SOUND}"),
        (rb'"cut \uDE00"', f"cut {MADE_SOUND}"),
        (b'"cut \xed\xa0\xbd"', f"cut {MADE_SOUND}"),
        (rb'"nothing \u0000"', f"nothing {MADE_SOUND}"),
        (rb'"whole \ud83d\ude00"', f"whole {WHOLE}"),
        (json.dumps(WHOLE, ensure_ascii=False).encode(), WHOLE),
        (rb'{"a\u0000": [{"b": "\ud83d"}, 1, null]}', {f"a{MADE_SOUND}": [{"b": MADE_SOUND}, 1, None]}),
    ],
)
def test_half_a_character_and_nul_are_replaced(sent: bytes, kept: object) -> None:
    assert Answer(200, {}, sent).json() == kept
