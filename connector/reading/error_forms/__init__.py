"""The forms of error codes and messages, by what they have in common. Pure."""
