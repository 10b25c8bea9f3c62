"""One ticket: which clock runs, how much counted, what comes next, and what was done."""

OVERRIDE, ESCALATE = ACTS = ("override", "escalate")
"""What its forms ask for, as their addresses name it."""
