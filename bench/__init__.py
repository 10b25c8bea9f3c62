"""Benchmarks: each figure beside its reference point in the same run, reported as a ratio."""
