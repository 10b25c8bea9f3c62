"""What an agent wrote himself, as RT's editor and its replies keep it: read by the adapter, then by the connector."""

from __future__ import annotations

import pytest

from connector.model import TicketId
from connector.reading.command_words import spoken_in
from connector.reading.own_words import own_lines
from connector.reading.plans import plan_in
from tests.adapters.request_tracker.simulated import Site


def kept(site: Site, content: str, content_type: str = "text/html") -> str:
    """The text of a comment of Tess's, as the adapter reads it."""
    ticket: TicketId = site.ticket()
    sent = {"Content": content, "ContentType": content_type}
    assert site.call("tess", "POST", f"ticket/{ticket}/comment", sent).status_code == 201
    (entry,) = site.system.tickets.read(ticket).entries
    return entry.text


def said(text: str) -> list[str]:
    return [line for line in own_lines(text) if line]


@pytest.mark.parametrize(
    ("html", "plan"),
    [
        ("<p>Plan:</p><p>restart the spooler</p>", "restart the spooler"),
        ("<p><strong>Plan:</strong><br>restart the spooler</p>", "restart the spooler"),
        ("<div>Plan:</div>\n<div>&nbsp;</div>\n<div>restart the spooler</div>", "restart the spooler"),
        ("<p>Plan: restart\nthe spooler<o:p></o:p></p><p><o:p>&nbsp;</o:p></p>", "restart the spooler"),
        ("<h3>Plan</h3><ul><li>restart the spooler</li></ul>", "restart the spooler"),
    ],
)
def test_a_plan_of_rts_editor_is_one_plan(site: Site, html: str, plan: str) -> None:
    assert plan_in(kept(site, html)) == plan


QUOTED = (
    "On Thu Jan 15 09:12:11 2026, connie@acme.test wrote:\n> Plan: call a lawyer\n> /escalate urgency\n> Regards\n\n"
)


def test_below_rts_quote_stands_what_was_written_and_the_quote_never_acts(site: Site) -> None:
    text = kept(site, f"{QUOTED}Restarted the spooler, no change.\nPlan: swap the driver\n", "text/plain")
    assert said(text)[-2:] == ["Restarted the spooler, no change.", "Plan: swap the driver"]
    assert plan_in(text) == "swap the driver"
    assert list(spoken_in(text)) == []
    assert plan_in(kept(site, f"{QUOTED}Restarted the spooler.", "text/plain")) is None


def test_below_a_block_quote_of_the_editor_stands_what_was_written(site: Site) -> None:
    text = kept(
        site,
        "<p>On Thu Jan 15 09:12:11 2026, connie@acme.test wrote:</p>"
        "<blockquote><pre>Plan: call a lawyer\n/escalate urgency</pre></blockquote>"
        "<p>Restarted the spooler, no change.</p><p>/escalate permission: rights on the print server</p>",
    )
    assert "Restarted the spooler, no change." in said(text)
    assert plan_in(text) is None
    (words,) = spoken_in(text)
    assert "PERMISSION" in repr(words)


def test_lines_end_where_the_editor_ends_them(site: Site) -> None:
    html = "<ol>\n<li>Restarted\n the spooler</li>\n<li>New <b>driver</b></li>\n</ol>\n<p>Same.<br />Called her</p>"
    lines = said(kept(site, html))
    assert lines[-2:] == ["Same.", "Called her"]
    assert [line.lstrip("-1234567890. ") for line in lines[:2]] == ["Restarted the spooler", "New driver"]
