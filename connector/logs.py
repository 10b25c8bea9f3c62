"""Logging: structured lines, the event's name first, secrets masked; the standard library's loggers included.

Text for people on a terminal, one JSON object a line elsewhere. Everything goes to one stream, standard error by
default, so that standard output is left to a command's answer. A value is clipped, then masked: what masking takes does
not depend on how long it was. Of an exception the message is shown only where its kind never holds what somebody sent.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO

from connector.errors import ConnectorError
from connector.redaction import MASK, redacted


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """``import module`` fails meanwhile, unless it was imported before."""
    is_here = module in sys.modules
    if not is_here:
        sys.modules[module] = None  # type: ignore[assignment]  # the documented way to make an import fail
    yield
    if not is_here:
        del sys.modules[module]


# It loads rich and pygments wherever they are installed, for a rendering of exceptions that is not used here: each
# start would take twice as long.
with _absent("rich"):
    import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, ExcInfo, Processor

FIRST = ("event", "ticket", "connection", "decision", "delivery")
"""The keys that lead a line, in this order."""

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|authori[sz]ation|cookie|credential|signature$|(^|[_-])(api)?key$",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # name=value and "name": "value", as in queries and in printed mappings
    re.compile(
        r"(?P<keep>(?:token|secret|passw(?:or)?d|api_?key|private_?key|client_?id)['\"]?\s*+[=:]\s*+['\"]?)[^\s&'\",;)}]++",
        re.IGNORECASE,
    ),
    # user:password@ of an address
    re.compile(r"(?P<keep>://[^\s/:@]*+:)[^\s/@]++(?=@)"),
    # what an Authorization header holds
    re.compile(r"(?P<keep>\b(?:Basic|Bearer)\s++)[\w+/=.~-]{8,}+", re.IGNORECASE),
    # a token of our own API, wherever it stands
    re.compile(r"(?P<keep>\besct_)[\w-]{20,}+", re.ASCII),
)
_SIGNS_OF_SECRETS = ("token", "secret", "passw", "key", "client", "://", "basic", "bearer", "esct_")
"""A text without any of these, case-folded, holds nothing of the above: to look for them takes little time."""

_BLANK = re.compile(r"\s")
_MOST_CAUSES = 20
_HEAD, _TAIL = 6000, 4000
"""Of a longer text so many characters are logged, from its beginning and its end."""

_SHOWS_NO_DATA = (
    ConnectorError,
    OSError,
    AttributeError,
    TypeError,
    NameError,
    ImportError,
    RuntimeError,
    AssertionError,
    MemoryError,
)
"""The messages of these are the program's own words; those of others (KeyError, ValueError) quote what was read."""

_OF_A_DATABASE = "OperationalError"
"""The library's and each driver's class of that name: no connection, a lock, no space."""


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def configure(level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Send all logging, structlog's and the standard library's, to ``stream`` (standard error by default).

    ``level``: debug, info, warning, error. ``form``: text, json or auto: text on a terminal. May be called
    again; the last call counts.
    """
    target = sys.stderr if stream is None else stream
    is_terminal = target.isatty()
    automatic = LogFormat.TEXT if is_terminal else LogFormat.JSON
    chosen = automatic if form == "auto" else LogFormat(form)
    shared = _shared_processors()
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(traceback_of),
                mask_secrets,
                in_order,
                _renderer(chosen, use_colors=is_terminal),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Their own lines of every connection and statement tell nothing that ours do not.
    for name in ("urllib3", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def mask_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Mask whatever looks like a secret, by its name or by its text, at any depth."""
    return {redacted(str(name)): masked(value, str(name)) for name, value in event.items()}


def in_order(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The event's name first, then what it is about, then the rest as given."""
    return {name: event[name] for name in (*(n for n in FIRST if n in event), *(n for n in event if n not in FIRST))}


def masked(value: object, name: str = "") -> Any:
    """``value`` as it may be logged under ``name``."""
    if name and _is_secret_name(name) and value not in (None, "", False, True):
        return MASK
    match value:
        case int() | float() | None:
            return value
        case str():
            value = _clipped(redacted(value))  # first: a clip could leave half of a secret
            if not any(map(value.casefold().__contains__, _SIGNS_OF_SECRETS)):
                return value
            for pattern in _SECRET_TEXT:
                value = pattern.sub(lambda found: found["keep"] + MASK, value)
            return value
        case Mapping():
            return {redacted(str(key)): masked(item, str(key)) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [masked(item) for item in value]
        case BaseException():
            return masked(_message_of(value))
    return masked(str(value))


def traceback_of(exc_info: ExcInfo) -> str:
    """A traceback, what led to it first, without the words of exceptions that quote what was read (``_message_of``)."""
    shown = list[str]()
    error: BaseException | None = exc_info[1]
    while error is not None and len(shown) < _MOST_CAUSES:
        calls = "".join(traceback.format_tb(error.__traceback__))
        shown.append(f"Traceback (most recent call last):\n{calls}{type(error).__name__}: {_message_of(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nand then:\n\n".join(reversed(shown))


def _message_of(error: BaseException) -> str:
    """An exception's message, where its kind never quotes what was read: that may be a client's text."""
    is_shown = isinstance(error, _SHOWS_NO_DATA) or type(error).__name__ == _OF_A_DATABASE
    return str(error) if is_shown else "(its message is not logged: it may quote what was read)"


def _clipped(text: str) -> str:
    """The beginning and the end of a long text; of a word that is cut through, nothing is left at the end's side."""
    if len(text) <= _HEAD + _TAIL:
        return text
    left_out = len(text) - _HEAD - _TAIL
    words = _BLANK.split(text[-_TAIL:], maxsplit=1)
    return f"{text[:_HEAD]} … ({left_out} characters left out) … {words[1] if len(words) > 1 else ''}"


@lru_cache(256)
def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]


def _renderer(form: LogFormat, *, use_colors: bool) -> Processor:
    match form:
        case LogFormat.JSON:
            return structlog.processors.JSONRenderer(default=str, sort_keys=False, ensure_ascii=False)
        case LogFormat.TEXT:
            return structlog.dev.ConsoleRenderer(
                colors=use_colors,
                sort_keys=False,
                timestamp_key="at",
                # Never the kind that prints local variables: they hold what must not be logged.
                exception_formatter=structlog.dev.plain_traceback,
            )
