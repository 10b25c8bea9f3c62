"""Where in a text a mail begins that somebody else wrote: attributions, blocks of headers, rules, reply markers. Pure.

Languages and mail programs differ in the words, not in the form. An attribution has two of a date, an address and a
verb, and no word of a sentence; a block of headers has values that only a mail's headers have. So a firewall's
``From:`` and a job that "wrote 0 bytes:" are what they are: the author's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import dropwhile, islice
from typing import NamedTuple

from connector.reading.mail.words import (
    ABOVE,
    ANSWER,
    ARTICLE,
    DAYS,
    DONE,
    FIRST_PERSON,
    FORWARDED,
    FROM,
    HAS,
    IS_REQUEST,
    KIND_OF,
    ON_BEHALF,
    OWN_FIRST,
    PARTICIPLE,
    QUOTING,
    SAYS_ABOVE,
    SELF,
    SENT,
    SMALL,
    SUBJECT,
    TO,
    TO_SOMEBODY,
    WROTE,
    is_separator,
)

_LONGEST = 400
_WRAPPED_LINES = 4
_HEADER_LINES = 14
_OUTLOOKS_RULE = 8
_SHORT_LINES = 3
"""Over so many lines a header's value may go on."""


class Head(NamedTuple):
    """The first lines of a mail: up to which line they go. ``is_certain``: what stands below is quoted.

    One that is not only goes with marked lines below it. ``marks_decide``: lines below that are not marked are the
    author's where others are. ``is_own``: what follows is quoted, the head itself is the author's sentence.
    """

    end: int
    is_certain: bool = True
    marks_decide: bool = True
    is_own: bool = False


def head_at(lines: Sequence[str], index: int) -> Head | None:
    """The head that begins at a line, if one does. ``lines`` come without blanks around them."""
    line = _plain(lines[index])
    if not line or len(line) > _LONGEST:
        return None
    if line.startswith(">"):
        return Head(index + 1, marks_decide=False) if _GROUPWISE(line) and _times_in(line) else None
    if _RULE.fullmatch(line):
        return _below_rule(lines, index)
    if is_separator(line):
        below = next_written(lines, index + 1)
        headers = _headers_at(lines, below) if below < len(lines) else None
        return Head(headers.end, marks_decide=not FORWARDED.search(line)) if headers else Head(index + 1)
    if _asks_to_reply_above(line):
        return Head(index + 1)
    return _headers_at(lines, index) or _attribution_at(lines, index)


def _plain(line: str) -> str:
    return line.replace("*", "").replace("：", ":").strip()


def next_written(lines: Sequence[str], index: int) -> int:
    """The first line from that one on that is not blank, as far as it is near."""
    end = min(len(lines), index + _SHORT_LINES)
    while index < end and not lines[index]:
        index += 1
    return index


_GROUPWISE = re.compile(r">{2,}\s[^<>]++(?:<[^<>]++>)?[^<>]++>{2,}").fullmatch

# Rules between an answer and what is answered.

_RULE = re.compile(r"[-–—_=]{3,}")


def _below_rule(lines: Sequence[str], index: int) -> Head | None:
    """Headers below a rule; below a long one of underscores the sender alone says enough."""
    below = next_written(lines, index + 1)
    if below == len(lines):
        return None
    found = _header_in(_plain(lines[below]))
    is_senders = bool(found and found[0] == FROM and found[2] and _is_sender(found[1]))
    is_outlooks = is_senders and lines[index].count("_") >= _OUTLOOKS_RULE
    return _headers_at(lines, below) or (Head(below + 1) if is_outlooks else None)


# "Reply above this line"

_GOES_ON = re.compile(r"(?:\s+(?:to|in order to|um|pour|para|per|om)\s.{1,60})?[\s.!:)\]]*", re.IGNORECASE).fullmatch
_LONGEST_REQUEST, _LONGEST_REST = 140, 40


def _asks_to_reply_above(line: str) -> bool:
    """A line of its own, framed or a request; the label "above this line of switches" is neither."""
    words = line.strip("-–—_=#*~<>[]()|+ \t")
    is_framed = bool(words) and line[0] != words[0] and line[-1] != words[-1]
    if is_framed and SAYS_ABOVE(words):
        return True
    if len(words) > _LONGEST_REQUEST or not (place := ABOVE.search(words)) or not ANSWER.search(words):
        return False
    if is_framed:
        return True
    rest = words[place.end() :]
    return bool(IS_REQUEST(words)) and bool(_GOES_ON(rest) or (len(rest) <= _LONGEST_REST and ANSWER.search(rest)))


# Blocks of headers

_HEADER = re.compile(r"([^\W\d_][^:|\n]{0,24}?)\s*[:|]\s*(.*)").fullmatch
_BARE_HEADER = re.compile(r"(from|to|cc|date|sent|subject)\s+(\S.*)", re.IGNORECASE).fullmatch
_ADDRESS = re.compile(r"(?<![^\s<>()\[\]\"',;:])[^\s<>()\[\]\"',;:@]++@[^\s<>()\[\]\"',;:]+")
_BRACKETED = re.compile(r"[<\[(](?:mailto:)?[^\s<>()\[\]@]++@[^\s<>()\[\]]++")
_IS_ADDRESSED = re.compile(rf"[^;:!?<\[(]{{0,160}}+{_BRACKETED.pattern}|\S+@\S+$").match
_IS_NAME = re.compile(r"[\"'“(\[]?[^\W\d_][^\d:;!?|]{0,80}").fullmatch
_MOST_NAMES = 8
_BETWEEN_HEADERS = re.compile(r"\s(?=[^\W\d_]\w{0,24}:\s)")
_LEAST_SIDE_BY_SIDE = 3


def _headers_at(lines: Sequence[str], index: int) -> Head | None:
    """A block of a mail's headers, with blank lines between them or without, with values that go on below."""
    found: dict[str, str] = {}
    if _are_a_mails(_headers_side_by_side(_plain(lines[index])[:_LONGEST]), has_colons=True):
        return Head(index + 1)
    kind, end, position, has_colons, below = "", index, index, True, 0
    while position < min(len(lines), index + _HEADER_LINES):
        line = _plain(lines[position])[:_LONGEST]
        header = _header_in(line) if line else None
        if header:
            kind, value, has_colon = header
            has_colons, below = has_colons and has_colon, 0
            found.setdefault(kind, value)
            end = position + 1
        elif not found:
            return None
        elif line:
            below += 1
            if below > _SHORT_LINES or not _goes_on(found[kind], line):
                break
            found[kind] = f"{found[kind]} {line}".strip()
            end = position + 1
        position += 1
    return Head(end) if _are_a_mails(found, has_colons=has_colons) else None


def _headers_side_by_side(line: str) -> dict[str, str]:
    """Headers that came into one line, as where an editor has lost the line ends; nothing else may stand between."""
    parts = _BETWEEN_HEADERS.split(line) if line.count(":") >= _LEAST_SIDE_BY_SIDE else []
    headers = [_header_in(part) for part in parts]
    if len(parts) < _LEAST_SIDE_BY_SIDE or None in headers:
        return {}
    return {header[0]: header[1] for header in headers if header}


@lru_cache(maxsize=1024)
def _header_in(line: str) -> tuple[str, str, bool] | None:
    """Which header a line is, its value, and whether a colon stands between."""
    if (found := _HEADER(line)) and (kind := KIND_OF.get(found[1].casefold())):
        return kind, found[2], True
    bare = _BARE_HEADER(line)
    return (KIND_OF[bare[1].casefold()], bare[2], False) if bare else None


def _goes_on(value: str, line: str) -> bool:
    """Whether a header's value is not at its end: it is empty, or names one of several, or an address follows."""
    return (
        not value
        or bool(ON_BEHALF.match(line) or ON_BEHALF.search(value[-_LONGEST_VERB:]))
        or value.endswith((",", ";"))
        or line.startswith("<")
        or bool(_ADDRESS.fullmatch(line.strip("<>;, ")))
    )


def _are_a_mails(found: dict[str, str], *, has_colons: bool) -> bool:
    sender, sent = found.get(FROM, ""), found.get(SENT, "")
    is_addressed, is_dated = bool(_IS_ADDRESSED(sender)), bool(_times_in(sent))
    if not has_colons:
        return is_addressed and is_dated and (TO in found or SUBJECT in found)
    if not sender:
        return is_dated and TO in found and SUBJECT in found
    return _is_sender(sender) and (
        is_dated
        or (TO in found and SUBJECT in found)
        or (is_addressed and (SUBJECT in found or SENT in found))
        or (bool(_BRACKETED.search(sender)) and TO in found)
    )


def _is_sender(value: str) -> bool:
    """Whether a value can be whom a mail is from: an address, or some words without a number."""
    return bool(_IS_ADDRESSED(value) or (_IS_NAME(value) and len(value.split()) <= _MOST_NAMES))


# Attributions

_SAID = re.compile(r"said", re.IGNORECASE).fullmatch
_SAYS_ENOUGH = 5
"""So long a month or day of the week is a day without a number beside it."""

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d\s?年|\d\s?년")
_CLOCK = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d\d(?![.\d])|\d\s?時|\d\s?[ap]\.?m\b", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|\d\s?月|\d\s?월")
_WORD = re.compile(r"[^\s,;()\[\]<>\"“”„«»]+")
_MAY_BE = re.compile(r"\d|@|<").search
_WROTE_LAST = re.compile(rf"(?:{WROTE.pattern})$", re.IGNORECASE).search
_LONGEST_VERB = 30


def _attribution_at(lines: Sequence[str], index: int) -> Head | None:
    """``On <date> <somebody> <address> wrote:``, in whatever order and language, also wrapped over several lines."""
    first = _plain(lines[index])
    is_wrapped = index + 1 < len(lines) and lines[index + 1].startswith("<") and len(first.split()) <= _MOST_NAMES
    if not (is_wrapped or _MAY_BE(first) or WROTE.search(first)):
        return None
    parts: list[str] = []
    for end in range(index, min(len(lines), index + _WRAPPED_LINES)):
        line = _plain(lines[end])
        if not line or line.startswith(">") or sum(map(len, parts)) + len(line) > _LONGEST:
            return None
        parts.append(line)
        if not _may_end(line):
            continue
        found = _attribution(" ".join(parts))
        is_whole = end == index or is_wrapped or _begins_dated(first)
        if not found or (not is_whole and any(_attribution(" ".join(parts[n:])) for n in range(1, len(parts)))):
            return None
        return found._replace(end=end + 1)
    return None


def _may_end(line: str) -> bool:
    bare = line.rstrip(_FRAME)
    return bare.endswith(":") or line.endswith("-") or bool(_WROTE_LAST(bare, max(0, len(bare) - _LONGEST_VERB)))


_FRAME = " -–—_=>\"'«»"
_CERTAIN, _LIKELY, _TOLD = Head(0), Head(0, is_certain=False), Head(0, is_own=True)


def _attribution(line: str) -> Head | None:
    """Whether a line says who wrote what follows. Its end is not told yet."""
    bare = line.strip(_FRAME)
    core = bare.rstrip(": ")
    wrote = WROTE.search(core)
    has_end = bare.endswith(":") or (line.startswith("--") and line.endswith("--"))
    if not has_end and not (wrote and wrote.end() == len(core)):
        return None
    if wrote and _is_the_authors(core, wrote):
        return None
    times = _times_in(core)
    if "@" in core and _ADDRESS.search(core):
        return _addressed(core, wrote, times, has_end=has_end)
    if not wrote or not has_end:
        return None
    names, strange = _words_of(f"{core[: wrote.start()]} {core[wrote.end() :]}")
    is_login = len(strange) == 1 and strange[0] not in SELF and wrote.start() > 0 and {"year", "clock"} <= times
    if bool(names) == bool(strange) or (strange and not is_login) or _is_a_thing(core[wrote.end() :]):
        return None
    least = _ALL_TIMES if _SAID(wrote[0]) else 1
    is_dated = len(times) >= least and times != _BY_HAND
    return _CERTAIN if is_dated or line.startswith("--") else _LIKELY


def _is_the_authors(core: str, wrote: re.Match[str]) -> bool:
    """Whether the author tells what he wrote himself ("09:12 Wrote to Carla:"): he says "I", or names no writer."""
    before, behind = core[: wrote.start()], core[wrote.end() :]
    if FIRST_PERSON.intersection(_tokens(before)[-_FIRST_WORDS:] + _tokens(behind)[:1]):
        return True
    first = next((word for word in _tokens(before) if _is_of_a_sentence(word)), "")
    if not first and "@" not in before:
        return bool(OWN_FIRST(wrote[0]) or TO_SOMEBODY(behind))
    return bool(DONE.fullmatch(first)) or bool(PARTICIPLE(wrote[0]) and not HAS(before))


def _is_a_thing(behind: str) -> bool:
    """Whether it is no person that wrote: an article stands behind the verb, or a number that is no time."""
    return bool(ARTICLE(behind)) or (any(map(str.isdigit, behind)) and not _times_in(behind))


def _addressed(core: str, wrote: re.Match[str] | None, times: set[str], *, has_end: bool) -> Head | None:
    """An attribution that has an address: the verb may be in any language, then."""
    bracketed = _BRACKETED.search(core)
    if wrote is None:
        if not has_end or not bracketed:
            return None
        name = re.split(r"\d", core[: bracketed.start()])[-1]
        strange = _words_of(name)[1]
        is_sentence = len(strange) > 1 or any(map(str.isascii, strange)) or bool(DONE.search(name))
        if QUOTING(core) or ("clock" in times and len(times) >= _TWO_TIMES and not is_sentence):
            return _CERTAIN
        return None if is_sentence else _LIKELY
    if _words_of(core[wrote.end() :])[1] or (_SAID(wrote[0]) and len(times) < _TWO_TIMES):
        return None
    is_sentence = bool(_words_of(core[: wrote.start()])[1])
    if not has_end:
        return _CERTAIN if len(times) >= _TWO_TIMES and not is_sentence else None
    if _begins_dated(core) or not is_sentence:
        return _CERTAIN
    return _TOLD if bracketed else None


def _words_of(text: str) -> tuple[list[str], list[str]]:
    """The words of names, and those of a sentence: lower-case ones that no date and no attribution has."""
    names: list[str] = []
    strange: list[str] = []
    for word in _tokens(_ADDRESS.sub(" ", text)):
        if word in SELF:
            strange.append(word)
        elif _is_of_a_sentence(word):
            (strange if word[0].islower() else names).append(word)
    return names, strange


def _is_of_a_sentence(word: str) -> bool:
    """Whether a word is neither of a date nor one that stands around it."""
    return word[0].isalpha() and not (any(map(str.isdigit, word)) or _is_small(word))


def _tokens(text: str) -> list[str]:
    return list(filter(None, (word.strip(".:'’*-–—/") for word in _WORD.findall(text))))


def _is_small(word: str) -> bool:
    folded = word.casefold()
    return folded in SMALL or folded in DAYS


def _begins_dated(line: str) -> bool:
    """Whether a day stands right at a line's beginning, behind "On" and its like."""
    first = dropwhile(lambda word: word.casefold() in SMALL, _tokens(line)[:_FIRST_WORDS])
    return any(word[0].isdigit() or word.casefold() in DAYS for word in islice(first, 1))


def _times_in(text: str) -> set[str]:
    """Which parts of a time a text tells: the year, the day, the time of day."""
    found = {part for part, pattern in (("year", _YEAR), ("clock", _CLOCK), ("day", _DAY)) if pattern.search(text)}
    words = _tokens(text) if "day" not in found else []
    for index, word in enumerate(words):
        if word.casefold() in DAYS:
            around = "".join(words[max(0, index - 1) : index + 2])
            if len(word) >= _SAYS_ENOUGH or any(map(str.isdigit, around)):
                found.add("day")
    return found


_FIRST_WORDS = 5
_TWO_TIMES, _ALL_TIMES = 2, 3
_BY_HAND = {"clock"}
"""What people write before an entry; a mail program tells the day as well."""
