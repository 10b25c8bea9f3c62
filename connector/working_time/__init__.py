"""Which minutes count: calendars, hours, holidays, the client's day. Pure."""
