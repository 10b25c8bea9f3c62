"""The action ("outcome") that notes are written with: an internal note that mails nobody. Found, or configured.

Halo comes with one under the number 7, but it can be removed, renamed, or kept from our agent
(https://github.com/KelvinTegelaar/CIPP-API, issue 106; https://github.com/AnielGammaTech/triageit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.absence import NotThere
from adapters.halopsa.client import HaloClient
from adapters.halopsa.directory import SETUP_READ
from adapters.halopsa.mapping import NOBODY, number, optional_whole, whole
from adapters.halopsa.refusals import NoAccess, Refused
from adapters.names import matches, plain
from adapters.payloads import Json, text
from connector.errors import Forbidden, PayloadError, Permanent
from connector.systems.kept import Kept
from connector.wording import did_you_mean

USUAL = 7
"""The number of the private note that Halo comes with."""

EMAIL_USER = 16
"""It mails the client whatever is asked for, and is never used."""

_NAMES = ("private note", "internal note", "note")
"""What such an action is called where it is another one; in this order, then whatever speaks of a note."""

_A_NOTE = frozenset(("note", "notes", "notiz", "nota", "notitie"))

_CONFIGURE = "name another one in HALOPSA_NOTE_OUTCOME (an internal note that sends no mail)"


@dataclass(frozen=True, slots=True)
class NoteOutcome:
    """An action that notes can be written with. ``effects``: what else it would do, in words. ``id`` 0: by its name."""

    id: int
    name: str
    effects: tuple[str, ...] = ()

    def __str__(self) -> str:
        number_ = f"outcome {self.id}" if self.id else ""
        return f"{self.name!r} ({number_})" if self.name and number_ else number_ or repr(self.name)

    @property
    def sent(self) -> dict[str, Any]:
        """How a note names it."""
        return {"outcome_id": self.id} if self.id else {"outcome": self.name}


class NoteOutcomes:
    """Finds it, and keeps what was found. ``wanted``: its configured name or id, empty where it is to be found."""

    def __init__(self, client: HaloClient, wanted: str) -> None:
        self._client = client
        self._wanted = wanted
        self._found = Kept(self._find, client.http.options.monotonic, float("inf"))

    def current(self) -> NoteOutcome:
        """The action to write with. Raises Permanent where there is none, and what else reading the list raises."""
        try:
            return self._found.get()
        except (Forbidden, NotThere, PayloadError):
            # Reading the setup is not what writing needs: the usual one may be there all the same.
            if self._wanted and not self._wanted.isdigit():
                return NoteOutcome(0, self._wanted)
            return NoteOutcome(int(self._wanted or USUAL), "")

    def look(self) -> NoteOutcome:
        """The action as it is now. Raises like ``current``, and Forbidden where the list may not be read."""
        return self._found.get(0.0)

    def refused(self, outcome: NoteOutcome, error: Permanent) -> Permanent:
        """What a refused note means for the action that it was written with."""
        if isinstance(error, NoAccess):
            return NoAccess(
                f"{error}: the agent that the API application logs in as may not use the action {outcome}. Allow it "
                f"there (Configuration > Tickets > Actions, access control), or {_CONFIGURE}"
            )
        self._found.get(0.0)
        return error

    def _find(self) -> NoteOutcome:
        chosen = self._configured() if self._wanted else self._usual()
        return NoteOutcome(_id(chosen), text(chosen.get("outcome")), tuple(side_effects(chosen)))

    def _configured(self) -> Json:
        chosen = self._by_id(int(self._wanted)) if self._wanted.isdigit() else None
        if chosen is None:
            rows = self._listed()
            found = matches(self._wanted, rows, lambda row: (text(row.get("outcome")),))
            if not found:
                hint = did_you_mean(self._wanted, [text(row.get("outcome")) for row in rows])
                raise Permanent(f"HALOPSA_NOTE_OUTCOME: there is no action (outcome) {self._wanted!r}{hint}")
            chosen = self._detailed(found[0])
        if _sends_mail(chosen):
            raise Permanent(
                f"HALOPSA_NOTE_OUTCOME: the action {text(chosen.get('outcome'))!r} sends mail: no note is written "
                f"with it; {_CONFIGURE}"
            )
        return chosen

    def _usual(self) -> Json:
        usual = self._by_id(USUAL)
        if usual is not None and not _sends_mail(usual):
            return usual
        for row in sorted(filter(_is_called_a_note, self._listed()), key=_rank):
            chosen = self._detailed(row)
            if chosen.get("hidefromuser") is True and not _sends_mail(chosen):
                return chosen
        raise Permanent(
            f"the instance has no action (outcome) that is an internal note without a mail: neither number {USUAL} "
            f"nor one of such a name is there; {_CONFIGURE}"
        )

    def _listed(self) -> list[dict[str, Any]]:
        what = "read the actions (outcomes)"
        return self._client.rows("Outcome", what, SETUP_READ, "outcomes", {"showhidden": "true"})

    def _detailed(self, row: Json) -> Json:
        """An action with all of its settings: a list is thinner."""
        return {**row, **(self._by_id(_id(row)) or {})}

    def _by_id(self, wanted: int) -> Json | None:
        """The action of that number with its settings, None where there is none."""
        what = f"read the action (outcome) {wanted}"
        try:
            found: Any = self._client.get(f"Outcome/{wanted}", what, SETUP_READ, {"includedetails": "true"})
        except (NotThere, Refused):
            return None
        if not isinstance(found, dict):
            raise PayloadError(f"Outcome/{wanted}", "not an object")
        return found


def side_effects(row: Json) -> list[str]:
    """What an action would do besides adding a note."""

    def is_set(name: str) -> bool:
        return number(row.get(name)) > 0

    agent = optional_whole(row.get("defaultagent"), "Outcome: defaultagent") or 0
    effects = {
        "sets a status": is_set("newstatus"),
        "sets an agent": agent > NOBODY,
        "sets a team": bool(text(row.get("defaultteam")).strip()),
        "puts the service level on hold": row.get("slaholdischecked") is True,
        "releases the service level": row.get("slareleaseischecked") is True,
        "is shown to users": row.get("hidefromuser") is False and row.get("show_to_user") is True,
    }
    return [effect for effect, is_there in effects.items() if is_there]


def _sends_mail(row: Json) -> bool:
    return _id(row) == EMAIL_USER or (number(row.get("sendemail")) > 0 and row.get("hidesendemail") is not True)


def _is_called_a_note(row: Json) -> bool:
    return not _A_NOTE.isdisjoint(plain(text(row.get("outcome"))).casefold().split())


def _rank(row: Json) -> tuple[int, int]:
    words = plain(text(row.get("outcome"))).casefold()
    return _NAMES.index(words) if words in _NAMES else len(_NAMES), _id(row)


def _id(row: Json) -> int:
    return whole(row.get("id"), "Outcome: id")
