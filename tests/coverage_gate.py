"""Run after the tests: the coverage that is asked of the pure modules and of the rest.

``python -m tests.coverage_gate`` combines the data of the last run, prints what is missing and fails when a pure
module has an untested branch.
"""

from __future__ import annotations

import subprocess
import sys

PURE = (
    "model",
    "policy",
    "policy_document",
    "policy_schema",
    "work_hours",
    "working_time",
    "timeline",
    "history",
    "evidence",
    "commands",
    "evaluator",
    "handoff",
    "observation",
    "explanation",
    "marks",
    "handover",
    "texts",
    "findings",
    "error_codes",
    "fitting",
    "wording",
    "spoken",
    "override",
    "own_words",
    "orders",
    "demand",
    "duties",
    "sayings",
    "follow_up",
    "client_day",
    "phrases",
    "facts",
    "hearing",
    "written_zone",
)
FOLDERS = ("reading", "working_time", "policy", "rules", "notes")
REST_PERCENT = 90


def report(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", "report", *arguments], check=False).returncode


def main() -> int:
    include = ",".join((*(f"connector/{name}*.py" for name in PURE), *(f"connector/{name}/*" for name in FOLDERS)))
    pure = report(f"--include={include}", "--fail-under=100", "--precision=2")
    everything = report(f"--fail-under={REST_PERCENT}")
    return pure or everything


if __name__ == "__main__":
    sys.exit(main())
