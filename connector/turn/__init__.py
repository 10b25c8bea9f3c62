"""One ticket's turn: look, decide, escalate, resume, speak, remember."""
