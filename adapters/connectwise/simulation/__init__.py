"""The parts of the strict ConnectWise simulator; ``adapters.connectwise.simulator`` is its public face.

Built from what is publicly known of the API, never from the adapter: what the real system refuses is refused
here, and what is not known for certain can be switched.
"""
