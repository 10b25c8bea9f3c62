"""Whatever text comes as far as the store is stored: half an emoji, or NUL, stops nobody's turn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store.audit import events
from connector.store.chain.proof import verify
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Delivery, Effect, Event, Failed, Finished, Source
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import claim_all


@pytest.mark.parametrize(
    ("bad", "sound"), [("\ud83d", "\N{REPLACEMENT CHARACTER}"), ("\0", "\N{REPLACEMENT CHARACTER}")]
)
def test_every_text_is_stored_whatever_is_in_it(store: Store, bad: str, sound: str) -> None:
    mailbox = Mailbox(store)
    mailbox.deliver([Delivery("psa", f"1{bad}", f"d{bad}", Source.WEBHOOK, b"{}", {f"x-{bad}": bad})])
    [claim] = claim_all(mailbox)
    assert claim.ticket == f"1{sound}"
    assert claim.mail[0].headers == {f"x-{sound}": sound}
    effect = Effect(f"psa/1{bad}/x", 1, {"said": bad}, (Delivery("psa", "2", f"e{bad}", Source.MANUAL),))
    audit = (AuditEvent(Event.ESCALATED, {"why": bad, bad: [bad]}),)
    snapshot = {"status": f"half {bad}"}
    assert mailbox.finish([Finished(claim, store.now(), snapshot=snapshot, audit=audit, effect=effect)]) == [True]
    claims = {one.ticket: one for one in claim_all(mailbox)}
    assert claims[f"1{sound}"].snapshot == {"status": f"half {sound}"}
    failed = Failed(claims["2"], f"refused: {bad}", store.now() + timedelta(hours=1))
    assert mailbox.finish([failed]) == [True]
    assert {row.ticket: row.error for row in mailbox.list_tickets(["psa"])}["2"] == f"refused: {sound}"
    assert [row.detail for row in events(store)] == [{"why": sound, sound: [sound]}]
    assert verify(store).is_intact
    troubles = Troubles(store)
    troubles.meet("psa", TroubleKind.REFUSAL, f"n{bad}", f"c{bad}", {"d": bad})
    assert [one.cause for one in troubles.all()] == [f"c{sound}"]
