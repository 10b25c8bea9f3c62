from __future__ import annotations

import subprocess
import sys

import pytest

from tests.process_coverage import PAGE, ROOT, marked, page
from tests.process_rules import RULES


def test_every_rule_of_the_process_has_a_test():
    proven = {rule for rule, _, _ in marked()}
    assert [rule.id for rule in RULES if rule.id not in proven] == []


def test_every_marker_names_a_rule():
    known = {rule.id for rule in RULES}
    assert [(rule, test) for rule, _, test in marked() if rule not in known] == []


def test_rules_have_ids_of_their_own():
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.process_coverage"


def test_the_page_is_made_without_running_a_test():
    made = subprocess.run(
        [sys.executable, "-c", "import sys, tests.process_coverage as p; p.page(); print('connector' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout.strip() == "False"


def test_a_marker_that_is_no_plain_text_is_refused(tmp_path):
    (tmp_path / "test_odd.py").write_text("@pytest.mark.process(NAME)\ndef test_odd(): ...\n", encoding="utf-8")
    with pytest.raises(TypeError, match="test_odd"):
        list(marked(tmp_path))
