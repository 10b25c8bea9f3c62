from __future__ import annotations

import pytest

from adapters.halopsa.variables import (
    VARIABLES,
    HaloSettings,
    WebhookBasic,
    WebhookBearer,
    WebhookSignature,
    settings_from,
)
from connector.errors import ConfigError

NEEDED = {
    "HALOPSA_URL": "https://yourcompany.halopsa.com",
    "HALOPSA_CLIENT_ID": "client-1",
    "HALOPSA_CLIENT_SECRET": "secret-1",
    "HALOPSA_WEBHOOK_TOKEN": "token-1-of-16-characters",
}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in NEEDED.items() if name not in names}


def read(values: dict[str, str]) -> HaloSettings:
    settings = settings_from(values)
    assert settings is not None
    return settings


def problems_of(values: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings_from(values)
    return list(caught.value.problems)


def test_without_an_address_nothing_is_connected() -> None:
    assert settings_from({}) is None


def test_the_authorisation_server_is_beside_the_resource_server_unless_it_is_named() -> None:
    settings = read(NEEDED)
    assert settings.url == "https://yourcompany.halopsa.com"
    assert settings.auth_url == "https://yourcompany.halopsa.com/auth"
    assert settings.tenant == ""
    own = {"HALOPSA_AUTH_URL": "https://login.example.com/token/", "HALOPSA_TENANT": "your"}
    settings = read({**NEEDED, **own})
    assert (settings.auth_url, settings.tenant) == ("https://login.example.com", "your")


@pytest.mark.parametrize("url", ["https://yourcompany.halopsa.com/api", "https://yourcompany.halopsa.com/api/"])
def test_the_api_behind_the_address_is_taken_off(url: str) -> None:
    assert read({**NEEDED, "HALOPSA_URL": url}).url == "https://yourcompany.halopsa.com"


@pytest.mark.parametrize(
    ("values", "proof"),
    [
        (
            {"HALOPSA_WEBHOOK_TOKEN": "a-token-that-is-new, a-token-that-was-old"},
            WebhookBearer(("a-token-that-is-new", "a-token-that-was-old")),
        ),
        ({"HALOPSA_WEBHOOK_USER": "halo", "HALOPSA_WEBHOOK_PASSWORD": "p" * 16}, WebhookBasic("halo", ("p" * 16,))),
        (
            {"HALOPSA_WEBHOOK_SECRET": "s" * 16, "HALOPSA_WEBHOOK_SIGNATURE_HEADER": "Token"},
            WebhookSignature("token", ("s" * 16,)),
        ),
    ],
)
def test_webhooks_prove_themselves_in_one_of_three_ways(values: dict[str, str], proof: object) -> None:
    assert read({**without("HALOPSA_WEBHOOK_TOKEN"), **values}).proof == proof


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "HALOPSA_WEBHOOK_USER: is missing"),
        ({"HALOPSA_WEBHOOK_USER": "halo"}, "HALOPSA_WEBHOOK_PASSWORD: is missing"),
        ({"HALOPSA_WEBHOOK_PASSWORD": "p" * 16}, "HALOPSA_WEBHOOK_USER: is missing"),
        ({"HALOPSA_WEBHOOK_SECRET": "s" * 16}, "HALOPSA_WEBHOOK_SIGNATURE_HEADER: is missing"),
        ({"HALOPSA_WEBHOOK_TOKEN": "t" * 16, "HALOPSA_WEBHOOK_USER": "halo"}, "in one way; keep Basic or Bearer"),
    ],
)
def test_no_way_half_a_way_and_two_ways_are_refused(values: dict[str, str], words: str) -> None:
    (problem,) = problems_of({**without("HALOPSA_WEBHOOK_TOKEN"), **values})
    assert words in problem


def test_all_problems_are_told_at_once_and_no_secret_is() -> None:
    found = problems_of(
        {
            "HALOPSA_URL": "http://halo.example.com",
            "HALOPSA_AUTH_URL": "nowhere",
            "HALOPSA_WEBHOOK_TOKEN": "hush-1,hush-2,hush-3",
        }
    )
    text = "\n".join(found)
    for name in ("HALOPSA_URL", "HALOPSA_AUTH_URL", "HALOPSA_CLIENT_ID", "HALOPSA_CLIENT_SECRET", "WEBHOOK_TOKEN"):
        assert name in text
    assert "hush" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("HALOPSA_WEBHOOK_USER", "a:b"), ("HALOPSA_WEBHOOK_SIGNATURE_HEADER", "X Header"), ("HALOPSA_URL", "https://")],
)
def test_a_value_of_the_wrong_form_is_refused(name: str, value: str) -> None:
    assert any(problem.startswith(name) for problem in problems_of({**NEEDED, name: value}))


def test_variables_that_would_have_no_effect_are_told() -> None:
    (problem,) = problems_of({"HALOPSA_TENANT": "your"})
    assert "HALOPSA_URL" in problem
    assert "HALOPSA_TENANT would have no effect" in problem


def test_the_note_outcome_and_the_budget_can_be_said_and_have_defaults() -> None:
    settings = read(NEEDED)
    assert (settings.note_outcome, settings.calls_per_window) == ("", 240)
    settings = read({**NEEDED, "HALOPSA_NOTE_OUTCOME": "Internal Note", "HALOPSA_CALLS_PER_5_MINUTES": "650"})
    assert (settings.note_outcome, settings.calls_per_window) == ("Internal Note", 650)
    (problem,) = problems_of({**NEEDED, "HALOPSA_CALLS_PER_5_MINUTES": "5"})
    assert "HALOPSA_CALLS_PER_5_MINUTES" in problem


def test_basic_comes_first_then_the_signature_and_bearer_last() -> None:
    ways = [variable.name for variable in VARIABLES if variable.name.startswith("HALOPSA_WEBHOOK_")]
    assert [name.removeprefix("HALOPSA_WEBHOOK_") for name in ways] == [
        "USER",
        "PASSWORD",
        "SECRET",
        "SIGNATURE_HEADER",
        "TOKEN",
    ]
    alternatives = [variable.name for variable in VARIABLES if variable.instead_of]
    assert alternatives == ways[2:]


def test_the_secrets_do_not_show() -> None:
    shown = repr(read({**NEEDED, "HALOPSA_CLIENT_SECRET": "hush", "HALOPSA_WEBHOOK_TOKEN": "hush" * 4}))
    assert "hush" not in shown
    assert {variable.name for variable in VARIABLES if variable.is_secret} == {
        "HALOPSA_CLIENT_SECRET",
        "HALOPSA_WEBHOOK_TOKEN",
        "HALOPSA_WEBHOOK_PASSWORD",
        "HALOPSA_WEBHOOK_SECRET",
    }
