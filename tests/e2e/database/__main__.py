"""``python -m tests.e2e.database``: see ``outages`` and ``endings``. About twenty minutes; prints the figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from connector import logs
from tests.e2e.database.endings import ENDS_WITHIN, Ending, end_everything
from tests.e2e.database.outages import WORKERS, Outage, Result, endure, world
from tests.postgresql import programs

KINDS = (Outage(1.5), Outage(5), Outage(60), Outage(60, is_silent=True))


def main() -> int:
    """0 when nothing was lost, doubled, held or late; 1 otherwise, or where there is no PostgreSQL."""
    options = argparse.ArgumentParser(prog="python -m tests.e2e.database", description=__doc__)
    options.add_argument("--times", type=int, default=5, help="how often each kind of outage happens (5)")
    options.add_argument("--tickets", type=int, default=100, help="escalations under way at each outage (100)")
    options.add_argument("--longest", type=float, default=60, help="leave longer outages out (60)")
    given = options.parse_args()
    if programs() is None:
        print("There is no PostgreSQL server on this machine: on Debian, apt-get install postgresql.")
        return 1
    logs.configure("critical")
    outages = [outage for _ in range(given.times) for outage in KINDS if outage.seconds <= given.longest]
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        print(f"{len(results)}/{len(outages)} {result}", flush=True)

    endings: list[Ending] = []

    def tell_ending(ending: Ending) -> None:
        endings.append(ending)
        print(str(ending), flush=True)

    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="escalator-outages-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with world(Path(folder) / "outages") as here:
            endure(here, outages, given.tickets, tell)
        end_everything(Path(folder), tell_ending)
    escalations = sum(result.tickets + 1 for result in results)
    latest = max(result.served_after for result in results)
    print(
        f"{len(results)} outages, {escalations} escalations, {WORKERS} workers, {time.monotonic() - begun:.0f} s: "
        f"0 lost, 0 doubled, 0 held for good; the next ticket was up {latest:.1f} s after an end at the latest"
    )
    print(f"{len(endings)} processes, asked to end while something hung: each was gone within {ENDS_WITHIN:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
