"""The escalation connector: watches the escalation limits of tickets and carries out what they ask for.

Knows no ticket system by name; those live in ``adapters``.
"""

__version__ = "0.1.0"
