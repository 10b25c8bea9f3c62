"""What process managers make of a line of ``.env``, so that what they put into the environment can be told from what
somebody set there.

They read the same file as we do, by rules of their own, and set what they read: honcho takes out all blanks
("Service Desk" becomes "ServiceDesk"), foreman leaves the comment behind a value in it. Their rules are written out
here; the file is read by nobody here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

from connector.config.env_file import EnvFile

_FOREMAN = re.compile(r"([A-Za-z_0-9]+)=(.*)")


def as_we_read_it(environ: Mapping[str, str], kept: EnvFile) -> dict[str, str]:
    """``environ`` above what ``kept`` sets; but where it holds what a process manager read in that file, our own
    reading counts.
    """
    ours = kept.values
    theirs = set(_readings(kept.text)) if ours else set()
    others = {one: value for one, value in environ.items() if one not in ours or (one, value) not in theirs}
    return {**ours, **others}


def _readings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        yield from _honcho(line)
        yield from _foreman(line)


def _honcho(line: str) -> Iterator[tuple[str, str]]:
    try:
        name, sign, *pieces = shlex.shlex(line, posix=True)
    except ValueError:  # nothing on the line, or a quote that does not end
        return
    if sign == "=" and pieces:
        yield name, "".join(pieces).replace(r"\n", "\n").replace(r"\t", "\t")


def _foreman(line: str) -> Iterator[tuple[str, str]]:
    found = _FOREMAN.fullmatch(line)
    if found is None:
        return
    name, value = found[1], found[2]
    if len(value) > 1 and value[0] == value[-1] == "'":
        value = value[1:-1]
    elif len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1].replace(r"\n", "\n"))
    yield name, value
