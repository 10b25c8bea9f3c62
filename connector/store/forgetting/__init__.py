"""What is kept of one ticket's words and people: where it lies, and how it is removed."""
