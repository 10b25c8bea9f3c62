"""What the settings alone tell: the modes, and what was set that has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from connector.config.login_variables import OIDC_ISSUER
from connector.config.service_variables import mode_of_system
from connector.config.settings import Settings
from connector.model import Finding, Severity
from connector.web.address import CAME_BACK

OK, WARNING = Severity.OK, Severity.WARNING


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What the settings alone tell; they were valid, or nobody would be here."""
    policy = settings.policy
    yield Finding(OK, "settings", f"mode {settings.mode_said}, policy {policy.version}, {len(policy.tiers)} tiers")
    yield from _of_modes(settings)
    yield from _of_login(settings)
    for name, count in sorted(settings.counts.items()):
        # How many tells of a comma inside of one; what they are, nobody is told.
        yield Finding(OK, name, "1 value" if count == 1 else f"{count} values")


def _of_login(settings: Settings) -> Iterator[Finding]:
    """What the identity provider has to be told; it is not asked."""
    oidc = settings.console.oidc
    if oidc is not None:
        groups = "one group has a role" if len(oidc.roles) == 1 else f"{len(oidc.roles)} groups have a role"
        redirect = f"{settings.public_url}{CAME_BACK}"
        yield Finding(OK, OIDC_ISSUER.name, f"{groups}; at the provider the redirect address has to be {redirect}")


def _of_modes(settings: Settings) -> Iterator[Finding]:
    """Modes that are said and do not count, because a more careful one does."""
    for connection in settings.connections:
        said, counts = settings.system_modes.get(connection), settings.modes_of(connection)
        if said is not None and counts.base is not said:
            name = mode_of_system(connection).name
            yield Finding(
                WARNING, name, f"{said} has no effect: ESCALATION_MODE is {counts.base}, which is more careful"
            )
    counting = {name: settings.modes_of(name) for name in settings.connections}
    for tier in (tier for ladder in settings.policy.every_ladder for tier in ladder.tiers):
        # In a pilot a tier's mode is for one system of several.
        if counting and tier.mode is not None and all(modes.at(tier) is not tier.mode for modes in counting.values()):
            more_careful = " and ".join(f"{name} as a whole is in {modes.base}" for name, modes in counting.items())
            why = f"{more_careful}, which is more careful"
            yield Finding(WARNING, f"mode of {tier.name}", f"{tier.mode} has no effect: {why}")
