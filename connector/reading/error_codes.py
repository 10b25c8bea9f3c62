"""Finds error codes and error messages in a text. Pure.

A number alone is no error code: rooms, ports, addresses, prices and phone numbers are numbers too. What counts is
its form (0x80070005), the word before it (HTTP 503, Event ID 1014) or the phrase after it (502 Bad Gateway).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST_LINE = 1000
_END = r"(?!\w)(?![.:,-]\d)"
_PHRASE = (
    r"(?-i:Bad Request|Unauthorized|Payment Required|Forbidden|(?:Page )?Not Found|Method Not Allowed"
    r"|Not Acceptable|Proxy Authentication Required|Request Time-?out|Conflict|Gone|Payload Too Large"
    r"|Too Many Requests|Internal Server Error|Not Implemented|Bad Gateway|Service (?:Temporarily )?Unavailable"
    r"|Gateway Time-?out)"
)
_MESSAGE = r"(?-i:[A-Z])[^.;\n\"“”`«»]{2,120}\.?"
_CODE_NAME = r"(?:(?=[A-Z_-]{0,20}\d)[A-Z0-9]|[A-Z]{2})[A-Z0-9_-]{1,40}\b"
_ANSWERED = (
    r"\b(?:said|says|saying|show(?:s|ed|ing)?|return(?:s|ed|ing)?|respond(?:s|ed)?|got|get(?:s|ting)?|gives?|gave"
    r"|receiv(?:es?|ed|ing))"
)
_SOURCE = (
    r"\b(?:error|logs?|messages?|pop-?up|dialog(?:ue)?|warning|alert|event viewer|exception|fail(?:s|ed|ure)?"
    r"|trace|console|screen)\b"
)
_SENTENCE = r"([^\n]{3,160}?)(?=$|[.;](?:\s|$))"

_45 = ("4", "5")
_FORMS = tuple(
    (frozenset(needs), re.compile(form, re.IGNORECASE))
    for needs, form in (
        # Windows codes: as hexadecimal, and as the negative number that they also are
        (("0x",), r"\b0x(?:[0-9a-f]{16}|[0-9a-f]{8})\b"),
        (("0x",), r"\bstop[ :]{1,2}0x[0-9a-f]{2,8}\b"),
        (("-214",), r"(?<![\w.-])-214\d{7}\b"),
        # HTTP status: after the word, before its phrase, or in somebody's answer
        (
            ("http",),
            r"\bHTTP(?:/\d(?:\.\d)?)?(?:[ -](?:status|error|response|code))*"
            rf"[ :=#]{{1,3}}[1-5]\d\d{_END}(?: {_PHRASE})?",
        ),
        (_45, rf"(?<![\w.:/$€£#@-])[45]\d\d {_PHRASE}"),
        (
            _45,
            rf"{_ANSWERED}(?: with)?(?: an?| the)?:? ([45]\d\d{_END}(?: {_MESSAGE}| (?:error|response|status)\b"
            r"|(?=\s*(?:[.,;:!)]|$|(?:from|on|when|for|in|and|after|while)\b))))",
        ),
        # a number or name that is called an error, a status or a code
        (
            ("status", "error", "response"),
            rf"\b(?:status|error|response)[ :=#]{{1,2}}(?:no\.? ?|number )?-?\d{{1,10}}{_END}(?: {_MESSAGE})?",
        ),
        (
            ("code",),
            r"\b(?:exit|exited with|return|error|result|status|stop|fault|reason|response|bug ?check)[ -]codes?"
            rf"(?: (?:is|was|of))?[ :=#]{{1,3}}(?-i:-?\d{{1,10}}{_END}|{_CODE_NAME})(?: {_PHRASE})?",
        ),
        (("errno", "hresult"), r"\b(?:errno|hresult)[ :=]{1,3}-?\d{1,10}\b"),
        # the numbering of particular products and standards
        (("event",), r"\bevent[ _-]?ids?[ :#=]*(?:is |was )?\d{1,5}(?:(?:,? and |, ?| & |/)\d{1,5})*\b"),
        (("sqlstate",), r"\bSQLSTATE[ \[:=]*[0-9A-Z]{5}\b\]?"),
        (
            ("ora-", "tns-", "pls-", "rman-", "aadsts", "caa", "msis"),
            r"\b(?-i:(?:ORA|TNS|PLS|RMAN)-\d{4,5}|(?:AADSTS|CAA|MSIS)\d{4,7})\b",
        ),
        (("2.", "4.", "5."), r"(?<![\w.:/-])[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}\b(?!\.\d)"),
        (
            ("_",),
            r"\b(?-i:(?:ERR|DNS_PROBE|NS_ERROR|NT_STATUS|STATUS|SEC_E|E|SSL_ERROR|CERT)_[A-Z][A-Z0-9_]{2,60})\b",
        ),
        (
            ("econn", "etimedout", "eacces", "enotfound", "epipe", "ehostunreach", "eaddrinuse", "eperm", "enoent"),
            r"\b(?-i:E(?:CONN[A-Z]{3,10}|TIMEDOUT|ACCES|NOTFOUND|PIPE|HOSTUNREACH|ADDRINUSE|PERM|NOENT))\b",
        ),
        (
            ("_",),
            r"\b(?:stop|blue ?screen|bsod|bug ?check)\b[^\n]{0,60}?\b(?-i:([A-Z]{3,20}(?:_[A-Z0-9]{1,20}){2,6}))\b",
        ),
        (("exception", "error"), r"\b(?-i:[A-Z][A-Za-z0-9]{2,60}(?:Exception|Error))\b(?:: [^\n]{1,120})?"),
        # messages: quoted after a word for where they stood, or introduced as an error
        (('"',), rf"{_SOURCE}[^\"“”`«»\n]{{0,40}}\"([^\"]{{3,200}})\""),
        (("“", "«"), rf"{_SOURCE}[^\"“”`«»\n]{{0,40}}[“«]([^“”«»]{{3,200}})[”»]"),
        (("`",), rf"(?:{_SOURCE}|{_ANSWERED})[^\"“”`«»\n]{{0,40}}`([^`]{{3,200}})`"),
        (("error", "fehler", "erreur"), rf"\b(?:error|fehler|erreur)\s?: ?(?=[^\s\"“`«]){_SENTENCE}"),
        (("error", "fatal"), rf"\b(?-i:(?:ERROR|FATAL))\b\]?[ :-]{{1,3}}(?=[^\s:\"“`«-]){_SENTENCE}"),
    )
)
"""Each form with what a line, in lower case, must hold some of: to look for a word takes less than a search."""
_NEEDED = frozenset[str]().union(*(needs for needs, _ in _FORMS))

_HINT = re.compile(r"\d|[\"“`«_]|error|exception|fehler|erreur|fatal", re.IGNORECASE)


def error_spans(line: str) -> list[tuple[int, int]]:
    """Where error codes and messages stand in a line, in order. Of two that overlap the longer one counts."""
    if not _HINT.search(line):
        return []
    spans = {found.span(found.lastindex or 0) for form in _likely(line) for found in form.finditer(line)}
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not chosen or start >= chosen[-1][1]:
            chosen.append((start, end))
        elif end - start > chosen[-1][1] - chosen[-1][0]:
            chosen[-1] = (start, end)
    return chosen


def _likely(line: str) -> list[re.Pattern[str]]:
    """The forms that may be found in a line."""
    lowered = line.casefold()
    present = {word for word in _NEEDED if word in lowered}
    return [form for needs, form in _FORMS if not needs.isdisjoint(present)]


def errors_in(text: str) -> Iterator[str]:
    """The error codes and messages of a text, as they stand there, in order. Very long lines are read in pieces."""
    for line in text.splitlines():
        for start in range(0, len(line), _LONGEST_LINE):
            piece = line[start : start + _LONGEST_LINE]
            for begin, end in error_spans(piece):
                if error := piece[begin:end].strip(" ,;:"):
                    yield error
