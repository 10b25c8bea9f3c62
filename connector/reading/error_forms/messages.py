"""What a program said in words: a quoted message, one behind "error:", a failed command's own line. Pure."""

from __future__ import annotations

import re

from connector.reading.error_forms.words import form

_SOURCE = (
    r"\b(?:error|logs?|messages?|pop-?up|dialog(?:ue)?|warning|alert|event viewer|exception|fail(?:s|ed|ure)?"
    r"|trace|console|screen|window|banner|prompt|\w{0,20}meldung|\w{0,20}fehler|erreur|mensaje|messaggio|errore|\w{0,20}melding)\b"
)
_SAID = r"\b(?:said|says|saying|show(?:s|ed|ing)?|return(?:s|ed|ing)?|got|get(?:s|ting)?|gives?|gave)"
_IT_SAYS = (
    r"\b(?:it|which|program|app|application|outlook|teams|windows|excel|word|printer|scanner|browser|site|page|portal|popup)"
    r" (?:says|said|shows|showed|reads)"
)
_SENTENCE = r"([^\n]{3,160}?)(?=$|[.;](?:\s|$))"
_LABEL = (
    r"(?<!no )(?<!kein )(?<!sans )(?<!sin )(?<!geen )"
    r"\b(?:error(?: message| text)?|\w{0,20}fehler(?:meldung|text|ursache)?|(?:message d')?erreur|(?:mensaje de )error"
    r"|(?:messaggio (?:di |d'))?errore|fout(?:melding)?|failure reason"
    r"|reason for (?:the )?failure|last error|(?<!an )exception|fatal|panic|ausnahme)"
)
_NOTHING = re.compile(
    r"(?:none|nothing|never|not? (?:errors?|longer|more|any|seen|problems?|issues?|reproduc\w+)|no|n/?a|nil|gone|fixed"
    r"|resolved|solved|cleared|away|see|same|ok(?:ay)?|success|unchanged|as before|keiner?|keines|keine mehr"
    r"|kein(?:e[nrms]?)? (?:fehler|mehr)|nichts|weg|behoben|aucune?(?: erreur| depuis| plus)?|plus|rien"
    r"|ning[uú]n[oa]?(?: error)?|nada|sin|nessuno?(?: errore)?|niente|geen(?: fout(?:en)?| meer)?|niets|0+|-+)"
    r"(?![\w/])",
    re.IGNORECASE,
)
_WHOLE = frozenset({"no", "keine", "aucun", "aucune", "ninguno", "ninguna", "geen", "nessun", "nessuna", "sin", "plus"})
_VERBS = (
    "Add|Clear|Connect|Convert|Copy|Disable|Disconnect|Dismount|Enable|Enter|Export|Find|Get|Grant|Import|Install|Invoke|Join"
    "|Mount|Move|New|Out|Publish|Read|Register|Remove|Rename|Repair|Reset|Resolve|Restart|Restore|Resume|Save|Search"
    "|Select|Send|Set|Start|Stop|Suspend|Sync|Test|Uninstall|Unlock|Update|Write"
)
_PROGRAMS = (
    "apt|bash|cp|cron|crontab|curl|wget|dhcpd|dig|dnf|docker|git|java|kinit|kubectl|ls|mount|mv|named|nginx|node|npm|php|pip|postfix"
    "|python3?|rm|rsync|scp|sftp|sh|smbclient|ssh|sshd|su|sudo|systemctl|systemd|tar|umount|yum"
)
_REFUSED = (
    "cannot|not|n't|unable|denied|insufficient|fail|invalid|error|exception|unauthori|forbidden|missing|time|refused"
    "|expired|went wrong"
)
_REFUSAL = re.compile(
    r"\b(?:cannot|could not|couldn't|can't|unable|denied|insufficient|fail(?:ed|s|ure)?|invalid|error|exception"
    r"|unauthori[sz]ed|forbidden|missing|timed out|timeout|refused|expired|not|no match|went wrong)\b",
    re.IGNORECASE,
)
_BY_ITSELF = (
    "no route to host|connection refused|connection timed out|connection reset by peer|no space left on device"
    "|host key verification failed|network is unreachable|permission denied|device or resource busy"
    "|read-only file system"
)
"""What a system always says in these words, wherever they stand."""

_SYSTEM_SAYS = (
    "permission denied|access denied|no such file or directory|connection refused|connection timed out|no route to host"
    "|operation not permitted|operation timed out|command not found|network is unreachable|device or resource busy"
    "|read-only file system|no space left on device|name or service not known|input/output error|invalid argument"
    "|temporary failure in name resolution|host key verification failed|too many open files|connection reset by peer"
    "|broken pipe|cannot allocate memory|stale file handle|address already in use|segmentation fault"
)


def _says_something(line: str, found: re.Match[str]) -> bool:
    """Whether it is a message: "none", "gone" and "see above" are none, "no route to host" is one."""
    return not is_nothing(found[found.lastindex or 0])


def is_nothing(message: str) -> bool:
    """Whether a message says that there is none."""
    said = message.strip(" .,;:!*_-'\"").casefold()
    if "completed successfully" in said:
        return True
    if (begun := _NOTHING.match(said)) is None:
        return not said
    return begun[0] not in _WHOLE or begun[0] == said


def _is_refused(line: str, found: re.Match[str]) -> bool:
    return _REFUSAL.search(found[1]) is not None


FORMS = (
    form('"', rf"{_SOURCE}[^\"“”„`«»\n]{{0,40}}\"([^\"\n]{{3,200}})\"", _says_something),
    form("“|«|„", rf"{_SOURCE}[^\"“”„`«»\n]{{0,40}}[“«„]([^“”„«»\n]{{3,200}})[“”»]", _says_something),
    form("'|‘", rf"{_SOURCE}[^\"“”„`«»'‘\n]{{0,40}} ['‘]([^'‘\n]{{3,160}})'(?!\w)", _says_something),
    form(
        '"|“',
        rf"(?:{_IT_SAYS}|\b(?:gets?|got|getting|receives))\b[^\"“”„`«»\n]{{0,20}}[\"“]([^\"“”„\n]{{3,200}})[\"”]",
        _is_refused,
    ),
    form("`", rf"(?:{_SOURCE}|{_SAID})[^\"“”`«»\n]{{0,40}}`([^`\n]{{3,200}})`", _says_something),
    form(
        "err|fehler|fout|reason|exception|fatal|panic|ausnahme",
        rf"{_LABEL} ?: ?(?=[^\s\"“„`«]){_SENTENCE}",
        _says_something,
        ":",
    ),
    form(
        "error|fatal",
        rf"(?-i:(?:^|[\[\d|] ?)(?:ERROR|FATAL))\b\]?[ :-]{{1,3}}(?=[^\s:\"“`«-]){_SENTENCE}",
        _says_something,
    ),
    form("error|fatal", rf"(?-i:\b(?:ERROR|FATAL))(?:\]|:| -)[ :-]{{1,3}}(?=[^\s:\"“`«-]){_SENTENCE}", _says_something),
    form("-", rf"(?-i:\b(?:{_VERBS})-[A-Z][A-Za-z]{{1,40}}) ?: {_SENTENCE}", _is_refused, ":"),
    form(_REFUSED, rf"(?<![\w.-])(?:{_PROGRAMS}): {_SENTENCE}", _is_refused, ":"),
    form('"|“', r"^\W{0,3}(?:it )?(?:says|shows) [\"“]([^\"“”„\n]{3,200})[\"”]", _says_something),
    form("error|fehler|erreur", rf"^\W{{0,3}}(?:error|fehler|erreur) [-–] (?=[^\W\d]){_SENTENCE}", _says_something),
    form(_BY_ITSELF, rf"\b(?:{_BY_ITSELF})\b"),
    form(_SYSTEM_SAYS, rf"\b[\w.-]{{2,30}}: (?:[^\n]{{1,80}}?: )?(?:{_SYSTEM_SAYS})\b(?: [^\n.;]{{1,80}})?", shape=":"),
    form(
        "says|said|reads",
        r"\b(?:error(?: message)?|pop-?up|dialog(?:ue)?)[^:\"“„`\n]{0,20} (?:says|said|saying|reads)(?: that)?[ :]{1,2}"
        r"((?-i:[A-Z])[^.;\n\"“”`«»]{7,160})",
        _says_something,
    ),
)
