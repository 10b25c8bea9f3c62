"""process.md: from a ticket's history to stints, limits, escalations, overrides, follow-ups. Pure."""
