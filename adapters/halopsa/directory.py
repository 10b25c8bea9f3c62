"""What configured names stand for: the instance's own lists of teams, agents, statuses and priorities, and who we are.

Kept for some minutes and read anew when a name or id is not among them. Filters of the API are not trusted: what a
list holds is sorted out here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from adapters.halopsa.client import HaloClient
from adapters.halopsa.mapping import NOBODY, TICKETS_READ, optional_whole, owner_of, placed, tells_of_waiting, whole
from adapters.names import find, findable, findable_places, same_name
from adapters.payloads import Json, text
from connector.errors import PayloadError
from connector.model import Person, Place, PlacedStatus, Ref, Status, StatusGroup
from connector.systems.kept import Kept, KeptEach

T = TypeVar("T")

SETUP_READ = "to read the setup (an agent with access to the service desk)"
_FOR_LIFE = float("inf")


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of the instance. ``is_api``: an identity of an integration, no person. ``teams``: None if not told.

    ``unseen``: which tickets of a team the agent is told not to see, in words, by the team's id.
    """

    person: Person
    email: str
    is_api: bool
    teams: frozenset[str] | None
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the instance."""

    ref: Ref
    is_active: bool


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority as one service level has it; the same id can have a name in each. ``is_hidden``: nobody chooses it."""

    ref: Ref
    sla: str
    is_hidden: bool = False


class Directory:
    """Reads through one client. Look-ups raise UnknownName, and AdapterError when a list cannot be read.

    All ``teams`` and ``agents`` by id, active or not, the ``priority_list`` of all service levels, and ``me``, the
    agent that the API application logs in as.
    """

    def __init__(self, client: HaloClient) -> None:
        self._client = client
        monotonic = client.http.options.monotonic
        self.teams = Kept(self._read_teams, monotonic)
        self.agents = Kept(self._read_agents, monotonic)
        self._statuses = Kept(self._read_statuses, monotonic)
        self.priority_list = Kept(self._read_priorities, monotonic)
        self.me = Kept(self._read_me, monotonic, _FOR_LIFE)
        self._members = KeptEach(self._read_members, monotonic)

    # Where tickets can go

    def locate(self, home: str) -> Place:
        """The team that a home names."""
        return Place((self.team(home),))

    def places(self) -> list[Place]:
        """Every active team."""
        return findable_places(
            (Place((team.ref,)) for team in self.teams.get().values() if team.is_active), self.locate
        )

    def people(self, place: Place) -> list[Person]:
        """The active people of a team, with their open tickets."""
        agents = self.members(place.path[0])
        found = [agent.person for agent in agents if agent.person.is_active and not agent.is_api]
        loads = self._loads([person.id for person in found])
        people = [replace(person, open_tickets=loads[person.id]) for person in found]
        return sorted(people, key=lambda person: person.identifier)

    # Teams

    def team(self, name: str) -> Ref:
        """The active team of that name."""
        found: Team = find(
            "team",
            name,
            self.teams,
            lambda team: (team.ref.name,),
            lambda teams: [team for team in teams.values() if team.is_active],
        )
        return found.ref

    def team_by_id(self, number: str) -> Ref | None:
        """The team of that id, active or not."""
        found = self._by_id(self.teams, number)
        return found.ref if found else None

    def team_named(self, name: str) -> Ref | None:
        """The one team of that name, active or not; None when there is none or more than one.

        For names out of a ticket's past the list is not read anew.
        """
        found = [team.ref for team in self.teams.get().values() if same_name(team.ref.name, name)]
        return found[0] if len(found) == 1 else None

    def members(self, team: Ref) -> list[Agent]:
        """The agents of a team, active or not."""
        ids = self._members.get(team.id)
        agents = self.agents.get()
        return [agents[number] for number in sorted(ids, key=int) if number in agents]

    # Agents

    def member(self, name: str) -> Person:
        """The agent of that name, e-mail or id, active or not."""
        found: Agent = find(
            "agent",
            name,
            self.agents,
            lambda agent: (agent.person.name, *filter(None, (agent.email, agent.person.id))),
            lambda agents: list(agents.values()),
        )
        return found.person

    def person(self, number: int, name: str) -> Person:
        """The agent of that id; one that is in no list any more by the name that is told of him."""
        found = self._by_id(self.agents, str(number))
        return found.person if found else Person(str(number), name or str(number), name or f"agent {number}")

    def person_named(self, name: str) -> Person | None:
        """The one agent of that name, None when there is none or more than one."""
        found = [agent.person for agent in self.agents.get().values() if same_name(agent.person.name, name)]
        return found[0] if len(found) == 1 else None

    # Statuses and priorities

    def statuses(self, place: Place) -> list[PlacedStatus]:
        """The ticket statuses, the same at every place."""
        return list(self._statuses.get().values())

    def all_statuses(self) -> list[Status]:
        """The ticket statuses themselves."""
        return [one.status for one in self._statuses.get().values()]

    def status_in(self, place: Place, name: str) -> Status:
        """The status of that name, the same at every place."""
        found: PlacedStatus = find(
            "status",
            name,
            self._statuses,
            lambda one: (one.status.name,),
            lambda statuses: list(statuses.values()),
        )
        return found.status

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """None: a status holds at every place."""
        return None

    def status_by_id(self, number: int, name: str = "") -> Status:
        """The status of that id; UNKNOWN when it is in no list, also read anew."""
        found = self._by_id(self._statuses, str(number))
        return found.status if found else Status(str(number), name or f"status {number}", StatusGroup.UNKNOWN)

    def is_assumed(self, status: Status) -> bool:
        """Whether nothing of the instance says for certain what a status means."""
        found = self._statuses.get().get(status.id)
        return found is None or found.is_assumed

    def priority(self, name: str) -> Ref:
        """The priority of that name."""
        found: Ref = find("priority", name, self.priority_list, lambda ref: (ref.name,), _distinct)
        return found

    def priorities(self) -> list[Ref]:
        """Every priority that some service level offers."""
        return findable(_distinct([one for one in self.priority_list.get() if not one.is_hidden]), self.priority)

    def priority_by_id(self, number: int, sla: int | None, name: str = "") -> Ref:
        """The priority of that id, as the ticket's service level calls it where there is one."""
        wanted = str(number)
        if not name:
            found = [priority for priority in self.priority_list.get() if priority.ref.id == wanted]
            found.sort(key=lambda priority: priority.sla != str(sla))
            name = found[0].ref.name if found else f"priority {number}"
        return Ref(wanted, name)

    # Inside

    def _by_id(self, kept: Kept[dict[str, T]], number: str) -> T | None:
        return next((found for values in kept.tries() if (found := values.get(number)) is not None), None)

    def _read_teams(self) -> dict[str, Team]:
        rows = self._client.rows("Team", "read the teams", SETUP_READ, "teams", {"showall": "true"})
        found = [Team(_named(row, "Team"), row.get("inactive") is not True) for row in rows]
        return {team.ref.id: team for team in found}

    def _read_agents(self) -> dict[str, Agent]:
        params = {"includeenabled": "true", "includedisabled": "true", "includeapiagents": "true"}
        rows = self._client.rows("Agent", "read the agents", SETUP_READ, "agents", params)
        names = Counter(text(row.get("name")).casefold() for row in rows)
        found = [_agent(row, "Agent", is_unique=names[text(row.get("name")).casefold()] == 1) for row in rows]
        return {agent.person.id: agent for agent in found if agent.person.id != str(NOBODY)}

    def _read_me(self) -> Agent:
        row = self._client.get("Agent/me", "see who the API application logs in as", SETUP_READ)
        if not isinstance(row, dict):
            raise PayloadError("Agent/me", "not an object")
        return _agent(row, "Agent/me", is_unique=True)

    def _read_members(self, team_id: str) -> frozenset[str]:
        """Who is in a team: by the team's own list, and where it has none by what the agents say."""
        what = f"read the team {team_id}"
        row = self._client.get(f"Team/{team_id}", what, SETUP_READ, {"includeagents": "true", "includedetails": "true"})
        listed = row.get("agents") if isinstance(row, dict) else None
        if isinstance(listed, list):
            ids = (optional_whole(one.get("agent_id", one.get("id")), what) for one in listed if isinstance(one, dict))
            return frozenset(str(number) for number in ids if number is not None)
        return frozenset(number for number, agent in self.agents.get().items() if team_id in (agent.teams or ()))

    def _read_statuses(self) -> dict[str, PlacedStatus]:
        rows = self._client.rows("Status", "read the statuses", SETUP_READ, "statuses")
        # The filter by type does not work (django-psa): 0 is a ticket's.
        of_tickets = [row for row in rows if optional_whole(row.get("type"), "Status: type") in (0, None)]
        is_telling = tells_of_waiting(of_tickets)
        found = [placed(row, is_telling=is_telling) for row in of_tickets]
        return {one.status.id: one for one in found}

    def _loads(self, owners: Sequence[str]) -> Counter[str]:
        if not owners:
            return Counter()
        params = {"open_only": "true", "agent": ",".join(owners)}
        rows = self._client.pages("count the open tickets of a team", TICKETS_READ, params)
        holders = (owner_of(row, self, "ticket") for row in rows)
        return Counter(holder.id for holder in holders if holder is not None)

    def _read_priorities(self) -> list[Priority]:
        rows = self._client.rows("Priority", "read the priorities", SETUP_READ, "priorities")
        return [
            Priority(
                Ref(str(whole(row.get("priorityid"), "Priority: priorityid")), text(row.get("name"))),
                str(row.get("slaid", "")),
                row.get("ishidden") is True,
            )
            for row in rows
        ]


def _distinct(priorities: list[Priority]) -> list[Ref]:
    """The priorities by id and name, whatever the service level."""
    return list(dict.fromkeys(priority.ref for priority in priorities))


def _named(row: Json, path: str) -> Ref:
    return Ref(str(whole(row.get("id"), f"{path}: id")), text(row.get("name")))


def _agent(row: Json, path: str, *, is_unique: bool) -> Agent:
    ref = _named(row, path)
    email = text(row.get("email"))
    # What a configuration calls somebody must mean him alone.
    identifier = ref.name if ref.name and is_unique else email or ref.id
    person = Person(ref.id, identifier, ref.name or identifier, is_active=row.get("isdisabled") is not True)
    is_api = row.get("isapiagent") is True
    teams = row.get("teams")
    if not isinstance(teams, list):
        return Agent(person, email, is_api, None)
    told = [(optional_whole(one.get("team_id"), f"{path}: teams"), one) for one in teams if isinstance(one, dict)]
    unseen = {str(number): _unseen(one) for number, one in told if number is not None}
    return Agent(person, email, is_api, frozenset(unseen), unseen)


def _unseen(membership: Json) -> tuple[str, ...]:
    access = {"unassigned_access": "unassigned tickets", "otheragent_access": "tickets of other agents"}
    return tuple(words for name, words in access.items() if membership.get(name) is False)
