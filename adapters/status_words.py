"""What a status means by its name, in English, German, French, Spanish and Dutch: for statuses of which nothing else
tells. Pure, and every name has an answer: what says nothing of waiting is work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from connector.model import PlacedStatus, Ref, Status, StatusGroup

FROM_ITS_NAME = "it was assumed from its name"
"""Why a status is in its group where its name decided."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STANDING = _words(
    "hold onhold held holding halted paused pause parked deferred postponed snoozed snooze suspended "
    "scheduled rescheduled appointment backordered backorder ordered "
    "angehalten pausiert geparkt zuruckgestellt verschoben vertagt unterbrochen terminiert geplant eingeplant termin "
    "wiedervorlage bestellt ruht ruhend ruckfrage "
    "suspendu suspendue reporte reportee differe differee planifie planifiee programme programmee rdv commandee "
    "suspendido suspendida pausado pausada aplazado aplazada pospuesto pospuesta programado programada planificado "
    "planificada agendado agendada detenido detenida pausa retenido retenida "
    "gepauzeerd geparkeerd uitgesteld opgeschort gepland ingepland pauze besteld afspraak aangehouden"
)
"""The clock stands, whoever it is that is waited for."""

_WAITING = _words(
    "waiting waits wait await awaiting awaits pending pend "
    "warte warten wartet wartend wartestellung abwarten ausstehend "
    "attente attend attendre attends "
    "espera esperando esperar espere aguardando pendiente pendientes "
    "wacht wachten wachtend afwachting afwachten"
)
"""Somebody is waited for; for whom, the other words say."""

_OUTSIDE = _words(
    "vendor vendors customer customers user users client clients enduser supplier suppliers manufacturer carrier isp "
    "provider caller requester requestor party thirdparty external partner distributor warranty "
    "kunde kunden kundin lieferant lieferanten hersteller anwender benutzer nutzer melder anfrager extern "
    "dienstleister fremdfirma drittanbieter "
    "fournisseur fournisseurs utilisateur utilisateurs demandeur prestataire externe constructeur "
    "cliente clientes proveedor proveedores usuario usuarios solicitante externo tercero terceros fabricante "
    "klant klanten leverancier leveranciers gebruiker gebruikers fabrikant aanvrager"
)
"""Those who do not work at the desk."""

_OWN = _words(
    "us it tech techs technician technicians engineer engineers agent agents dispatch dispatcher dispatching "
    "assignment triage triaging support helpdesk servicedesk desk tier tier1 tier2 tier3 level escalation staff "
    "uns techniker bearbeiter zuweisung zuteilung "
    "nous technicien techniciens ingenieur affectation assignation prise "
    "nosotros tecnico tecnicos ingeniero agente asignacion "
    "ons technicus monteur behandelaar toewijzing medewerker"
)
"""Those who do: to wait for them is work that is not done."""

_SPOKEN = _words(
    "responded replied reply replies response responses answered answer updated update updates returned received "
    "confirmed reacted note notes message "
    "geantwortet antwort kundenantwort beantwortet ruckmeldung kundenruckmeldung erhalten aktualisiert reagiert "
    "repondu reponse retour recu recue maj actualise "
    "respondio respondido respuesta contesto contestado recibido recibida actualizado actualizada "
    "gereageerd reactie beantwoord antwoord ontvangen bijgewerkt"
)
"""The others have spoken: it is the desk's turn."""

_TO_SPEAK = _words(
    "call contact inform notify email follow followup chase "
    "anrufen kontaktieren informieren benachrichtigen ruckruf zuruckrufen "
    "appeler rappeler contacter informer llamar contactar informar bellen terugbellen contacteren informeren"
)
"""The others are to be spoken to: the same."""

_ASKED = _words(
    "needed required requested missing erforderlich benotigt angefordert angefragt fehlt fehlend "
    "requis requise demande demandee manquant manquante requerido requerida necesario necesaria solicitado solicitada "
    "falta nodig vereist gevraagd opgevraagd ontbreekt"
)
_FROM_OTHERS = _words(
    "info information details feedback approval informationen infos angaben genehmigung freigabe "
    "informations approbation validation informacion datos aprobacion informatie gegevens goedkeuring"
)
"""What one asks of others."""

_NEW = _words("new unassigned untouched unopened neu neue neuer neues nouveau nouvelle nuevo nueva nieuw nieuwe")
_DONE = _words(
    "resolved solved completed complete done finished closed cancelled canceled "
    "gelost erledigt abgeschlossen geschlossen behoben fertig storniert "
    "resolu resolue termine terminee clos cloture cloturee ferme fermee annule annulee "
    "resuelto resuelta solucionado solucionada completado completada terminado terminada cerrado cerrada cancelado "
    "cancelada finalizado finalizada "
    "opgelost afgerond gesloten gereed voltooid geannuleerd afgehandeld"
)
_NOT_YET = _words(
    "not longer never off from to be needs need cannot nicht mehr nie zu non pas plus niet langer meer te por"
)
"""Right before a word: it does not hold any more, or not yet."""

_OVER = _words(
    "removed remove released release resumed resume ended expired lifted beendet fortgesetzt aufgehoben abgelaufen "
    "terminee finie repris reprise terminada finalizada reanudado reanudada hervat beeindigd verlopen"
)
"""Beside a word of waiting: it is over."""

_UNDONE = _words(
    "not no never non nicht kein keine nie pas sin niet geen to be ready almost partially for fur pour para voor zu te "
    "reopened reopen wiedereroffnet reouvert reouverte reabierto reabierta heropend"
)
"""Anywhere beside a word of an end: it is none."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[a-z0-9]+")
_BREAK = re.compile(r"[-\u2010-\u2015,;:/|()\[\].>]")


def group_by_name(name: str) -> StatusGroup:
    """NEW, WAITING or RESOLVED where an open status's name says so, else WORKING."""
    parts = [words for words in (_words_of(part) for part in _BREAK.split(name)) if words]
    words = [word for part in parts for word in part]
    if not words:
        return StatusGroup.WORKING
    if any(map(_stands, parts)) or _is_with_others(words):
        return StatusGroup.WAITING
    if words[0] in _NEW:
        return StatusGroup.WORKING if _any(words, _SPOKEN) else StatusGroup.NEW
    is_done = parts[0][-1] in _DONE or words[0] in _DONE - {"complete"}
    return StatusGroup.RESOLVED if is_done and not _any(words, _UNDONE | _WAITING) else StatusGroup.WORKING


def placed_by_name(ref: Ref) -> PlacedStatus:
    """An open status as its name alone places it."""
    return PlacedStatus(Status(ref.id, ref.name, group_by_name(ref.name)), FROM_ITS_NAME, is_assumed=True)


def _stands(words: Sequence[str]) -> bool:
    """Whether one part of a name says that the clock stands."""
    if _any(words, _OVER):
        return False
    said = {word for n, word in enumerate(words) if not _any(words[max(0, n - 2) : n], _NOT_YET)}
    if said & _STANDING:
        return True
    return bool(said & _WAITING) and (_any(words, _OUTSIDE) or not _any(words, _OWN))


def _is_with_others(words: Sequence[str]) -> bool:
    """Whether a name without a word of waiting says that others have the ticket now."""
    is_outside = _any(words, _OUTSIDE)
    if _any(words, _ASKED):
        return is_outside or _any(words, _FROM_OTHERS)
    return is_outside and words[0] not in _NEW and not _any(words, _SPOKEN | _TO_SPEAK | _DONE | _WAITING | _STANDING)


def _any(words: Iterable[str], known: frozenset[str]) -> bool:
    return any(word in known for word in words)


def _words_of(text: str) -> list[str]:
    """The words of a text, without case and accents; ``WaitingOnClient`` is three."""
    apart = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).casefold())
    return _WORD.findall("".join(sign for sign in apart if not unicodedata.combining(sign)))
