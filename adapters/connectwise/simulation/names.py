"""Naming records of the simulated service desk in Python calls."""

from __future__ import annotations

from adapters.simulation.names import Named, find

__all__ = ["Named", "find"]
