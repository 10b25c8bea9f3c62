from __future__ import annotations

import pytest

from adapters.request_tracker.variables import STANDARD_PRIORITIES, VARIABLES, settings_from
from connector.errors import ConfigError

TOKEN = "1-40-0123456789abcdef0123456789abcdef"
GIVEN = {"RT_URL": "https://rt.example.com/", "RT_TOKEN": TOKEN}


def test_the_settings_come_from_the_variables() -> None:
    secrets = "a-secret-that-is-new, a-secret-that-was-old"
    settings = settings_from({**GIVEN, "RT_WEBHOOK_SECRET": secrets, "RT_PRIORITIES": "Low=0, On Fire = 90"})
    assert settings is not None
    assert (settings.url, settings.token, settings.user_id) == ("https://rt.example.com", TOKEN, "40")
    assert settings.webhook_secret == ("a-secret-that-is-new", "a-secret-that-was-old")
    assert settings.priorities == {"Low": 0, "On Fire": 90}


def test_rts_own_priorities_are_the_default() -> None:
    settings = settings_from(GIVEN)
    assert settings is not None
    assert settings.priorities == STANDARD_PRIORITIES
    assert settings.webhook_secret == ()


def test_without_an_address_nothing_is_connected() -> None:
    assert settings_from({}) is None


def test_variables_without_an_address_are_told() -> None:
    with pytest.raises(ConfigError, match="RT_URL: is missing \\(RT_TOKEN would have no effect"):
        settings_from({"RT_TOKEN": TOKEN})


def test_a_missing_token_is_told() -> None:
    with pytest.raises(ConfigError, match="RT_TOKEN: is missing"):
        settings_from({"RT_URL": "https://rt.example.com"})


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("RT_URL", "http://rt.example.com", "must begin with https://"),
        ("RT_URL", "https://rt.example.com/REST/2.0", "must not hold /REST/2.0"),
        ("RT_TOKEN", "abc", "is not a token as RT shows it"),
        ("RT_TOKEN", "1-forty-0123456789abcdef", "is not a token as RT shows it"),
        ("RT_WEBHOOK_SECRET", "a,b,c", "holds 3 values"),
        ("RT_PRIORITIES", "Low", "is not a list of names and numbers"),
        ("RT_PRIORITIES", "=3", "is not a list of names and numbers"),
        ("RT_PRIORITIES", "Low=0, High=0", "must name each number once"),
        ("RT_PRIORITIES", ",", "must name each number once"),
    ],
)
def test_a_wrong_value_is_told_with_its_form(name: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from({**GIVEN, name: value})
    assert problem in str(caught.value)


def test_a_path_in_the_address_is_kept() -> None:
    settings = settings_from({**GIVEN, "RT_URL": "https://www.example.com/rt/"})
    assert settings is not None
    assert settings.url == "https://www.example.com/rt"


def test_secrets_do_not_show() -> None:
    settings = settings_from({**GIVEN, "RT_WEBHOOK_SECRET": "hunter2-hunter2-hunter2"})
    assert "hunter2" not in repr(settings)
    assert TOKEN not in repr(settings)
    with pytest.raises(ConfigError) as caught:
        settings_from({**GIVEN, "RT_TOKEN": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert {variable.name for variable in VARIABLES if variable.is_secret} == {"RT_TOKEN", "RT_WEBHOOK_SECRET"}
