"""The web side of the composition root: the site of a web process, and what it works with.

A worker that nobody watches does not load it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from connector import __version__
from connector.app.serve import Site
from connector.app.stopping import STOP_SECONDS
from connector.app.wiring import Wiring, wire
from connector.config.settings import Settings
from connector.connection.paces import Pace
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.web.api.parts import ApiParts
from connector.web.app import create_app
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deliver, Deps, ServiceFacts

if TYPE_CHECKING:
    from connector.config.console_variables import OidcLogin
    from connector.turn.explaining.account import Explainer
    from connector.web.api.access import TokenDoor
    from connector.web.login.keys import Signing
    from connector.web.login.oidc.way import OidcWay
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

    return Site(
        create_app(deps, console_of(wiring), api_of(wiring)), begin=worker.start if worker else lambda: None, end=end
    )


def console_of(wiring: Wiring) -> ConsoleParts:
    """What the console is handed, the login among it where one is configured."""
    settings = wiring.settings
    modes = {name: settings.modes_of(name) for name in settings.connections}
    parts = ConsoleParts(
        settings.policy,
        modes,
        explainer_of=partial(_explainer_of, wiring),
        escalations_per_hour=settings.escalations_per_hour,
        policy_document=settings.policy_document,
        said=settings.said,
    )
    return _behind_a_login(parts, wiring) if settings.console.is_there else parts


def api_of(wiring: Wiring) -> ApiParts:
    """What the API is handed besides: where there is a key, all web processes count wrong tokens together."""
    settings = wiring.settings
    pace = Pace(settings.adopt_per_hour, settings.escalations_per_hour)
    key = settings.console.session_key
    return ApiParts(partial(_token_door, wiring, key.reveal()) if key else None, pace)


def _token_door(wiring: Wiring, key: str) -> TokenDoor:
    from connector.web.api.access import TokenDoor  # with the first token
    from connector.web.login.origin import Places
    from connector.web.login.telling import LoginLog

    places = Places(wiring.settings.public_url, wiring.settings.trusted_proxies)
    return TokenDoor(wiring.store, key, places, LoginLog(time.monotonic, wiring.metrics.logins))


def _explainer_of(wiring: Wiring, connection: str) -> Explainer:
    from connector.app.worker_side import explainer_of  # with the first look at a ticket

    return explainer_of(wiring, connection)


def _behind_a_login(parts: ConsoleParts, wiring: Wiring) -> ConsoleParts:
    from connector.web.login.accounts import account  # and what looks at passwords: not where there are none
    from connector.web.login.door import LoginDoor
    from connector.web.login.origin import Places
    from connector.web.login.telling import LoginLog

    settings = wiring.settings
    key = settings.console.session_key
    assert key is not None  # the settings have seen to that
    accounts = [account(one.name, one.role, one.password_hash, one.member) for one in settings.console.users]
    places = Places(settings.public_url, settings.trusted_proxies)
    telling = LoginLog(time.monotonic, wiring.metrics.logins)
    way_of = partial(_way_through, settings.console.oidc, wiring) if settings.console.oidc else None
    door = LoginDoor(wiring.store, accounts, key.reveal(), places, telling, way_of)
    return replace(parts, who_asks=door.who_asks, login=door.routes)


def _way_through(login: OidcLogin, wiring: Wiring, signing: Signing) -> OidcWay:
    from connector.web.address import CAME_BACK
    from connector.web.console.gate import Role  # and what reads signed tokens: not where there is no provider
    from connector.web.login.oidc.asking import Asking
    from connector.web.login.oidc.provider import ProviderSettings
    from connector.web.login.oidc.way import OidcSettings, OidcWay

    settings = wiring.settings
    redirect = settings.public_url + CAME_BACK
    tiers = (tier for ladder in settings.policy.every_ladder for tier in ladder.tiers)
    managers = {one.strip() for tier in tiers for name in tier.managers for one in name.split("|")} - {""}
    found = OidcSettings(
        ProviderSettings(login.issuer, login.client_id, login.client_secret, redirect),
        {group: Role[role.upper()] for group, role in login.roles},
        managers,
    )
    return OidcWay(found, wiring.store, signing, Asking(), time.monotonic, time.time)


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
