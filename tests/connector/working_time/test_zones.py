"""Zones by their names, and which region is meant where a name has none."""

from __future__ import annotations

import pytest

from connector.working_time.zones import UnknownZoneName, load_zone, names_no_region, region_meant, zone_names


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("EST", "America/New_York"),
        ("MST", "America/Denver"),
        ("HST", "Pacific/Honolulu"),
        ("EST5EDT", "America/New_York"),
        ("PST8PDT", "America/Los_Angeles"),
        ("Etc/GMT+5", "America/New_York"),
        ("Etc/GMT-1", "Europe/Berlin"),
        ("Etc/GMT+11", ""),
        ("GMT", "Europe/London"),
        ("CET", "Europe/Berlin"),
    ],
)
def test_a_zone_that_is_an_offset_names_no_region_and_one_is_proposed(name: str, region: str) -> None:
    assert name in zone_names()
    assert names_no_region(name)
    assert region_meant(name) == region


@pytest.mark.parametrize(
    "name", ["UTC", "Etc/UTC", "Europe/Berlin", "US/Eastern", "Japan", "GB", "America/Argentina/Salta"]
)
def test_a_region_and_utc_stand_as_they_are(name: str) -> None:
    assert not names_no_region(name)
    assert load_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("PST", "; did you mean 'America/Los_Angeles'?"),
        ("cest", "; did you mean 'Europe/Berlin'?"),
        ("Eastern Standard Time", "; did you mean 'America/New_York'?"),
        ("W. Europe Standard Time", "; did you mean 'Europe/Berlin'?"),
        ("Berlin", "; did you mean 'Europe/Berlin'?"),
        ("Mars/Olympus", ""),
    ],
)
def test_a_name_of_no_zone_is_refused_with_the_one_that_is_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownZoneName) as caught:
        load_zone(name)
    assert str(caught.value) == f"there is no time zone {name!r}; expected an IANA name such as Europe/Berlin{near}"


def test_every_region_that_is_proposed_is_one() -> None:
    proposed = {region_meant(name) for name in zone_names() if names_no_region(name)} - {""}
    assert proposed <= {name for name in zone_names() if not names_no_region(name)}
