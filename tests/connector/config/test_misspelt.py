"""How near a name is to one of ours."""

from __future__ import annotations

import pytest

from connector.config.misspelt import MOST_EDITS, nearly, within_edits


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("PORT", "PORT", 0),
        ("PORT", "PORTS", 1),
        ("PORT", "ORT", 1),
        ("PORT", "SORT", 1),
        ("PORT", "OPRT", 1),
        ("PORT", "PORTAL", 2),
        ("PORT", "OPTR", 2),
        ("PORT", "ROOT", 2),
        ("PORT", "HOST", 2),
        ("TEIR_2_HOME", "TIER_1_HOME", 2),
        ("PORT", "TROP", 3),
        ("PORT", "", 4),
    ],
)
def test_so_many_edits_lie_between_two_names(one: str, other: str, edits: int) -> None:
    for mine, theirs in ((one, other), (other, one)):
        assert [within_edits(mine, theirs, most) for most in range(6)] == [most >= edits for most in range(6)]


@pytest.mark.parametrize(
    "meant",
    ["XEBHOOK_SECREX", "WEHBOKO_SECRET", "WEBHOOK_SECRETXY", "WEBHOOK_SECR", "XXWEBHOOK_SECRET", "EBHOOK_SECRE"],
)
def test_what_is_near_is_found_whatever_its_letters(meant: str) -> None:
    assert within_edits(meant, "WEBHOOK_SECRET", MOST_EDITS)
    assert nearly(meant, ["WEBHOOK_SECRET", "DATABASE_URL"]) == {"WEBHOOK_SECRET"}
