"""The zone of this machine, as far as it can be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.host_zone import own_zone, proposal, tells_of_a_place


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Europe/Vienna", ("Europe/Vienna", "this machine is in Europe/Vienna, so perhaps")),
        (":Asia/Tokyo", ("Asia/Tokyo", "this machine is in Asia/Tokyo, so perhaps")),
        ("/usr/share/zoneinfo/right/Asia/Tokyo", ("Asia/Tokyo", "this machine is in Asia/Tokyo, so perhaps")),
        ("EST5EDT", ("America/New_York", "this machine is in America/New_York, so perhaps")),
        ("Etc/UTC", ("America/New_York", "this machine is in Etc/UTC, as most servers are; for example")),
        ("EST+5EDT,M3.2.0", ("America/New_York", "the one of this machine cannot be told; for example")),
        ("Etc/GMT+11", ("America/New_York", "the one of this machine cannot be told; for example")),
    ],
)
def test_the_variable_of_the_host_tells_its_zone_where_it_names_a_region(given: str, expected: tuple[str, str]) -> None:
    assert proposal({"TZ": given}, Path("/nowhere")) == expected


def test_the_file_of_the_host_tells_its_zone_by_where_it_leads(tmp_path: Path) -> None:
    zone, link = tmp_path / "zoneinfo" / "Europe" / "Rome", tmp_path / "localtime"
    zone.parent.mkdir(parents=True)
    zone.touch()
    link.symlink_to(zone)
    assert proposal({}, link)[0] == "Europe/Rome"
    assert proposal({"TZ": "Asia/Tokyo"}, link)[0] == "Asia/Tokyo"
    zone.unlink()
    assert proposal({}, link) == ("America/New_York", "the one of this machine cannot be told; for example")


@pytest.mark.parametrize(
    ("given", "zone"), [("Europe/Vienna", "Europe/Vienna"), ("Etc/UTC", "Etc/UTC"), ("Mars/Olympus", "")]
)
def test_a_machine_in_utc_says_nothing_of_a_place(given: str, zone: str) -> None:
    assert own_zone({"TZ": given}, Path("/nowhere")) == zone
    assert tells_of_a_place(zone) is (zone == "Europe/Vienna")
