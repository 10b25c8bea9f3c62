"""``python -m tests.backtest_page``: writes ``docs/backtest-of-a-quarter.html``, the backtest of a made-up quarter.

What ``escalator backtest`` would write over these tickets, on the Monday after them: the limits that the desk chose
against those that it meant to begin with.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from connector.backtest.replay import replay
from connector.cli.insight.replaying import rules_by_name, stories
from connector.past.file import PastFile
from connector.policy.document import read_policy
from connector.report.choosing.catching import Catching
from connector.report.choosing.compare import Comparison
from connector.report.figures import tally
from connector.report.page import page
from connector.report.story import Scope, Story
from tests.past_desk import POLICY, READ_AT, ZONE, write

PAGE = Path(__file__).parent.parent / "docs" / "backtest-of-a-quarter.html"
CHOSEN = {**POLICY, "tiers": [{**POLICY["tiers"][0], "diagnosis_minutes": 45, "fix_minutes": 90}, *POLICY["tiers"][1:]]}
SHEET = "escalator backtest --policy first-touch-45-90.json --from-file quarter.jsonl --csv backtest.csv"


def written() -> str:
    """The page."""
    begins = datetime(2026, 7, 27, tzinfo=ZONE).astimezone(READ_AT.tzinfo)
    ends = datetime(2026, 10, 26, tzinfo=ZONE).astimezone(READ_AT.tzinfo)
    policies = read_policy(CHOSEN), read_policy(POLICY)
    comparison, catching = Comparison("first-touch-45-90.json", "policy.json"), Catching(too_long=240, share=0.8)
    scope = Scope(begins, ends, READ_AT, ZONE.key, ("desk",), is_replayed=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "quarter.jsonl"
        write(file)
        kept = PastFile(file)
        new, old = (rules_by_name(kept, "desk", policy) for policy in policies)

        def told() -> Iterator[Story]:
            for ticket, story in stories(kept, {"desk": new}, begins, ends):
                catching.add(story)
                comparison.add(story, replay(ticket, old, begins, ends, reads_notes=False))
                yield story

        figures = tally(told(), scope, policies[0])
    return page(figures, SHEET, comparison, tuple(catching.catches()))


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
