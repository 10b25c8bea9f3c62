"""The web side of the composition root: the site of a web process, and what it works with.

A worker that nobody watches does not load it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connector import __version__
from connector.app.serve import Site
from connector.app.stopping import STOP_SECONDS
from connector.app.wiring import Wiring, wire
from connector.config.settings import Settings
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.web.app import create_app
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deliver, Deps, ServiceFacts

if TYPE_CHECKING:
    from connector.worker.worker import Worker


def web_site(settings: Settings, shared_metrics: str = "", *, has_worker: bool = False) -> Site:
    """What runs in one web process: the app and, for ``run``, the worker's threads."""
    wiring = wire(settings)
    group = GroupCommit(Mailbox(wiring.store), committed=wiring.metrics.batches.observe)
    worker = _worker_beside(wiring) if has_worker else None
    deps = replace(
        deps_of(wiring, group.deliver, worker),
        shared_metrics=shared_metrics,
        nudge=worker.nudge if worker else None,
    )

    def end() -> None:
        if worker:
            worker.stop(STOP_SECONDS)
        group.stop()
        wiring.close()

    return Site(create_app(deps, console_of(settings)), begin=worker.start if worker else lambda: None, end=end)


def console_of(settings: Settings) -> ConsoleParts:
    """What the console is handed."""
    return ConsoleParts(settings.policy, {name: settings.modes_of(name) for name in settings.connections})


def _worker_beside(wiring: Wiring) -> Worker:
    from connector.app.worker_side import worker_of  # as much again: not for a process that only takes webhooks in

    return worker_of(wiring)


def deps_of(wiring: Wiring, deliver: Deliver, worker: Worker | None) -> Deps:
    """The surroundings of a web side. ``worker``: the one in this process, if any."""
    settings = wiring.settings
    return Deps(
        connections=wiring.connections,
        mailbox=Mailbox(wiring.store),
        deliver=deliver,
        facts=ServiceFacts(version=__version__, mode=settings.mode_said),
        metrics=wiring.metrics,
        worker=worker.settings.name if worker else "",
        poll_every=timedelta(seconds=settings.reconcile_seconds),
        trusted_proxies=settings.trusted_proxies,
    )
