"""What RT says, in the language of the user who asked. Nobody may rely on it: that is why there are two."""

from __future__ import annotations

_ENGLISH = {
    "denied": "Permission Denied",
    "comment": "Comments added",
    "reply": "Correspondence added",
    "queue": "Queue changed from {0} to {1}",
    "no queue": "Queue {0} does not exist",
    "owner": "Owner changed from {0} to {1}",
    "no owner": "That user may not own tickets in that queue",
    "no user": "That user does not exist",
    "status": "Status changed from '{0}' to '{1}'",
    "no status": "Status '{0}' isn't a valid status for this ticket.",
    "no way": "You can't change status from '{0}' to '{1}'.",
    "priority": "Priority changed from '{0}' to '{1}'",
    "subject": "Subject changed from '{0}' to '{1}'",
    "worked": "Worked {0} minutes",
    "merged": "Merge Successful",
    "added": "Added {0} as {1} for this ticket",
    "removed": "{0} is no longer {1} for this ticket",
    "field": "Custom fields updated",
    "no field": "Unable to load transaction custom field: {0}",
    "not recorded": "Message could not be recorded",
    "no create": "No permission to create tickets in the queue '{0}'",
}
_GERMAN = {
    "denied": "Zugriff verweigert",
    "comment": "Kommentar hinzugefügt",
    "reply": "Antwort hinzugefügt",
    "queue": "Bereich wurde von {0} zu {1} geändert",
    "no queue": "Bereich {0} existiert nicht",
    "owner": "Besitzer wurde von {0} zu {1} geändert",
    "no owner": "Diesem Benutzer dürfen keine Tickets aus diesen Bereich gehören",
    "no user": "Dieser Benutzer existiert nicht",
    "status": "Status wurde von '{0}' in '{1}' geändert",
    "no status": "'{0}' ist kein gültiger Status für dieses Ticket.",
    "priority": "Priorität wurde von '{0}' in '{1}' geändert",
    "worked": "{0} Minuten gearbeitet",
    "merged": "Zusammenführung erfolgreich",
    "added": "{0} als {1} für dieses Ticket hinzugefügt",
    "not recorded": "Nachricht konnte nicht gespeichert werden",
}


def say(language: str, what: str, *parts: object) -> str:
    """A sentence. What there is no German for comes in English, as RT does it."""
    sentences = _GERMAN if language == "de" and what in _GERMAN else _ENGLISH
    return sentences[what].format(*parts)
