"""What the forms of error codes are made of: a number that stands for itself, and what may come after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

END = r"(?!\w)(?![.:,/-]\d)(?! ?[%€$£°])"
"""No number goes on here: neither a version, a time, a date, an address nor a share of something."""

_UNITS = (
    "times|x(?! ?\\d)|mal|male|fois|veces|volte|keer|ms|secs?|seconds?|mins?|minutes?|minuten?|hrs?|hours?|stunden?"
    "|heures?"
    "|horas?|ore|uur|uhr|days?|tagen?|jours?|d[ií]as?|giorni|dagen|weeks?|wochen?|months?|monate?|years?|jahren?"
    "|users?|benutzer|people|pcs?|machines?|computers?|rechner|clients?|devices?|servers?|hosts?|printers?|accounts?"
    "|entries|lines?|rows?|items?|records?|files?|folders?|pages?|mails?|messages?|tickets?|calls?|copies|copied"
    "|warnings?|errors|kb|mb|gb|tb|bytes?|bits?|percent|prozent|euros?|eur|usd|dollars?|am|pm|o'clock|st|nd|rd|th"
    "|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
    "|of \\d{1,9}|out of|von \\d{1,9}|sur \\d{1,9}|de \\d{1,9}|van \\d{1,9}|so far|or so|other|more|weitere"
)
ALONE = rf"{END}(?! ?(?:{_UNITS})\b)(?-i:(?! [A-Z]{{2,3}} \d))"
"""The number counts nothing and is no part of a larger one."""

NOT_ZERO = r"(?!-?0{1,20}(?![\dx]|\.\d))"
NUMBER = rf"{NOT_ZERO}-?\d{{1,10}}{ALONE}"
NUMBERS = rf"{NUMBER}(?:(?:,| ?/| and| &| und| et| y| e| en) ?-?\d{{1,10}}{ALONE}){{0,5}}"

LETTERED = r"(?-i:(?!(?:KB|PC|M3|O3|V)\d)[A-Z]{1,4}-?\d{1,7}(?:-\d{1,5})?[A-Z]?)(?!\w)(?! as\b)"
DOTTED = rf"(?-i:\d{{2,3}}\.[0-9A-F]{{1,4}}(?:\.[0-9A-F]{{2}})?){ALONE}"
DASHED = rf"\d{{1,6}}-\d{{1,5}}{END}(?: ?\(\d{{1,4}}\))?"

_GO_ON = (
    "x|from|on|is|was|comes|came|logged|repeats|when|once|twice|today|yesterday|all|here|there|now|for|in|and|after|while"
    "|at|if|by|as soon|but|then|again|every|each|with|during|since|before|upon|too|code|error|status"
    "|aus|vom?|von|beim?|wenn|und|nach|auf|im|für|du|des|sur|quand|et|après|à|au|dans|pour|del?|en|al|y|cuando|con|da"
    "|su|quando|dopo|bij|op|van|als|na|met"
)
CLOSED = rf"(?=\s{{0,20}}(?:$|[.,;:!?()\]}}\"'“”»|]|[-–—] |(?:{_GO_ON})\b))"
"""The sentence ends here, or goes on about something else: what stood before counts nothing."""

_HTTP = r"(?:4(?:0\d|1[0-8]|2[1-9]|31|40|44|49|51|9[4-9])|5(?:0\d|1[01]|2\d|30|98|99))"
HTTP_STATUS = rf"{_HTTP}(?:\.\d{{1,2}})?"

MESSAGE = r"(?-i:[A-Z])[^.;\n\"“”`«»]{2,120}\.?"

Judge = Callable[[str, re.Match[str]], bool]


SHAPES = {
    "": re.compile(""),
    "1": re.compile(r"\d"),
    "404": re.compile(r"[45]\d\d"),
    "1.1": re.compile(r"\d\.[\dA-F]", re.IGNORECASE),
    "-1": re.compile(r"-\d"),
    ":": re.compile(": ?[^ ]"),
    "AB": re.compile("[A-Z]{2}"),
    "aB": re.compile("[a-z][A-Z]"),
}
"""What a form may need of a line besides a word: a number, a web server's status, a fraction, capitals, a colon."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form, with what a line must hold of it: to look for that takes less than a search.

    One of ``words`` stands in the line in lower case, and its ``shape`` is in it. Of a match the last group counts,
    else all of it; ``holds`` may still say no.
    """

    words: frozenset[str]
    shape: str
    text: str
    holds: Judge

    @property
    def pattern(self) -> re.Pattern[str]:
        """The form as it is looked for, made when it first is: all of them take as long as the rest of a start."""
        return _pattern(self.text)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def one_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


def always(line: str, found: re.Match[str]) -> bool:
    """What needs no second look."""
    return True


def form(words: str, pattern: str, holds: Judge = always, shape: str = "") -> Form:
    """A form from the words it needs, ``|`` between them."""
    return Form(frozenset(words.split("|")), shape, pattern, holds)


def numbered(words: str, pattern: str, holds: Judge = always) -> Form:
    """A form with a number in it."""
    return form(words, pattern, holds, "1")
