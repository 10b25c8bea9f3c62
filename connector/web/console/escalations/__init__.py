"""The page Escalations: what was done and why, what came of it, and what it teaches; and its sheets."""
