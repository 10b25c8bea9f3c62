"""Reading past tickets beside the work of a desk: in the last lane, once each, and on from where it was stopped.

That what is read says what was lived, to the second, the week shows (``test_week``). ``python -m bench backtest`` reads
ten thousand tickets of each desk.
"""

from __future__ import annotations

import pytest

from connector.errors import Temporary
from connector.past.file import PastFile
from connector.systems.catalogue import ticket_systems
from tests.scenarios.backtested import backtest, collected, collector_of
from tests.scenarios.past_desks import SINCE, late_while_reading, with_a_past


@pytest.mark.parametrize("tickets", [60, pytest.param(300, marks=pytest.mark.soak)])
@pytest.mark.parametrize("system", list(ticket_systems()))
def test_an_escalation_that_falls_due_while_past_tickets_are_read_is_on_time(system, tmp_path, tickets):
    assert late_while_reading(system, tmp_path, tickets) <= 60


def test_a_run_that_was_stopped_goes_on_and_reads_again_what_changed(sqlite_url, tmp_path):
    path = tmp_path / "past.jsonl"
    with with_a_past("connectwise", sqlite_url, 8) as running:
        begun = collector_of(running).collect(SINCE, PastFile(path))
        while next(begun).read < 3:
            continue
        begun.close()
        assert len(PastFile(path)) == 3
        again = collected(running, path, SINCE)
        assert (again.kept, again.read, again.listed) == (3, 5, 8)
        stories = backtest(running, path, SINCE)
        in_one_go = tmp_path / "again.jsonl"
        collected(running, in_one_go, SINCE)
        assert stories == backtest(running, in_one_go, SINCE)
        running.desk.note(next(iter(stories)), "tess", "One more word")
        later = collected(running, path, SINCE)
        assert (later.kept, later.read) == (7, 1)


def test_without_the_right_to_the_audit_trail_each_ticket_says_what_was_assumed(sqlite_url, tmp_path):
    path = tmp_path / "past.jsonl"
    with with_a_past("connectwise", sqlite_url, 3) as running:
        running.simulator.faults.forbid(path="audittrail")
        found = collected(running, path, SINCE)
        assert "Inquire" in found.no_trail
        assert sum("audittrail" in call.path for call in running.simulator.calls) == 1
        stories = backtest(running, path, SINCE)
        assert {story.subject.assumed for story in stories.values()} == {
            ("moves not told", "owners not told", "statuses and pauses not told", "changes of priority not told")
        }


def test_a_ticket_that_cannot_be_read_is_told_and_one_that_is_gone_is_counted(sqlite_url, tmp_path):
    path = tmp_path / "past.jsonl"
    with with_a_past("connectwise", sqlite_url, 4) as running:
        tickets = sorted(running.simulator.state.tickets)
        running.simulator.state.tickets[tickets[0]]["status"] = "broken"
        found = collected(running, path, SINCE)
        assert found.read == 3
        assert list(found.failed) == [str(tickets[0])]


def test_a_system_that_fails_for_long_ends_the_run_and_what_was_read_is_kept(sqlite_url, tmp_path):
    path = tmp_path / "past.jsonl"
    waited: list[float] = []
    with with_a_past("connectwise", sqlite_url, 4) as running:
        begun = collector_of(running, waited.append).collect(SINCE, PastFile(path))
        while next(begun).read < 2:
            continue
        running.simulator.faults.outage = True
        with pytest.raises(Temporary):
            list(begun)
        assert sum(waited) >= 600
        assert len(PastFile(path)) == 2
