"""What was talked over among the desk's own people: who they are by their names, and by words for colleagues. Pure.

What clients, vendors and carriers said is no such talk. Of a name that is a colleague's and the client's, the client
is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

_LONGEST = 2000
"""So much of a sentence is looked at; nobody tells later with whom he spoke."""

_MOST_CLAUSES = 40
_BEFORE = 80

_COMMON = frozenset(
    {"abby", "angel", "april", "art", "august", "barb", "bill", "blue", "bob", "brook", "carol", "chase", "chip"}
    | {"christian", "chuck", "clay", "cliff", "dale", "dawn", "dean", "dot", "drew", "faith", "frank", "gene"}
    | {"grace", "grant", "guy", "harry", "holly", "hope", "iris", "ivy", "jack", "jay", "jean", "jim", "josh", "joy"}
    | {"june", "lance", "lily", "mark", "max", "may", "miles", "mike", "nick", "norm", "pat", "penny", "pierce", "ray"}
    | {"rich", "rob", "robin", "rock", "rose", "ruby", "rusty", "sandy", "sky", "stone", "sue", "summer", "tab", "tad"}
    | {"terry", "tony", "trace", "trip", "van", "victor", "wade", "ward", "will", "win", "woody"}
)
"""First names that are words as well: written small they are nobody."""

_ME = frozenset({"me", "i", "ich", "moi", "yo", "ik"})
_NO_SURNAME = frozenset(
    {"he", "she", "they", "we", "it", "i", "who", "if", "to", "on", "in", "at", "by", "via", "about", "and", "or"}
    | {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today", "yesterday", "er", "sie"}
    | {"wir", "il", "elle", "on", "el", "ella", "hij", "zij", "for", "the", "a", "because", "since", "after", "but"}
)

_TIME = r"\d{1,2}[:.h]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?"
_STAMP = rf"(?:\d{{4}}-\d\d-\d\d[ T,]*|\d{{1,2}}[./-]\d{{1,2}}(?:[./-]\d{{2,4}})?[ ,]+)?{_TIME}"
_NAME = r"[^\W\d_][\w-]{0,30}"
_WORD = r"[^\W\d_][\w'’.-]{0,30}"
_LEAD = re.compile(
    rf" ?(?:[\[(]?{_STAMP}(?: uhr| h)?[\])]? ?[-–—:|]? ?)?(?:\[[^\]\n]{{1,12}}\] ?)?(?:[→✓✗»›>*•·-]+ )?"
    r"(?:(?:as|i|we|have|had(?: an?)?|just|then|also|again|so|and|later|briefly|quickly|already|ich|wir|habe|haben|hab"
    r"|kurz|dann|auch|j['’]ai|nous|avons|on|a|puis|he|hemos|luego|ik|we|heb|hebben|even|toen|ook) ){0,4}",
    re.IGNORECASE,
)
"""What may stand before the words that count: a time, a mark, "I have then"."""

_WITH = re.compile(
    r"\b(?:ask(?:ed|ing)|(?:spoke|spoken|speaking|talk(?:ed|ing)?|chat(?:ted|ting)?)(?: (?:again|briefly|shortly"
    r"|quickly|directly))? ?(?:to|with|w/)|(?:discuss(?:ed|ing)?|went through|gone through|go(?:ne)? over|reviewed)"
    r"(?: [^\s,;:.]{1,20}){0,4}? (?:with|w/)|(?:check(?:ed|ing)?|confirm(?:ed|ing)?|clarified|verified|agreed|aligned"
    r"|sync(?:ed)?|conferred|consult(?:ed)?|liaised|met|meeting|word|call|chat|conference|conversation|talk|discussion"
    r"|exchange|session|huddle)(?: (?:it|this|that|back|up|briefly|again)){0,2} (?:with|w/)|consulted|called|rang"
    r"|phoned"
    r"|messaged|pinged|e-?mailed|texted|dm(?:'?ed|d)?|wrote to|reached out to|escalated to|handed over to|heard"
    r"(?: back)? from|(?:(?:a|the) )?(?:message|note|e-?mail|mail|call|info|fyi|update) from|(?:(?:got|received|had"
    r"|waiting for|asked for) )?(?:(?:the|an?|his|her) )?(?:ok|okay|approval"
    r"|go-?ahead|green light|permission|confirmation|confirmed|advice|advised"
    r"|feedback|answer|word|reply|help|hint|tip|input|instructions?|instructed|suggestion|suggested|recommended"
    r"|requested|approved|allowed|agreed|told|asked) (?:from|of|by)|according to|(?:as )?per|told|informed|briefed"
    r"|looped in|pulled in|(?:after|before) (?:talking|speaking) (?:to|with)"
    # German
    r"|(?:rück|ab)sprache mit|(?:be|abge|ge)sprochen mit|abgestimmt mit|abstimmung mit|geklärt mit|telefonat mit"
    r"|telefoniert mit|gespräch mit|anruf bei|(?:nach)?gefragt bei|nachfrage bei|gefragt habe ich|laut|gemäß|frage an"
    # French
    r"|(?:vu|discuté|échangé|parlé|vérifié|convenu|validé|point|échange|appel|discussion|entretien) (?:avec|à)"
    r"|demandé (?:à|au)|selon|d['’]après|appelé|interrogé|accord de"
    # Spanish
    r"|(?:habl(?:é|ado|amos)|comentad[oa]|comenté|consult(?:é|ado)|acord(?:é|ado)|revisad[oa]|llamada|reunión|charla)"
    r" (?:con|a)|(?:pregunt(?:é|ado)|llam(?:é|ado)) a|según|confirmado (?:con|por)"
    # Dutch
    r"|(?:gesproken|overlegd|overleg|besproken|gebeld|afgestemd|afgesproken|nagevraagd) (?:met|bij)"
    r"|(?:na)?gevraagd (?:aan|bij)|volgens)(?=[\s:,])[ :,]{1,2}",
    re.IGNORECASE,
)
"""The words right before those with whom somebody talked."""

_SAYS = re.compile(
    r"[,:]?(?: (?:has|had|have|also|then|just|already|now|still|again|later|kindly|on the phone|by phone|on teams|hat"
    r"|haben|habe ich|ist|noch|auch|kurz|wurde|a|ha|aussi|también|heeft|ook|nog|even|werd)){0,3} ?[:,–—-]? ?"
    r"(?:said|says?|saying|tell(?:s|ing)?|told|suggest(?:s|ed|ing)?|thinks?|thought|believ(?:es?|ed)|recommend(?:s|ed)?"
    r"|advis(?:es?|ed)|agree[sd]?|confirm(?:s|ed)?|wants?|wanted|asks?|asked|mention(?:s|ed)|approve[sd]?|allow(?:s|ed)"
    r"|ok['’]?(?:ed|d)|okayed|decide[sd]|repl(?:ies|ied)|answer(?:s|ed)|report(?:s|ed)|warn(?:s|ed)|point(?:s|ed) out"
    r"|reckons?|propose[sd]|promise[sd]|prefers?|insist(?:s|ed)|refuse[sd]|signed (?:it )?off|(?:gave|gives|given)"
    r" (?:me |us |the |his |her |their )?(?:ok|okay|go-?ahead|green light|permission|approval)|is (?:fine|ok|okay) with"
    # German
    r"|sagte?|gesagt|meinte?|gemeint|empfiehlt|empfahl|empfohlen|schlägt|schlug|vorgeschlagen|rät|riet|geraten|denkt"
    r"|glaubt|bestätigte?|bestätigt|erlaubte?|genehmigte?|(?:nach|an)?gefragt|(?:be|abge|ge)sprochen|abgestimmt"
    r"|telefoniert"
    r"|geklärt|angerufen|angeschrieben|kontaktiert|konsultiert"
    # French
    r"|dit|pense|propose|proposé|suggère|suggéré|conseille|conseillé|recommande|recommandé|confirme|confirmé|valide"
    r"|validé|préfère|autorise|autorisé|répond|répondu"
    # Spanish
    r"|dice|dijo|dicho|cree|piensa|sugiere|sugirió|recomienda|recomendó|propone|propuso|confirma|confirmó|aconseja"
    r"|aprobó|autorizó|autoriza"
    # Dutch
    r"|zegt|zei|gezegd|denkt|stelt voor|stelde voor|adviseert|adviseerde|raadt|bevestigt|bevestigde|besproken|overlegd"
    r"|gevraagd|gebeld)(?!\w)"
    r"| (?:via|on|by|per|over|par|por) (?:the )?(?:teams|slack|chat|phone|e-?mail|mail|telefon|téléphone|teléfono"
    r"|telefoon)"
    r" ?[:,–—-]",
    re.IGNORECASE,
)
"""What a colleague does in the words right behind his name."""

_THEIRS = re.compile(
    rf"(?:(?:on|per|as per|at|following|after|upon|by|with) )?@?(?P<who>{_NAME}(?: {_NAME})?)['’]s? (?:advice"
    rf"|suggestion|idea"
    r"|tip|hint|opinion|view|recommendation|answer|reply|ok|okay|go-?ahead|approval|instructions?|decision|request"
    r"|words)(?!\w)",
    re.IGNORECASE,
)
"""What comes from a colleague."""

_PREPOSITION = re.compile(r"(?:with|w/|mit|bei|von|avec|chez|à|au|con|a|met|bij|aan|via|from|per) ", re.IGNORECASE)
_ARTICLE = re.compile(
    r"(?:(?:one of )?(?:the|our|my|a|an|another|some|two|all|of|senior|other"
    r"|dem|der|den|die|das|ein|eine|einem|einen|einer|meinem|meinen|meiner|unserem|unseren|unserer|zwei"
    r"|le|la|les|un|une|mon|ma|mes|notre|nos|du|au|des|el|los|las|una|unos|mi|mis|nuestro|nuestra|de|del|al"
    r"|het|een|mijn|onze|ons|deze) |l['’])",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:colleagues?|co-?workers?|team ?(?:lead(?:er)?s?|mates?)|shift (?:lead(?:er)?|manager)|supervisors?"
    r"|(?:service ?desk|help ?desk|support desk|support|it|operations|ops|noc|duty|team|incident|account|sr\.?"
    r"|senior)(?: it)?"
    r" (?:managers?|leads?|seniors?)|(?:tier|level|line|stufe|niveau|nivel|lijn)[ -]?(?:[1-4]|one|two|three|four)"
    r"|[tln][1-4]|(?:first|second|third|fourth|1st|2nd|3rd|4th|zweite[nr]?|dritte[nr]?|tweede|derde|2e|3e)"
    r"[ -](?:line|level|tier|support|lijn|linie)|seniors?(?: (?:tech(?:nician)?s?|engineers?|admins?|colleagues?))?"
    r"|on-?call(?: (?:tech(?:nician)?|engineer|admin|colleague|manager))?|noc|escalations? team"
    r"|(?:night|day|late|early|weekend|evening) shift|dispatch(?:er)?|service ?desk|help ?desk"
    r"|kolleg(?:en|e|in|innen)|teamleit(?:er|erin|ung)|vorgesetzten?|schichtleit(?:er|ung)|nachtschicht"
    r"|frühschicht|spätschicht|bereitschaft"
    r"|collègues?|chef d['’]équipe|responsable (?:du support|d['’]équipe|technique)|équipe de nuit|astreinte"
    r"|compañer[oa]s?|colegas?|jef[ea] de equipo|supervisora?|turno de noche|guardia"
    r"|collega(?:['’]s)?|teamleid(?:er|ster)|leidinggevende|nachtdienst)(?![\w'’])",
    re.IGNORECASE,
)
_OURS = re.compile(
    r"(?:our|my|unser\w{0,2}|mein\w{0,2}|notre|nos|mon|ma|nuestr[oa]|mi|onze|ons"
    r"|mijn) (?:own )?(?:[^\W\d_]{2,20}[ -]){0,2}?"
    r"(?:managers?|boss|chef\w?|lead|teams?|engineers?|admins?|technicians?|specialists?|people|group|department|dba"
    r"|leiter\w{0,2}"
    r"|abteilung|responsable|équipe|jef[ea]|equipo|baas|manager|afdeling)(?![\w'’])",
    re.IGNORECASE,
)
_AMONG_US = re.compile(
    r"(?:(?:discussed|agreed|decided|clarified|asked|checked|talked)(?: (?:it|this|that))? (?:internally|in the team"
    r"|within"
    r" the team|among (?:us|ourselves))|(?:asked|posted|raised|put)(?: (?:it|this|that))? (?:in|on|to) (?:the"
    r"|our) (?:team|desk|internal|support|tier \d)['’]?s?"
    r" (?:channel|chat|group|board)|internal (?:discussion|chat|call|meeting)|(?:in|at|from) (?:the"
    r"|our) (?:stand-?up"
    r"|huddle|team (?:meeting|chat|call)|hand-?over|shift change)|team (?:meeting|chat|call)|stand-?up"
    r"|intern (?:ab)?geklärt"
    r"|intern besprochen|im team besprochen|vu en interne|discuté en interne|hablado internamente|intern besproken"
    r"|intern overlegd)(?!\w)",
    re.IGNORECASE,
)
_OF_OTHERS = re.compile(
    r"(?: \((?P<aside>[^()\n]{1,60})\)|,? (?:(?P<from>from|at|over at|of|vom|bei|beim|aus|chez|desde|bij)"
    r"|von|der|des|de|du|d['’]|del|van)(?: |(?<=['’]))(?:(?:the|our|dem|der|la|le|el|het|de) |l['’])?"
    r"(?P<of>[^\s,;:.()]{1,40}(?: [^\s,;:.()]{1,40})?))",
    re.IGNORECASE,
)
"""Whose somebody is. Of some words the sense may as well be "about", so that only an outsider counts there."""

_DESKS = re.compile(
    r"(?:tier|level|line|lijn|niveau|nivel|t|l|n)[ -]?\d|(?:second|third|2nd|3rd)|our\b|ours\b|mine\b|us\b|duty|shift"
    r"|team"
    r"|service ?desk|help ?desk|desk|support team|noc|it\b|ops\b|operations|infrastructure|network(?:ing)?|server"
    r"|security"
    r"|cloud|escalation|night|day|early|late|unser|uns\b|notre|nous|nuestr|ons\b|onze|about|phone|teams|slack|chat"
    r"|course"
    r"|that|this|it\b|\d|lunch|noon|once|first|last|least",
    re.IGNORECASE,
)
_OUTSIDERS = re.compile(
    r"(?<!\w)(?:clients?|customers?|users?|end[ -]users?|callers?|vendors?|carriers?|isp|providers?|suppliers?"
    r"|manufacturers?"
    r"|reseller|partner|microsoft|shop|store|plant|branch|kunde\w{0,2}|kundin|anwender\w{0,3}|benutzer\w{0,3}"
    r"|hersteller\w{0,2}"
    r"|anbieter\w{0,2}|lieferant\w{0,3}|utilisat\w{2,6}|fournisseur|fabricante?|fabricant|éditeur|opérateur|cliente?s?"
    r"|usuari[oa]s?|proveedor|operadora?|klant\w{0,3}|gebruikers?|leverancier|fabrikant|aanbieder|her|his|their"
    r"|ihr\w{0,2})"
    r"(?!\w)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:[,;:.!?–—(]|\s-) ?(?:(?:and|but|then|und|et|y|en|aber|mais|pero|maar) )?|\s(?:and|und|et|y|en) ", re.IGNORECASE
)
_GOES_ON = re.compile(
    r" ?(?:but |and |also |then |aber |mais |pero |maar )?(?:he|she|they|er|sie|il|elle|ils|él|ella|ellos|hij|zij"
    r"|ze)(?=\s)",
    re.IGNORECASE,
)
_CHAT = re.compile(
    rf" ?(?:[\[(<]? ?(?P<before>{_STAMP}) ?[\])>]? ?[-–—|,]? ?)?<?(?P<who>{_WORD}(?: {_WORD}){{0,3}})>?"
    rf"(?: ?[\[(]?(?P<after>{_STAMP})[\])]?)? ?(?P<colon>[:>]|$) ?(?P<says>\S?)",
    re.IGNORECASE,
)
_HEADED = re.compile(r"[^:\n\[]{1,60}: (?=[\[(<])")
"""The heading of a chat on the line of its first word."""

_WORDS = re.compile(rf"@?({_WORD})(?: ({_WORD}))?(?: ({_WORD}))?(?: ({_WORD}))?")


class Colleagues:
    """The desk's own people, as one author of a note names them."""

    def __init__(self, staff: Iterable[str], contacts: Iterable[str], author: str) -> None:
        contacts = [_folded(name) for name in contacts]
        strangers = {*contacts, *(word for name in contacts for word in name.split()[:1])}
        self._author = _folded(author)
        names = {_folded(name) for name in staff} - strangers
        self._full = {name for name in names if " " in name}
        self._surnames: dict[str, set[str]] = {}
        for name in names:
            first, _, rest = name.partition(" ")
            if len(first) > 1 and first not in strangers:
                self._surnames.setdefault(first, set()).update(rest.split())

    def talk_at(self, sentence: str, is_going_on: bool = False) -> int | None:
        """Where in a sentence, its blanks single, the talk with a colleague begins; None where there is none.

        0: the sentence tells nothing else. ``is_going_on``: the one before it was such talk.
        """
        sentence = sentence[:_LONGEST]
        lead = _LEAD.match(sentence)
        start = lead.end() if lead else 0
        if is_going_on and (pronoun := _GOES_ON.match(sentence)) and _SAYS.match(sentence, pronoun.end()):
            return 0
        if self._is_talk(sentence, start) or (start and self._is_talk(sentence, 0)):
            return 0
        for clause in islice(_CLAUSE.finditer(sentence, start), _MOST_CLAUSES):
            if self._is_talk(sentence, clause.end()):
                return clause.end()
        return None

    def chat_in(self, lines: Sequence[str]) -> frozenset[int]:
        """Which lines are a pasted chat among colleagues."""
        chat: set[int] = set()
        block: list[int] = []
        speakers: list[bool | None] = []
        is_open = False
        for index, line in enumerate([*lines, ""]):
            spoken = self._speaks(line) if line.strip() else None
            if spoken is not None:
                block.append(index)
                speakers.append(spoken[0])
                is_open = spoken[1]
            elif line.strip() and block and is_open:
                block.append(index)
                is_open = False
            else:
                if block and self._is_ours(speakers, lines[block[0] - 1] if block[0] else ""):
                    chat.update(block)
                block, speakers, is_open = [], [], False
        return frozenset(chat)

    def _is_ours(self, speakers: Sequence[bool | None], above: str) -> bool:
        """Whether a chat is one among colleagues, by those who speak or by the line above it."""
        above = above[:_LONGEST]
        if any(self._partner(above, found.end()) for found in _WITH.finditer(above)):
            return True
        return any(speakers) and None not in speakers

    def _speaks(self, line: str) -> tuple[bool | None, bool] | None:
        """Who speaks in a line of a chat: True a colleague, False the author, None a stranger; and whether what he
        says is on the next line. None for a line that is of no chat."""
        line = line[:_LONGEST]
        headed = _HEADED.match(line)
        found = _CHAT.match(line, headed.end() if headed else 0)
        if found is None:
            return None
        who = _folded(found["who"])
        is_author = who in _ME or who in (self._author, self._author.partition(" ")[0])
        is_known = is_author or who in self._full or who in self._surnames
        is_stamped = bool(found["before"] or found["after"])
        if (not is_stamped and not (found["colon"] and found["says"])) or not (
            is_known or (is_stamped and found["colon"])
        ):
            return None
        return (not is_author if is_known else None), not found["says"]

    def _is_talk(self, text: str, start: int) -> bool:
        """Whether at this place of a text somebody talks with a colleague, or a colleague speaks."""
        if _AMONG_US.match(text, start):
            return True
        theirs = _THEIRS.match(text, start)
        if theirs and self._named(theirs["who"], 0) == len(theirs["who"]):
            return True
        asked = _WITH.match(text, start)
        if asked and self._partner(text, asked.end()):
            return True
        preposition = _PREPOSITION.match(text, start)
        for at in {start, preposition.end() if preposition else start}:
            end = self._partner(text, at)
            if end and _SAYS.match(text, end):
                return True
        return False

    def _partner(self, text: str, at: int) -> int:
        """Where a colleague's name or a word for one ends that begins here; 0 where there is none."""
        named = self._named(text, at)
        end = named or self._by_role(text, at)
        other = _OF_OTHERS.match(text, end) if end else None
        if other is None:
            return end
        whose = other["aside"] or other["of"]
        if _DESKS.match(whose) or (other["aside"] and not _OUTSIDERS.search(whose)):
            return other.end()
        return 0 if other["from"] or not named or _OUTSIDERS.search(whose) else end

    def _by_role(self, text: str, at: int) -> int:
        role = _OURS.match(text, at)
        if role is None:
            for _ in range(3):
                article = _ARTICLE.match(text, at)
                if article is None or _ROLE.match(text, at):
                    break
                at = article.end()
            role = _ROLE.match(text, at)
        return role.end() if role and not _OUTSIDERS.search(text, max(0, role.start() - _BEFORE), role.start()) else 0

    def _named(self, text: str, at: int) -> int:
        found = _WORDS.match(text, at)
        if found is None:
            return 0
        words = [word for word in found.groups() if word is not None]
        for count in range(len(words), 1, -1):
            if _folded(" ".join(words[:count])) in self._full:
                return found.end(count)
        first = _folded(words[0])
        if first not in self._surnames or first == self._author.partition(" ")[0]:
            return 0
        if first in _COMMON and not words[0][0].isupper():
            return 0
        follows = words[1] if len(words) > 1 else ""
        is_surname = follows[:1].isupper() and words[0][0].isupper() and _folded(follows) not in _NO_SURNAME
        if is_surname and not _SAYS.match(text, found.end(1)):
            is_ours = (
                _folded(follows).rstrip(".")[:1] in {name[:1] for name in self._surnames[first]}
                and len(follows.rstrip(".")) == 1
            )
            return found.end(2) if is_ours else 0
        return found.end(1)


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace(".", " ").replace("’", "'").split())


@lru_cache(maxsize=256)
def colleagues(staff: tuple[str, ...], contacts: tuple[str, ...], author: str) -> Colleagues:
    """The desk's own people as an author names them; the last ones are kept."""
    return Colleagues(staff, contacts, author)
