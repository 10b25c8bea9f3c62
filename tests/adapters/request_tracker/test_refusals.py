"""What RT's refusals become, and what the desk makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.answers import Answer
from adapters.request_tracker.refusals import ChangedMeanwhile, Refused, error_text, refusal
from adapters.request_tracker.simulation.actions import attach
from connector.errors import AdapterError, Forbidden, NotFound, Permanent, Temporary, Unreachable
from connector.model import StatusGroup, TicketId
from connector.systems.desk import Urgency
from tests.adapters.request_tracker.simulated import Site


def answer(status: int, body: Any = None) -> Answer:
    return Answer(status, {}, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"message": "Unauthorized"}, Unreachable, "check RT_TOKEN"),
        (403, {"message": "Forbidden"}, Forbidden, "needs the right ShowTicket"),
        (404, {"message": "Not Found"}, NotFound, "refused with 404"),
        (404, None, Unreachable, "check RT_URL"),
        (404, ["a list"], Unreachable, "check RT_URL"),
        (412, {"message": "Precondition Failed"}, ChangedMeanwhile, "changed by somebody else"),
        (400, {"message": "Permission Denied"}, Refused, "Permission Denied"),
        (409, {"message": "Resource already exists; use PUT to update"}, Temporary, "409"),
        (405, None, Permanent, "405"),
        (415, {"message": 5}, Permanent, "415"),
    ],
)
def test_a_refusal_becomes_an_error_of_the_contract(
    status: int, body: Any, kind: type[AdapterError], words: str
) -> None:
    error = refusal(answer(status, body), "read ticket 4711", "the right ShowTicket")
    assert type(error) is kind
    assert "read ticket 4711" in str(error)
    assert words in str(error)


def test_the_parsers_message_is_shown_without_where_it_gave_up() -> None:
    message = "Unknown field: Nope at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n"
    assert error_text(answer(400, {"message": message})) == "Unknown field: Nope"


def test_a_long_message_is_clipped_and_made_one_line() -> None:
    text = error_text(answer(400, {"message": "a\x00b\n" + "x" * 1000}))
    assert text.startswith("a\N{REPLACEMENT CHARACTER}b x")
    assert len(text) == 302


def test_a_proxys_page_instead_of_json_may_pass(site: Site) -> None:
    site.faults.fail_next(1, 200, path="^queues/all$", body="<html>")
    with pytest.raises(Exception, match="not a list of records"):
        site.home(1)
    site.faults.reset()
    answered = site.system.tickets._client.http.call

    def as_page(*args: Any, **options: Any) -> Answer:
        return Answer(200, {}, b"<html>") if "queues" in args[1] else answered(*args, **options)

    site.system.tickets._client.http.call = as_page  # type: ignore[method-assign]  # what no fault can make
    with pytest.raises(Temporary, match="with a web page and not in JSON"):
        site.home(1)


def test_a_desk_tells_what_rt_did_not_do(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    with pytest.raises(RuntimeError, match="RT left the Owner"):
        site.desk.assign(ticket, "tess", "sam")
    with pytest.raises(RuntimeError, match="RT left the Status"):
        site.desk.set_status(ticket, "adam", StatusGroup.WAITING)
    with pytest.raises(RuntimeError, match="RT answered 400"):
        site.desk.note(ticket, "connie@acme.test", "x")
    with pytest.raises(RuntimeError, match="did not merge"):
        site.desk.merge(ticket, TicketId("99"))
    with pytest.raises(LookupError, match="no client 'Nobody'"):
        site.desk.open_ticket("x", client="Nobody")
    with pytest.raises(KeyError):
        site.desk.member("nobody of that name")


def test_a_desk_reads_long_histories(site: Site) -> None:
    ticket = site.ticket(urgency=Urgency.CRITICAL)
    for n in range(70):
        site.desk.note(ticket, "tess", f"{n}", internal=False)
    assert len(site.desk.notes(ticket)) == 70
    assert site.desk.ticket(ticket).urgency is Urgency.CRITICAL
    assert site.desk.priority_name(Urgency.CRITICAL) == "Critical"


def test_what_the_desk_loses_and_delivers_is_counted(site: Site) -> None:
    site.simulator.sender._post = lambda url, body, headers, timeout: 202
    site.desk.send_webhooks_to("https://escalator.example.com/webhooks/rt")
    site.desk.lose_webhooks(lost=True)
    site.ticket()
    assert site.desk.deliver() == 0
    site.desk.lose_webhooks(lost=False)
    site.ticket()
    assert site.desk.deliver() == 2


def test_many_attachments_of_one_note_are_all_looked_through(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "")
    (row,) = site.simulator.history(int(ticket), "Comment")
    row.attachments.clear()
    for n in range(120):
        attach(site.simulator.state, row, "text/plain", "a file", f"{n}.txt")
    attach(site.simulator.state, row, "text/plain", "What was written")
    assert [entry.text for entry in site.system.tickets.read(ticket).entries] == ["What was written"]
