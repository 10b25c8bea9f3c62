"""What is said out of courtesy: greetings, sign-offs, signatures, adverts of mail programs. Pure.

Below a sign-off only a signature goes: names, what their people are, where to reach them. Text that goes on stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.reading.layout.items import is_rule

_ADDRESSED = (
    "all everyone everybody team folks guys there both colleagues sir madam support desk service it and"
    " zusammen alle team kollegen kolleginnen liebe lieber an das und damen herren herr frau"
    " à tous toutes tout le monde l'équipe équipe et chers chères collègues madame monsieur"
    " a todos todas equipo compañeros compañeras señor señora y"
    " allen allemaal collega's collega team heer mevrouw en"
)
_ADDRESSED_WORDS = frozenset(_ADDRESSED.split())
_GREETING = re.compile(
    r"(?:hi|hello|hey|hiya|dear|greetings|good (?:morning|afternoon|evening|day)"
    r"|hallo|moin|servus|guten (?:morgen|tag|abend)|sehr geehrte[rs]?|grüezi|grüß gott"
    r"|bonjour|bonsoir|salut|hola|buen(?:os|as) (?:días|tardes|noches)|buen día|hoi|goede(?:morgen|middag|navond)"
    r"|goeie(?:morgen|middag)|(?P<rare>morning|afternoon|evening|liebe[rs]?|cher|chère|chers|chères|madame|monsieur"
    r"|buenas"
    r"|estimad[oa]s?|querid[oa]s?|beste|geachte|dag|lieve))(?![\w-])",
    re.IGNORECASE,
)
_SIGN_OFFS = (
    "regards, kind regards, best regards, warm regards, warmest regards, kindest regards, with kind regards"
    ", with best regards, many regards, rgds, kr, br, best, best wishes, all the best, cheers, thanks, thank you, thx"
    ", thanks a lot, thanks so much, many thanks, thanks again, thanks in advance, thank you in advance, thanks and"
    " regards"
    ", thanks & regards, thank you and kind regards, thanks and best regards, ta, sincerely, yours sincerely"
    ", yours faithfully, yours truly, respectfully, take care, have a nice day, have a good day, have a great day"
    ", have a good evening, have a nice weekend, have a good weekend, have a great weekend"
    ", mit freundlichen grüßen, mit freundlichem gruß, mit besten grüßen, mit freundlichen grüssen, freundliche grüße"
    ", freundliche grüsse, viele grüße, viele grüsse, beste grüße, beste grüsse, liebe grüße, herzliche grüße"
    ", schöne grüße, mit vielen grüßen, grüße, gruß, gruss, lg, vg, mfg, bg, danke, vielen dank, besten dank"
    ", danke im voraus, vielen dank im voraus, danke und gruß, danke und viele grüße, hochachtungsvoll, schönen tag"
    " noch"
    ", schönes wochenende"
    ", cordialement, bien cordialement, très cordialement, bien à vous, bien à toi, salutations, sincères salutations"
    ", meilleures salutations, salutations distinguées, cdlt, cdt, merci, merci d'avance, merci beaucoup, bonne journée"
    ", bonne soirée, bon week-end, amicalement, à bientôt, respectueusement, merci et bonne journée"
    ", saludos, saludos cordiales, un saludo, un cordial saludo, cordiales saludos, reciba un cordial saludo,"
    " atentamente"
    ", muy atentamente, gracias, muchas gracias, gracias de antemano, gracias y saludos, un abrazo, cordialmente"
    ", buen día, feliz día"
    ", met vriendelijke groet, met vriendelijke groeten, vriendelijke groet, vriendelijke groeten, mvg, groet, groeten"
    ", groetjes, hartelijke groet, hartelijke groeten, met hartelijke groet, met groet, bedankt, alvast bedankt,"
    " dank je"
    ", dank je wel, dank u, dank u wel, hartelijk dank, dank, hoogachtend, fijne dag, fijne dag nog, fijn weekend"
)
_SIGN_OFF_WORDS = frozenset(_SIGN_OFFS.split(", "))
_THANKS_FOR = re.compile(
    r"(?:many thanks|thanks|thank you|vielen dank|danke|merci|gracias|muchas gracias|bedankt|hartelijk dank)"
    r"(?: (?:so much|a lot|very much|beaucoup))? (?:for|für|pour|de|por|voor) (?:[\w']{1,12} ){0,3}"
    r"(?:help|time|support|patience|understanding|assistance|hilfe|mühe|unterstützung|geduld|verständnis|aide"
    r"|compréhension|ayuda|paciencia|hulp|begrip)(?: and (?:help|time|support|patience|understanding))?",
)
_WITHOUT_COMMA = frozenset(
    {"thanks", "thank you", "cheers", "regards", "danke", "merci", "gracias", "bedankt", "vg", "mfg", "mvg"}
)
_ANSWERS = frozenset(
    {"done", "ok", "okay", "fine", "works", "working", "solved", "sorted", "none", "no", "yes", "same"}
)
_CONNECTED = "of the and for to at in de des du la le et y el im am für und van het voor en der die das"
_CONNECTORS = frozenset(_CONNECTED.split())
_MOST_PLAIN_WORDS = 2
_LONGEST_SIGN_OFF = 60

_ADVERT = re.compile(
    r"(?:sent|written|typed) (?:from|via|with|using|by) (?:my |the )?(?:new )?(?:i(?:phone|pad|os)|android|samsung"
    r"|galaxy|pixel"
    r"|huawei|xiaomi|blackberry|windows|outlook|mail for|yahoo|proton|gmail|mobile|smartphone|phone|tablet|nokia"
    r"|oneplus"
    r"|thunderbird|mailbird|spark|nine|canary|handy)\b[^,;:\n]{0,60}"
    r"|get outlook for \S[^,;\n]{0,80}|download (?:the )?(?:outlook|gmail|yahoo mail) (?:for|app)\b[^,;\n]{0,60}"
    r"|(?:von|aus) (?:meinem|mein|outlook|mail)\b[^,;\n]{0,50} (?:gesendet|geschickt)|(?:gesendet|gesandt"
    r"|verschickt) (?:von|mit|über"
    r"|aus|via)(?: meinem| mein| der| dem)? (?:i(?:phone|pad|os)|android|samsung|galaxy|handy|smartphone|outlook"
    r"|mail\b|gmx|web\.de"
    r"|telekom|yahoo|proton|mobil)[^,;:\n]{0,60}|(?:holen sie sich )?outlook für \S{2,20}[^,;\n]{0,60}"
    r"|(?:envoyé|envoyée) (?:de|depuis|à partir de|avec|via)(?: mon| ma| l.application)? (?:i(?:phone|pad|os)"
    r"|android|samsung|galaxy"
    r"|mobile|téléphone|smartphone|outlook|courrier|yahoo|proton|orange)[^,;:\n]{0,60}"
    r"|(?:télécharge[rz]|obtenir|obtenez) outlook \S[^,;\n]{0,60}"
    r"|enviado (?:desde|con|por|a través de)(?: mi| el| la)? (?:i(?:phone|pad|os)|android|samsung|galaxy|móvil"
    r"|teléfono|smartphone"
    r"|outlook|correo|yahoo|proton)[^,;:\n]{0,60}|(?:obtener|obtenga|descargar?|consigue) outlook \S[^,;\n]{0,60}"
    r"|(?:verzonden|verstuurd|gestuurd) (?:vanaf|van|vanuit|via|met|door)(?: mijn)? (?:i(?:phone|pad|os)|android"
    r"|samsung|galaxy"
    r"|mobiel|telefoon|smartphone|outlook|mail\b|yahoo|proton)[^,;:\n]{0,60}|outlook voor \S{2,20}[^,;\n]{0,60}"
    r"|this e-?mail has been (?:checked|scanned) for viruses[^\n]{0,120}|virus-free\.[^\n]{0,80}"
    r"|diese e-mail wurde von [^\n]{1,40} auf viren[^\n]{0,80}",
    re.IGNORECASE,
)
_ADVERT_LINK = re.compile(r"[<(]https?://[^\s<>]{1,300}[>)]")

_DISCLAIMER = re.compile(
    r"(?:this|the|diese|ce|cet|le|este|el|dit|deze|de) (?:e-?mail|message|mail|nachricht|courriel|mensaje|correo"
    r"|bericht"
    r"|information|contents?)\b[^\n]{0,300}\b(?:confidential|vertraulich|confidentiel|confidencial|vertrouwelijk)"
    r"|please consider the environment|confidentiality notice",
    re.IGNORECASE,
)

_REACH = re.compile(
    r"\b(?:https?://|www\.)\S|\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}|\+?\(?\d[\d ()./-]{6,24}\d"
    r"|\b(?:tel|telephone|phone|mob|mobile|cell|fax|ext|extension|direct|durchwahl|dw|telefon|mobil|handy|poste|tél"
    r"|téléphone"
    r"|portable|extensión|extension|móvil|teléfono|toestel|telefoon|mobiel|t|m|e|w|f)\b[.:]?\s{0,3}[+(]?\d"
    r"|\b(?:e-?mail|web|website|linkedin|teams|skype)\s?:\s?\S"
    r"|\b\d{1,5}[a-z]?,? [A-Z][\w.' ]{2,40}\b(?:street|st|road|rd|avenue|ave|lane|way|house|square|drive|place|court)\b"
    r"|\b\w{2,30}(?:straße|strasse|str\.|weg|platz|gasse|straat|laan|plein|kade) \d|\b(?:rue|avenue|calle|avenida"
    r"|plaza)\s\w"
    r"|\b\d{4,5}(?: [A-Z]{2})? [A-Z]\w",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:technician|engineer|analyst|administrator|admin|specialist|consultant|manager|director|officer|coordinator"
    r"|supervisor|lead|developer|architect|support|service ?desk|help ?desk|team|department|services?|operations"
    r"|level \d"
    r"|techniker(?:in)?|ingenieur(?:in)?|leiter(?:in)?|leitung|fachinformatiker(?:in)?|mitarbeiter(?:in)?"
    r"|berater(?:in)?"
    r"|technicien(?:ne)?|ingénieure?|administrateur|administratrice|responsable|chargée?|conseiller|conseillère"
    r"|informatique"
    r"|técnic[oa]|ingenier[oa]|administrador[a]?|analista|soporte|jef[ea]|departamento"
    r"|medewerk(?:er|ster)|\w{0,12}beheer(?:der)?|technicus|adviseur|monteur|afdeling|ltd|llc|inc|gmbh|ag|kg|sarl"
    r"|sas|bv|nv"
    r"|limited|pronouns|she/her|he/him|they/them|sie/ihr)\b",
    re.IGNORECASE,
)
_CAPITALISED = r"[A-ZÀ-Þ][\w.'’-]{0,30}"
_NAME = re.compile(
    rf"{_CAPITALISED}(?:,? (?:(?:van|von|de|der|den|la|le|du|di|da|zu|ter|ten|el|del) ){{0,2}}{_CAPITALISED}){{0,4}}"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_LONGEST_NAME, _LONGEST_LINE = 50, 160
_MOST_LINES, _LONGEST_BLOCK = 12, 30
_WIDEST_GAP = 2
_MOST_NAMES = 6
_NO_NAMES = frozenset[str]()
_ADDRESSES = ("://", "@", "www.")


def without_courtesies(lines: Sequence[str], by: str = "") -> list[str]:
    """The lines, with blank ones for greetings, sign-offs, signatures and adverts; ``by``: the name of who signs."""
    names = frozenset(word.casefold() for word in _WORD.findall(by))
    kept = [line.rstrip() for line in lines]
    last = max((at for at, line in enumerate(kept) if line), default=-1)
    at = 0
    while at <= last:
        end = _end_of_courtesy(kept, at, names, last)
        kept[at:end] = [""] * (end - at)
        at = max(end, at + 1)
    return kept


def _end_of_courtesy(lines: Sequence[str], at: int, names: frozenset[str], last: int) -> int:
    """Where the courtesy ends that begins with a line; at that line itself if it is none."""
    line = lines[at].strip(" \t*_")
    if _DISCLAIMER.match(line):
        return _end_of_paragraph(lines, at)
    if len(line) <= _LONGEST_LINE:
        if is_sign_off(line):
            return _end_of_signature(lines, at + 1, names)
        if is_greeting(line) or _is_advert(line):
            return at + 1
    if last - at <= _MOST_LINES and _is_signature_at_end(lines[at : last + 1], names, is_parted=_is_parted(lines, at)):
        return last + 1
    return at


def is_greeting(line: str) -> bool:
    """Whether a line only greets: somebody, all, or nobody by name."""
    found = _GREETING.match(line)
    if not found:
        return False
    words = line[found.end() :].replace(",", " ").strip(" .!:–-").split()
    knows = [word for word in words if word.casefold() in _ADDRESSED_WORDS]
    if len(words) > _MOST_NAMES or not all(word in knows or _NAME.fullmatch(word) for word in words):
        return False
    return not found["rare"] or bool(knows) or line[-1] in ",!"


def _is_advert(line: str) -> bool:
    return bool(_ADVERT.fullmatch(_ADVERT_LINK.sub("", line).strip(" .!-–")))


def is_sign_off(line: str) -> bool:
    """Whether a line only takes leave or thanks, with or without a name."""
    said = line.replace("’", "'").strip(" .!-–—,")
    words = said.casefold()
    if len(said) > _LONGEST_SIGN_OFF:
        return False
    if words in _SIGN_OFF_WORDS or _THANKS_FOR.fullmatch(words):
        return True
    head, comma, tail = said.partition(",")
    if not comma:
        head, _, tail = said.rpartition(" ")
    is_leave = head.casefold() in (_SIGN_OFF_WORDS if comma else _WITHOUT_COMMA)
    return is_leave and _is_name(tail.strip(), _NO_NAMES)


def _is_name(words: str, names: frozenset[str]) -> bool:
    """Whether these words can be the name of who signs; one word alone must be known where the name is."""
    if len(words) > _LONGEST_NAME or not _NAME.fullmatch(words):
        return False
    parts = [part.casefold() for part in _WORD.findall(words)]
    if names and len(parts) == 1:
        return parts[0] in names or (len(parts[0]) == 1 and any(name.startswith(parts[0]) for name in names))
    return not (parts[0] in _ANSWERS or parts[0].endswith("ed"))


def _is_contact(line: str) -> bool:
    """Whether a line says what its signer is, or where to reach him, and no more than that."""
    rest = " ".join(part for part in line.split() if not any(sign in part for sign in _ADDRESSES))
    words = [word for word in _WORD.findall(rest) if word[0].islower() and len(word) > 1]
    is_short = len([word for word in words if word not in _CONNECTORS]) <= _MOST_PLAIN_WORDS
    first = next(iter(_WORD.findall(line)), "")
    return (
        is_short
        and len(line) <= _LONGEST_LINE
        and not first.endswith("ed")
        and bool(_REACH.search(line) or _ROLE.search(line))
    )


def _signs(line: str, names: frozenset[str]) -> bool:
    bare = line.strip(" \t|*_")
    return _is_contact(bare) or _is_name(bare, _NO_NAMES) or _is_advert(bare) or bool(_DISCLAIMER.match(bare))


def _end_of_signature(lines: Sequence[str], at: int, names: frozenset[str]) -> int:
    """Where the signature below a sign-off ends; right there where none stands."""
    end = start = _next(lines, at)
    if start == len(lines) or not (_is_name(lines[start].strip(" \t|*_"), names) or _is_contact(lines[start].strip())):
        return at
    while end < len(lines) and lines[end] and _signs(lines[end], names):
        end += 1
    while (start := _next(lines, end)) < len(lines) and end - at <= _MOST_LINES:
        stop = _end_of_paragraph(lines, start)
        block = lines[start:stop]
        if not (all(_signs(line, names) for line in block) and any(map(_is_contact, block))):
            break
        end = stop
    return end


def _is_signature_at_end(block: Sequence[str], names: frozenset[str], *, is_parted: bool) -> bool:
    """Whether the last lines of a note are a signature without a sign-off: a name, and where to reach it."""
    first, *others = [line.strip(" \t|*_") for line in block if line]
    words = frozenset(word.casefold() for word in _WORD.findall(first))
    if not others:
        return bool(words) and words <= names and _is_name(first, names)
    is_known = not names or bool(words & names)
    return (
        is_parted
        and is_known
        and (_is_name(first, names) or _is_contact(first))
        and any(map(_REACH.search, others))
        and all(_signs(line, names) for line in others)
    )


def _is_parted(lines: Sequence[str], at: int) -> bool:
    """Whether a blank line or a rule stands above a line."""
    return at > 0 and (not lines[at - 1] or is_rule(lines[at - 1]))


def _next(lines: Sequence[str], at: int) -> int:
    """Where the next line stands that says something, close enough; else the end."""
    return next((n for n in range(at, min(at + _WIDEST_GAP + 1, len(lines))) if lines[n].strip()), len(lines))


def _end_of_paragraph(lines: Sequence[str], at: int) -> int:
    most = min(at + _LONGEST_BLOCK, len(lines))
    return next((end for end in range(at, most) if not lines[end]), most)
