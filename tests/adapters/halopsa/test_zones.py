"""Windows zone names (issue 3, Halo specifics)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from adapters.halopsa.zones import WINDOWS_ZONES, iana_zone


@pytest.mark.parametrize(("windows", "iana"), sorted(WINDOWS_ZONES.items()))
def test_every_windows_zone_name_stands_for_a_zone_that_exists(windows: str, iana: str) -> None:
    assert ZoneInfo(iana).key == iana
    assert iana_zone(f" {windows.upper()} ") == iana


@pytest.mark.parametrize("name", ["", "Europe/London", "Moon Standard Time"])
def test_a_name_that_is_none_stands_for_nothing(name: str) -> None:
    assert iana_zone(name) is None
