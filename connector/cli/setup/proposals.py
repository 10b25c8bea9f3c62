"""What is proposed of what was found in a ticket system: homes of tiers, people, priorities, the country. Pure.

A proposal is sure where a name says it in so many words and no other one says it as well; else it is a guess, which
nobody but a person may take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from connector.model import Person, Place, Ref

EXACT, SURE, GUESS = 3, 2, 1
"""How much a name says: exact where it says nothing else."""

_USUAL = 3
"""So many tiers has the usual ladder."""

_FIRST = (
    (SURE, r"first touch|(?:first|1st)[ -]?(?:line|level|tier)|(?:tier|level|line|support) ?1(?: ?2)?|[tl]1(?: ?2)?"),
    (GUESS, r"(?:service|help) ?desk|support|triage|front ?(?:line|desk)|hotline|erste linie"),
)
_MIDDLE = (
    (SURE, r"(?:tier|level|line|support) ?3|[tl]3|(?:third|3rd)[ -]?(?:line|level|tier)"),
    (GUESS, r"seniors?|escalations?|(?:tier|level|line|support) ?2|[tl]2|(?:second|2nd)[ -]?(?:line|level|tier)"),
)
_LAST = (
    (SURE, r"(?:sr|senior) (?:it|systems)(?: managers?| management)?"),
    (GUESS, r"systems|infrastructure|engineering|engineers?|(?:it )?(?:managers?|management)|experts?"),
)
_CRITICAL = re.compile(
    r"\b(?:critical|emergency|kritisch|notfall|critique|critica|blocker|p ?1|prio(?:rity)? ?1|sev(?:erity)? ?1)\b"
)
_LEADS = re.compile(r"\b(?:manager|mgr|lead|leader|head|director|leiter|leitung|supervisor)\b")
_DESK = re.compile(r"\b(?:service ?desk|help ?desk|desk|sdm)\b")
_ACCOUNT = re.compile(r"\b(?:account|client|customer|am)\b")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text that may stand there, empty where there is none; ``is_sure``: a script may take it."""

    text: str = ""
    is_sure: bool = False


NOTHING = Proposal()


def homes(count: int, places: Sequence[Place]) -> list[Proposal]:
    """A home for each of so many tiers; no place is proposed twice.

    By the numbers in the names where every tier's is there, unless one is called as the last tier of the usual ladder.
    """
    named = _each([_usual(number, count) for number in range(1, count + 1)], places)
    numbered = _each([_numbered(number) for number in range(1, count + 1)], places)
    return numbered if all(one.is_sure for one in numbered) and not named[-1].is_sure else named


def _each(words: Sequence[Sequence[tuple[int, str]]], places: Sequence[Place]) -> list[Proposal]:
    taken: set[str] = set()
    found: list[Proposal] = []
    for one in words:
        proposal = _best(one, [place for place in places if place.key not in taken])
        taken.update(place.key for place in places if str(place) == proposal.text)
        found.append(proposal)
    return found


def _usual(number: int, count: int) -> Sequence[tuple[int, str]]:
    """What a tier's home is usually called. On the ladder of three the first one is the tiers 1 and 2 together."""
    if number == 1:
        return _FIRST
    if number == count:
        return (*_LAST, *(_numbered(number) if count > _USUAL else ()))
    return _MIDDLE if count == _USUAL else _numbered(number)


def _numbered(number: int) -> Sequence[tuple[int, str]]:
    if number == 1:
        return _FIRST[:1]
    ordinal = {2: "(?:second|2nd)", 3: "(?:third|3rd)"}.get(number, f"{number}th")
    line = "(?:line|level|tier)"
    return ((SURE, rf"(?:tier|level|line|support) ?{number}|[tl]{number}|{ordinal}[ -]?{line}"),)


def _best(words: Sequence[tuple[int, str]], places: Sequence[Place]) -> Proposal:
    scores = [(_score(words, place), place) for place in places]
    most = max((score for score, _ in scores), default=0)
    if not most:
        return NOTHING
    best = [place for score, place in scores if score == most]
    return Proposal(str(best[0]), is_sure=most >= SURE and len(best) == 1)


def _score(words: Sequence[tuple[int, str]], place: Place) -> int:
    """How much the innermost name of a place says of itself: the outer ones are places of their own."""
    name = _plain(place.path[-1].name)
    if any(score == SURE and re.fullmatch(pattern, name) for score, pattern in words):
        return EXACT
    return max((score for score, pattern in words if re.search(rf"\b(?:{pattern})\b", name)), default=0)


def critical(priorities: Sequence[Ref]) -> Proposal:
    """The priorities of a critical function that is blocked, comma-separated."""
    found = [one.name for one in priorities if _CRITICAL.search(_plain(one.name))]
    return Proposal(", ".join(found), is_sure=bool(found))


@dataclass(frozen=True, slots=True)
class PeopleThere:
    """Those who could be called: who works at the tiers' homes, the last tier's apart."""

    last: Sequence[Person]
    everybody: Sequence[Person]


def called_at_last(role: str, staff: PeopleThere) -> Proposal:
    """Who could be one of the three that a final escalation calls, by the end of its path; always a guess."""
    match role:
        case "sr_it_manager":
            leads = [one for one in staff.last if _LEADS.search(_plain(one.name))]
            found = leads or (list(staff.last) if len(staff.last) == 1 else [])
        case "service_desk_manager":
            found = [one for one in staff.everybody if _DESK.search(_names(one)) and one not in staff.last]
        case _:
            found = [one for one in staff.everybody if _ACCOUNT.search(_names(one))]
    return Proposal(found[0].identifier) if found else NOTHING


def _names(person: Person) -> str:
    return _plain(f"{person.name} {person.identifier}")


@cache
def _countries() -> Mapping[str, str]:
    lines = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}


def country_of(zone: str, supported: Mapping[str, object]) -> Proposal:
    """The country in which a zone lies, where its holidays are known: the days on which all of it is closed."""
    country = _countries().get(zone, "")
    return Proposal(country, is_sure=True) if country in supported else NOTHING


def _plain(name: str) -> str:
    """A name's words in small letters without accents, one blank between two."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return " ".join(_WORD.findall("".join(sign for sign in apart if not unicodedata.combining(sign))))
