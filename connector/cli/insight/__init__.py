"""The commands that look back: what was done, or would have been."""
