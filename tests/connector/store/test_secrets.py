"""No row holds a secret of ours, whoever said it."""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import select

from connector.model import BY_HISTORY, Aspect, Change, Doer, Person, Place, Ref, Status, StatusGroup
from connector.redaction import MASK, know
from connector.store.audit import events
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.tables import metadata
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Delivery, Effect, Event, Failed, Finished, Source
from connector.store.signing_keys import SigningKeyStore
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import START, claim_all

SECRET = "geheim+of/the&connection"
JOINED = base64.b64encode(f"user:{SECRET}".encode()).decode()
TOLD = f"{SECRET} and {quote(SECRET, safe='')} and {JOINED}"


def rows_of(store: Store) -> str:
    """Everything that the database holds, as one text."""
    with store.reading() as conn:
        return "\n".join(
            repr(value) for table in metadata.sorted_tables for row in conn.execute(select(table)) for value in row
        )


def test_nothing_that_a_system_repeats_of_our_secrets_gets_into_a_row(store: Store) -> None:
    know("settings", [SECRET])
    mailbox = Mailbox(store)
    told_people = Delivery("psa", "@notify:x", "n1", Source.NOTIFICATION, f'{{"title": "{TOLD}"}}'.encode())
    mailbox.deliver([Delivery("psa", "1", "d1", Source.WEBHOOK, None, {"reference": TOLD}), told_people])
    claims = {one.ticket: one for one in claim_all(mailbox)}
    person = Person("1", TOLD, TOLD)
    change = Change(START, Aspect.OWNER, Place((Ref("1", TOLD),)), person, BY_HISTORY, TOLD, Doer.PERSON)
    status = Change(START, Aspect.STATUS, None, Status("1", TOLD, StatusGroup.NEW), BY_HISTORY, TOLD, Doer.PERSON)
    Journal(store).begin(claims["1"], "psa/1/x", 0, {"problem": TOLD})
    effect = Effect("psa/1/x", 1, {"why": TOLD})
    audit = (AuditEvent(Event.ESCALATED, {"why": [TOLD], TOLD: 1}),)
    snapshot = {"status": TOLD}
    done = Finished(claims["1"], store.now(), snapshot=snapshot, audit=audit, effect=effect, changes=(change, status))
    assert mailbox.finish([done]) == [True]
    assert mailbox.finish([Failed(claims["@notify:x"], TOLD, store.now() + timedelta(hours=1))]) == [True]
    Connections(store).ensure("psa", "observe", "1")
    Connections(store).update_state("psa", {"homes": {"Desk": TOLD}})
    Troubles(store).meet("psa", TroubleKind.REFUSAL, "refusal", TOLD, {"why": TOLD})
    found = rows_of(store)
    assert found.count(MASK) >= 12
    assert "geheim" not in found
    assert JOINED[8:-8] not in found
    assert verify(store).is_intact


def test_a_line_break_before_what_looks_like_a_secret_breaks_no_document(store: Store) -> None:
    """Written as JSON, the sign for the break ends in the letter that the secret begins with."""
    know("settings", ["no-secret-of-yours"])
    mailbox = Mailbox(store)
    mailbox.deliver([Delivery("psa", "1", "d1", Source.WEBHOOK)])
    [claim] = claim_all(mailbox)
    audit = (AuditEvent(Event.ESCALATED, {"why": "a\no-secret-of-yours"}),)
    assert mailbox.finish([Finished(claim, store.now(), snapshot={"x": "a\no-secret-of-yours"}, audit=audit)]) == [True]
    assert [row.detail for row in events(store)] == [{"why": "a\no-secret-of-yours"}]
    [row] = mailbox.list_tickets(["psa"])
    assert row.snapshot == {"x": "a\no-secret-of-yours"}


def test_a_signing_key_is_kept_as_it_is_even_where_it_is_a_secret_of_ours(store: Store) -> None:
    know("settings", [SECRET])
    keys = SigningKeyStore(store, "psa")
    keys.put("https://site.example/key", SECRET)
    found = keys.get("https://site.example/key")
    assert found is not None
    assert found[0] == SECRET
