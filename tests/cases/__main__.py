"""``python -m tests.cases [FILE [SYSTEM [CASE]]]``: the notes of the cases, and what is wrong with them."""

from __future__ import annotations

import logging
import sys

import structlog

from tests.cases.forms import FILES, SYSTEMS, cases_of
from tests.cases.judge import run


def main(arguments: list[str]) -> int:
    """Show them; returns how many are wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    wanted, systems, ids = (arguments[:1], arguments[1:2], arguments[2:3])
    wrong = 0
    for file in (one for one in FILES if not wanted or one.startswith(wanted[0])):
        for system in systems or SYSTEMS:
            cases = [case for case in cases_of(file) if system in case.on and (not ids or case.id.startswith(ids[0]))]
            outcomes = run(system, cases) if cases else []
            bad = [outcome for outcome in outcomes if outcome.problems]
            wrong += len(bad)
            print(f"== {file} on {system}: {len(outcomes) - len(bad)} of {len(outcomes)} hold")
            for outcome in outcomes if ids else bad:
                print(f"-- {outcome.case.id}: {'; '.join(outcome.problems) or 'holds'}")
                if ids:
                    print("\n\n".join([*(note.text for note in outcome.case.notes), *outcome.answers]))
                    print(f"\n{outcome.escalation}\n")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 99))
