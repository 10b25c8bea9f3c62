"""The parts of the strict HaloPSA simulator; ``adapters.halopsa.simulator`` is its public face.

Built from what is publicly known of the API, never from the adapter: what the real system refuses is refused here,
what it ignores silently is ignored silently, and what is not known for certain can be switched.
"""
