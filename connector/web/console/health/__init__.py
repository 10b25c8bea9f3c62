"""How the service stands, and what somebody may do about it there."""

HOLD, RELEASE = BRAKE_ACTS = ("hold", "release")
"""What its forms do to a brake, as their addresses name it."""
