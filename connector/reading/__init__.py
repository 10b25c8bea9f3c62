"""What a person wrote on a ticket: own words, sections, commands, times, error codes, findings. Pure."""
