"""The desk of the cases on each simulated ticket system: Tess and Tom on the first tier, Theo and Thea on the next one,
Simon above them, Sandra who manages, Carla who has the trouble.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters.connectwise.desk import TIERS, ConnectWiseDesk
from adapters.connectwise.simulation.setup import Setup as ConnectWiseSetup
from adapters.connectwise.simulator import Simulator as ConnectWise
from adapters.halopsa.desk import TEAMS, HaloDesk
from adapters.halopsa.simulation import actions as halopsa_actions
from adapters.halopsa.simulation.state import USER, WEB_APP, Actor
from adapters.halopsa.simulator import Simulator as HaloPsa
from adapters.request_tracker.desk import SimulatedDesk
from adapters.request_tracker.simulation.furnishing import HOMES
from adapters.request_tracker.simulator import Simulator as RequestTracker
from connector.clock import Clock
from connector.model import TicketId
from connector.systems.desk import Desk
from tests.cases.forms import Written

CREW: Mapping[str, tuple[str, int]] = {
    "tech": ("Tess Technician", 1),
    "tech2": ("Tom Technician", 1),
    "theo": ("Theo Three", 2),
    "thea": ("Thea Third", 2),
    "manager": ("Sandra Desk", 2),
    "simon": ("Simon Senior", 3),
}
"""The people: how a case calls them, their names, and the tier at whose home they work."""

COMPANY, CONTACT, SUMMARY = "Example Company", "Carla Client", "Something does not work"
_CARLA = "carla@acme.example"


class ConnectWiseCases(ConnectWiseDesk):
    """Identifiers are what the cases call people."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(ConnectWise(clock, callback_delivery="manual"))
        furnished: ConnectWiseSetup = self.simulator
        for who, (name, _) in CREW.items():
            furnished.add_member(who, name)
        for number, (board, team) in enumerate(TIERS, 1):
            furnished.add_board(board)
            furnished.add_team(board, team, [who for who, (_, at) in CREW.items() if at == number], default=True)
        furnished.add_priority("Priority 3 - Normal", default=True)
        furnished.add_company("Example", COMPANY)
        furnished.add_contact(CONTACT)

    def member(self, person: str) -> str:
        return person

    def begin(self) -> TicketId:
        """A ticket that Tess has."""
        board, team = TIERS[0]
        made = self.simulator.create_ticket(SUMMARY, "Example", board, "New", team, "tech", contact=CONTACT)
        return TicketId(str(made))

    def write(self, ticket: TicketId, written: Written) -> None:
        """Have somebody write on it."""
        number = int(ticket)
        if written.by == "client":
            self.simulator.add_note(number, written.text, contact=CONTACT)
        elif written.form == "time entry":
            end = self.simulator.state.clock.now()
            self.simulator.add_time_entry(number, written.by, written.text, end - timedelta(minutes=1), end)
        else:
            self.simulator.add_note(number, written.text, written.by, internal=written.form == "note")


class HaloCases(HaloDesk):
    """Members are called by their full names."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(HaloPsa(clock, callback_delivery="manual").standard_desk())
        for name, at in CREW.values():
            self.simulator.add_agent(name, [TEAMS[at - 1]])
        self.simulator.add_client(COMPANY)

    def member(self, person: str) -> str:
        return CREW[person][0] if person in CREW else super().member(person)

    def begin(self) -> TicketId:
        """A ticket that Tess has."""
        made = self.simulator.create_ticket(
            SUMMARY, COMPANY, TEAMS[0], status="New", agent=self.member("tech"), priority="Medium", user=CONTACT
        )
        return TicketId(str(made))

    def write(self, ticket: TicketId, written: Written) -> None:
        """Have somebody write on it."""
        number = int(ticket)
        if written.is_html:
            self._write_html(number, written)
        elif written.by == "client":
            self.simulator.user_writes(number, written.text, CONTACT)
        else:
            minutes = 1 if written.form == "time entry" else 0
            is_internal = written.form != "public note"
            by = self.member(written.by)
            self.simulator.add_note(number, written.text, by, internal=is_internal, minutes=minutes)

    def _write_html(self, ticket: int, written: Written) -> None:
        state = self.simulator.state
        sent: dict[str, Any] = {"ticket_id": ticket, "note_html": written.text, "hiddenfromuser": True}
        if written.by == "client":
            actor = Actor(CONTACT, USER, 0, "")
            sent |= {"outcome_id": 11, "hiddenfromuser": False}
        else:
            name = self.member(written.by)
            agent = next(number for number, one in state.agents.items() if one["name"] == name)
            actor = Actor(name, 1, agent, WEB_APP)
            sent |= {"outcome_id": 7, "new_status": state.ticket(ticket).fields["status_id"]}
        halopsa_actions.post_action(state, sent, actor)


class RtCases(SimulatedDesk):
    """Members are called by their login names."""

    def __init__(self, clock: Clock) -> None:
        simulator = RequestTracker(clock, webhook_delivery="manual").standard_desk()
        super().__init__(simulator)
        for who, (name, at) in CREW.items():
            user = simulator.add_user(who, name)
            simulator.group(f"{HOMES[at - 1]} crew").members.append(("user", user.id))
        simulator.add_user(_CARLA, CONTACT, privileged=False, organization=COMPANY)
        self._tokens = {who: simulator.add_token(who) for who in (*CREW, _CARLA)}

    def member(self, person: str) -> str:
        return person

    def begin(self) -> TicketId:
        """A ticket that Tess has."""
        sent = {"Queue": HOMES[0], "Subject": SUMMARY, "Requestor": _CARLA, "Priority": 50}
        made = self._call(self._authority(_CARLA), "POST", "ticket", sent)
        ticket = TicketId(str(made["id"]))
        self._put(self._as_admin, ticket, {"Owner": "tech"})
        return ticket

    def write(self, ticket: TicketId, written: Written) -> None:
        """Have somebody write on it."""
        who = _CARLA if written.by == "client" else written.by
        is_internal = written.by != "client" and written.form != "public note"
        sent = {
            "Content": written.text,
            "ContentType": "text/html" if written.is_html else "text/plain",
            "TimeTaken": 1 if written.form == "time entry" else 0,
        }
        way = "comment" if is_internal else "correspond"
        self._call(self._authority(who), "POST", f"ticket/{ticket}/{way}", sent)

    def _authority(self, who: str) -> str:
        return f"token {self._tokens[who]}"


CaseDesk = ConnectWiseCases | HaloCases | RtCases

_DESKS = {"connectwise": ConnectWiseCases, "halopsa": HaloCases, "rt": RtCases}


def case_desk(system: str, clock: Clock) -> CaseDesk:
    """The desk of the cases on a ticket system's simulator."""
    desk: CaseDesk = _DESKS[system](clock)
    checked: Desk = desk
    assert checked.system == system
    return desk
