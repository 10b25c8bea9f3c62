"""One ticket: which clock runs, how much counted, what comes next, and what was done."""
