"""What decides: the ladder in force, calendars, statuses, variables; and what another policy would change."""
