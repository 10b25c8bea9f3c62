"""What statuses are called on real desks, and what that means for the clock."""

from __future__ import annotations

import pytest

from adapters.status_words import group_by_name, placed_by_name
from connector.model import Ref, StatusGroup

WAITING = """
Waiting; Waiting on client; Waiting Client Response; WaitingOnClient; waiting_on_client; Awaiting Customer Reply
On Hold; On-Hold; OnHold; HOLD; Schedule Hold; Scheduled; Re-scheduled; Pending; Pending Vendor; Pending user
With Vendor; With User; Customer; Vendor; User; 3rd party; Third Party; Escalated to vendor; Paused; Parked; Deferred
Parts ordered; Waiting Parts; Appointment booked; Customer info needed; Client response required
More information required; Approval requested; No response - on hold; No reply, waiting; Reopened - waiting on client
Scheduled (onsite engineer)
Wartet auf Kunde; Warten auf Rückmeldung; Warte auf Lieferant; Zurückgestellt; Beim Hersteller; Kundenantwort ausstehend
Terminiert; Geplant; Wiedervorlage; Rückfrage; Kunde; Anwender; Pausiert; Informationen angefordert
En attente; En attente client; Attente fournisseur; En pause; Planifié; Suspendu; Reporté; Chez le fournisseur
Utilisateur; En attente retour client; Programmée
En espera; Esperando al cliente; Pendiente de cliente; Pendiente; Programado; Pausado; Proveedor; Usuario; Aplazado
Wacht op klant; In afwachting; Wachten op leverancier; Gepland; Ingepland; Gepauzeerd; Bij leverancier; Gebruiker
"""
WORKING = """
In Progress; Assigned; Open; Work in progress; Enroute; Onsite; Triage; Escalated; Reopened; Investigating; Queue; Xyzzy
>>; Client responded; Customer Replied; Updated by client; Customer Updated; User reply received; Customer note added
Call client; Follow up with customer; New response; New - client replied
No longer waiting; Not on hold; Off hold; Released from hold; Hold released; Wait ended; To be scheduled; Not scheduled
Needs to be scheduled; Unscheduled; Needs scheduling; Ready to schedule
Waiting on technician; Waiting for us; Pending assignment; Pending dispatch; Awaiting triage; Waiting on Tier 3
Unresolved; Not resolved; Ready to be closed; To be closed; Incomplete; Resolved - reopened
In Bearbeitung; In Arbeit; Wartung; Kunde hat geantwortet; Antwort vom Kunden; Wartet auf Techniker; Nicht gelöst
Nicht mehr wartend; Zu terminieren; Kunde anrufen; Pause beendet
En cours; Réponse du client; Client a répondu; En attente de prise en charge; À planifier; Attente terminée; Non résolu
En curso; En proceso; Respuesta del cliente; El cliente respondió; Pendiente de asignación; No resuelto
In behandeling; Bezig; Reactie klant; Klant heeft gereageerd; Wacht op ons; Niet opgelost; In de wachtrij
В работе; 対応中
"""
NEW = """
New; New Ticket; New (email connector); New (customer portal); NEW; Unassigned; Neu; Neues Ticket; Nouveau; Nouvelle
demande; Nuevo; Nueva; Nieuw
"""
RESOLVED = """
Resolved; Completed; Work complete; Done; Solved; Cancelled; Resolved by client; Completed - bill it; Gelöst; Erledigt
Abgeschlossen; Résolu; Terminé; Clôturé; Resuelto; Cerrado; Opgelost; Afgerond; Gesloten
"""


def _named(table: str) -> list[str]:
    return [name.strip() for line in table.strip().splitlines() for name in line.split(";")]


@pytest.mark.parametrize(
    ("table", "group"),
    [
        (WAITING, StatusGroup.WAITING),
        (WORKING, StatusGroup.WORKING),
        (NEW.replace("\n", " "), StatusGroup.NEW),
        (RESOLVED, StatusGroup.RESOLVED),
    ],
    ids=["waiting", "working", "new", "resolved"],
)
def test_a_name_says_what_a_status_means(table: str, group: StatusGroup) -> None:
    assert {name: found for name in _named(table) if (found := group_by_name(name)) is not group} == {}


def test_the_reason_says_that_it_was_assumed() -> None:
    placed = placed_by_name(Ref("7", "Warten auf Kunde"))
    assert placed.is_assumed
    assert placed.status.group is StatusGroup.WAITING
    assert "assumed from its name" in placed.why


@pytest.mark.parametrize("name", ["", " ", "…", "a" * 100_000, "- " * 50_000, "to be " * 20_000])
def test_any_name_has_an_answer(name: str) -> None:
    assert group_by_name(name) is StatusGroup.WORKING
