"""The service desk's week of ``tests/scenarios`` on a real Request Tracker: the decisions that the simulators gave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connector.demo.stage import stage
from connector.store.chain.proof import verify
from tests.builders import minutes
from tests.e2e.rt.conftest import DATABASE, proven_on
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import HERE, SQLITE, Instance
from tests.e2e.rt.moved_time import SharedClock
from tests.scenarios.acts import Script, moment
from tests.scenarios.decisions import decisions, outcomes
from tests.scenarios.test_week import DECISIONS, OUTCOMES
from tests.scenarios.week import BEGINS, ENDS, STORIES, week_policy

pytestmark = [pytest.mark.e2e, proven_on(SQLITE), pytest.mark.timeout(900)]


@pytest.fixture
def empty() -> Iterator[Instance]:
    """An instance of its own, without any ticket, in whose processes the time stands still until it is moved."""
    with TemporaryDirectory(prefix="escalator-rt-week-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's user passes through
        instance = Instance.at(Path(folder) / "rt", DATABASE)
        # The plant's last tier lives where the Sr IT Manager does not work.
        instance.perl(HERE / "perl" / "tamper.pl", "managers-own")
        yield instance
        instance.close()


def test_one_service_desks_week_comes_out_as_on_the_simulators(empty: Instance, sqlite_url: str) -> None:
    clock = SharedClock(moment(BEGINS), empty.time_file)
    desk = RealDesk(empty)
    empty.start_sender()
    policy = week_policy(desk)
    with stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, poll_every=minutes(360)) as running:
        script = Script(running, desk)
        script.play(STORIES, ENDS)
        assert decisions(script).splitlines() == DECISIONS.splitlines()
        assert outcomes(script).splitlines() == OUTCOMES.splitlines()
        assert verify(running.store).is_intact
