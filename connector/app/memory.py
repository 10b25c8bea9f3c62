"""What becomes of a process's memory: large pieces that were given back go to the system at once, whichever thread had
them; what was loaded stays, and nobody looks through it for garbage.
"""

from __future__ import annotations

import ctypes
import gc
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


def settle() -> None:
    """Take all that is there now for what stays to the end: the collector never looks at it again.

    A look through all that is loaded holds every thread up for a tenth of a second, again and again. What the
    collector never looks at it never writes to, either: processes that are forked later go on sharing it.
    """
    gc.collect()
    gc.freeze()
