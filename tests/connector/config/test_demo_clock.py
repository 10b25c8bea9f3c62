"""The demo's time: as it is written it is read, and it counts at no desk but the demo's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.clock import PacedClock
from connector.config.demo_clock import DEMO_CLOCK, written
from connector.config.env_file import env_file_of
from connector.config.settings import Settings, load_settings
from connector.errors import ConfigError
from tests.connector.config.test_settings import CONNECTED, HOMES


def in_its_file(*, beside: dict[str, str] | None = None, **values: str) -> Settings:
    """The settings of a folder that the demo left, with what is set in the environment."""
    text = "".join(f'{name}="{value}"\n' for name, value in values.items())
    return load_settings({**values, **(beside or {})}, kept=env_file_of(".env", text))


MORNING = datetime(2026, 1, 15, 14, 25, tzinfo=UTC)


def test_it_is_read_as_it_was_written_and_goes_at_its_speed() -> None:
    since = datetime.now(UTC) - timedelta(seconds=10)
    clock = in_its_file(DEMO_CLOCK=written(PacedClock(MORNING, 60, since))).demo_clock
    assert clock == PacedClock(MORNING, 60.0, since)
    assert MORNING + timedelta(minutes=10) <= clock.now() < MORNING + timedelta(minutes=20)


@pytest.mark.parametrize(
    "text",
    [
        "noon",
        "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00+00:00",
        "2026-01-15T14:25:00/2026-11-30T08:00:00+00:00/60",
        "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00/60",
        "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00+00:00/0",
        "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00+00:00/nan",
        "2026-01-15T14:25:00+00:00/2026-11-30T08:00:00+00:00/61",
    ],
)
def test_what_is_no_clock_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="DEMO_CLOCK: is no clock of the demo's"):
        load_settings({"DEMO_CLOCK": text})


def test_it_counts_at_no_desk_beyond_this_machine() -> None:
    environ = {**CONNECTED, **HOMES, DEMO_CLOCK.name: DEMO_CLOCK.example}
    with pytest.raises(ConfigError, match="CONNECTWISE_URL is an address beyond this machine: take DEMO_CLOCK out"):
        in_its_file(**environ)
    here = {**environ, "CONNECTWISE_URL": "http://127.0.0.1:8900"}
    assert in_its_file(**here).demo_clock is not None
    assert in_its_file(**here, beside={"PORT": "9000"}).demo_clock is not None


@pytest.mark.parametrize("name", ["DATABASE_URL", "PUBLIC_URL", "NOTIFY_URLS", "TIER_1_HOME", "DEMO_CLOCK"])
def test_nothing_of_ours_is_set_beside_it(name: str) -> None:
    here = {**CONNECTED, **HOMES, DEMO_CLOCK.name: DEMO_CLOCK.example, "CONNECTWISE_URL": "http://127.0.0.1:8900"}
    faster = DEMO_CLOCK.example.replace("/60", "/30")
    others = {"DATABASE_URL": "sqlite:///real.db", "TIER_1_HOME": "Elsewhere", "DEMO_CLOCK": faster}
    beside = {name: others.get(name, "https://example.com")}
    with pytest.raises(ConfigError, match=f"{name}: is set beside the demo's own .env: nothing else counts there"):
        in_its_file(**here, beside=beside)


def test_it_is_no_variable_of_the_environment() -> None:
    with pytest.raises(ConfigError, match="DEMO_CLOCK: is set beside the demo's own"):
        load_settings({DEMO_CLOCK.name: DEMO_CLOCK.example})
