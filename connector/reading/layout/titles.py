"""What the template's sections are called, by the people of several countries. Pure.

Only what says no more than the section's own title stands here: such a heading goes when its section is there. Any
other heading tells something ("Result", "Tried"), and stays before its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_STEPS = (
    "steps, steps attempted, steps tried, steps taken, steps done, steps performed, steps completed, steps so far"
    ", attempted steps, steps already taken, steps already tried, troubleshooting steps, troubleshooting steps taken"
    ", troubleshooting steps attempted, troubleshooting steps performed, troubleshooting steps tried"
    ", schritte, bisherige schritte, versuchte schritte, unternommene schritte, durchgeführte schritte"
    ", bereits unternommene schritte, bereits durchgeführte schritte, getestete schritte"
    ", étapes, étapes effectuées, étapes réalisées, étapes tentées, étapes essayées, étapes suivies"
    ", pasos, pasos realizados, pasos intentados, pasos seguidos, pasos efectuados, pasos dados, pasos probados"
    ", stappen, uitgevoerde stappen, ondernomen stappen, genomen stappen, geprobeerde stappen, gezette stappen"
)
_ERRORS = (
    "error code, error codes, error message, error messages, errorcode, errorcodes, error codes seen"
    ", error messages seen, fehlercode, fehlercodes, fehlermeldung, fehlermeldungen, fehlernummer, fehlernummern"
    ", code d'erreur, codes d'erreur, code erreur, codes erreur, message d'erreur, messages d'erreur"
    ", código de error, códigos de error, mensaje de error, mensajes de error"
    ", foutcode, foutcodes, foutmelding, foutmeldingen, foutnummer"
)
_RESEARCH = (
    "research, researched, links, research done, research so far, kb, kbs, kb used, kbs used, kb article, kb articles"
    ", kb articles used, kb article used, kb articles read, kb articles consulted, kb articles followed, articles used"
    ", articles read, articles consulted, knowledge base, knowledge base article, knowledge base articles"
    ", knowledge base articles used, documentation used, documentation read, documentation consulted"
    ", documentation checked, documentation looked up, documentation and links, docs used, docs read, docs consulted"
    ", docs checked, looked up, references, references used"
    ", recherche, recherchen, recherchiert, nachgeschlagen, nachgelesen, kb-artikel, verwendete kb-artikel"
    ", benutzte kb-artikel, wissensdatenbank"
    ", recherches, recherches effectuées, articles consultés, documentation consultée, articles kb"
    ", base de connaissances"
    ", investigación, búsqueda, búsquedas, documentación consultada, artículos consultados, base de conocimientos"
    ", onderzoek, opgezocht, uitgezocht, nagezocht, kb-artikelen, gebruikte kb-artikelen, geraadpleegde documentatie"
    ", geraadpleegde artikelen, kennisbank"
)
_TALKS = (
    "internal discussion, internal discussions, internal conversation, internal conversations, internal talk"
    ", internal talks, team discussion, team discussions"
    ", interne besprechung, interne besprechungen, interne absprache, interne absprachen, interne rücksprache"
    ", interne rücksprachen, interne diskussion, interne diskussionen, interne gespräche, interne abstimmung"
    ", discussion interne, discussions internes, échanges internes, échange interne"
    ", discusión interna, discusiones internas, conversación interna, conversaciones internas"
    ", intern overleg, interne discussie, interne discussies, interne besprekingen, interne gesprekken"
)
_RIGHTS = (
    "missing permission, missing permissions, permissions missing, permission missing, missing rights, rights missing"
    ", missing right, missing access, access missing, permissions needed, permission needed, needed permissions"
    ", permissions required, required permissions, rights needed, rights required, access needed, access required"
    ", fehlende berechtigung, fehlende berechtigungen, fehlende rechte, benötigte berechtigung"
    ", benötigte berechtigungen, benötigte rechte, erforderliche berechtigungen, erforderliche rechte"
    ", permission manquante, permissions manquantes, droits manquants, droit manquant, autorisations manquantes"
    ", autorisation manquante, accès manquants, accès manquant, droits nécessaires, droits requis"
    ", permiso faltante, permisos faltantes, permisos que faltan, permisos necesarios, permisos requeridos"
    ", derechos faltantes"
    ", ontbrekende rechten, ontbrekende machtigingen, ontbrekende toegang, ontbrekende permissies"
    ", ontbrekende bevoegdheden, missende rechten, benodigde rechten, benodigde machtigingen"
)
_NEXT = (
    "next step, next steps, next action, next actions, next, next up, what's next, what next, remaining steps"
    ", suggested next steps, recommended next steps, proposed next steps, planned next steps, steps next, to do, todo"
    ", to-do, still to do, left to do"
    ", nächster schritt, nächste schritte, naechster schritt, naechste schritte, nächste massnahmen"
    ", weitere schritte, weiteres vorgehen, noch zu tun, zu tun, to-dos"
    ", prochaine étape, prochaines étapes, étape suivante, étapes suivantes, prochaines actions, à faire"
    ", reste à faire, suite à donner"
    ", próximo paso, próximos pasos, siguiente paso, siguientes pasos, próximas acciones, por hacer"
    ", volgende stap, volgende stappen, vervolgstap, vervolgstappen, vervolgacties, nog te doen, te doen"
)

_JOINTS = re.compile(r"\s(?:and|or|und|oder|et|ou|y|o|en|of)\s|[/&+]")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ADDRESSED = re.compile(r"\s(?:so far|for (?:the )?(?:next )?(?:tier|level|t|l)\W?\d?)$")


def section_titled(words: str) -> int | None:
    """Of which of the template's sections, in its order, these words are a title; None: of none, or of several."""
    return _section_titled(" ".join(_plain(words).split()))


@lru_cache(maxsize=2048)
def _section_titled(words: str) -> int | None:
    if words in _TITLES:
        return _TITLES[words]
    bare = _ADDRESSED.sub("", " ".join(_ASIDE.sub(" ", words).split()))
    parts = [part.strip() for part in _JOINTS.split(bare)]
    first = bare.partition(" ")[0]
    sections = {_TITLES.get(part, _TITLES.get(f"{first} {part}")) for part in parts}
    return sections.pop() if len(sections) == 1 else None


def _plain(words: str) -> str:
    """Words without regard to case, accents, and kinds of apostrophes and dashes."""
    folded = unicodedata.normalize("NFKD", words.casefold().replace("’", "'").replace("–", "-"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _titles() -> Iterator[tuple[str, int]]:
    for section, titles in enumerate((_STEPS, _ERRORS, _RESEARCH, _TALKS, _RIGHTS, _NEXT)):
        for title in titles.split(", "):
            yield _plain(title), section


_TITLES = dict(_titles())
