"""When the system fails: errors of the contract's own tree, nothing done twice, no secret told, calls counted."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.wrappers import Request, Response

from connector import redaction
from connector.errors import AdapterError, Busy, ConnectorError, OutcomeUnknown, PayloadError, Temporary, Unreachable
from connector.model import Lane, Severity, Target, TicketId
from connector.systems.contract import TicketSystem
from tests.contract.servers import Relay
from tests.contract.worlds import NOWHERE, START, World
from tests.doubles import our_note

MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"
NOTE = f"ESCALATED.\n\n{MARKER}"

READS: dict[str, Callable[[World, TicketSystem, TicketId], object]] = {
    "read": lambda world, system, ticket: system.tickets.read(ticket),
    "changed_since": lambda world, system, ticket: list(system.tickets.changed_since(START)),
    "open_tickets": lambda world, system, ticket: list(system.tickets.open_tickets([world.home(1)])),
    "statuses": lambda world, system, ticket: system.directory.statuses(world.home(1)),
    "people": lambda world, system, ticket: system.directory.people(world.home(1)),
}
WRITES: dict[str, Callable[[World, TicketSystem, TicketId], object]] = {
    "write_note": lambda world, system, ticket: system.tickets.write_note(ticket, NOTE, MARKER),
    "write_message": lambda world, system, ticket: system.tickets.write_message(ticket, NOTE, MARKER),
    "reassign": lambda world, system, ticket: system.tickets.reassign(
        ticket, Target(world.home(2), world.person("sam"))
    ),
}


def answering(status: int, body: str, content_type: str = "application/json") -> Callable[[Request], Response]:
    """An answer that also throws back whatever credentials the call carried."""

    def answer(request: Request) -> Response:
        echoed = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        return Response(body.replace("ECHO", echoed), status, content_type=content_type)

    return answer


ANSWERS: dict[str, Callable[[Request], Response] | None] = {
    "no answer": None,
    "500 with a page": answering(500, "<html><body>Error ECHO</body></html>", "text/html"),
    "502": answering(502, ""),
    "503 in JSON": answering(503, '{"message": "down", "error": "down"}'),
    "200 with a page": answering(200, "<html>Please log in ECHO</html>", "text/html"),
    "200 with nothing": answering(200, ""),
    "200 with null": answering(200, "null"),
    "200 with a number": answering(200, "42"),
    "200 with a list of numbers": answering(200, "[1, 2]"),
    "200 with an empty object": answering(200, "{}"),
    "200 with a nesting bomb": answering(200, "[" * 50_000),
    "302 elsewhere": lambda request: Response("", 302, [("Location", "https://evil.example.com/")]),
    "400": answering(400, '{"message": "bad ECHO", "errors": [], "code": "InvalidObject"}'),
    "401": answering(401, '{"message": "who are you", "error": "invalid_token"}'),
    "403": answering(403, '{"message": "not allowed"}'),
    "404": answering(404, '{"message": "not there"}'),
    "409": answering(409, '{"message": "conflict"}'),
    "429 without a word": answering(429, ""),
}


def is_told_by(error: BaseException, world: World, relay: Relay | None = None) -> list[str]:
    """The secrets that an error gives away, in its text or in those of its causes; also as a header carried them."""
    told = ""
    cause: BaseException | None = error
    while cause is not None and isinstance(cause, ConnectorError):
        told += f"{cause!r} {cause} "
        cause = cause.__cause__
    return told_in(told, world, relay)


@pytest.fixture(autouse=True)
def _told(world: World) -> None:
    """The redactor is told of the secrets, as it is wherever settings are read."""
    redaction.know("settings", world.secrets.values())


def told_in(text: str, world: World, relay: Relay | None = None) -> list[str]:
    """The secrets that a text gives away."""
    carried = {f"header {n}": value for n, value in enumerate(relay.credentials)} if relay else {}
    return [name for name, secret in {**world.secrets, **carried}.items() if secret in text]


def failure_of(call: Callable[[], object]) -> Exception | None:
    """The error that a call ends with, None when it ends well."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  # which one it is, is what is asked
        return error
    return None


@pytest.mark.variants("world")
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_read_that_fails_raises_the_contracts_errors_without_secrets(world: World, kind: str) -> None:
    ticket = world.worked_on()
    for name, call in READS.items():
        call(world, world.system, ticket)
        system, relay = world.relayed(total_seconds=5.0)
        relay.answer_everything(ANSWERS[kind])
        error = failure_of(lambda call=call, system=system: call(world, system, ticket))
        assert isinstance(error, AdapterError | PayloadError), f"{name}: {error!r}"
        assert is_told_by(error, world, relay) == [], name


@pytest.mark.parametrize("kind", ["no answer", "502", "503 in JSON", "200 with a page", "429 without a word"])
def test_what_may_pass_by_itself_is_temporary(world: World, kind: str) -> None:
    ticket = world.worked_on()
    system, relay = world.relayed()
    relay.answer_everything(ANSWERS[kind])
    with pytest.raises(Temporary):
        system.tickets.read(ticket)


@pytest.mark.variants("world")
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_write_that_fails_is_sent_once_and_raises_the_contracts_errors(world: World, kind: str) -> None:
    ticket = world.worked_on()
    for name, call in WRITES.items():
        system, relay = world.relayed(total_seconds=5.0)
        system.tickets.read(ticket)
        made = len(relay.calls)
        relay.answer_everything(ANSWERS[kind])
        error = failure_of(lambda call=call, system=system: call(world, system, ticket))
        assert isinstance(error, AdapterError | PayloadError), f"{name}: {error!r}"
        assert is_told_by(error, world, relay) == [], name
        writes = [path for method, path in relay.calls[made:] if method != "GET" and not path.endswith("/token")]
        # A 401 says that nothing was done: a system whose tokens run out may ask once more with a new one.
        assert name == "reassign" or len(writes) <= (2 if kind == "401" else 1), writes
    assert not [note for note in world.desk.notes(ticket) if note.by_connector]
    assert world.desk.ticket(ticket).tier == 1


@pytest.mark.parametrize("call", ["write_note", "write_message"])
def test_a_note_whose_answer_never_came_is_unknown_and_there_once(world: World, call: str) -> None:
    ticket = world.worked_on()
    system, relay = world.relayed()
    system.tickets.read(ticket)
    relay.swallow_the_answer_of_the_next_write()
    with pytest.raises(OutcomeUnknown):
        WRITES[call](world, system, ticket)
    (note,) = (note for note in world.desk.notes(ticket) if note.by_connector)
    assert note.is_internal is (call == "write_note")
    assert [MARKER in entry.text for entry in system.tickets.read(ticket).entries].count(True) == 1
    found = our_note(system, ticket, MARKER)
    assert (found is not None and found.id == note.id) is (call == "write_note")


def test_a_move_whose_answer_never_came_is_seen_or_unknown_and_can_be_asked_for_again(world: World) -> None:
    ticket = world.worked_on()
    system, relay = world.relayed()
    system.tickets.read(ticket)
    target = Target(world.home(2), world.person("sam"))
    relay.swallow_the_answer_of_the_next_write()
    try:
        system.tickets.reassign(ticket, target)
    except OutcomeUnknown:
        system.tickets.reassign(ticket, target)
    found = world.desk.ticket(ticket)
    assert (found.tier, found.owner) == (2, "sam")


def test_people_whose_answer_never_came_are_there_once(world: World) -> None:
    world.needs(world.system.can_add_people, "has no people beside the owner")
    ticket = world.worked_on()
    system, relay = world.relayed()
    system.tickets.read(ticket)
    irene = system.directory.member(world.desk.member("irene"))
    relay.swallow_the_answer_of_the_next_write()
    try:
        there = system.tickets.add_people(ticket, [irene])
    except OutcomeUnknown:
        there = system.tickets.add_people(ticket, [irene])
    assert [person.id for person in there] == [irene.id]
    assert world.desk.ticket(ticket).people == {"irene"}


def test_where_nobody_listens_nothing_happened_and_it_may_work_later(world: World) -> None:
    ticket = world.worked_on()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}"
        system = world.connect(at=nowhere, attempts=1, connect_seconds=1.0)
        for name, call in {**READS, **WRITES}.items():
            error = failure_of(lambda call=call: call(world, system, ticket))
            assert isinstance(error, Unreachable), f"{name}: {error!r}"
            assert is_told_by(error, world) == []


def test_wrong_credentials_are_told_without_showing_them(world: World) -> None:
    ticket, refused = world.worked_on(), []
    for name, secret in world.secrets.items():
        wrong = secret[:-1] + ("1" if secret[-1] != "1" else "2")
        system = world.connect(changed={name: wrong}, attempts=1)
        error = failure_of(lambda system=system: system.tickets.read(ticket))
        if error is None:
            continue  # a secret of the webhooks
        refused.append(error)
        found = system.line.check()
        assert any(finding.severity is Severity.ERROR for finding in found), name
        assert told_in(f"{error!r} {error}", world) == []
        assert wrong not in f"{error!r} {error} {found}"
    assert refused
    assert all(isinstance(error, Unreachable) and error.cause for error in refused), refused


# probe


def test_a_probe_costs_one_call_and_tells_of_tickets_that_can_be_read(world: World) -> None:
    tickets = {world.worked_on() for _ in range(7)}
    system, relay = world.relayed()
    system.tickets.read(next(iter(tickets)))
    made = len(relay.calls)
    found = system.line.probe()
    assert len(relay.calls) - made == 1
    assert len(found) > 1
    assert all(system.tickets.read(ticket).id == ticket for ticket in found)


@pytest.mark.parametrize("kind", ["no answer", "502", "503 in JSON", "200 with a page", "302 elsewhere", "401"])
def test_a_probe_fails_where_nobody_is_served(world: World, kind: str) -> None:
    system, relay = world.relayed()
    relay.answer_everything(ANSWERS[kind])
    error = failure_of(system.line.probe)
    assert isinstance(error, Unreachable), repr(error)
    assert error.cause
    assert is_told_by(error, world, relay) == []


def test_a_probe_that_is_told_to_hold_still_is_busy_and_no_more(world: World) -> None:
    system, relay = world.relayed()
    relay.answer_everything(ANSWERS["429 without a word"])
    assert isinstance(failure_of(system.line.probe), Busy)


def test_a_cause_names_neither_the_site_nor_a_ticket(world: World) -> None:
    ticket = world.worked_on()
    for answer in ANSWERS.values():
        system, relay = world.relayed(total_seconds=5.0)
        relay.answer_everything(answer)
        for call in (system.line.probe, lambda system=system: system.tickets.read(ticket)):
            error = failure_of(call)
            if isinstance(error, Unreachable):
                assert error.cause
                assert "127.0.0.1" not in error.cause
                assert ticket not in error.cause


def test_a_connection_shows_no_secret_of_its_settings(world: World) -> None:
    settings = world.entry.settings_from(world.variables)
    for shown in (repr(settings), str(settings), repr(world.system)):
        assert told_in(shown, world) == []


def test_calls_are_counted_as_they_are_made(world: World) -> None:
    ticket = world.worked_on()
    system, relay = world.relayed()
    for call in (READS["read"], WRITES["write_note"], READS["people"]):
        counted, made = system.line.calls, len(relay.calls)
        call(world, system, ticket)
        assert system.line.calls - counted == len(relay.calls) - made > 0


def test_what_is_left_of_the_budget_can_be_seen(world: World) -> None:
    assert world.system.line.budget is None
    limited = world.connect(calls_per_window=60)
    before = limited.line.budget
    assert before is not None
    limited.directory.locate(world.desk.homes[0])
    after = limited.line.budget
    assert after is not None
    assert after[Lane.URGENT] < before[Lane.URGENT] == 60


def test_a_connection_makes_no_call_before_it_is_asked_something(world: World) -> None:
    assert world.connect().line.calls == 0


def test_a_connection_serves_several_threads_at_once(world: World) -> None:
    tickets = [world.worked_on() for _ in range(8)]

    def work(ticket: TicketId) -> str:
        world.system.tickets.write_note(ticket, NOTE, MARKER)
        world.system.tickets.reassign(ticket, Target(world.home(2), world.person("sam")))
        found = our_note(world.system, ticket, MARKER)
        return f"{world.system.tickets.read(ticket).id}: {found is not None}"

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, tickets)) == [f"{ticket}: True" for ticket in tickets]
    assert all(world.desk.ticket(ticket).tier == 2 for ticket in tickets)


# check


def test_a_healthy_system_has_no_errors(world: World) -> None:
    found = world.system.line.check()
    assert found
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []
    assert all(finding.subject and finding.message for finding in found)


def test_checking_writes_nothing(world: World) -> None:
    world.has_webhooks_sent()
    world.noticed()
    world.system.line.check()
    assert world.webhooks(0) == []


def test_a_home_that_does_not_resolve_is_found(world: World) -> None:
    found = world.connect(homes=[*world.desk.homes, NOWHERE]).line.check()
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    assert any(NOWHERE in f"{finding.subject} {finding.message}" for finding in errors)


@pytest.mark.variants("world")
@pytest.mark.parametrize("kind", ANSWERS)
def test_checking_a_system_that_fails_gives_errors_and_raises_nothing(world: World, kind: str) -> None:
    system, relay = world.relayed(total_seconds=5.0)
    relay.answer_everything(ANSWERS[kind])
    found = system.line.check()
    assert any(finding.severity is Severity.ERROR for finding in found)
    assert told_in(" ".join(finding.message for finding in found), world, relay) == []
