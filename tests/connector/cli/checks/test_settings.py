"""What ``check`` tells of the settings alone."""

from __future__ import annotations

from dataclasses import replace

from connector.cli.checks.settings import of_settings
from connector.config.console_variables import ConsoleLogin, OidcLogin
from connector.config.settings import ConfiguredConnection
from connector.model import Mode, Severity
from connector.systems.variables import Secret
from tests.connector.cli.checks.situations import a_policy, settings


def test_a_mode_that_does_not_count_because_another_is_more_careful_is_a_finding() -> None:
    policy = a_policy()
    first, *others = policy.tiers
    piloted = replace(policy, tiers=(replace(first, mode=Mode.ENFORCE), *others))
    connected = {"rt": ConfiguredConnection("rt", None)}
    here = settings(piloted, mode=Mode.WARN, system_modes={"rt": Mode.ENFORCE}, connections=connected)
    found = {finding.subject: finding for finding in of_settings(here)}
    assert found["settings"].message.startswith("mode warn, ")
    assert found["ESCALATION_MODE_RT"].message == (
        "enforce has no effect: ESCALATION_MODE is warn, which is more careful"
    )
    assert found[f"mode of {first.name}"].message == (
        "enforce has no effect: rt as a whole is in warn, which is more careful"
    )
    assert {found[name].severity for name in ("ESCALATION_MODE_RT", f"mode of {first.name}")} == {Severity.WARNING}
    right = settings(piloted, mode=Mode.ENFORCE, connections=connected)
    assert not [finding for finding in of_settings(right) if "no effect" in finding.message]


def test_a_tiers_mode_that_counts_on_one_of_two_systems_is_no_finding() -> None:
    first, *others = a_policy().tiers
    piloted = replace(a_policy(), tiers=(replace(first, mode=Mode.WARN), *others))
    connected = {name: ConfiguredConnection(name, None) for name in ("rt", "halopsa")}
    pilot = settings(piloted, mode=Mode.ENFORCE, system_modes={"rt": Mode.OBSERVE}, connections=connected)
    assert not [finding for finding in of_settings(pilot) if finding.severity is Severity.WARNING]


def test_secrets_that_are_lists_are_listed_by_how_many_values_they_hold():
    counted = replace(settings(), counts={"NOTIFY_URLS": 3, "RT_WEBHOOK_SECRET": 1})
    found = {finding.subject: finding for finding in of_settings(counted)}
    assert found["NOTIFY_URLS"].message == "3 values"
    assert found["RT_WEBHOOK_SECRET"].message == "1 value"


def test_an_identity_provider_is_told_with_the_address_that_it_has_to_know() -> None:
    oidc = OidcLogin("https://idp.example.com", "console", Secret("x"), (("a", "viewer"), ("b", "manager")))
    here = settings(a_policy(), public_url="https://console.example.com", console=ConsoleLogin(oidc=oidc))
    found = {finding.subject: finding for finding in of_settings(here)}["OIDC_ISSUER"]
    assert (found.severity, found.message) == (
        Severity.OK,
        "2 groups have a role; at the provider the redirect address has to be https://console.example.com/login/oidc",
    )
    assert "OIDC_ISSUER" not in {finding.subject for finding in of_settings(settings(a_policy()))}
