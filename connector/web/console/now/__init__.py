"""*Now*: the open clocks, the nearest first."""
