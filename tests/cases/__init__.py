"""What people really write, and what must become of it: the team's cases, and our own of the same kinds in ``own/``.

The files' form is told in ``tests/cases/reading.py``; ``tests/test_cases.py`` runs each file on one desk of each ticket
system. ``python -m tests.cases notes/headings [system [case]]`` shows the notes and what is wrong with them.
"""
