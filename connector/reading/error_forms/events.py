"""Events of a log, by their number and in the languages of their systems: Event ID 4625, Ereignis 7031. Pure."""

from __future__ import annotations

import re

from connector.reading.error_forms.words import ALONE, CLOSED, NOT_ZERO, numbered

_EVENT = r"(?:events?|evt|ereignisse|ereignis|[eé]v[eéè]nements?|eventos?|eventi|gebeurtenis(?:sen)?)"
_YEAR = r"(?!20[1-3]\d(?!\d))"
_EVENT_NUMBERS = r"\d{1,5}(?!\w)(?:(?:,| ?/| and| &| und| et| y| e| en){1,2} ?\d{1,5}\b){0,7}"

_LOG = r"\b(?:\w{0,20}logs?|viewer|\w{0,20}protokoll|\w{0,20}anzeige|journal|console|trace|report|logboek|registro)\b"
_SEVERAL = re.compile(r"events|ereignisse|\w+nements|eventos|eventi|gebeurtenissen", re.IGNORECASE)


def _one_or_listed(line: str, found: re.Match[str]) -> bool:
    """Whether they are named: "events: 300" is how many there were, "events 4624, 4625" are two of them."""
    return _SEVERAL.match(found[0]) is None or len(re.findall(r"\d+", found[0])) > 1


FORMS = (
    numbered(
        "event|evt|ereignis|nement|gebeurtenis",
        rf"\b{_EVENT}[ _-]?(?:ids?|kennung(?:en)?|codes?|nummer|number|nr|no)\b\.?"
        rf"[ :#=]{{0,20}}(?:is |was |ist )?{_EVENT_NUMBERS}",
    ),
    numbered("ereigniskennung|ereignisid", rf"\bereignis(?:kennung(?:en)?|ids?)\b[ :#=]{{0,3}}{_EVENT_NUMBERS}"),
    numbered("eid", rf"\bEID[ :#=]{{1,2}}{_EVENT_NUMBERS}"),
    numbered(
        "id",
        rf"\b(?:ids?|identifi\w{{3,7}})\.?(?: de l'| d'| del? | dell'| di | ) ?{_EVENT}\b[ :#=]{{1,3}}{_EVENT_NUMBERS}",
    ),
    numbered(
        "event|evt|ereignis|nement|gebeurtenis",
        rf"\b{_EVENT}:? #?{_YEAR}(?=\d{{1,5}}(?:/\d{{1,5}}){{0,7}}{ALONE}){_EVENT_NUMBERS}{CLOSED}",
        _one_or_listed,
    ),
    numbered(
        "kernel-|logger|dcom|channel|esent|logon|volsnap|w32time|dfsr|ras|msex|ntds",
        r"(?-i:\b(?:DCOM|DistributedCOM|Kernel-[A-Z][a-z]{2,20}|Schannel|ESENT|Netlogon|WHEA-Logger"
        rf"|volsnap|W32Time|DFSR|RasClient|MSExchange[A-Z]\w{{2,20}}|NTDS)) \d{{1,5}}{ALONE}{CLOSED}",
    ),
    numbered(
        "log|viewer|protokoll|anzeige|journal|console|trace|report|registro",
        rf"{_LOG}[^\n\d\"]{{0,20}}?"
        rf"(?:\b(?:shows?|says?|has|reads?|gives?|zeigt|affiche)\b|:)[ '\"]{{1,2}}({NOT_ZERO}\d{{3,6}}{ALONE}){CLOSED}",
    ),
)
