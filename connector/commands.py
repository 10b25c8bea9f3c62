"""What people say to the connector in notes: for now, the line that records a diagnosis plan. Pure.

Only what an author wrote himself counts: quoted replies, forwarded mail and code are somebody else's words.
Whether an author may say it (an agent, not a client) is for the caller to decide. The commands ``/escalate`` and
``/override`` belong here too, once they are built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from connector.texts import to_text

SECTIONS = (
    "Steps attempted",
    "Error codes",
    "Research",
    "Internal discussions",
    "Missing permissions",
    "Next steps",
)
"""The sections of the template that a technician may write himself."""

PLAN, OTHER, FREE = "plan", "other", ""
"""What else the lines of a note can be: the diagnosis plan, another section of the template, free text."""

_COMMAND = re.compile(r"/[a-z]+\b(?!/)", re.IGNORECASE)
_BULLETS = " \t-*•·‣◦–—+#_~"
_LIST_ITEM = re.compile(r"(?:[-*•·‣◦–+]|\d{1,2}[.)])\s")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+")
_HEADING = re.compile(
    r"(?P<plan>(?:diagnosis\s+)?plan)|(?P<steps>steps\s+(?:attempted|taken|tried))"
    r"|(?P<errors>error\s+(?:codes?|messages?))|(?P<research>research)"
    r"|(?P<talks>internal\s+discussions?)|(?P<rights>missing\s+permissions?)|(?P<next>next\s+steps?)"
    r"|(?P<other>new\s+plan|issue|reason\s+for\s+escalation|client)",
    re.IGNORECASE,
)
_COLON = re.compile(r"\s*[*_]*\s*[:：]\s*[*_]*\s*")
_SECTION_OF = dict(zip(("steps", "errors", "research", "talks", "rights", "next"), SECTIONS, strict=True))
_NO_PLAN_YET = frozenset({"tbd", "tba", "none", "none yet", "n/a", "na", "todo", "to do", "to follow", "pending"})

_FENCES = ("```", "~~~")
_FORWARDED = re.compile(
    r"-{2,}\s*(?:original (?:message|appointment)|forwarded message|(?:ursprüngliche|weitergeleitete) nachricht"
    r"|originalnachricht|message (?:d['’]origine|original|transféré)|mensaje original|messaggio originale"
    r"|oorspronkelijk bericht)\s*-{2,}|begin forwarded message:|anfang der weitergeleiteten nachricht"
    r"|début du message (?:réexpédié|transféré)",
    re.IGNORECASE,
)
_WROTE = re.compile(r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef)\b", re.IGNORECASE)
_WROTE_HEAD = re.compile(r"(?:on|am|le|el|il|op)\s", re.IGNORECASE)
_WRITTEN_AT = re.compile(r"\b\d{4}\b|\d[:./]\d")
_FROM = re.compile(r"(?:from|von|de|da|van)\s*:\s*\S", re.IGNORECASE)
_MAIL_HEADER = re.compile(
    r"(?P<proof>sent|date|subject|gesendet|datum|betreff|envoyé|objet|enviado|fecha|asunto|inviato|oggetto"
    r"|verzonden|onderwerp)\s*:|(?:to|cc|bcc|reply-to|importance|an|à|para|a|aan)\s*:",
    re.IGNORECASE,
)
_WRAPPED_LINES = 3
_HEADER_LINES = 5
_LONGEST_ATTRIBUTION = 400


def own_lines(text: str) -> list[str]:
    """The lines that the author wrote himself, stripped; blank ones stay as empty strings.

    Left out: lines that start with ``>``, block quotes, fenced code, and all that follows a reply separator.
    """
    lines = [line.strip() for line in to_text(text).splitlines()]
    kept: list[str] = []
    fence = ""
    for index, line in enumerate(lines):
        if fence:
            if line.startswith(fence) and not line.strip(fence[0]):
                fence = ""
        elif line.startswith(_FENCES) and line[0] not in line.lstrip(line[0]):
            fence = line[: len(line) - len(line.lstrip(line[0]))]
        elif _starts_reply(lines, index):
            break
        elif not line.startswith(">"):
            kept.append(line)
    return kept


def plan_in(text: str) -> str | None:
    """The diagnosis plan that a note records, as one line, or None.

    A plan is a line starting with ``Plan:`` or ``Diagnosis plan:`` together with the rest of its paragraph (a list
    right below it counts). Nothing after the colon, or a placeholder such as "tbd", is no plan.
    """
    if "plan" not in text.lower():
        return None
    for label, lines in labelled(own_lines(text)):
        plan = " ".join(lines).strip() if label == PLAN else ""
        if any(map(str.isalnum, plan)) and plan.strip(" .…?!-").casefold() not in _NO_PLAN_YET:
            return plan
    return None


def sections_in(text: str) -> dict[str, list[str]]:
    """The template's sections that a note holds: heading as in ``SECTIONS`` to its lines, without bullets."""
    found: dict[str, list[str]] = {}
    for label, lines in labelled(own_lines(text)):
        if label in SECTIONS and lines:
            found.setdefault(label, []).extend(lines)
    return found


def labelled(lines: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Own lines, put together with what they belong to: one of ``SECTIONS``, ``PLAN``, ``OTHER`` or ``FREE``.

    A section runs to the next heading or command, a plan to the end of its paragraph. The lines of each come without
    bullets and blank ones; commands are left out.
    """
    label, held = FREE, list[str]()
    for index, line in enumerate(lines):
        heading, rest = _heading(line)
        is_over = _COMMAND.match(line) or (not line and label in (PLAN, OTHER))
        if not heading and is_over and not held and _LIST_ITEM.match("".join(lines[index + 1 : index + 2])):
            continue  # the list right below a heading is its content
        if heading or is_over:
            yield label, held
            label, held = heading or FREE, [rest] if rest else []
        elif line:
            held.append(without_bullet(line))
    yield label, held


def without_bullet(line: str) -> str:
    """A list item without its bullet or number."""
    bare = line.lstrip(_BULLETS) if _LIST_ITEM.match(line) else line
    number = _NUMBER.match(bare)
    return bare[number.end() :] if number else bare


def _heading(line: str) -> tuple[str, str]:
    """What a line is the heading of, with what follows on the line; two empty strings when it is none."""
    bare = line.lstrip(_BULLETS)
    if number := _NUMBER.match(bare):
        bare = bare[number.end() :].lstrip(_BULLETS)
    found = _HEADING.match(bare)
    if not found or found.lastgroup is None:
        return "", ""
    kind = found.lastgroup
    label = _SECTION_OF.get(kind, kind)
    if colon := _COLON.match(bare, found.end()):
        return label, bare[colon.end() :].strip("*_ ")
    is_title = line.startswith(("#", "**", "__")) and kind != PLAN and not bare[found.end() :].strip("*_# ")
    return (label, "") if is_title else ("", "")


# --- replies --------------------------------------------------------------------------------------------------


def _starts_reply(lines: Sequence[str], index: int) -> bool:
    """Whether from this line on a mail is quoted that somebody else wrote."""
    line = lines[index].replace("*", "").strip()
    return bool(
        line
        and (
            _FORWARDED.match(line)
            or (_FROM.match(line) and _is_header_block(lines, index + 1))
            or ((_WROTE_HEAD.match(line) or "@" in line) and _is_attribution(lines, index))
        )
    )


def _is_attribution(lines: Sequence[str], index: int) -> bool:
    """``On <date> <somebody> wrote:``, also wrapped over several lines."""
    joined = ""
    for line in lines[index : index + _WRAPPED_LINES]:
        joined = f"{joined} {line}".strip()
        if len(joined) > _LONGEST_ATTRIBUTION:
            return False
        if joined.rstrip("*_ ").endswith(":"):
            is_dated = _WROTE_HEAD.match(joined) and _WRITTEN_AT.search(joined)
            return bool((is_dated or "@" in joined) and _WROTE.search(joined))
    return False


def _is_header_block(lines: Sequence[str], start: int) -> bool:
    """Whether mail headers follow; a "From" and a "To" alone may as well be a firewall rule."""
    for line in lines[start : start + _HEADER_LINES]:
        header = _MAIL_HEADER.match(line.replace("*", "").strip())
        if header and header["proof"]:
            return True
        if line and not header:
            return False
    return False
