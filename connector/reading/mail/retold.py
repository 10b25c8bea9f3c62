"""Where an author retells what somebody else wrote or said: below a line that says so, or in quotes. Pure.

Lines that stand further in are retold below any line that says whose words they are; others, a paragraph of them, only
below one that ends in somebody having written it ("Called Bob, he wrote:"). The words stay words of the note, for it is
the author who tells them; but they are no plan and no command of his.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import islice

from connector.reading.layout.items import is_list_item
from connector.reading.layout.signatures import is_greeting, is_sign_off
from connector.reading.layout.titles import section_titled
from connector.reading.mail.heads import next_written
from connector.reading.mail.words import WROTE

_SAID = (
    r"e-?mail(?:ed|s)|mail(?:ed|s)|messag(?:ed|es)|text(?:ed|s)|repl(?:ied|ies)|answer(?:ed|s)|respond(?:ed|s)|says"
    r"|ask(?:ed|s)|(?:told|tells) (?:me|us)|sagte?|meinte?|antwortete?|mailte?|fragte?|dit|répond(?:u)?|demande"
    r"|dijo|dice|respond(?:ió|io|e)|zei|zegt|antwoordde?|mailde?|vroeg"
)
_MAIL = (
    r"e-?mails?|mails?|messages?|repl(?:y|ies)|answers?|responses?|texts?|sms|voice ?mail|notes?|comments?|words"
    r"|nachricht|antwort|courriel|réponse|correo|mensaje|respuesta|bericht|antwoord"
)
_OF_SOMEBODY = (
    r"her|his|their|client|customer|user|caller|vendor|[^\W\d_][\w-]{0,40}['’]s?|ihre?|seine?|sa|son|su|haar|zijn"
)
_VERB = rf"[^\W\d_][^\s,;]{{0,3}}\s+(?:{WROTE.pattern}|(?:{_SAID})(?!\w))"
_SAYS_SO = re.compile(
    rf"{_VERB}|(?<!\w)(?:{_OF_SOMEBODY})\s+(?:[\w-]{{1,20}}\s+)?(?:{_MAIL})(?!\w)"
    rf"|(?<!\w)(?:{_MAIL})\s+(?:[\w:-]{{1,20}}\s+){{0,2}}(?:from|by|of|von|vom|de|du|van)\s",
    re.IGNORECASE,
).search
_SAYS_SO_AT_LAST = re.compile(rf"(?:{_VERB})\W*$", re.IGNORECASE).search
_OWN = re.compile(
    r"[\W\d_]*(?:I|we|my|our|ich|wir|mein\w*|unser\w*|habe?|je|j['’]ai|nous|mon|notre|yo|nosotros|nuestr[oa]|ik|wij|heb|mijn|onze?)(?!\w)",
    re.IGNORECASE,
).match
"""How a sentence begins in which the author tells what he said himself."""

_PERSON = (
    r"he|she|they|er|sie|il|elle|él|ella|hij|zij|client|customer|user|caller|vendor|supplier|carrier|provider|support"
    r"|colleague|manager|boss|kund(?:e|in)|hersteller|kolleg(?:e|in)|fournisseur|cliente|proveedor|klant|leverancier"
)
_WRITES = (
    rf"(?:hat|heeft)\s+(?:(?:mir|uns|me|ons)\s+)?geschr(?:ie|e)[bv]en|(?!said|geschr){WROTE.pattern}"
    r"|(?:e-?)?mailed|messaged|texted|replied|answered|responded|antwortete|mailte|a répondu|respondió"
    r"|antwoordde|mailde"
)
_PERSON_WROTE = re.compile(
    rf"(?:(?<!\w)(?i:{_PERSON})|(?<!\w)[A-ZÀ-Þ][\w.'’-]{{0,40}})(?:\s\([^()]{{1,40}}\))?\s+(?i:(?:just|then|has)\s+)?"
    rf"(?i:{_WRITES})(?!\w)(?:\s+(?i:me|us|back|again|this|that|today|mir|uns|zurück|terug|nous|the following))*"
    r"(?:,?\s+(?i:to|in|on|by|via|at|from|per|um|im|auf|à|dans|en|op|om)\s+(?:\d{1,2}:\d\d|[^\s,;:]{1,40})(?:\s+[^\s,;:]{1,40}){0,2}"
    r"|,?\s+\d{1,2}[:.h]\d\d)?\s*:$"
).search
_MARKED = re.compile(r"\s*(?:[|\"“„«']|\w{1,3}>)").match
_BEGINS_WITH_TIME = re.compile(r"[\W_]{0,9}(?:\d{1,4}[./-]\d{1,2}[./-]\d{0,4}[ T,]{1,3})?\d{1,2}[:.h]\d\d(?!\d)").match
_OWN_VERB = re.compile(
    rf"(?<!\w)(?:I|we|ich|wir|je|nous|yo|ik|wij)\s+(?:[\w'’]{{1,20}}\s+)?(?:{WROTE.pattern}|(?:{_SAID})(?!\w))",
    re.IGNORECASE,
).search
_SENTENCE_END = re.compile(r"[.!?]\s")
_LONGEST_INTRODUCTION = 120
_MOST_LINES = 60
_MOST_OPENINGS = 20
_CLOSING = {'"': '"', "“": "”", "„": "“”", "«": "»"}
_OPENING = re.compile(r"(?:^|(?<=[\s:,(]))[\"“„«](?=\s?\S)")


def retold_in(lines: Sequence[str], others: Set[int] = frozenset()) -> frozenset[int]:
    """Which of an author's own lines retell; they come indented as they are, ``others``' lines as blank ones."""
    retold: set[int] = set()
    index = 0
    while index < len(lines):
        end = (
            _end_of_quotation(lines, index) or _end_of_indented(lines, index) or _end_of_paragraph(lines, index, others)
        )
        retold.update(range(index + 1, end))
        index = max(end, index + 1)
    return frozenset(retold)


def _introduces(words: str, *, is_quoted: bool = False) -> bool:
    """Whether words say that what follows is somebody else's; without a colon the verb stands right before a quote."""
    said = _SENTENCE_END.split(words.strip())[-1][-_LONGEST_INTRODUCTION:]
    says_so = _SAYS_SO_AT_LAST if is_quoted and not said.endswith((":", ",")) else _SAYS_SO
    return bool(says_so(said)) and not (_OWN(said) or _OWN_VERB(said))


def _end_of_indented(lines: Sequence[str], index: int) -> int:
    """Where the lines end that stand further in below one that introduces them; 0 where there are none."""
    line = lines[index]
    if not line.endswith(":"):
        return 0
    depth, end = _depth(line), next_written(lines, index + 1)
    if not _stands_in(lines, end, depth) or not _introduces(line):
        return 0
    while _stands_in(lines, end, depth):
        below = next_written(lines, end + 1)
        end = below if _stands_in(lines, below, depth) else end + 1
    return end


def _end_of_paragraph(lines: Sequence[str], index: int, others: Set[int]) -> int:
    """Where the paragraph ends that somebody wrote, below a line that ends in saying so; 0 where there is none.

    What begins as a mail goes on to its sign-off. Marks of a quotation decide for themselves.
    """
    if not lines[index].endswith(":") or not _is_written_by_another(lines[index]):
        return 0
    end = next_written(lines, index + 1)
    if end == len(lines) or _MARKED(lines[end]) or not others.isdisjoint(range(index + 1, end + 1)):
        return 0
    is_mail, has_ended = is_greeting(lines[end].strip()), False
    while end < min(len(lines), index + _MOST_LINES) and end not in others and not _begins_another(lines, end, index):
        if not lines[end] and (has_ended or not is_mail):
            break
        has_ended = has_ended or is_sign_off(lines[end].strip())
        end += 1
    return end


def _is_written_by_another(line: str) -> bool:
    said = _SENTENCE_END.split(line.strip())[-1][-_LONGEST_INTRODUCTION:]
    return bool(_PERSON_WROTE(said)) and not (_OWN(said) or _OWN_VERB(said))


def _begins_another(lines: Sequence[str], index: int, head: int) -> bool:
    """Whether a line is the author's again: an entry with a time of its own, a title of the template, the list's next
    item.
    """
    line = lines[index]
    is_sibling = is_list_item(lines[head]) and is_list_item(line) and _depth(line) <= _depth(lines[head])
    return is_sibling or bool(_BEGINS_WITH_TIME(line)) or section_titled(line.partition(":")[0].strip()) is not None


def _stands_in(lines: Sequence[str], index: int, depth: int) -> bool:
    return index < len(lines) and bool(lines[index]) and _depth(lines[index]) > depth


def _depth(line: str) -> int:
    """How far a line stands from the margin; a tab is four blanks wide."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(4))


def _end_of_quotation(lines: Sequence[str], index: int) -> int:
    """Where what was opened with a quotation mark is closed, lines below; 0 where a line opens nothing.

    Where it is never closed it ends with its paragraph.
    """
    mark = _left_open(lines, index)
    if not mark:
        return 0
    last = min(len(lines), index + _MOST_LINES)
    closed = (end + 1 for end in range(index + 1, last) if _is_odd(lines[end], _CLOSING[mark], mark))
    paragraph = (end for end in range(index + 1, last) if not lines[end])
    return next(closed, next(paragraph, last))


def _left_open(lines: Sequence[str], index: int) -> str:
    """The mark of a quotation of somebody else that a line begins and does not end, or nothing."""
    line = lines[index]
    for opening in islice(_OPENING.finditer(line), _MOST_OPENINGS):
        mark, before = opening[0], line[max(0, opening.start() - _LONGEST_INTRODUCTION) : opening.start()].strip()
        if _introduces(before or _line_above(lines, index), is_quoted=True) and _is_odd(line, mark, _CLOSING[mark]):
            return mark
    return ""


def _is_odd(line: str, marks: str, others: str) -> bool:
    """Whether a line has more of these marks than of the others; of straight ones, whether one has no fellow."""
    if marks == others:
        return line.count(marks) % 2 == 1
    return sum(map(line.count, marks)) > sum(map(line.count, others))


def _line_above(lines: Sequence[str], index: int) -> str:
    """The line above that ends with a colon, be there a blank one between."""
    above = next((line for line in reversed(lines[max(0, index - 2) : index]) if line), "")
    return above if above.endswith(":") else ""
