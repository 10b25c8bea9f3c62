"""Said without a section: missing permissions, what is to be done then, that no error is shown. Pure.

Of permissions and next steps in plain words only those of the technician himself are meant: that a user has no access
to a folder is the ticket, not a permission that is missing for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_LONGEST = 2000

_RIGHT = re.compile(
    r"(?<!\w)(?:(?:local |global |domain |enterprise |exchange |tenant |site |cloud "
    r"|app(?:lication)? )?admin(?:istrator)?s?(?:['’]?s)?"
    r"(?: (?:rights?|role|access|permissions?|account|cent(?:er|re)|password|credentials|group))?|roles?|rights?"
    r"|permissions?|access"
    r"|privileges?|credentials?|passwords?|licen[cs]es?|log-?ins?|root|sudo|elevation|authori[sz]ation|group membership"
    r"|[\w-]{0,20}rechte?n?|[\w-]{0,20}berechtigung(?:en)?|[\w-]{0,20}rollen?|[\w-]{0,20}zugriff(?:e|srechte)?|zugang"
    r"|freigabe|kennwort"
    r"|passwort|adminrechte"
    r"|droits?|rôles?|accès|autorisations?|permissions?|habilitations?|mot de passe"
    r"|permisos?|acceso|derechos?|privilegios?|rol(?:es)?|contraseña|administrador"
    r"|rechten|toegang|rol(?:len)?|machtiging(?:en)?|beheerder(?:srechten|srol)?|wachtwoord)(?!\w)",
    re.IGNORECASE,
)
_STRICT = re.compile(
    r"(?<!\w)(?:(?:i|we|my account|our account)(?: just| still| also| really| currently)? (?:do not have|don['’]?t have"
    r"|have no|haven['’]?t(?: got)?"
    r"|lack|am missing|are missing|has no|does not have|doesn['’]t have|lacks|(?:am|are|is) (?:not|missing)"
    r"|['’]m (?:not|missing)|['’]re (?:not|missing))"
    r"|(?:i['’]m|we['’]re) (?:not|missing|lacking)"
    r"|(?:mir|uns) fehl(?:t|en)|fehl(?:t|en) (?:mir|uns)|(?:ich|wir) (?:habe|haben)(?: dort| da| hier"
    r"| dafür)? kein\w{0,2}"
    r"|(?:il|ils) (?:me|nous) manque(?:nt)?|(?:je n['’]ai|nous n['’]avons) pas"
    r"|(?:no tengo|no tenemos|(?:me|nos) faltan?)"
    r"|(?:ik heb|we hebben|wij hebben) geen|(?:ik|we|wij) (?:mis|missen))(?!\w)",
    re.IGNORECASE,
)
"""What a technician says who may not do something; for the ticket's user he would not say it so."""

_LOOSE = re.compile(
    r"\s?(?:[→✓✗»›>*•·-]+\s)?(?:(?:and|also|still|but|urgently|i|we|would|['’]d|ich|wir|dafür|j['’]ai|nous|ik|wij|me"
    r"|nos|mir|uns) ){0,3}"
    r"(?:needs?|needed|requires?|required|missing|lacking|lack|no|without|not (?:allowed|permitted|authori[sz]ed"
    r"|a member)|cannot|can['’]?t"
    r"|please (?:grant|give|add|assign|make)|brauchen?|benötigen?|benötigt|fehl(?:t|en)|kein(?:e|en)?|ohne|bitte|besoin"
    r"|manque|il (?:me |nous )?faut|pas|aucun"
    r"|necesit(?:o|amos|a)|faltan?|sin|nodig|geen|mis|ontbre\w{2,4}|heb|hebben)(?!\w)",
    re.IGNORECASE,
)
"""What may begin such words when permissions were asked for; without a person in front."""

_PRODUCT = re.compile(
    r" ?(?:[→✓✗»›>*•·-]+ )?(?:(?:a|an|the|full|read|write|remote|sharepoint|teams|azure|entra|intune|exchange|ad"
    r"|windows|sql|linux"
    r"|vmware|firewall|vpn|m365|office 365|microsoft 365|active directory|purview|defender|jira|sap) ){0,3}",
    re.IGNORECASE,
)
"""What may stand before a permission that is only named."""

_DENIED = re.compile(
    r"(?:access (?:is )?denied|permission denied|insufficient (?:rights|permissions|privileges)|not authori[sz]ed"
    r"|zugriff verweigert|accès refusé"
    r"|acceso denegado|toegang geweigerd)[^.;\n]{0,60}(?<!\w)(?:for me|to me|with my|on my|my account|our account|mir"
    r"|mein\w{0,2}|pour moi|mon compte"
    r"|mi cuenta|voor mij|mijn)(?!\w)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?<!\w)(?:users?|clients?|customers?|callers?|she|he|they|kunde|kundin|anwender(?:in)?|benutzer(?:in)?"
    r"|utilisatrice|utilisateur|elle|cliente?"
    r"|usuari[oa]|klant|gebruiker)(?!\w)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:[,;:–—(]|\s-)\s?(?:(?:and|but|so|und|aber|et|mais|y|pero|en|maar) )?|\s(?:and|but|so|und|aber|et|y|en)\s",
    re.IGNORECASE,
)
_MOST_CLAUSES = 40
_NEAR = 80

_ONCE = re.compile(
    r"\s?(?:[→✓✗»›>*•·-]+\s)?(?:(?:and |but )?(?:once|as soon as|when|with|after|if) (?:i |we |it |that |they |this "
    r"|the |these |those |have |['’]ve |am |is |are |has |been |get |got |can )*"
    r"(?:there|granted|given|done|available|in place|in|approved|set|added|assigned|unlocked|access|rights?"
    r"|permissions?|role|admin|group|membership|licen[cs]e"
    r"|these|those|them|that|it|this)(?! (?:was|were|did))(?!\w)"
    r"|sobald|wenn (?:ich|wir|das|die|der)|danach(?! (?:war|ist|lief|ging|kam))|anschließend|nach (?:der )?(?:freigabe"
    r"|freischaltung|erteilung)"
    r"|une fois|dès que|quand (?:je|nous|les|le)|ensuite"
    r"|una vez|en cuanto|cuando (?:tenga|tengamos|esté)|luego|después"
    r"|zodra|als (?:ik|we|dat|de) (?:heb|hebben|er)|daarna|vervolgens|nadien)(?!\w)",
    re.IGNORECASE,
)
"""How a sentence begins that says what is to be done when something is there."""

_WILL = re.compile(
    r"(?<!\w)(?:will|['’]ll|would|['’]d|can|could|going to|shall|want to|plan to|need to|have to|to do|must|werde"
    r"|werden|würde|kann|können|will ich|muss|müssen"
    r"|vais|allons|pourrai|pourrons|peux|voy a|vamos a|podré|puedo|hay que|zal|zullen|ga ik|kan ik|kunnen we"
    r"|moet)(?!\w)",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"(?<!\w)(?:then|afterwards?|after that|thereafter|next|following that|dann|danach|anschließend|ensuite|après|puis"
    r"|luego|después|entonces|dan|daarna"
    r"|vervolgens|nadien)(?!\w)",
    re.IGNORECASE,
)
_BEGINS_THEN = re.compile(
    r"\s?(?:[→✓✗»›>*•·-]+\s)?(?:and )?(?:then|afterwards?|after that|next|dann|danach|anschließend|ensuite|après|puis"
    r"|luego|después|entonces|dan|daarna|vervolgens)"
    r"[,:]? (?P<next>[\w'’-]{1,30})",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"(?:\w{2,}ed|was|were|it|the|there|she|he|they|ran|went|came|got|did|had|set|saw|found|took|made|gave|put|left"
    r"|told|said|still|again|es|lief|ging|kam|war|ist"
    r"|er|sie|il|elle|c['’]est|était|el|la|le|les|der|die|das|het|was|ging)$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\s?(?:[→✓✗»›>*•·-]+\s)?(?:next|to ?do|what (?:is )?next|remaining|still to do|nächste[rs]? schritte?|als nächstes"
    r"|noch offen|prochaines? étapes?|à faire|próximos? pasos?"
    r"|por hacer|pendiente|volgende stap(?:pen)?|nog te doen)\s?[:–-]",
    re.IGNORECASE,
)

_EARLY = 8
"""How far from its beginning a sentence says "I will" that is about nothing else."""

_NO_ERROR = re.compile(
    r"(?<!\w)(?:(?:no|without|without any|without an|zero|not any|never any|doesn['’]?t show an|does not show an"
    r"|shows no|not a single) (?:\w{1,15} ){0,2}?(?:errors?|error ?(?:codes?|messages?)"
    r"|codes?|messages?|events?|warnings?)(?! (?:correction|handling|checking|log|page))"
    r"|(?:nothing|no entr(?:y|ies)) (?:\w{1,12} ){0,2}?(?:in|on) (?:the |any |its |her "
    r"|his )?(?:\w{1,20} ){0,2}?(?:logs?|event (?:log|viewer)|screen|display)"
    r"|(?:logs?|event (?:log|viewer)s?) (?:\w{1,12} ){0,2}?(?:clean|clear|empty|silent|shows? nothing|say nothing"
    r"|says nothing)"
    r"|kein(?:e|en|erlei)? (?:\w{1,15} ){0,2}?(?:fehler|fehlermeldung(?:en)?|fehlercodes?|meldung(?:en)?"
    r"|ereignis(?:se)?)|ohne (?:\w{1,15} )?(?:fehler|fehlermeldung|fehlercode|meldung)"
    r"|nichts im (?:ereignisprotokoll|protokoll|log)"
    r"|(?:aucune?|sans|pas d['’]|pas de) ?(?:(?:message|code) d['’])?(?:erreurs?|code|message)|rien dans (?:le journal"
    r"|les journaux|le log)"
    r"|(?:ningún|ninguna|sin|no hay|no sale|no aparece|no muestra) (?:ningún |ninguna |un )?(?:(?:mensaje"
    r"|código) de )?(?:errores|error|mensaje|código)|nada en (?:el registro|los registros|el log)"
    r"|(?:geen|zonder) (?:\w{1,15} ){0,2}?(?:fout(?:en|melding|meldingen|code|codes)?|meldingen|melding|errors?)"
    r"|niets in (?:het )?(?:log|logboek|gebeurtenislogboek))(?!\w)",
    re.IGNORECASE,
)


def permission_at(sentence: str, is_asked_for: bool) -> int | None:
    """Where in a sentence, its blanks single, the technician says which permission he lacks; None where he does not.

    0: the sentence tells nothing else. ``is_asked_for``: an escalation for permissions was asked for; then "need the
    role" is about that.
    """
    sentence = sentence[:_LONGEST]
    if is_asked_for and (named := _PRODUCT.match(sentence)) and _RIGHT.match(sentence, named.end()):
        return 0
    for start in _beginnings(sentence):
        strict = _STRICT.match(sentence, start) or (start == 0 and _DENIED.search(sentence))
        lacks = strict or (_LOOSE.match(sentence, start) if is_asked_for else None)
        if lacks and _RIGHT.search(sentence, lacks.start(), lacks.end() + _NEAR):
            return None if _OTHERS.search(sentence, 0, lacks.start()) else start
    return None


def next_step_at(sentence: str, is_asked_for: bool) -> int | None:
    """Where in a sentence, its blanks single, it says what is to be done when the permissions are there.

    None where it does not; 0: the sentence tells nothing else. ``is_asked_for`` as above.
    """
    sentence = sentence[:_LONGEST]
    if _LABEL.match(sentence):
        return 0
    for start in _beginnings(sentence):
        once = _ONCE.match(sentence, start)
        if once and (
            is_asked_for or ":" in sentence[once.end() : once.end() + _NEAR] or _WILL.search(sentence, once.end())
        ):
            return start
        begins = _BEGINS_THEN.match(sentence, start) if is_asked_for else None
        if begins and not _PAST.match(begins["next"]):
            return start
    if (
        is_asked_for
        and (will := _WILL.search(sentence))
        and (will.start() <= _EARLY or _THEN.search(sentence, will.end()))
    ):
        return 0
    return None


def says_no_error(sentence: str) -> bool:
    """Whether a sentence says that no error is shown."""
    return bool(_NO_ERROR.search(sentence[:_LONGEST]))


def _beginnings(sentence: str) -> Iterator[int]:
    """Where a sentence begins, and each part of it."""
    yield 0
    for clause in islice(_CLAUSE.finditer(sentence), _MOST_CLAUSES):
        yield clause.end()
