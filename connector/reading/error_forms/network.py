"""What the other side of a wire answers: web servers, mail servers, sign-ins, tunnels, transfer programs. Pure."""

from __future__ import annotations

import re

from connector.reading.error_forms.words import (
    ALONE,
    CLOSED,
    END,
    HTTP_STATUS,
    MESSAGE,
    NOT_ZERO,
    Form,
    Judge,
    always,
    form,
)

_PHRASE = (
    r"(?-i:Bad Request|Unauthorized|Payment Required|Forbidden|(?:Page )?Not Found|Method Not Allowed"
    r"|Not Acceptable|Proxy Authentication Required|Request Time-?out|Conflict|Gone|Payload Too Large"
    r"|Too Many Requests|Internal Server Error|Not Implemented|Bad Gateway|Service (?:Temporarily )?Unavailable"
    r"|Gateway [Tt]ime-?out)"
)
_ANSWERED = (
    r"\b(?:said|says|saying|show(?:s|ed|ing)?|return(?:s|ed|ing)?|respond(?:s|ed)?|got|get(?:s|ting)?|gives?|gave"
    r"|receiv(?:es?|ed|ing)|answer(?:s|ed)?|repl(?:y|ies|ied)|throws?|threw|meldet|zeigt|liefert|renvoie|affiche|devuelve|muestra"
    r"|restituisce|mostra|geeft|toont)"
)
_WEB = re.compile(
    r"\b(?:site|web\w{0,8}|portal|pages?|url|https?|api|proxy|gateway|browser|log-?in|form|link|nginx|iis|apache|upload"
    r"|download|server|cloud)\b",
    re.IGNORECASE,
)
_GOODS = re.compile(r"(?:got|get(?:s|ting)?|gives?|gave|receiv\w{1,3}) \d", re.IGNORECASE)
_MAIL = re.compile(
    r"\b(?:ndr|bounces?|bounced|smtp|e?mails?|mailbox|reject(?:ed|s)?|refused|recipients?|senders?|relay\w{0,4}"
    r"|deliver\w{0,4}|undeliverable|denied|forwarding|dsn|dns|spf|dkim|dmarc|tls|spam|quota|unavailable|expired|authenticat\w{0,8}"
    r"|try again|returned|busy|message trace|tenant|transport|non-delivery|postfix|remote server"
    r"|come back|came back|user unknown|unknown user|hop count|too large|does not exist|disabled|blocked)\b",
    re.IGNORECASE,
)
_CALLED_STATUS = re.compile(r"(?:#|\bstatus: ?)$", re.IGNORECASE)
_VERSION_BEFORE = re.compile(
    r"(?:\b(?:from|to|version|ver|v|firmware|release|build|runs?|running|driver|client|agent|app|plug-?in|program|update"
    r"|upgraded?|updated?|installed|has|on|auf|von|vers|wersja)|\bv) *$",
    re.IGNORECASE,
)
_VERSION_AFTER = re.compile(r" *(?:installed|released?|to|build|beta|update|now)\b", re.IGNORECASE)


def _on_the_web(line: str, found: re.Match[str]) -> bool:
    return _WEB.search(line) is not None


def _answered(line: str, found: re.Match[str]) -> bool:
    """What one gets may also be goods: there it must be "a 404", or come from the web."""
    return not _GOODS.match(found[0]) or _WEB.search(line) is not None


def _of_mail(line: str, found: re.Match[str]) -> bool:
    """Three numbers with dots are a status of mail where mail is spoken of, and else a version."""
    before = line[max(0, found.start() - 20) : found.start()]
    if _CALLED_STATUS.search(before):
        return True
    after = line[found.end() : found.end() + 20]
    return not _VERSION_BEFORE.search(before) and not _VERSION_AFTER.match(after) and _MAIL.search(line) is not None


def _status(words: str, pattern: str, holds: Judge = always) -> Form:
    """A form with the status of a web server or a mail server in it."""
    return form(words, pattern, holds, "404")


FORMS = (
    form(
        "http",
        r"\bHTTPS?(?:/\d(?:\.\d)?)?(?:[ -](?:status(?: ?code)?|error|response|code|fehler)){0,3}"
        rf"[ :=#]{{1,3}}{HTTP_STATUS}{END}(?: {_PHRASE})?",
    ),
    _status("", rf"(?<![\w.:/$€£#@-])[45]\d\d {_PHRASE}"),
    _status(
        "sa|show|return|respond|g|receiv|answer|repl|thr|meldet|zeig|liefer|renvoie|affiche|devuelve|m|toont",
        rf"{_ANSWERED}(?: back)?(?: with)?(?: an?| the| ein(?:en)?| une?)?:? "
        rf"({HTTP_STATUS}{ALONE}(?: {MESSAGE}| (?:error|response|status)\b|{CLOSED}))",
        _answered,
    ),
    _status("", rf"(?<![\w.:/-]){HTTP_STATUS}er\b"),
    _status("", rf"(?:^|[,;:] )({HTTP_STATUS}) (?:from|on|by|vom|bei|de|du|del|van)\b", _on_the_web),
    _status("", rf"{_PHRASE}[ (:]{{1,3}}{HTTP_STATUS}{END}"),
    _status("", rf"\b(?:an?|with|einen?|une?|un|een) ({HTTP_STATUS}{END}){CLOSED}", _on_the_web),
    _status("", rf"(?<![\w.:/$€£#@+-])({HTTP_STATUS}(?:er)?)[ -](?:error|fehler|erreur|fout)\b"),
    _status("", rf"(?<![\w.:/$€£#@+-])({HTTP_STATUS}) errors\b(?! (?:a|per|in) )", _on_the_web),
    form("status|response", rf"\b(?:status|response)(?: code)?[ :=#]{{1,2}}{HTTP_STATUS}{END}(?: {MESSAGE})?"),
    # mail: the enhanced status alone or with the plain one, and the plain one in a mail server's words
    _status("", r"(?<![\w.:/-])[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b(?!\.\d)"),
    form("4.|5.", r"(?<![\w.:/-])[45]\.\d{1,3}\.\d{1,3}(?![\w-])(?!\.\d)", _of_mail, "1.1"),
    _status(
        "",
        r"(?<![\w.:/$€£#@+-])(?:42[12]|4[345]\d|5[0-5]\d)[ -](?=(?-i:[A-Z]))(?![KMGT]B\b)[a-z ]{0,40}?"
        r"(?:mailbox|recipient|sender|relay|login|authentication|message (?:size|rejected|refused|exceeds)|user unknown"
        r"|command|service not available)\w{0,4}(?: [^\n.;]{1,60})?",
    ),
    form(
        "smtp|ftp",
        rf"\bE?S?(?:SMTP|FTP)(?: (?:error|code|reply|response|status|says)){{0,3}}[ :]{{1,2}}(?!465|587)[45]\d\d{END}",
    ),
    # a sign-in's number; a program that puts its number in brackets; what a handshake alerts
    form("curl|wget|ping", rf"\b(?:curl|wget)(?: error)?:? (?:\({NOT_ZERO}\d{{1,3}}\)|{NOT_ZERO}\d{{1,3}}{END})"),
    form("alert", rf"\b(?:tls|ssl|schannel)[ \w]{{0,20}}\balert[ :#(]{{1,3}}{NOT_ZERO}\d{{1,3}}{END}"),
    form(
        "reason",
        rf"\b(?:disconnect|reject|deauth\w{{0,12}}|failure) reason[ :=#]{{1,3}}{NOT_ZERO}\d{{1,5}}{END}{CLOSED}",
    ),
    form("ldaperr", r"\bLdapErr: DSID-[0-9A-F]{6,10}\b"),
)
