"""What all web processes share of the console's log-ins: how often a password was wrong, and which sessions are void.

Neither a name nor an address is in it: whoever calls gives a digest of them.
"""
