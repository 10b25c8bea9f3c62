"""The files that the environment names, and ``.env``: read as text, never waited for, and no larger than is allowed."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 1024 * 1024
"""Of one file; a policy of a hundred ladders takes a tenth of it."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def text_of(path: str | os.PathLike[str], most: int = MOST_BYTES) -> str:
    """The text of a file, without a byte order mark. Raises ValueError: why there is none, and what to do, as
    the end of a sentence. So for what is no regular file, too: a pipe would be waited for, a device has no end.

    Never with what the file holds, nor with its path: both may be a secret.
    """
    try:
        data = _read(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), most + 1)
    except FileNotFoundError:
        raise ValueError("is not there: make it, or correct its path") from None
    except PermissionError:
        raise ValueError("may not be read by the account that runs escalator: give it that right") from None
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from None
    if len(data) > most:
        raise ValueError(f"is larger than {most // 1024} KiB: it is hardly the file that is meant")
    return _decoded(data)


def _read(descriptor: int, most: int) -> bytes:
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ValueError(f"is {_kind(mode)}, not a file with text: put one in its place")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "no ordinary file"


def _decoded(data: bytes) -> str:
    if data.startswith(_UTF_16) or b"\0" in data:
        raise ValueError("is no UTF-8 text, but UTF-16 or no text at all: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"is no UTF-8 text (line {line}): save it as UTF-8") from None
