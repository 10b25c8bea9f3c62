"""What becomes of memory that was given back: large pieces go to the system at once, whichever thread had them."""

from __future__ import annotations

import ctypes
from contextlib import suppress

LARGE_PIECE = 1024 * 1024
_M_MMAP_THRESHOLD = -3
"""As ``malloc.h`` of the GNU C library numbers it."""


def give_large_pieces_back() -> None:
    """Keep a worker small after a large answer of a ticket system.

    The GNU C library raises its bound with each large piece that is given back, and then every thread keeps some tens
    of megabytes. A bound that was set stays. Elsewhere there is no such bound, and nothing is done.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_PIECE)
