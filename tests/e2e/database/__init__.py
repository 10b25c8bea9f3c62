"""A real PostgreSQL that goes and comes back, in the middle of escalations by real worker processes."""
