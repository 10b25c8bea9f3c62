"""How many files a reader meets on the way of a thing through the connector: ``python -m tests.routes [--files]``.

Counted are the files of ``connector/`` and ``adapters/`` whose functions run, on Request Tracker's simulator and in
processes that are already started; simulators, desks and the demo are left out, and module bodies are not counted.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from connector.clock import VirtualClock
from connector.config.settings import load_settings
from connector.demo.stage import Simulation, at_desks, stage
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from tests.builders import a_tier, at, minutes
from tests.scenarios.conftest import scenario_policy

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("/simulation/", "/simulator.py", "/desk.py", "/demo/")
MOST = {
    "webhook to clock": 69,
    "override to confirmed": 81,
    "webhook to note and move": 113,
    "environment to settings": 18,
}
"""The most files that each way may lead through; mail, pasted output and error codes are read in rooms of their own.
What is stored and logged goes through the one redactor, what was written through the one intake (two files).
"""

BEFORE = {
    "webhook to clock": 60,
    "override to confirmed": 70,
    "webhook to note and move": 82,
    "environment to settings": 18,
}
"""What this script counted when all modules lay in one folder."""

DOCUMENTED = "/escalate knowledge\nSteps attempted:\n- new cable\nError codes: none\nResearch: none found"


class Watch:
    """Notes the files whose functions run while it is told to, in every thread started after ``install``."""

    def __init__(self) -> None:
        self._is_on = False
        self._seen: set[str] = set()

    def install(self) -> None:
        """Watch this thread and all that are started from now on."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def during(self, act: Callable[[], object]) -> list[str]:
        """The files whose functions run while ``act`` does."""
        self._seen, self._is_on = set(), True
        act()
        self._is_on = False
        paths = {path for path in self._seen if path.startswith((f"{ROOT}/connector/", f"{ROOT}/adapters/"))}
        return sorted(path.removeprefix(f"{ROOT}/") for path in paths if not any(part in path for part in LEFT_OUT))

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        if self._is_on and event == "call" and frame.f_code.co_name != "<module>":
            self._seen.add(frame.f_code.co_filename)


def routes() -> dict[str, list[str]]:
    """The files on each way, by its name."""
    watch = Watch()
    watch.install()
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = _on_the_desk(watch, f"sqlite:///{folder}/routes.db")
        environ = {
            "RT_URL": "https://rt.example.com",
            "RT_TOKEN": "1-40-0123456789abcdef0123456789abcdef",
            "RT_WEBHOOK_SECRET": "a" * 32,
            "WORK_TIME_ZONE": "Europe/Berlin",
        }
        environ |= {f"TIER_{n}_HOME": f"Queue {n}" for n in (1, 2, 3)}
        found["environment to settings"] = watch.during(lambda: load_settings(environ))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]  # the library's stub knows no None
    return found


def _on_the_desk(watch: Watch, url: str) -> dict[str, list[str]]:
    clock = VirtualClock(at("09:00"))
    desk = ticket_systems()["rt"].simulated(clock)
    tiers = (a_tier(1, managers=("maria",)), a_tier(2), a_tier(3))
    policy = at_desks(scenario_policy(tiers=tiers), [desk])
    with stage(clock.now(), policy, url, desks=[desk], clock=clock) as running:
        first, second, third = (desk.open_ticket(f"Mail does not arrive {n}", owner="tess") for n in (1, 2, 3))
        running.run_until(at("09:05"))
        said = "/override 45m because the vendor calls back"
        found = {
            "webhook to clock": _after(watch, running, lambda: desk.note(first, "tess", "Looked at the cable.")),
            "override to confirmed": _after(watch, running, lambda: desk.note(second, "maria", said)),
            "webhook to note and move": _after(watch, running, lambda: desk.note(third, "tess", DOCUMENTED)),
        }
        # A way that ends elsewhere than its name says is no figure.
        ends = {(row.ticket, row.event) for row in audit.events(running.store) if row.event not in ("clock", "alarm")}
        assert ends == {(second, "override applied"), (third, "escalated"), (third, "training request")}, ends
        return found


def _after(watch: Watch, running: Simulation, act: Callable[[], None]) -> list[str]:
    running.clock.advance(minutes(1))
    running.settle()
    act()
    return watch.during(running.settle)


def main() -> int:
    """Print the ways; 1 where one leads through too many files."""
    found = routes()
    for name, files in found.items():
        print(f"{name}: {len(files)} files, at most {MOST[name]}, once {BEFORE[name]}")
        if "--files" in sys.argv:
            print("".join(f"    {file}\n" for file in files))
    return int(any(len(files) > MOST[name] for name, files in found.items()))


if __name__ == "__main__":
    sys.exit(main())
