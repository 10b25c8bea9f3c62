"""One connected ticket system: its state, homes, names, and the policies in force there."""
