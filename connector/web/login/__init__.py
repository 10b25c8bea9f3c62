"""Who may see the console: accounts of its own, their passwords and sessions."""
