"""What ``escalator check`` looks at, each point as a finding; ``checklist.every`` has them all.

Nothing of a ticket system is changed.
"""
