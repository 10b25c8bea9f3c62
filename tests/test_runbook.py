"""Whatever health or an alarm may name has its paragraph in the runbook, and the runbook names nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from connector.store.troubles import RUNBOOK, ReasonCode, TroubleKind
from connector.web.reasons import Concern

ROOT = Path(__file__).parent.parent
HEADING = re.compile(r"^## ([a-z_]+)\n\n(.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def paragraphs() -> dict[str, str]:
    return dict(HEADING.findall((ROOT / RUNBOOK).read_text(encoding="utf-8")))


def codes() -> set[str]:
    return {kind.code for kind in TroubleKind} | {code.value for code in ReasonCode}


def test_each_reason_and_each_alarm_has_its_paragraph_and_there_is_none_besides():
    assert set(paragraphs()) == codes()


def alarms() -> dict[str, str]:
    """Where the product makes an alarm, and what it says of the code."""
    found = {}
    for path in sorted((ROOT / "connector").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "alarm(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".alarm", "._alarm")):
                code = ast.unparse(node.args[3]) if len(node.args) == 4 else "nothing"
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = code
    return found


def test_each_alarm_points_to_a_paragraph_or_tells_that_it_is_over():
    known = {f"ReasonCode.{code.name}" for code in ReasonCode} | {
        f"TroubleKind.{kind.name}.code" for kind in TroubleKind
    }
    of_a_trouble = {"met.kind.code", "kind.code", "code", "NOTHING_TO_DO"}  # `code`: handed on to the alarm itself
    assert len(alarms()) >= 5
    assert {where: code for where, code in alarms().items() if code not in known | of_a_trouble} == {}


def test_each_paragraph_says_enough_to_act_on():
    assert {code: text for code, text in paragraphs().items() if len(text.split()) < 35} == {}


def test_a_reason_points_to_its_paragraph():
    assert Concern(ReasonCode.BACKLOG, "…").runbook == "docs/runbook.md#backlog"


def test_the_readme_leads_to_the_runbook():
    assert f"({RUNBOOK})" in (ROOT / "README.md").read_text(encoding="utf-8")
