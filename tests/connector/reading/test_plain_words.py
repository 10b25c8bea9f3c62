"""Missing permissions, next steps and the lack of an error, said without a heading."""

from __future__ import annotations

import pytest

from connector.reading.plain_words import next_step_at, permission_at, says_no_error

MINE = [
    "I don't have access to the admin centre, need the SharePoint Administrator role.",
    "We lack the rights on DC01",
    "My account is missing the Exchange role",
    "Access denied for my account",
    "Mir fehlt die Rolle Exchange-Administrator",
    "Ich habe keine Berechtigung auf dem Server",
    "Il me manque les droits d'administrateur",
    "No tengo permisos en SRV-7",
    "Ik heb geen rechten op SRV-7",
]
WHEN_ASKED = [
    "Need local admin on SRV-7.",
    "Missing the Exchange Administrator role",
    "No access to the firewall",
    "local admin on SRV-7",
    "SharePoint Administrator role",
    "the Exchange admin role, please",
    "Please grant me the Teams admin role",
    "Brauche lokale Adminrechte auf SRV-7",
    "Besoin du rôle administrateur Exchange",
    "Necesito permisos de administrador",
    "Geen toegang tot de firewall",
]
NOT_MINE = [
    "User needs access to the share",
    "She has no access to the folder",
    "The client says we lack the rights",
    "Ran it with admin rights, same",
    "Called the carrier without the number",
    "Benutzer braucht Zugriff",
]


@pytest.mark.process("kind-permission")
@pytest.mark.parametrize("text", MINE)
def test_a_permission_that_the_technician_lacks(text):
    assert permission_at(text, is_asked_for=False) == permission_at(text, is_asked_for=True) == 0


@pytest.mark.process("kind-permission")
@pytest.mark.parametrize("text", WHEN_ASKED)
def test_a_permission_that_is_meant_when_permissions_were_asked_for(text):
    assert permission_at(text, is_asked_for=True) == 0
    assert permission_at(text, is_asked_for=False) is None


@pytest.mark.parametrize("text", NOT_MINE)
def test_what_others_lack_is_the_ticket_itself(text):
    assert permission_at(text, is_asked_for=True) is None


def test_where_the_lack_begins_in_a_sentence_about_work():
    assert permission_at("Tried the console, no access to it", is_asked_for=True) == len("Tried the console, ")


@pytest.mark.process("kind-permission")
@pytest.mark.parametrize(
    "text",
    [
        "Once granted: add her to the owners of the site",
        "Once there: restart the spooler",
        "When I have the role, I will run the repair",
        "As soon as the rights are there, I can restart it",
        "With that I can run the repair",
        "Next: swap the disk",
        "Sobald die Rechte da sind: Dienst neu starten",
        "Une fois accordés : redémarrer le service",
        "Una vez concedido: reiniciar el servicio",
        "Zodra ik die heb: de dienst herstarten",
    ],
)
def test_what_is_to_be_done_then(text):
    assert next_step_at(text, is_asked_for=False) == next_step_at(text, is_asked_for=True) == 0


@pytest.mark.process("kind-permission")
@pytest.mark.parametrize(
    "text",
    [
        "I will restart the spooler service then",
        "Will run the mailbox repair",
        "afterwards restart the spooler",
        "The spooler can be restarted then",
        "Then run the repair",
        "Danach den Dienst neu starten",
        "Ensuite, redémarrer le service",
        "Luego reiniciar el servicio",
        "Daarna de dienst herstarten",
    ],
)
def test_what_is_meant_for_then_when_permissions_were_asked_for(text):
    assert next_step_at(text, is_asked_for=True) == 0
    assert next_step_at(text, is_asked_for=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "Then looked at the modem's log",
        "Afterwards it worked",
        "Once it was there, it worked",
        "Danach lief es",
        "Rebooted it",
        "She thought that he will come",
    ],
)
def test_what_was_done_is_no_next_step(text):
    assert next_step_at(text, is_asked_for=True) is None


@pytest.mark.process("kind-knowledge")
@pytest.mark.parametrize(
    "text",
    [
        "Reset the tunnel twice, no error shown",
        "no error message at all",
        "It fails without any error",
        "No errors in the event log",
        "nothing in the logs",
        "The log is clean",
        "Keine Fehlermeldung",
        "Ohne Fehlercode",
        "Aucun message d'erreur",
        "Sans erreur",
        "sin mensaje de error",
        "No sale ningún código",
        "Geen foutmelding",
        "Niets in het logboek",
    ],
)
def test_that_no_error_is_shown(text):
    assert says_no_error(text)


@pytest.mark.parametrize("text", ["Restarted it, error again", "there is no sign of it", "error correction is off"])
def test_that_says_nothing_of_the_kind(text):
    assert not says_no_error(text)
