"""``escalator demo``: a service desk's morning on a simulated ticket system, at high speed."""
