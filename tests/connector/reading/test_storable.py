"""Texts that no database takes, made sound."""

from __future__ import annotations

import pytest

from connector.wording import storable


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cut \ud83d", "cut \N{REPLACEMENT CHARACTER}"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("whole \N{GRINNING FACE}", None),
        ("", None),
    ],
)
def test_half_a_character_and_nul_are_replaced_and_nothing_else(text: str, kept: str | None) -> None:
    assert storable(text) == (text if kept is None else kept)
