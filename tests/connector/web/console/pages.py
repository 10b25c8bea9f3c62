"""Pages of the console as tests read them."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

PAGE = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
"""What a browser accepts."""


def words_of(answer: TestResponse) -> str:
    """What a page says, without its markup."""
    words = " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())
    return re.sub(r" (?=[.,:;)])", "", words)


def elements_with(text: str, attribute: str) -> list[str]:
    """The values of an attribute wherever a page has it."""
    return re.findall(rf'\s{attribute}="([^"]*)"', text)
