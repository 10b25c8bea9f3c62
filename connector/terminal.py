"""What is shown on a terminal: without secrets, and without signs that a terminal would obey.

Words come from clients and ticket systems: a control sequence in them could hide, move or rewrite what stands on the
screen, and a bidirectional one turn it around. ``shown`` is for lines, ``shown_json`` for documents, ``cell`` for a
field of a table that may be opened in a sheet.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from connector.redaction import redacted, redacted_all

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FORMULA = re.compile(r'\s*(?:["=+@\uff1d\uff0b\uff20\uff0d]|-(?![\d.]*$))')
_BREAKS = re.compile(r"[\t\n\r]+")


def shown(text: object) -> str:
    """A text as a terminal may have it. Line ends and tabs stay; what it would obey, and half characters, are replaced
    by the sign for that.
    """
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", redacted(str(text).replace("\r\n", "\n")))


def shown_json(data: object, indent: int | None = None) -> str:
    """A document as JSON that every terminal, file and reader takes: such signs are escaped, and so not lost."""
    written = json.dumps(redacted_all(data), ensure_ascii=False, indent=indent, default=_plain)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def cell(text: str) -> str:
    """A text as a field of a line of fields, be it opened in a sheet: no tab, no line end, no formula, also
    not behind a quote mark or blanks, which a sheet may take away, and not in wide signs.
    """
    field = shown(_BREAKS.sub(" ", text))
    return f"'{field}" if _FORMULA.match(field) else field


def tell_crashes_without_secrets() -> None:
    """Have what nobody caught, in any thread, told on standard error like everything else: redacted."""
    # Whatever the terminal's encoding lacks is told by its number instead of raising, as JSON has it.
    codecs.register_error("escaped", _escaped)
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="escaped")
    sys.excepthook = _told
    threading.excepthook = lambda crash: _told(crash.exc_type, crash.exc_value, crash.exc_traceback)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _told(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, SystemExit):
        return
    sys.stderr.write(shown("".join(traceback.format_exception(kind, error, trace))))


def _plain(value: object) -> str:
    return redacted(str(value))
