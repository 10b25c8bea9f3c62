"""Codes that are known by their own form: 0x80070005, ORA-12154, ERR_CONNECTION_RESET, SocketTimeoutException. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from connector.reading.error_forms.words import ALONE, END, form, numbered, one_of

_FAILURES = one_of(
    "ABORT ABORTED BAD BLOCKED CANCELED CANCELLED CANNOT CLOSED CONFLICT CORRUPT CORRUPTED CORRUPTION CRASH CRITICAL"
    " DENIED DIED DISCONNECTED ERR ERROR EXCEEDED EXCEPTION EXPIRED FAIL FAILED FAILURE FATAL FAULT FORBIDDEN HANDLED"
    " INACCESSIBLE INCORRECT INSUFFICIENT INVALID IRQL LOCKED MISMATCH MISSING NONPAGED NOTFOUND NXDOMAIN OVERFLOW"
    " OVERRUN PANIC REFUSED REJECTED RESET REVOKED SUCH TIMEDOUT TIMEOUT UNABLE UNAUTHORIZED UNAVAILABLE"
    " UNCORRECTABLE UNDEFINED UNEXPECTED UNHANDLED UNKNOWN UNMOUNTABLE UNREACHABLE UNRECOVERABLE UNSUPPORTED UNTRUSTED"
    " VETO VIOLATION WATCHDOG WRONG REMOVED"
)
_PAIRS = (
    ("NOT", "FOUND"),
    ("TIMED", "OUT"),
    ("NOT", "LESS"),
    ("TOO", "LONG"),
    ("TOO", "MANY"),
    ("NOT", "ALLOWED"),
    ("NOT", "RESPOND"),
)
_FIRST = ("ERR", "NT", "STATUS", "SEC", "SSL", "NS", "DNS", "E", "RPC", "KDC", "KRB", "ERROR", "CERT", "X509", "PR")
_SETTINGS = one_of(
    "ALLOW BACKUP CODE CODES COUNT DIR ENABLE ENV FILE FOLDER GROUP GRP HANDLER LAST REPORT REPORTS TABLE TESTS"
    " LEVEL LIMIT LOG LOGS MAX MIN NAME NUM PATH REPLY"
    " RETRIES RO ROLE RW SECONDS SET SHARE SRV URL USERS VLAN"
)
_KNOWN = frozenset({"MEMORY_MANAGEMENT", "NTFS_FILE_SYSTEM"})
_STOPPED = re.compile(
    r"\b(?:stop(?:p?[ -]?code)?|blue ?screen|bsod|bug ?check|[eé]cran bleu|pantallazo|blauw scherm|schermata blu)\b",
    re.I,
)
_LABELS = one_of("model serial s/n type part tag asset sku voucher licence license toner number nummer")
_HUMPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ENDS = one_of("DENIED FAILED EXCEEDED EXPIRED UNAVAILABLE REFUSED KILLED REJECTED FORBIDDEN UNAUTHORIZED")
_PROTOCOL = one_of(
    "invalid_grant invalid_client invalid_request invalid_scope invalid_token invalid_resource unauthorized_client"
    " unsupported_grant_type unsupported_response_type access_denied interaction_required login_required"
    " consent_required insufficient_scope temporarily_unavailable expired_token authorization_pending"
)


def _is_failure(line: str, found: re.Match[str]) -> bool:
    """Whether a name with underscores says of itself that something failed: many others are settings and groups."""
    name = found[0]
    if name.islower():
        return name in _PROTOCOL
    parts = name.split("_")
    if not name.isupper():
        return name[0].isupper() and _fails(tuple(hump.upper() for part in parts for hump in _HUMPS.findall(part)))
    if name in _KNOWN or parts[0] == "E":
        return True
    if len(parts) > 2 and (parts[0] in _FIRST or (parts[0] == "NO" and parts[1] != "REPLY") or "E" in parts[:2]):
        return _SETTINGS.isdisjoint(parts[-1:])
    if not _SETTINGS.isdisjoint(parts):
        return False
    return parts[0] in _FIRST[:5] or _fails(tuple(parts)) or _STOPPED.search(line) is not None


def _fails(parts: tuple[str, ...]) -> bool:
    return not _FAILURES.isdisjoint(parts) or any(pair in pairwise(parts) for pair in _PAIRS)


def _ends_in_failure(line: str, found: re.Match[str]) -> bool:
    """Whether a name in one word, such as ErrorAccessDenied or ResourceNotFound, ends in what went wrong."""
    humps = tuple(hump.upper() for hump in _HUMPS.findall(found[0]))
    return len(humps) > 1 and (
        humps[-1] in _ENDS
        or humps[-2:] in _PAIRS
        or humps[-2:] == ("BACK", "OFF")
        or (len(humps) > 2 and humps[0] == "INVALID")
    )


def _is_no_label(line: str, found: re.Match[str]) -> bool:
    """What a model, a serial or a voucher is called is no code."""
    return _LABELS.isdisjoint(re.findall(r"[\w/]+", line[: found.start()].casefold())[-2:])


def _is_an_error(line: str, found: re.Match[str]) -> bool:
    return not found[0].casefold().startswith(("noerror", "getlasterror", "lasterror"))


FORMS = (
    numbered("0x", r"\bstop[ :]{1,2}0x[0-9a-f]{2,8}\b"),
    numbered("0x", r"(?<![\w#])0x(?!0{1,16}\b)[0-9a-f]{1,16}\b"),
    form("", r"(?<![\w.-])-[1-9]\d{8,9}(?![\w-])(?!\.\d)", shape="-1"),
    numbered("sqlstate", r"\bSQLSTATE[ \[:=]{0,3}[0-9A-Z]{5}\b\]?"),
    form(
        "ora-|tns-|pls-|rman-|imp-|exp-|sp2-|aadsts|aadb2c|caa|msis|sql",
        r"\b(?:(?-i:ORA|TNS|PLS|RMAN|IMP|EXP|SP2)-\d{3,5}|(?:AADSTS|MSIS)\d{4,7}|AADB2C\d{4,6}|(?-i:SQL\d{4,5}N)|CAA[0-9A-F]{5})\b",
    ),
    numbered("v-", r"(?-i:\bV-\d{1,3}-\d{3,6}-\d{1,6})\b"),
    numbered("sc", rf"(?-i:\bSC[ -]?\d{{3}}(?:-\d{{2}})?){ALONE}", _is_no_label),
    form("", rf"(?<![\w.])(?-i:\d\d\.(?=[0-9A-F]{{0,3}}[A-F])[0-9A-F]{{2,4}}(?:\.[0-9A-F]{{2}})?){END}", shape="1.1"),
    numbered("errno|winerror", r"\[?\b(?:errno|winerror)[ :=]{1,3}(?!0\b)\d{1,5}\b\]?"),
    form(
        "e",
        r"(?-i:\b(?:WSA)?E(?:CONN[A-Z]{3,10}|TIMEDOUT|ACCES|NOTFOUND|PIPE|(?:HOST|NET)UNREACH|ADDRINUSE|PERM|NOENT|NOSPC|BUSY"
        r"|MFILE|NOMEM|ROFS|AI_AGAIN|PROTO|INVAL|STALE|NODEV|NXIO|EXIST|RESOLVE|LIFECYCLE|IO|BADF|NETDOWN))\b",
        shape="AB",
    ),
    form("sig", r"(?-i:\bSIG(?:SEGV|KILL|ABRT|BUS|ILL|FPE|PIPE))\b"),
    form("nxdomain|servfail", r"(?-i:\b(?:NXDOMAIN|SERVFAIL))\b"),
    form("_", r"(?<![\w\\/.$%@-])[a-z][a-z0-9]{0,40}(?:_[a-z0-9]{1,40}){1,10}(?![\w=\\/@-])(?!\.\w)", _is_failure),
    form(
        "exception|error|fault",
        r"(?-i:(?<![\w.])(?:[A-Za-z_]\w{0,40}\.){0,8}[A-Z]\w{1,60}(?:Exception|Error|Fault))\b(?:: [^\n]{1,120})?",
        _is_an_error,
    ),
    form("exception", r"(?-i:\b[A-Z][A-Za-z]{1,40}Exception[A-Z][A-Za-z]{2,60})\b"),
    form(
        "d|e|f|k|invalid",
        r"(?-i:(?<![\w.\\/@-])[A-Z][a-zA-Z]{1,20}[a-z][A-Z][A-Za-z]{1,40})(?![\w\\/@-])(?!\.\w)",
        _ends_in_failure,
        "aB",
    ),
)
