"""The mailbox over processes: one that is killed in the middle of a turn loses and blocks nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Claim
from tests.connector.mailboxes import a_delivery, all_done, claim_all, names, until

pytestmark = [pytest.mark.crash, pytest.mark.variants("database_url")]
ROOT = Path(__file__).parent.parent.parent.parent
HOLD = """
import sys
from datetime import timedelta
from connector.store.mailbox import Mailbox
from connector.store.database.engine import Store

mailbox = Mailbox(Store.open(sys.argv[1]))
[claim] = mailbox.claim("the one that dies", 1, timedelta(seconds=float(sys.argv[2])), ["psa"])
print(claim.fence, flush=True)
if sys.argv[3] == "mid-transaction":
    with mailbox.store.writing() as conn:
        conn.exec_driver_sql("DELETE FROM mailbox")
        print("deleted", flush=True)
        sys.stdin.read()
sys.stdin.read()
"""


def hold_and_die(url: str, lease_seconds: float, where: str) -> int:
    """Run a process that claims, kill it at once with the claim in its hands, and return its fence."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, url, str(lease_seconds), where],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        fence = int(process.stdout.readline())
        if where == "mid-transaction":
            assert process.stdout.readline() == "deleted\n"
        process.kill()
    return fence


@pytest.mark.parametrize("where", ["between transactions", "mid-transaction"])
def test_what_a_killed_process_held_is_taken_over_when_its_lease_ends(
    store: Store, database_url: str, where: str
) -> None:
    mailbox = Mailbox(store)
    mailbox.deliver([a_delivery("1", "a")])
    fence = hold_and_die(database_url, 0.4, where)
    mailbox.deliver([a_delivery("1", "b")])
    taken: list[Claim] = []
    until(lambda: bool(taken.extend(claim_all(mailbox, "heir")) or taken))
    [claim] = taken
    assert (claim.fence, names(claim)) == (fence + 1, ["a", "b"])
    assert mailbox.finish([all_done(claim)]) == [True]


def test_a_live_lease_of_a_killed_process_is_respected_until_its_end(store: Store, database_url: str) -> None:
    mailbox = Mailbox(store)
    mailbox.deliver([a_delivery("1", "a")])
    hold_and_die(database_url, 3600, "between transactions")
    assert claim_all(mailbox) == []
    stats = mailbox.stats("psa")
    assert (stats.leased, stats.due) == (1, 0)
