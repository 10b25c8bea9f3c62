"""Past tickets: read from their system within its budget, and kept in a file of lines that a replay reads."""
