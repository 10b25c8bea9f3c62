"""The webhook's registration at a ticket system: there once, active, and sent for all that is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.errors import AdapterError, ConfigError, Permanent
from connector.model import Finding, Registration, Severity
from connector.systems.contract import Connection, TicketSystem

OK, WARNING, ERROR, UNTESTED = Severity.OK, Severity.WARNING, Severity.ERROR, Severity.UNTESTED


def to_install(system: TicketSystem) -> str:
    """What an administrator installs so that webhooks are sent; empty where registrations are made from here."""
    if system.manages_webhooks:
        return ""
    try:
        system.webhooks.registrations()
    except Permanent as error:
        return str(error)
    return "an administrator installs what sends the webhooks; see the adapter's README"


def of_registration(connection: Connection) -> Iterator[Finding]:
    """How the webhook's registration stands."""
    system = connection.system
    sender = to_install(system)
    if sender:
        # Whether it is there cannot be seen from here; without it the poll still finds every change.
        yield Finding(UNTESTED, "webhook", f"cannot be seen or registered from here: {sender}")
        return
    try:
        found = system.webhooks.registrations()
    except (AdapterError, ConfigError) as error:
        message = f"the registration could not be looked up: {error}"
        yield Finding(ERROR, "webhook", message, getattr(error, "cause", ""))
        return
    yield from _elsewhere(connection)
    yield _judged(found, f"run `escalator webhooks register {connection.id}`")


def _elsewhere(connection: Connection) -> Iterator[Finding]:
    """Registrations that look like ours under another address: left of an earlier one, or another connector's."""
    try:
        found = connection.system.webhooks.elsewhere()
    except (AdapterError, ConfigError) as error:
        message = f"those under other addresses could not be looked up: {error}"
        yield Finding(ERROR, "webhook", message, getattr(error, "cause", ""))
        return
    for one in found:
        state = "" if one.is_active else ", switched off"
        left = f"{one.id} looks like ours and leads to {one.url}{state}: unless another connector is there, run"
        remedy = f"`escalator webhooks remove {connection.id} --elsewhere {one.id}`"
        yield Finding(WARNING, "webhook elsewhere", f"{left} {remedy}")


def _judged(found: Sequence[Registration], remedy: str) -> Finding:
    active = [registration for registration in found if registration.is_active]
    if not found:
        return Finding(ERROR, "webhook", f"is not registered: {remedy}")
    if not active:
        why = "the system does that after failures: see whether PUBLIC_URL is reached"
        return Finding(ERROR, "webhook", f"is registered, but switched off ({why}), then {remedy}")
    if len(found) > 1:
        return Finding(ERROR, "webhook", f"is registered {len(found)} times: {remedy}")
    if lacks := ", ".join(found[0].lacks):
        told = f"is registered once and active, but is not sent for: {lacks}. The poll finds these; {remedy}, and look "
        return Finding(WARNING, "webhook", f"{told}into the ticket system where that adds nothing")
    return Finding(OK, "webhook", "is registered once and active")
