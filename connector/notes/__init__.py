"""Every text the connector writes: the escalation note, short notes, layout, marker, explanation. Pure."""
