"""The files that the environment names, and ``.env``: read as text, never waited for, and no larger than is allowed."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 1024 * 1024
"""Of one file; a policy of a hundred ladders takes a tenth of it."""


def text_of(path: str | os.PathLike[str]) -> str:
    """The text of a file. Raises OSError, also for what is no regular file (a pipe would be waited for, a device has no
    end) and for what is too large; UnicodeDecodeError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is no regular file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(0, f"it is larger than {MOST_BYTES} bytes")
    return data.decode("utf-8-sig")
