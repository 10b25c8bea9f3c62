"""Characters that nobody sees and that do harm: taken away before anything reads a text. Pure."""

from __future__ import annotations

import re

NEVER_SEEN = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""Characters, for a class of a regular expression, that show nothing or turn the text around them."""

CONTROL = r"\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"
"""Those that steer a terminal or a printer and are no line ends, for a class as well."""

_COLOUR = rf"\x1b\[[0-9;?]{{0,20}}[@-~]|[{CONTROL}]"
"""What a terminal takes for a colour goes as a whole: pasted output is full of them."""

_STEERING = re.compile(_COLOUR)
_INVISIBLE = re.compile(rf"{_COLOUR}|[{NEVER_SEEN}]")


def visible(text: str) -> str:
    """The text without characters that show nothing, turn the text around them or steer a terminal."""
    return (_STEERING if text.isascii() else _INVISIBLE).sub("", text)
