"""The variables of a ConnectWise connection."""

from __future__ import annotations

import pytest

from adapters.connectwise.variables import VARIABLES, settings_from
from connector.errors import ConfigError

VALUES = {
    "CONNECTWISE_URL": "https://api-na.myconnectwise.net",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": "private-1234",
    "CONNECTWISE_CLIENT_ID": "client-1234",
}


def problems_of(values):
    with pytest.raises(ConfigError) as caught:
        settings_from(values)
    return list(caught.value.problems)


def test_without_an_address_nothing_is_connected():
    assert settings_from({}) is None


def test_credentials_without_an_address_are_not_taken_silently():
    assert problems_of({"CONNECTWISE_COMPANY": "acme"})[0].startswith(
        "CONNECTWISE_URL: is missing (CONNECTWISE_COMPANY would have no effect without it)"
    )


def test_an_address_asks_for_all_credentials():
    problems = problems_of({"CONNECTWISE_URL": "https://x.example"})
    assert [problem.split(":")[0] for problem in problems] == list(VALUES)[1:]


@pytest.mark.parametrize("url", ["https://x.example/v4_6_release", "http://x.example", "x.example"])
def test_an_address_with_a_path_or_without_https_is_refused(url):
    assert problems_of({**VALUES, "CONNECTWISE_URL": url})[0].startswith("CONNECTWISE_URL: ")


def test_plain_http_to_this_machine_is_allowed():
    settings = settings_from({**VALUES, "CONNECTWISE_URL": "http://127.0.0.1:9000/"})
    assert settings is not None
    assert settings.url == "http://127.0.0.1:9000"


def test_no_secret_is_in_a_message_or_in_the_settings():
    problems = problems_of({**VALUES, "CONNECTWISE_URL": "x", "CONNECTWISE_WEBHOOK_TOKEN": "a-1234,b-1234,c-1234"})
    assert len(problems) == 2
    assert "1234" not in " ".join(problems)
    assert "1234" not in repr(settings_from({**VALUES, "CONNECTWISE_WEBHOOK_TOKEN": "a-1234-a-1234-a-1234"}))


def test_the_secrets_are_marked_as_such():
    assert {variable.name for variable in VARIABLES if variable.is_secret} == {
        "CONNECTWISE_PUBLIC_KEY",
        "CONNECTWISE_PRIVATE_KEY",
        "CONNECTWISE_CLIENT_ID",
        "CONNECTWISE_WEBHOOK_TOKEN",
    }


def test_the_version_of_the_api_is_2025_1_unless_said_otherwise():
    for text, version in ((None, "2025.1"), ("2025.16", "2025.16")):
        given = {"CONNECTWISE_API_VERSION": text} if text else {}
        settings = settings_from({**VALUES, **given})
        assert settings is not None
        assert settings.api_version == version


@pytest.mark.parametrize("text", ["latest", "2025", "2025.1; q=1", "2025.1\r\nX: y", "v2025.1"])
def test_what_is_no_version_is_refused(text):
    assert problems_of({**VALUES, "CONNECTWISE_API_VERSION": text})[0].startswith("CONNECTWISE_API_VERSION: ")
