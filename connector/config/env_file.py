"""The file ``.env``: ours alone, so that every line of it is asked whether it says something that we understand.

What a line holds is never told, only its number, and a name that can be no secret.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from connector.config.files import text_of
from connector.errors import ConfigError

_A_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,59}|[a-z][a-z_]{0,59}", re.ASCII)
_LINE_ENDS = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What a file sets, as it stands there: the values by name, and the line of each name; and its whole text."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    text: str = field(default="", repr=False, compare=False)

    def told(self, variable: str) -> str:
        """A name that is set there and is none of ours, with its place."""
        return f"{self.name}, line {self.lines[variable]}: {_shown(variable)}"


NO_FILE = EnvFile()


def read_env_file(path: Path) -> EnvFile:
    """What a file sets; nothing where there is none. Raises ConfigError with every line that cannot be understood."""
    name = str(path)
    if not _exists(path):
        return EnvFile(name)
    try:
        return env_file_of(name, text_of(path))
    except ValueError as error:
        raise ConfigError([f"{name} in {path.absolute().parent} {error}"]) from None


def env_file_of(name: str, text: str) -> EnvFile:
    """What a text sets that is, or is to be, the file of that name. Raises ConfigError as ``read_env_file``."""
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems = []
    for one in bindings:
        line = _line(one)
        if one.error:
            problems.append(
                f"{name}, line {line}: cannot be read: expected NAME=value, and a quote that is opened to be closed"
            )
        elif one.key is not None and one.value is None:
            problems.append(f"{name}, line {line}: sets nothing: expected NAME=value")
        elif one.key is not None and one.key in lines:
            problems.append(
                f"{name}, line {line}: {_shown(one.key)} is set in line {lines[one.key]} already: take one of them out"
            )
        elif one.key is not None:
            values[one.key], lines[one.key] = one.value or "", line
    if problems:
        raise ConfigError(problems)
    return EnvFile(name, values, lines, text)


def _exists(path: Path) -> bool:
    """Whether it is there, or cannot be asked for: that is a fault to be told of."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _shown(variable: str) -> str:
    """A name, unless it is a piece of something else: of a key that was pasted in several lines, for one."""
    return variable if _A_NAME.fullmatch(variable) else "a name (not told, as no variable is called like that)"


def _line(binding: Binding) -> int:
    """The line in which a binding begins, behind the empty ones that the parser counts to it."""
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    return binding.original.line + len(_LINE_ENDS.findall(blank))
