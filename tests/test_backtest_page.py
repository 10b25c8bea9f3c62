"""The backtest in ``docs/`` is what the replay says today, and its text tells of it."""

from __future__ import annotations

import re

from tests import backtest_page


def test_the_page_is_up_to_date():
    kept, now = backtest_page.PAGE.read_text(encoding="utf-8"), backtest_page.written()
    assert kept == now, "python -m tests.backtest_page writes it anew"


def test_the_worked_example_tells_the_pages_numbers():
    page = backtest_page.PAGE.read_text(encoding="utf-8")
    text = (backtest_page.PAGE.parent / "backtest.md").read_text(encoding="utf-8")
    [chosen] = re.findall(r"> (Of \d+ tickets, \d+ would have gone up, \d+ times in all)\. \d+ only", text)
    assert chosen in re.sub(r"</?strong>", "", page)
    for turn in ("only under the old policy", "later", "the same"):
        [number] = re.findall(rf'{turn}</th><td class="number">(\d+)', page)
        assert f"{number} " in text
