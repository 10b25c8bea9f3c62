"""The loop around turns: the worker, its chores, the notifier."""
