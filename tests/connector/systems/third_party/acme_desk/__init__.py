"""Somebody else's adapter, as small as one can be: it knows one home, which its own settings name."""
