"""The page Escalations: what was done and why, what came of it, and what it teaches; and its sheets."""

DONE, OPEN = "done", "open"
"""How a training request may stand, as the addresses of its forms end."""
