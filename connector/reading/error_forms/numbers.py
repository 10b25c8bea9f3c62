"""Codes that a word makes an error: Fehlercode 1603, Event ID 4625, exit code 3010, fails with 1326. Pure.

The words are those of English, German, French, Spanish, Italian and Dutch systems.
"""

from __future__ import annotations

import re

from connector.reading.error_forms.words import (
    ALONE,
    CLOSED,
    DASHED,
    DOTTED,
    END,
    LETTERED,
    MESSAGE,
    NOT_ZERO,
    NUMBER,
    NUMBERS,
    form,
    numbered,
    one_of,
)

_ERROR = (
    r"(?:\b\w{0,24}fehler|\b\w{0,24}fouten|\b\w{0,24}fout|\berr(?:or|eur|ore|o)?|\berr(?:ors|eurs|ores|ori)(?! ?:))"
)
_OF_WHAT = r"(?: (?:del? |di |du |d')?(?:syst[eè]me|sistema|r[eé]seau|red|rete|ex[eé]cution|ejecuci[oó]n|esecuzione))?"
_CALLED = r"(?:[ _-]?(?:codes?|numbers?|nummer|kennung|num|id|tag|no|nr|n)\b)?[.°º]?"
_CODE_OF = (
    r"\b(?:c[oó]digos?|codes?|codici|codice|num[eé]ro|n[uú]mero) ?(?:d'|di |de |del |d' )?"
    r"(?:erreur|errore|error|exception|excepci[oó]n|eccezione|arr[eê]t|arresto|detenci[oó]n|parada|sortie|salida|uscita"
    r"|retour|retorno|ritorno|[eé]tat|estado|stato|statut|r[eé]sultat|resultado|risultato|fin|fallo)"
)
_KIND_OF_CODE = (
    r"\b(?:\w{0,12}exit|return|error|result|status|stop|fault|failure|reason|response|exception|termination|cause"
    r"|bug ?check|sub ?status|completion|support)[ _-]?codes?"
    r"|\b\w{0,20}(?:r[uü]ckgabe|exit|beendigungs|ausnahme|stopp?|status|ergebnis|ursachen|abbruch|fehler)-?codes?"
    r"|\b(?:fout|afsluit|retour|stop|uitzonderings?|status|resultaat)codes?"
)
_IS = r"(?: ?(?:[:=#(\['‘“\"]|\b(?:is|was|of|ist|war|lautet|est|es|è|code)\b)){0,4} {0,20}"
_LONG_HEX = r"(?=[0-9a-f]{0,7}\d)[8ce][0-9a-f]{7}(?!\w)"
_WORD_WITH_NUMBER = r"(?=[a-z]{0,6}\d)[a-z0-9]{4,8}(?!\w)"
_CODE_NAME = r"(?-i:(?=[A-Z]{0,20}[\d_-])[A-Z0-9][A-Z0-9_-]{2,40}|[A-Z]{5,40})(?!\w)"
_CODE = rf"(?:{DASHED}|{DOTTED}|{_LONG_HEX}|{NUMBERS}|{LETTERED})"

_FAILED = (
    r"\b(?:fail(?:s|ed|ing|ure)?|abort(?:s|ed)?|end(?:s|ed)|stop(?:s|ped)|crash(?:es|ed)?|terminate[sd]?|die[sd]|quits?"
    r"|exit(?:s|ed)?|rolled back|reject(?:s|ed)?|refused|scheitert|abgebrochen|beendet|endet|[eé]choue|falla"
    r"|fallisce|mislukt)\b"
)
_FAIL_WORDS = "fail|abort|end|stop|crash|terminat|die|quit|exit|rolled|reject|refused|scheitert|choue|falla|mislukt"

_OTHER_CODES = one_of(
    "access activation alarm area article bar barcode booking client color colour confirmation cost country customer"
    " department dial dial-in discount door entry gate item keypad licence license lock mfa order otp passcode pin post"
    " postal product project promo qr recovery registration room security site sms sort source store tax tür unlock"
    " verification voucher zip"
)
_TROUBLE = re.compile(
    r"fail|error|abort|stop|crash|exit|end(?:s|ed)\b|log\b|logs\b|sign-?in|return|reject|refus|denied|install|setup"
    r"|update|device|driver|adapter|usb|graphics|camera|blue ?screen|disconnect|drop|panel|display|cannot|can't"
    r"|could not|not met|terminat|died|some files|unknown",
    re.IGNORECASE,
)
_GOOD_ANSWER = re.compile(r"(?:status|response)[ _-]?code[^\d]{1,6}[1-3]\d\d(?!\d)", re.IGNORECASE)
_NUMBERS_END = re.compile(r"\b(?:number|serial|card|phone|account|address|key|tag|invoice|mobile)s?\b", re.IGNORECASE)


def _in_trouble(line: str, found: re.Match[str]) -> bool:
    """A bare "code" is one of errors where the line tells of trouble, and not that of a door."""
    before = line[: found.start()].casefold().rstrip(" '\"(").rsplit(None, 1)
    return not (before and before[-1] in _OTHER_CODES) and _TROUBLE.search(line) is not None


def _no_answer(line: str, found: re.Match[str]) -> bool:
    """Status code 204 or 302 is how a web server says that all is well."""
    return not _GOOD_ANSWER.search(found[0])


def _ends_no_number(line: str, found: re.Match[str]) -> bool:
    """What a serial or phone number ends with is no code."""
    return not _NUMBERS_END.search(line)


FORMS = (
    numbered(
        "err|fehler|fout",
        rf"{_ERROR}{_OF_WHAT}{_CALLED}(?=[ :=#(\['‘“\"]|(?<=[.°º])\d){_IS}(?:{_CODE})(?: {MESSAGE})?"
        r"(?!,? ?(?:warn|avert|avis))",
    ),
    numbered("tag", rf"\berror tag[ :]{{1,2}}{_WORD_WITH_NUMBER}"),
    numbered("[", rf"\berror \[{_WORD_WITH_NUMBER}\]"),
    numbered("digo|code|codic|mero", rf"{_CODE_OF}{_IS}(?:{_CODE})"),
    form("code", rf"(?:{_KIND_OF_CODE})(?=[ :=#(\['‘“\"]){_IS}(?:{_CODE}|{_CODE_NAME})(?: {MESSAGE})?", _no_answer),
    numbered(
        "code",
        rf"(?:{_KIND_OF_CODE})\b[^\n\d:=]{{1,60}}?(?:\b(?:is|was|ist|war|est|es)\b|[:=]) ?(?:{_CODE})",
    ),
    numbered("code", rf"(?<![\w-])code[ :=#'‘“\"]{{1,3}}(?:{_CODE}){CLOSED}", _in_trouble),
    numbered("hresult|errorlevel|rc=|sqlcode", rf"\b(?:hresult|errorlevel|rc(?==)|sqlcode)[ :=]{{1,3}}{NUMBER}"),
    numbered(
        "exit",
        rf"\bexit(?:ed|s)?(?: with)?(?: (?:status|value))?[ :=]{{1,3}}(?:code )?{NUMBER}{CLOSED}",
        _ends_no_number,
    ),
    numbered("status", r"\bstatus=(?!0/)\d{1,3}/[A-Z]{2,30}\b"),
    # what something failed with
    numbered(
        _FAIL_WORDS,
        rf"{_FAILED}(?: again)?(?: with| mit| avec| con| met|:)(?: (?:an?|the|le|el|il|de|dem))?"
        rf"(?: (?:error|code|c[oó]digo|codice|status|erreur|fehler|fout))?"
        rf"[ (]{{1,2}}({NUMBER}|(?-i:[CEFHUW]-?\d{{3,5}})\b){CLOSED}",
        _ends_no_number,
    ),
    numbered("return", rf"\breturn(?:s|ed) ({NOT_ZERO}\d{{4,10}}{ALONE}){CLOSED}"),
    numbered("lasterror", rf"\b(?:Get)?LastError(?:\(\))?[ :=]{{1,3}}{NUMBER}"),
    numbered("error|fehler", r"(?-i:\b(?!M365|O365)(?:[A-Z]|PS|SC)-?\d{2,4}) (?:error|fehler)\b(?! (?:logs?|free))"),
    numbered("ldap", rf"\bldap\w{{0,20}}:? [^\n(]{{0,60}}\(({NOT_ZERO}\d{{1,3}})\)"),
    numbered(_FAIL_WORDS, rf"{_FAILED} \(({NUMBER})\)"),
    numbered(_FAIL_WORDS, rf"{_FAILED}, ({NOT_ZERO}\d{{3,5}}{END})(?= ?(?:$|[.,;)]))", _ends_no_number),
    numbered(
        "data",
        r"\bdata [0-9a-f]{3}\b(?=[ ,]|$)",
        lambda line, found: "ldap" in line.casefold() or "error" in line.casefold(),
    ),
    numbered(
        "bugcheck|bug check|bluescreen|blue screen|bsod",
        rf"\b(?:bug ?check|blue ?screen|bsod)[ :]{{1,2}}(?=[a-f]{{0,4}}\d)[0-9a-f]{{2,8}}{ALONE}{CLOSED}",
    ),
    numbered("signal", rf"\b(?:killed|terminated|died|crashed)[^\n\d]{{0,20}} (signal \d{{1,2}}){END}"),
    numbered(
        "msi|setup|install",
        rf"\b(?:msi(?:exec)?|setup|install(?:er|ation)?)\b[^\n\d]{{0,30}} (1[67]\d\d|3010){ALONE}{CLOSED}",
    ),
    numbered("msg", r"\bMsg \d{1,6}, Level \d{1,2}\b"),
)
