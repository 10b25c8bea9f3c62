"""The parts of the strict Request Tracker simulator; ``adapters.request_tracker.simulator`` is its public face.

Built from what a real RT 5.0.3 was seen to do, never from the adapter: what RT refuses is refused here, and in its own
way, which is mostly a 200 with a sentence.
"""
