"""What the simulators of all ticket systems have in common: the server, calls that fail on command, the outbox.

Knows no ticket system. Nothing in production imports it.
"""
